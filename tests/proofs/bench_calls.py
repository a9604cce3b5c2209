"""What the bench calls on one filled database: pages as a browser asks for them, functions as a request calls them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from booking.domain.period import Period
from booking.domain.permissions import NOBODY
from booking.domain.rules.ask import Asker
from booking.domain.series import Every, Pattern
from booking.storage.availability import SEARCH, houses
from booking.storage.calendar import room_days
from booking.storage.db import db, reading
from booking.storage.places import room_by_slug
from booking.usecases.act import Act
from booking.usecases.cancelling import cancel
from booking.usecases.claiming import About
from booking.usecases.planning import Candidate
from booking.usecases.previewing import preview_request
from booking.usecases.proposing import alternatives, free_rooms
from booking.usecases.requesting import request_booking
from booking.usecases.wanted import PRIVATELY, Wanted, WantedOccurrence
from tests.proofs.generator import YEAR_ROOM, Made
from tests.support.world import ADDRESS, JAKARTA

COLD, WARM, UNCHANGED = "day page of all rooms, cold", "day page of all rooms, warm", "day page of all rooms, 304"
MONTH, FREE, NEXT = "month of one room", "free rooms for a capacity and a period", "next free slot of one room"
OTHER, PREVIEW = "alternatives to a taken time", "preview of 52 dates, a third of them free"
DISK, ONE, SERIES = "one row committed (the disk)", "one request", "series of 50"
READS = (COLD, WARM, UNCHANGED, MONTH, FREE, NEXT, OTHER, PREVIEW)
WRITES = (DISK, ONE, SERIES)

FULL_DAYS = range(11)
"""From today on: the days that are full in all rooms at every size."""
CHANGE_EVERYTHING = """UPDATE feed_state SET version = version + 1, changed = changed + 1
                       WHERE scope = 'all' OR scope LIKE 'site:%' OR scope LIKE 'room:%'"""

Timed = Callable[[], Any]
Prepare = Callable[[Session, int], Timed]
"""Gets a fresh session and the number of the call, gives what is to be timed."""
Once = Callable[[int], float]
"""Does it for the n-th time, and says how many milliseconds it took."""


def timed(call: Timed) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


class Browser:
    """Nobody in particular: werkzeug's client without cookies."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client(use_cookies=False)

    def get(self, path: str, tag: str | None = None, *, status: int = 200) -> str | None:
        """Reads the whole answer; returns its tag."""
        answer = self.client.get(path, headers={"If-None-Match": tag} if tag else None)
        answer.get_data()
        answer.close()
        if answer.status_code != status:
            raise AssertionError(f"{path}: {answer.status}")
        return answer.headers.get("ETag")


@dataclass(frozen=True)
class Desk:
    """One filled database, and short ways to say who wants what there."""

    made: Made

    @property
    def now(self) -> datetime:
        return self.made.now

    @property
    def today(self) -> date:
        return self.now.astimezone(JAKARTA).date()

    def day(self, ahead: int) -> date:
        return self.today + timedelta(days=ahead)

    def period(self, ahead: int, starts: str, minutes: int) -> Period:
        starts_at = datetime.fromisoformat(f"{self.day(ahead)}T{starts}").replace(tzinfo=JAKARTA)
        starts_at = starts_at.astimezone(self.now.tzinfo)
        return Period(starts_at, starts_at + timedelta(minutes=minutes))

    def act(self, person_id: int) -> Act:
        return Act(person_id, self.now, self.today, ADDRESS)

    def person(self, number: int) -> int:
        return self.made.persons[number % len(self.made.persons)]

    def wanted(self, room: str, period: Period, **more: Any) -> Wanted:
        occurrence = WantedOccurrence(room, period.starts_at, period.ends_at)
        return Wanted("Latihan", 2, [occurrence], community=PRIVATELY, **more)

    def series(self, ahead: int, starts: str, minutes: int, count: int) -> Wanted:
        return self.wanted(YEAR_ROOM, self.period(ahead, starts, minutes), repeat=Pattern(Every.WEEK, count=count))


