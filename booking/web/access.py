"""Who is logged in on this device: our own session rows behind Flask-Login."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import flask_login
from flask import Flask, Request, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response as AnyResponse

from booking.domain.devices import device_of
from booking.domain.errors import Busy
from booking.domain.permissions import Action
from booking.front import context
from booking.storage import access
from booking.storage.db import reading
from booking.storage.people import Person
from booking.usecases.signing_in import SEEN_EVERY, STAFF_IDLE, TRUSTED, SignedIn, log_out, note_seen

manager = LoginManager()
View = TypeVar("View", bound=Callable[..., Any])


def login_required(view: View) -> View:
    """Flask-Login's own, which has no types: said once here, for every page that needs a person."""
    return cast("View", flask_login.login_required(view))


class Account(UserMixin):  # type: ignore[misc]  # flask_login has no types
    """The person behind this request."""

    def __init__(self, person: Person) -> None:
        self.id, self.name = person.id, person.name
        self.accepted_version = person.accepted_version or 0

    @property
    def has_unread_text(self) -> bool:
        """Whether the centre's text about privacy is newer than what the person accepted."""
        return self.accepted_version < context.privacy_version()


@dataclass(frozen=True)
class Device:
    """The log-in of somebody who is no staff, on a device that they called their own."""

    hash: str
    expires_at: datetime


def init_app(app: Flask) -> None:
    # not manager.init_app: its after_request opens the session on every answer, feeds included
    app.login_manager = manager  # type: ignore[attr-defined]
    manager.session_protection = None
    app.before_request(know_who_asks)
    app.before_request(lead_to_second_factor)
    app.context_processor(_for_templates)


def _for_templates() -> dict[str, object]:
    current_user._get_current_object()  # noqa: SLF001  # before the viewer is asked for, on error pages too
    shared = {"viewer": context.viewer(), "Action": Action, "now": context.now()}
    return {**shared, "current_user": current_user}


def know_who_asks() -> None:
    """Pages show what the reader may do and owns: that is found out first, not when a view happens to ask."""
    if request.blueprint not in ("api", "feeds", "health", None):
        current_user._get_current_object()  # noqa: SLF001  # werkzeug's own way to resolve a proxy


LED_NOT = ("second_factor", "accounts", "oidc", "api", "feeds", "health", None)
"""Blueprints that staff reach without the second factor that is wanted of them."""


def lead_to_second_factor() -> AnyResponse | None:
    """Where the centre wants a second factor of staff, whoever has none sets it up before anything else."""
    if request.blueprint in LED_NOT or not context.viewer().is_staff or not context.centre().staff_second_factor:
        return None
    if access.has_second_factor(reading(), context.person_id() or 0):
        return None
    return redirect(url_for("second_factor.mine"))


def device() -> str:
    """What this request comes from, in the words of domain.devices."""
    return device_of(request.headers.get("User-Agent", ""))


def network() -> str:
    """Where this request comes from, for the throttle."""
    return request.remote_addr or ""


def cookie_name() -> str:
    return "__Host-login" if current_app.config["HTTPS"] else "login"


@manager.request_loader  # type: ignore[untyped-decorator]
def load_account(request: Request) -> Account | None:
    """The account of the session cookie, if the session lives; staff's ends after 8 idle hours."""
    secret = request.cookies.get(cookie_name())
    if not secret or request.blueprint in ("api", "feeds"):
        return None
    row = access.login_session(reading(), secret)
    now = context.real_now()
    if row is None or row.expires_at <= now or row.is_half:
        return None
    person = reading().get(Person, row.person_id)
    if person is None or person.closed_at is not None:
        return None
    g.person_id = person.id
    if context.viewer().is_staff and row.seen_at + STAFF_IDLE <= now:
        g.person_id = None
        g.pop("viewer", None)
        return None
    if row.trusted and not context.viewer().is_staff:
        g.own_device = Device(row.hash, row.expires_at)
    g.session_id = row.id
    _note_seen(row.id, row.seen_at, now)
    return Account(person)


def _note_seen(session_id: int, seen_at: datetime, now: datetime) -> None:
    if now - seen_at < SEEN_EVERY:
        return
    try:
        note_seen(session_id=session_id, now=now)
    except Busy:
        current_app.logger.warning("could not note that a session was seen")


@manager.unauthorized_handler  # type: ignore[untyped-decorator]
def ask_to_log_in() -> AnyResponse:
    """A page that needs a person: log in first, come back after. What was posted cannot be kept over that."""
    target = request.full_path.rstrip("?") if request.method == "GET" else (request.referrer or "/")
    return redirect(url_for("accounts.login", next=safe_path(target)))


def safe_path(target: str | None) -> str:
    """A path on this site, nothing else: no host, no scheme, no backslash, no control character."""
    if not target:
        return "/"
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if parts.netloc and parts.netloc != request.host:
        return "/"
    if not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return "/"
    return path


def set_cookie(response: AnyResponse, signed_in: SignedIn) -> AnyResponse:
    """Keep the session on this device: 90 days where it was chosen, else until the browser closes."""
    age = int(TRUSTED.total_seconds()) if signed_in.trusted and not signed_in.is_half else None
    secure = current_app.config["HTTPS"]
    response.set_cookie(
        cookie_name(), signed_in.secret, max_age=age, secure=secure, httponly=True, samesite="Lax", path="/"
    )
    return response


def welcome(signed_in: SignedIn, target: str) -> AnyResponse:
    """A session that was there before ends; the device gets the new one, and nothing of what it remembered."""
    if old := request.cookies.get(cookie_name()):
        log_out(secret=old)
    session.clear()
    ahead = url_for("second_factor.code", next=target) if signed_in.is_half else target
    return set_cookie(redirect(ahead), signed_in)


def forget_cookie(response: AnyResponse) -> AnyResponse:
    response.delete_cookie(cookie_name(), path="/", secure=current_app.config["HTTPS"], httponly=True, samesite="Lax")
    return response
