"""Manage people: persons and roles."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, Refused
from booking.domain.permissions import Action
from booking.front import context, words
from booking.front.language import _
from booking.front.looking import saw_list, saw_person
from booking.storage import access as stored
from booking.storage import people as known
from booking.storage.db import reading
from booking.storage.people import Person
from booking.usecases import erasing, joining, second_factor
from booking.usecases.confirming import confirm_person
from booking.usecases.joining import NewPerson
from booking.web import role_places
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import PersonEditForm, PersonForm, ReasonForm, RoleForm

pages = Blueprint("manage_people", __name__, url_prefix="/manage")


@pages.before_request
@login_required
def managers_only() -> None:
    if not context.viewer().may(Action.PEOPLE):
        raise Forbidden


@pages.app_context_processor
def for_the_menu() -> dict[str, Callable[[], int]]:
    return {"count_to_confirm": lambda: known.count_waiting(reading())}


@pages.route("/people", methods=["GET", "POST"])
def people() -> str | Response | tuple[str, int]:
    """Everybody, and the form to enter somebody."""
    form, status = PersonForm(), 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                new = NewPerson(form.name.data, form.phone.data, form.email.data or "")
                joining.enter_person(act=context.act(), new=new)
                return _saved("manage_people.people")
            except Refused as refused:
                form.show(told(refused.violations))
    saw_list("people")
    return render_template(
        "manage/people.html", form=form, people=known.people(reading()), waiting=known.waiting(reading())
    ), status


@pages.route("/people/<int(max=2147483647):person_id>", methods=["GET", "POST"])
def person(person_id: int) -> str | Response | tuple[str, int]:
    found = known.person_by_id(reading(), person_id)
    saw_person("person", person_id)
    form = PersonEditForm(obj=found)
    if not form.is_submitted():
        form.closed.data = found.closed_at is not None
    elif form.validate():
        try:
            joining.change_person(
                act=context.act(),
                person_id=person_id,
                name=form.name.data,
                phone=form.phone.data,
                email=form.email.data or "",
                closed=form.closed.data,
                real_now=context.real_now(),
            )
        except Refused as refused:
            form.show(told(refused.violations))
            return _person_page(form, found), status_of(refused)
        return _saved("manage_people.people")
    return _person_page(form, found), 422 if form.is_submitted() else 200


def _person_page(form: PersonEditForm, found: Person, reason: ReasonForm | None = None) -> str:
    has_second = context.viewer().may(Action.ROLES) and stored.has_second_factor(reading(), found.id)
    reason = reason or ReasonForm(formdata=None)
    return render_template("manage/person.html", form=form, person=found, has_second=has_second, reason=reason)


@pages.post("/people/<int(max=2147483647):person_id>/second/remove")
def take_second(person_id: int) -> Response | tuple[str, int]:
    """Somebody lost the phone, and the recovery codes with it."""
    form = ReasonForm()
    try:
        second_factor.take_away(act=context.act(), person_id=person_id, reason=form.reason.data or "")
    except Refused as refused:
        form.show(told(refused.violations))
        found = known.person_by_id(reading(), person_id)
        return _person_page(PersonEditForm(formdata=None, obj=found), found, form), status_of(refused)
    flash(_("The second factor is removed. This person logs in with the password alone."))
    return redirect(url_for("manage_people.person", person_id=person_id))


@pages.post("/people/<int(max=2147483647):person_id>/confirm")
def confirm(person_id: int) -> Response:
    """An account that its person made may ask for rooms from now on."""
    confirm_person(act=context.act(), person_id=person_id)
    flash(_("Confirmed. The person gets a message."))
    return redirect(url_for("manage_people.people"))


@pages.post("/people/<int(max=2147483647):person_id>/reset")
def reset(person_id: int) -> str:
    """A one-time address for a new password, shown on this page only, to be handed over."""
    code = joining.reset_password(act=context.act(), person_id=person_id, real_now=context.real_now())
    address = context.link(url_for("accounts.reset", code=code))
    found = known.person_by_id(reading(), person_id)
    return render_template("manage/reset.html", person=found, address=address)


@pages.route("/roles", methods=["GET", "POST"])
def roles() -> str | Response | tuple[str, int]:
    """Who has which role, where and until when; deputies are roles with dates."""
    if not context.viewer().may(Action.ROLES):
        raise Forbidden
    form, status = RoleForm(), 200
    form.role.choices = list(words.ROLES.items())
    form.place.choices = [("", _("All sites")), *role_places.choices()]
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                kind, _colon, slug = form.place.data.partition(":")
                joining.grant_role(
                    act=context.act(),
                    login=form.login.data,
                    role=form.role.data,
                    site=slug if kind == "site" else None,
                    room=slug if kind == "room" else None,
                    from_on=form.from_on.data,
                    to_on=form.to_on.data,
                )
                return _saved("manage_people.roles")
            except Refused as refused:
                form.show(told(refused.violations))
    grants = known.grants(reading())
    return render_template("manage/roles.html", form=form, grants=grants, where=role_places.names()), status


@pages.post("/roles/<int(max=2147483647):grant_id>/end")
def end_role(grant_id: int) -> Response | tuple[str, int]:
    try:
        joining.end_role(act=context.act(), grant_id=grant_id)
    except Refused as refused:
        return render_template("errors/refused.html", refusals=told(refused.violations)), status_of(refused)
    return _saved("manage_people.roles")


def _saved(endpoint: str) -> Response:
    flash(_("Saved."))
    return redirect(url_for(endpoint))


@pages.route("/people/<int(max=2147483647):person_id>/erase", methods=["GET", "POST"])
def erase(person_id: int) -> str | Response | tuple[str, int]:
    """Who asked the office to be erased; what would happen stands first."""
    found, form, status = known.person_by_id(reading(), person_id), ReasonForm(), 200
    if form.is_submitted() and form.validate():
        try:
            erasing.erase(act=context.act(), person_id=person_id, reason=form.reason.data or "")
            flash(_("The account is erased."))
            return redirect(url_for("manage_people.people"))
        except Refused as refused:
            form.show(told(refused.violations))
            status = status_of(refused)
    saw_person("person", person_id)
    stands = erasing.stands(reading(), person_id, context.now())
    return render_template("manage/erase.html", form=form, person=found, stands=stands), status
