"""Manage items: equipment, licences and operators with stock and condition."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.permissions import Action
from booking.front import context, words
from booking.front.language import _
from booking.storage import places
from booking.storage.db import reading
from booking.storage.places import Item
from booking.usecases.furnishing_items import ItemFacts, save_item
from booking.web.errors import status_of, told
from booking.web.forms import ItemForm
from booking.web.manage import managers_only, need, saved

pages = Blueprint("manage_items", __name__, url_prefix="/manage/items")
pages.before_request(managers_only)


@pages.get("")
def index() -> str:
    need(Action.FURNISH)
    rooms = {room.id: room.name for room in places.all_rooms(reading())}
    return render_template("manage_items/index.html", items=places.items(reading()), rooms=rooms)


@pages.route("/new", methods=["GET", "POST"])
@pages.route("/<slug>", methods=["GET", "POST"])
def item(slug: str | None = None) -> str | Response | tuple[str, int]:
    need(Action.FURNISH)
    found = places.item_by_slug(reading(), slug) if slug else None
    form = _form(found)
    if form.validate_on_submit():
        try:
            save_item(act=context.act(), slug=slug, facts=_facts(form))
            return saved("manage_items.index")
        except Refused as refused:
            form.show(told(refused.violations))
            return render_template("manage_items/item.html", form=form, item=found), status_of(refused)
    return render_template("manage_items/item.html", form=form, item=found), 422 if form.is_submitted() else 200


def _form(found: Item | None) -> ItemForm:
    form = ItemForm(obj=found)
    rooms = places.all_rooms(reading())
    form.place.choices = [
        *((f"site:{site.slug}", _("All rooms of %(site)s", site=site.short_name)) for site in places.sites(reading())),
        *((f"room:{room.slug}", room.name) for room in rooms),
    ]
    form.condition.choices = list(words.CONDITIONS.items())
    if found is not None and request.method != "POST":
        slugs = {room.id: room.slug for room in rooms}
        own = f"room:{slugs[found.room_id]}" if found.room_id else f"site:{found.site.slug}"
        form.place.data, form.stock.data = own, found.units
    return form


def _facts(form: ItemForm) -> ItemFacts:
    kind, _sep, slug = (form.place.data or "").partition(":")
    room = places.room_by_slug(reading(), slug) if kind == "room" else None
    site = room.site.slug if room else slug
    return ItemFacts(
        site, form.name.data, form.stock.data, room.slug if room else None, form.condition.data, form.about.data or ""
    )
