"""Files that are no calendars, names that are paths, and dry runs that were forged, handed on or changed afterwards."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from io import BytesIO

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, stream_encode_multipart

from booking.ical.content import MOST_BYTES
from booking.storage.bookings import Booking, Occurrence
from booking.storage.closures import Closure
from booking.storage.db import reading
from booking.storage.imports import Imported
from booking.usecases.joining import end_role
from tests.attacks.test_forgery import fingerprint
from tests.support.attacker import post
from tests.support.calendars import calendar, event
from tests.support.filled import Filled

PATH = "/manage/import"
MIB = 1024 * 1024


def day(number: int, title: str = "Rapat impor", place: str = "Studio") -> str:
    return event(f"impor-{number}", f":202612{number:02d}T020000Z", f":202612{number:02d}T040000Z", title, place)


FILE = calendar(day(10), day(11))


def upload(centre: Filled, viewer: str, body: bytes, name: str = "jadwal.ics", **more: str) -> TestResponse:
    file = (BytesIO(body), name, more.pop("kind_of_file", "text/calendar"))
    # the test client would write a large one into a file of its own and leave that open
    form = {
        "csrf_token": token_of(centre),
        "kind": "bookings",
        "people": "1",
        "file": FileStorage(*file[:2], content_type=file[2]),
    }
    stream, _length, boundary = stream_encode_multipart(MultiDict({**form, **more}), use_tempfile=False)
    kind = f"multipart/form-data; boundary={boundary}"
    client = centre.client(viewer)
    centre.csrf(client)
    return client.post(PATH, data=stream.read(), content_type=kind)


def token_of(centre: Filled) -> str:
    return centre.csrf(centre.app.test_client())


def dry_run(centre: Filled, viewer: str = "officer", body: bytes = FILE, **more: str) -> dict[str, str]:
    """What the form of a dry run sends."""
    page = upload(centre, viewer, body, **more)
    assert page.status_code == 200
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1] for name in ("plan", "digest")}
    return {"kind": "bookings", "people": "1", **more, **hidden}


def confirm(centre: Filled, viewer: str, fields: dict[str, str], **more: str) -> int:
    return post(centre, viewer, PATH, {**fields, "confirm": "1", **more}).status_code


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("jadwal.ics", FILE)
    return out.getvalue()


WRONG = {
    "zip": zipped(),
    "gzip": gzip.compress(FILE),
    "zip behind a calendar's first line": b"BEGIN:VCALENDAR\r\n" + zipped(),
    "html": b"<!doctype html><script>alert(1)</script>" + FILE,
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "pdf": b"%PDF-1.7\n" + bytes(range(256)),
    "bytes": bytes(range(256)) * 100,
    "nothing": b"",
    "zeros": b"\0" * 1000,
    "utf-16": FILE.decode().encode("utf-16"),
    "no end": FILE[:-20],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_calendar_is_refused_in_words(centre: Filled, name: str) -> None:
    before = fingerprint()
    for kind in ("text/calendar", "application/zip", "text/html", "x/y; boundary=z"):
        answer = upload(centre, "officer", WRONG[name], kind_of_file=kind)
        assert answer.status_code == 422
        assert answer.mimetype == "text/html"
        assert 'role="alert"' in answer.text
        assert "<script>alert" not in answer.text
        assert "root:" not in answer.text
    assert fingerprint() == before


def test_two_mebibytes_are_a_sentence_and_more_is_413(centre: Filled) -> None:
    before = fingerprint()
    for body in (b"x" * 2 * MIB, calendar(day(10)).replace(b"Rapat", b"R" * 2 * MIB), b"A" * (MOST_BYTES + 1)):
        assert upload(centre, "officer", body).status_code == 422
    assert upload(centre, "officer", b"x" * 4 * MIB).status_code == 413
    assert fingerprint() == before


def test_the_room_for_a_file_is_for_those_who_may_bring_one(centre: Filled) -> None:
    """Elsewhere a body of that size is 413; nobody else's file is read."""
    for viewer, status in (("nobody", 302), ("owner", 403), ("stranger", 403), ("guard", 403)):
        assert upload(centre, viewer, FILE).status_code == status
    assert post(centre, "officer", "/manage/reasons", {"text_id": "x" * 2 * MIB}).status_code == 413


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x",
        "..\\..\\wsgi.py",
        "/etc/passwd",
        "C:\\x.ics",
        "a\0b.ics",
        "<img src=x onerror=alert(1)>.ics",
        "x" * 3000 + ".ics",
        "jadwal.php",
        "\u202eсci.exe",
        "%00",
        "CON",
    ],
)
def test_the_name_of_a_file_names_nothing(centre: Filled, name: str) -> None:
    """It is neither shown nor used: no file appears anywhere."""
    folder = centre.file.parent
    was = sorted(path.name for path in folder.rglob("*") if "sqlite" not in path.name)
    before = fingerprint()
    answer = upload(centre, "officer", FILE, name)
    assert answer.status_code == 200
    assert name not in answer.text
    assert "onerror" not in answer.text
    assert sorted(path.name for path in folder.rglob("*") if "sqlite" not in path.name) == was
    assert fingerprint() == before


