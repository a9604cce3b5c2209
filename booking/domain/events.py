"""What happened, as it is written into the history and the outbox with the change itself."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    DECLINED = "declined"
    RETURNED = "returned"
    RESUBMITTED = "resubmitted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    MISSED = "missed"
    CHANGED = "changed"  # title, time, room or people of what is undecided, or of what needs no new approval
    CHANGE_REQUESTED = "change_requested"  # what is approved stays until the change is decided
    CHANGE_APPROVED = "change_approved"
    CHANGE_DECLINED = "change_declined"
    CHANGE_WITHDRAWN = "change_withdrawn"
    CHANGE_EXPIRED = "change_expired"
    NEEDS_ANSWERED = "needs_answered"
    RESUMED = "resumed"  # a skipped date of a series is asked for after all
    FREE_AGAIN = "free_again"  # nothing stands in the way of a skipped date any more
    CLOSURE = "closure"  # a closure was laid over it and it stands all the same
    RELOCATED = "relocated"  # moved by staff, because of a closure or for a reason
    UNDONE = "undone"  # a decision taken back by whoever took it, within seconds
    PROPOSED = "proposed"  # another time or room, held until a set moment
    OFFER_ACCEPTED = "offer_accepted"
    OFFER_REFUSED = "offer_refused"
    OFFER_EXPIRED = "offer_expired"
    OFFER_WITHDRAWN = "offer_withdrawn"
    WAITLISTED = "waitlisted"  # stands in line for a room and a time
    TURN = "turn"  # first in line: the place is held for a while
    LEFT_WAITLIST = "left_waitlist"
    ARRIVED = "arrived"
    RELEASED = "released"  # nobody came by the room's set time, or they left early: the rest is free
    COUNTED = "counted"  # how many people really came
    ESCALATED = "escalated"  # not answered in time: those above may decide and are asked to
    TOLD = "told"  # somebody of the office told the applicant otherwise than by mail
    LETTER_ADDED = "letter_added"
    LETTER_DROPPED = "letter_dropped"  # its time to be kept is over; number and date stay
    HANDED_OVER = "handed_over"  # another member answers for it: who did has left the community
    FORGOTTEN = "forgotten"  # long over: what was said of it and why is blanked


# What happens to an occurrence ends what was offered in its place, what was held for it, and its waiting in line
ENDS_OFFERS = frozenset(
    {
        Event.APPROVED,
        Event.DECLINED,
        Event.CANCELLED,
        Event.EXPIRED,
        Event.COMPLETED,
        Event.MISSED,
        Event.CHANGED,
        Event.RELOCATED,
        Event.RESUMED,
    }
)


class PersonEvent(StrEnum):
    """What becomes of a person's account, in the history."""

    ERASED = "person_erased"
    CONFIRMED = "person_confirmed"  # an account that somebody made for themselves, by staff
    SECOND_FACTOR_REMOVED = "second_factor_removed"  # by an administrator, for who lost the phone


class AccountNotice(StrEnum):
    """Messages about a person's own account."""

    VERIFY_EMAIL = "verify_email"  # with the link that proves the address; goes to the address in its facts
    RESET = "password_reset"  # with the link for a new password
    CHANGED = "account_changed"  # password, phone, e-mail or second factor: whoever did not do it must learn of it
    TO_CONFIRM = "person_waits"  # for staff
    CONFIRMED = "person_accepted"


class PrivacyEvent(StrEnum):
    """What the centre changes about how it treats personal data, in the history."""

    RETENTION = "retention_changed"
    TEXT = "privacy_text_changed"
    ACCEPTED = "privacy_text_accepted"  # by a person


class Notice(StrEnum):
    """Messages that nothing in the history causes."""

    ATTEND_SOON = "attend_soon"  # reminder to attend
    DECIDE_SOON = "decide_soon"  # reminder to decide, for staff
    NEW_REQUEST = "new_request"  # for staff
    SERIES_ENDS = "series_ends"
    DIGEST = "digest"  # what waits, for staff, once a day
    LATE_CHANGE = "late_change"  # near, and the reader's calendar app has not asked since


class CommunityEvent(StrEnum):
    """What becomes of a community and of those who belong to it; in the history, and some of it as messages."""

    REGISTERED = "community_registered"  # by a person, or named anew: the office must look at it
    ENTERED = "community_entered"  # by the office
    EDITED = "community_edited"
    VERIFIED = "community_verified"
    DECLINED = "community_declined"
    CLOSE_ASKED = "community_close_asked"
    CLOSED = "community_closed"
    REOPENED = "community_reopened"
    MENTORED = "community_mentored"  # a mentorship was entered, changed or removed
    INVITED = "invite_made"
    INVITE_REVOKED = "invite_revoked"
    JOINED = "member_joined"
    LEFT = "member_left"
    REMOVED = "member_removed"
    CONTACT = "contact_made"
    STEPPED_DOWN = "contact_ended"
