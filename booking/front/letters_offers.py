"""What applicants are told of places held for them: proposals of the office, and turns of the waitlist."""

from __future__ import annotations

from collections.abc import Mapping

from booking.domain.events import Event
from booking.domain.lifecycle import State
from booking.front import context
from booking.front.language import _
from booking.front.letter_cases import Case, Moot, Words, Writer, shortened, spot
from booking.storage.offers import OfferState


def proposed(case: Case) -> Words:
    held = _held(case)
    what = [_("What you asked for cannot be had as it is. The office proposes this instead:")]
    return Words(_("Proposal: %(title)s", title=case.title), what, _lines(case), _note(case), _note_label(), held)


def turn(case: Case) -> Words:
    what = [_("You were first in line, and the place you waited for is free now:")]
    subject = _("It is your turn: %(title)s", title=case.title)
    return Words(subject, what, _lines(case), _note(case), _note_label(), _held(case))


def _held(case: Case) -> list[str]:
    """Until when, and what to do. What is not held any more is told of by the message that it lapsed."""
    open_ones = [one for one in case.offers if one.state == OfferState.OPEN]
    if case.offers and not open_ones:
        raise Moot("moot")
    if not open_ones:
        return [_("Next: accept or refuse it on the page of the booking.")]
    until = min(one.expires_at for one in open_ones)
    if until <= context.now():
        raise Moot("moot")
    return [
        _("It is held for you until %(moment)s.", moment=case.moment(until)),
        _("Next: accept or refuse it on the page of the booking. Without an answer it goes to others."),
    ]


def accepted(case: Case) -> Words:
    if any(one.state == State.REQUESTED for one in case.occurrences):
        what = [_("You have accepted. The place is kept for you until it is decided:")]
    else:
        what = [_("You have accepted the proposal. This holds now:")]
    following = [case.who_decides(), _("If you cannot come, please cancel it, so that others can have the room.")]
    return Words(_("Proposal accepted: %(title)s", title=case.title), what, case.times(), next=following)


def refused(case: Case) -> Words:
    what = [_("You have refused the proposal, and the place is free for others.")]
    subject = _("Proposal refused: %(title)s", title=case.title)
    return Words(subject, what, _lines(case), next=[case.who_decides()])


def expired(case: Case) -> Words:
    what = [_("The time to answer is over, and the place is not held for you any more.")]
    following = [case.who_decides() or _("You are welcome to ask for another time or another room.")]
    return Words(_("Not held any more: %(title)s", title=case.title), what, _lines(case), next=following)


def withdrawn(case: Case) -> Words:
    what = [_("The office had to take its proposal back. Please do not rely on it.")]
    subject = _("Proposal taken back: %(title)s", title=case.title)
    return Words(subject, what, _lines(case), case.reason, "", [case.who_decides()])


def waitlisted(case: Case) -> Words:
    what = [_("You stand in line for:")]
    following = [
        _("Next: when it becomes free, the first in line is told and it is held for a while. You need not do anything.")
    ]
    return Words(_("On the waitlist: %(title)s", title=case.title), what, case.times(), next=following)


def _lines(case: Case) -> list[str]:
    return shortened([spot(period, room) for period, room in case.offered]) or case.times()


def _note(case: Case) -> str:
    return case.reason or next((one.note for one in case.offers if one.note), "")


def _note_label() -> str:
    return _("What the office says")


WRITERS: Mapping[str, Writer] = {
    Event.PROPOSED: proposed,
    Event.OFFER_ACCEPTED: accepted,
    Event.OFFER_REFUSED: refused,
    Event.OFFER_EXPIRED: expired,
    Event.OFFER_WITHDRAWN: withdrawn,
    Event.WAITLISTED: waitlisted,
    Event.TURN: turn,
}
