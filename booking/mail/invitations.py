"""Which messages carry invitations, and for which dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.front import context
from booking.front.letter_cases import Case, case_of
from booking.ical.invitation import Method, Party, Told, invitation
from booking.storage.bookings import Occurrence
from booking.storage.db import reading
from booking.storage.outbox import sent_before
from booking.storage.people import Person
from booking.usecases.sending import Due
from booking.usecases.subscribing import subscribed_since, wants_invitations

INVITES = {Event.APPROVED, Event.CHANGED, Event.CHANGE_APPROVED, Event.RELOCATED, Event.OFFER_ACCEPTED}
WITHDRAWS = {Event.CANCELLED, Event.UNDONE}
MOST = 30
"""Whoever has more dates than that subscribes to the calendar, as the mail says."""


@dataclass(frozen=True)
class Invitation:
    method: Method
    body: bytes


def invitations_of(due: Due, person: Person, organizer: Party, attendee: Party) -> list[Invitation]:
    """Those of one message, in order of time.

    Nobody is invited who has the calendar by itself or does not want it; what somebody was invited to is withdrawn
    even if they would not be invited any more: else it would stay in their calendar.
    """
    case = case_of(due)
    if due.kind in INVITES and wants_invitations(reading(), person):
        method, found = Method.REQUEST, list(_approved(case))[:MOST]
    elif due.kind in WITHDRAWS:
        method, found = Method.CANCEL, list(_withdrawn(case, _invited(due, person)))[:MOST]
    else:
        return []
    return [
        Invitation(method, invitation(one, told, method, organizer, attendee, context.address())) for one, told in found
    ]


def _invited(due: Due, person: Person) -> set[str]:
    """The uids that earlier messages have invited this person to, as far as they wanted it when those went out."""
    if due.booking_id is None or person.invitations is False:
        return set()
    since = subscribed_since(reading(), person)
    return {
        uid
        for sent_at, facts in sent_before(reading(), due.booking_id, person.id, due.id, INVITES)
        if person.invitations or since is None or sent_at < since
        for uid, said in facts.get("occurrences", {}).items()
        if said[4] == State.APPROVED
    }


def _withdrawn(case: Case, invited: set[str]) -> Iterable[tuple[Occurrence, Told]]:
    by_uid = {one.uid: one for one in case.of.occurrences}
    for uid, was in case.said.items():
        if uid in by_uid and uid in invited and was.state != State.APPROVED:
            yield by_uid[uid], Told(was.period, was.room, was.sequence, case.written_at)


def _approved(case: Case) -> Iterable[tuple[Occurrence, Told]]:
    by_uid = {one.uid: one for one in case.of.occurrences}
    for uid, was in case.said.items():
        if uid in by_uid and was.state == State.APPROVED:
            yield by_uid[uid], Told(was.period, was.room, was.sequence, case.written_at)
    if case.kind == Event.CHANGED and not case.said:
        # only its words have changed, in every date of it
        for one in case.of.occurrences:
            if one.state == State.APPROVED and one.ends_at > case.written_at:
                yield one, Told(one.period, one.room, one.sequence, case.written_at)
