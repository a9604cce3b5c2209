"""Instants, days and patterns from the words of a request; what cannot be read is told with its place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from booking.api.schemas_bookings import BookingIn, InsteadIn, OccurrenceIn, OnBehalfIn, RepeatIn
from booking.domain.errors import Refused, Violation
from booking.domain.series import SHORT_DAYS, Every, Pattern
from booking.usecases.wanted import Instead, OnBehalf, Wanted, WantedOccurrence

YEARS = (2000, 2200)
MOST_DATES = 1000


def instant(text: str, *, field: str, at: int | None = None) -> datetime:
    """An RFC 3339 instant as UTC. Raises Refused(offset | date)."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Refused([_no_date(field, at)]) from None
    if read.tzinfo is None:
        raise Refused([Violation("offset", {"value": text}, at=at, field=field)])
    if not YEARS[0] <= read.year < YEARS[1]:
        raise Refused([_no_date(field, at)])
    return read.astimezone(UTC)


def day(text: str, *, field: str) -> date:
    """YYYY-MM-DD. Raises Refused(date)."""
    try:
        read = date.fromisoformat(text)
    except ValueError:
        raise Refused([_no_date(field, None)]) from None
    if not YEARS[0] <= read.year < YEARS[1]:
        raise Refused([_no_date(field, None)])
    return read


def _no_date(field: str, at: int | None) -> Violation:
    return Violation("date", {"first": f"{YEARS[0]}-01-01", "last": f"{YEARS[1] - 1}-12-31"}, at=at, field=field)


def pattern(said: RepeatIn) -> Pattern:
    """Raises Refused(date | too_many)."""
    _check_many(said.dates, "repeat")
    return Pattern(
        Every(said.every) if said.every else None,
        said.interval,
        tuple(SHORT_DAYS.index(one) for one in said.on),
        said.nth,
        day(said.until, field="repeat") if said.until else None,
        said.count,
        tuple(day(one, field="repeat") for one in said.dates),
    )


def _check_many(said: Sequence[object], field: str) -> None:
    if len(said) > MOST_DATES:
        raise Refused([Violation("too_many", {"count": len(said), "most": MOST_DATES}, field=field)])


def wanted(body: BookingIn, key: str | None) -> Wanted:
    """The request behind a body; what cannot be read goes along in `broken`. Raises Refused for a series' dates."""
    for many, field in ((body.skip, "skip"), (body.instead, "instead")):
        _check_many(many, field)
    occurrences, broken = _occurrences(body.occurrences)
    return Wanted(
        body.title,
        body.people,
        occurrences,
        body.community,
        body.purpose or "",
        key=key,
        repeat=pattern(body.repeat) if body.repeat else None,
        skip=sorted(day(one, field="skip") for one in body.skip),
        instead={day(one.date, field="instead"): _instead(one) for one in body.instead},
        items=[(one.item, one.quantity) for one in body.items],
        needs=body.needs,
        apart=body.apart,
        override=body.override or "",
        wait=body.wait,
        on_behalf=_on_behalf(body.on_behalf) if body.on_behalf else None,
        broken=broken,
    )


def _on_behalf(said: OnBehalfIn) -> OnBehalf:
    return OnBehalf(said.name, said.phone, said.channel, said.email or "")


def _instead(said: InsteadIn) -> Instead:
    starts_at, ends_at = (instant(text, field="instead") if text else None for text in (said.starts_at, said.ends_at))
    return Instead(said.room, starts_at, ends_at)


def _occurrences(said: Sequence[OccurrenceIn]) -> tuple[list[WantedOccurrence], list[Violation]]:
    """The occurrences that can be read, and what is wrong with the times of the others."""
    broken: list[Violation] = []
    read = []
    for at, one in enumerate(said):
        times = []
        for field in ("starts_at", "ends_at"):
            try:
                times.append(instant(getattr(one, field), field=field, at=at))
            except Refused as refused:
                broken += refused.violations
        if len(times) == 2:
            read.append(
                WantedOccurrence(one.room, times[0], times[1], one.units, one.people, one.label or "", at, one.whole)
            )
    return read, broken
