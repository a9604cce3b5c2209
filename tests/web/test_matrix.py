"""Who gets what at every address: tests/web/matrix.py against the real app, seven viewers, own and foreign objects.

The table is held against `app.url_map`: a route without a line fails by name and says the line that it answers with
today, to be judged by whoever adds it. SQLite alone: who may do what does not depend on the database.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.storage.db import reading
from booking.storage.people import Person
from tests.support.filled import SECRETS, VIEWERS, Filled
from tests.web.matrix import BODIES, BY_KEY, KNOWN_BY_ALL, MAY_READ, OF, OWN_PHONE, TABLE, UNGUESSED

Line = tuple[str, str]


def lines() -> dict[Line, dict[str, str]]:
    """(method, rule) -> viewer -> what is expected."""
    found = {}
    for row in TABLE.strip().splitlines():
        if row.strip() and not row.lstrip().startswith("#"):
            method, rule, *said = row.replace(", ", ",").split()
            assert len(said) == len(VIEWERS), row
            found[method, rule.replace(",", ", ")] = dict(zip(VIEWERS, said, strict=True))
    return found


LINES = lines()
UNCONCERNED = ("nobody", "stranger", "elsewhere", "guard")
"""Whom no booking of the world belongs to or is put before; the guard sees those of today."""


@pytest.fixture(scope="module")
def centre(filled_centre: Filled) -> Filled:
    return filled_centre


def routes(centre: Filled) -> list[Line]:
    found = {
        (method, rule.rule)
        for rule in centre.app.url_map.iter_rules()
        for method in (rule.methods or ()) - {"HEAD", "OPTIONS"}
    }
    return sorted(found, key=lambda line: (line[1], line[0]))


def ask(centre: Filled, viewer: str, line: Line, **instead: Any) -> TestResponse:
    """One request as a browser (or, for the API, a program) of this viewer makes it; all is put back afterwards."""
    method, rule = line
    name = f"{method} {rule}"
    of = OF.get(name, "")
    body = put_in(BODIES.get(name, {}), known_values(centre, name) | instead)
    address = centre.address(rule, of, **instead)
    if method == "GET":
        answer = _asker(centre, viewer, rule).open(address, query_string=body)
    elif rule.startswith("/api/"):
        answer = _asker(centre, viewer, rule).open(address, method=method, json=body)
    else:
        client = centre.client(viewer)
        data = {"csrf_token": centre.csrf(client), **uploaded(body)}
        answer = client.open(address, method=method, data=data)
    if method != "GET" and answer.status_code < 400:
        centre.put_back()
    return answer


def known_values(centre: Filled, name: str) -> dict[str, Any]:
    """What bodies name in braces, of the booking that the line is about."""
    of = OF.get(name, "")
    names = ("version", "code", "uid", "need", "member", "number")
    return {one: centre.ids.get(f"{of} {one}".strip(), centre.ids.get(one)) for one in names}


def uploaded(body: dict[str, Any]) -> dict[str, Any]:
    """A form with files, as a client takes it: bytes are the contents of one."""
    return {name: (BytesIO(value), "jadwal.ics") if isinstance(value, bytes) else value for name, value in body.items()}


def _asker(centre: Filled, viewer: str, rule: str) -> FlaskClient:
    if not rule.startswith("/api/"):
        return centre.client(viewer)
    client = centre.app.test_client()
    if viewer in centre.keys:
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {centre.keys[viewer]}"
    return client


def put_in(body: Any, values: dict[str, Any]) -> Any:
    if isinstance(body, dict):
        return {put_in(name, values): put_in(value, values) for name, value in body.items()}
    if isinstance(body, list):
        return [put_in(one, values) for one in body]
    whole = re.fullmatch(r"\{(\w+)\}", body) if isinstance(body, str) else None
    if whole:
        return values[whole[1]]
    return body.format(**values) if isinstance(body, str) else body


def said(answer: TestResponse) -> str:
    """`log`: sent to the log-in page; else the status."""
    is_sent = answer.status_code == 302 and answer.headers["Location"].startswith("/login")
    return "log" if is_sent else str(answer.status_code)


def test_every_route_has_a_line_and_every_line_a_route(centre: Filled) -> None:
    known = routes(centre)
    missing = [line for line in known if line not in LINES]
    told = [" ".join((*line, *(said(ask(centre, viewer, line)) for viewer in VIEWERS))) for line in missing]
    assert not told, "add to tests/web/matrix.py, once it is as it should be:\n" + "\n".join(told)
    assert [line for line in LINES if line not in known] == []


@pytest.fixture(scope="module")
def answers(centre: Filled) -> dict[tuple[Line, str], tuple[str, str]]:
    """(line, viewer) -> what was said, and the whole text; each asked once."""
    found = {}
    for line in LINES:
        for viewer in VIEWERS:
            answer = ask(centre, viewer, line)
            found[line, viewer] = said(answer), answer.get_data().decode("utf-8", "replace")
    return found


Answers = dict[tuple[Line, str], tuple[str, str]]


def test_everybody_gets_what_the_table_says(answers: Answers) -> None:
    wrong = [
        f"{' '.join(line)}: {viewer} gets {got}, not {LINES[line][viewer]}"
        for (line, viewer), (got, _text) in answers.items()
        if got != LINES[line][viewer]
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_of_a_foreign_object_is_told(answers: Answers) -> None:
    """Neither title, purpose, phone nor e-mail, in any answer to those whom it does not concern."""
    leaks = []
    for (line, viewer), (got, text) in answers.items():
        reads = MAY_READ[viewer] if got in ("200", "409", "422") else ()
        own = {"phone"} if " ".join(line) in OWN_PHONE else set()
        told = [name for name, secret in SECRETS.items() if secret in text and name not in {*reads, *own}]
        if " ".join(line) not in BY_KEY:
            leaks += [f"{' '.join(line)}: {viewer} reads the {name}" for name in told]
    assert not leaks, "\n".join(leaks)


def test_nobody_reads_a_name_a_number_or_an_address_of_anybody(answers: Answers, centre: Filled) -> None:
    """On every page, calendar and answer for everybody; a link that was handed over tells who handed it over."""
    persons = reading().execute(select(Person.name, Person.phone, Person.email)).all()
    words = {word for person in persons for word in person if word and word != "Admin"}
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, sorted(words)))})\b")
    assert len(words) > 20
    told = {
        " ".join(line): found[0]
        for (line, viewer), (_got, text) in answers.items()
        if viewer == "nobody" and " ".join(line) not in BY_KEY and (found := pattern.findall(text))
    }
    assert not told


def test_what_is_foreign_answers_as_what_is_not_there(centre: Filled) -> None:
    """404 rather than 403: nobody finds out which codes, ids and keys exist."""
    told = []
    for line, expected in LINES.items():
        found = re.findall(r"(?:(\w+)/)?<(?:[^>]*:)?(\w+)>", line[1])
        names = {one for kind, name in found for one in (name, f"{kind} {name}") if one in UNGUESSED}
        if not names:
            continue
        for viewer, want in expected.items():
            if viewer not in UNCONCERNED or want not in ("log", "401", "403", "404", "410"):
                continue
            absent = said(ask(centre, viewer, line, **{name: UNGUESSED[name] for name in names}))
            if absent != want and " ".join(line) not in KNOWN_BY_ALL:
                told.append(f"{' '.join(line)}: {viewer} gets {want} for a foreign one and {absent} for none")
    assert not told, "\n".join(told)


def test_a_stranger_is_never_told_403_about_an_object() -> None:
    """The door of a wing may be shut (403) whatever stands behind; where strangers may go at all it is 404."""
    shut = ("/manage", "/inbox", "/today")
    wrong = [
        line
        for line, of in LINES.items()
        if "<code>" in line[1] and of["stranger"] == "403" and not line[1].startswith(shut)
    ]
    assert wrong == []


def test_the_table_can_fail(centre: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the one loader that asks permission a stranger reads the booking."""
    line = ("GET", "/bookings/<code>")
    assert said(ask(centre, "stranger", line)) == LINES[line]["stranger"] == "404"
    monkeypatch.setattr("booking.storage.bookings.may_see", lambda *_: True)
    answer = ask(centre, "stranger", line)
    assert said(answer) == "200"
    assert SECRETS["title"] in answer.text
