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
