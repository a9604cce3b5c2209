"""Recurrence rules of somebody else's file, spread out within bounds.

dateutil looks at UNTIL only when a day fits: a rule that no day fits ("31 February") keeps it busy until the year 9999.
Here each period of a rule is looked at once, no later than a given day, and what is looked at is counted. What the
phones and offices of this world write is read: DAILY to YEARLY with BYDAY, BYMONTHDAY, BYMONTH and BYSETPOS.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from booking.domain.errors import refuse
from booking.domain.series import SHORT_DAYS

MOST_COUNT = 5_000
MOST_STEPS = 100_000
_MOST_VALUES = 40
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


@dataclass
class Budget:
    """How much may be looked at for a whole file, about a microsecond each."""

    left: int = MOST_STEPS

    def spend(self, cost: int) -> None:
        """Raises Refused(import_work)."""
        self.left -= cost
        if self.left < 0:
            raise refuse("import_work")


@dataclass(frozen=True)
class ForeignRule:
    """`by_day`: (n or 0, weekday). `until` is the value as it stands; whoever knows the zone reads it."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: str | None = None
    week_start: int = 0
    by_day: tuple[tuple[int, int], ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()


def rule_of(text: str) -> ForeignRule:
    """Raises Refused(import_recurrence): FREQ below DAILY, parts that are not read, numbers that are none."""
    said = dict(part.partition("=")[::2] for part in text.upper().split(";") if part)
    if not set(said) <= _KNOWN or said.get("FREQ") not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise refuse("import_recurrence", rule=text[:80])
    try:
        rule = ForeignRule(
            said["FREQ"],
            _number(said.get("INTERVAL", "1"), 1, 400),
            _number(said["COUNT"], 1, 10**9) if "COUNT" in said else None,
            said.get("UNTIL"),
            SHORT_DAYS.index(said.get("WKST", "MO").lower()),
            tuple(_day(one) for one in _values(said, "BYDAY")),
            tuple(_number(one, -31, 31) for one in _values(said, "BYMONTHDAY")),
            tuple(_number(one, 1, 12) for one in _values(said, "BYMONTH")),
            tuple(_number(one, -366, 366) for one in _values(said, "BYSETPOS")),
        )
    except ValueError:
        raise refuse("import_recurrence", rule=text[:80]) from None
    if not _is_read(rule) or (rule.count is not None and rule.until is not None):
        raise refuse("import_recurrence", rule=text[:80])
    return rule


def _is_read(rule: ForeignRule) -> bool:
    """Combinations that calendars do not agree on are not guessed at."""
    if rule.freq in ("DAILY", "WEEKLY"):
        return not (rule.by_month_day or rule.by_position or any(nth for nth, _ in rule.by_day))
    if rule.freq == "YEARLY" and (rule.by_day or rule.by_month_day or rule.by_position):
        return len(rule.by_month) == 1
    return not rule.by_position or bool(rule.by_day or rule.by_month_day)


def _values(said: dict[str, str], name: str) -> list[str]:
    found = said[name].split(",", _MOST_VALUES) if name in said else []
    if len(found) > _MOST_VALUES:
        raise ValueError(name)
    return found


def _number(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[+-]?\d{1,12}", text, re.ASCII):
        raise ValueError(text[:20])
    number = int(text)
    if not least <= number <= most or not number:
        raise ValueError(text)
    return number


def _day(text: str) -> tuple[int, int]:
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(text[:20])
    nth = _number(match[1], -5, 5) if match[1] else 0
    return nth, SHORT_DAYS.index(match[2].lower())


def days(rule: ForeignRule, first: date, *, since: date, last: date, budget: Budget) -> Iterator[date]:
    """The days of the rule up to `last`, in order; without COUNT those long before `since` are passed over.

    Raises Refused(import_times) for more than MOST_COUNT, Refused(import_work).
    """
    if rule.count is not None and rule.count > MOST_COUNT:
        raise refuse("import_times", most=MOST_COUNT)
    left = rule.count
    for day in _unbounded(rule, first, since if rule.count is None else first, last, budget):
        if left is not None:
            left -= 1
            if left < 0:
                return
        yield day


def _unbounded(rule: ForeignRule, first: date, since: date, last: date, budget: Budget) -> Iterator[date]:
    begin, step = _PERIODS[rule.freq]
    origin = begin(first, rule)
    cost = _COSTS[rule.freq] * max(len(rule.by_month), 1)
    number = max((since - first).days // (_LENGTHS[rule.freq] * rule.interval) - 1, 0)
    while True:
        budget.spend(cost)
        start = step(origin, number * rule.interval)
        if start is None or start > last:
            return
        for day in _in_period(rule, start, first):
            if first <= day <= last:
                yield day
        number += 1


def _in_period(rule: ForeignRule, start: date, first: date) -> list[date]:
    """The days of one period, in order."""
    if rule.freq == "DAILY":
        found = [start] if not rule.by_day or (0, start.weekday()) in rule.by_day else []
    elif rule.freq == "WEEKLY":
        wanted = {weekday for _, weekday in rule.by_day} or {first.weekday()}
        week = (start + timedelta(days=ahead) for ahead in range(7))
        found = [day for day in week if day.weekday() in wanted]
    else:
        months = rule.by_month if rule.freq == "YEARLY" and rule.by_month else (start.month,)
        found = [day for month in sorted(set(months)) for day in _in_month(rule, start.year, month, first)]
    found = [day for day in found if not rule.by_month or day.month in rule.by_month]
    if not rule.by_position:
        return found
    at = {position - 1 if position > 0 else len(found) + position for position in rule.by_position}
    return [day for number, day in enumerate(found) if number in at]


def _in_month(rule: ForeignRule, year: int, month: int, first: date) -> list[date]:
    length = monthrange(year, month)[1]
    numbers = set(range(1, length + 1))
    if rule.by_month_day:
        numbers &= {day if day > 0 else length + 1 + day for day in rule.by_month_day}
    elif not rule.by_day:
        numbers &= {first.day}
    month_days = [date(year, month, number) for number in sorted(numbers)]
    if not rule.by_day:
        return month_days
    return [day for day in month_days if any(_is_nth(day, length, nth, weekday) for nth, weekday in rule.by_day)]


def _is_nth(day: date, length: int, nth: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    if nth > 0:
        return (day.day - 1) // 7 + 1 == nth
    return nth == 0 or (length - day.day) // 7 + 1 == -nth


def _days_on(origin: date, number: int) -> date | None:
    return origin + timedelta(days=number) if number < 10**6 else None


def _weeks_on(origin: date, number: int) -> date | None:
    return _days_on(origin, 7 * number)


def _months_on(origin: date, number: int) -> date | None:
    year, month = divmod(origin.year * 12 + origin.month - 1 + number, 12)
    return date(year, month + 1, 1) if year <= 9998 else None


def _years_on(origin: date, number: int) -> date | None:
    return _months_on(origin, 12 * number)


def _week_of(day: date, rule: ForeignRule) -> date:
    return day - timedelta(days=(day.weekday() - rule.week_start) % 7)


_PERIODS: dict[str, tuple[Callable[[date, ForeignRule], date], Callable[[date, int], date | None]]] = {
    "DAILY": (lambda day, _rule: day, _days_on),
    "WEEKLY": (_week_of, _weeks_on),
    "MONTHLY": (lambda day, _rule: day.replace(day=1), _months_on),
    "YEARLY": (lambda day, rule: day.replace(day=1, month=1 if rule.by_month else day.month), _years_on),
}
_LENGTHS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}
_COSTS = {"DAILY": 2, "WEEKLY": 4, "MONTHLY": 20, "YEARLY": 20}
