"""Photos of rooms: add, describe, put into order, remove."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.domain.errors import refuse
from booking.domain.permissions import Action
from booking.domain.text import clean_line
from booking.storage import feeds, pictures
from booking.storage.photos import Photo, photo_of, photos_of
from booking.storage.pictures import Picture
from booking.storage.places import Room, room_by_slug
from booking.storage.transaction import writes
from booking.usecases.act import Act
from booking.usecases.furnishing import allowed

MOST_PHOTOS = 8
LONGEST_ALT = 200


@writes
def add_photo(
    session: Session, *, act: Act, slug: str, picture: Picture, folder: Path, alt_id: str, alt_en: str
) -> int:
    """Keep a prepared picture of a room, as its last; returns its id. Raises Refused, Forbidden, NotFound."""
    room = _room(session, act, slug)
    words = _words(alt_id, alt_en)
    there = photos_of(session, room.id)
    if len(there) >= MOST_PHOTOS:
        raise refuse("too_many_photos", field="file", most=MOST_PHOTOS)
    if any(one.digest == picture.digest for one in there):
        raise refuse("photo_known", field="file")
    # the files first: a row never names what is not there
    pictures.keep(folder, picture)
    last = session.scalar(select(func.max(Photo.position)).where(Photo.room_id == room.id)) or 0
    size = {"width": picture.width, "height": picture.height}
    row = Photo(room_id=room.id, digest=picture.digest, **size, **words, position=last + 1)
    session.add(row)
    _shown_anew(session, act, room)
    return row.id


@writes
def describe_photo(
    session: Session, *, act: Act, slug: str, photo_id: int, alt_id: str, alt_en: str, earlier: bool = False
) -> None:
    """Say anew what a photo shows; `earlier`: and let it change places with the one before it."""
    room = _room(session, act, slug)
    photo = photo_of(session, room.id, photo_id)
    for name, value in _words(alt_id, alt_en).items():
        setattr(photo, name, value)
    if earlier:
        order = [one.id for one in photos_of(session, room.id)]
        at = order.index(photo.id)
        order[max(at - 1, 0)], order[at] = order[at], order[max(at - 1, 0)]
        for one in photos_of(session, room.id):
            one.position = order.index(one.id)
    _shown_anew(session, act, room)


def remove_photo(*, act: Act, slug: str, photo_id: int, folder: Path) -> None:
    """Take a photo away, and its files once nothing names them any more. Raises Forbidden, NotFound."""
    pictures.discard(folder, _forget(act=act, slug=slug, photo_id=photo_id))


@writes
def _forget(session: Session, *, act: Act, slug: str, photo_id: int) -> str:
    room = _room(session, act, slug)
    photo = photo_of(session, room.id, photo_id)
    session.delete(photo)
    _shown_anew(session, act, room)
    return photo.digest


def _room(session: Session, act: Act, slug: str) -> Room:
    room = room_by_slug(session, slug)
    allowed(session, act, Action.FURNISH, room.site_id, room.id)
    return room


def _words(alt_id: str, alt_en: str) -> dict[str, str]:
    said = {"alt_id": alt_id, "alt_en": alt_en}
    return {name: clean_line(value, field=name, longest=LONGEST_ALT) for name, value in said.items()}


def _shown_anew(session: Session, act: Act, room: Room) -> None:
    """Pages that were kept show the room as it was."""
    session.flush()
    feeds.bump(session, feeds.room_scopes(session, [room.id]), act.now)
