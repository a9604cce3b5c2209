"""The subscribe sheet: a calendar address for every kind of phone, and private addresses made for one device."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.front import context
from booking.front.language import _
from booking.storage import places
from booking.storage.db import reading
from booking.usecases.subscribing import MINE, new_feed_token, revoke_token
from booking.web.errors import status_of, told
from booking.web.forms import LabelForm
from booking.web.qr import qr

pages = Blueprint("subscribe", __name__, url_prefix="/subscribe")


@pages.get("/rooms/<slug>")
def room(slug: str) -> str:
    found = places.room_by_slug(reading(), slug)
    if not found.is_public:
        abort(404)
    return _sheet(found.name, f"/feeds/rooms/{slug}.ics", back=url_for("rooms.show", slug=slug))


@pages.get("/sites/<slug>")
def site(slug: str) -> str:
    found = places.site_by_slug(reading(), slug)
    return _sheet(found.name, f"/feeds/sites/{slug}.ics", back=url_for("find.schedule", site=slug))


@pages.get("/all")
def everything() -> str:
    return _sheet(_("All rooms"), "/feeds/all.ics", back=url_for("find.schedule"))


@pages.post("/mine")
@login_required  # type: ignore[untyped-decorator]
def mine() -> str | tuple[str, int]:
    """A new private address, for one device, shown on this page only."""
    form = LabelForm()
    form.validate()
    try:
        secret = new_feed_token(act=context.act(), feed=MINE, label=form.label.data or "", real_now=context.real_now())
    except Refused as refused:
        return render_template("errors/refused.html", refusals=told(refused.violations)), status_of(refused)
    return _sheet(_("My bookings"), f"/feeds/u/{secret}/my.ics", back=url_for("bookings.mine"), private=True)


@pages.post("/tokens/<int(max=2147483647):token_id>/revoke")
@login_required  # type: ignore[untyped-decorator]
def revoke(token_id: int) -> Response:
    """The address stops working; the calendar app of that device will say so."""
    revoke_token(act=context.act(), token_id=token_id, real_now=context.real_now())
    flash(_("This calendar address does not work any more."))
    return redirect(url_for("bookings.mine"))


def _sheet(name: str, path: str, *, back: str, private: bool = False) -> str:
    address = context.address().base_url + path
    return render_template(
        "subscribe/sheet.html",
        name=name,
        address=address,
        webcal="webcal://" + address.partition("://")[2],
        qr=qr(address),
        back=back,
        private=private,
    )
