"""Photos of rooms: which there are, in which order, and what they show. Their files: see `pictures`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.domain.errors import NotFound
from booking.storage.db import Base
from booking.storage.pictures import name_of, widths_up_to


class Photo(Base):
    """`width` and `height` are those of its largest file, in pixels; `digest` names all of its files."""

    __tablename__ = "photo"
    __table_args__: tuple[object, ...] = (
        UniqueConstraint("room_id", "digest"),
        CheckConstraint("width > 0 AND height > 0", name="size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    digest: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]
    height: Mapped[int]
    alt_id: Mapped[str] = mapped_column(String(200))
    alt_en: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)

    def alt(self, language: str) -> str:
        return self.alt_en if language == "en" else self.alt_id

    def files(self, kind: str) -> list[tuple[str, int]]:
        """The names of its files of one kind (avif, webp, jpg) with their widths, the smallest first."""
        return [(name_of(self.digest, width, kind), width) for width in widths_up_to(self.width)]


def photos_of(session: Session, room_id: int) -> Sequence[Photo]:
    """Those of a room, in their order."""
    return session.scalars(select(Photo).where(Photo.room_id == room_id).order_by(Photo.position, Photo.id)).all()


def photo_of(session: Session, room_id: int, photo_id: int) -> Photo:
    """Raises NotFound."""
    found = session.get(Photo, photo_id)
    if found is None or found.room_id != room_id:
        raise NotFound("photo")
    return found
