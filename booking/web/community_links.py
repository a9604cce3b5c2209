"""The link by which somebody joins a community: looking uses nothing up, joining does."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.front import context, formats
from booking.front.language import _
from booking.storage.db import reading
from booking.usecases.inviting import Found, Standing, join_by_link, look_up
from booking.usecases.joining import NewPerson, enrol
from booking.usecases.signing_in import SignedIn, open_session
from booking.web.access import device, network, set_cookie
from booking.web.community_forms import NewcomerForm
from booking.web.errors import status_of, told
from booking.web.privacy import seen_version

pages = Blueprint("community_links", __name__)


@pages.route("/join/<secret>", methods=["GET", "POST"])
def join(secret: str) -> str | Response | tuple[str, int]:
    """The community and the button; who has no account yet makes one with the same button."""
    found = look_up(reading(), secret, context.now(), context.person_id())
    form = NewcomerForm()
    if found.standing is Standing.OVER:
        return _over(found)
    if found.standing is Standing.MEMBER:
        return redirect(url_for("communities.show", slug=found.slug))
    if request.method != "POST":
        return _page(found, form)
    if current_user.is_authenticated:
        return _joined(secret, context.person_id() or 0)
    if not form.validate():
        return _page(found, form), 422
    return _newcomer(secret, found, form)


def _newcomer(secret: str, found: Found, form: NewcomerForm) -> Response | tuple[str, int]:
    """An account, a session on this device, and the place in the community."""
    language, accepted = formats.language(), seen_version()
    new = NewPerson(form.name.data, form.phone.data, "", form.password.data, language, accepted)
    try:
        # whoever was invited may know that the number has an account: it helps, and guesses are counted
        person_id = enrol(act=context.act(), new=new, network=network(), real_now=context.real_now())
    except Refused as refused:
        form.show(told(refused.violations))
        status = 429 if refused.violations[0].code == "throttled" else status_of(refused)
        return _page(found, form), status
    secret_of = open_session(person_id=person_id, trusted=False, now=context.real_now(), device=device())
    signed_in = SignedIn(person_id, secret_of, False)
    answer = _joined(secret, person_id)
    # an account was made either way, even if somebody else was faster with the last place
    response = answer if isinstance(answer, Response) else redirect(url_for("community_links.join", secret=secret))
    return set_cookie(response, signed_in)


def _joined(secret: str, person_id: int) -> Response | tuple[str, int]:
    found = join_by_link(act=context.act().by(person_id), secret=secret)
    if found.standing is Standing.OVER:
        return _over(found)
    session["community"] = found.slug
    flash(_("Welcome to %(name)s.", name=found.name))
    return redirect(url_for("communities.show", slug=found.slug))


def _page(found: Found, form: NewcomerForm) -> str:
    return render_template("community_links/join.html", found=found, form=form)


def _over(found: Found) -> tuple[str, int]:
    return render_template("community_links/over.html", name=found.name), 410
