"""Every feed of the product is clean, byte by byte; and the lint that says so sees what is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.clients import WebClient
from tests.support.feeds import addresses, filled
from tests.support.lint import problems
from tests.support.world import World

Break = Callable[[bytes], bytes]


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What stands in the bytes does not depend on the database; tests/feeds/test_tags.py runs on both."""
    return sqlite_url


def test_every_feed_is_clean(web: WebClient, world: World) -> None:
    filled(world, 90)
    feeds = addresses(world)
    assert len(feeds) >= 20
    for name, path in feeds.items():
        for language in ("id", "en"):
            answer = web.get(f"{path}?lang={language}")
            assert answer.status_code == 200, name
            assert problems(answer.data, world.now) == [], name


def test_every_empty_feed_is_clean(web: WebClient, world: World) -> None:
    for name, path in addresses(world).items():
        assert problems(web.get(path).data, world.now) == [], name


def swap(old: bytes, new: bytes) -> Break:
    """The first `old` becomes `new`."""
    return lambda body: body.replace(old, new, 1)


def within(pattern: bytes, new: bytes) -> Break:
    """The first match, taken as a regular expression, becomes `new`."""
    return lambda body: re.sub(pattern, new, body, count=1, flags=re.DOTALL)


def without(name: bytes, component: bytes = b"VEVENT") -> Break:
    """The first property of this name in the first such component is gone, with its folds."""

    def change(body: bytes) -> bytes:
        part = re.search(rb"BEGIN:%s\r\n.*?END:%s\r\n" % (component, component), body, re.DOTALL)[0]
        return body.replace(part, re.sub(rb"\r\n%s[;:].*?(?=\r\n[A-Z])" % name, b"", part, count=1, flags=re.DOTALL))

    return change


def inside(line: bytes, component: bytes = b"VEVENT") -> Break:
    """The first such component has one more line."""
    return swap(b"BEGIN:%s\r\n" % component, b"BEGIN:%s\r\n%s\r\n" % (component, line))


def in_title(text: str) -> Break:
    return swap(b"SUMMARY:", b"SUMMARY:" + text.encode("utf-8", "surrogatepass"))


def unfolded(body: bytes) -> bytes:
    return body.replace(b"\r\n ", b"")


def refolded_at(size: int) -> Break:
    """Every line folded anew, by octets."""

    def folded(line: bytes) -> bytes:
        return b"\r\n ".join(line[n : n + size] for n in range(0, max(len(line), 1), size))

    return lambda body: b"\r\n".join(folded(line) for line in unfolded(body).split(b"\r\n"))


def twice_the_first_event(body: bytes) -> bytes:
    event = re.search(rb"BEGIN:VEVENT.*?END:VEVENT\r\n", body, re.DOTALL)[0]
    return body.replace(event, event * 2, 1)


def first_event_last(body: bytes) -> bytes:
    event = re.search(rb"BEGIN:VEVENT.*?END:VEVENT\r\n", body, re.DOTALL)[0]
    return body.replace(event, b"", 1).replace(b"END:VCALENDAR", event + b"END:VCALENDAR")


