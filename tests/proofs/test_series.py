"""Recurrence keeps to the table worked out by hand and to ical.js; and the controls that must be seen to differ."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from booking.domain.series import Pattern, days_of
from tests.oracles import icaljs
from tests.proofs import series
from tests.proofs.series import CASES, EXCEPTIONS, ZONES, Case, Report

UNTIL_INCLUDED = {case.name for case in CASES if case.name.startswith("until a day on the rule")}


def until_left_out(pattern: Pattern, first: date) -> list[date]:
    """The classic mistake: the last day does not count."""
    if pattern.until and pattern.until > first:
        pattern = replace(pattern, until=pattern.until - timedelta(days=1))
    return days_of(pattern, first)


def unheard(questions: Sequence[icaljs.Question]) -> list[icaljs.Answer]:
    raise icaljs.NotAsked("a control needs the table alone")


def asked(report: Report) -> Report:
    if report.silence:
        pytest.skip(report.silence)
    return report


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_program_keeps_to_the_table(case: Case) -> None:
    assert series.by_program(case) == series.by_hand(case)


def test_the_table_is_whole() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30
    assert all(case.why if case.refused else case.days for case in CASES)
    assert all(len(case.utc.split()) == len(case.days.split()) for case in ZONES)


def test_ical_js_expands_to_the_same() -> None:
    report = asked(series.run())
    assert [str(row) for row in report.rows if row.by_icaljs not in (series.AGREES, series.REFUSED_HERE)] == []


def test_control_an_until_left_out_is_seen_by_the_table() -> None:
    wrong = {row.case.name for row in series.run(until_left_out, unheard).wrong}
    assert wrong >= UNTIL_INCLUDED != set()


def test_control_an_until_left_out_is_seen_by_ical_js() -> None:
    report = asked(series.run(until_left_out))
    assert {row.case.name for row in report.rows if row.by_icaljs.startswith("DIFFERS")} >= UNTIL_INCLUDED


def test_control_another_answer_of_ical_js_is_seen() -> None:
    def one_day_more(questions: Sequence[icaljs.Question]) -> list[icaljs.Answer]:
        days = [(*series.by_hand(case).days, "2027-12-31") for case in EXCEPTIONS]
        return [{"starts": [f"{day}T10:00:00" for day in one]} for one in days]

    report = series.run(oracle=one_day_more, cases=EXCEPTIONS)
    assert {row.case.name for row in report.wrong} == {case.name for case in EXCEPTIONS}
    assert {row.by_table for row in report.rows} == {series.AGREES}


def test_control_an_instant_an_hour_off_is_seen() -> None:
    def an_hour_late(questions: Sequence[icaljs.Question]) -> list[icaljs.Answer]:
        starts = [f"{day}T10:00:00" for day in ("2027-03-21", "2027-03-28", "2027-04-04")]
        return [{"starts": starts, "instants": starts}]

    (row,) = series.run(oracle=an_hour_late, cases=ZONES[:1]).wrong
    assert row.by_table == series.AGREES
    assert row.by_icaljs.startswith("DIFFERS: ical.js says")


def test_without_node_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    report = series.run(cases=EXCEPTIONS)
    assert report.wrong == []
    assert str(report).splitlines() == [
        f"{len(EXCEPTIONS)} cases: table agrees {len(EXCEPTIONS)}",
        "ical.js: NOT asked (no node found; Debian: apt install nodejs npm)",
    ]


@pytest.mark.parametrize(("days", "status"), [(days_of, 0), (until_left_out, 1)])
def test_a_disagreement_ends_with_status_1(
    days: series.Days, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = series.run(days, unheard, cases=[case for case in CASES if case.name in UNTIL_INCLUDED])
    monkeypatch.setattr(series, "run", lambda: report)
    assert series.main([]) == status
    assert ("DIFFERS" in capsys.readouterr().out) == bool(status)
