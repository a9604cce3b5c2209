"""What two do at the same time to a community, its members and its bookings: on PostgreSQL, where both can write."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from booking.domain.errors import Refused
from booking.storage import transaction
from booking.storage.bookings import Booking, Occurrence
from booking.storage.communities import Community, community_by_slug, membership
from booking.storage.db import db, reading
from booking.storage.feeds import Piece
from booking.storage.memberships import count_waiting_of
from booking.storage.places import room_by_slug
from booking.usecases import (
    belonging,
    classifying,
    communities,
    deciding,
    for_whom,
    furnishing,
    joining,
    memberships,
    requesting,
)
from booking.usecases.communities import CommunityFacts
from booking.usecases.furnishing import RoomFacts
from booking.usecases.wanted import PRIVATELY
from tests.support.statements import asked
from tests.support.world import ALL_WEEK, NOW, World

SLUG = "gerimis-sore"


def close_account(world: World) -> None:
    """Of Euis, by the administrator."""
    joining.change_person(
        act=world.act("admin"),
        person_id=world.people["euis"],
        name="Euis",
        phone="0840-0000-0002",
        email="euis@example.com",
        closed=True,
        real_now=NOW,
    )


class Meeting:
    """Two threads that go on when both are there, each the first time only."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)
        self.been: set[str] = set()

    def before(self, name: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def met(*args: Any, **named: Any) -> Any:
            if threading.current_thread().name == name and name not in self.been:
                self.been.add(name)
                self.barrier.wait(20)
            return do(*args, **named)

        return met


def both(world: World, **calls: Callable[[], Any]) -> dict[str, Any]:
    """What each of the calls returned or raised, in threads of these names."""
    found: dict[str, Any] = {}

    def run(name: str, call: Callable[[], Any]) -> None:
        with world.app.app_context():
            try:
                found[name] = call()
            except Exception as error:
                found[name] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=said, name=said[0]) for said in calls.items()]
    for one in threads:
        one.start()
    for one in threads:
        one.join(40)
    return found