def test_a_large_file_is_kept_in_memory_alone(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("werkzeug.formparser.default_stream_factory", lambda **_: pytest.fail("a file on the disk"))
    large = calendar(day(10), *(f"X-FILLER:{'x' * 60}" for _ in range(10_000)))
    assert 600_000 < len(large) < MOST_BYTES
    assert upload(centre, "officer", large).status_code == 200


def test_several_files_and_fields_twice_are_one_file(centre: Filled) -> None:
    before = fingerprint()
    many = [(BytesIO(FILE), "a.ics"), (BytesIO(WRONG["zip"]), "b.zip")]
    form = {"kind": ["bookings", "closures"], "people": ["1", "999"], "file": many, "plan": "x"}
    assert post(centre, "officer", PATH, form).status_code in (200, 422)
    assert fingerprint() == before


# dry runs


def test_what_was_shown_is_done(centre: Filled) -> None:
    """The control of all that follow."""
    assert confirm(centre, "officer", dry_run(centre)) == 302
    reading().rollback()
    assert len(reading().scalars(select(Imported)).all()) == 2


def forged(plan: str) -> dict[str, str]:
    """Ways to change what is sealed."""
    raw = urlsafe_b64decode(plan)
    other = zlib.compress(zlib.decompress(raw[32:]).replace(b"Rapat impor", b"Pesta kebun"), 9)
    return {
        "other words under the old seal": urlsafe_b64encode(raw[:32] + other).decode(),
        "no seal": urlsafe_b64encode(other).decode(),
        "seal of zeros": urlsafe_b64encode(b"\0" * 32 + other).decode(),
        "seal alone": urlsafe_b64encode(raw[:32]).decode(),
        "a bit": urlsafe_b64encode(bytes([raw[0] ^ 1]) + raw[1:]).decode(),
        "more behind": urlsafe_b64encode(raw + b"x").decode(),
        "cut": plan[: len(plan) // 2],
        "a bomb": urlsafe_b64encode(raw[:32] + zlib.compress(b"\0" * 50 * MIB, 9)).decode(),
        "empty": "",
        "not ascii": "ä" * 100,
        "surrogate": "\udc80".encode("utf-8", "surrogatepass").decode("latin-1"),
        "a pickle": urlsafe_b64encode(b"cos\nsystem\n(S'x'\ntR.").decode(),
    }


def test_no_forged_plan_is_taken(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it is unpacked before the seal has been looked at."""
    said, before = dry_run(centre), fingerprint()
    tries = forged(said["plan"])
    monkeypatch.setattr("booking.web.imports.zlib.decompress", lambda *_: pytest.fail("unpacked"))
    for name, plan in tries.items():
        assert confirm(centre, "officer", said, plan=plan) == 422, name
    assert fingerprint() == before


def test_without_the_seal_other_words_would_be_taken(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    said = dry_run(centre)
    monkeypatch.setattr("booking.web.imports._mac", lambda packed: urlsafe_b64decode(said["plan"])[:32])
    plan = forged(said["plan"])["other words under the old seal"]
    page = post(centre, "officer", PATH, {**said, "plan": plan})
    assert page.status_code == 200
    assert "Pesta kebun" in page.text


def test_the_plan_of_somebody_else_is_none(centre: Filled) -> None:
    """Replayed by another who may import, by one who may not, and under another secret of the server."""
    said, before = dry_run(centre), fingerprint()
    for viewer, status in (("elsewhere", 422), ("admin", 422), ("guard", 403), ("owner", 403), ("nobody", 302)):
        assert confirm(centre, viewer, said) == status, viewer
        # looked at, not confirmed: the digest knows who imports too, and would refuse without the seal
        assert post(centre, viewer, PATH, said).status_code == status, viewer
    centre.app.config["SECRET_KEY"] = "k" * 40
    token = centre.token
    del centre.cookies["session"]
    try:
        assert confirm(centre, "officer", said) == 422
    finally:
        centre.cookies.pop("session", None)
        centre.token = token
    assert fingerprint() == before


def test_a_plan_brings_nothing_in_twice(centre: Filled) -> None:
    said = dry_run(centre)
    assert confirm(centre, "officer", said) == 302
    before = fingerprint()
    assert confirm(centre, "officer", said) == 422
    assert fingerprint() == before


CHANGED = {
    "community": "gerimis-sore",
    "person": "euis@example.com",
    "people": "8",
    "override": "Saya mau",
    "tells": "y",
    "kind": "closures",
    "room-Studio": "musik",
    "digest": "0" * 64,
}


@pytest.mark.parametrize("name", CHANGED)
def test_other_choices_under_the_old_digest_are_refused(centre: Filled, name: str) -> None:
    """What is confirmed is what was shown, not what was sent along."""
    said, before = dry_run(centre), fingerprint()
    status = confirm(centre, "officer", said, **{name: CHANGED[name]})
    if name == "room-Studio" and status == 302:  # the place is known by its own name: nothing to be said of it
        rooms = {one.room.slug for one in reading().scalars(select(Occurrence).join(Imported))}
        assert rooms == {"studio"}
        return
    assert status == 422
    assert fingerprint() == before


def test_the_digest_of_one_file_is_none_of_another(centre: Filled) -> None:
    one, other = dry_run(centre), dry_run(centre, body=calendar(day(14), day(15)))
    before = fingerprint()
    assert confirm(centre, "officer", {**one, "digest": other["digest"]}) == 422
    assert fingerprint() == before


def test_what_has_changed_meanwhile_is_shown_again(centre: Filled) -> None:
    said, world = dry_run(centre), centre.world
    world.ask("euis", world.time("studio", 17, "09:00", "11:00"), title="Lebih dahulu")
    code = reading().scalar(select(Booking.code).order_by(Booking.id.desc()).limit(1))
    world.approve("dadang", code)
    before = fingerprint()
    assert confirm(centre, "officer", said) == 422
    assert fingerprint() == before


def test_a_role_that_has_ended_confirms_nothing(centre: Filled) -> None:
    said = dry_run(centre)
    end_role(act=centre.world.act("admin"), grant_id=centre.ids["grant_id"])
    before = fingerprint()
    assert confirm(centre, "officer", said) == 403
    assert fingerprint() == before


def test_an_officer_brings_nothing_into_rooms_of_another_site(centre: Filled) -> None:
    """Neither by the name in the file, nor by a choice, nor by a default, nor as a closure."""
    before, named = fingerprint(), calendar(day(10, place="Pelatihan 1"))
    strange = calendar(day(10, place="Entah di mana"))
    tries = [
        (named, {}),
        (strange, {"room-Entah di mana": "pl1"}),
        (calendar(day(10, place="")), {"default": "room:pl1"}),
        (calendar(day(10, place="")), {"kind": "closures", "default": "site:ctp"}),
        (named, {"kind": "closures"}),
    ]
    for body, more in tries:
        page = upload(centre, "officer", body, **more)
        if page.status_code == 200:
            found = re.search(r'name="digest" value="([^"]*)"', page.text)
            plan = re.search(r'name="plan" value="([^"]*)"', page.text)[1]
            said = {"kind": "bookings", "people": "1", **more, "plan": plan, "digest": found[1] if found else "x"}
            assert confirm(centre, "officer", said) in (403, 404, 422), more
        else:
            assert page.status_code in (403, 404, 422), more
    assert fingerprint() == before
    assert reading().scalars(select(Closure.id)).all()


def test_what_a_file_says_is_text(centre: Filled) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'
    page = upload(centre, "officer", calendar(day(10, title=evil), day(11, place=evil)))
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text
    assert "&lt;script&gt;" in page.text
