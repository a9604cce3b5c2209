"""Who asks, when, and where links lead: the only place where the program reads the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g

from booking.domain.permissions import Viewer
from booking.ical.vevent import Address
from booking.storage import people, settings
from booking.storage.db import reading
from booking.storage.folders import LETTERS
from booking.storage.settings import Centre
from booking.usecases.act import Act


def real_now() -> datetime:
    """The time on the wall: for log-in sessions, tokens and throttles."""
    return cast("Callable[[], datetime]", current_app.config["REAL_CLOCK"])()


def now() -> datetime:
    """The time that bookings live by: real time, moved by the demo's offset."""
    return cast("Callable[[], datetime]", current_app.config["CLOCK"])()


def set_clock(app: Flask) -> None:
    """CLOCK is real time plus the offset kept in the database, which never changes once it is there."""
    app.config.setdefault("REAL_CLOCK", lambda: datetime.now(UTC))

    def clock() -> datetime:
        known = app.extensions.get("clock_offset")
        if known is None:
            known = timedelta(seconds=settings.setting(reading(), settings.CLOCK_OFFSET) or 0)
            app.extensions["clock_offset"] = known
        return real_now() + known

    app.config.setdefault("CLOCK", clock)


def forget_clock() -> None:
    """The demo has just set the offset: read it again."""
    current_app.extensions.pop("clock_offset", None)


def address() -> Address:
    return Address(current_app.config["BASE_URL"], current_app.config["UID_HOST"])


def link(path: str) -> str:
    """A path of this house ("/rooms/x") as the address that mails, codes and files show."""
    return f"{address().base_url}{path}"


def letters() -> Path:
    """The folder of the files that came as letters."""
    return Path(current_app.config["DATA"]) / LETTERS


def centre() -> Centre:
    """What the centre says of itself; read once a request."""
    return _said()[0]


def is_demo() -> bool:
    """Whether everything here is invented; read once a request, with the centre."""
    return _said()[1]


def demo_guide() -> dict[str, str] | None:
    """Who asks and who decides where the demo shows the main job; None in a real centre."""
    said = settings.setting(reading(), settings.DEMO) if is_demo() else None
    return said.get("guide") if said else None


def privacy_version() -> int:
    """Of the centre's text about privacy, 0 where there is none; read once a request, with the centre."""
    return _said()[2]


def _said() -> tuple[Centre, bool, int]:
    if "centre" not in g:
        g.centre = settings.asked_each_time(reading())
    return cast("tuple[Centre, bool, int]", g.centre)


def zone() -> ZoneInfo:
    return ZoneInfo(centre().timezone)


def today() -> date:
    """The day of the centre."""
    return now().astimezone(zone()).date()


def person_id() -> int | None:
    """Who is logged in, or whose API key it is; set by the wing."""
    return cast("int | None", g.get("person_id"))


def viewer() -> Viewer:
    """Who asks, with roles and communities; read once a request."""
    if "viewer" not in g:
        g.viewer = people.viewer(reading(), person_id(), today())
    return cast("Viewer", g.viewer)


def act() -> Act:
    """What use cases need to know."""
    return Act(person_id(), now(), today(), address())
