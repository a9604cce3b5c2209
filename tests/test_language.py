"""Both languages are complete, and the compiled catalogue is fresh."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from booking.cli import catalogue
from booking.domain.period import Period
from booking.front import formats, refusals, words


def test_nothing_is_missing_or_fuzzy_wtforms_own_included() -> None:
    assert catalogue.untranslated(catalogue.merged()) == []


def test_the_catalogue_holds_exactly_what_is_used_and_is_compiled() -> None:
    assert catalogue.PO.read_bytes() == catalogue.as_po(catalogue.merged()), "run ./run words"
    assert catalogue.PO.with_suffix(".mo").read_bytes() == catalogue.compiled(), "run ./run words"


def test_placeholders_survive_translation() -> None:
    for message in catalogue.current():
        if not message.id:
            continue
        original = message.id[0] if isinstance(message.id, tuple | list) else message.id
        translated = message.string[0] if isinstance(message.string, tuple | list) else message.string
        holes = r"%\((\w+)\)[sd]"
        assert set(re.findall(holes, translated)) <= set(re.findall(holes, original)) | {"num"}, original


def test_indonesian_has_one_plural() -> None:
    assert "Plural-Forms: nplurals=1; plural=0;" in catalogue.PO.read_text("utf-8")


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("id", ["Jumat, 27 November 2026", "19.30-21.00 WIB", "H-3", "1.234.567,5", "1,5 jam", "Sab 28 Nov"]),
        (
            "en",
            ["Friday, 27 November 2026", "19:30-21:00 WIB", "3 days before", "1,234,567.5", "1.5 hours", "Sat 28 Nov"],
        ),
    ],
)
def test_formats(world, lang: str, expected: list[str]) -> None:
    zone = ZoneInfo("Asia/Jakarta")
    period = Period(datetime(2026, 11, 27, 19, 30, tzinfo=zone), datetime(2026, 11, 27, 21, tzinfo=zone))
    with world.app.test_request_context(f"/?lang={lang}"):
        assert [
            formats.day_long(date(2026, 11, 27)),
            formats.times(period, zone),
            formats.lead_time(72),
            formats.number(1234567.5),
            formats.duration(90),
            formats.day_short(date(2026, 11, 28)),
        ] == expected
        days = Period(datetime(2026, 12, 24, tzinfo=zone), datetime(2026, 12, 26, tzinfo=zone))
        assert formats.span_text(days, zone) == {"id": "24-25 Desember 2026", "en": "24-25 December 2026"}[lang]


def test_every_state_role_and_rule_has_its_word() -> None:
    from booking.domain.approval import Tier
    from booking.domain.events import CommunityEvent, Event
    from booking.domain.lifecycle import APPROVED_IN_PART, State
    from booking.domain.permissions import Role
    from booking.domain.rules import RULES
    from booking.storage.classifications import ClassKind

    assert set(words.STATES) == {*State, APPROVED_IN_PART}
    assert set(Event) <= set(words.EVENTS)
    assert set(words.COMMUNITY_EVENTS) == set(CommunityEvent)
    assert set(words.CLASSES) == set(ClassKind)
    assert (set(words.ROLES), set(words.TIERS), set(words.RULES)) == (set(Role), set(Tier), set(RULES))


def test_every_code_that_is_raised_has_a_sentence(app: Flask) -> None:
    from pathlib import Path

    told = {*refusals._COMPUTED, *refusals._PLAIN, "form"}
    for path in (Path(__file__).parent.parent / "booking").rglob("*.py"):
        raised = re.findall(r'(?:refuse|Violation)\(\s*"(\w+)"', path.read_text("utf-8"))
        assert set(raised) <= told, path
