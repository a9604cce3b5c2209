"""Which messages carry invitations, and for which dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from booking.domain.events import Event
from booking.domain.lifecycle import APPROVED_IN_PART, State
from booking.front import context
from booking.front.letter_cases import Case, case_of
from booking.ical.invitation import Method, Party, Told, invitation
from booking.storage.bookings import Occurrence
from booking.storage.db import reading
from booking.storage.people import Person
from booking.usecases.sending import Due
from booking.usecases.subscribing import wants_invitations

INVITES = {Event.APPROVED, Event.CHANGED, Event.CHANGE_APPROVED, Event.RELOCATED, Event.OFFER_ACCEPTED}
WITHDRAWS = {Event.CANCELLED, Event.UNDONE}
WAS_CONFIRMED = {State.APPROVED, APPROVED_IN_PART, None}
MOST = 30
"""Whoever has more dates than that subscribes to the calendar, as the mail says."""


@dataclass(frozen=True)
class Invitation:
    method: Method
    body: bytes


def invitations_of(due: Due, person: Person, organizer: Party, attendee: Party) -> list[Invitation]:
    """Those of one message, in order of time; none where the reader has the calendar by itself or does not want any."""
    if due.kind not in INVITES | WITHDRAWS or not wants_invitations(reading(), person):
        return []
    case = case_of(due)
    method = Method.REQUEST if due.kind in INVITES else Method.CANCEL
    found = list(_dates(case, method))[:MOST]
    return [
        Invitation(method, invitation(one, told, method, organizer, attendee, context.address())) for one, told in found
    ]


def _dates(case: Case, method: Method) -> Iterable[tuple[Occurrence, Told]]:
    """What is approved is invited to; what had been is withdrawn."""
    if method is Method.CANCEL and case.facts.get("was") not in WAS_CONFIRMED:
        return
    by_uid = {one.uid: one for one in case.of.occurrences}
    for uid, was in case.said.items():
        stands = was.state == State.APPROVED
        if uid in by_uid and stands == (method is Method.REQUEST):
            yield by_uid[uid], Told(was.period, was.room, was.sequence, case.written_at)
    if case.kind == Event.CHANGED and not case.said:
        # only its words have changed, in every date of it
        for one in case.of.occurrences:
            if one.state == State.APPROVED and one.ends_at > case.written_at:
                yield one, Told(one.period, one.room, one.sequence, case.written_at)
