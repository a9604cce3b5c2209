"""Staff ask for somebody who has no account: whose it is, who may, what counts for whom, and how it becomes theirs."""

from __future__ import annotations

import pytest

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.front.letters import letter_of, short_text
from booking.storage import personal
from booking.storage.bookings import booking_by_code, bookings_of
from booking.storage.db import reading
from booking.storage.history import history_of
from booking.storage.outbox import to_be_told
from booking.storage.people import Person, person_by_phone, viewer
from booking.usecases import exporting, joining, signing_in
from booking.usecases.cancelling import cancel
from booking.usecases.deciding import Verdict, decide, resubmit
from booking.usecases.joining import NewPerson
from booking.usecases.previewing import preview_request
from booking.usecases.sending import as_due
from booking.usecases.wanted import PRIVATELY, OnBehalf, Wanted
from tests.support.world import PASSWORD, World

PHONE = "0840-0000-0077"
MIMIN = OnBehalf("Mimin", PHONE, "phone")


def ask(world: World, who: str = "dadang", day: int = 1, said: OnBehalf = MIMIN, room: str = "musik", **more) -> str:
    return world.ask(who, world.time(room, day, "09:00", "10:00"), on_behalf=said, **more)


def refusal(call) -> list[str]:
    with pytest.raises(Refused) as caught:
        call()
    return [one.code for one in caught.value.violations]


def mimin() -> Person | None:
    reading().expire_all()
    return person_by_phone(reading(), "+6284000000077")


def seen_by(world: World, person_id: int):
    return viewer(reading(), person_id, world.act().today)


def test_it_is_theirs_and_says_who_typed_it(world: World) -> None:
    code = ask(world)
    made = booking_by_code(reading(), code, seen_by(world, world.people["dadang"]))
    assert (made.booked_for, made.created_by, made.channel) == (mimin().id, world.people["dadang"], "phone")
    assert (mimin().name, mimin().password) == ("Mimin", None)
    step = history_of(reading(), made.id)[0]
    assert (step.actor_id, step.facts["channel"], step.facts["for"]) == (made.created_by, "phone", mimin().id)
    assert [one.code for one in bookings_of(reading(), seen_by(world, mimin().id))] == [code]
    assert not bookings_of(reading(), seen_by(world, world.people["dadang"])), "the officer has none of it"
    row = to_be_told(reading(), world.now, booking_id=made.id)[0]
    text = short_text(letter_of(as_due(row)))
    assert "Mimin" in text
    assert code in text
    assert "/bookings/" not in text, "a page that one cannot open is no help"


def test_the_same_number_is_the_same_person_however_typed(world: World) -> None:
    ask(world)
    ask(world, day=2, said=OnBehalf("Ibu Mimin", "+62 840 0000 0077", "whatsapp"))
    assert (mimin().name, len(bookings_of(reading(), seen_by(world, mimin().id)))) == ("Mimin", 2)
    code = ask(world, day=3, said=OnBehalf("Cecep S.", "0840-0000-0001", "walk-in"), community="kujang-lima")
    reading().expire_all()
    made = booking_by_code(reading(), code, seen_by(world, world.people["euis"]))
    assert (made.booked_for, made.community.slug) == (world.people["cecep"], "kujang-lima"), (
        "the community named has it"
    )


def test_who_may(world: World) -> None:
    for who in ("cecep", "entin", "ujang", "admin"):
        with pytest.raises(Forbidden):
            ask(world, who)
        wanted = Wanted("Latihan", 2, [world.time("musik", 1, "09:00", "10:00")], on_behalf=MIMIN)
        with pytest.raises(Forbidden):
            preview_request(reading(), act=world.act(who), wanted=wanted)
    assert mimin() is None, "what is refused enters nobody"
    both = (world.time("musik", 1, "09:00", "10:00"), world.time("pl1", 1, "09:00", "10:00"))
    with pytest.raises(Forbidden):
        world.ask("dadang", *both, on_behalf=MIMIN)
    assert world.ask("sumarna", *both, on_behalf=MIMIN)


def test_everything_wrong_is_told_at_once_and_nobody_entered(world: World) -> None:
    wrong = OnBehalf(" ", "12", "smoke", "x")
    assert sorted(refusal(lambda: ask(world, said=wrong))) == ["email", "phone", "required", "required"]
    taken = OnBehalf("Mimin", PHONE, "phone", "cecep@example.com")
    assert refusal(lambda: ask(world, said=taken)) == ["email_known"]
    assert refusal(lambda: ask(world, community="nirwana")) == ["unknown_community"]
    world.close(world.at(1, "08:00"), world.at(1, "12:00"), room="musik")
    assert refusal(lambda: ask(world)) == ["closed"]
    assert mimin() is None


def test_rules_count_for_the_person_not_for_the_officer(world: World) -> None:
    world.room("kecil", rules={"hours": {"weekly": {"tue": [["08:00", "17:00"]]}}, "active": {"count": 1}})
    ask(world, room="kecil")
    again = world.time("kecil", 8, "09:00", "10:00")
    assert refusal(lambda: world.ask("dadang", again, on_behalf=MIMIN)) == ["active"]
    assert world.ask("dadang", again, on_behalf=OnBehalf("Pak Odang", "0840-0000-0078", "letter"))


def test_staff_act_for_who_cannot_log_in_until_they_can(world: World) -> None:
    code = ask(world)
    decide(act=world.act("dadang"), code=code, verdict=Verdict.RETURN, reason="Berapa orang?")
    with pytest.raises(NotFound):
        resubmit(act=world.act("entin"), code=code, note="Dua")
    resubmit(act=world.act("dadang"), code=code, note="Dua orang, katanya di telepon.")
    secret = joining.reset_password(act=world.act("dadang"), person_id=mimin().id, real_now=world.now)
    new = NewPerson("Mimin", PHONE, "", PASSWORD)
    assert refusal(lambda: joining.register(act=world.act(), new=new)) == ["phone_known"], (
        "no one takes it by typing it"
    )
    signing_in.set_password(act=world.act(), code=secret, password=PASSWORD, now=world.now)
    world.people["mimin"] = signing_in.log_in(
        login=PHONE, password=PASSWORD, network="10.0.0.1", trusted=False, now=world.now
    ).person_id
    decide(act=world.act("dadang"), code=code, verdict=Verdict.RETURN, reason="Dan alat?")
    with pytest.raises(Forbidden):
        resubmit(act=world.act("dadang"), code=code, note="Tidak ada")
    resubmit(act=world.act("mimin"), code=code, note="Tidak ada")
    cancel(act=world.act("mimin"), code=code, reason="")


def test_the_same_key_is_the_same_booking(world: World) -> None:
    first = ask(world, key="meja-1", community=PRIVATELY)
    assert ask(world, key="meja-1", community=PRIVATELY) == first
    other = OnBehalf("Pak Odang", "0840-0000-0078", "phone")
    assert refusal(lambda: ask(world, said=other, key="meja-1", community=PRIVATELY)) == ["key_reused"]


def test_a_copy_of_what_is_stored_holds_nothing_of_those_whom_one_served(world: World) -> None:
    code = ask(world)
    for who, own in ((world.people["dadang"], []), (mimin().id, [code])):
        assert [one.code for one in exporting.bookings_of(reading(), who)] == own
        assert personal.counts(reading(), who)["bookings"] == len(own)
