"""Who may ask for a room at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from booking.domain.errors import Violation
from booking.domain.rules.ask import Ask
from booking.domain.rules.base import WORDS, Rule, flag


@dataclass(frozen=True)
class Who(Rule):
    """`kinds`: types of communities that may ask, none named: all. `private_series` matters only where `private`."""

    code: ClassVar[str] = "who"
    private: bool = flag(default=True)
    private_series: bool = flag(default=True)
    verified_only: bool = flag(default=False)
    kinds: list[str] = field(default_factory=list, metadata=WORDS)

    def check(self, ask: Ask) -> Iterator[Violation]:
        asker = ask.asker
        if asker is None:
            return
        if asker.is_private:
            if not self.private:
                yield Violation("who_private", field="community")
            elif ask.is_series and not self.private_series:
                yield Violation("who_private_series", field="community")
            return
        if self.verified_only and not asker.is_verified:
            yield Violation("who_verified", field="community")
        if self.kinds and asker.kind.casefold() not in {kind.casefold() for kind in self.kinds}:
            yield Violation("who_kind", {"kind": asker.kind, "kinds": list(self.kinds)}, field="community")
