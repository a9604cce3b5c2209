"""The centre's text about privacy, and who has accepted which version of it. Nobody is kept from anything for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.errors import refuse
from booking.domain.events import PrivacyEvent
from booking.domain.permissions import Action
from booking.domain.text import clean_text
from booking.storage import settings
from booking.storage.history import History
from booking.storage.people import Person, person_by_id
from booking.storage.privacy_texts import PrivacyText, newest
from booking.storage.transaction import writes
from booking.usecases.act import Act, require_everywhere, viewer_of

LONGEST = 20_000
"""Characters of the text in one language."""


@writes
def publish_text(session: Session, *, act: Act, text_id: str, text_en: str) -> int:
    """The text in both languages, one of which may be empty; returns its version, a new one if anything has changed.

    Raises Forbidden, Refused(required, text, too_long).
    """
    if act.actor is not None:
        require_everywhere(session, act, Action.FURNISH)
    said = {
        "text_id": clean_text(text_id, field="text_id", longest=LONGEST),
        "text_en": clean_text(text_en, field="text_en", longest=LONGEST),
    }
    if not any(said.values()):
        raise refuse("required", field="text_id")
    last = newest(session)
    if last is not None and said == {"text_id": last.text_id, "text_en": last.text_en}:
        return last.version
    version = last.version + 1 if last else 1
    session.add(PrivacyText(version=version, at=act.now, actor_id=act.actor, **said))
    settings.put(session, settings.PRIVACY_VERSION, version)
    session.add(History(at=act.now, actor_id=act.actor, event=PrivacyEvent.TEXT, facts={"version": version}))
    return version


@writes
def accept(session: Session, *, act: Act, version: int) -> None:
    """The actor has read a version. One that is not there, or older than what they accepted, changes nothing."""
    person = person_by_id(session, viewer_of(session, act).person_id or 0)
    note_accepted(session, person, version, act.now)


def note_accepted(session: Session, person: Person, version: int, now: datetime) -> None:
    """Within the transaction of whoever stores the person; the history keeps each acceptance."""
    if not (person.accepted_version or 0) < version <= (settings.setting(session, settings.PRIVACY_VERSION) or 0):
        return
    person.accepted_version, person.accepted_at = version, now
    session.add(History(at=now, actor_id=person.id, event=PrivacyEvent.ACCEPTED, facts={"version": version}))
