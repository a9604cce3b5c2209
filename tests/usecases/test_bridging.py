"""Changes at short notice: told to those whose calendar app has not asked since, once, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking import mail
from booking.cli.worker import work_once
from booking.domain.events import Notice
from booking.domain.feed_names import MINE
from booking.storage.bookings import Booking
from booking.storage.communities import Community
from booking.storage.db import reading
from booking.storage.feeds import community_scope, room_scope
from booking.storage.outbox import Outbox
from booking.storage.places import room_by_slug
from booking.storage.subscribers import LateChange
from booking.usecases.cancelling import cancel
from booking.usecases.changing import change_booking
from booking.usecases.intents import Edit
from booking.usecases.memberships import add_member, remove_member
from booking.usecases.sending import Moot, as_due
from booking.usecases.subscribing import Fetch, new_feed_token, note_fetches
from booking.usecases.undoing import undo
from tests.mail.cases import booking
from tests.support.world import World

GOOGLE = "Google-Calendar-Importer"
MAC = "macOS/15.1 (24B83) dataaccessd/1.0"


def community() -> str:
    return community_scope(reading().scalar(select(Community.id).where(Community.slug == "gerimis-sore")))


def subscribe(world: World, who: str, feed: str = MINE) -> int:
    """The id of a new address that an app has fetched a minute ago."""
    from booking.storage.access import token

    secret = new_feed_token(act=world.act(who), feed=feed, label="", real_now=world.now)
    reading().rollback()
    found = token(reading(), "feed", secret).id
    fetch(world, found, ago=timedelta(minutes=1))
    return found


def fetch(world: World, token_id: int, agent: str = GOOGLE, ago: timedelta = timedelta(0)) -> None:
    note_fetches(fetches=[Fetch(token_id, "", agent, world.now - ago)])


def told() -> list[str]:
    reading().rollback()
    rows = reading().scalars(select(Outbox).where(Outbox.kind == Notice.LATE_CHANGE).order_by(Outbox.id))
    return [row.person.name for row in rows]


def last() -> Outbox:
    reading().rollback()
    query = select(Outbox).where(Outbox.kind == Notice.LATE_CHANGE).order_by(Outbox.id.desc()).limit(1)
    return reading().scalars(query).one()


def noted() -> int:
    reading().rollback()
    return reading().scalar(select(func.count(LateChange.id)))


def later(world: World, hours: float = 3) -> list[str]:
    world.now += timedelta(hours=hours)
    work_once()
    return told()


@pytest.fixture
def group(world: World) -> World:
    """Dewi is a member of Cecep's community; its booking is tomorrow afternoon, approved long ago."""
    add_member(act=world.act(), slug="gerimis-sore", login="dewi@example.com", relation="member")
    return world


def approved(world: World, day: int = 1, title: str = "Latihan") -> str:
    world.now = world.at(0, "08:30") - timedelta(days=3)
    code = world.ask("cecep", world.time("musik", day, "15:00", "17:00"), title=title)
    world.approve("dadang", code)
    world.now = world.at(0, "16:00")
    work_once()
    return code


def call_off(world: World, code: str) -> None:
    cancel(act=world.act("dadang"), code=code, reason="Atap bocor.")


def move(world: World, who: str, code: str, day: int, starts: str, ends: str) -> None:
    (one,) = booking(code).occurrences
    edit = Edit(starts_at=world.at(day, starts), ends_at=world.at(day, ends))
    change_booking(act=world.act(who), code=code, uid=one.uid, edit=edit, reason="Atap bocor.")


def test_who_subscribes_is_told_of_what_was_called_off(group: World) -> None:
    code = approved(group)
    subscribe(group, "dewi")
    subscribe(group, "cecep")
    call_off(group, code)
    assert later(group, 2.9) == [], "the app may ask yet"
    assert later(group, 0.2) == ["Dewi"], "Cecep has the ordinary message"
    assert later(group) == ["Dewi"], "once"
    assert noted() == 0
    text = mail.write(as_due(last())).get_body(("plain",)).get_content()
    assert "Google Calendar" in text


