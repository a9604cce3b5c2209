"""Letters that are none, or more than one thing; names that are paths; readers whom they do not concern."""

from __future__ import annotations

import os
import zipfile
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, stream_encode_multipart

from booking.domain.errors import Refused
from booking.domain.pdf import MOST_BYTES, check_pdf
from booking.storage import letter_files
from booking.storage.db import reading
from booking.storage.history import History
from booking.storage.letters import Letter, letters_of
from booking.usecases.lettering import MOST_LETTERS, LetterFacts, add_letter, drop_old_letters, drop_strays
from tests.attacks.test_imports import token_of
from tests.support.attacker import get
from tests.support.filled import Filled
from tests.support.letters import pdf


def zipped() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("surat.html", "<script>1</script>")
    return file.getvalue()


def behind(front: bytes) -> bytes:
    """A zip whose directory ends in a comment that looks like the end of a PDF."""
    file = BytesIO(front)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("a", "b")
        archive.comment = b"\nstartxref\n9\n%%EOF"
    return file.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        check_pdf(data)
    return caught.value.violations[0].code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "letter_not_pdf", id="empty"),
        pytest.param(zipped(), "letter_not_pdf", id="renamed zip"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + pdf(), "letter_not_pdf", id="wrong magic before"),
        pytest.param(b"<html>" + pdf(), "letter_not_pdf", id="page before"),
        pytest.param(pdf(head=b"%PDF-1.4\n<script>alert(1)</script>\n"), "letter_not_pdf", id="page within the head"),
        pytest.param(pdf(tail=zipped()), "letter_not_pdf", id="zip behind"),
        pytest.param(behind(pdf()), "letter_not_pdf", id="zip whose comment ends as a PDF"),
        pytest.param(pdf(tail=b"MZ" + b"\0" * 4000), "letter_not_pdf", id="program behind"),
        pytest.param(b"%PDF-1.4\n" + b"x" * 100, "letter_not_pdf", id="head alone"),
        pytest.param(b"%PDF-9.9\n" + pdf()[9:], "letter_not_pdf", id="no such version"),
        pytest.param(pdf()[:-40] + b"startxref\n5\n%%EOF\n", "letter_not_pdf", id="table elsewhere"),
        pytest.param(pdf()[:-40] + b"startxref\n9999999999\n%%EOF\n", "letter_not_pdf", id="table nowhere"),
        pytest.param(pdf(b"3 0 obj <</S/JavaScript/JS(app.alert(1))>> endobj\n"), "letter_active", id="script"),
        pytest.param(pdf(b"3 0 obj <</S/Launch/F(cmd.exe)>> endobj\n"), "letter_active", id="launch"),
        pytest.param(pdf(b"3 0 obj <</EmbeddedFiles 4 0 R>> endobj\n"), "letter_active", id="files within"),
        pytest.param(pdf(b"%" + b"x" * MOST_BYTES + b"\n"), "letter_size", id="oversized"),
    ],
)
def test_what_is_no_plain_pdf_is_refused(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_a_pdf_is_taken_up_to_the_last_byte() -> None:
    check_pdf(pdf())
    check_pdf(pdf(head=b"%PDF-2.0\r\n"))
    longest = pdf(b"%" + b"x" * (MOST_BYTES - len(pdf(b"%\n")) - 4) + b"\n")
    assert len(longest) == MOST_BYTES, "the place of its table takes four digits more here"
    check_pdf(longest)


def upload(centre: Filled, viewer: str, data: bytes, name: str = "surat.pdf", **more: str) -> TestResponse:
    file = FileStorage(BytesIO(data), name, content_type="application/pdf")
    form = {"csrf_token": token_of(centre), "letter": file, "letter_number": "01/X", "letter_date": "2026-11-20"}
    stream, _length, boundary = stream_encode_multipart(MultiDict({**form, **more}), use_tempfile=False)
    client = centre.client(viewer)
    centre.csrf(client)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(f"/bookings/{centre.ids['code']}/letters", data=stream.read(), content_type=kind)


def folder(centre: Filled) -> Path:
    return Path(centre.app.config["DATA"]) / "letters"


def names(centre: Filled) -> set[str]:
    return {path.name for path in folder(centre).iterdir()}


def test_a_name_that_is_a_path_names_nothing(centre: Filled) -> None:
    before = names(centre)
    for name in ("../../evil.pdf", "/etc/passwd", "..\\..\\evil.pdf", "a\0b.pdf", "evil.html"):
        assert upload(centre, "owner", pdf(), name).status_code in (302, 422)
    added = names(centre) - before
    assert added
    assert all(letter_files._NAME.fullmatch(one) for one in added)
    assert not [*folder(centre).parent.rglob("evil*")]
    modes = {(folder(centre) / one).stat().st_mode & 0o777 for one in added}
    assert modes == {0o600}, "nobody else on the machine reads it"
    for name in ("../booking.sqlite", "..%2fx.pdf", "x.pdf"):
        assert letter_files.read(folder(centre), name, "") is None
    for tail in ("../1.pdf", "..%2f1.pdf", "1.pdf%00.html", "-1.pdf", "99999999999.pdf"):
        assert get(centre, "owner", f"/bookings/{centre.ids['code']}/letters/{tail}").status_code in (400, 404)


def test_refused_files_leave_nothing(centre: Filled) -> None:
    before = names(centre)
    assert upload(centre, "owner", zipped(), "surat.pdf").status_code == 422
    assert upload(centre, "owner", pdf(), letter_number="").status_code == 422
    assert upload(centre, "owner", pdf(), letter_date="2027-01-01").status_code == 422
    assert upload(centre, "stranger", pdf()).status_code == 404
    assert upload(centre, "nobody", pdf()).status_code == 302
    assert upload(centre, "owner", b"x" * (MOST_BYTES + 2**20)).status_code == 413
    assert upload(centre, "nobody", b"x" * (2 * 2**20)).status_code == 413, "strangers send no more than any form"
    assert names(centre) == before


def test_it_is_handed_out_to_keep_and_to_nobody_else(centre: Filled) -> None:
    path = f"/bookings/{centre.ids['code']}/letters/{centre.ids['letter_id']}.pdf"
    answer = get(centre, "owner", path)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, pdf(), "application/pdf")
    headers = answer.headers
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert "no-store" in headers["Cache-Control"]
    other = path.replace(str(centre.ids["code"]), str(centre.ids["today code"]))
    assert get(centre, "owner", other).status_code == 404, "a letter belongs to its booking"
    for viewer in ("stranger", "elsewhere", "guard"):
        assert get(centre, viewer, path).status_code == 404