@dataclass(frozen=True)
class Calls(Desk):
    """Everything that is timed call by call."""

    app: Flask

    def reads(self) -> dict[str, Once]:
        functions = {MONTH: self.month, FREE: self.free, NEXT: self.next, OTHER: self.other, PREVIEW: self.preview}
        return self.pages() | {what: self.in_session(prepare) for what, prepare in functions.items()}

    def writes(self) -> dict[str, Once]:
        return {DISK: self.in_session(self.disk), ONE: self.in_session(self.one), SERIES: self.fifty()}

    def in_session(self, prepare: Prepare) -> Once:
        """In an app context with a session of its own, as in a request."""

        def once(number: int) -> float:
            with self.app.app_context():
                spent = timed(prepare(reading(), number))
                db.session.remove()
            return spent

        return once

    # Reads

    def pages(self) -> dict[str, Once]:
        """Cold: another day each time, and all has changed since. 304 only where the page has a tag."""
        browser, same = Browser(self.app), f"/schedule?date={self.day(1)}"

        def cold(number: int) -> float:
            self.change_everything()
            day = self.day(FULL_DAYS[number % len(FULL_DAYS)])
            return timed(lambda: browser.get(f"/schedule?date={day}"))

        def unchanged(_number: int) -> float:
            tag = browser.get(same)
            return timed(lambda: browser.get(same, tag, status=304))

        found = {COLD: cold, WARM: lambda _number: timed(lambda: browser.get(same))}
        return found | ({UNCHANGED: unchanged} if browser.get(same) else {})

    def change_everything(self) -> None:
        """Whatever rests on a version is old now, as after a booking in every room."""
        with self.app.app_context():
            with db.engine.begin() as connection:
                connection.execute(text(CHANGE_EVERYTHING))
            db.session.remove()

    def month(self, session: Session, _number: int) -> Timed:
        room, days = room_by_slug(session, YEAR_ROOM), [self.day(ahead) for ahead in range(30)]
        return lambda: room_days(session, [room], days, NOBODY, self.now)

    def free(self, session: Session, number: int) -> Timed:
        period = self.period(1 + number % 4, ("10:00", "12:00", "15:00", "17:00")[number % 4], 60)
        return lambda: free_rooms(session, 10, period, self.now)

    def next(self, session: Session, number: int) -> Timed:
        """For two hours from ten o'clock on, in a week ahead of which everything is read."""
        room, period = room_by_slug(session, YEAR_ROOM), self.period(1 + number % 5, "10:00", 120)

        def run() -> Period | None:
            span = Period(period.starts_at, period.ends_at + SEARCH)
            house = houses(session, [room], span, self.now)[room.id]
            return house.next_free(house.ask(period, 1, 2, self.now))

        return run

    def other(self, session: Session, number: int) -> Timed:
        """From half past ten to half past eleven the room is taken every day."""
        room, period = room_by_slug(session, YEAR_ROOM), self.period(1 + number % 5, "10:30", 60)
        candidate, about = Candidate(0, room, period, 1, 2), About(Asker(self.person(number)))
        return lambda: alternatives(session, candidate, self.now, about, {})

    def preview(self, session: Session, number: int) -> Timed:
        """Staff asks: a series of a year is longer than anybody else may ask for."""
        wanted = self.series(1 + number % 5, "12:00", 60, 52)
        act = self.act(self.made.people["dadang"])
        return lambda: preview_request(session, act=act, wanted=wanted)

    # Writes

    def disk(self, _session: Session, _number: int) -> Timed:
        """What no write can do without."""

        def run() -> None:
            with db.engine.connect() as connection:
                connection.execute(text("UPDATE feed_state SET version = version + 1 WHERE scope = 'all'"))

        return run

    def one(self, _session: Session, number: int) -> Timed:
        """Half an hour that is free, day after day."""
        wanted = self.wanted(YEAR_ROOM, self.period(1 + number, "20:00", 30))
        return lambda: request_booking(act=self.act(self.person(number)), wanted=wanted)

    def fifty(self) -> Once:
        """Half an hour that is free on each of 50 weeks; called off after each call, so it stays free."""
        act, codes = self.act(self.made.people["dadang"]), []

        def prepare(_session: Session, number: int) -> Timed:
            wanted = self.series(1 + number % 7, "20:30", 30, 50)
            return lambda: codes.append(request_booking(act=act, wanted=wanted).code)

        def once(number: int) -> float:
            spent = self.in_session(prepare)(number)
            with self.app.app_context():
                cancel(act=act, code=codes[-1])
                db.session.remove()
            return spent

        return once

    def close(self) -> None:
        dispose(self.app)


def dispose(app: Flask) -> None:
    """Leave no connection open."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
