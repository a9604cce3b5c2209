"""Opening hours: weekly stretches of wall time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.opening import Weekly
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import Rule, SettingError
from booking.domain.rules.clock import is_clock
from booking.domain.series import DAYS


@dataclass(frozen=True)
class Hours(Rule):
    """{"weekly": {"mon": [["08:00", "20:00"]], ...}}; a day left out is closed; "24:00" is midnight."""

    code: ClassVar[str] = "hours"
    at_decision: ClassVar[bool] = True
    weekly: Mapping[str, list[list[str]]] = field(default_factory=dict)

    def check_settings(self) -> None:
        if not isinstance(self.weekly, Mapping):
            raise SettingError(self.code, "weekly", "type")
        for day, stretches in self.weekly.items():
            if day not in DAYS:
                raise SettingError(self.code, "weekly", "unknown_day")
            self._check_stretches(stretches)

    @classmethod
    def _check_stretches(cls, stretches: object) -> None:
        if not isinstance(stretches, list):
            raise SettingError(cls.code, "weekly", "type")
        last = ""
        for pair in stretches:
            if not (isinstance(pair, list) and len(pair) == 2 and all(is_clock(each) for each in pair)):
                raise SettingError(cls.code, "weekly", "clock")
            if not last <= pair[0] < pair[1]:
                raise SettingError(cls.code, "weekly", "order")
            last = pair[1]

    def as_weekly(self) -> Weekly:
        return self._by_number

    @cached_property
    def _by_number(self) -> Weekly:
        """Put together once: rules are shared by all rooms that say the same."""
        return {
            DAYS.index(day): [(starts, ends) for starts, ends in stretches] for day, stretches in self.weekly.items()
        }

    def check(self, ask: Ask) -> Iterator[Violation]:
        if ask.opening.within_hours(ask.period):
            return
        day = ask.opening.days(ask.period)[0]
        open_periods = ask.opening.hours_on(day)
        profile = ask.opening.profile_on(day)
        values = {"open": [(period.starts_at, period.ends_at) for period in open_periods], "day": day}
        values |= {"profile": dict(profile.names)} if profile else {}
        yield Violation("hours", values)
