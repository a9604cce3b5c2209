"""Dates, times and numbers as people here write them. Every time is written in the site's zone, never the browser's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_decimal

from booking.domain.period import Period
from booking.domain.series import Every, Pattern
from booking.front import context
from booking.front.language import _, current, ngettext


def language() -> str:
    """id or en."""
    return current()[0]


@cache
def _names(lang: str, what: str, width: str) -> dict[int, str]:
    locale = Locale.parse("en_GB" if lang == "en" else lang)
    names = locale.days if what == "days" else locale.months
    return dict(names["format"][width])


def day_long(day: date) -> str:
    """Jumat, 27 November 2026"""
    lang = language()
    weekday, month = _names(lang, "days", "wide")[day.weekday()], _names(lang, "months", "wide")[day.month]
    return f"{weekday}, {day.day} {month} {day.year}"


def day_short(day: date) -> str:
    """Jum 27 Nov; with the year where it is not this one."""
    year = f" {day.year}" if day.year != context.today().year else ""
    return f"{weekday_short(day)} {day.day} {month_short(day)}{year}"


def day_plain(day: date) -> str:
    """27 November 2026"""
    return f"{day.day} {_names(language(), 'months', 'wide')[day.month]} {day.year}"


def month_short(day: date) -> str:
    return _names(language(), "months", "abbreviated")[day.month]


def month_long(day: date) -> str:
    return _names(language(), "months", "wide")[day.month]


def week_text(year: int, week: int, today: date) -> str:
    """The number of a week (ISO 8601), with its year where that is not this one."""
    text = _("Week %(number)s", number=week)
    return text if year == today.isocalendar().year else f"{text}, {year}"


def weekday_short(day: date) -> str:
    return _names(language(), "days", "abbreviated")[day.weekday()]


def weekday_name(number: int) -> str:
    """The name of a weekday; Monday is 0."""
    return _names(language(), "days", "wide")[number]


def clock(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """19.30 in Indonesian, 19:30 in English; 19.30.05 with seconds."""
    wall = f"{at.astimezone(zone):%H:%M:%S}"
    return clock_text(wall if seconds else wall[:5])


def clock_text(value: str) -> str:
    """The wall time "19:30" of a setting, as it is written in the reader's language."""
    return value.replace(":", ".") if language() == "id" else value


def times(period: Period, zone: ZoneInfo) -> str:
    """19.30-21.00 WIB; the end of another day says its date."""
    starts, ends = period.starts_at.astimezone(zone), period.ends_at.astimezone(zone)
    until = clock(ends, zone)
    if ends.date() != starts.date():
        until = "24.00" if language() == "id" else "24:00"
        if (ends.hour, ends.minute) != (0, 0) or (ends.date() - starts.date()).days != 1:
            until = f"{day_short(ends.date())} {clock(ends, zone)}"
    return f"{clock(starts, zone)}-{until} {zone_name(starts, zone)}"


def times_only(period: Period, zone: ZoneInfo) -> str:
    """19.30-21.00, where the zone stands beside it already."""
    return times(period, zone).rpartition(" ")[0]


def zone_name(at: datetime, zone: ZoneInfo) -> str:
    """WIB, GMT, BST: what the zone is called at that moment."""
    return at.astimezone(zone).tzname() or zone.key


def moment(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """Sen 23 Nov, 08.30 WIB; 08.30.05 with seconds."""
    wall = at.astimezone(zone)
    return f"{day_short(wall.date())}, {clock(at, zone, seconds=seconds)} {zone_name(at, zone)}"


def period_text(period: Period, zone: ZoneInfo) -> str:
    """Sen 23 Nov, 13.00-15.00 WIB"""
    return f"{day_short(period.starts_at.astimezone(zone).date())}, {times(period, zone)}"


def span_text(period: Period, zone: ZoneInfo) -> str:
    """Days where it is whole days (24-25 Desember 2026), hours of one day, else moments."""
    starts, ends = period.starts_at.astimezone(zone), period.ends_at.astimezone(zone)
    if starts.date() == ends.date():
        return period_text(period, zone)
    if (starts.hour, starts.minute, ends.hour, ends.minute) != (0, 0, 0, 0):
        return f"{moment(period.starts_at, zone)} - {moment(period.ends_at, zone)}"
    return days_text(starts.date(), ends.date() - timedelta(days=1))


def days_text(first: date, last: date) -> str:
    """24-25 Desember 2026"""
    if first == last:
        return day_plain(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}-{day_plain(last)}"
    return f"{day_plain(first)} - {day_plain(last)}"


def number(value: float) -> str:
    """1.234.567,5 in Indonesian, 1,234,567.5 in English."""
    return format_decimal(value, locale="en_GB" if language() == "en" else language())


def duration(minutes: int) -> str:
    """1,5 jam, 45 menit, 2 hari"""
    if minutes % (24 * 60) == 0 and minutes:
        return ngettext("%(num)s day", "%(num)s days", minutes // (24 * 60))
    if minutes % 30 == 0 and minutes >= 60:
        hours = minutes / 60
        return ngettext("%(value)s hour", "%(value)s hours", 1 if hours == 1 else 2, value=number(hours))
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)


def lead_time(hours: int) -> str:
    """H-3 in Indonesian, 3 days before in English; hours where they are no whole days."""
    if hours % 24 == 0 and hours:
        days = hours // 24
        return f"H-{days}" if language() == "id" else ngettext("%(num)s day before", "%(num)s days before", days)
    return ngettext("%(num)s hour before", "%(num)s hours before", hours)


def repeat_text(pattern: Pattern | None) -> str:
    """Setiap pekan: Selasa, sampai 30 Maret 2027 / every week: Tuesday, until 30 March 2027."""
    if pattern is None:
        return ""
    if pattern.every is None:
        return _("On single dates")
    n = pattern.interval
    every = {
        Every.DAY: _("Every day") if n == 1 else _("Every %(number)s days", number=n),
        Every.WEEK: _("Every week") if n == 1 else _("Every %(number)s weeks", number=n),
        Every.MONTH: _("Every month") if n == 1 else _("Every %(number)s months", number=n),
    }[pattern.every]
    days = ": " + ", ".join(weekday_name(day) for day in pattern.on) if pattern.on else ""
    ends = (
        _("until %(day)s", day=day_plain(pattern.until))
        if pattern.until
        else ngettext("%(num)s time", "%(num)s times", pattern.count or 1)
    )
    return f"{every}{days}, {ends}"
