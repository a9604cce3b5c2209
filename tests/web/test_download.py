"""A booking as a file: who may have it, what the answer says of itself, what is in it."""

from __future__ import annotations

from datetime import UTC, date

from icalendar import Calendar
from sqlalchemy import select

from booking.domain.series import Every, Pattern
from booking.storage.bookings import Booking
from booking.storage.db import reading
from booking.usecases.cancelling import cancel
from tests.support.clients import WebClient
from tests.support.world import World

TUESDAYS = Pattern(Every.WEEK, on=(1,), count=5)


def series(world: World, **more) -> str:
    return world.ask("cecep", world.time("rapat", 1, "09:00", "12:00"), repeat=TUESDAYS, **more)


def test_the_file_is_what_is_stored(web: WebClient, world: World) -> None:
    code = series(world, skip=[date(2026, 12, 8)])
    web.log_in("cecep")
    answer = web.get(f"/bookings/{code}.ics?lang=en")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{code}.ics"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    (event,) = Calendar.from_ical(answer.data).events
    assert event["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=5;BYDAY=TU;WKST=MO"
    assert event["EXDATE"].dts[0].dt.astimezone(UTC) == world.at(15, "09:00")
    assert str(event["SUMMARY"]) == "Latihan · Ruang Rapat"
    head = web.client.head(f"/bookings/{code}.ics")
    assert (head.status_code, head.data) == (200, b"")


def test_a_change_raises_sequence_and_takes_the_date_out(web: WebClient, world: World) -> None:
    code = series(world)
    web.log_in("cecep")
    (before,) = Calendar.from_ical(web.get(f"/bookings/{code}.ics").data).events
    booking = reading().scalar(select(Booking))
    gone = booking.occurrences[2]
    reading().rollback()
    cancel(act=world.act("cecep"), code=code, reason="", uids=[gone.uid])
    (after,) = Calendar.from_ical(web.get(f"/bookings/{code}.ics").data).events
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt
    assert after["EXDATE"].dts[0].dt == gone.starts_at


def test_only_who_may_see_the_booking_gets_it(web: WebClient, world: World) -> None:
    code = series(world)
    nobody = web.get(f"/bookings/{code}.ics")
    assert (nobody.status_code, nobody.headers["Location"]) == (302, f"/login?next=/bookings/{code}.ics")
    web.log_in("euis")
    assert web.get(f"/bookings/{code}.ics").status_code == 404
    assert web.get("/bookings/NOPE2345.ics").status_code == 404
    web.post("/logout")
    web.log_in("dadang")
    assert web.get(f"/bookings/{code}.ics").status_code == 200


def test_the_page_offers_it_while_something_stands(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 1, "09:00", "12:00"))
    web.log_in("cecep")
    link = f'href="/bookings/{code}.ics"'
    assert link in web.get(f"/bookings/{code}").text
    (event,) = Calendar.from_ical(web.get(f"/bookings/{code}.ics").data).events
    assert str(event["STATUS"]) == "TENTATIVE"
    assert str(event["SUMMARY"]).startswith("Menunggu: ")
    cancel(act=world.act("cecep"), code=code, reason="")
    assert link not in web.get(f"/bookings/{code}").text
    (event,) = Calendar.from_ical(web.get(f"/bookings/{code}.ics").data).events
    assert str(event["STATUS"]) == "CANCELLED"
