"""Log in, register, log out, and set a new password with a one-time code."""

from __future__ import annotations

import re

import msgspec
from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.domain.errors import NotFound, Refused
from booking.front import context, formats
from booking.front.language import _
from booking.storage import access as stored
from booking.storage import settings
from booking.storage.db import reading
from booking.usecases.joining import NewPerson, sign_up
from booking.usecases.signing_in import SignedIn, log_in, log_out, set_password
from booking.web.access import cookie_name, device, forget_cookie, network, safe_path, set_cookie, welcome
from booking.web.account import can_mail
from booking.web.errors import status_of, told, typed_fields
from booking.web.forms import LoginForm, PasswordForm, RegisterForm
from booking.web.privacy import seen_version

pages = Blueprint("accounts", __name__)

_TAKES_UP = re.compile(r"/rooms/[^/?]+/request(\?.*)?")
"""Forms that show again what was typed, with "full" among it."""


@pages.route("/login", methods=["GET", "POST"])
def login() -> str | Response | tuple[str, int]:
    target = safe_path(request.values.get("next"))
    if current_user.is_authenticated and request.method != "POST":
        return redirect(target)
    form = LoginForm()
    if form.validate_on_submit():
        try:
            signed_in = log_in(
                login=form.login.data,
                password=form.password.data,
                network=network(),
                trusted=form.trusted.data,
                now=context.real_now(),
                device=device(),
            )
        except Refused as refused:
            form.show(told(refused.violations))
            return _login_page(form, target), 429 if refused.violations[0].code == "throttled" else status_of(refused)
        kept = _kept(target)
        return _go_on(signed_in, target, kept) if kept and not signed_in.is_half else welcome(signed_in, target)
    return _login_page(form, target), 422 if form.is_submitted() else 200


def _login_page(form: LoginForm, target: str, kept: str = "") -> str:
    if request.method != "POST":
        form.login.data = session.pop("registered", None)
    demo = settings.setting(reading(), settings.DEMO)
    kept = kept or request.form.get("kept", "")
    return render_template("accounts/login.html", form=form, target=target, demo=demo, kept=kept, can_mail=can_mail())


def log_in_first() -> tuple[str, int]:
    """For a form that was sent when the session was over: what was typed travels through the log-in page."""
    kept = msgspec.json.encode(typed_fields()).decode()
    return _login_page(LoginForm(formdata=None), safe_path(request.full_path.rstrip("?")), kept), 401


def _kept(target: str) -> list[tuple[str, str]]:
    """What `log_in_first` sent along, if it is for a form that takes it up."""
    if not _TAKES_UP.fullmatch(target):
        return []
    try:
        return msgspec.json.decode(request.form.get("kept", "[]"), type=list[tuple[str, str]])
    except msgspec.MsgspecError:
        return []


def _go_on(signed_in: SignedIn, target: str, kept: list[tuple[str, str]]) -> Response:
    welcome(signed_in, target)
    g.pop("csrf_token", None)  # of the session before
    page = render_template("errors/again.html", kept=kept, action=target, logged_in=True)
    return set_cookie(make_response(page), signed_in)


@pages.route("/register", methods=["GET", "POST"])
def join() -> str | Response | tuple[str, int]:
    """Make an account, then log in. The answer is the same where there was one: nobody learns who has an account."""
    target = safe_path(request.values.get("next"))
    if context.centre().registration == "closed":
        return render_template("accounts/closed.html"), 403
    form = RegisterForm()
    if not form.validate_on_submit():
        return render_template("accounts/join.html", form=form, target=target), 422 if form.is_submitted() else 200
    new = NewPerson(
        form.name.data,
        form.phone.data,
        form.email.data or "",
        form.password.data,
        language=formats.language(),
        accepted=seen_version(),
    )
    try:
        sign_up(act=context.act(), new=new, network=network(), real_now=context.real_now())
    except Refused as refused:
        form.show(told(refused.violations))
        status = 429 if refused.violations[0].code == "throttled" else status_of(refused)
        return render_template("accounts/join.html", form=form, target=target), status
    session["registered"] = new.phone[:30]
    flash(_("Now log in with the password that you have just chosen."))
    if context.centre().registration == "confirmed":
        flash(_("The office confirms new accounts. Until then you can look at everything, but not ask for a room."))
    flash(_("Did you have an account with this number or e-mail address before? Then its password still holds."))
    return redirect(url_for("accounts.login", next=target))


@pages.post("/logout")
def leave() -> Response:
    """The session ends, and the browser forgets what it kept of its pages (it may be everybody's computer)."""
    secret = request.cookies.get(cookie_name())
    if secret:
        log_out(secret=secret)
    session.clear()
    response = forget_cookie(redirect("/"))
    if current_app.config["HTTPS"]:
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


@pages.route("/reset/<code>", methods=["GET", "POST"])
def reset(code: str) -> str | Response | tuple[str, int]:
    """A new password with the one-time code that staff handed over. Looking at the page uses nothing up."""
    row = stored.reset_code(reading(), code)
    if row is None:
        raise NotFound("code")
    if row.used_at is not None or row.expires_at <= context.real_now():
        return render_template("accounts/reset_used.html"), 410
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            set_password(act=context.act(), code=code, password=form.password.data, now=context.real_now())
        except Refused as refused:
            form.show(told(refused.violations))
            return render_template("accounts/reset.html", form=form), status_of(refused)
        flash(_("The new password is set. Log in with it."))
        return redirect(url_for("accounts.login"))
    return render_template("accounts/reset.html", form=form), 422 if form.is_submitted() else 200