@pytest.fixture
def many_writers(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("one writer at a time: nothing happens meanwhile")


def member(world: World, who: str, slug: str = SLUG, relation: str = "member") -> None:
    memberships.add_member(act=world.act(), slug=slug, login=f"{who}@example.com", relation=relation)


@pytest.mark.usefixtures("many_writers")
class TestRequestBeside:
    """Whoever asks for a community has read it before: it must still be so when the request is stored."""

    def beside(self, world: World, monkeypatch: pytest.MonkeyPatch, do: Callable[[], Any]) -> Any:
        usual = requesting.plan

        def later(*args: Any, **named: Any) -> Any:
            both(world, other=do)
            return usual(*args, **named)

        monkeypatch.setattr(requesting, "plan", later)
        try:
            return world.ask("cecep", world.time("musik", 2, "10:00", "12:00"), community=SLUG)
        except Refused as refused:
            return refused

    def test_a_community_that_is_closed_meanwhile_gets_no_booking(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.beside(
            world, monkeypatch, lambda: communities.close_community(act=world.act("admin"), slug=SLUG, reason="Bubar.")
        )
        reading().rollback()
        community = community_by_slug(reading(), SLUG)
        ahead = belonging.bookings_ahead(reading(), world.act(), [community.id])
        assert not (community.closed_at and ahead), "closed, and something is to come"

    def test_who_is_removed_meanwhile_answers_for_no_booking_of_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        member(world, "dewi", relation="contact")
        self.beside(
            world,
            monkeypatch,
            lambda: memberships.remove_member(act=world.act("admin"), slug=SLUG, person_id=world.people["cecep"]),
        )
        reading().rollback()
        community = community_by_slug(reading(), SLUG)
        theirs = reading().scalars(select(Booking.booked_for).where(Booking.community_id == community.id)).all()
        assert all(membership(reading(), community.id, one) for one in theirs)

    def test_it_costs_one_statement_for_a_community_and_none_without(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cost(hour: int, community: str) -> int:
            with asked() as found:
                world.ask("cecep", world.time("musik", 2, f"{hour}:00", f"{hour + 1}:00"), community=community)
            return len(found)

        cost(8, SLUG)
        held = [cost(9, SLUG), cost(10, PRIVATELY)]
        monkeypatch.setattr(for_whom, "keep_asking", lambda *_: True)
        assert [held[0] - cost(11, SLUG), held[1] - cost(12, PRIVATELY)] == [1, 0]


@pytest.mark.usefixtures("many_writers")
class TestRenamedBesideADecision:
    """What shows a name is written anew when it changes, also where somebody has just read the old one."""

    @pytest.fixture
    def approved(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        code = world.ask("cecep", world.time("musik", 2, "10:00", "12:00"), community=SLUG)
        usual = deciding._judged

        def rename() -> None:
            communities.change_community(act=world.act("admin"), slug=SLUG, facts=CommunityFacts("Gerimis Pagi"))

        def judged(*args: Any, **named: Any) -> Any:
            renaming = threading.Thread(target=lambda: both(world, other=rename))
            renaming.start()
            renaming.join(1.5)  # as long as the booking is locked it may have to wait
            found = usual(*args, **named)
            self.renaming = renaming
            return found

        monkeypatch.setattr(deciding, "_judged", judged)
        world.approve("dadang", code)
        self.renaming.join(20)
        reading().rollback()

    @pytest.mark.usefixtures("approved")
    def test_no_calendar_keeps_the_old_name(self) -> None:
        assert not [one.level for one in reading().scalars(select(Piece)) if b"Gerimis Sore" in one.body]

    @pytest.mark.usefixtures("approved")
    def test_each_of_the_two_changes_raises_the_sequence(self) -> None:
        assert reading().scalars(select(Occurrence.sequence)).all() == [2]


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The SQLSTATE of every transaction that was run again."""
    found: list[str | None] = []
    usual = transaction._pause_or_raise

    def note(error: Exception, tries: int) -> None:
        found.append(getattr(getattr(error, "orig", None), "sqlstate", type(error).__name__))
        usual(error, tries)

    monkeypatch.setattr(transaction, "_pause_or_raise", note)
    return found


@pytest.mark.usefixtures("many_writers")
class TestLockOrder:
    def test_leaving_with_a_successor_beside_a_decision(
        self, world: World, states: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        member(world, "dewi")
        code = world.ask("cecep", world.time("musik", 2, "10:00", "12:00"), community=SLUG)
        meeting = Meeting()
        monkeypatch.setattr(belonging, "lock_bookings", meeting.before("leave", belonging.lock_bookings))
        monkeypatch.setattr(deciding, "publish", meeting.before("decide", deciding.publish))
        both(
            world,
            leave=lambda: memberships.leave(act=world.act("cecep"), slug=SLUG, successor=world.people["dewi"]),
            decide=lambda: world.approve("dadang", code),
        )
        assert "40P01" not in states

    def test_closing_an_account_of_two_communities_beside_a_change_of_one(
        self, world: World, states: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        member(world, "euis")
        member(world, "dewi", "kujang-lima", "contact")
        world.ask("euis", world.time("musik", 2, "10:00", "12:00"), community=SLUG)
        world.ask("dewi", world.time("musik", 3, "10:00", "12:00"), community="kujang-lima")
        meeting, calls = Meeting(), []
        usual = memberships.locked_community

        def second(session: Any, slug: str) -> Community:
            calls.append(slug)
            if slug == "kujang-lima" and threading.current_thread().name == "close":
                return meeting.before("close", usual)(session, slug)
            return usual(session, slug)

        monkeypatch.setattr(memberships, "locked_community", second)
        monkeypatch.setattr(communities, "show_anew", meeting.before("change", communities.show_anew))
        both(
            world,
            close=lambda: close_account(world),
            change=lambda: communities.change_community(
                act=world.act("admin"), slug="kujang-lima", facts=CommunityFacts("Kujang Enam")
            ),
        )
        assert calls
        assert "40P01" not in states

    def test_closing_an_account_beside_its_request_under_a_quota(
        self, world: World, states: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.room("wayang", rules={"hours": ALL_WEEK, "quota_community": {"per": "week", "count": 5}})
        meeting = Meeting()
        usual = requesting.lock_holder

        def holder(session: Any, asker: Any) -> None:
            first = select(Community.id).where(Community.id == asker.community_id)
            session.execute(first.with_for_update(key_share=True))
            meeting.before("request", lambda: None)()
            usual(session, asker)

        monkeypatch.setattr(requesting, "lock_holder", holder)
        monkeypatch.setattr(memberships, "locked_community", meeting.before("close", memberships.locked_community))
        both(
            world,
            close=lambda: close_account(world),
            request=lambda: world.ask("euis", world.time("wayang", 2, "10:00", "12:00"), community="kujang-lima"),
        )
        assert "40P01" not in states


@pytest.mark.usefixtures("many_writers")
def test_two_who_register_the_same_name_at_once(
    world: World, states: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = Meeting()
    usual = communities._new_slug

    def slow(session: Any, name: str) -> str:
        found = usual(session, name)
        return meeting.before(threading.current_thread().name, lambda: found)()

    monkeypatch.setattr(communities, "_new_slug", slow)
    facts = CommunityFacts("Angin Segar")
    found = both(
        world,
        one=lambda: communities.register_community(act=world.act("dewi"), facts=facts),
        two=lambda: communities.register_community(act=world.act("euis"), facts=facts),
    )
    refused = [one for one in found.values() if isinstance(one, Refused)]
    assert [one.violations[0].code for one in refused] == ["community_known"]


@pytest.mark.usefixtures("many_writers")
def test_not_more_than_three_wait_even_when_registered_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Satu", "Dua"):
        communities.register_community(act=world.act("dewi"), facts=CommunityFacts(name))
    barrier = threading.Barrier(2)
    usual = communities._made

    def made(*args: Any) -> Community:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(3)
        return usual(*args)

    monkeypatch.setattr(communities, "_made", made)
    both(
        world,
        one=lambda: communities.register_community(act=world.act("dewi"), facts=CommunityFacts("Tiga")),
        two=lambda: communities.register_community(act=world.act("dewi"), facts=CommunityFacts("Empat")),
    )
    reading().rollback()
    assert count_waiting_of(reading(), world.people["dewi"]) == communities.MOST_WAITING


@pytest.mark.usefixtures("many_writers")
def test_rules_that_are_saved_while_a_type_is_renamed_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    row = classifying.save_classification(act=world.act(), row_id=None, kind="type", name_id="UMKM")
    world.room("wayang", rules={"who": {"kinds": ["UMKM"]}})
    usual = classifying.lock
    rules = {"who": {"kinds": ["UMKM", "sekolah"]}, "hours": ALL_WEEK}
    facts = RoomFacts(site="bitc", name="Wayang", rules=rules)

    calls: list[Any] = []

    def later(*args: Any) -> Any:
        if not calls:
            calls.append(args)
            both(world, other=lambda: furnishing.save_room(act=world.act(), slug="wayang", facts=facts))
        return usual(*args)

    monkeypatch.setattr(classifying, "lock", later)
    classifying.save_classification(act=world.act(), row_id=row, kind="type", name_id="Usaha kecil")
    reading().rollback()
    kept = room_by_slug(reading(), "wayang").rules
    assert kept["who"]["kinds"] == ["Usaha kecil", "sekolah"]
    assert "hours" in kept
