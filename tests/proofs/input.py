"""Bad input in great number: python -m tests.proofs.input [--cases N] [--seed N] [--only WORD].

Every operation of the OpenAPI document with bodies made from its schemas, every form that a page shows and every route
that takes one with its fields changed, every page with arguments; as nobody, applicant, officer and administrator, on a
migrated SQLite file with one of everything in it. Hypothesis makes the cases. Exits 1 on any answer of 5xx. Ended
early (Ctrl-C, SIGTERM) it tells of what it has tried.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from argon2 import PasswordHasher
from flask import got_request_exception
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pyotp import TOTP
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from booking.storage.db import reading
from booking.usecases import passwords, second_factor, signing_in
from booking.usecases.expiring import note_worker
from booking.usecases.sealing import Seal
from tests.proofs.guesses import Forms, changed, files, junk, of_schema, texts
from tests.support.databases import SECRET
from tests.support.filled import Filled, filled_in, leave
from tests.support.world import PASSWORD
from tests.web.matrix import BODIES, OF
from tests.web.test_matrix import known_values, put_in, uploaded

VIEWERS = ("nobody", "owner", "officer", "admin")
WITH_CODES = ("coded", "half")
"""Somebody whose log-ins need a code: logged in, and between password and code."""
OF_CODES = re.compile(r"/account/second|/login/code")
CASES = 50_000
SLOW = 1.0
_ARGUMENTS = [
    "date",
    "site",
    "room",
    "community",
    "start",
    "end",
    "people",
    "page",
    "tab",
    "lang",
    "next",
    "late",
    "new",
    "view",
    "until",
    "month",
    "also",
    "title",
    "purpose",
    "person",
    "place",
    "action",
    "code",
    "in",
    "for",
    "made",
    "part",
    "feed",
    "mark",
]
_NAMES = re.compile(r"<(?:[^>]*:)?(\w+)>")


@dataclass(frozen=True)
class Target:
    """One way to ask: what is drawn for it, and how that is sent by a viewer."""

    name: str
    viewer: str
    drawn: st.SearchStrategy[Any]
    send: Callable[[Any], TestResponse]


@dataclass
class Tally:
    cases: int = 0
    slow: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    viewers: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    faults: dict[str, tuple[int, str]] = field(default_factory=dict)

    def note(self, target: Target, case: Any, status: int, seconds: float, why: str) -> None:
        self.cases += 1
        self.slow += seconds > SLOW
        self.statuses[status] += 1
        self.viewers[target.viewer] += 1
        self.kinds[target.name.partition(" ")[0]] += 1
        self.slowest = sorted([*self.slowest, (seconds, target.name)], reverse=True)[:5]
        if status >= 500:
            key = f"{status} {target.name}: {why}"
            count, first = self.faults.get(key, (0, f"as {target.viewer}: {case!r}"[:600]))
            self.faults[key] = count + 1, first


class Proof:
    """All targets of one filled centre, tried one after the other; everything is put back before each."""

    def __init__(self, centre: Filled) -> None:
        self.centre, self.tally, self.why = centre, Tally(), ""
        known = {str(value) for value in centre.ids.values()} | {"rapat", "musik", "meja", "kujang-lima"}
        self.known = tuple(sorted(known))
        self.document = centre.app.test_client().get("/api/v1/openapi.json").json
        self.rules = {rule.rule: rule for rule in centre.app.url_map.iter_rules()}
        got_request_exception.connect(self._remember, centre.app)

    def run(self, cases: int, start: int, only: str = "") -> Tally:
        targets = [one for one in self.targets() if only in one.name]
        targets = targets[:: -(-len(targets) // cases)]  # where there are few cases, one for every so many
        Random(start).shuffle(targets)  # so that a run that is ended early has tried some of everything
        each, more = divmod(cases, len(targets))
        with suppress(KeyboardInterrupt):  # what was tried until then counts
            for at, target in enumerate(targets):
                self.centre.put_back()
                if (number := each + (at < more)) > 0:
                    self._try(target, number, start + at)
        return self.tally

    def targets(self) -> list[Target]:
        return [*self._api(), *self._forms(), *self._pages()]

    def _try(self, target: Target, number: int, start: int) -> None:
        @seed(start)
        @settings(
            max_examples=number,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(target.drawn)
        def one_case(case: Any) -> None:
            self._one(target, case)

        one_case()

    def _one(self, target: Target, case: Any) -> None:
        self.why, began = "", time.perf_counter()
        answer = target.send(case)
        self.tally.note(target, case, answer.status_code, time.perf_counter() - began, self.why)
        is_out = target.viewer != "nobody" and answer.headers.get("Location", "").startswith("/login")
        if answer.status_code == 401 or is_out:
            self.centre.put_back()  # a case has ended the session itself

    def _remember(self, _app: object, exception: Exception, **_: object) -> None:
        frames = [one for one in traceback.extract_tb(exception.__traceback__) if "/booking/" in one.filename]
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
        self.why = f"{type(exception).__name__} at {where}"

    # what can be asked

    def _api(self) -> Iterator[Target]:
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                rule = re.sub(r"\{(\w+)\}", r"<\1>", path)
                for viewer in VIEWERS:
                    drawn, send = self._operation(method.upper(), rule, operation), self._caller(viewer, method.upper())
                    yield Target(f"api {method.upper()} {rule}", viewer, drawn, send)

    def _operation(self, method: str, rule: str, operation: dict[str, Any]) -> st.SearchStrategy[Any]:
        query = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
        arguments = st.fixed_dictionaries({}, optional={name: texts(self.known) for name in query})
        body: st.SearchStrategy[Any] = st.none()
        right = self._right(method, rule)
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            made = [of_schema(schema, self.document, self.known)] * 3 + [changed(right, junk(self.known))] * 3
            body = st.one_of(*[one.map(_as_json) for one in made], st.binary(max_size=60))
        elif right:
            arguments = st.one_of(arguments, changed(right, texts(self.known)))
        return st.tuples(self._address(method, rule), arguments, body)

    def _caller(self, viewer: str, method: str) -> Callable[[Any], TestResponse]:
        headers = {"Content-Type": "application/json"}
        if viewer in self.centre.keys:
            headers["Authorization"] = f"Bearer {self.centre.keys[viewer]}"

        def send(case: Any) -> TestResponse:
            address, arguments, body = case
            client = self.centre.app.test_client(use_cookies=False)
            return client.open(address, method=method, query_string=arguments, data=body, headers=headers)

        return send

    def _forms(self) -> Iterator[Target]:
        """Each form as a page shows it to the viewer, and each route that takes one as the matrix fills it."""
        posted = [
            rule for rule, about in self.rules.items() if "POST" in about.methods and not rule.startswith("/api/")
        ]
        for viewer in VIEWERS:
            for address, fields in self._shown(viewer).items():
                drawn = st.tuples(st.just(address), self._filled_in(fields))
                yield Target(f"form {self._named(address)}", viewer, drawn, self._poster(viewer))
        for viewer in (*VIEWERS, *WITH_CODES):
            for rule in posted:
                if viewer in WITH_CODES and not OF_CODES.search(rule):
                    continue
                fields = {name: [_typed(value)] for name, value in self._right("POST", rule).items()}
                drawn = st.tuples(self._address("POST", rule), self._filled_in(fields))
                yield Target(f"post {rule}", viewer, drawn, self._poster(viewer))

    def _shown(self, viewer: str) -> dict[str, dict[str, list[Any]]]:
        found: dict[str, dict[str, list[Any]]] = {}
        for rule, about in self.rules.items():
            if "GET" in about.methods and not rule.startswith(("/api/", "/feeds", "/static")):
                address = self.centre.address(rule, OF.get(f"GET {rule}", ""))
                answer = self.centre.client(viewer).get(address)
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    found |= Forms(answer.text, address).found
        return found | self._shown_after_files(viewer)

    def _shown_after_files(self, viewer: str) -> dict[str, dict[str, list[Any]]]:
        """Forms on pages that answer a file, under addresses of their own: what is confirmed stands nowhere else."""
        found: dict[str, dict[str, list[Any]]] = {}
        for rule, about in self.rules.items():
            body = self._right("POST", rule) if "POST" in about.methods and not rule.startswith("/api/") else {}
            if any(isinstance(value, bytes) for value in body.values()):
                address = self.centre.address(rule, OF.get(f"POST {rule}", ""))
                answer = self._poster(viewer)((address, body))
                if answer.status_code == 200:
                    found |= {f"{to}?after": said for to, said in Forms(answer.text, address).found.items()}
        return found

    def _filled_in(self, fields: dict[str, list[Any]]) -> st.SearchStrategy[Any]:
        value = st.one_of(texts(self.known), st.lists(texts(self.known), max_size=3), files())
        chosen = {name: _one_of(said) for name, said in fields.items()}
        right = st.fixed_dictionaries({name: one for name, one in chosen.items() if name != "csrf_token"})
        return right.flatmap(lambda said: changed(said, value))

    def _poster(self, viewer: str) -> Callable[[Any], TestResponse]:
        def send(case: Any) -> TestResponse:
            address, fields = case
            client = self.centre.client(viewer)
            data = MultiDict({"csrf_token": self.centre.csrf(client), **uploaded(fields)})
            return client.post(address, data=data)

        return send

    def _pages(self) -> Iterator[Target]:
        for rule, about in self.rules.items():
            if "GET" not in about.methods or rule.startswith("/api/"):
                continue
            for viewer in VIEWERS:
                arguments = st.dictionaries(st.sampled_from(_ARGUMENTS), texts(self.known), max_size=4)
                drawn = st.tuples(self._address("GET", rule), arguments)
                yield Target(f"page {rule}", viewer, drawn, self._reader(viewer))

    def _reader(self, viewer: str) -> Callable[[Any], TestResponse]:
        return lambda case: self.centre.client(viewer).get(case[0], query_string=case[1])

    def _named(self, address: str) -> str:
        """The rule behind an address, for the list."""
        adapter = self.centre.app.url_map.bind("localhost")
        try:
            return str(adapter.match(address, "POST", return_rule=True)[0])
        except Exception:
            return address

    def _right(self, method: str, rule: str) -> dict[str, Any]:
        said = put_in(BODIES.get(f"{method} {rule}", {}), known_values(self.centre, f"{method} {rule}"))
        return dict(said)

    def _address(self, method: str, rule: str) -> st.SearchStrategy[str]:
        """The address of what is there, sometimes with something else in the place of a parameter."""
        right = self.centre.address(rule, OF.get(f"{method} {rule}", ""))
        names = _NAMES.findall(rule)
        if not names:
            return st.just(right)
        other = st.fixed_dictionaries(
            {name: texts(self.known).map(lambda said: quote(said, safe="")) for name in names}
        )
        wrong = other.map(lambda said: _NAMES.sub(lambda found: said[found[1]], rule))
        return st.integers(0, 5).flatmap(lambda drawn: st.just(right) if drawn else wrong)


def _typed(value: Any) -> Any:
    return value if isinstance(value, bytes) else str(value)


def _one_of(said: list[Any]) -> st.SearchStrategy[Any]:
    """What a browser would send for a field; of a file, which is told by bytes, what may be in one."""
    if any(isinstance(one, bytes) for one in said):
        return st.one_of(st.sampled_from(said), files())
    return st.sampled_from(said) if said else st.just("")


def _as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def prove(folder: Path, cases: int, start: int, only: str = "") -> Tally:
    """Migrate and fill a database in a folder, and try so many cases against it."""
    centre = filled_in(folder)
    try:
        note_worker(real_now=centre.world.now)
        _with_codes(centre)
        centre.keep()
        return Proof(centre).run(cases, start, only)
    finally:
        leave(centre)


def _with_codes(centre: Filled) -> None:
    """Dewi's log-ins need a code from now on; a browser of hers that is logged in, and one that has yet to show it."""
    dewi, now, seal = centre.world.people["dewi"], centre.world.now, Seal([SECRET])
    here: dict[str, Any] = {"act": centre.world.act("dewi"), "network": "127.0.0.1", "seal": seal, "real_now": now}
    centre.cookies["coded"] = secret = signing_in.open_session(person_id=dewi, trusted=True, now=now)
    second_factor.begin(password=PASSWORD, **here)
    code = TOTP(second_factor.secret_to_show(reading(), dewi, seal)).at(now)
    second_factor.confirm(code=code, secret=secret, **here)
    centre.cookies["half"] = signing_in.let_in(person_id=dewi, trusted=True, now=now, device="").secret


def told(tally: Tally, seconds: float) -> str:
    lines = [
        f"{tally.cases} cases in {seconds:.0f} s, {tally.slow} slower than {SLOW:.0f} s, {len(tally.faults)} faults"
    ]
    for name, counted in (("status", tally.statuses), ("viewer", tally.viewers), ("kind", tally.kinds)):
        lines.append(f"by {name}: " + ", ".join(f"{one} {count}" for one, count in sorted(counted.items())))
    lines += ["slowest: " + ", ".join(f"{took * 1000:.0f} ms {name}" for took, name in tally.slowest)]
    for key, (count, first) in sorted(tally.faults.items()):
        lines += [f"FAULT ({count} times) {key}", f"    {first}"]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only what has this word in its name")
    chosen = parser.parse_args()
    logging.getLogger("booking").setLevel(logging.CRITICAL + 1)
    # as weak as it goes: the strength is the library's
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = prove(Path(folder), chosen.cases, chosen.seed, chosen.only)
    print(told(tally, time.monotonic() - began))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
