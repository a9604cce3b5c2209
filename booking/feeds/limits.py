"""How often one key may ask within an hour: counted in memory, in each process, and forgotten with the hour."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime

MOST_KEYS = 100_000


class Hourly:
    def __init__(self, most: int) -> None:
        self.most = most
        self._hour: datetime | None = None
        self._counts: Counter[str] = Counter()
        self._guard = threading.Lock()

    def allows(self, key: str, now: datetime) -> bool:
        """Count one request of the key; False once it is one too many in this clock hour."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        with self._guard:
            if hour != self._hour or len(self._counts) > MOST_KEYS:
                self._hour, self._counts = hour, Counter()
            self._counts[key] += 1
            return self._counts[key] <= self.most

    def seconds_left(self, now: datetime) -> int:
        """Until the next hour begins."""
        return 3600 - now.minute * 60 - now.second


class Limits:
    """Those of one process: polls of one token, and tries with unknown tokens from one address, an hour."""

    def __init__(self) -> None:
        self.per_token = Hourly(60)
        self.unknown_tokens = Hourly(60)
