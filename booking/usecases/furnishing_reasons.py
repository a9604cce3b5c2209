"""Ready-made reasons that officers choose from."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden, NotFound, refuse
from booking.domain.permissions import Action
from booking.domain.text import clean_line
from booking.storage.reasons import VERDICTS, CannedReason, canned_reason
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of

MOST_POSITION = 1000


@writes
def save_reason(
    session: Session,
    *,
    act: Act,
    reason_id: int | None,
    verdict: str,
    text_id: str,
    text_en: str = "",
    position: int = 0,
) -> int:
    """Add or change one; at least one language. Raises Refused(required, range), NotFound, Forbidden."""
    if act.actor is not None:
        _require(session, act)
    if not 0 <= position <= MOST_POSITION:
        raise refuse("range", field="position", least=0, most=MOST_POSITION)
    if verdict not in VERDICTS:
        raise refuse("required", field="verdict")
    said = {"text_id": text_id, "text_en": text_en}
    texts = [clean_line(text, field=name, longest=500, required=False) for name, text in said.items()]
    if not any(texts):
        raise refuse("required", field="text_id")
    found = CannedReason() if reason_id is None else canned_reason(session, reason_id)
    if found is None:
        raise NotFound("reason")
    found.verdict, found.position = verdict, position
    found.text_id, found.text_en = texts
    session.add(found)
    session.flush()
    return found.id


@writes
def remove_reason(session: Session, *, act: Act, reason_id: int) -> None:
    """What was said with it stays said. Raises Forbidden."""
    _require(session, act)
    found = canned_reason(session, reason_id)
    if found is not None:
        session.delete(found)


def _require(session: Session, act: Act) -> None:
    """Those who decide, and those who furnish the centre. Raises Forbidden."""
    viewer = viewer_of(session, act)
    if not (viewer.may(Action.OVERRIDE) or viewer.may(Action.FURNISH)):
        raise Forbidden
