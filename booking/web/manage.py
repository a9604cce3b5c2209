"""Manage places: the centre, sites, rooms with their rules, closures."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, Refused, refuse
from booking.domain.period import soonest
from booking.domain.permissions import Action
from booking.domain.rules.clock import is_clock
from booking.front import context, words
from booking.front.language import _
from booking.storage import closures as closed
from booking.storage import places
from booking.storage.db import reading
from booking.storage.places import Room, RoomPart
from booking.storage.settings import Centre
from booking.usecases import closing, furnishing
from booking.usecases.closing import ClosureFacts
from booking.usecases.furnishing import RoomFacts, SiteFacts
from booking.web.errors import status_of, told
from booking.web.forms import CentreForm, ClosureForm, RoomForm, SiteForm
from booking.web.rule_forms import clock_of, rule_form, settings_from

pages = Blueprint("manage", __name__, url_prefix="/manage")


@pages.before_request
@login_required  # type: ignore[untyped-decorator]
def managers_only() -> None:
    viewer = context.viewer()
    if not any(viewer.may(action) for action in (Action.FURNISH, Action.CLOSE, Action.PEOPLE)):
        raise Forbidden


@pages.get("")
def index() -> str:
    return render_template("manage/index.html")


@pages.route("/centre", methods=["GET", "POST"])
def centre() -> str | Response | tuple[str, int]:
    _need(Action.FURNISH)
    form = CentreForm(obj=context.centre())
    if form.validate_on_submit():
        said = {**asdict(context.centre()), **{name: form[name].data or "" for name in _CENTRE_FIELDS}}
        try:
            furnishing.save_centre(act=context.act(), said=Centre(**said))
        except Refused as refused:
            form.show(told(refused.violations))
            return render_template("manage/centre.html", form=form), status_of(refused)
        return _saved("manage.centre")
    return render_template("manage/centre.html", form=form), 422 if form.is_submitted() else 200


_CENTRE_FIELDS = ("name", "welcome", "notice_id", "notice_en", "complaint_url", "country_code", "timezone")


@pages.get("/sites")
def sites() -> str:
    _need(Action.FURNISH)
    return render_template("manage/sites.html", sites=places.sites(reading()))


@pages.route("/sites/new", methods=["GET", "POST"])
@pages.route("/sites/<slug>", methods=["GET", "POST"])
def site(slug: str | None = None) -> str | Response | tuple[str, int]:
    _need(Action.FURNISH)
    found = places.site_by_slug(reading(), slug) if slug else None
    form = SiteForm(obj=found) if found else SiteForm(data={"timezone": context.centre().timezone})
    if form.validate_on_submit():
        facts = SiteFacts(
            form.name.data, form.short_name.data, form.timezone.data, form.address.data or "", form.position.data or 0
        )
        try:
            furnishing.save_site(act=context.act(), slug=slug, facts=facts)
        except Refused as refused:
            form.show(told(refused.violations))
            return render_template("manage/site.html", form=form, site=found), status_of(refused)
        return _saved("manage.sites")
    return render_template("manage/site.html", form=form, site=found), 422 if form.is_submitted() else 200


@pages.get("/rooms")
def rooms() -> str:
    _need(Action.FURNISH)
    return render_template("manage/rooms.html", rooms=places.all_rooms(reading()))


@pages.route("/rooms/new", methods=["GET", "POST"])
@pages.route("/rooms/<slug>", methods=["GET", "POST"])
def room(slug: str | None = None) -> str | Response | tuple[str, int]:
    _need(Action.FURNISH)
    found = places.room_by_slug(reading(), slug) if slug else None
    form = _room_form(found)
    rules = rule_form(found.rules if found else {}, request.form if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate() & rules.validate():
            try:
                furnishing.save_room(act=context.act(), slug=slug, facts=_room_facts(form, settings_from(rules)))
                return _saved("manage.rooms")
            except Refused as refused:
                form.show(told(refused.violations))
        form.more = [f"{field.label.text}: {error}" for field in rules for error in field.errors]
    return render_template("manage/room.html", form=form, rules=rules, room=found), status


def _room_form(found: Room | None) -> RoomForm:
    form = RoomForm(obj=found)
    everything = places.all_rooms(reading())
    form.site.choices = [(site.slug, site.short_name) for site in places.sites(reading())]
    form.purpose.choices = [("", "-"), *((one["code"], one["id"]) for one in context.centre().purposes)]
    form.parts.choices = [(one.slug, one.name) for one in everything if found is None or one.id != found.id]
    form.tier.choices = list(words.TIERS.items())
    form.feed_level.choices = list(words.FEED_LEVELS.items())
    if found and request.method == "GET":
        form.site.data = found.site.slug
        parts = {row.part_id for row in reading().query(RoomPart).filter_by(room_id=found.id)}
        form.parts.data = [one.slug for one in everything if one.id in parts]
    return form


def _room_facts(form: RoomForm, rules: dict[str, dict[str, object]]) -> RoomFacts:
    values = {name: field.data for name, field in form._fields.items() if name != "csrf_token"}
    for name in ("floor", "about", "not_provided", "purpose"):
        values[name] = values[name] or ""
    values["position"] = values["position"] or 0
    return RoomFacts(**{**values, "parts": values["parts"] or (), "rules": rules})


@pages.route("/closures", methods=["GET", "POST"])
def closures() -> str | Response | tuple[str, int]:
    _need(Action.CLOSE)
    form = ClosureForm()
    sites, rooms = places.sites(reading()), places.all_rooms(reading())
    form.scope.choices = [
        ("", _("Everything")),
        *((f"site:{site.slug}", site.short_name) for site in sites),
        *((f"room:{room.slug}", room.name) for room in rooms),
    ]
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                closing.close(act=context.act(), facts=_closure_facts(form))
                return _saved("manage.closures")
            except Refused as refused:
                form.show(told(refused.violations))
    found = closed.closures(reading(), since=context.now())
    names = {("site", site.id): site.short_name for site in sites} | {("room", room.id): room.name for room in rooms}
    zones = {("site", site.id): site.zone for site in sites} | {("room", room.id): room.site.zone for room in rooms}
    return render_template("manage/closures.html", form=form, closures=found, names=names, zones=zones), status


def _closure_facts(form: ClosureForm) -> ClosureFacts:
    """Days are whole unless times are given. Raises Refused for what is no time."""
    kind, _sep, slug = form.scope.data.partition(":")
    zone = context.zone()
    if slug:
        owner = places.room_by_slug(reading(), slug).site if kind == "room" else places.site_by_slug(reading(), slug)
        zone = owner.zone
    starts_at = _at(form.from_on.data, form.from_time.data or "00:00", "from_time", zone)
    ends_at = _at(form.to_on.data, form.to_time.data or "24:00", "to_time", zone)
    return ClosureFacts(
        starts_at,
        ends_at,
        form.name_id.data,
        form.name_en.data or "",
        room=slug if kind == "room" else None,
        site=slug if kind == "site" else None,
        provisional=form.provisional.data,
    )


def _at(day: date, clock: str, field: str, zone: ZoneInfo) -> datetime:
    clock = clock_of(clock)
    if not is_clock(clock):
        raise refuse("clock", field=field)
    if not 2000 <= day.year <= 2200:
        raise refuse("date", field=field.replace("time", "on"), first="2000", last="2200")
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    return soonest(datetime.combine(day, datetime.strptime(clock, "%H:%M").time()), zone)  # noqa: DTZ007


@pages.post("/closures/<int(max=2147483647):closure_id>/remove")
def reopen(closure_id: int) -> Response:
    closing.reopen(act=context.act(), closure_id=closure_id)
    return _saved("manage.closures")


def _need(action: Action) -> None:
    if not context.viewer().may(action):
        raise Forbidden


def _saved(endpoint: str) -> Response:
    flash(_("Saved."))
    return redirect(url_for(endpoint))
