"""Manage the photos of a room: add, say what they show, put into order, remove."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import FileField, StringField
from wtforms.validators import InputRequired

from booking.domain.errors import Refused, refuse
from booking.domain.permissions import Action
from booking.front import context
from booking.storage import places
from booking.storage.db import reading
from booking.storage.folders import PHOTOS
from booking.storage.photos import photos_of
from booking.storage.pictures import MOST_BYTES, TYPES, prepared
from booking.storage.places import Room
from booking.usecases.picturing import LONGEST_ALT, MOST_PHOTOS, add_photo, describe_photo, remove_photo
from booking.web.errors import status_of, told
from booking.web.forms import Form
from booking.web.imports import InMemory
from booking.web.manage import managers_only, need

pages = Blueprint("manage_photos", __name__, url_prefix="/manage/rooms/<slug>/photos")
pages.before_request(managers_only)


@pages.url_value_preprocessor
def make_room_for_a_picture(_endpoint: str | None, _values: object) -> None:
    """A picture that is too large is refused with a sentence, so somewhat more may come in; it touches no disk.

    Of nobody but who may add one: all of it is held in memory before anything else is looked at.
    """
    if not (current_user.is_authenticated and context.viewer().may(Action.FURNISH)):
        return
    request.max_content_length = MOST_BYTES + 2 * 1024 * 1024
    request.form_data_parser_class = InMemory


# Said one by one, so that an iPhone sends a JPEG in place of its own format
_ACCEPT = ", ".join(["image/png", *TYPES.values()])


class PhotoForm(Form):
    file = FileField(_l("Picture (JPEG, PNG, WebP or AVIF, at most 8 MiB)"), render_kw={"accept": _ACCEPT})
    alt_id = StringField(_l("What it shows (Indonesian)"), [InputRequired()], render_kw={"maxlength": LONGEST_ALT})
    alt_en = StringField(_l("What it shows (English)"), [InputRequired()], render_kw={"maxlength": LONGEST_ALT})


@pages.route("", methods=["GET", "POST"])
def photos(slug: str) -> str | Response | tuple[str, int]:
    room, form = _room(slug), PhotoForm()
    if request.method != "POST":
        return _page(room, form)
    try:
        picture = prepared(_sent(form), room.id)
        words = {"alt_id": form.alt_id.data, "alt_en": form.alt_en.data}
        add_photo(act=context.act(), slug=slug, picture=picture, folder=folder(), **words)
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(room, form), status_of(refused)
    return redirect(url_for("manage_photos.photos", slug=slug))


@pages.post("/<int(max=2147483647):photo_id>")
def describe(slug: str, photo_id: int) -> str | Response | tuple[str, int]:
    """The words of a photo, and its place."""
    words = {name: request.form.get(name, "") for name in ("alt_id", "alt_en")}
    try:
        describe_photo(act=context.act(), slug=slug, photo_id=photo_id, earlier="earlier" in request.form, **words)
    except Refused as refused:
        form = PhotoForm(formdata=None)
        form.show(told(refused.violations))
        return _page(_room(slug), form), status_of(refused)
    return redirect(url_for("manage_photos.photos", slug=slug))


@pages.post("/<int(max=2147483647):photo_id>/remove")
def remove(slug: str, photo_id: int) -> Response:
    remove_photo(act=context.act(), slug=slug, photo_id=photo_id, folder=folder())
    return redirect(url_for("manage_photos.photos", slug=slug))


def _sent(form: PhotoForm) -> bytes:
    """Raises Refused where no file came, or where a field of the form says already what is wrong."""
    sent, fields_are_right = request.files.get("file"), form.validate()
    if not sent:
        raise refuse("required", field="file")
    if not fields_are_right:
        raise Refused([])
    return bytes(sent.read())


def folder() -> Path:
    return Path(current_app.config["DATA"]) / PHOTOS


def _room(slug: str) -> Room:
    need(Action.FURNISH)
    return places.room_by_slug(reading(), slug)


def _page(room: Room, form: PhotoForm) -> str:
    photos = photos_of(reading(), room.id)
    return render_template("manage_photos/photos.html", room=room, photos=photos, form=form, most=MOST_PHOTOS)
