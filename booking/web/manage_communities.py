"""Manage communities: verify or decline them, enter and change them, set contacts, say who mentors them, close them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.permissions import Action
from booking.front import context, words
from booking.front.language import _
from booking.storage import memberships as known
from booking.storage.classifications import ClassKind
from booking.storage.communities import Community, agencies, communities, community_by_slug, mentorships
from booking.storage.db import reading
from booking.storage.history import history_of_community
from booking.storage.people import names_of
from booking.usecases import classifying, memberships
from booking.usecases import communities as usecases
from booking.usecases.classifying import MentorshipFacts
from booking.web.community_forms import CloseForm, CommunityForm, MemberForm, MentorshipForm
from booking.web.errors import status_of, told
from booking.web.manage import managers_only, need

pages = Blueprint("manage_communities", __name__, url_prefix="/manage/communities")
pages.before_request(managers_only)


@pages.before_request
def people_only() -> None:
    need(Action.PEOPLE)


@pages.app_context_processor
def counts() -> dict[str, object]:
    """For the menu of all managers' pages."""
    return {"count_to_verify": lambda: known.count_to_verify(reading())}


@pages.get("")
def index() -> str:
    """What somebody must look at first, then all of them."""
    session = reading()
    return render_template(
        "manage_communities/index.html",
        to_verify=known.to_verify(session),
        without_contact=known.without_contact(session),
        to_close=known.to_close(session),
        communities=communities(session),
    )


@pages.route("/new", methods=["GET", "POST"])
def new() -> str | Response | tuple[str, int]:
    form = CommunityForm()
    form.fill_choices(None)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            slug = usecases.enter_community(act=context.act(), facts=form.facts(None))
            return _back(slug)
        except Refused as refused:
            form.show(told(refused.violations))
            status = status_of(refused)
    return render_template("communities/edit.html", form=form, community=None, kinds=_kinds(form), manage=True), status


def _kinds(form: CommunityForm) -> list[str]:
    return [str(kind) for kind in ClassKind if str(kind) in form]


@pages.get("/<slug>")
def show(slug: str) -> str:
    return _page(community_by_slug(reading(), slug))


def _page(
    community: Community,
    problems: list[str] | None = None,
    *,
    adding: MemberForm | None = None,
    reason: str = "",
) -> str:
    session = reading()
    adding = adding or MemberForm(formdata=None)
    adding.relation.choices = list(words.RELATIONS.items())
    rows = mentorships(session, community.id)
    history = history_of_community(session, community.id)
    return render_template(
        "manage_communities/show.html",
        community=community,
        members=known.members(session, community.id),
        has_contact=bool(known.contacts(session, community.id)),
        kinds=list(ClassKind),
        adding=adding,
        mentorships=[(one, MentorshipForm(formdata=None, obj=one, prefix=f"m{one.id}-")) for one in rows],
        mentoring=MentorshipForm(formdata=None, prefix="m0-"),
        agencies=agencies(session),
        closing=CloseForm(formdata=None),
        history=history,
        names=names_of(session, {step.facts["person"] for step in history if "person" in step.facts}),
        problems=problems or [],
        reason=reason,
    )


@pages.post("/<slug>/verify")
def verify(slug: str) -> Response | tuple[str, int]:
    return _done(slug, lambda: usecases.verify(act=context.act(), slug=slug), _("Verified; its contact is told."))


@pages.post("/<slug>/decline")
def decline(slug: str) -> Response | tuple[str, int]:
    said = request.form.get("reason", "")
    return _done(
        slug,
        lambda: usecases.decline_community(act=context.act(), slug=slug, reason=said),
        _("Declined; its contact is told the reason."),
    )


@pages.post("/<slug>/close")
def close(slug: str) -> Response | tuple[str, int]:
    said = request.form.get("reason", "")
    return _done(
        slug, lambda: usecases.close_community(act=context.act(), slug=slug, reason=said), _("The community is closed.")
    )


@pages.post("/<slug>/reopen")
def reopen(slug: str) -> Response | tuple[str, int]:
    return _done(slug, lambda: usecases.reopen_community(act=context.act(), slug=slug), _("Saved."))


@pages.post("/<slug>/members")
def add_member(slug: str) -> Response | tuple[str, int]:
    form = MemberForm()
    form.relation.choices = list(words.RELATIONS.items())
    if not form.validate():
        return _page(community_by_slug(reading(), slug), form.problems, adding=form), 422
    said = {"login": form.login.data, "relation": form.relation.data}
    return _done(slug, lambda: memberships.add_member(act=context.act(), slug=slug, **said), _("Saved."))


@pages.post("/<slug>/members/<int(max=2147483647):person_id>/remove")
def remove_member(slug: str, person_id: int) -> Response | tuple[str, int]:
    said = _("%(name)s does not belong to it any more and is told.", name=_name(person_id))
    return _done(slug, lambda: memberships.remove_member(act=context.act(), slug=slug, person_id=person_id), said)


def _name(person_id: int) -> str:
    return names_of(reading(), [person_id]).get(person_id, "")


@pages.post("/<slug>/members/<int(max=2147483647):person_id>/contact")
def make_contact(slug: str, person_id: int) -> Response | tuple[str, int]:
    said = _("%(name)s answers for the community now.", name=_name(person_id))
    return _done(slug, lambda: memberships.make_contact(act=context.act(), slug=slug, person_id=person_id), said)


@pages.post("/<slug>/mentorships/<int(max=2147483647):number>")
def mentorship(slug: str, number: int) -> Response | tuple[str, int]:
    """Enter one (0), change one, or remove what was a mistake."""
    act, form = context.act(), MentorshipForm(prefix=f"m{number}-")
    if number and "remove" in request.form:
        return _done(
            slug, lambda: classifying.remove_mentorship(act=act, slug=slug, mentorship_id=number), _("Removed.")
        )
    if not form.validate():
        return _page(community_by_slug(reading(), slug), form.problems), 422
    facts = MentorshipFacts(form.agency.data, form.from_on.data, form.to_on.data)

    def save() -> None:
        classifying.save_mentorship(act=act, slug=slug, mentorship_id=number or None, facts=facts)

    return _done(slug, save, _("Saved."))


def _done(slug: str, do: Callable[[], object], text: str) -> Response | tuple[str, int]:
    try:
        do()
    except Refused as refused:
        reading().rollback()
        problems = [one.text for one in told(refused.violations)]
        page = _page(community_by_slug(reading(), slug), problems, reason=request.form.get("reason", ""))
        return page, status_of(refused)
    return _back(slug, text)


def _back(slug: str, text: str = "") -> Response:
    flash(text or _("Saved."))
    return redirect(url_for("manage_communities.show", slug=slug))
