"""What the centre says of itself and what must be the same in every process: one row a key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ScalarSelect, String, exists, null, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from booking.storage.db import Base, rows
from booking.storage.types import Json


class Setting(Base):
    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(Json, nullable=True)


@dataclass(frozen=True)
class Centre:
    """The centre's own words. `notice_*` stands on every confirmation ("Gratis - tidak dipungut biaya")."""

    name: str = ""
    welcome: str = ""
    notice_id: str = ""
    notice_en: str = ""
    complaint_url: str = ""
    country_code: str = "62"
    timezone: str = "UTC"
    # what people look for a room for: [{"code": "studio", "id": "Studio", "en": "Studio", "icon": "mic"}]
    purposes: list[dict[str, str]] = field(default_factory=list)


CLOCK_OFFSET = "clock_offset_seconds"
DEMO = "demo"
SETUP_CODE = "setup_code"
WORKER_SEEN = "worker_seen_at"
DIGEST_ON = "digest_on"
CENTRE = "centre"
RETENTION = "retention"
PREMISES = "premises"
"""The token under which processes keep the rooms; see `storage.premises`."""


def setting(session: Session, key: str) -> Any:
    return session.scalar(select(Setting.value).where(Setting.key == key))


def put(session: Session, key: str, value: Any) -> None:
    session.merge(Setting(key=key, value=value))


def centre(session: Session) -> Centre:
    return Centre(**(setting(session, CENTRE) or {}))


def _value(key: str) -> ScalarSelect[Any]:
    return select(Setting.value).where(Setting.key == key).scalar_subquery()


# whether there is a demo, not what it says: that is some kilobytes
_CENTRE_AND_DEMO = select(_value(CENTRE), exists().where(Setting.key == DEMO, Setting.value.is_not(null())))


def centre_and_demo(session: Session) -> tuple[Centre, bool]:
    """What the centre says of itself, and whether it is the demo; one statement."""
    said, is_demo = rows(session, _CENTRE_AND_DEMO)[0]
    return Centre(**(said or {})), is_demo


def put_centre(session: Session, said: Centre) -> None:
    put(session, CENTRE, asdict(said))
