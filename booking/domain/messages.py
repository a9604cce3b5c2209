"""Which events and notices are messages, for whom, and which of them a person may do without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking.domain.events import AccountNotice, CommunityEvent, Event, Notice


@dataclass(frozen=True)
class Kind:
    """`mutable`: the person may choose not to get it. `staff`: it goes to the office, by e-mail or not at all."""

    mutable: bool = False
    staff: bool = False


_MUST, _MAY = Kind(), Kind(mutable=True)

KINDS: Mapping[str, Kind] = {
    Event.REQUESTED: _MUST,
    Event.APPROVED: _MUST,
    Event.DECLINED: _MUST,
    Event.RETURNED: _MUST,
    Event.CANCELLED: _MUST,
    Event.EXPIRED: _MUST,
    Event.CHANGED: _MUST,
    Event.CHANGE_REQUESTED: _MUST,
    Event.CHANGE_APPROVED: _MUST,
    Event.CHANGE_DECLINED: _MUST,
    Event.CHANGE_WITHDRAWN: _MUST,
    Event.CHANGE_EXPIRED: _MUST,
    Event.NEEDS_ANSWERED: _MAY,
    Event.RESUMED: _MUST,
    Event.FREE_AGAIN: _MAY,
    Event.CLOSURE: _MUST,
    Event.RELOCATED: _MUST,
    Event.UNDONE: _MUST,
    Event.PROPOSED: _MUST,
    Event.OFFER_ACCEPTED: _MUST,
    Event.OFFER_REFUSED: _MUST,
    Event.OFFER_EXPIRED: _MUST,
    Event.OFFER_WITHDRAWN: _MUST,
    Event.WAITLISTED: _MUST,
    Event.TURN: _MUST,
    Event.RELEASED: _MUST,
    Notice.ATTEND_SOON: _MAY,
    Notice.SERIES_ENDS: _MAY,
    Notice.LATE_CHANGE: _MAY,
    Notice.NEW_REQUEST: Kind(mutable=True, staff=True),
    Notice.DECIDE_SOON: Kind(mutable=True, staff=True),
    Event.ESCALATED: Kind(staff=True),
    Notice.DIGEST: Kind(mutable=True, staff=True),
    CommunityEvent.REGISTERED: Kind(mutable=True, staff=True),
    CommunityEvent.CLOSE_ASKED: Kind(mutable=True, staff=True),
    CommunityEvent.VERIFIED: _MUST,
    CommunityEvent.DECLINED: _MUST,
    CommunityEvent.CLOSED: _MUST,
    CommunityEvent.REMOVED: _MUST,
    CommunityEvent.CONTACT: _MUST,
    AccountNotice.VERIFY_EMAIL: _MUST,
    AccountNotice.RESET: _MUST,
    AccountNotice.CHANGED: _MUST,
    AccountNotice.TO_CONFIRM: Kind(mutable=True, staff=True),
    AccountNotice.CONFIRMED: _MUST,
}
"""Everything that is sent, by its word."""

BY_MAIL_ALONE = frozenset({AccountNotice.VERIFY_EMAIL, AccountNotice.RESET, AccountNotice.CHANGED})
"""What makes no sense by phone."""

SILENT = frozenset(
    {
        Event.RESUBMITTED,  # the applicant has just done it; the office gets it as a new request
        Event.COMPLETED,
        Event.MISSED,  # what follows from it for the place is told as `released`
        Event.LEFT_WAITLIST,
        Event.ARRIVED,
        Event.COUNTED,
        Event.TOLD,
        Event.HANDED_OVER,
        Event.LETTER_ADDED,  # by whoever answers for the request; the desk sees it there
        Event.LETTER_DROPPED,
        Event.FORGOTTEN,  # long after, by the clock; the pages about privacy say when
        # those whom it concerns have just done it, or see it on the community's page
        CommunityEvent.ENTERED,
        CommunityEvent.EDITED,
        CommunityEvent.REOPENED,
        CommunityEvent.MENTORED,
        CommunityEvent.INVITED,
        CommunityEvent.INVITE_REVOKED,
        CommunityEvent.JOINED,
        CommunityEvent.LEFT,
        CommunityEvent.STEPPED_DOWN,
    }
)
"""What stands in the history and is no message."""

ASKED = frozenset({Event.REQUESTED, Event.RESUBMITTED, Event.RESUMED, Event.OFFER_ACCEPTED})
"""After these somebody may have to decide: a turn that is taken in a room of an officer is asked for, no more."""


def is_told(event: str) -> bool:
    """Whether the applicant gets a message of this event."""
    return event in KINDS and not KINDS[event].staff


def mutable(*, staff: bool) -> list[str]:
    """The kinds that an applicant (or somebody of the office) may choose not to get."""
    return [str(word) for word, kind in KINDS.items() if kind.mutable and kind.staff == staff]
