"""Private calendar addresses and API keys: made once, shown once, revoked one by one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from booking.domain.errors import NotFound
from booking.domain.feed_names import MINE as MINE
from booking.domain.text import clean_line
from booking.storage import access
from booking.storage.access import Token
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases.act import Act, viewer_of


def wants_invitations(session: Session, person: Person) -> bool:
    """As the person said; else where no calendar app has an address of theirs: it would show each date twice."""
    if person.invitations is not None:
        return person.invitations
    return subscribed_since(session, person) is None


def subscribed_since(session: Session, person: Person) -> datetime | None:
    """Since when a calendar app has an address of their bookings; None where none has."""
    made = [token.created_at for token in access.tokens_of(session, person.id, "feed") if token.feed == MINE]
    return min(made, default=None)


@writes
def new_feed_token(session: Session, *, act: Act, feed: str, label: str, real_now: datetime) -> str:
    """A new address for one feed on one device; returns the secret, which is not kept."""
    viewer = viewer_of(session, act)
    secret = access.new_secret()
    label = clean_line(label, field="label", longest=60, required=False)
    session.add(
        Token(
            person_id=viewer.person_id,
            kind="feed",
            feed=feed,
            hash=access.digest(secret),
            label=label,
            created_at=real_now,
        )
    )
    return secret


@writes
def new_api_token(session: Session, *, person_id: int, label: str, real_now: datetime) -> str:
    """A key to the API with everything this person may do; returns the secret, which is not kept."""
    secret = access.new_secret()
    session.add(
        Token(person_id=person_id, kind="api", hash=access.digest(secret), label=label[:60], created_at=real_now)
    )
    return secret


@writes
def revoke_token(session: Session, *, act: Act, token_id: int, real_now: datetime) -> None:
    """End one of the actor's own tokens. Raises NotFound."""
    viewer = viewer_of(session, act)
    token = session.get(Token, token_id)
    if token is None or token.person_id != viewer.person_id:
        raise NotFound("token")
    token.revoked_at = token.revoked_at or real_now
