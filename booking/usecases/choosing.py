"""What a person wants to be told of, in which language, and whether with invitations."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from booking.domain.errors import Forbidden
from booking.domain.messages import KINDS
from booking.ical.words import LANGUAGES
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of


@writes
def choose_messages(
    session: Session, *, act: Act, language: str, invitations: bool | None, muted: Collection[str]
) -> None:
    """`invitations` None leaves it to the program; of `muted` only what one may do without is kept.

    Raises Forbidden.
    """
    viewer = viewer_of(session, act)
    person = session.get(Person, viewer.person_id, with_for_update=True)
    if person is None:
        raise Forbidden
    if language in LANGUAGES:
        person.language = language
    person.invitations = invitations
    person.muted = sorted(kind for kind in set(muted) if kind in KINDS and KINDS[kind].mutable)
