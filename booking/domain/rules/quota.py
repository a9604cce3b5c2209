"""How often, or how many hours, a community or a person may have a room in a week or a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from booking.domain.errors import Violation
from booking.domain.period import Period
from booking.domain.rules.ask import Ask, Use
from booking.domain.rules.base import Rule, SettingError, choice, number


@dataclass(frozen=True)
class Quota(Rule):
    """`count` occurrences and `hours` in a calendar week or month of the site; 0: as many as you like.

    `over`: in this room, or in all rooms of its site together.
    """

    looks_at_uses: ClassVar[bool] = True
    per: str = choice("week", "month", default="week")
    count: int = number("occurrences", least=0, most=1000, default=0)
    hours: int = number("hours", least=0, most=1000, default=0)
    over: str = choice("room", "site", default="room")

    def check_settings(self) -> None:
        if not self.count and not self.hours:
            raise SettingError(self.code, "count", "missing")

    def counts(self, ask: Ask, use: Use) -> bool:
        raise NotImplementedError

    def check(self, ask: Ask) -> Iterator[Violation]:
        if ask.asker is None:
            return
        week = [use for use in ask.uses if self._is_beside(ask, use) and self.counts(ask, use)]
        had = sum(use.period.minutes for use in week)
        values = {"per": self.per, "count": self.count, "had": len(week)}
        if self.count and len(week) >= self.count:
            yield Violation(self.code, values, field="community")
        elif self.hours and had + ask.period.minutes > self.hours * 60:
            values = {"per": self.per, "hours": self.hours, "had_minutes": had, "minutes": ask.period.minutes}
            yield Violation(self.code, values, field="community")

    def _is_beside(self, ask: Ask, use: Use) -> bool:
        if use.site_id != ask.site_id or (self.over == "room" and use.room_id != ask.room_id):
            return False
        zone = ask.opening.zone
        return span_of(use.period, self.per, zone) == span_of(ask.period, self.per, zone)


@dataclass(frozen=True)
class CommunityQuota(Quota):
    """Of the community, whoever of its members asks; of the person where somebody asks privately."""

    code: ClassVar[str] = "quota_community"

    def counts(self, ask: Ask, use: Use) -> bool:
        return ask.same_holder(use)


@dataclass(frozen=True)
class PersonQuota(Quota):
    """Of the person who asks, for whichever community."""

    code: ClassVar[str] = "quota_person"

    def counts(self, ask: Ask, use: Use) -> bool:
        return ask.asker is not None and use.person_id == ask.asker.person_id


def span_of(period: Period, per: str, zone: ZoneInfo) -> date:
    """The first day of the calendar week (Monday) or month in which a period begins, by the wall clock."""
    day = period.starts_at.astimezone(zone).date()
    return day.replace(day=1) if per == "month" else day - timedelta(days=day.weekday())


def quota_window(period: Period, zone: ZoneInfo) -> Period:
    """A span that holds every week and month that a quota may look at for a period."""
    midnight = datetime.min.time()
    first = datetime.combine(period.starts_at.astimezone(zone).date() - timedelta(days=37), midnight, zone)
    last = datetime.combine(period.ends_at.astimezone(zone).date() + timedelta(days=37), midnight, zone)
    return Period(first, last)
