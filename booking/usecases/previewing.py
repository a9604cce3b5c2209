"""What would come of a request, without storing anything: the preview of a series, and "why not?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from booking.domain.errors import NotFound, Refused, Violation
from booking.domain.period import Period
from booking.domain.permissions import Viewer
from booking.domain.verdict import Finding, finding
from booking.storage import people
from booking.storage.places import Item, Room, items_by_slug
from booking.usecases.act import Act
from booking.usecases.claiming import About, judge
from booking.usecases.for_whom import community_of
from booking.usecases.planning import Candidate, Plan, asker_of, plan, units_of, words_of, wrong_times
from booking.usecases.proposing import Alternative, Surroundings, alternatives
from booking.usecases.requesting import about_of
from booking.usecases.wanted import Wanted, WantedOccurrence

_MOST_HELPED = 12
"""For so many dates a preview looks for something that would do instead; for the rest the nearest time stands."""


@dataclass(frozen=True)
class Row:
    """One occurrence of a previewed request. `day` is its date in the series, else that of its start."""

    at: int
    day: date
    room: Room
    period: Period
    is_skipped: bool
    finding: Finding
    violations: Sequence[Violation]
    alternatives: Sequence[Alternative]


@dataclass(frozen=True)
class Preview:
    """`broken`: what stands in the way of the request as a whole (its title, an unknown item)."""

    rows: list[Row]
    broken: list[Violation]
    items: dict[int, Item]

    @property
    def count_free(self) -> int:
        return sum(row.finding is Finding.FREE for row in self.rows)


def preview_request(session: Session, *, act: Act, wanted: Wanted, helping: bool = True) -> Preview:
    """Each occurrence that a request means with what stands in its way. Raises Refused for a pattern that is none."""
    viewer = people.viewer(session, act.actor, act.today)
    broken = [*wanted.broken, *([Violation("person_waits")] if viewer.waits else [])]
    words_of(wanted, broken)
    community = community_of(session, viewer, wanted, broken)
    planned = plan(session, wanted, viewer, act.today)
    if not planned.candidates:
        raise Refused([*broken, *planned.broken] or [Violation("required", field="occurrences")])
    about = about_of(session, viewer, wanted, community, planned, broken)
    # every date is judged beside those that are taken; what is skipped comes last, for its reason alone
    ordered = [*planned.wanted, *(one for one in planned.candidates if one.is_skipped)]
    judged = judge(session, ordered, act.now, about, planned.items).judged
    spoken, own = _by_position(planned)
    found = {one.candidate.at: [*own.get(one.candidate.at, ()), *one.violations] for one in judged}
    candidates = sorted((one.candidate for one in judged), key=lambda one: one.at)
    helped = [one for one in candidates if found[one.at] and helping and not one.is_skipped][:_MOST_HELPED]
    offers: dict[int, list[Alternative]] = {}
    if helped:
        around = Surroundings(session, helped, act.now, about, planned.items)
        offers = {one.at: around.alternatives(one) for one in helped}
    rows = [_row(one, found[one.at], offers.get(one.at, ())) for one in candidates]
    return Preview(rows, [*broken, *spoken], dict(planned.items))


def _by_position(planned: Plan) -> tuple[list[Violation], dict[int, list[Violation]]]:
    """What the plan found wrong: of the whole, and of single positions (a wall time that is none)."""
    positions = {one.at for one in planned.candidates}
    whole: list[Violation] = []
    own: dict[int, list[Violation]] = {}
    for violation in planned.broken:
        if violation.at in positions and violation.at is not None:
            own.setdefault(violation.at, []).append(violation)
        else:
            whole.append(violation)
    return whole, own


def _row(candidate: Candidate, found: Sequence[Violation], offers: Sequence[Alternative]) -> Row:
    day = candidate.day or candidate.period.starts_at.astimezone(candidate.room.site.zone).date()
    return Row(candidate.at, day, candidate.room, candidate.period, candidate.is_skipped, finding(found), found, offers)


@dataclass(frozen=True)
class Why:
    """The answer to "why not?" for a period: nothing in the way, or all that is, and what would do."""

    period: Period
    finding: Finding
    violations: Sequence[Violation]
    alternatives: Sequence[Alternative]


def why(
    session: Session,
    *,
    act: Act,
    occurrence: WantedOccurrence,
    room: Room,
    people_count: int = 1,
    community: str | None = None,
    items: Sequence[tuple[str, int]] = (),
) -> Why:
    """What stands in the way of one time in one room, for whoever asks; without a person only what holds for all.

    Raises Refused for times that are none, and unknown_community.
    """
    viewer = people.viewer(session, act.actor, act.today)
    if not room.is_public and not viewer.is_staff:
        raise NotFound("room")
    if wrong := wrong_times(occurrence.starts_at, occurrence.ends_at):
        raise Refused([wrong])
    about = _about(session, viewer, community)
    units = units_of(occurrence.units, people_count, room, whole=occurrence.whole)
    known = items_by_slug(session, [slug for slug, _ in items])
    quantities = {known[slug].id: quantity for slug, quantity in items if slug in known}
    period = Period(occurrence.starts_at, occurrence.ends_at)
    candidate = Candidate(0, room, period, units, people_count, quantities)
    by_id = {item.id: item for item in known.values()}
    (judged,) = judge(session, [candidate], act.now, about, by_id).judged
    offers = alternatives(session, candidate, act.now, about, by_id) if judged.violations else []
    spoken = [replace(violation, at=None) for violation in judged.violations]
    return Why(period, finding(spoken), spoken, offers)


def _about(session: Session, viewer: Viewer, community: str | None) -> About:
    if viewer.person_id is None:
        return About()
    broken: list[Violation] = []
    found = community_of(session, viewer, Wanted("", 1, community=community), broken)
    if broken:
        raise Refused(broken)
    return About(asker_of(viewer.person_id, found))