def test_whose_app_has_asked_since_is_not(group: World) -> None:
    code = approved(group)
    token_id = subscribe(group, "dewi")
    call_off(group, code)
    group.now += timedelta(minutes=10)
    fetch(group, token_id)
    assert later(group) == []
    assert noted() == 0


def test_who_asked_while_it_was_being_written_may_have_missed_it(group: World) -> None:
    code = approved(group)
    token_id = subscribe(group, "dewi")
    call_off(group, code)
    fetch(group, token_id)
    assert later(group) == ["Dewi"]


@pytest.mark.parametrize(("agent", "expected"), [(GOOGLE, []), (MAC, ["Dewi"])])
def test_how_near_depends_on_the_app(group: World, agent: str, expected: list[str]) -> None:
    code = approved(group, day=2)  # 47 hours ahead
    fetch(group, subscribe(group, "dewi"), agent)
    group.now += timedelta(minutes=5)
    call_off(group, code)
    assert later(group) == expected


def test_what_is_far_ahead_is_not_even_noted(group: World) -> None:
    code = approved(group, day=3)
    subscribe(group, "dewi")
    call_off(group, code)
    assert noted() == 0


def test_a_move_counts_from_the_sooner_of_both_and_back_is_nothing(group: World) -> None:
    code = approved(group)
    subscribe(group, "dewi")
    move(group, "dadang", code, 9, "15:00", "17:00")
    assert noted() == 1, "somebody would come tomorrow"
    move(group, "dadang", code, 8, "15:00", "17:00")
    assert later(group) == ["Dewi"], "two moves, one message"
    ((before, after),) = last().facts["changes"].values()
    assert before[1] == group.at(1, "15:00").isoformat(), "what the calendar shows"
    assert after[1] == group.at(8, "15:00").isoformat()
    code = approved(group, title="Lain")
    move(group, "dadang", code, 9, "09:00", "10:00")
    move(group, "dadang", code, 1, "15:00", "17:00")
    assert later(group) == ["Dewi"]


def test_new_words_can_wait(group: World) -> None:
    code = approved(group)
    subscribe(group, "dewi")
    change_booking(act=group.act("cecep"), code=code, edit=Edit(title="Latihan besar"))
    assert noted() == 0


def test_what_waited_and_is_approved_is_told_and_what_is_taken_back_is_not(group: World) -> None:
    group.room("studio", rules={})
    group.now = group.at(0, "16:00")
    subscribe(group, "dewi")
    code = group.ask("cecep", group.time("studio", 1, "15:00", "17:00"))
    assert noted() == 0, "a request is not certain"
    group.approve("dadang", code)
    group.now += timedelta(seconds=5)
    undo(act=group.act("dadang"), code=code)
    assert noted() == 0
    group.approve("dadang", code)
    assert later(group) == ["Dewi"]


def test_what_is_approved_at_once_concerns_the_rooms_staff_alone(group: World) -> None:
    room = room_scope(room_by_slug(reading(), "rapat").id)
    group.now = group.at(0, "16:00")
    subscribe(group, "dewi")
    subscribe(group, "ujang", room)
    group.ask("cecep", group.time("rapat", 1, "15:00", "17:00"))
    assert later(group) == ["Ujang"], "who opens the door"


def test_a_request_that_is_withdrawn_never_stood_in_the_rooms_calendar(group: World) -> None:
    group.room("studio", rules={})
    group.now = group.at(0, "16:00")
    subscribe(group, "ujang", room_scope(room_by_slug(reading(), "studio").id))
    subscribe(group, "dewi")
    code = group.ask("cecep", group.time("studio", 1, "15:00", "17:00"))
    cancel(act=group.act("cecep"), code=code)
    assert later(group) == ["Dewi"], "in the community's it stood as waiting"