def zone_last(body: bytes) -> bytes:
    zone = re.search(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", body, re.DOTALL)[0]
    return body.replace(zone, b"", 1).replace(b"END:VCALENDAR", zone + b"END:VCALENDAR")


def without_zone(body: bytes) -> bytes:
    return re.sub(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", b"", body, count=1, flags=re.DOTALL)


def end_before_start(body: bytes) -> bytes:
    starts, ends = (re.search(rb"%s;[^\r]*:(\d{8}T\d{6})" % name, body)[1] for name in (b"DTSTART", b"DTEND"))
    return body.replace(ends, b"?", 1).replace(starts, ends, 1).replace(b"?", starts, 1)


ALARM = b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nEND:VALARM"
OTHER_ZONE = b"BEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
OTHER_ZONE += b"TZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
BROKEN: dict[str, Break] = {
    "line feeds alone": lambda body: body.replace(b"\r\n", b"\n"),
    "one bare line feed": swap(b"\r\nVERSION", b"\nVERSION"),
    "one bare carriage return": swap(b"\r\nSEQUENCE", b"\rSEQUENCE"),
    "not folded": unfolded,
    "folded at 76 octets": refolded_at(76),
    "folded inside a character": within(rb"([\xc2-\xf4])", rb"\1\r\n "),
    "folded before nothing": swap(b"\r\nSEQUENCE", b"\r\n \r\nSEQUENCE"),
    "an empty line": swap(b"\r\nSEQUENCE", b"\r\n\r\nSEQUENCE"),
    "a line that is no property": swap(b"\r\nSEQUENCE", b"\r\nhello\r\nSEQUENCE"),
    "BOM": lambda body: b"\xef\xbb\xbf" + body,
    "no end": lambda body: body.removesuffix(b"END:VCALENDAR\r\n"),
    "no line break at the end": lambda body: body[:-2],
    "cut in the middle": lambda body: body[: len(body) // 2],
    "text behind the end": lambda body: body + b"<!-- cached -->\r\n",
    "a page instead": lambda body: b"<!doctype html><title>Masuk</title>",
    "nothing": lambda body: b"",
    "two calendars": lambda body: body * 2,
    "an event that is not ended": swap(b"END:VEVENT\r\n", b""),
    "comma not escaped": in_title("a, b "),
    "semicolon not escaped": in_title("a; b "),
    "backslash not escaped": in_title("C:\\x "),
    "NUL": in_title("a\0b "),
    "vertical tab": in_title("a\x0bb "),
    "C1 control": in_title("a\x85b "),
    "U+2028": in_title("a\u2028b "),
    "bidi override": in_title("a\u202eb "),
    "bidi isolate": in_title("a\u2066b "),
    "lone surrogate": in_title("a\ud800b "),
    "Latin-1": swap(b"SUMMARY:", b"SUMMARY:\xe9 "),
    "not in NFC": in_title("cafe\u0301 "),
    "METHOD": inside(b"METHOD:PUBLISH", b"VCALENDAR"),
    "ORGANIZER": inside(b"ORGANIZER:mailto:a@example.com"),
    "ATTENDEE": inside(b"ATTENDEE:mailto:a@example.com"),
    "VALARM": swap(b"END:VEVENT", ALARM + b"\r\nEND:VEVENT"),
    "RRULE": inside(b"RRULE:FREQ=WEEKLY"),
    "RDATE": inside(b"RDATE:20270101T000000Z"),
    "RECURRENCE-ID": inside(b"RECURRENCE-ID:20270101T000000Z"),
    "VTODO": swap(b"BEGIN:VEVENT", b"BEGIN:VTODO\r\nUID:a\r\nEND:VTODO\r\nBEGIN:VEVENT"),
    "a property of nobody": inside(b"X-SECRET:1"),
    **{f"no {name}": without(name.encode()) for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS")},
    **{f"no {name}": without(name.encode()) for name in ("TRANSP", "SEQUENCE", "LAST-MODIFIED")},
    **{f"no {name}": without(name.encode(), b"VCALENDAR") for name in ("PRODID", "VERSION", "NAME", "X-WR-CALNAME")},
    "two SUMMARY": inside(b"SUMMARY:x"),
    "an event twice": twice_the_first_event,
    "a UID of another host": within(rb"@booking\.invalid", b"@localhost"),
    "a UID without host": within(rb"@booking\.invalid", b""),
    "DTSTAMP other than LAST-MODIFIED": within(rb"DTSTAMP:\d{8}T\d{6}Z", b"DTSTAMP:20261101T000000Z"),
    "changed in the future": lambda body: re.sub(
        rb"(DTSTAMP|LAST-MODIFIED):\d{8}", rb"\1:20301231", body, flags=re.DOTALL
    ),
    "DTSTAMP in local time": within(rb"(DTSTAMP:\d{8}T\d{6})Z", rb"\1"),
    "ends before it starts": end_before_start,
    "ends as it starts": lambda body: re.sub(
        rb"(DTSTART)([^\r]*)(\r\nDTEND)[^\r]*", rb"\1\2\3\2", body, count=1, flags=re.DOTALL
    ),
    "all day": within(rb"DTSTART;TZID=[^:]*:(\d{8})T\d{6}", rb"DTSTART;VALUE=DATE:\1"),
    "floating": within(rb"DTSTART;TZID=[^:]*:", b"DTSTART:"),
    "a zone and Z": within(rb"(DTSTART;TZID=[^:]*:\d{8}T\d{6})", rb"\1Z"),
    "31 February": within(rb"(DTSTART;TZID=[^:]*:2\d{3})\d{4}", rb"\g<1>0231"),
    "in a gap": within(rb"DTSTART;TZID=[^\r]*", b"DTSTART;TZID=Europe/London:20270328T013000"),
    "an unknown zone": within(rb"(DTSTART|DTEND);TZID=[^:]*", rb"\1;TZID=Mars/Olympus"),
    "no VTIMEZONE": without_zone,
    "VTIMEZONE twice": lambda body: body.replace(b"BEGIN:VEVENT", OTHER_ZONE * 2 + b"BEGIN:VEVENT", 1),
    "a zone of nobody": swap(b"BEGIN:VEVENT", OTHER_ZONE + b"BEGIN:VEVENT"),
    "a zone behind the events": zone_last,
    "a zone without offset": without(b"TZOFFSETTO", b"VTIMEZONE"),
    "X-WR-TIMEZONE of elsewhere": within(rb"X-WR-TIMEZONE:[^\r]*", b"X-WR-TIMEZONE:Asia/Tokyo"),
    "NAME of another": within(rb"\r\nNAME:", b"\r\nNAME:x "),
    "STATUS of nobody": within(rb"STATUS:\w+", b"STATUS:BOOKED"),
    "STATUS and TRANSP apart": within(rb"TRANSP:OPAQUE", b"TRANSP:TRANSPARENT"),
    "TRANSP of nobody": within(rb"TRANSP:\w+", b"TRANSP:BUSY"),
    "SEQUENCE no number": within(rb"SEQUENCE:\d+", b"SEQUENCE:one"),
    "REFRESH-INTERVAL as text": within(rb"REFRESH-INTERVAL;VALUE=DURATION", b"REFRESH-INTERVAL"),
    "a title that says nothing": within(rb"SUMMARY:.*?(?=\r\nDTSTART)", b"SUMMARY:"),
    "not in order": first_event_last,
    "VERSION 1.0": swap(b"VERSION:2.0", b"VERSION:1.0"),
    "a quote in a parameter": within(rb"DTSTART;TZID=", b'DTSTART;TZID="'),
    "URL no address": within(rb"\r\nURL:[^\r]*", b"\r\nURL:javascript:alert(1)"),
    "lower case": swap(b"\r\nSEQUENCE", b"\r\nsequence"),
}


def test_what_is_broken_is_caught(web: WebClient, world: World) -> None:
    filled(world, 60)
    body = web.get("/feeds/sites/lon.ics").data
    assert problems(body, world.now) == []
    same = [name for name, change in BROKEN.items() if change(body) == body]
    missed = [name for name, change in BROKEN.items() if not problems(change(body), world.now)]
    print(f"{len(BROKEN) - len(missed)} of {len(BROKEN)} broken calendars caught; not:", ", ".join(missed) or "none")
    assert same == [], "these change nothing"
    assert len(BROKEN) >= 30
    assert missed == []


def test_dtstamp_may_not_lie_ahead(web: WebClient, world: World) -> None:
    filled(world, 30)
    body = web.get("/feeds/sites/lon.ics").data
    assert problems(body, world.now - timedelta(days=30)) != []
