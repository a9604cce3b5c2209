"""What the proof of input types: values that are right, nearly right and wrong; and where it finds forms."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from itertools import chain
from typing import Any

from hypothesis import strategies as st

from tests.support.letters import pdf
from tests.support.pictures import picture

FILE = b""
"""What a form says of a field that takes a file, where it says nothing of what is in one."""

Fields = dict[str, list[Any]]

_DAYS = [
    "2026-11-25",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "10:00",
    "24:00",
    "25:61",
    "7.30",
]
_INSTANTS = [
    "2026-11-25T10:00:00+07:00",
    "2026-11-25T10:00:00",
    "2026-11-25T10:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "rapat|2026-11-25T10:00:00+07:00|2026-11-25T12:00:00+07:00",
    "0|2026-11-25T10:00-12:00",
    "||",
]
_WORDS = [
    "0",
    "-1",
    "1",
    "99999999999999999999",
    "1e309",
    "NaN",
    "null",
    "true",
    "[]",
    "{}",
    "'",
    '"',
    "<b>",
    "{{7*7}}",
    "%s%n",
    "../../etc/passwd",
    "//evil.example",
    "javascript:x",
    "weekly",
    "monthly",
    "approve",
    "decline",
    "all",
    "following",
    "bk_x",
    "site:bitc",
    "cecep@example.com",
    "0840-0000-0001",
    "Asia/Jakarta",
    "Mars/Olympus",
    "/etc/localtime",
    "-",
    "new",
    "y",
    "1,2",
    "٣",
    "😀",
]
_MARKS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\r\n",
    "\u202e",
    "\u200b",
    "\ufeff",
    "e" + "\u0301" * 300,
    "x" * 3000,
    "9" * 400,
]
_SPECIAL = [*_DAYS, *_INSTANTS, *_WORDS, *_MARKS]
_EXTRA = [
    "x",
    "uid",
    "code",
    "version",
    "state",
    "send",
    "confirm",
    "skip",
    "use",
    "more",
    "person",
    "for",
    "try",
    "wait",
]


@cache
def texts(known: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Something known, something special, a number, a day, or any text at all."""
    signs = st.characters(codec="utf-8")
    return st.one_of(
        st.sampled_from(known),
        st.sampled_from(_SPECIAL),
        st.text(signs, max_size=40),
        st.integers(-(2**70), 2**70).map(str),
        st.dates().map(str),
        st.times().map(lambda at: at.isoformat()[:5]),
    )


_CALENDAR = [
    "BEGIN:VCALENDAR",
    "END:VCALENDAR",
    "BEGIN:VEVENT",
    "END:VEVENT",
    "BEGIN:VTIMEZONE",
    "END:VTIMEZONE",
    "VERSION:2.0",
    "METHOD:CANCEL",
    "UID:a",
    "UID:a",
    "UID:",
    "SUMMARY:Rapat",
    "SUMMARY:",
    "LOCATION:Studio",
    "LOCATION:Entah",
    "STATUS:CANCELLED",
    "SEQUENCE:99999999999999999999",
    "TZID:Asia/Jakarta",
    "TZID:Mars/Olympus",
    "DTSTART:20261210T020000Z",
    "DTSTART;VALUE=DATE:20261210",
    "DTSTART;TZID=Asia/Jakarta:20261210T090000",
    'DTSTART;TZID="W. Europe Standard Time":20261210T090000',
    "DTSTART;TZID=Mars/Olympus:20261210T090000",
    "DTSTART:20260230T020000Z",
    "DTSTART:00010101T000000Z",
    "DTSTART:99991231T235959Z",
    "DTEND:20261210T040000Z",
    "DTEND;VALUE=DATE:20261211",
    "DTEND;TZID=Asia/Jakarta:20261210T110000",
    "DTEND:20261209T040000Z",
    "DURATION:PT2H",
    "DURATION:P99999999999999999999W",
    "DURATION:-PT2H",
    "DURATION:P",
    "RRULE:FREQ=DAILY;COUNT=3",
    "RRULE:FREQ=WEEKLY;BYDAY=TH;UNTIL=20270101",
    "RRULE:FREQ=SECONDLY",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "RRULE:FREQ=DAILY;INTERVAL=0;COUNT=99999999999999999999",
    "RRULE:FREQ=MONTHLY;BYSETPOS=-367;BYDAY=99MO",
    "RRULE:",
    "RDATE:20261212T020000Z,20261213T020000Z",
    "RDATE;VALUE=PERIOD:20261212T020000Z/PT1H",
    "EXDATE:20261211T020000Z",
    "RECURRENCE-ID:20261211T020000Z",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261211T020000Z",
    " folded",
    'X;A="b:;c";D=:e',
    ";:",
]


