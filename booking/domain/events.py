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
