"""A short run of the proof of input, and a fault planted for it to find."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.input import VIEWERS, prove, told


@pytest.mark.race
def test_some_hundred_cases_without_a_fault(tmp_path: Path) -> None:
    tally = prove(tmp_path, 250, 3)
    assert tally.faults == {}, told(tally, 0)
    assert tally.cases >= 200
    assert set(tally.kinds) == {"api", "form", "post", "page"}
    assert min(tally.viewers[viewer] for viewer in VIEWERS) > 20


@pytest.mark.race
def test_control_a_fault_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("booking.web.schedule.board", lambda *_: [][0])
    tally = prove(tmp_path, 12, 1, only="page /schedule")
    (fault,) = tally.faults
    assert fault.startswith("500 page /schedule: IndexError at schedule.py:")
