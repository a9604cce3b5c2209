"""What all rules share: settings from JSON with types and bounds, and the question they answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Self

from booking.domain.approval import Tier
from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.clock import is_clock
from booking.domain.series import DAYS


class SettingError(ValueError):
    """Stored or typed settings of a rule are wrong: which rule, which field, and why (a code)."""

    def __init__(self, rule: str, setting: str | None, why: str) -> None:
        super().__init__(f"{rule}.{setting}: {why}" if setting else f"{rule}: {why}")
        self.rule, self.setting, self.why = rule, setting, why


# Kinds of settings. The metadata says what is lawful here and which field the generated form shows.


def number(unit: str, *, least: int, most: int, default: int | None = None) -> Any:
    """A whole number; `unit` is minutes, hours, days, percent or a thing that is counted."""
    return _setting({"kind": "number", "unit": unit, "least": least, "most": most}, default)


def degrees(*, most: int) -> Any:
    """Degrees north or east of zero, below zero for south and west, with decimals; up to `most` either way."""
    return _setting({"kind": "degrees", "most": most}, None)


def choice(*options: str, default: str) -> Any:
    return _setting({"kind": "choice", "options": options}, default)


def flag(*, default: bool) -> Any:
    return _setting({"kind": "flag"}, default)


def clock(default: str) -> Any:
    """A wall time "HH:MM"."""
    return _setting({"kind": "clock"}, default)


def weekday(default: str) -> Any:
    """One of mon ... sun."""
    return _setting({"kind": "choice", "options": DAYS}, default)


# For dataclasses.field(metadata=...), where the default is a list: some of mon ... sun; short words
WEEKDAYS: Mapping[str, Any] = {"kind": "weekdays"}
WORDS: Mapping[str, Any] = {"kind": "words"}


def _setting(about: Mapping[str, Any], default: object) -> Any:
    return field(metadata=about) if default is None else field(default=default, metadata=about)


@dataclass(frozen=True)
class Rule:
    """`check` yields a violation for each thing that stands in the way; it never raises."""

    code: ClassVar[str]
    # judged again when somebody decides, not only when asked
    at_decision: ClassVar[bool] = False
    # it looks at what else the same community or person has: `ask.uses` must be filled, and that row locked
    looks_at_uses: ClassVar[bool] = False

    def check(self, ask: Ask) -> Iterator[Violation]:
        """Nothing, unless the rule says otherwise."""
        del ask
        yield from ()

    def tier(self, ask: Ask, tier: Tier) -> Tier:
        """Who must decide, given what the room and the rules before say."""
        del ask
        return tier

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Self:
        """Raises SettingError for unknown names, wrong types and numbers out of bounds."""
        if not isinstance(values, Mapping):
            raise SettingError(cls.code, None, "type")
        known = {each.name: each for each in fields(cls)}
        for name in values:
            if name not in known:
                raise SettingError(cls.code, str(name)[:40], "unknown")
        for name, each in known.items():
            if name in values:
                cls._check_value(each, values[name])
            elif each.default is MISSING and each.default_factory is MISSING:
                raise SettingError(cls.code, name, "missing")
        rule = cls(**values)
        rule.check_settings()
        return rule

    def check_settings(self) -> None:
        """What one setting means for another. Raises SettingError."""

    @classmethod
    def _check_value(cls, each: Field[Any], value: object) -> None:
        about = each.metadata
        if "kind" in about and (why := _WRONG[about["kind"]](about, value)):
            raise SettingError(cls.code, each.name, why)


def _wrong_number(about: Mapping[str, Any], value: object) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return "type"
    return None if about["least"] <= value <= about["most"] else "range"


def _wrong_degrees(about: Mapping[str, Any], value: object) -> str | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return "type"
    return None if -about["most"] <= value <= about["most"] else "range"


def _wrong_words(_about: Mapping[str, Any], value: object) -> str | None:
    if not isinstance(value, list) or not all(isinstance(one, str) and _is_word(one) for one in value):
        return "type"
    return None if len(value) <= 50 else "range"


def _is_word(value: str) -> bool:
    return 0 < len(value) <= 60 and value.isprintable()


def _wrong_days(_about: Mapping[str, Any], value: object) -> str | None:
    return None if isinstance(value, list) and all(one in DAYS for one in value) else "unknown_day"


_WRONG: Mapping[str, Any] = {
    "number": _wrong_number,
    "degrees": _wrong_degrees,
    "choice": lambda about, value: None if value in about["options"] else "unknown_choice",
    "flag": lambda _about, value: None if isinstance(value, bool) else "type",
    "clock": lambda _about, value: None if is_clock(value) else "clock",
    "weekdays": _wrong_days,
    "words": _wrong_words,
}
