"""One case of every kind of message, made in a furnished centre."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from booking.domain.events import AccountNotice, CommunityEvent, Event, Notice
from booking.storage.bookings import Booking, Need
from booking.storage.communities import community_by_slug
from booking.storage.db import reading
from booking.storage.offers import Offer, OfferKind
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases.cancelling import cancel
from booking.usecases.communities import CommunityFacts, ask_to_close, register_community
from booking.usecases.recording import as_they_are
from booking.usecases.sending import Due
from tests.support.world import NOW, World

REASON = "Ruang dipakai dinas.\nMaaf sekali."


@writes
def speak(session, person_id: int, language: str) -> None:
    session.get(Person, person_id).language = language


@writes
def promise(session, code: str, answer_by) -> None:
    """Until when the office means to answer."""
    session.scalars(select(Booking).where(Booking.code == code)).one().answer_by = answer_by


@writes
def offer(session, code: str, kind: OfferKind, *, until, note: str | None = None) -> None:
    one = session.scalars(select(Booking).where(Booking.code == code)).one().occurrences[0]
    hour = timedelta(hours=1)
    session.add(
        Offer(
            occurrence_id=one.id,
            kind=kind,
            room_id=one.room_id,
            starts_at=one.starts_at + hour,
            ends_at=one.ends_at + hour,
            units=1,
            expires_at=until,
            made_at=NOW,
            note=note,
        )
    )


@writes
def need(session, code: str) -> int:
    booking = session.scalars(select(Booking).where(Booking.code == code)).one()
    row = Need(booking_id=booking.id, text="Dua mikrofon", answer="limited", note="hanya satu")
    session.add(row)
    session.flush()
    return row.id


def booking(code: str) -> Booking:
    reading().rollback()
    return reading().scalars(select(Booking).where(Booking.code == code)).one()


def due(kind: str, code: str, *, person: int | None = None, **more) -> Due:
    found = booking(code)
    facts = {"code": code, "state": str(found.state), "by": None, "was": None}
    facts["occurrences"] = as_they_are(found.occurrences)
    return Due(7, kind, person or found.booked_for, found.id, facts | more, more.pop("at", NOW))


def all_kinds(world: World) -> Iterator[Due]:
    """Each kind once, Cecep's and (for the office) Dadang's."""
    waiting = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Latihan gitar", people=5)
    promise(waiting, world.at(1, "16:00"))
    held = world.ask("cecep", world.time("musik", 3, "19:00", "21:00"), title="Rekaman")
    world.approve("dadang", held)
    one = booking(held).occurrences[0]
    later = [(one.starts_at + timedelta(hours=1)).isoformat(), (one.ends_at + timedelta(hours=1)).isoformat()]
    before = [one.room_id, one.starts_at.isoformat(), one.ends_at.isoformat(), 1, None]
    changes = {one.uid: [before, [one.room_id, *later, 1, 7]]}
    dadang, cecep = world.people["dadang"], world.people["cecep"]
    yield due(Event.REQUESTED, waiting, by=cecep)
    yield due(Event.APPROVED, held, by=dadang, reason="Kunci diambil di satpam.")
    yield due(Event.DECLINED, waiting, by=dadang, reason=REASON)
    yield due(Event.RETURNED, waiting, by=dadang, reason="Mohon surat izin.")
    yield due(Event.CHANGED, held, by=cecep, changes=changes)
    yield due(Event.CHANGE_REQUESTED, held, by=cecep, changes=changes)
    yield due(Event.CHANGE_APPROVED, held, by=dadang, changes=changes)
    yield due(Event.CHANGE_DECLINED, held, by=dadang, reason=REASON)
    yield due(Event.CHANGE_WITHDRAWN, held, by=cecep)
    yield due(Event.CHANGE_EXPIRED, held)
    yield due(Event.RELOCATED, held, by=dadang, changes=changes, reason="Atap bocor.")
    yield due(Event.CLOSURE, held, by=dadang, reason="Rapat dinas")
    gone = world.ask("cecep", world.time("rapat", 3, "13:00", "14:00"), title="Rapat siang")
    cancel(act=world.act("dadang"), code=gone, reason="Atap bocor.")
    yield due(Event.CANCELLED, gone, by=dadang, reason="Atap bocor.", was="approved")
    yield due(Event.UNDONE, waiting, by=dadang, was="approved")
    yield due(Event.EXPIRED, waiting, at=world.at(2, "19:00"), was="requested")
    yield due(Event.RELEASED, held)
    yield due(Event.RESUMED, waiting, by=cecep)
    yield due(Event.NEEDS_ANSWERED, waiting, by=dadang, needs={str(need(waiting)): "limited"})
    yield due(Event.WAITLISTED, waiting, by=cecep)
    yield due(Notice.ATTEND_SOON, held)
    yield due(Notice.SERIES_ENDS, held)
    offer(waiting, OfferKind.COUNTER, until=world.at(0, "17:00"), note="Jam 7 dipakai rapat.")
    yield due(Event.PROPOSED, waiting, by=dadang)
    yield due(Event.TURN, waiting)
    for kind in (Event.OFFER_ACCEPTED, Event.OFFER_REFUSED, Event.OFFER_EXPIRED, Event.OFFER_WITHDRAWN):
        yield due(kind, waiting)
    for kind in (Notice.NEW_REQUEST, Notice.DECIDE_SOON, Event.ESCALATED):
        yield due(kind, waiting, person=dadang)
    site = booking(waiting).occurrences[0].room.site_id
    facts = {"day": "2026-11-23", "sites": {str(site): [2, 1, 3]}}
    yield Due(7, Notice.DIGEST, dadang, None, facts, NOW)
    moved = {one.uid: [before, [one.room_id, one.starts_at.isoformat(), one.ends_at.isoformat(), 1, None]]}
    moved[one.uid][0] = [one.room_id, *later, 1, None]
    app = {"app": "Google Calendar", "fetched": world.at(0, "07:12").isoformat()}
    yield due(Notice.LATE_CHANGE, held, person=dadang, what="moved", changes=moved, **app)
    yield due(Event.FREE_AGAIN, skipped(world))
    yield from of_communities(world)
    yield from of_accounts(world)


def of_accounts(world: World) -> Iterator[Due]:
    cecep, dadang = world.people["cecep"], world.people["dadang"]
    wait(cecep, world.now)
    yield Due(7, AccountNotice.VERIFY_EMAIL, cecep, None, {"to": "cecep@example.com"}, NOW)
    proved(cecep, world.now)
    yield Due(7, AccountNotice.RESET, cecep, None, {"of": "password"}, NOW)
    yield Due(7, AccountNotice.CHANGED, cecep, None, {"what": "email", "to": "dulu@example.com"}, NOW)
    yield Due(7, AccountNotice.TO_CONFIRM, dadang, None, {"person": cecep}, NOW)
    wait(cecep, None)
    yield Due(7, AccountNotice.CONFIRMED, cecep, None, {"by": dadang}, NOW)


@writes
def proved(session, person_id: int, at) -> None:
    session.get(Person, person_id).email_verified_at = at


@writes
def wait(session, person_id: int, since) -> None:
    session.get(Person, person_id).waits_since = since


def of_communities(world: World) -> Iterator[Due]:
    """To the office about a new one and one that is no more; to its contact about what became of it."""
    facts = CommunityFacts("Angin Segar", "Sanggar tari di Baros.")
    slugs = {"cecep": "gerimis-sore", "dadang": register_community(act=world.act("cecep"), facts=facts)}
    ask_to_close(act=world.act("cecep"), slug="angin-segar")
    for kind, who in (
        (CommunityEvent.REGISTERED, "dadang"),
        (CommunityEvent.CLOSE_ASKED, "dadang"),
        (CommunityEvent.VERIFIED, "cecep"),
        (CommunityEvent.DECLINED, "cecep"),
        (CommunityEvent.CLOSED, "cecep"),
        (CommunityEvent.REMOVED, "cecep"),
        (CommunityEvent.CONTACT, "cecep"),
    ):
        said = {"community": community_by_slug(reading(), slugs[who]).id, "by": None}
        if kind in (CommunityEvent.CLOSE_ASKED, CommunityEvent.DECLINED, CommunityEvent.CLOSED):
            said["reason"] = "Kami sudah bubar." if who == "dadang" else "Mohon lengkapi datanya."
        yield Due(7, kind, world.people[who], None, said, NOW)


def skipped(world: World) -> str:
    code = world.ask("cecep", world.time("rapat", 4, "09:00", "10:00"), title="Rapat pagi")
    skip(code)
    return code


@writes
def skip(session, code: str) -> None:
    session.scalars(select(Booking).where(Booking.code == code)).one().occurrences[0].state = "skipped"
