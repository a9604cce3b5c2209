"""What the API takes and gives of bookings: requests, previews, decisions, changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from booking.api.schemas import AlternativeOut, Day, Finding, Instant, ViolationOut
from booking.api.schemas_offers import OfferOut


class OccurrenceIn(Struct, forbid_unknown_fields=True):
    """`units` left out: 1 in rooms of one unit, the number of people in pools; `whole`: all units of a pool."""

    room: str
    starts_at: Instant
    ends_at: Instant
    units: int | None = None
    people: int | None = None
    label: str | None = None
    whole: bool = False


class RepeatIn(Struct, forbid_unknown_fields=True):
    """Repeats the occurrences given, in wall time, until a day (included), so many times, or on the dates listed.

    `on` only when all given occurrences lie on one day. By month: without `on` by date; with `on` and `nth` (1 to 4,
    -1 the last) by weekday; `nth` -1 alone is the last day of the month.
    """

    every: Literal["day", "week", "month"] | None = None
    interval: int = 1
    on: list[Literal["mo", "tu", "we", "th", "fr", "sa", "su"]] = []
    nth: int | None = None
    until: Day | None = None
    count: int | None = None
    dates: list[Day] = []


class ItemIn(Struct, forbid_unknown_fields=True):
    item: str
    quantity: int


class InsteadIn(Struct, forbid_unknown_fields=True):
    """For one date of a series: another room or other times than the pattern says."""

    date: Day
    room: str | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class OnBehalfIn(Struct, forbid_unknown_fields=True):
    """For whom staff ask. The person is found by phone, or entered without a log-in; `channel` as the centre says."""

    name: str
    phone: str
    channel: str
    email: str | None = None


class BookingIn(Struct, forbid_unknown_fields=True):
    """`community` is a slug; left out: the person's only one; "-": for the person alone.

    `skip`: dates of the series that are not taken. `apart`: what needs no decision does not wait for what does.
    `override`: why staff set house rules aside. `wait`: what is taken stands in line for it instead of being refused.
    `on_behalf`: staff ask for somebody else; `community` is then any open one, and left out: the person alone.
    """

    title: str
    people: int
    occurrences: list[OccurrenceIn]
    community: str | None = None
    purpose: str | None = None
    key: str | None = None
    repeat: RepeatIn | None = None
    items: list[ItemIn] = []
    needs: list[str] = []
    skip: list[Day] = []
    instead: list[InsteadIn] = []
    apart: bool = False
    override: str | None = None
    wait: bool = False
    on_behalf: OnBehalfIn | None = None


class ItemTaken(Struct):
    item: str
    quantity: int


class NeedOut(Struct):
    """Something asked for that is not counted, and what the office says of it."""

    id: int
    text: str
    answer: Literal["available", "limited", "not_available", "bring_your_own"] | None
    note: str


class ChangeOut(Struct):
    """What an approved occurrence shall become; it stays as it is until this is approved."""

    room: str
    starts_at: datetime
    ends_at: datetime
    units: int


class OccurrenceOut(Struct):
    """`date`: its date in the series. `overridden`: house rules that staff set aside for it.

    `offer`: what is held for it until it is answered. `waitlist`: its number in line, null where it does not wait.
    """

    uid: str
    room: str
    starts_at: datetime
    ends_at: datetime
    units: int
    people: int
    state: Literal[
        "requested", "returned", "skipped", "approved", "declined", "cancelled", "expired", "completed", "missed"
    ]
    label: str | None
    reason: str | None
    date: Day | None
    items: list[ItemTaken]
    change: ChangeOut | None
    overridden: list[str]
    skipped_because: list[str]
    offer: OfferOut | None
    waitlist: int | None


class BookingOut(Struct):
    """`channel`: how the person reached the office, which asked for them; null: asked by themselves."""

    code: str
    title: str
    state: str
    version: int
    people: int
    community: str | None
    channel: str | None
    created_at: datetime
    repeat: dict[str, Any] | None
    needs: list[NeedOut]
    occurrences: list[OccurrenceOut]


class BookingsOut(Struct):
    bookings: list[BookingOut]


class DecisionIn(Struct, forbid_unknown_fields=True):
    """`occurrences`: uids; left out: all that are undecided. `version`: refused as stale when it is an older one.

    `override`: approve in spite of house rules that stand in the way now; needs a reason. `canned`: a ready-made one.
    """

    verdict: Literal["approve", "decline", "return"]
    reason: str | None = None
    canned: int | None = None
    version: int | None = None
    occurrences: list[str] | None = None
    needs: list[NeedAnswerIn] = []
    override: bool = False


class NeedAnswerIn(Struct, forbid_unknown_fields=True):
    need: int
    answer: Literal["available", "limited", "not_available", "bring_your_own"]
    note: str | None = None


class ChangeDecisionIn(Struct, forbid_unknown_fields=True):
    verdict: Literal["approve", "decline"]
    reason: str | None = None
    version: int | None = None
    occurrences: list[str] | None = None


class ResumeIn(Struct, forbid_unknown_fields=True):
    """Skipped occurrences (uids) that shall be asked for after all."""

    occurrences: list[str]


class ChangeIn(Struct, forbid_unknown_fields=True):
    """What shall be different; the times are those of `occurrence` (a uid), the others follow it in wall time.

    `preview`: only say what would come of it. `skip`: dates that stay as they are. `repeat`: another pattern.
    """

    scope: Literal["one", "following", "all"] = "one"
    occurrence: str | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    room: str | None = None
    units: int | None = None
    people: int | None = None
    label: str | None = None
    title: str | None = None
    purpose: str | None = None
    repeat: RepeatIn | None = None
    skip: list[Day] = []
    reason: str | None = None
    version: int | None = None
    override: bool = False
    preview: bool = False


class SpotOut(Struct):
    room: str
    starts_at: datetime
    ends_at: datetime
    units: int
    people: int | None
    label: str | None


class ChangedDate(Struct):
    """`asked`: the change waits for approval. `kept`: it keeps what a hand changed. `occurrence` null: a new date."""

    date: Day | None
    occurrence: str | None
    outcome: Literal["changed", "asked", "kept", "same", "added", "cancelled"]
    before: SpotOut | None
    after: SpotOut | None


class ChangedOut(Struct):
    """`violations`: what stands in the way; only in a preview, otherwise it is refused."""

    code: str
    state: str
    version: int
    dates: list[ChangedDate]
    violations: list[ViolationOut]


class CancellationIn(Struct, forbid_unknown_fields=True):
    reason: str | None = None
    occurrences: list[str] | None = None


class PreviewDate(Struct):
    """`verdict`: the first of closed, hours, refused, clash; else free. All violations stand beside it."""

    date: Day
    room: str
    starts_at: datetime
    ends_at: datetime
    skipped: bool
    verdict: Finding
    violations: list[ViolationOut]
    alternatives: list[AlternativeOut]


class PreviewOut(Struct):
    """`violations`: of the request as a whole."""

    dates: list[PreviewDate]
    violations: list[ViolationOut]
