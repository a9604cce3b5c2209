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


CHANNELS = (
    ("walk-in", "Datang langsung", "Came in person"),
    ("whatsapp", "WhatsApp", "WhatsApp"),
    ("phone", "Telepon", "Phone"),
    ("letter", "Surat", "Letter"),
    ("email", "E-mail", "E-mail"),
)
"""How people reach an office that has said nothing else: code, Indonesian, English."""


def _channels() -> list[dict[str, str]]:
    return [{"code": code, "id": name_id, "en": name_en} for code, name_id, name_en in CHANNELS]


@dataclass(frozen=True)
class Centre:
    """The centre's own words. `notice_*` stands on every confirmation ("Gratis - tidak dipungut biaya")."""

    name: str = ""
    welcome: str = ""
    notice_id: str = ""
    notice_en: str = ""
    complaint_url: str = ""
    # how the house is reached: a phone number, a desk, an e-mail
    contact: str = ""
    country_code: str = "62"
    timezone: str = "UTC"
    # who may make an account: "open", "confirmed" (staff look at it before it may ask for a room), "closed"
    registration: str = "open"
    # whether whoever has a role must log in with a second factor
    staff_second_factor: bool = False
    # what people look for a room for: [{"code": "studio", "id": "Studio", "en": "Studio", "icon": "mic"}]
    purposes: list[dict[str, str]] = field(default_factory=list)
    # how people reach the office that then asks for them: [{"code": "phone", "id": "Telepon", "en": "Phone"}]
    channels: list[dict[str, str]] = field(default_factory=_channels)
    # how long the files of letters are kept; their numbers and dates stay
    letter_months: int = 24


CLOCK_OFFSET = "clock_offset_seconds"
DEMO = "demo"
SETUP_CODE = "setup_code"
WORKER_SEEN = "worker_seen_at"
DIGEST_ON = "digest_on"
CENTRE = "centre"
RETENTION = "retention"
PRIVACY_VERSION = "privacy_version"
"""Of the centre's text about privacy, the newest; None while there is no text."""
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
_ASKED_EACH_TIME = select(
    _value(CENTRE),
    exists().where(Setting.key == DEMO, Setting.value.is_not(null())),
    _value(PRIVACY_VERSION),
)


def asked_each_time(session: Session) -> tuple[Centre, bool, int]:
    """What the centre says of itself, whether it is the demo, and the version of its text about privacy (0: none)."""
    said, is_demo, version = rows(session, _ASKED_EACH_TIME)[0]
    return Centre(**(said or {})), is_demo, version or 0


def put_centre(session: Session, said: Centre) -> None:
    put(session, CENTRE, asdict(said))
