"""The inbox in the browser, without JavaScript: filters, one and many decided, taken back, rivals afterwards."""

from __future__ import annotations

import gzip
from datetime import timedelta

from sqlalchemy import event

from booking.storage.db import db
from booking.usecases.cancelling import cancel
from booking.usecases.deciding import Verdict, decide
from booking.usecases.expiring import close_overdue
from booking.usecases.furnishing_reasons import save_reason
from tests.support.clients import WebClient, text_of
from tests.support.world import World
from tests.usecases.test_requesting import booking


def test_a_clean_row_is_approved_with_one_tap_and_taken_back_with_another(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    web.log_in("dadang")
    page = web.get("/inbox")
    assert f'name="one" value="{code}"' in page.text
    web.post("/inbox/clear", {"one": code, f"version-{code}": "1", "verdict": "approve"})
    assert booking(code).state == "approved"
    assert "Tarik kembali" in text_of(web.get("/inbox"))
    web.post("/inbox/undo")
    assert booking(code).state == "requested"


def test_too_late_to_take_back_is_said(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    web.log_in("dadang")
    web.post("/inbox/clear", {"one": code, "verdict": "approve"})
    world.now += timedelta(seconds=11)
    assert "Tarik kembali" not in text_of(web.get("/inbox"))
    web.post("/inbox/undo")
    assert "Sudah terlambat" in text_of(web.get("/inbox"))
    assert booking(code).state == "approved"


def test_many_are_shown_with_their_consequence_before_they_are_decided(web: WebClient, world: World) -> None:
    codes = [world.ask("cecep", world.time("musik", day, "19:00", "21:00")) for day in (2, 3, 4)]
    web.log_in("dadang")
    assert web.get("/inbox?mark=clean").text.count(" checked>") == 3
    fields = {"code": codes, "verdict": "approve", **{f"version-{code}": "1" for code in codes}}
    page = text_of(web.post("/inbox/clear", fields))
    assert "Setujui 3 permohonan?" in page
    assert {booking(code).state for code in codes} == {"requested"}
    web.post("/inbox/clear", {**fields, "sure": "1"})
    assert {booking(code).state for code in codes} == {"approved"}
    assert "3 permohonan disetujui" in text_of(web.get("/inbox"))


def test_what_was_not_decided_is_listed_with_its_reason(web: WebClient, world: World) -> None:
    codes = [world.ask(who, world.time("musik", 2, "19:00", "21:00"), title=who) for who in ("cecep", "euis")]
    clean = world.ask("dewi", world.time("musik", 3, "19:00", "21:00"))
    web.log_in("dadang")
    answer = text_of(web.post("/inbox/clear", {"code": [*codes, clean], "verdict": "approve", "sure": "1"}))
    assert "1 dari 3 diputuskan" in answer
    assert answer.count("Ada yang meminta jam yang sama") == 2
    assert booking(clean).state == "approved"


def test_a_bulk_decline_needs_a_reason_and_takes_a_ready_made_one(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    number = save_reason(act=world.act("sumarna"), reason_id=None, verdict="decline", text_id="Dipakai dinas.")
    web.log_in("dadang")
    fields = {"code": [code], "verdict": "decline", "sure": "1"}
    assert web.post("/inbox/clear", fields).status_code == 422
    assert web.post("/inbox/clear", {**fields, "canned": str(number)}).status_code == 302
    assert booking(code).occurrences[0].reason == "Dipakai dinas."


def test_after_an_approval_the_losers_are_shown_and_declined_together(web: WebClient, world: World) -> None:
    won = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"), title="Menang")
    lost = world.ask("euis", world.time("musik", 2, "20:00", "21:00"), title="Kalah")
    web.log_in("dadang")
    compared = text_of(web.get(f"/inbox/{won}"))
    assert "Permohonan lain: Kalah" in compared
    answer = web.post(f"/inbox/{won}", {"version": "1", "verdict": "approve"})
    assert answer.location == f"/inbox/{won}/after"
    assert "Kalah" in text_of(web.get(answer.location))
    assert booking(lost).state == "requested"
    web.post("/inbox/clear", {"code": [lost], "verdict": "decline", "sure": "1", "reason": "Sudah diberikan."})
    assert booking(lost).state == "declined"


def test_part_of_a_request_is_decided_and_the_rest_waits(web: WebClient, world: World) -> None:
    code = world.ask("cecep", *(world.time("musik", day, "19:00", "21:00") for day in (2, 3)))
    first, second = (one.uid for one in booking(code).occurrences)
    web.log_in("dadang")
    answer = web.post(f"/inbox/{code}", {"version": "1", "verdict": "approve", "part": "1", "uid": [first]})
    assert answer.status_code == 302, text_of(answer)
    assert [one.state for one in booking(code).occurrences] == ["approved", "requested"]
    fields = {"version": "2", "verdict": "decline", "part": "1", "uid": [second], "reason": "Penuh."}
    web.post(f"/inbox/{code}", fields)
    assert booking(code).state == "approved_in_part"


def test_nothing_marked_decides_nothing(web: WebClient, world: World) -> None:
    code = world.ask("cecep", *(world.time("musik", day, "19:00", "21:00") for day in (2, 3)))
    web.log_in("dadang")
    web.post(f"/inbox/{code}", {"version": "1", "verdict": "approve", "part": "1"})
    assert booking(code).state == "requested"
    web.post("/inbox/clear", {"verdict": "approve", "sure": "1"})
    assert "Tandai dulu" in text_of(web.get("/inbox"))


def test_moving_needs_a_reason_and_keeps_the_rest(web: WebClient, world: World) -> None:
    world.room("musik2", capacity=8)
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    web.log_in("dadang")
    assert "Musik2" in web.get(f"/inbox/{code}").text
    assert web.post(f"/inbox/{code}/move", {"room": "musik2", "reason": ""}).status_code == 422
    assert web.post(f"/inbox/{code}/move", {"room": "musik2", "reason": "AC rusak."}).status_code == 302
    assert booking(code).occurrences[0].room.slug == "musik2"


def test_the_applicant_reads_who_decides_and_by_when(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 4, "19:00", "21:00"))
    web.log_in("cecep")
    page = text_of(web.get(f"/bookings/{code}"))
    assert "Petugas BITC yang memutuskan." in page
    assert "paling lambat Rabu, 25 November 2026" in page
    world.now = world.at(3, "08:00")
    web.log_in("cecep")
    assert "Kantor terlambat" in text_of(web.get(f"/bookings/{code}"))
    assert "by the end of" not in text_of(web.get(f"/bookings/{code}?lang=en"))


def test_reasons_are_managed_by_those_who_decide(web: WebClient, world: World) -> None:
    web.log_in("dadang")
    assert web.post("/manage/reasons", {"verdict": "decline", "text_id": " "}).status_code == 422
    said = {"verdict": "decline", "text_id": "Dipakai dinas.", "text_en": "In use."}
    assert web.post("/manage/reasons", said).status_code == 302
    assert "Dipakai dinas." in web.get("/manage/reasons").text
    web.post("/logout")
    web.log_in("cecep")
    assert web.get("/manage/reasons").status_code == 403


def test_500_requests_are_pages_of_constant_cost(web: WebClient, world: World) -> None:
    def cost(path: str) -> tuple[int, int]:
        statements: list[str] = []
        listen = lambda _c, _cu, statement, *_: statements.append(statement)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        page = web.get(path)
        event.remove(db.engine, "before_cursor_execute", listen)
        assert page.status_code == 200
        return len(statements), len(gzip.compress(page.data, 6))

    def ask(rooms: range) -> None:
        for number in rooms:
            world.room(f"ruang-{number}", name=f"Ruang nomor {number}")
            for day in range(1, 6):
                times = (world.time(f"ruang-{number}", day, f"{hour:02}:00", f"{hour + 1:02}:00") for hour in (9, 13))
                world.ask("cecep", *times, title=f"Latihan rutin nomor {number} hari {day}")

    web.log_in("sumarna")
    ask(range(6))  # more than one page
    few, _weight = cost("/inbox")
    ask(range(6, 26))
    many, weight = cost("/inbox")
    assert many == few
    assert weight <= 12 * 1024
    assert cost("/inbox?page=3")[0] == few


def test_every_state_says_what_happened_and_what_comes_next(web: WebClient, world: World) -> None:
    def asked(day: int | None = None) -> str:
        return world.ask("cecep", world.time("musik", 2 + len(said) if day is None else day, "16:00", "18:00"))

    said: dict[str, tuple[str, str]] = {}
    said[world.approve("dadang", asked())] = ("milik Anda", "It is yours")
    said[world.decline("dadang", asked(), "Dipakai dinas.")] = ("Dipakai dinas.", "another time or room")
    returned = asked()
    decide(act=world.act("dadang"), code=returned, verdict=Verdict.RETURN, reason="Mohon surat.")
    said[returned] = ("Giliran Anda", "It is your turn")
    gone = asked()
    cancel(act=world.act("cecep"), code=gone)
    said[gone] = ("sudah dibatalkan", "called off")
    lapsed, over = asked(0), world.ask("cecep", world.time("rapat", 0, "10:00", "12:00"))
    said[asked()] = ("Petugas BITC yang memutuskan", "The officer of BITC decides")
    world.now = world.at(0, "18:30")
    close_overdue(act=world.act())
    said[lapsed] = ("kelalaian kami", "our failure")
    said[over] = ("Sudah terlaksana", "It took place")
    web.log_in("cecep")
    for code, (in_id, in_en) in said.items():
        assert in_id in text_of(web.get(f"/bookings/{code}?lang=id")), booking(code).state
        assert in_en in text_of(web.get(f"/bookings/{code}?lang=en")) or in_en == in_id, booking(code).state


def test_a_site_says_within_how_many_working_days_it_answers(web: WebClient, world: World) -> None:
    web.log_in("admin")
    site = {"name": "Gedung BITC", "short_name": "BITC", "timezone": "Asia/Jakarta", "position": "0"}
    for days, status in (("31", 422), ("-1", 422), ("", 422), ("5", 302)):
        assert web.post("/manage/sites/bitc", {**site, "answer_days": days}).status_code == status
    code = world.ask("cecep", world.time("musik", 20, "10:00", "12:00"))
    assert booking(code).answer_by == world.at(8, "00:00")  # Monday of the next week, to its end
    web.post("/manage/sites/bitc", {**site, "answer_days": "0"})
    assert booking(world.ask("cecep", world.time("musik", 21, "10:00", "12:00"))).answer_by is None


def test_who_still_fits_into_a_pool_is_no_loser(web: WebClient, world: World) -> None:
    world.room("kolam", units=6, tier="officer")
    codes = [world.ask(who, world.time("kolam", 1, "10:00", "12:00", units=2)) for who in ("cecep", "euis", "dewi")]
    large = world.ask("ujang", world.time("kolam", 1, "11:00", "12:00", units=5))
    web.log_in("dadang")
    answer = web.post(f"/inbox/{codes[0]}", {"version": "1", "verdict": "approve"})
    page = web.get(answer.location).text
    assert f'value="{large}"' in page
    assert not any(f'value="{code}"' in page for code in codes[1:])


def test_tabs_hold_what_clashes_what_waits_for_applicants_and_what_was_decided(web: WebClient, world: World) -> None:
    for who in ("cecep", "euis"):
        world.ask(who, world.time("musik", 2, "19:00", "21:00"), title=f"Rebutan {who}")
    back, done, free = (
        world.ask("dewi", world.time("musik", day, "19:00", "21:00"), title=title)
        for day, title in ((3, "Dikembalikan"), (4, "Sudah disetujui"), (5, "Masih kosong"))
    )
    decide(act=world.act("dadang"), code=back, verdict=Verdict.RETURN, reason="Berapa orang?")
    decide(act=world.act("dadang"), code=done, verdict=Verdict.APPROVE)
    web.log_in("dadang")
    main = text_of(web.get("/inbox"))
    assert all(tab in main for tab in ("Perlu keputusan (3)", "Bentrok (2)", "Menunggu pemohon (1)"))
    clashing = web.get("/inbox?tab=clash").text
    assert [f"Rebutan {who}" in clashing for who in ("cecep", "euis")] == [True, True]
    assert free not in clashing
    waiting, decided = web.get("/inbox?tab=waiting").text, web.get("/inbox?tab=done").text
    assert (back in waiting, done in waiting) == (True, False)
    assert (back in decided, done in decided) == (False, True)
    world.now += timedelta(days=15)
    assert done not in web.get("/inbox?tab=done").text


def test_one_row_is_declined_with_a_reason(web: WebClient, world: World) -> None:
    code = world.ask("cecep", world.time("musik", 2, "19:00", "21:00"))
    web.log_in("dadang")
    assert "Tolak 1 permohonan?" in text_of(web.post("/inbox/clear", {"no": code, f"version-{code}": "1"}))
    assert booking(code).state == "requested"
