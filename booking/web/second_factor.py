"""The second factor: set it up, show a code after the password, new recovery codes, do without it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import NotFound, Refused
from booking.front import context
from booking.front.language import _
from booking.storage import access as stored
from booking.storage.db import reading
from booking.storage.people import person_by_id
from booking.usecases import second_factor
from booking.usecases.sealing import Seal
from booking.web.access import cookie_name, device, login_required, network, safe_path, set_cookie
from booking.web.account_forms import AgainForm, CodeForm
from booking.web.errors import status_of, told
from booking.web.forms import Form
from booking.web.qr import qr

pages = Blueprint("second_factor", __name__)

Answer = str | Response | tuple[str, int]


def seal() -> Seal:
    return Seal([current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]])


def _page(refused: Form | None = None, status: int = 200) -> tuple[str, int]:
    """Off, being set up, or on; the forms with what was refused of one of them."""
    own = context.person_id() or 0
    secret, person = second_factor.secret_to_show(reading(), own, seal()), person_by_id(reading(), own)
    account, centre = person.email or person.phone, context.centre().name or "Ruang"
    return render_template(
        "account/second.html",
        problems=refused.problems if refused else [],
        again=refused if isinstance(refused, AgainForm) else AgainForm(formdata=None),
        leaving=_leaving(),
        code=refused if isinstance(refused, CodeForm) else CodeForm(formdata=None),
        is_on=stored.has_second_factor(reading(), own),
        is_needed=second_factor.is_needed(reading(), context.act()),
        left=stored.codes_left(reading(), own),
        secret=secret,
        qr=qr(second_factor.address_for_apps(secret, account=account, centre=centre)) if secret else None,
    ), status


def _leaving() -> AgainForm:
    """The second question for the password on one page: with an id of its own, or its label names the first."""
    form = AgainForm(formdata=None)
    form.password.id = "password-to-leave"
    return form


def _refused(form: Form, refused: Refused) -> tuple[str, int]:
    form.show(told(refused.violations))
    return _page(form, 429 if refused.violations[0].code == "throttled" else status_of(refused))


@pages.get("/account/second")
@login_required
def mine() -> Answer:
    return _page()


@pages.post("/account/second")
@login_required
def begin() -> Answer:
    form = AgainForm()
    if not form.validate():
        return _page(form, 422)
    try:
        second_factor.begin(act=context.act(), password=form.password.data, seal=seal(), **_here())
    except Refused as refused:
        return _refused(form, refused)
    return redirect(url_for("second_factor.mine"))


def _here() -> dict[str, Any]:
    return {"network": network(), "real_now": context.real_now()}


@pages.post("/account/second/confirm")
@login_required
def confirm() -> Answer:
    """The recovery codes are shown on this page only."""
    form = CodeForm()
    if not form.validate():
        return _page(form, 422)
    secret = request.cookies.get(cookie_name(), "")
    try:
        codes = second_factor.confirm(act=context.act(), code=form.code.data, secret=secret, seal=seal(), **_here())
    except Refused as refused:
        return _refused(form, refused)
    return render_template("account/codes.html", codes=codes, is_new=True)


@pages.post("/account/second/codes")
@login_required
def codes() -> Answer:
    form = AgainForm()
    if not form.validate():
        return _page(form, 422)
    try:
        made = second_factor.new_codes(act=context.act(), password=form.password.data, **_here())
    except Refused as refused:
        return _refused(form, refused)
    return render_template("account/codes.html", codes=made, is_new=False)


@pages.post("/account/second/remove")
@login_required
def remove() -> Answer:
    form = AgainForm()
    if not form.validate():
        return _page(form, 422)
    try:
        second_factor.remove(act=context.act(), password=form.password.data, **_here())
    except Refused as refused:
        return _refused(form, refused)
    flash(_("Log-ins need no code any more."))
    return redirect(url_for("account.mine"))


@pages.route("/login/code", methods=["GET", "POST"])
def code() -> Answer:
    """After the password; whoever has not shown that is sent back to it."""
    target, secret = safe_path(request.values.get("next")), request.cookies.get(cookie_name(), "")
    if not second_factor.waits_for_code(reading(), secret, context.real_now()):
        return redirect(url_for("accounts.login", next=target))
    form, status = CodeForm(), 422 if request.method == "POST" else 200
    if form.validate_on_submit():
        more: dict[str, Any] = {"network": network(), "device": device(), "seal": seal(), "now": context.real_now()}
        try:
            return set_cookie(redirect(target), second_factor.pass_with(secret=secret, code=form.code.data, **more))
        except Refused as refused:
            form.show(told(refused.violations))
            status = 429 if refused.violations[0].code == "throttled" else 422
        except NotFound:
            return redirect(url_for("accounts.login", next=target))
    return render_template("account/code.html", form=form, target=target), status
