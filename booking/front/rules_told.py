"""The house rules of a room as plain sentences: what holds, before anybody has asked for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from booking.domain.rules import RULES, Settings
from booking.domain.rules.base import Rule
from booking.domain.series import DAYS
from booking.front import formats, words
from booking.front.language import N_, _, ngettext

FULL_DAY = "24:00"


def told(rules: Sequence[Rule]) -> list[str]:
    """A sentence or more for each rule, in their order."""
    return [sentence for rule in rules for sentence in _SENTENCES[rule.code](rule)]


def changed(before: Settings, after: Settings) -> list[str]:
    """What holds now of the rules that are others than before; rules that ended by their names."""
    said = []
    for code in RULES:
        was, now = before.get(code), after.get(code)
        if was == now:
            continue
        if now is None:
            said.append(_("No longer: %(rule)s.", rule=words.RULES[code]))
        else:
            said += told([RULES[code].from_settings(now)])
    return said


def _days(days: Sequence[str]) -> str:
    """Monday to Friday, Sunday: neighbours as a span."""
    spans = []
    for _offset, run in groupby(enumerate(sorted(map(DAYS.index, days))), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _at, number in run]
        first, last = (formats.weekday_name(numbers[at]) for at in (0, -1))
        spans.append(first if len(numbers) == 1 else _("%(first)s to %(last)s", first=first, last=last))
    return ", ".join(spans)


def _span(starts: str, ends: str) -> str:
    return f"{formats.clock_text(starts)}-{formats.clock_text(ends)}"


def _hours(rule: Any) -> Iterator[str]:
    by_spans: dict[str, list[str]] = {}
    for day in DAYS:
        if spans := ", ".join(_span(*span) for span in rule.weekly.get(day, ())):
            by_spans.setdefault(spans, []).append(day)
    said = [f"{_days(days)} {spans}" for spans, days in by_spans.items()]
    yield _("Open: %(hours)s.", hours="; ".join(said)) if said else _("Not open in the usual week.")


def _pause(rule: Any) -> Iterator[str]:
    yield _("Weekly break: %(day)s %(hours)s.", day=_days([rule.day]), hours=_span(rule.starts, rule.ends))


def _plain(message: str, *names: str) -> Callable[[Any], Iterator[str]]:
    def said(rule: Any) -> Iterator[str]:
        yield _(message, **{name: formats.number(getattr(rule, name)) for name in names})

    return said


def _notice(rule: Any) -> Iterator[str]:
    if rule.hours:
        yield _("Ask at the latest %(lead)s", lead=formats.lead_time(rule.hours)) + "."


def _length(rule: Any) -> Iterator[str]:
    spans = {name: formats.duration(getattr(rule, name)) for name in ("shortest", "longest")}
    yield _("%(shortest)s to %(longest)s at a time", **spans) + "."


def _who(rule: Any) -> Iterator[str]:
    if not rule.private:
        yield _("Only communities may ask.")
    elif not rule.private_series:
        yield _("Only communities may ask for a series.")
    if rule.verified_only:
        yield _("Communities must be verified by the office.")
    if rule.kinds:
        yield _("Only these may ask for this room: %(kinds)s.", kinds=", ".join(rule.kinds))


def _automatic(rule: Any) -> Iterator[str]:
    held = [
        *([] if rule.private else [_("private persons")]),
        *([] if rule.unverified else [_("communities that are not verified")]),
        *([] if rule.series else [_("series")]),
        *([_("more than %(most)s people", most=formats.number(rule.most_people))] if rule.most_people else []),
        *([_("more than %(most)s places", most=formats.number(rule.most_units))] if rule.most_units else []),
    ]
    if held:
        yield _("Not approved at once, but decided by the officer: %(what)s.", what=", ".join(held))


def _escalate(rule: Any) -> Iterator[str]:
    when = [
        *([_("it ends after %(clock)s", clock=formats.clock_text(rule.after))] if rule.after != FULL_DAY else []),
        *([_("it is on %(days)s", days=_days(rule.days))] if rule.days else []),
        *([_("more than %(most)s people come", most=formats.number(rule.more_people))] if rule.more_people else []),
        *([_("a private person asks")] if rule.private else []),
        *([_("a community asks that is not verified")] if rule.unverified else []),
    ]
    if when:
        yield _("%(who)s decides if %(when)s.", who=words.CHOICES[rule.to], when=_(" or ").join(when))


def _quota(whose: str) -> Callable[[Any], Iterator[str]]:
    def said(rule: Any) -> Iterator[str]:
        most = [
            *([ngettext("%(num)s booking", "%(num)s bookings", rule.count)] if rule.count else []),
            *([formats.duration(rule.hours * 60)] if rule.hours else []),
        ]
        per = _("in one week") if rule.per == "week" else _("in one month")
        over = _("over all rooms of the site") if rule.over == "site" else _("in this room")
        yield _(
            "%(whose)s has at most %(most)s %(per)s, %(over)s.",
            whose=_(whose),
            most=", ".join(most),
            per=per,
            over=over,
        )

    return said


def _prime(rule: Any) -> Iterator[str]:
    hours = f"{_days(rule.days)} {_span(rule.starts, rule.ends)}"
    per = _("in one week") if rule.per == "week" else _("in one month")
    most = formats.duration(rule.hours * 60)
    yield _(
        "Much wanted hours (%(hours)s): one community has at most %(most)s %(per)s.", hours=hours, most=most, per=per
    )


def _distance(rule: Any) -> Iterator[str]:
    gap = formats.duration(rule.hours * 60)
    yield _("Two bookings of one community lie at least %(gap)s apart.", gap=gap)


_SENTENCES: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "hours": _hours,
    "pause": _pause,
    "notice": _notice,
    "horizon": _plain(N_("Ask at most %(days)s days ahead."), "days"),
    "length": _length,
    "grid": _plain(N_("Times here start and end every %(minutes)s minutes."), "minutes"),
    "most_units": _plain(N_("At most %(most)s places at a time are lent here."), "most"),
    "who": _who,
    "automatic": _automatic,
    "escalate": _escalate,
    "quota_community": _quota(N_("A community")),
    "quota_person": _quota(N_("A person")),
    "prime": _prime,
    "active": _plain(N_("At most %(count)s requests of one community may wait for a decision."), "count"),
    "distance": _distance,
    "prayer": _plain(N_("Prayer times stand in the schedule as lines.")),
}
