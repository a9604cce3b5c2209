"""Who may ask at all."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.rules.asking import BAND, PRIVATE, ask


def codes(settings: dict, asker, **more) -> list[str]:
    return ask(1, "10:00", "11:00", {"who": settings}, asker=asker, **more)


def test_private_persons() -> None:
    assert codes({}, PRIVATE) == []
    assert codes({"private": False}, PRIVATE) == ["who_private"]
    assert codes({"private_series": False}, PRIVATE) == []
    assert codes({"private_series": False}, PRIVATE, is_series=True) == ["who_private_series"]
    assert codes({"private": False}, BAND) == []
    assert codes({"private": False}, None) == [], "nobody in particular asks"


def test_communities() -> None:
    assert codes({"verified_only": True}, BAND) == []
    assert codes({"verified_only": True}, replace(BAND, is_verified=False)) == ["who_verified"]
    assert codes({"kinds": ["Komunitas"]}, BAND) == []
    assert codes({"kinds": ["UMKM"]}, BAND) == ["who_kind"]
