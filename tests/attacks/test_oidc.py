"""Log-in by another provider: over HTTP against one on loopback, with all that could be wrong in what it sends."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking import create_app
from booking.storage.access import Identity, SecondFactor
from booking.storage.db import db, reading
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases.own_account import forget_identity
from tests.support.clients import FreshClient
from tests.support.filled import Filled
from tests.support.provider import CLIENT, CLIENT_SECRET, Provider, running

GOOD = {"sub": "cecep-there", "email": "Cecep@Example.com", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running() as one:
        yield one


@pytest.fixture
def app(centre: Filled, provider: Provider, tmp_path: Path) -> Iterator[Flask]:
    provider.claims, provider.signing, provider.refused = dict(GOOD), provider.key, []
    app = create_app(
        {
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{centre.file}",
            "DATA": tmp_path,
            "SECRET_KEY": "k" * 40,
            "OIDC_ISSUER": provider.issuer,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "OIDC_LABEL": "Kota",
        }
    )
    app.test_client_class = FreshClient
    app.config["CLOCK"] = app.config["REAL_CLOCK"] = lambda: centre.world.now
    with app.app_context():
        prove(person_id=centre.world.people["cecep"])
        yield app
        db.session.remove()
        db.engine.dispose()


@writes
def prove(session, *, person_id: int, proved: bool = True) -> None:
    session.get(Person, person_id).email_verified_at = datetime(2026, 1, 1, tzinfo=UTC) if proved else None


def away(client: FlaskClient) -> str:
    answer = client.get("/login/oidc?next=/mine")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def back(provider: Provider, client: FlaskClient, **instead: str) -> TestResponse:
    code, state = provider.agree(away(client))
    return client.get("/login/oidc/back", query_string={"code": code, "state": state} | instead)


def is_in(client: FlaskClient) -> bool:
    return client.get("/mine").status_code == 200


def identities() -> list[tuple[int, str]]:
    reading().rollback()
    query = select(Identity).where(Identity.issuer.startswith("http://127."))
    return [(one.person_id, one.subject) for one in reading().scalars(query)]


def test_the_whole_way(centre: Filled, app: Flask, provider: Provider) -> None:
    client = app.test_client()
    assert "Kota" in client.get("/login").text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away(client)).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", CLIENT)
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/login/oidc/back"
    assert len(asked["state"]) > 20
    assert len(asked["nonce"]) >= 16
    answer = back(provider, client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/mine")
    assert is_in(client)
    assert identities() == [(centre.world.people["cecep"], "cecep-there")]
    # known by the subject from now on, whatever becomes of the addresses
    provider.claims |= {"email": "lain@example.com", "email_verified": False}
    prove(person_id=centre.world.people["cecep"], proved=False)
    again = app.test_client()
    assert back(provider, again).status_code == 302
    assert is_in(again)
    assert len(identities()) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": "euis@example.com"},  # not proved here
        {"email": "tidak-ada@example.com"},
        {"email": ""},
        {"sub": ""},
        {"sub": "x" * 300},
    ],
)
def test_who_is_not_known_gets_no_session(app: Flask, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    client = app.test_client()
    assert back(provider, client).status_code in (400, 403)
    assert not is_in(client)
    assert identities() == []


@pytest.mark.parametrize(
    "claims", [{"nonce": "another"}, {"aud": "another"}, {"iss": "https://evil.example"}, {"exp": 1_000_000_000}]
)
def test_tokens_that_are_not_for_us_or_of_now(app: Flask, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    client = app.test_client()
    assert back(provider, client).status_code == 400
    assert not is_in(client)


def test_tokens_that_somebody_else_signed(app: Flask, provider: Provider) -> None:
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
    client = app.test_client()
    assert back(provider, client).status_code == 400
    assert not is_in(client)


def test_a_way_back_that_did_not_begin_here(app: Flask, provider: Provider) -> None:
    """A state of another browser (a planted log-in), a made-up one, and none."""
    attacker, victim = app.test_client(), app.test_client()
    code, state = provider.agree(away(attacker))
    away(victim)
    for said in ({"code": code, "state": state}, {"code": code, "state": "made up"}, {"code": code}, {}):
        assert victim.get("/login/oidc/back", query_string=said).status_code == 400
    assert not is_in(victim)


@writes
def want_a_code(session, *, person_id: int, now: datetime) -> None:
    session.add(SecondFactor(person_id=person_id, sealed="x", created_at=now, confirmed_at=now))


def test_the_second_factor_is_asked_for_all_the_same(centre: Filled, app: Flask, provider: Provider) -> None:
    want_a_code(person_id=centre.world.people["cecep"], now=centre.world.now)
    client = app.test_client()
    assert back(provider, client).headers["Location"].startswith("/login/code?")
    assert not is_in(client)


def test_what_was_taken_away_opens_nothing(centre: Filled, app: Flask, provider: Provider) -> None:
    client = app.test_client()
    back(provider, client)
    reading().rollback()
    row = reading().scalars(select(Identity).where(Identity.subject == "cecep-there")).one()
    forget_identity(act=centre.world.act("cecep"), identity_id=row.id)
    prove(person_id=centre.world.people["cecep"], proved=False)
    other = app.test_client()
    assert back(provider, other).status_code == 403
    assert not is_in(other)


def test_a_code_is_good_once(app: Flask, provider: Provider) -> None:
    client = app.test_client()
    code, state = provider.agree(away(client))
    assert client.get("/login/oidc/back", query_string={"code": code, "state": state}).status_code == 302
    other = app.test_client()
    assert other.get("/login/oidc/back", query_string={"code": code, "state": state}).status_code == 400


def test_without_settings_or_authlib_there_is_no_button(
    centre: Filled, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "/login/oidc" not in centre.app.test_client().get("/login").text
    assert centre.app.test_client().get("/login/oidc").status_code == 404
    real = builtins.__import__

    def absent(name: str, *given: Any, **more: Any) -> Any:
        if name.startswith("authlib"):
            raise ImportError(name)
        return real(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    settings = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{centre.file}", "DATA": tmp_path, "SECRET_KEY": "k" * 40}
    app = create_app({**settings, "OIDC_ISSUER": provider.issuer, "OIDC_LABEL": "Kota"})
    assert "oidc" not in app.extensions
