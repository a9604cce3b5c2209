"""Communities: registered, verified, joined by links, handed over, left; what they own stays theirs."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.events import CommunityEvent
from booking.domain.series import Every, Pattern
from booking.storage import memberships as known
from booking.storage.bookings import Booking, booking_by_code, bookings_of
from booking.storage.classifications import ClassKind, classifications
from booking.storage.communities import community_by_slug, membership, mentored_on, mentorships
from booking.storage.community_use import coming, hours, quotas
from booking.storage.db import db, reading
from booking.storage.feeds import FeedState, community_scope, room_scope
from booking.storage.history import history_of, history_of_community
from booking.storage.invites import Invite
from booking.storage.outbox import Outbox
from booking.storage.people import viewer
from booking.storage.places import room_by_slug
from booking.storage.polling import by, person_version
from booking.usecases import classifying, communities, inviting, joining, memberships
from booking.usecases.cancelling import cancel
from booking.usecases.classifying import MentorshipFacts
from booking.usecases.communities import CommunityFacts
from booking.usecases.expiring import close_overdue
from booking.usecases.inviting import Standing
from booking.usecases.resuming import resume
from tests.support.statements import asked
from tests.support.world import JAKARTA, World, only

SLUG = "gerimis-sore"


def codes(call) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [one.code for one in caught.value.violations]


def register(world: World, who: str = "dewi", name: str = "Angin Segar", **more) -> str:
    return communities.register_community(act=world.act(who), facts=CommunityFacts(name, **more))


def found(slug: str = SLUG):
    reading().rollback()
    return community_by_slug(reading(), slug)


def relation(world: World, who: str, slug: str = SLUG) -> str | None:
    of = membership(reading(), found(slug).id, world.people[who])
    return of.relation if of else None


def join(world: World, *who: str, slug: str = SLUG) -> None:
    for one in who:
        memberships.add_member(act=world.act(), slug=slug, login=f"{one}@example.com", relation="member")


def told(kind: str) -> list[int]:
    """Who is told, by id."""
    query = select(Outbox.person_id).where(Outbox.kind == kind).order_by(Outbox.person_id)
    return list(reading().scalars(query))


def events(slug: str = SLUG) -> list[str]:
    return [step.event for step in reversed(history_of_community(reading(), found(slug).id))]


class TestRegistering:
    def test_anybody_registers_and_becomes_the_contact(self, world: World) -> None:
        slug = register(world, about="Latihan tari.\nSetiap pekan.")
        assert (slug, relation(world, "dewi", slug)) == ("angin-segar", "contact")
        assert found(slug).is_waiting
        assert [one.slug for one in known.to_verify(reading())] == [slug]
        assert known.count_to_verify(reading()) == 1
        office = sorted(world.people[who] for who in ("admin", "dadang", "entin", "sumarna"))
        assert told(CommunityEvent.REGISTERED) == office
        assert events(slug) == [CommunityEvent.REGISTERED]

    def test_nobody_registers_without_an_account(self, world: World) -> None:
        with pytest.raises(Forbidden):
            communities.register_community(act=world.act(), facts=CommunityFacts("X"))

    def test_not_more_than_three_wait_at_a_time(self, world: World) -> None:
        slugs = [register(world, name=f"Nama {number}") for number in range(3)]
        assert codes(lambda: register(world, name="Nama lagi")) == ["many_communities"]
        communities.verify(act=world.act("dadang"), slug=slugs[0])
        register(world, name="Nama lagi")

    def test_a_name_is_taken_once_however_it_is_written(self, world: World) -> None:
        assert codes(lambda: register(world, name="gerimis  SORE")) == ["community_known"]
        first, second = register(world, name="ᮊᮥᮏᮀ"), register(world, name="ᮞᮧᮛ")
        assert first != second, "names in other scripts share an address in ascii"
        assert codes(lambda: register(world, name="\0")) == ["text"]

    @pytest.mark.parametrize(("name", "again"), [("ÉCOLE DE DANSE", "école de danse"), ("Ölwerk", "ÖLWERK")])
    def test_so_is_one_with_accents(self, world: World, name: str, again: str) -> None:
        register(world, name=name)
        assert codes(lambda: register(world, name=again)) == ["community_known"]
        slug = register(world, name="Lain")
        facts = CommunityFacts(again)
        assert codes(lambda: communities.change_community(act=world.act("dewi"), slug=slug, facts=facts)) == [
            "community_known"
        ]

    def test_an_unverified_one_asks_and_a_room_may_refuse_it(self, world: World) -> None:
        slug = register(world)
        world.room("wayang", rules={"who": {"verified_only": True}})
        world.ask("dewi", world.time("musik", 2, "19:00", "21:00"), community=slug)
        assert codes(lambda: world.ask("dewi", world.time("wayang", 2, "19:00", "21:00"), community=slug)) == [
            "who_verified"
        ]
        communities.verify(act=world.act("dadang"), slug=slug)
        world.ask("dewi", world.time("wayang", 2, "19:00", "21:00"), community=slug)

    def test_what_is_chosen_must_be_a_row_of_its_kind_on_offer(self, world: World) -> None:
        row = classifying.save_classification(act=world.act("dadang"), row_id=None, kind="type", name_id="UMKM")
        slug = register(world, classes={ClassKind.TYPE: row})
        assert found(slug).kind == "UMKM"
        for wrong in ({ClassKind.HELIX: row}, {ClassKind.TYPE: 99999}, {ClassKind.TYPE: -1}):
            assert codes(lambda wrong=wrong: register(world, name="Lain", classes=wrong)) == ["unknown_class"]
        classifying.save_classification(act=world.act("dadang"), row_id=row, kind="type", name_id="UMKM", retired=True)
        assert codes(lambda: register(world, name="Lain", classes={ClassKind.TYPE: row})) == ["unknown_class"]
        kept = CommunityFacts("Angin Segar", "baru", {ClassKind.TYPE: row})
        communities.change_community(act=world.act("dewi"), slug=slug, facts=kept)
        assert found(slug).kind == "UMKM", "what was said stays"


class TestVerifying:
    def test_the_office_verifies_and_the_contact_is_told(self, world: World) -> None:
        slug = register(world)
        communities.verify(act=world.act("dadang"), slug=slug)
        assert (found(slug).verified_at, found(slug).verified_by) == (world.now, world.people["dadang"])
        communities.verify(act=world.act("dadang"), slug=slug)
        assert told(CommunityEvent.VERIFIED) == [world.people["dewi"]], "told once"

    @pytest.mark.parametrize("who", ["dewi", "cecep", "ujang"])
    def test_nobody_else_does(self, world: World, who: str) -> None:
        slug = register(world)
        for call in (communities.verify, communities.reopen_community):
            with pytest.raises(Forbidden):
                call(act=world.act(who), slug=slug)
        for call in (communities.decline_community, communities.close_community):
            with pytest.raises(Forbidden):
                call(act=world.act(who), slug=slug, reason="Karena.")

    def test_declined_with_a_reason_it_asks_for_nothing_until_it_is_mended(self, world: World) -> None:
        slug = register(world)
        assert codes(lambda: communities.decline_community(act=world.act("dadang"), slug=slug, reason=" ")) == [
            "reason_required"
        ]
        communities.decline_community(act=world.act("dadang"), slug=slug, reason="Siapa Anda?")
        message = only(reading().scalars(select(Outbox).where(Outbox.kind == CommunityEvent.DECLINED)).all())
        assert (message.person_id, message.facts["reason"]) == (world.people["dewi"], "Siapa Anda?")
        assert known.to_verify(reading()) == []

        def ask() -> str:
            return world.ask("dewi", world.time("musik", 2, "19:00", "21:00"), community=slug)

        assert codes(ask) == ["community_closed"]
        facts = CommunityFacts("Angin Segar", about="Sanggar tari di Baros.")
        communities.change_community(act=world.act("dewi"), slug=slug, facts=facts)
        assert found(slug).is_waiting
        assert ask()

    def test_another_name_is_not_what_was_verified(self, world: World) -> None:
        communities.change_community(act=world.act("cecep"), slug=SLUG, facts=CommunityFacts("Gerimis Sore", "Baru."))
        assert found().verified_at is not None
        communities.change_community(act=world.act("cecep"), slug=SLUG, facts=CommunityFacts("Dinas Kota"))
        assert found().is_waiting
        assert len(told(CommunityEvent.REGISTERED)) == 4
        communities.verify(act=world.act("dadang"), slug=SLUG)
        communities.change_community(act=world.act("dadang"), slug=SLUG, facts=CommunityFacts("Gerimis Sore"))
        assert found().verified_at is not None, "the office knows what it does"

    def test_only_its_contacts_and_the_office_change_it(self, world: World) -> None:
        join(world, "dewi")
        facts = CommunityFacts("Gerimis Sore", "x")
        with pytest.raises(Forbidden):
            communities.change_community(act=world.act("dewi"), slug=SLUG, facts=facts)
        with pytest.raises(NotFound):
            communities.change_community(act=world.act("euis"), slug=SLUG, facts=facts)


class TestInviting:
    def invite(self, world: World, who: str = "cecep", **more) -> str:
        return inviting.new_invite(act=world.act(who), slug=SLUG, **more)

    def test_looking_uses_nothing_up_joining_does(self, world: World) -> None:
        secret = self.invite(world)
        for _ in range(3):
            assert inviting.look_up(reading(), secret, world.now).standing is Standing.OPEN
        assert inviting.join_by_link(act=world.act("dewi"), secret=secret).standing is Standing.OPEN
        assert relation(world, "dewi") == "member"
        assert inviting.look_up(reading(), secret, world.now).standing is Standing.OVER
        assert inviting.join_by_link(act=world.act("euis"), secret=secret).standing is Standing.OVER
        assert relation(world, "euis") is None
        assert events()[-2:] == [CommunityEvent.INVITED, CommunityEvent.JOINED]

    def test_the_secret_is_not_kept(self, world: World) -> None:
        secret = self.invite(world)
        row = only(reading().scalars(select(Invite)).all())
        assert secret not in str(vars(row))
        with pytest.raises(NotFound):
            inviting.look_up(reading(), secret + "x", world.now)

    def test_a_member_takes_no_place_of_it(self, world: World) -> None:
        secret = self.invite(world)
        assert inviting.join_by_link(act=world.act("cecep"), secret=secret).standing is Standing.MEMBER
        assert inviting.look_up(reading(), secret, world.now).standing is Standing.OPEN
        assert relation(world, "cecep") == "contact"

    def test_it_ends_with_its_day_or_when_revoked(self, world: World) -> None:
        secret = self.invite(world, most=5, until=world.act().today)
        assert inviting.look_up(reading(), secret, world.at(0, "23:59")).standing is Standing.OPEN
        assert inviting.look_up(reading(), secret, world.at(1, "00:00")).standing is Standing.OVER
        row = only(reading().scalars(select(Invite)).all())
        with pytest.raises(NotFound):
            inviting.revoke_invite(act=world.act("euis"), slug="kujang-lima", invite_id=row.id)
        inviting.revoke_invite(act=world.act("cecep"), slug=SLUG, invite_id=row.id)
        assert inviting.join_by_link(act=world.act("dewi"), secret=secret).standing is Standing.OVER
        assert relation(world, "dewi") is None

    def test_who_may_make_one_and_within_which_bounds(self, world: World) -> None:
        join(world, "dewi")
        with pytest.raises(Forbidden):
            self.invite(world, "dewi")
        with pytest.raises(NotFound):
            self.invite(world, "euis")
        self.invite(world, "dadang")
        for most in (0, 201):
            assert codes(lambda most=most: self.invite(world, most=most)) == ["range"]
        for days in (-1, 367):
            until = world.act().today + timedelta(days)
            assert codes(lambda until=until: self.invite(world, until=until)) == ["date"]
        for _ in range(19):
            self.invite(world)
        assert codes(lambda: self.invite(world)) == ["many_invites"]

    def test_of_many_at_once_only_as_many_join_as_there_are_places(self, world: World) -> None:
        secret = self.invite(world, most=2)
        people = ["dewi", "euis", "entin", "ujang"]
        app, results = world.app, []

        def go(who: str) -> None:
            with app.app_context():
                results.append(inviting.join_by_link(act=world.act(who), secret=secret).standing)
                db.session.remove()

        threads = [threading.Thread(target=go, args=[who]) for who in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == [Standing.OPEN, Standing.OPEN, Standing.OVER, Standing.OVER]
        assert sum(relation(world, who) == "member" for who in people) == 2

    def test_the_schema_lets_nobody_in_beyond_that(self, world: World) -> None:
        from sqlalchemy import text

        self.invite(world)
        with pytest.raises(DBAPIError), db.engine.connect() as connection:
            connection.execute(text("UPDATE invite SET used = 2"))


class TestHandingOver:
    def test_the_last_contact_cannot_leave_without_a_successor(self, world: World) -> None:
        join(world, "dewi")
        for call in (memberships.leave, memberships.step_down):
            assert codes(lambda call=call: call(act=world.act("cecep"), slug=SLUG)) == ["last_contact"]
        assert relation(world, "cecep") == "contact"
        memberships.leave(act=world.act("cecep"), slug=SLUG, successor=world.people["dewi"])
        assert (relation(world, "cecep"), relation(world, "dewi")) == (None, "contact")
        assert told(CommunityEvent.CONTACT) == [world.people["dewi"]]
        assert events()[-2:] == [CommunityEvent.CONTACT, CommunityEvent.LEFT]

    def test_a_successor_must_be_somebody_of_it_who_is_there(self, world: World) -> None:
        join(world, "dewi")
        joining.change_person(**closing(world, "dewi"))
        for wrong in ("euis", "dewi"):
            with pytest.raises(NotFound):
                memberships.leave(act=world.act("cecep"), slug=SLUG, successor=world.people[wrong])
        assert codes(lambda: memberships.leave(act=world.act("cecep"), slug=SLUG, successor=world.people["cecep"])) == [
            "last_contact"
        ]

    def test_contacts_make_contacts_and_step_down(self, world: World) -> None:
        join(world, "dewi")
        with pytest.raises(Forbidden):
            memberships.make_contact(act=world.act("dewi"), slug=SLUG, person_id=world.people["dewi"])
        memberships.make_contact(act=world.act("cecep"), slug=SLUG, person_id=world.people["dewi"])
        memberships.step_down(act=world.act("cecep"), slug=SLUG)
        assert (relation(world, "cecep"), relation(world, "dewi")) == ("member", "contact")
        with pytest.raises(Forbidden):
            memberships.make_contact(act=world.act("cecep"), slug=SLUG, person_id=world.people["cecep"])

    def test_two_contacts_who_leave_at_once_leave_one_behind(self, world: World) -> None:
        memberships.add_member(act=world.act(), slug=SLUG, login="dewi@example.com", relation="contact")
        outcomes = []

        def go(who: str) -> None:
            with world.app.app_context():
                try:
                    memberships.leave(act=world.act(who), slug=SLUG)
                    outcomes.append("left")
                except Refused:
                    outcomes.append("stayed")
                db.session.remove()

        threads = [threading.Thread(target=go, args=[who]) for who in ("cecep", "dewi")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["left", "stayed"]

    def test_contacts_remove_members_and_the_office_anybody(self, world: World) -> None:
        memberships.add_member(act=world.act(), slug=SLUG, login="dewi@example.com", relation="contact")
        join(world, "euis")
        with pytest.raises(Forbidden):
            memberships.remove_member(act=world.act("euis"), slug=SLUG, person_id=world.people["dewi"])
        with pytest.raises(Forbidden):
            memberships.remove_member(act=world.act("cecep"), slug=SLUG, person_id=world.people["dewi"])
        memberships.remove_member(act=world.act("cecep"), slug=SLUG, person_id=world.people["euis"])
        assert told(CommunityEvent.REMOVED) == [world.people["euis"]]
        memberships.remove_member(act=world.act("dadang"), slug=SLUG, person_id=world.people["dewi"])
        assert relation(world, "dewi") is None

    def test_the_office_sets_another_contact_before_the_last_one_goes(self, world: World) -> None:
        join(world, "dewi")
        gone = {"act": world.act("dadang"), "slug": SLUG, "person_id": world.people["cecep"]}
        assert codes(lambda: memberships.remove_member(**gone)) == ["only_contact"]
        assert relation(world, "cecep") == "contact"
        memberships.make_contact(act=world.act("dadang"), slug=SLUG, person_id=world.people["dewi"])
        memberships.remove_member(**gone)
        assert relation(world, "cecep") is None

    def test_a_closed_account_answers_for_nothing_and_may_be_removed(self, world: World) -> None:
        joining.change_person(**closing(world, "cecep"))
        memberships.remove_member(act=world.act("dadang"), slug=SLUG, person_id=world.people["cecep"])
        assert relation(world, "cecep") is None
        assert [one.slug for one in known.without_contact(reading())] == [SLUG]

    def test_the_office_sets_a_contact_where_all_are_gone(self, world: World) -> None:
        join(world, "dewi")
        code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
        assert known.without_contact(reading()) == []
        joining.change_person(**closing(world, "cecep"))
        assert [one.slug for one in known.without_contact(reading())] == [SLUG]
        memberships.make_contact(act=world.act("dadang"), slug=SLUG, person_id=world.people["dewi"])
        assert known.without_contact(reading()) == []
        assert booking(code).booked_for == world.people["dewi"], "what was ahead has somebody who answers for it"


def closing(world: World, who: str) -> dict:
    """What closes an account."""
    number = world.people[who]
    facts = dict(name=who, phone=f"0840-1111-{number:04d}", email="", closed=True)
    return dict(act=world.act("admin"), person_id=number, real_now=world.now, **facts)


def booking(code: str) -> Booking:
    reading().rollback()
    return only(reading().scalars(select(Booking).where(Booking.code == code)).all())


class TestOwning:
    def test_any_member_manages_them_and_who_leaves_loses_them(self, world: World) -> None:
        join(world, "dewi")
        code = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"), community=SLUG)
        world.approve("dadang", code)
        other = world.ask("dewi", world.time("rapat", 2, "19:00", "21:00"), community=SLUG)
        cancel(act=world.act("cecep"), code=other)
        memberships.leave(act=world.act("dewi"), slug=SLUG)
        with pytest.raises(NotFound):
            cancel(act=world.act("dewi"), code=code)
        gone = viewer(reading(), world.people["dewi"], world.act().today)
        assert list(bookings_of(reading(), gone)) == []
        with pytest.raises(NotFound):
            booking_by_code(reading(), code, gone)
        assert booking(code).state == "approved"
        cancel(act=world.act("cecep"), code=code)

    def test_what_is_private_stays_the_persons(self, world: World) -> None:
        join(world, "dewi")
        code = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"), community="-")
        with pytest.raises(NotFound):
            cancel(act=world.act("cecep"), code=code)
        memberships.leave(act=world.act("dewi"), slug=SLUG)
        cancel(act=world.act("dewi"), code=code)

    def test_who_leaves_hands_on_what_is_ahead_with_its_messages(self, world: World) -> None:
        join(world, "dewi")
        code = world.ask("dewi", world.time("musik", 2, "19:00", "21:00"), community=SLUG)
        private = world.ask("dewi", world.time("musik", 3, "19:00", "21:00"), community="-")
        past = world.ask("dewi", world.time("rapat", 0, "09:00", "10:00"), community=SLUG)
        world.now = world.at(1, "09:00")
        close_overdue(act=world.act())
        sequence = booking(code).occurrences[0].sequence
        memberships.leave(act=world.act("dewi"), slug=SLUG)
        cecep, dewi = world.people["cecep"], world.people["dewi"]
        assert [booking(one).booked_for for one in (code, private, past)] == [cecep, dewi, dewi]
        assert booking(code).occurrences[0].sequence == sequence + 1, "calendars show who answers for it"
        step = history_of(reading(), booking(code).id)[-1]
        assert (step.event, step.facts["from"], step.facts["to"]) == ("handed_over", dewi, cecep)
        world.approve("dadang", code)
        assert cecep in told("approved"), "messages go to who answers for it now"

    def test_each_booking_that_is_handed_on_costs_its_step_in_the_history_alone(self, world: World) -> None:
        def handed_on(count: int, hour: int) -> int:
            join(world, "dewi")
            for number in range(count):
                world.ask("dewi", world.time("musik", number + 1, f"{hour}:00", f"{hour + 1}:00"), community=SLUG)
            with asked() as found:
                memberships.leave(act=world.act("dewi"), slug=SLUG)
            return len(found)

        assert handed_on(6, 12) == handed_on(2, 9) + 4

    def test_joining_asks_no_more_for_more_bookings(self, world: World) -> None:
        def joined(who: str) -> int:
            with asked() as found:
                join(world, who)
            return len(found)

        few = joined("dewi")
        for number in range(6):
            world.ask("cecep", world.time("musik", number + 1, "9:00", "10:00"), community=SLUG)
        assert joined("euis") <= few + 1

    def test_changes_take_effect_at_once_in_feeds(self, world: World) -> None:
        dewi = world.people["dewi"]
        tags = [person_version(by(reading().connection()), dewi)]
        world.now += timedelta(seconds=5)
        join(world, "dewi")
        tags.append(person_version(by(reading().connection()), dewi))
        world.now += timedelta(seconds=5)
        memberships.leave(act=world.act("dewi"), slug=SLUG)
        tags.append(person_version(by(reading().connection()), dewi))
        assert len({one.tag for one in tags}) == 3
        assert tags[1].changed_at < tags[2].changed_at

    def test_a_quota_is_shared_by_all_members(self, world: World) -> None:
        join(world, "dewi")
        hours_ = {"weekly": {"tue": [["08:00", "21:00"]], "wed": [["08:00", "21:00"]]}}
        rules = {"hours": hours_, "quota_community": {"per": "week", "hours": 3}}
        world.room("wayang", rules=rules)
        world.ask("cecep", world.time("wayang", 1, "09:00", "11:00"), community=SLUG)
        assert codes(lambda: world.ask("dewi", world.time("wayang", 2, "09:00", "11:00"), community=SLUG)) == [
            "quota_community"
        ]
        world.ask("dewi", world.time("wayang", 2, "09:00", "11:00"), community="-")
        (left,) = quotas(reading(), found().id, world.now)
        assert (left.room.slug, left.hours, left.had_minutes, left.had) == ("wayang", 3, 120, 1)

    def test_hours_used_count_what_took_place(self, world: World) -> None:
        for day, room in ((0, "rapat"), (1, "rapat"), (2, "musik")):
            world.ask("cecep", world.time(room, day, "09:00", "10:30"))
        world.now = world.at(1, "12:00")
        used = hours(reading(), found().id, world.act().today, JAKARTA, world.now)
        assert (used.month, used.quarter, used.year) == (180, 180, 180)
        december = hours(reading(), found().id, date(2026, 12, 1), JAKARTA, world.now)
        assert (december.month, december.quarter) == (0, 180)

    def test_what_the_public_sees_is_what_the_rooms_say(self, world: World) -> None:
        world.room("kaca", tier="automatic", feed_level="busy")
        for room in ("musik", "rapat", "kaca"):
            world.ask("cecep", world.time(room, 1, "09:00", "10:30"), title=room)
        assert [one.title for one in coming(reading(), found().id, world.now)] == ["musik", "rapat", "kaca"]
        assert [one.title for one in coming(reading(), found().id, world.now, is_public=True)] == ["rapat"]


class TestClosing:
    def test_a_contact_asks_and_the_office_closes(self, world: World) -> None:
        code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
        communities.ask_to_close(act=world.act("cecep"), slug=SLUG, reason="Bubar.")
        assert [one.slug for one in known.to_close(reading())] == [SLUG]

        def close() -> None:
            communities.close_community(act=world.act("dadang"), slug=SLUG, reason="Atas permintaan.")

        assert codes(close) == ["community_busy"]
        cancel(act=world.act("cecep"), code=code)
        close()
        assert told(CommunityEvent.CLOSED) == [world.people["cecep"]]
        assert known.to_close(reading()) == []
        assert codes(lambda: world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), community=SLUG)) == [
            "community_closed"
        ]
        with pytest.raises(Forbidden):
            inviting.new_invite(act=world.act("cecep"), slug=SLUG)
        mine = viewer(reading(), world.people["cecep"], world.act().today)
        assert booking_by_code(reading(), code, mine), "what it had stays to be seen"
        communities.reopen_community(act=world.act("dadang"), slug=SLUG)
        world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), community=SLUG)

    def test_its_last_contact_leaves_whoever_is_named(self, world: World) -> None:
        join(world, "dewi")
        communities.close_community(act=world.act("admin"), slug=SLUG, reason="Bubar.")
        memberships.leave(act=world.act("cecep"), slug=SLUG, successor=world.people["dewi"])
        assert [relation(world, "cecep"), relation(world, "dewi")] == [None, "member"]

    def test_a_series_that_was_called_off_keeps_none_open(self, world: World) -> None:
        """A skipped date of it is nothing that could be cancelled; one in line, or of a series that goes on, is."""
        series = dict(community=SLUG, repeat=Pattern(Every.WEEK, count=3), skip=[world.at(7, "10:00").date()])
        code = world.ask("cecep", world.time("musik", 0, "19:00", "20:00"), **series)
        world.ask("euis", world.time("rapat", 1, "10:00", "12:00"))
        waiting = world.ask("cecep", world.time("rapat", 1, "10:00", "12:00"), community=SLUG, wait=True)

        def close() -> None:
            communities.close_community(act=world.act("admin"), slug=SLUG, reason="Bubar.")

        assert codes(close) == ["community_busy"]
        cancel(act=world.act("cecep"), code=waiting)
        assert codes(close) == ["community_busy"]
        cancel(act=world.act("cecep"), code=code)
        close()

    def test_no_skipped_date_is_asked_for_any_more(self, world: World) -> None:
        """Not even one whose series stands because of what took place before."""
        skip = [world.at(14, "10:00").date()]
        code = world.ask(
            "cecep",
            world.time("musik", 0, "19:00", "20:00"),
            community=SLUG,
            repeat=Pattern(Every.WEEK, count=3),
            skip=skip,
        )
        world.approve("dadang", code)
        world.now = world.at(1, "8:00")
        close_overdue(act=world.act())
        _done, off, skipped = booking(code).occurrences
        cancel(act=world.act("cecep"), code=code, uids=[off.uid])
        communities.close_community(act=world.act("admin"), slug=SLUG, reason="Bubar.")
        assert codes(lambda: resume(act=world.act("cecep"), code=code, uids=[skipped.uid])) == ["community_closed"]

    def test_its_links_are_dead(self, world: World) -> None:
        secret = inviting.new_invite(act=world.act("cecep"), slug=SLUG)
        communities.close_community(act=world.act("dadang"), slug=SLUG, reason="Bubar.")
        assert inviting.join_by_link(act=world.act("dewi"), secret=secret).standing is Standing.OVER


class TestClassifying:
    def test_rows_are_added_renamed_ordered_retired(self, world: World) -> None:
        act = world.act("dadang")
        ids = [
            classifying.save_classification(act=act, row_id=None, kind="helix", name_id=name)
            for name in ("a", "b", "c")
        ]
        classifying.move_classification(act=act, row_id=ids[2], down=False)
        classifying.move_classification(act=act, row_id=ids[0], down=False)
        assert [one.name_id for one in classifications(reading())[ClassKind.HELIX]] == ["a", "c", "b"]
        classifying.save_classification(act=act, row_id=ids[0], kind="helix", name_id="a", retired=True)
        classifying.save_classification(act=act, row_id=ids[1], kind="helix", name_id="bisnis", name_en="business")
        rows = classifications(reading())[ClassKind.HELIX]
        assert [(one.name_id, one.text("en"), one.retired) for one in rows] == [
            ("c", "c", False),
            ("bisnis", "business", False),
            ("a", "a", True),
        ]
        assert codes(lambda: classifying.save_classification(act=act, row_id=None, kind="helix", name_id="c")) == [
            "slug_known"
        ]
        assert codes(lambda: classifying.save_classification(act=act, row_id=None, kind="x", name_id="c")) == [
            "required"
        ]
        with pytest.raises(Forbidden):
            classifying.save_classification(act=world.act("cecep"), row_id=None, kind="helix", name_id="d")

    def test_house_rules_follow_the_name_of_a_type(self, world: World) -> None:
        act = world.act("dadang")
        row = classifying.save_classification(act=act, row_id=None, kind="type", name_id="UMKM")
        world.room("wayang", rules={"who": {"kinds": ["umkm", "sekolah"]}})
        facts = CommunityFacts("Gerimis Sore", classes={ClassKind.TYPE: row})
        communities.change_community(act=act, slug=SLUG, facts=facts)
        world.ask("cecep", world.time("wayang", 1, "09:00", "10:00"))
        classifying.save_classification(act=act, row_id=row, kind="type", name_id="Usaha kecil")
        reading().rollback()
        assert room_by_slug(reading(), "wayang").rules["who"]["kinds"] == ["Usaha kecil", "sekolah"]
        world.ask("cecep", world.time("wayang", 2, "09:00", "10:00"))
        assert codes(lambda: world.ask("euis", world.time("wayang", 3, "09:00", "10:00"))) == ["who_kind"]

    def test_pages_show_a_new_name_at_once(self, world: World) -> None:
        """What a room says of whom it is lent to, and what communities say of themselves."""
        act = world.act("dadang")
        row = classifying.save_classification(act=act, row_id=None, kind="type", name_id="UMKM")
        facts = CommunityFacts("Gerimis Sore", classes={ClassKind.TYPE: row})
        communities.change_community(act=act, slug=SLUG, facts=facts)

        def versions() -> dict[str, int]:
            reading().rollback()
            return {one.scope: one.version for one in reading().scalars(select(FeedState))}

        before = versions()
        classifying.save_classification(act=act, row_id=row, kind="type", name_id="Usaha kecil")
        after = versions()
        risen = {scope for scope in after if after[scope] > before.get(scope, 0)}
        own = community_scope(found().id)
        assert {"all", own, room_scope(room_by_slug(reading(), "musik").id)} <= risen
        assert {one for one in risen if one.startswith("community:")} == {own}

    def test_who_mentored_whom_on_a_day(self, world: World) -> None:
        act = world.act("dadang")

        def mentor(agency: str, from_on: date | None, to_on: date | None, number: int | None = None) -> int:
            facts = MentorshipFacts(agency, from_on, to_on)
            return classifying.save_mentorship(act=act, slug=SLUG, mentorship_id=number, facts=facts)

        mentor("Disdagkoperin", None, date(2026, 6, 30))
        late = mentor("UPTD", date(2026, 6, 1), None)
        number = found().id
        said = [mentored_on(reading(), date(2026, month, 15)).get(number) for month in (1, 6, 7)]
        assert said == [["Disdagkoperin"], ["Disdagkoperin", "UPTD"], ["UPTD"]]
        assert mentored_on(reading(), date(2026, 6, 30))[number] == ["Disdagkoperin", "UPTD"], "both days included"
        assert codes(lambda: mentor("UPTD", date(2026, 2, 1), date(2026, 1, 1))) == ["end_before_start"]
        assert codes(lambda: mentor("UPTD", date(1, 2, 1), None)) == ["date"]
        mentor("UPTD", date(2026, 6, 1), date(2026, 12, 31), late)
        assert mentored_on(reading(), date(2027, 1, 1)) == {}
        with pytest.raises(NotFound):
            classifying.remove_mentorship(act=act, slug="kujang-lima", mentorship_id=late)
        classifying.remove_mentorship(act=act, slug=SLUG, mentorship_id=late)
        assert [one.agency for one in mentorships(reading(), number)] == ["Disdagkoperin"]
        with pytest.raises(Forbidden):
            classifying.save_mentorship(
                act=world.act("cecep"), slug=SLUG, mentorship_id=None, facts=MentorshipFacts("x")
            )


def test_the_history_of_a_community_is_append_only(world: World) -> None:
    from sqlalchemy import text

    join(world, "dewi")
    with pytest.raises(DBAPIError, match="history_append_only"), db.engine.connect() as connection:
        connection.execute(text("DELETE FROM history WHERE community_id IS NOT NULL"))
