"""Clear many requests at once: each is judged by itself, in a transaction of its own, and answered for honestly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from booking.domain.errors import Busy, Forbidden, NotFound, Refused, Violation, refuse
from booking.domain.text import clean_text
from booking.storage.bookings import Booking
from booking.storage.db import reading
from booking.storage.desk import queue
from booking.usecases.act import Act, viewer_of
from booking.usecases.deciding import Verdict, decide

MOST = 100


@dataclass(frozen=True)
class Cleared:
    """What became of one request: decided, or why not."""

    code: str
    violations: list[Violation]

    @property
    def is_done(self) -> bool:
        return not self.violations


def clear(
    *, act: Act, versions: Mapping[str, int | None], verdict: Verdict, reason: str = "", canned: int | None = None
) -> list[Cleared]:
    """Approve those that are still clean, or decline all with one reason. What fails leaves the others alone.

    `versions`: code -> the version that was looked at, or None. Raises Refused(reason_required, too_many).
    """
    reason = clean_text(reason, field="reason")
    if verdict is not Verdict.APPROVE and not reason and canned is None:
        raise refuse("reason_required", field="reason")
    if len(versions) > MOST:
        raise refuse("too_many", count=len(versions), most=MOST)
    rivals = _rivals(act, versions) if verdict is Verdict.APPROVE else frozenset()
    said: dict[str, Any] = {"act": act, "verdict": verdict, "reason": reason, "canned": canned}
    return [
        Cleared(code, [Violation("rivals")] if code in rivals else _decided(code=code, version=version, **said))
        for code, version in versions.items()
    ]


def _decided(**said: Any) -> list[Violation]:
    """Why it could not be decided; nothing where it was."""
    try:
        decide(**said)
    except Refused as refused:
        return list(refused.violations)
    except (Forbidden, NotFound):
        return [Violation("not_yours")]
    except Busy:
        return [Violation("busy")]
    return []


def _rivals(act: Act, codes: Collection[str]) -> frozenset[str]:
    """Those of the codes that others compete with: they are looked at one by one."""
    session = reading()
    clashing = set(queue(session, viewer_of(session, act), act.now).clashing)
    asked = session.execute(select(Booking.id, Booking.code).where(Booking.code.in_(codes))).all()
    session.rollback()
    return frozenset(code for booking_id, code in asked if booking_id in clashing)
