"""A byte lint of iCalendar (RFC 5545), written without the program and without icalendar."""

from __future__ import annotations

import re

REQUIRED = {
    b"BEGIN:VCALENDAR": {"PRODID", "VERSION"},
    b"BEGIN:VEVENT": {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"},
}


def problems(body: bytes) -> list[str]:
    """What is wrong with a calendar; empty when nothing is."""
    found = []
    if not body.endswith(b"END:VCALENDAR\r\n"):
        found.append("does not end in END:VCALENDAR")
    if body.startswith(b"\xef\xbb\xbf"):
        found.append("has a BOM")
    if b"\n" in body.replace(b"\r\n", b"") or b"\r" in body.replace(b"\r\n", b""):
        found.append("has a bare CR or LF")
    for line in body.split(b"\r\n"):
        if len(line) > 75:
            found.append(f"{len(line)} octets: {line[:40]!r}")
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            found.append(f"folded inside a character: {line[:40]!r}")
    unfolded = body.replace(b"\r\n ", b"")
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", unfolded):
        found.append("has control characters")
    return found + _structure(unfolded.split(b"\r\n"))


def _structure(lines: list[bytes]) -> list[str]:
    found, stack, uids, zones, used = [], [], [], set(), set()
    seen: list[set[str]] = []
    for line in filter(None, lines):
        name = re.split(rb"[;:]", line, maxsplit=1)[0].decode()
        if line.startswith(b"BEGIN:"):
            stack.append(line)
            seen.append(set())
        elif line.startswith(b"END:"):
            if not stack or stack[-1] != b"BEGIN:" + line[4:]:
                return [*found, f"unexpected {line!r}"]
            missing = REQUIRED.get(stack.pop(), set()) - seen.pop()
            found += [f"{line[4:].decode()} lacks {one}" for one in sorted(missing)]
        elif not re.fullmatch(rb"[A-Z0-9-]+(;[^:]*)?:.*", line):
            found.append(f"no property: {line[:40]!r}")
        else:
            seen[-1].add(name)
            if name == "UID":
                uids.append(line)
            if name == "TZID":
                zones.add(line[5:])
            used |= set(re.findall(rb";TZID=([^:;]+)", line))
            if name in ("SUMMARY", "DESCRIPTION", "LOCATION") and re.search(
                rb"(?<!\\)(\\\\)*[;,]", line.partition(b":")[2]
            ):
                found.append(f"not escaped: {line[:60]!r}")
    found += ["a UID comes twice"] if len(set(uids)) != len(uids) else []
    return found + [f"no VTIMEZONE for {zone!r}" for zone in used - zones] + ["something is left open"] * bool(stack)
