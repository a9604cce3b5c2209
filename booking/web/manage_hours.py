"""Manage hours: closures with whom they hit, bundled holidays, profiles."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, render_template, request
from werkzeug.wrappers import Response

from booking.domain.errors import NotFound, Refused, refuse
from booking.domain.period import soonest
from booking.domain.permissions import Action
from booking.domain.rules.clock import is_clock
from booking.domain.series import DAYS
from booking.front import context, formats, words
from booking.front.language import _, ngettext
from booking.storage import closures as closed
from booking.storage import places
from booking.storage.db import reading
from booking.storage.profiles import EVERY_ROOM, HoursProfile, profiles
from booking.usecases import closing, furnishing_holidays, furnishing_profiles
from booking.usecases.closing import Choice, ClosureFacts, Hit, Remedy
from booking.usecases.furnishing_profiles import ProfileFacts
from booking.web.errors import status_of, told
from booking.web.forms import ClosureForm, HolidaysForm, ProfileForm
from booking.web.manage import managers_only, need, saved
from booking.web.manage_calendar import Month, tried
from booking.web.rule_forms import clock_of, spans_of

pages = Blueprint("manage_hours", __name__, url_prefix="/manage")
pages.before_request(managers_only)


@pages.route("/closures", methods=["GET", "POST"])
def closures() -> str | Response | tuple[str, int]:
    """Closed times; a new one shows first whom it hits."""
    need(Action.CLOSE)
    form = ClosureForm()
    form.scope.choices = _scopes()
    if not form.is_submitted():
        return _closures_page(form)
    try:
        if not form.validate():
            return _closures_page(form), 422
        facts = _closure_facts(form)
        choices = _choices()
        if "confirm" not in request.form:
            hits = closing.preview_closure(reading(), act=context.act(), facts=facts)
            if hits:
                return _closures_page(form, hits)
            choices = {}
        closing.close(act=context.act(), facts=facts, choices=choices)
        return saved("manage_hours.closures")
    except Refused as refused:
        form.show(told(refused.violations))
        return _closures_page(form, _hits_again(form)), status_of(refused)


def _hits_again(form: ClosureForm) -> list[Hit] | None:
    """After a refusal whom the closure hits now; None where its own facts are wrong."""
    try:
        return closing.preview_closure(reading(), act=context.act(), facts=_closure_facts(form)) or None
    except Refused:
        return None


def _closures_page(form: ClosureForm, hits: list[Hit] | None = None) -> str:
    sites, rooms = places.sites(reading()), places.all_rooms(reading())
    found = closed.closures(reading(), since=context.now())
    names = {("site", site.id): site.short_name for site in sites} | {("room", room.id): room.name for room in rooms}
    zones = {("site", site.id): site.zone for site in sites} | {("room", room.id): room.site.zone for room in rooms}
    return render_template(
        "manage_hours/closures.html",
        form=form,
        hits=hits,
        chosen=_chosen_remedies(),
        closures=found,
        names=names,
        zones=zones,
        holidays=_holidays_form(),
        value=_move_value,
    )


def _scopes() -> list[tuple[str, str]]:
    return [
        ("", _("Everything")),
        *((f"site:{site.slug}", site.short_name) for site in places.sites(reading())),
        *((f"room:{room.slug}", room.name) for room in places.all_rooms(reading())),
    ]


def _move_value(hit: Hit) -> str:
    to = hit.proposal
    return f"{to.room.slug}|{to.period.starts_at.isoformat()}|{to.period.ends_at.isoformat()}" if to else ""


def _chosen_remedies() -> dict[str, str]:
    return {name.removeprefix("hit-"): said for name, said in request.form.items() if name.startswith("hit-")}


def _choices() -> dict[str, Choice]:
    """What was chosen for each: keep, cancel, or "<room>|<from>|<to>". Raises Refused for what cannot be read."""
    found = {}
    for uid, said in _chosen_remedies().items():
        if said in (Remedy.KEEP, Remedy.CANCEL):
            found[uid] = Choice(Remedy(said))
            continue
        room, _sep, times = said.partition("|")
        starts, _sep, ends = times.partition("|")
        try:
            instants = [datetime.fromisoformat(text) for text in (starts, ends)]
        except ValueError:
            raise refuse("unknown_room", field="choices", room=room[:80]) from None
        if any(at.tzinfo is None or not 2000 <= at.year <= 2200 for at in instants):
            raise refuse("unknown_room", field="choices", room=room[:80])
        found[uid] = Choice(Remedy.MOVE, room, *instants)
    return found


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
    found = reading().get(closed.Closure, closure_id)
    name = found.as_closed().names[formats.language()] if found else ""
    closing.reopen(act=context.act(), closure_id=closure_id)
    flash(_("Removed: %(closure)s. That time can be booked again.", closure=name))
    return saved("manage_hours.closures", quietly=True)


def _holidays_form() -> HolidaysForm:
    form = HolidaysForm(formdata=request.form if "country" in request.form else None, prefix="")
    form.country.choices = [(code, code) for code in furnishing_holidays.countries()]
    if form.year.data is None:
        form.year.data = context.today().year
    return form


@pages.post("/holidays")
def close_on_holidays() -> Response | tuple[str, int]:
    """Lay the bundled holidays of a year as closures; what is closed already stays."""
    need(Action.CLOSE)
    form = _holidays_form()
    if not form.validate():
        plain = ClosureForm(formdata=None)
        plain.scope.choices = _scopes()
        plain.more = form.problems
        return _closures_page(plain), 422
    added = furnishing_holidays.close_on_holidays(
        act=context.act(), country=form.country.data, year=form.year.data, with_leave=form.with_leave.data
    )
    flash(ngettext("%(num)s day added.", "%(num)s days added.", added))
    return saved("manage_hours.closures", quietly=True)


@pages.get("/profiles")
def all_profiles() -> str:
    need(Action.FURNISH)
    sites = {site.id: site.short_name for site in places.sites(reading())}
    return render_template("manage_hours/profiles.html", profiles=profiles(reading()), sites=sites)


@pages.route("/profiles/new", methods=["GET", "POST"])
@pages.route("/profiles/<int(max=2147483647):profile_id>", methods=["GET", "POST"])
def profile(profile_id: int | None = None) -> str | Response | tuple[str, int]:
    """One profile: dates, share of people, hours and break for every room and for some alone."""
    need(Action.FURNISH)
    found = reading().get(HoursProfile, profile_id) if profile_id is not None else None
    if profile_id is not None and found is None:
        raise NotFound("profile")
    form = _profile_form(found)
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                facts = _profile_facts(form)
                if "preview" in request.form:
                    preview = tried(profile_id, facts, request.form.get("preview_room", ""))
                    return _profile_page(form, found, preview), 200
                furnishing_profiles.save_profile(act=context.act(), profile_id=profile_id, facts=facts)
                return saved("manage_hours.all_profiles")
            except Refused as refused:
                form.show(told(refused.violations))
    return _profile_page(form, found, None), status


def _profile_page(form: ProfileForm, found: HoursProfile | None, preview: list[Month] | None) -> str:
    typed = request.form if form.is_submitted() else _as_typed(found)
    return render_template(
        "manage_hours/profile.html",
        form=form,
        profile=found,
        typed=typed,
        rooms=[(EVERY_ROOM, _("Every room")), *((room.slug, room.name) for room in places.all_rooms(reading()))],
        days=[(day, formats.weekday_name(at)) for at, day in enumerate(DAYS)],
        words=words,
        preview=preview,
    )


def _profile_form(found: HoursProfile | None) -> ProfileForm:
    form = ProfileForm(obj=found)
    form.site.choices = [("", _("All sites")), *((site.slug, site.short_name) for site in places.sites(reading()))]
    if found is not None and request.method != "POST":
        slugs = {site.id: site.slug for site in places.sites(reading())}
        form.site.data = slugs.get(found.site_id or 0, "")
    return form


def _profile_facts(form: ProfileForm) -> ProfileFacts:
    return ProfileFacts(
        form.name_id.data,
        form.first_on.data,
        form.last_on.data,
        form.name_en.data or "",
        form.site.data or None,
        form.percent.data,
        form.provisional.data,
        _typed_rules(),
    )


def _typed_rules() -> dict[str, dict[str, Any]]:
    """Fields "<room>:<day>" with hours as in 08:00-15:00, "<room>:pause" with a break, "<room>:pauseday" its day."""
    found: dict[str, dict[str, Any]] = {}
    for name, said in request.form.items():
        slug, sep, what = name.rpartition(":")
        if not sep or not said.strip():
            continue
        if what in DAYS:
            hours = found.setdefault(slug, {}).setdefault("hours", {"weekly": {}})
            hours["weekly"][what] = spans_of(said)
        elif what == "pause":
            day = request.form.get(f"{slug}:pauseday", "fri")
            starts, _sep, ends = said.replace("\u2013", "-").partition("-")
            pause = {"day": day, "starts": clock_of(starts), "ends": clock_of(ends)}
            found.setdefault(slug, {})["pause"] = pause
    return found


def _as_typed(found: HoursProfile | None) -> dict[str, str]:
    """What is stored, as it would be typed."""
    typed = {}
    for slug, said in (found.rules if found else {}).items():
        for day, spans in ((said.get("hours") or {}).get("weekly") or {}).items():
            typed[f"{slug}:{day}"] = ", ".join("-".join(span) for span in spans)
        if pause := said.get("pause"):
            typed[f"{slug}:pauseday"] = pause.get("day", "fri")
            typed[f"{slug}:pause"] = f"{pause['starts']}-{pause['ends']}"
    return typed


@pages.post("/profiles/<int(max=2147483647):profile_id>/remove")
def remove_profile(profile_id: int) -> Response:
    furnishing_profiles.remove_profile(act=context.act(), profile_id=profile_id)
    flash(_("Removed. The usual hours hold on these days."))
    return saved("manage_hours.all_profiles", quietly=True)