@cache
def files() -> st.SearchStrategy[bytes]:
    """Calendars, letters and photos that are right, nearly right, or cut and changed somewhere; any bytes at all."""
    lines = st.lists(st.sampled_from(_CALENDAR), max_size=14)
    event = lines.map(lambda said: ["BEGIN:VEVENT", *said, "END:VEVENT"])
    whole = st.lists(event, max_size=4).map(lambda said: ["BEGIN:VCALENDAR", *chain(*said), "END:VCALENDAR"])
    ends = st.sampled_from(["\r\n", "\n", "\r", "\r\n\r\n"])
    made = st.tuples(st.one_of(whole, whole, lines), ends).map(lambda said: said[1].join(said[0]).encode())
    others = st.sampled_from([pdf(), pdf(tail=b"x" * 40), picture(), picture("PNG"), picture("GIF", (1, 1))])
    return st.one_of(made, made, made, _hurt(made), others, _hurt(others), st.binary(max_size=200))


@st.composite
def _hurt(draw: st.DrawFn, made: st.SearchStrategy[bytes]) -> bytes:
    """With something else from somewhere on, or in between."""
    body = draw(made)
    start = draw(st.integers(0, len(body)))
    return body[:start] + draw(st.binary(max_size=8)) + body[draw(st.integers(start, len(body))) :]


@cache
def junk(known: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Any JSON."""
    leaves = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), texts(known))
    one = st.one_of(leaves, st.lists(leaves, max_size=3), st.dictionaries(texts(known), leaves, max_size=3))
    return st.one_of(one, st.lists(one, max_size=3), st.dictionaries(texts(known), one, max_size=3))


def _mostly(right: st.SearchStrategy[Any], else_: st.SearchStrategy[Any], times: int) -> st.SearchStrategy[Any]:
    return st.integers(0, times).flatmap(lambda drawn: right if drawn else else_)


def of_schema(schema: dict[str, Any], document: dict[str, Any], known: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """A value of a JSON schema (as msgspec writes them); at each of its places sometimes any JSON instead."""
    return _mostly(_right(schema, document, known), junk(known), 14)


def _right(schema: dict[str, Any], document: dict[str, Any], known: tuple[str, ...]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _right(document["components"]["schemas"][name], document, known)
    if "anyOf" in schema:
        return st.one_of([of_schema(one, document, known) for one in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, document, known)
    if kind == "array":
        return st.lists(of_schema(schema.get("items", {}), document, known), max_size=4)
    numbers = st.one_of(st.integers(-3, 40), st.integers())
    simple = {"string": texts(known), "integer": numbers, "number": st.one_of(numbers, st.floats())}
    simple |= {"boolean": st.booleans(), "null": st.none()}
    return simple[str(kind)] if str(kind) in simple else junk(known)


def _object(schema: dict[str, Any], document: dict[str, Any], known: tuple[str, ...]) -> st.SearchStrategy[Any]:
    values = {name: of_schema(one, document, known) for name, one in schema.get("properties", {}).items()}
    more = schema.get("additionalProperties")
    if not values and isinstance(more, dict):
        return st.dictionaries(texts(known), of_schema(more, document, known), max_size=3)
    if not values:
        return st.dictionaries(texts(known), junk(known), max_size=3)
    needed = {name: values.pop(name) for name in schema.get("required", []) if name in values}
    return st.fixed_dictionaries(needed, optional=values)


@st.composite
def changed(draw: st.DrawFn, right: dict[str, Any], value: st.SearchStrategy[Any]) -> dict[str, Any]:
    """A body or form that is right, with some of its fields left out, replaced or added."""
    body: dict[str, Any] = {}
    for name, said in right.items():
        drawn = draw(st.integers(0, 9))
        if drawn == 0:
            continue
        body[name] = draw(value) if drawn <= 3 else said
    if draw(st.integers(0, 9)) == 0:
        body[draw(st.sampled_from(_EXTRA))] = draw(value)
    return body


class Forms(HTMLParser):
    """The forms of a page that are posted: where to, and each field with what a browser would send and could send."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__()
        self.address, self.found = address, dict[str, Fields]()
        self._fields: Fields | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "form":
            is_posted = (said.get("method") or "").lower() == "post"
            action = (said.get("action") or self.address).partition("?")[0]
            self._fields = self.found.setdefault(action, {}) if is_posted else None
        if self._fields is None:
            return
        if tag in ("input", "textarea", "button") and said.get("name"):
            value = FILE if said.get("type") == "file" else said.get("value") or ""
            self._fields.setdefault(str(said["name"]), []).append(value)
        if tag == "select":
            self._select = said.get("name") or ""
            self._fields.setdefault(self._select, [])
        if tag == "option" and self._select:
            self._fields[self._select].append(said.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None
        if tag == "select":
            self._select = ""
