"""Accounts that people make for themselves, where the centre wants to look at each before it may ask for a room."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.domain.errors import NotFound
from booking.domain.events import AccountNotice, PersonEvent
from booking.domain.permissions import Action
from booking.storage import feeds, outbox, settings
from booking.storage.history import History
from booking.storage.people import Person
from booking.storage.staff import reachable_staff
from booking.storage.transaction import writes
from booking.usecases.act import Act, require
from booking.usecases.proving import ask_for_proof


def welcome(session: Session, act: Act, person: Person) -> None:
    """What follows from an account that somebody has just made: it waits where it must, and its address is proved."""
    if wanted := person.email or person.new_email:
        ask_for_proof(session, act, person, wanted)
    if settings.centre(session).registration != "confirmed":
        return
    person.waits_since = act.now
    for one in reachable_staff(session, act.today):
        if one.person_id is not None and one.may(Action.PEOPLE):
            outbox.put_own(session, AccountNotice.TO_CONFIRM, one.person_id, {"person": person.id}, act.now)


@writes
def confirm_person(session: Session, *, act: Act, person_id: int) -> None:
    """From now on the person may ask for rooms, and is told so. Raises Forbidden, NotFound where nobody waits."""
    require(session, act, Action.PEOPLE)
    person = session.get(Person, person_id, with_for_update=True)
    if person is None or person.waits_since is None or person.closed_at is not None:
        raise NotFound("person")
    person.waits_since = None
    session.add(History(at=act.now, actor_id=act.actor, event=PersonEvent.CONFIRMED, facts={"person": person_id}))
    outbox.put_own(session, AccountNotice.CONFIRMED, person_id, {"by": act.actor}, act.now)
    feeds.bump(session, [feeds.person_scope(person_id)], act.now)