def test_staff_who_do_not_serve_there_any_more_and_members_who_left(group: World) -> None:
    from booking.storage.people import grants
    from booking.usecases.joining import end_role

    room = room_scope(room_by_slug(reading(), "musik").id)
    subscribe(group, "ujang", room)
    subscribe(group, "dewi", community())
    code = approved(group)
    (guard,) = [one for one in grants(reading()) if one.role == "guard"]
    end_role(act=group.act(), grant_id=guard.id)
    remove_member(act=group.act("dadang"), slug="gerimis-sore", person_id=group.people["dewi"])
    call_off(group, code)
    assert noted() == 1
    assert later(group) == []


def test_who_did_it_knows(group: World) -> None:
    code = approved(group)
    subscribe(group, "dadang", room_scope(room_by_slug(reading(), "musik").id))
    subscribe(group, "dewi", community())
    call_off(group, code)
    assert later(group) == ["Dewi"]


def test_two_addresses_make_one_message(group: World) -> None:
    code = approved(group)
    subscribe(group, "dewi")
    subscribe(group, "dewi", community())
    call_off(group, code)
    assert later(group) == ["Dewi"]


def test_an_app_that_nobody_uses_any_more(group: World) -> None:
    code = approved(group)
    token_id = subscribe(group, "dewi")
    fetch(group, token_id, ago=timedelta(0))
    group.now += timedelta(days=20)
    group.now = group.now.replace(hour=9)
    code = group.ask("cecep", group.time("rapat", 21, "15:00", "17:00"))
    call_off(group, code)
    assert noted() == 1
    assert later(group) == []


def test_a_browser_that_looked_is_no_calendar(group: World) -> None:
    code = approved(group)
    from booking.storage.access import token

    secret = new_feed_token(act=group.act("dewi"), feed=MINE, label="", real_now=group.now)
    fetch(group, token(reading(), "feed", secret).id, "Mozilla/5.0 (X11) Firefox/132.0", timedelta(minutes=5))
    call_off(group, code)
    assert later(group) == []


def test_what_is_very_near_goes_out_soon(group: World) -> None:
    code = approved(group)
    subscribe(group, "dewi")
    group.now = group.at(1, "14:00")
    call_off(group, code)
    assert later(group, 0.2) == []
    assert later(group, 0.06) == ["Dewi"], "a quarter of the hour that is left"


def test_what_has_begun_is_told_to_nobody(group: World) -> None:
    code = approved(group)
    subscribe(group, "dewi")
    call_off(group, code)
    assert later(group, 30) == []
    assert noted() == 0


def test_a_letter_that_is_late_itself_is_not_sent(group: World) -> None:
    code = approved(group)
    subscribe(group, "dewi")
    call_off(group, code)
    later(group)
    assert mail.write(as_due(last()))
    group.now = group.at(1, "15:00")
    with pytest.raises(Moot):
        mail.write(as_due(last()))


def test_fetches_are_kept_in_real_time_and_changes_in_the_centres(group: World) -> None:
    """The demo's clock is moved: both are compared by one."""
    code = approved(group)
    offset = timedelta(days=-400)
    group.app.config["REAL_CLOCK"] = lambda: group.now + offset
    from booking.storage.access import token

    secret = new_feed_token(act=group.act("dewi"), feed=MINE, label="", real_now=group.now + offset)
    token_id = token(reading(), "feed", secret).id
    note_fetches(fetches=[Fetch(token_id, "", GOOGLE, group.now + offset - timedelta(minutes=1))])
    call_off(group, code)
    assert later(group) == ["Dewi"]
    second = approved(group, title="Dua")
    call_off(group, second)
    group.now += timedelta(minutes=5)
    note_fetches(fetches=[Fetch(token_id, "", GOOGLE, group.now + offset)])
    assert later(group) == ["Dewi"]


def test_without_the_people_nothing_is_left_behind(group: World) -> None:
    code = approved(group)
    call_off(group, code)
    assert noted() == 1
    assert later(group) == []
    assert noted() == 0
    assert reading().scalar(select(Booking.code).where(Booking.code == code))
