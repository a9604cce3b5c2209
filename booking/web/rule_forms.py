"""The settings form of the house rules, generated from the rules' own fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, cast

from wtforms import Form as PlainForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import NumberRange, Optional

from booking.domain.rules import RULES
from booking.domain.rules.hours import Hours
from booking.domain.rules.pause import WeeklyPause
from booking.domain.series import DAYS
from booking.front import formats, words
from booking.web.forms import Messages

Settings = dict[str, dict[str, Any]]


def rule_form(settings: Mapping[str, Mapping[str, Any]] | None, typed: Any = None) -> Form:
    """A form over all rules: what is typed wins over what is stored; an empty rule does not apply."""
    form = _form_class()(typed, data=_as_fields(settings or {}))
    form["pause_day"].choices = [("", "-"), *((day, formats.weekday_name(at)) for at, day in enumerate(DAYS))]
    for at, day in enumerate(DAYS):
        form[f"hours_{day}"].label.text = formats.weekday_name(at)
    return form


class Form(PlainForm):  # type: ignore[misc]  # wtforms has no types
    class Meta:
        def get_translations(self, _form: object) -> Messages:
            return Messages()


def _form_class() -> type[Form]:
    made: dict[str, Any] = {f"hours_{day}": StringField(validators=[Optional()]) for day in DAYS}
    for code, rule in RULES.items():
        for each in fields(cast("Any", rule)):
            if "unit" not in each.metadata:
                continue
            bounds = NumberRange(each.metadata["least"], each.metadata["most"])
            made[f"{code}_{each.name}"] = IntegerField(words.SETTINGS[f"{code}.{each.name}"], [Optional(), bounds])
    made["pause_day"] = SelectField(words.SETTINGS["pause.day"], validate_choice=False)
    made["pause_starts"] = StringField(words.SETTINGS["pause.starts"], [Optional()])
    made["pause_ends"] = StringField(words.SETTINGS["pause.ends"], [Optional()])
    return cast("type[Form]", type("RuleForm", (Form,), made))


def _as_fields(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for code, stored in settings.items():
        if code == Hours.code:
            for day, spans in stored.get("weekly", {}).items():
                values[f"hours_{day}"] = ", ".join("-".join(span) for span in spans)
        else:
            values |= {f"{code}_{name}": value for name, value in stored.items()}
    return values


def settings_from(form: Form) -> Settings:
    """The JSON of a room's rules from the form; the rules themselves check it."""
    settings: Settings = {}
    weekly = {day: _spans(form[f"hours_{day}"].data or "") for day in DAYS}
    if any(weekly.values()):
        settings[Hours.code] = {"weekly": {day: spans for day, spans in weekly.items() if spans}}
    if form["pause_day"].data:
        names = ("day", "starts", "ends")
        settings[WeeklyPause.code] = {name: clock_of(form[f"pause_{name}"].data or "") for name in names}
    for code, rule in RULES.items():
        numbers = [each.name for each in fields(cast("Any", rule)) if "unit" in each.metadata]
        typed = {name: form[f"{code}_{name}"].data for name in numbers if form[f"{code}_{name}"].data is not None}
        if typed:
            settings[code] = typed
    return settings


def _spans(text: str) -> list[list[str]]:
    """ "8-12, 13.00-16:00" -> [["08:00", "12:00"], ["13:00", "16:00"]]"""
    spans = text.replace("\u2013", "-").split(",")
    return [[clock_of(part) for part in span.split("-", 1)] for span in spans if span.strip()]


def clock_of(text: str) -> str:
    """ "8.30" -> "08:30"; what is no time stays as it is and is refused with the rule."""
    match = re.fullmatch(r"\s*(\d{1,2})(?:[.:](\d{2}))?\s*", text, re.ASCII)
    return f"{int(match[1]):02d}:{match[2] or '00'}" if match else text.strip()
