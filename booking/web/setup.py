"""The first start of a real centre: administrator, site and room, with the one-time code from the log."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.front import context
from booking.storage.db import reading
from booking.storage.people import is_empty
from booking.storage.settings import Centre
from booking.usecases.furnishing import SiteFacts
from booking.usecases.joining import NewPerson
from booking.usecases.setting_up import set_up
from booking.usecases.signing_in import SignedIn, open_session
from booking.web.access import device, set_cookie
from booking.web.errors import status_of, told
from booking.web.forms import SetupForm

pages = Blueprint("setup", __name__)


@pages.route("/setup", methods=["GET", "POST"])
def first() -> str | Response | tuple[str, int]:
    """There is such a page only until somebody has an account."""
    if not is_empty(reading()):
        abort(404)
    form = SetupForm()
    if not form.validate_on_submit():
        return render_template("setup/first.html", form=form), 422 if form.is_submitted() else 200
    try:
        person_id = set_up(
            act=context.act(),
            code=form.code.data,
            centre=Centre(name=form.centre.data, timezone=form.timezone.data),
            administrator=NewPerson(form.name.data, form.phone.data, form.email.data or "", form.password.data),
            site=SiteFacts(form.site.data, form.site.data[:60], form.timezone.data),
            room=form.room.data,
        )
    except Refused as refused:
        form.show(told(refused.violations))
        return render_template("setup/first.html", form=form), status_of(refused)
    secret = open_session(person_id=person_id, trusted=False, now=context.real_now(), device=device())
    return set_cookie(redirect(url_for("manage.index")), SignedIn(person_id, secret, trusted=False))
