"""The settings form of the house rules, generated from the rules' own fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from dataclasses import Field as Setting
from functools import cache
from typing import Any, cast

from wtforms import BooleanField, Field, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms import Form as PlainForm
from wtforms.validators import Optional

from booking.domain.rules import RULES
from booking.domain.rules import Settings as Stored
from booking.domain.rules.hours import Hours
from booking.domain.series import DAYS
from booking.front import formats, rules_told, words
from booking.front.language import _
from booking.web.forms import Between, Messages

Settings = dict[str, dict[str, Any] | None]

OWN, OFF, SITE = "own", "off", "site"


class Form(PlainForm):  # type: ignore[misc]  # wtforms has no types
    class Meta:
        def get_translations(self, _form: object) -> Messages:
            return Messages()


@dataclass(frozen=True)
class Group:
    """The fields of one rule, with the choice whether it holds, what it is good for, and what its site says of it."""

    code: str
    label: str
    about: str
    use: Field
    fields: list[Field]
    of_site: str


def rule_form(settings: Stored, typed: Any = None, *, has_site: bool = True) -> Form:
    """A form over all rules: what is typed wins over what is stored."""
    form = _form_class()(typed, data=_as_fields(settings))
    for code in RULES:
        form[f"{code}_use"].choices = [
            *([(SITE, _("As the site says"))] if has_site else []),
            (OWN, _("As set here")),
            (OFF, _("Does not apply")),
        ]
        if typed is None:
            own = OWN if settings.get(code) is not None else (OFF if code in settings or not has_site else SITE)
            form[f"{code}_use"].data = own
    for at, day in enumerate(DAYS):
        form[f"hours_{day}"].label.text = formats.weekday_name(at)
    for field, about in _settings_of(form):
        if about["kind"] == "choice":
            field.choices = [(one, _choice(one)) for one in about["options"]]
        elif about["kind"] == "weekdays":
            field.choices = [(day, formats.weekday_name(at)) for at, day in enumerate(DAYS)]
    return form


def groups(form: Form, of_site: Stored | None = None) -> list[Group]:
    """The form's fields rule by rule, in the order of the rules' table.

    `of_site`: the rules of the room's site; None where there is none to inherit from.
    """
    found = []
    for code in RULES:
        own = [form[name] for name in form._fields if name.startswith(f"{code}_") and name != f"{code}_use"]
        said = "" if of_site is None else _of_site(of_site, code)
        found.append(Group(code, str(words.RULES[code]), str(words.RULES_ABOUT[code]), form[f"{code}_use"], own, said))
    return found


def _of_site(of_site: Stored, code: str) -> str:
    """What would hold if the room said nothing: "From the site: 1 to 2 hours at a time."."""
    values = of_site.get(code)
    if values is None:
        return _("The site sets nothing here.")
    said = " ".join(rules_told.told([RULES[code].from_settings(values)]))
    return _("From the site: %(rules)s", rules=said) if said else _("The site has set this.")


def _choice(value: str) -> str:
    return formats.weekday_name(DAYS.index(value)) if value in DAYS else str(words.CHOICES[value])


def _settings_of(form: Form) -> Iterator[tuple[Field, Mapping[str, Any]]]:
    for code, each in _each_setting():
        yield form[f"{code}_{each.name}"], each.metadata


@cache
def _each_setting() -> tuple[tuple[str, Setting[Any]], ...]:
    """Every setting of every rule but the weekly hours, which have a field for each day."""
    return tuple((code, each) for code, rule in RULES.items() for each in fields(rule) if "kind" in each.metadata)


def _form_class() -> type[Form]:
    made: dict[str, Any] = {f"hours_{day}": StringField(validators=[Optional()]) for day in DAYS}
    for code, each in _each_setting():
        made[f"{code}_{each.name}"] = _field(words.SETTINGS[f"{code}.{each.name}"], each.metadata)
    for code in RULES:
        made[f"{code}_use"] = SelectField(words.RULES[code], validate_choice=False)
    return cast("type[Form]", type("RuleForm", (Form,), made))


def _field(label: Any, about: Mapping[str, Any]) -> Field:
    kind = about["kind"]
    if kind == "number":
        return IntegerField(label, [Optional(), Between(about["least"], about["most"])])
    if kind == "flag":
        return BooleanField(label)
    if kind == "choice":
        return SelectField(label, validate_choice=False)
    if kind == "weekdays":
        return SelectMultipleField(label, validate_choice=False)
    return StringField(label, [Optional()])


def _as_fields(settings: Stored) -> dict[str, Any]:
    """Stored settings as the values of the fields.

    Of rules that are not set, choices show their defaults and texts are empty: what is typed there sets the rule.
    """
    values: dict[str, Any] = {}
    for code, each in _each_setting():
        stored, kind = settings.get(code), each.metadata["kind"]
        if stored is None and kind in _TYPED:
            continue
        value = (stored or {}).get(each.name, _default(each))
        values[f"{code}_{each.name}"] = ", ".join(value) if kind == "words" else value
    for day, spans in ((settings.get(Hours.code) or {}).get("weekly") or {}).items():
        values[f"hours_{day}"] = ", ".join("-".join(span) for span in spans)
    return values


_TYPED = ("number", "degrees", "clock", "words")


def _default(each: Setting[Any]) -> Any:
    if each.default is not MISSING:
        return each.default
    return each.default_factory() if each.default_factory is not MISSING else None


def settings_from(form: Form) -> Settings:
    """The JSON of some rules from the form; the rules themselves check it."""
    settings: Settings = {}
    for code in RULES:
        use = form[f"{code}_use"].data
        if use == OFF and _may_be_off(form, code):
            settings[code] = None
        elif use == OWN or (use != OFF and _is_typed(form, code)):
            settings[code] = {"weekly": weekly_from(form)} if code == Hours.code else {}
    for code, each in _each_setting():
        chosen = settings.get(code)
        if chosen is None:
            continue
        value = _value(form[f"{code}_{each.name}"].data, each.metadata["kind"])
        if value is not None:
            chosen[each.name] = value
    return settings


def _is_typed(form: Form, code: str) -> bool:
    """Whether anything was typed for a rule that is left to its site: then it is the room's own."""
    if code == Hours.code:
        return bool(weekly_from(form))
    typed = (
        form[f"{code}_{each.name}"].data
        for rule, each in _each_setting()
        if rule == code and each.metadata["kind"] in _TYPED
    )
    return any(value not in (None, "") for value in typed)


