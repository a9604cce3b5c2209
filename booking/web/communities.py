"""Communities for those who belong to them: register, see what is to come, invite, hand over, leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from flask import Blueprint, flash, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, NotFound, Refused
from booking.domain.feed_names import community_feed
from booking.domain.permissions import Action
from booking.front import context
from booking.front.language import _
from booking.storage.bookings import Occurrence
from booking.storage.classifications import ClassKind
from booking.storage.communities import Community, community_by_slug, membership, mentorships, own_communities
from booking.storage.community_use import coming, hours, quotas
from booking.storage.db import reading
from booking.storage.history import history_of_community
from booking.storage.invites import open_invites
from booking.storage.memberships import members
from booking.storage.people import names_of
from booking.usecases import memberships as membering
from booking.usecases.communities import ask_to_close, change_community, register_community
from booking.usecases.inviting import LASTS, new_invite, revoke_invite
from booking.web.access import login_required
from booking.web.community_forms import CloseForm, CommunityForm, InviteForm, SuccessorForm
from booking.web.errors import status_of, told
from booking.web.forms import Form
from booking.web.qr import qr

pages = Blueprint("communities", __name__, url_prefix="/communities")


@pages.get("")
@login_required
def index() -> str:
    """One's own, and how to get into one."""
    return render_template("communities/index.html", mine=own_communities(reading(), context.person_id() or 0))


@pages.route("/new", methods=["GET", "POST"])
@login_required
def new() -> str | Response | tuple[str, int]:
    form = CommunityForm()
    form.fill_choices(None)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            slug = register_community(act=context.act(), facts=form.facts(None))
            flash(_("Registered. The office looks at it; you may ask for rooms right away."))
            return redirect(url_for("communities.show", slug=slug))
        except Refused as refused:
            form.show(told(refused.violations))
            status = status_of(refused)
    return render_template("communities/edit.html", form=form, community=None, kinds=_kinds(form)), status


def _kinds(form: CommunityForm) -> list[str]:
    """Those of the classifications that there are rows for."""
    return [str(kind) for kind in ClassKind if str(kind) in form]


@dataclass(frozen=True)
class Standing:
    """What the reader is to a community. `relation` None: somebody of the office."""

    relation: str | None
    is_office: bool
    is_open: bool

    @property
    def is_contact(self) -> bool:
        return self.relation == "contact" and self.is_open

    @property
    def may_manage(self) -> bool:
        return (self.is_contact or self.is_office) and self.is_open


def _standing(community: Community) -> Standing:
    """Raises NotFound for those who neither belong to it nor look after it."""
    viewer = context.viewer()
    own = membership(reading(), community.id, context.person_id())
    if own is None and not (viewer.may(Action.PEOPLE) or viewer.may(Action.SEE_REQUESTS)):
        raise NotFound("community")
    return Standing(own.relation if own else None, viewer.may(Action.PEOPLE), community.closed_at is None)


@pages.get("/<slug>")
def show(slug: str) -> str:
    """All of it for its members and the office; for others the little that it chose to show, if anything."""
    community = community_by_slug(reading(), slug)
    try:
        standing = _standing(community)
    except NotFound:
        return _public(community)
    if standing.relation is not None and standing.is_open:
        session["community"] = community.slug  # the next request is asked for it
    return _page(community, standing)


def _public(community: Community) -> str:
    """Raises NotFound where it has not chosen to be public, or where nobody has found out yet what it is."""
    if not (community.is_public and community.verified_at) or community.closed_at is not None:
        raise NotFound("community")
    return render_template(
        "communities/public.html",
        community=community,
        coming=coming(reading(), community.id, context.now(), is_public=True),
        hours=hours(reading(), community.id, context.today(), context.zone(), context.now()),
    )


def _page(
    community: Community,
    standing: Standing,
    *,
    leaving: SuccessorForm | None = None,
    inviting: InviteForm | None = None,
    problems: list[str] | None = None,
) -> str:
    now, found = context.now(), members(reading(), community.id)
    leaving = leaving or SuccessorForm(formdata=None)
    leaving.fill([(one.person_id, one.name) for one in found if not one.is_gone and one.person_id != _me()])
    invites = open_invites(reading(), community.id, now) if standing.may_manage else []
    history = history_of_community(reading(), community.id)
    return render_template(
        "communities/show.html",
        community=community,
        standing=standing,
        members=found,
        contacts=[one for one in found if one.is_contact],
        coming=[one for one in coming(reading(), community.id, now) if _may_see(one, standing)],
        hours=hours(reading(), community.id, context.today(), context.zone(), now),
        quotas=quotas(reading(), community.id, now),
        mentorships=mentorships(reading(), community.id),
        today=context.today(),
        kinds=list(ClassKind),
        invites=invites,
        history=history,
        names=names_of(reading(), {step.facts["person"] for step in history if "person" in step.facts}),
        leaving=leaving,
        inviting=inviting or InviteForm(formdata=None, data={"most": 1, "until": context.today() + timedelta(LASTS)}),
        closing=CloseForm(formdata=None),
        problems=problems or [],
        subscribe=_subscribe_address(community, standing),
        me=_me(),
    )


