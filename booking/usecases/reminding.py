"""What time alone reminds of, each told once: dates to come, decisions due and late, series that end, the digest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.approval import Tier
from booking.domain.events import Event, Notice
from booking.domain.lifecycle import State
from booking.domain.period import soonest
from booking.domain.permissions import Action
from booking.storage import reminders, settings
from booking.storage.outbox import Outbox
from booking.storage.places import Resource, all_rooms
from booking.storage.staff import reachable_staff
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.locking import lock_bookings
from booking.usecases.recording import as_they_are, record
from booking.usecases.telling import deciders, tell_staff, waiting_places

DIGEST_AT = time(7)
"""In the centre's zone."""


def remind(session: Session, *, act: Act) -> int:
    """All that is due; `session` only reads, so that a round with nothing to tell writes nothing. Returns how many."""
    told = 0
    tasks: tuple[tuple[Callable[..., Sequence[object]], Callable[..., int]], ...] = (
        (reminders.to_attend, remind_to_attend),
        (reminders.to_decide, remind_to_decide),
        (reminders.to_escalate, escalate),
        (reminders.ending_series, tell_of_endings),
    )
    for waiting, do in tasks:
        # each round of `do` marks what it found, so that this ends
        while waiting(session, act.now, most=1) and (done := do(act=act)):
            told += done
    if is_digest_due(session, act):
        told += send_digest(act=act)
    return told


@writes
def remind_to_attend(session: Session, *, act: Act) -> int:
    """One message for all dates of a booking within a day. Returns how many dates were marked."""
    lock_bookings(session, {one.booking_id for one in reminders.to_attend(session, act.now)})
    found = reminders.to_attend(session, act.now)
    for booking in dict.fromkeys(one.booking for one in found):
        mine = [one for one in found if one.booking is booking]
        for one in mine:
            one.reminded_at = act.now
        facts = {"code": booking.code, "occurrences": as_they_are(mine)}
        session.add(_notice(act, Notice.ATTEND_SOON, booking.booked_for, booking.id, facts))
    return len(found)


@writes
def remind_to_decide(session: Session, *, act: Act) -> int:
    """Whoever may decide what is to be answered within a day."""
    lock_bookings(session, {one.id for one in reminders.to_decide(session, act.now)})
    staff = reachable_staff(session, act.today)
    found = reminders.to_decide(session, act.now)
    for booking in found:
        booking.reminded_at = act.now
        for person_id in deciders(staff, waiting_places(booking)):
            tell_staff(session, act, Notice.DECIDE_SOON, person_id, booking)
    return len(found)


@writes
def escalate(session: Session, *, act: Act) -> int:
    """The head and the deputies are asked for what was not answered in time; the history says so."""
    lock_bookings(session, {one.id for one in reminders.to_escalate(session, act.now)})
    staff = reachable_staff(session, act.today)
    found = reminders.to_escalate(session, act.now)
    for booking in found:
        booking.escalated_at = act.now
        record(session, act.by(None), Event.ESCALATED, booking, [], was=booking.state)
        above = {place._replace(tier=Tier.HEAD) for place in waiting_places(booking)}
        for person_id in deciders(staff, above):
            tell_staff(session, act, Event.ESCALATED, person_id, booking)
    return len(found)


@writes
def tell_of_endings(session: Session, *, act: Act) -> int:
    """The people of a series that it ends soon, so that they can ask for another."""
    lock_bookings(session, {one.id for one in reminders.ending_series(session, act.now)})
    found = reminders.ending_series(session, act.now)
    for booking in found:
        booking.ending_told_at = act.now
        ahead = [one for one in booking.occurrences if one.starts_at > act.now and one.state == State.APPROVED]
        facts = {"code": booking.code, "occurrences": as_they_are(ahead)}
        session.add(_notice(act, Notice.SERIES_ENDS, booking.booked_for, booking.id, facts))
    return len(found)


def is_digest_due(session: Session, act: Act) -> bool:
    """From 07:00 on, once a day of the centre."""
    wall = act.now.astimezone(_zone(session))
    return wall.time() >= DIGEST_AT and settings.setting(session, settings.DIGEST_ON) != wall.date().isoformat()


@writes
def send_digest(session: Session, *, act: Act) -> int:
    """What waits and what takes place today, to everybody who sees requests, for the sites and rooms where they do.

    Nothing to say is not said. Returns how many messages were written.
    """
    # two workers at once: the second finds the day taken
    session.execute(select(settings.Setting).where(settings.Setting.key == settings.CENTRE).with_for_update())
    if not is_digest_due(session, act):
        return 0
    zone = _zone(session)
    day = act.now.astimezone(zone).date()
    settings.put(session, settings.DIGEST_ON, day.isoformat())
    of_sites, of_rooms = (_counts(session, by, act.now, day, zone) for by in (Resource.site_id, Resource.id))
    messages = list(_digests(session, act, day, of_sites, of_rooms))
    session.add_all(messages)
    return len(messages)


def _counts(session: Session, by: reminders.By, now: datetime, day: date, zone: ZoneInfo) -> dict[int, list[int]]:
    """Id of a site or room -> [waiting, late, today], without those where all is quiet."""
    begins, ends = (soonest(datetime.combine(one, time()), zone) for one in (day, day + timedelta(days=1)))
    waiting = reminders.waiting_by(session, by, now)
    today = reminders.approved_by(session, by, begins, ends)
    return {one: [*waiting.get(one, (0, 0)), today.get(one, 0)] for one in sorted({*waiting, *today})}


def _digests(
    session: Session, act: Act, day: date, of_sites: Mapping[int, list[int]], of_rooms: Mapping[int, list[int]]
) -> Iterable[Outbox]:
    """A room given by itself is told of where its whole site is not."""
    see, site_of = Action.SEE_REQUESTS, {room.id: room.site_id for room in all_rooms(session)}
    for viewer in reachable_staff(session, act.today):
        mine = {str(site): numbers for site, numbers in of_sites.items() if viewer.may(see, site)}
        alone = [room for room in viewer.rooms(see) if room in of_rooms and not viewer.may(see, site_of[room])]
        if (mine or alone) and viewer.person_id is not None:
            rooms = {str(room): of_rooms[room] for room in sorted(alone)}
            facts = {"day": day.isoformat(), "sites": mine, "rooms": rooms}
            yield _notice(act, Notice.DIGEST, viewer.person_id, None, facts)


def _zone(session: Session) -> ZoneInfo:
    return ZoneInfo(settings.centre(session).timezone)


def _notice(act: Act, kind: str, person_id: int, booking_id: int | None, facts: Mapping[str, object]) -> Outbox:
    return Outbox(
        kind=kind, person_id=person_id, booking_id=booking_id, facts=dict(facts), created_at=act.now, due_at=act.now
    )
