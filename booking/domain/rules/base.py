"""What all rules share: settings from JSON with types and bounds, and the question they answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Self, cast

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask


class SettingError(ValueError):
    """Stored or typed settings of a rule are wrong: which rule, which field, and why (a code)."""

    def __init__(self, rule: str, setting: str | None, why: str) -> None:
        super().__init__(f"{rule}.{setting}: {why}" if setting else f"{rule}: {why}")
        self.rule, self.setting, self.why = rule, setting, why


def number(unit: str, *, least: int, most: int, default: int | None = None) -> Any:
    """A whole-number setting; `unit` is minutes, hours or days and labels the generated form."""
    about = {"unit": unit, "least": least, "most": most}
    return field(metadata=about) if default is None else field(default=default, metadata=about)


@dataclass(frozen=True)
class Rule:
    """`check` yields a violation for each thing that stands in the way; it never raises."""

    code: ClassVar[str]
    # judged again when somebody decides, not only when asked
    at_decision: ClassVar[bool] = False

    def check(self, ask: Ask) -> Iterator[Violation]:
        raise NotImplementedError

    @classmethod
    def from_settings(cls, values: Mapping[str, Any]) -> Self:
        """Raises SettingError for unknown names, wrong types and numbers out of bounds."""
        if not isinstance(values, Mapping):
            raise SettingError(cls.code, None, "type")
        known = {each.name: each for each in fields(cls)}
        for name in values:
            if name not in known:
                raise SettingError(cls.code, name, "unknown")
        for name, each in known.items():
            if name in values:
                cls._check_value(each, values[name])
            elif each.default is MISSING and each.default_factory is MISSING:
                raise SettingError(cls.code, name, "missing")
        return cls(**values)

    @classmethod
    def _check_value(cls, each: Field[Any], value: object) -> None:
        if "unit" not in each.metadata:
            return
        if not isinstance(value, int) or isinstance(value, bool):
            raise SettingError(cls.code, each.name, "type")
        if not cast("int", each.metadata["least"]) <= value <= cast("int", each.metadata["most"]):
            raise SettingError(cls.code, each.name, "range")