def _may_see(one: Occurrence, standing: Standing) -> bool:
    """Members see all of it, those who decide what is at their sites."""
    return standing.relation is not None or context.viewer().may(Action.SEE_REQUESTS, one.room.site_id, one.room.id)


def _me() -> int:
    return context.person_id() or 0


def _subscribe_address(community: Community, standing: Standing) -> str | None:
    """Where a member makes an address of its calendar; None for those who cannot have one."""
    is_had = standing.relation is not None and standing.is_open and community.declined_at is None
    return url_for("subscribe.index", feed=community_feed(community.id)) if is_had else None


@pages.route("/<slug>/edit", methods=["GET", "POST"])
@login_required
def edit(slug: str) -> str | Response | tuple[str, int]:
    community = community_by_slug(reading(), slug)
    if not _standing(community).may_manage:
        raise Forbidden
    form = CommunityForm(data={"name": community.name, "about": community.about, "is_public": community.is_public})
    form.fill_choices(community)
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            slug = change_community(act=context.act(), slug=slug, facts=form.facts(community))
            flash(_("Saved."))
            return redirect(url_for("communities.show", slug=slug))
        except Refused as refused:
            form.show(told(refused.violations))
            status = status_of(refused)
    return render_template("communities/edit.html", form=form, community=community, kinds=_kinds(form)), status


@pages.post("/<slug>/members/<int(max=2147483647):person_id>/contact")
@login_required
def make_contact(slug: str, person_id: int) -> Response:
    membering.make_contact(act=context.act(), slug=slug, person_id=person_id)
    return _back(slug, _("Saved."))


@pages.post("/<slug>/members/<int(max=2147483647):person_id>/remove")
@login_required
def remove(slug: str, person_id: int) -> Response:
    membering.remove_member(act=context.act(), slug=slug, person_id=person_id)
    return _back(slug, _("Removed. The bookings stay with the community."))


@pages.post("/<slug>/step-down")
@login_required
def step_down(slug: str) -> Response | tuple[str, int]:
    try:
        membering.step_down(act=context.act(), slug=slug)
    except Refused as refused:
        return _refused(slug, refused)
    return _back(slug, _("You are a plain member now."))


@pages.post("/<slug>/leave")
@login_required
def leave(slug: str) -> Response | tuple[str, int]:
    """The bookings stay; the last contact chooses who answers for the community from now on."""
    form = SuccessorForm()
    try:
        membering.leave(act=context.act(), slug=slug, successor=form.chosen)
    except Refused as refused:
        return _refused(slug, refused, form)
    session.pop("community", None)
    flash(_("You have left the community. Its bookings stay with it."))
    return redirect(url_for("communities.index"))


@pages.post("/<slug>/invites")
@login_required
def invite(slug: str) -> str | tuple[str, int]:
    """A new link, shown on this page only."""
    form = InviteForm()
    community = community_by_slug(reading(), slug)
    standing = _standing(community)
    if not form.validate():
        return _page(community, standing, inviting=form), 422
    try:
        secret = new_invite(act=context.act(), slug=slug, most=form.most.data, until=form.until.data)
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(community, standing, inviting=form), status_of(refused)
    address = context.link(f"/join/{secret}")
    text = _("You are invited to join %(name)s. Open this link and join:", name=community.name)
    share = f"https://wa.me/?text={quote(f'{text} {address}')}"
    page = render_template("communities/invite.html", community=community, address=address, qr=qr(address), share=share)
    return page, 200


@pages.post("/<slug>/invites/<int(max=2147483647):invite_id>/revoke")
@login_required
def revoke(slug: str, invite_id: int) -> Response:
    revoke_invite(act=context.act(), slug=slug, invite_id=invite_id)
    return _back(slug, _("This link does not work any more."))


@pages.post("/<slug>/close")
@login_required
def close(slug: str) -> Response | tuple[str, int]:
    """Ask the office to close it."""
    try:
        ask_to_close(act=context.act(), slug=slug, reason=CloseForm().reason.data or "")
    except Refused as refused:
        return _refused(slug, refused)
    return _back(slug, _("The office has been asked to close the community."))


def _refused(slug: str, refused: Refused, leaving: Form | None = None) -> tuple[str, int]:
    reading().rollback()
    community = community_by_slug(reading(), slug)
    texts = [one.text for one in told(refused.violations)]
    form = leaving if isinstance(leaving, SuccessorForm) else None
    return _page(community, _standing(community), leaving=form, problems=texts), status_of(refused)


def _back(slug: str, text: str) -> Response:
    flash(text)
    return redirect(url_for("communities.show", slug=slug))