def _may_be_off(form: Form, code: str) -> bool:
    """A site has nothing to set aside: there a rule that does not apply is simply not stored."""
    return any(value == SITE for value, _label in form[f"{code}_use"].choices)


def _value(data: Any, kind: str) -> Any:
    if kind == "clock":
        return clock_of(data) if data else None
    if kind == "degrees":
        return degrees_of(data or "")
    if kind == "words":
        return [one.strip() for one in (data or "").split(",") if one.strip()]
    return list(data or []) if kind == "weekdays" else data


def weekly_from(form: Form) -> dict[str, list[list[str]]]:
    """The hours typed for each day; empty days are closed."""
    weekly = {day: spans_of(form[f"hours_{day}"].data or "") for day in DAYS}
    return {day: spans for day, spans in weekly.items() if spans}


def spans_of(text: str) -> list[list[str]]:
    """ "8-12, 13.00-16:00" -> [["08:00", "12:00"], ["13:00", "16:00"]]"""
    spans = text.replace("\u2013", "-").split(",")
    return [[clock_of(part) for part in span.split("-", 1)] for span in spans if span.strip()]


def degrees_of(text: str) -> float | str | None:
    """ "-6,9" -> -6.9; what is no number stays as it is and is refused with the rule."""
    try:
        return float(text.replace(",", ".")) if text.strip() else None
    except ValueError:
        return text


def clock_of(text: str) -> str:
    """ "8.30" -> "08:30"; what is no time stays as it is and is refused with the rule."""
    match = re.fullmatch(r"\s*(\d{1,2})(?:[.:](\d{2}))?\s*", text, re.ASCII)
    return f"{int(match[1]):02d}:{match[2] or '00'}" if match else text.strip()
