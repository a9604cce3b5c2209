"""Manage places: the centre, sites, rooms with their rules, closures."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from zoneinfo import available_timezones

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, Refused
from booking.domain.permissions import Action
from booking.front import context, words
from booking.front.language import _
from booking.storage import places
from booking.storage.attention import attention
from booking.storage.db import reading
from booking.storage.places import Room, RoomPart
from booking.storage.settings import Centre
from booking.usecases import furnishing
from booking.usecases.arranging import move_room, remove_room
from booking.usecases.furnishing import NEW_SITE_RULES, RoomFacts, SiteFacts
from booking.usecases.trying import Trial, try_rules
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import CentreForm, RoomForm, SiteForm, rows_of
from booking.web.manage_menu import menu
from booking.web.rule_forms import Form as RuleForm
from booking.web.rule_forms import Settings, groups, rule_form, settings_from

pages = Blueprint("manage", __name__, url_prefix="/manage")


@pages.before_request
@login_required
def managers_only() -> None:
    viewer = context.viewer()
    if not any(viewer.may(action) for action in (Action.FURNISH, Action.CLOSE, Action.PEOPLE, Action.EXPLAIN)):
        raise Forbidden


@pages.get("")
def index() -> str:
    """What needs somebody today, then everything there is to look after."""
    found = attention(reading(), context.viewer(), context.now())
    return render_template("manage/index.html", found=found, has_site=bool(places.sites(reading())))


@pages.app_context_processor
def _menu() -> dict[str, object]:
    return {"manage_menu": lambda: menu(context.viewer()), "zones": zones}


@cache
def zones() -> list[str]:
    """Time zones by the names of places, to choose from where one is typed."""
    return sorted(one for one in available_timezones() if "/" in one and not one.startswith(("Etc/", "SystemV/")))


@pages.route("/centre", methods=["GET", "POST"])
def centre() -> str | Response | tuple[str, int]:
    need(Action.FURNISH)
    form = CentreForm(obj=context.centre())
    if form.validate_on_submit():
        said = {**asdict(context.centre()), **{name: form[name].data or "" for name in _CENTRE_FIELDS}}
        said |= {} if form.letter_months.data is None else {"letter_months": form.letter_months.data}
        said |= {} if form.channels.data is None else {"channels": rows_of(form.channels.data)}
        said["registration"] = form.registration.data or "open"
        said["staff_second_factor"] = form.staff_second_factor.data
        try:
            furnishing.save_centre(act=context.act(), said=Centre(**said))
        except Refused as refused:
            form.show(told(refused.violations))
            return render_template("manage/centre.html", form=form), status_of(refused)
        return saved("manage.centre")
    return render_template("manage/centre.html", form=form), 422 if form.is_submitted() else 200


_CENTRE_FIELDS = ("name", "welcome", "notice_id", "notice_en", "complaint_url", "contact", "country_code", "timezone")


@pages.get("/sites")
def sites() -> str:
    need(Action.FURNISH)
    return render_template("manage/sites.html", sites=places.sites(reading()))


@pages.route("/sites/new", methods=["GET", "POST"])
@pages.route("/sites/<slug>", methods=["GET", "POST"])
def site(slug: str | None = None) -> str | Response | tuple[str, int]:
    need(Action.FURNISH)
    found = places.site_by_slug(reading(), slug) if slug else None
    form = (
        SiteForm(obj=found)
        if found
        else SiteForm(data={"timezone": context.centre().timezone, "answer_days": SiteFacts.answer_days})
    )
    typed = request.form if request.method == "POST" else None
    rules = rule_form(found.rules if found else NEW_SITE_RULES, typed, has_site=False)
    if typed is not None and form.validate() & rules.validate():
        facts = SiteFacts(
            form.name.data,
            form.short_name.data,
            form.timezone.data,
            form.address.data or "",
            form.position.data or 0,
            settings_from(rules),
            form.answer_days.data,
            form.slug.data or "",
        )
        try:
            furnishing.save_site(act=context.act(), slug=slug, facts=facts)
            return saved("manage.sites")
        except Refused as refused:
            form.show(told(refused.violations))
    form.more = [f"{field.label.text}: {error}" for field in rules for error in field.errors]
    page = render_template("manage/site.html", form=form, groups=groups(rules), site=found)
    return page, 422 if form.is_submitted() else 200


@pages.get("/rooms")
def rooms() -> str:
    """Site by site, in the order in which they are shown, with what kind of room each is."""
    need(Action.FURNISH)
    found, joined = places.all_rooms(reading()), {row.room_id for row in reading().query(RoomPart)}
    modes = {one.id: one.mode(is_composite=one.id in joined) for one in found}
    by_site = [(site, [one for one in found if one.site_id == site.id]) for site in places.sites(reading())]
    return render_template("manage/rooms.html", by_site=by_site, modes=modes, today=context.today())


@pages.route("/rooms/new", methods=["GET", "POST"])
@pages.route("/rooms/<slug>", methods=["GET", "POST"])
def room(slug: str | None = None) -> str | Response | tuple[str, int]:
    need(Action.FURNISH)
    found = places.room_by_slug(reading(), slug) if slug else None
    form = _room_form(found)
    rules = rule_form(found.rules if found else {}, request.form if request.method == "POST" else None)
    status, trial = 200, None
    if request.method == "POST":
        status = 422
        if form.validate() & rules.validate():
            try:
                if "try" in request.form and found is not None:
                    trial = try_rules(reading(), act=context.act(), room=found, settings=settings_from(rules))
                    return _room_page(form, rules, found, trial), 200
                furnishing.save_room(act=context.act(), slug=slug, facts=_room_facts(form, settings_from(rules)))
                return saved("manage.rooms")
            except Refused as refused:
                form.show(told(refused.violations))
        form.more = [f"{field.label.text}: {error}" for field in rules for error in field.errors]
    return _room_page(form, rules, found, trial), status


@pages.post("/rooms/<slug>/move")
def move(slug: str) -> Response:
    """One place up or down in every list."""
    need(Action.FURNISH)
    move_room(act=context.act(), slug=slug, is_up=request.form.get("way") != "down")
    return redirect(url_for("manage.rooms", _anchor=slug))


@pages.post("/rooms/<slug>/remove")
def remove(slug: str) -> Response:
    """A room that was entered by mistake."""
    need(Action.FURNISH)
    try:
        flash(_("Removed: %(name)s.", name=remove_room(act=context.act(), slug=slug)))
    except Refused as refused:
        for one in told(refused.violations):
            flash(one.text)
        return redirect(url_for("manage.room", slug=slug))
    return saved("manage.rooms", quietly=True)


def _room_page(form: RoomForm, rules: RuleForm, found: Room | None, trial: Trial | None) -> str:
    of_site = found.site.rules if found else None
    return render_template("manage/room.html", form=form, groups=groups(rules, of_site), room=found, trial=trial)


def _room_form(found: Room | None) -> RoomForm:
    form = RoomForm(obj=found)
    everything = places.all_rooms(reading())
    form.site.choices = [(site.slug, site.short_name) for site in places.sites(reading())]
    form.purpose.choices = [("", "-"), *((one["code"], one["id"]) for one in context.centre().purposes)]
    form.parts.choices = [(one.slug, one.name) for one in everything if found is None or one.id != found.id]
    form.tier.choices = list(words.TIERS.items())
    form.feed_level.choices = list(words.FEED_LEVELS.items())
    if found and request.method != "POST":
        form.site.data = found.site.slug
        parts = {row.part_id for row in reading().query(RoomPart).filter_by(room_id=found.id)}
        form.parts.data = [one.slug for one in everything if one.id in parts]
    return form


def _room_facts(form: RoomForm, rules: Settings) -> RoomFacts:
    values = {name: field.data for name, field in form._fields.items() if name != "csrf_token"}
    for name in ("floor", "about", "not_provided", "conduct_id", "conduct_en", "purpose", "slug"):
        values[name] = values[name] or ""
    values["position"] = values["position"] or 0
    return RoomFacts(**{**values, "parts": values["parts"] or (), "rules": rules})


def need(action: Action) -> None:
    if not context.viewer().may(action):
        raise Forbidden


def saved(endpoint: str, *, quietly: bool = False) -> Response:
    if not quietly:
        flash(_("Saved."))
    return redirect(url_for(endpoint))
