"""One wanted time beside what is approved, what others ask for and what is proposed: lanes over the same hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from booking.domain.period import Period
from booking.front import formats
from booking.front.language import _
from booking.storage.bookings import Occurrence
from booking.storage.offers import Offer
from booking.web.board import cell

HALF = timedelta(minutes=30)


@dataclass(frozen=True)
class Strip:
    """One lane: who, when in words, and a block on the half-hour grid."""

    kind: str  # taken, yours (what is looked at), requested, offered
    heading: str
    text: str
    code: str | None
    cell: Markup


@dataclass(frozen=True)
class Lanes:
    """`columns` half hours from the first full hour before everything shown."""

    occurrence: Occurrence
    columns: int
    hours: list[str]
    strips: list[Strip]


def lanes(
    one: Occurrence, standing: Sequence[Occurrence], rivals: Sequence[Occurrence], proposed: Sequence[Offer]
) -> Lanes:
    """What is approved, the wanted occurrence, what competes, what is held for a proposal; in its room's zone."""
    zone = one.room.site.zone
    shown: list[Occurrence | Offer] = [one, *standing, *rivals, *proposed]
    starts = [each.starts_at.astimezone(zone) for each in shown]
    first = min(min(starts), one.starts_at.astimezone(zone)).replace(minute=0, second=0, microsecond=0)
    ends = max(each.ends_at for each in shown)
    columns = min(48, max(4, -(-(ends - first) // timedelta(hours=1)) * 2))
    hours = [formats.clock_text((first + timedelta(hours=n)).strftime("%H:00")) for n in range(columns // 2)]

    def strip(kind: str, heading: str, each: Occurrence | Offer, code: str | None) -> Strip:
        text = f"{formats.times(each.period, zone)} · {each.room.name}"
        return Strip(kind, heading, text, code, _cell(kind, each.period, first, columns))

    approved, this, rival, offered = _("Approved"), _("This request"), _("Rival"), _("Proposed and held")
    strips = [strip("taken", f"{approved}: {each.title}", each, each.booking.code) for each in standing]
    strips.append(strip("yours", f"{this}: {one.title}", one, None))
    strips += [strip("requested", f"{rival}: {each.title}", each, each.booking.code) for each in rivals]
    for offer in proposed:
        booking = offer.occurrence.booking
        strips.append(strip("requested", f"{offered}: {booking.title}", offer, booking.code))
    return Lanes(one, columns, hours, strips)


def _cell(kind: str, period: Period, first: datetime, columns: int) -> Markup:
    start = max(0, (period.starts_at - first) // HALF)
    span = max(1, -(-(period.ends_at - first) // HALF) - start)
    return Markup(cell(kind, start + 1, min(span, columns - start)))  # noqa: S704  # nosec B704