def test_bytes_that_were_changed_are_not_handed_out(centre: Filled) -> None:
    row = reading().get(Letter, centre.ids["letter_id"])
    file = folder(centre) / row.file
    kept = file.read_bytes()
    file.write_bytes(kept + b"\n")
    try:
        path = f"/bookings/{centre.ids['code']}/letters/{row.id}.pdf"
        assert get(centre, "owner", path).status_code == 404
    finally:
        file.write_bytes(kept)


def test_so_many_and_while_undecided(centre: Filled) -> None:
    for _ in range(MOST_LETTERS - 1):
        assert upload(centre, "owner", pdf()).status_code == 302
    assert upload(centre, "owner", pdf()).status_code == 422
    centre.world.approve("dadang", centre.ids["code"])
    reading().expire_all()
    assert len(letters_of(reading(), reading().get(Letter, centre.ids["letter_id"]).booking_id)) == MOST_LETTERS
    new = LetterFacts("9", date(2026, 11, 1), pdf())
    with pytest.raises(Refused):
        add_letter(act=centre.world.act("cecep"), code=centre.ids["code"], new=new, folder=folder(centre))


def test_after_its_months_the_file_goes_and_its_number_stays(centre: Filled, tmp_path: Path) -> None:
    world, act = centre.world, centre.world.act
    new = LetterFacts("007/GS", date(2026, 11, 20), pdf())
    add_letter(act=act("cecep"), code=centre.ids["code"], new=new, folder=tmp_path)
    stray = tmp_path / f"{'0' * 32}.pdf"
    stray.write_bytes(pdf())
    os.utime(stray, (0, 0))
    drop_strays(real_now=world.now, folder=tmp_path)
    (left,) = tmp_path.iterdir()
    assert left.name == reading().scalar(select(Letter.file).order_by(Letter.id.desc()))
    assert drop_old_letters(act=act(), folder=tmp_path) == 0
    began = world.now
    world.now += timedelta(days=731)
    try:
        assert drop_old_letters(act=act(), folder=tmp_path) > 0
    finally:
        world.now = began
    reading().expire_all()
    row = reading().scalar(select(Letter).order_by(Letter.id.desc()))
    assert (row.file, row.number, row.dated_on, [*tmp_path.iterdir()]) == (None, "007/GS", date(2026, 11, 20), [])
    steps = reading().scalars(select(History).where(History.event == "letter_dropped")).all()
    assert "007/GS" in [one.text.text for one in steps]
    assert not any("007" in str(one.facts) for one in steps), "a number is somebody's words, and can be erased"
