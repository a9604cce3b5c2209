"""A person's own account: who they are, how they get in, and the devices that are logged in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import NotFound, Refused
from booking.front import context
from booking.front.language import _
from booking.storage import access as stored
from booking.storage.db import reading
from booking.storage.people import person_by_id
from booking.usecases import own_account, proving
from booking.web.access import cookie_name, device, login_required, network, set_cookie
from booking.web.account_forms import EmailForm, ForgotForm, NameForm, OwnPasswordForm, PhoneForm
from booking.web.errors import status_of, told
from booking.web.forms import Form

pages = Blueprint("account", __name__)

Answer = str | Response | tuple[str, int]


@pages.get("/account")
@login_required
def mine() -> str:
    return _page()


def _page(refused: Form | None = None) -> str:
    """With one form as it was refused; the others as things are."""
    person = person_by_id(reading(), context.person_id() or 0)
    forms: dict[type[Form], Form] = {
        NameForm: NameForm(formdata=None, obj=person),
        PhoneForm: PhoneForm(formdata=None, data={"phone": person.phone}, prefix="phone-"),
        EmailForm: EmailForm(formdata=None, data={"email": person.new_email or person.email}, prefix="email-"),
        OwnPasswordForm: OwnPasswordForm(formdata=None, prefix="password-"),
    }
    if refused is not None:
        forms[type(refused)] = refused
    return render_template(
        "account/mine.html",
        person=person,
        forms=list(forms.values()),
        refused=refused,
        sessions=stored.sessions_of(reading(), person.id, context.real_now()),
        here=g.get("session_id"),
        identities=stored.identities_of(reading(), person.id),
        has_second=stored.has_second_factor(reading(), person.id),
        can_mail=can_mail(),
    )


def can_mail() -> bool:
    """Whether mails leave at all."""
    return bool(current_app.config["SMTP_HOST"] or current_app.config["MAIL_TO_FILES"])


def _changed(form: Form, change: Callable[[], object], said: str) -> Answer:
    """What the form asks for; the page with the form where that is refused."""
    if not form.validate():
        return _page(form), 422
    try:
        change()
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(form), 429 if refused.violations[0].code == "throttled" else status_of(refused)
    flash(said)
    return redirect(url_for("account.mine"))


@pages.post("/account/name")
@login_required
def name() -> Answer:
    form = NameForm()
    return _changed(
        form,
        lambda: own_account.rename(act=context.act(), name=form.name.data, language=form.language.data or ""),
        _("Saved."),
    )


def _shown(form: Form) -> dict[str, Any]:
    """What every change needs that asks for the password."""
    return {"password": form.password.data, "network": network(), "real_now": context.real_now()}


@pages.post("/account/phone")
@login_required
def phone() -> Answer:
    form = PhoneForm(prefix="phone-")
    return _changed(
        form,
        lambda: own_account.change_phone(act=context.act(), phone=form.phone.data, **_shown(form)),
        _("Saved. From now on you log in with this number."),
    )


@pages.post("/account/email")
@login_required
def email() -> Answer:
    form = EmailForm(prefix="email-")
    said = (
        _("Saved.") if not form.email.data else _("We send a link to this address. It counts when you open the link.")
    )
    return _changed(
        form,
        lambda: proving.change_email(act=context.act(), email=form.email.data or "", **_shown(form)),
        said,
    )


@pages.post("/account/email/again")
@login_required
def email_again() -> Response:
    proving.prove_again(act=context.act(), network=network(), real_now=context.real_now())
    flash(_("The link is on its way once more."))
    return redirect(url_for("account.mine"))


@pages.post("/account/password")
@login_required
def password() -> Answer:
    """This device stays logged in, under a new secret; all others are logged out."""
    form, made = OwnPasswordForm(prefix="password-"), []

    def change() -> None:
        made.append(
            own_account.change_own_password(
                act=context.act(),
                old=form.old.data,
                new=form.new.data,
                network=network(),
                device=device(),
                secret=request.cookies.get(cookie_name(), ""),
                real_now=context.real_now(),
            )
        )

    answer = _changed(form, change, _("The new password is set. All other devices are logged out."))
    return set_cookie(answer, made[0]) if made and isinstance(answer, Response) else answer


@pages.post("/account/sessions/<int(max=2147483647):session_id>/end")
@login_required
def end(session_id: int) -> Response:
    own_account.end_session(act=context.act(), session_id=session_id)
    flash(_("That device is logged out."))
    return redirect(url_for("account.mine"))


@pages.post("/account/sessions/end")
@login_required
def end_others() -> Response:
    own_account.end_others(act=context.act(), secret=request.cookies.get(cookie_name(), ""))
    flash(_("All other devices are logged out."))
    return redirect(url_for("account.mine"))


@pages.post("/account/identities/<int(max=2147483647):identity_id>/end")
@login_required
def forget_identity(identity_id: int) -> Response:
    own_account.forget_identity(act=context.act(), identity_id=identity_id)
    flash(_("That log-in does not open your account any more."))
    return redirect(url_for("account.mine"))


@pages.get("/verify/<secret>")
def verify(secret: str) -> str | tuple[str, int]:
    """Looking uses nothing up: programs that read mails follow links."""
    address = proving.address_of(reading(), secret, context.real_now())
    return render_template("account/verify.html", address=address), 200 if address else 410


@pages.post("/verify/<secret>")
def prove(secret: str) -> Response | tuple[str, int]:
    if not proving.prove(act=context.act(), secret=secret, real_now=context.real_now()):
        return render_template("account/verify.html", address=None), 410
    flash(_("Thank you. This e-mail address is confirmed."))
    return redirect(url_for("account.mine" if context.person_id() else "find.home"))


@pages.route("/forgot", methods=["GET", "POST"])
def forgot() -> Answer:
    """The same answer whether or not somebody has the address."""
    if not can_mail():
        raise NotFound("page")
    form, status = ForgotForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                ask = {"email": form.email.data, "network": network(), "real_now": context.real_now()}
                proving.ask_for_reset(act=context.act(), **ask)
                return render_template("account/forgot_sent.html")
            except Refused as refused:
                form.show(told(refused.violations))
                status = 429 if refused.violations[0].code == "throttled" else 422
    return render_template("account/forgot.html", form=form), status
