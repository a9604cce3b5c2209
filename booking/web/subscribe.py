"""Calendars in people's own apps: how to subscribe, private addresses made for one device, and how they fare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.calendar_apps import App, Health, app_named, health
from booking.domain.errors import Refused
from booking.domain.feed_names import MINE, REQUESTS
from booking.front import context, words
from booking.front.language import _
from booking.ical.words import LANGUAGES
from booking.storage import feeds, places
from booking.storage.access import Token, tokens_of
from booking.storage.db import reading
from booking.storage.subscribers import changed_at, readings_of
from booking.usecases.subscribing import (
    Feed,
    feeds_for,
    new_feed_token,
    revoke_feed_tokens,
    revoke_token,
)
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import SubscribeForm
from booking.web.languages import choose
from booking.web.qr import qr

pages = Blueprint("subscribe", __name__, url_prefix="/subscribe")


@dataclass(frozen=True)
class Row:
    """One address as its owner sees it; times by the centre's clock. `name` None: no feed of theirs any more."""

    token: Token
    name: str | None
    app: App
    health: Health
    made_at: datetime
    fetched_at: datetime | None
    changed_at: datetime | None


@pages.get("")
@login_required
def index() -> str:
    """All addresses of the reader with who fetched them when, and a form for another."""
    return _overview(SubscribeForm(request.args))


@pages.post("/mine")
@login_required
def mine() -> Response | tuple[str, int]:
    """A new private address, for one device, shown on the page that answers and nowhere else."""
    form = SubscribeForm()
    word = form.feed.data or MINE
    try:
        secret = new_feed_token(act=context.act(), feed=word, label=form.label.data or "", real_now=context.real_now())
    except Refused as refused:
        form.show(told(refused.violations))
        return _overview(form), status_of(refused)
    feed = next(one for one in feeds_for(reading(), context.viewer()) if one.word == word)
    back = url_for("subscribe.index")
    path = f"/feeds/u/{secret}/{feed.path}.ics"
    page = make_response(_sheet(name_of(feed), path, form.language.data, back=back, private=True))
    page.headers["Cache-Control"] = "no-store"
    return page


@pages.post("/tokens/<int(max=2147483647):token_id>/revoke")
@login_required
def revoke(token_id: int) -> Response:
    """The address stops working; the calendar app of that device will say so."""
    revoke_token(act=context.act(), token_id=token_id, real_now=context.real_now())
    flash(_("This calendar address does not work any more. You can delete the calendar in the app too."))
    return redirect(url_for("subscribe.index"))


@pages.post("/revoke")
@login_required
def revoke_all() -> Response:
    revoke_feed_tokens(act=context.act(), real_now=context.real_now())
    flash(_("None of your calendar addresses works any more."))
    return redirect(url_for("subscribe.index"))


@pages.get("/rooms/<slug>")
def room(slug: str) -> str:
    found = places.room_by_slug(reading(), slug)
    if not found.is_public:
        abort(404)
    return _public(f"{found.name}, {found.site.short_name}", f"rooms/{slug}", url_for("rooms.show", slug=slug))


@pages.get("/sites/<slug>")
def site(slug: str) -> str:
    found = places.site_by_slug(reading(), slug)
    return _public(found.name, f"sites/{slug}", url_for("schedule.show", site=slug))


@pages.get("/all")
def everything() -> str:
    return _public(_("All rooms"), "all", url_for("schedule.show"))


def name_of(feed: Feed) -> str:
    """What a feed is called on pages."""
    if feed.word == MINE:
        return _("My bookings")
    if feed.word == REQUESTS:
        return _("To decide")
    if isinstance(feed.of, places.Room):
        return _("%(room)s, %(site)s (staff: with all details)", room=feed.of.name, site=feed.of.site.short_name)
    return feed.of.name if feed.of else feed.word


def _overview(form: SubscribeForm) -> str:
    found = feeds_for(reading(), context.viewer())
    names = {one.word: name_of(one) for one in found}
    form.fill_choices(names, choose())
    tokens = tokens_of(reading(), context.person_id() or 0, "feed")
    return render_template(
        "subscribe/index.html",
        rows=sorted((_row(one, names) for one in tokens), key=_worst_first),
        form=form,
        sites=places.sites(reading()),
    )


def _worst_first(row: Row) -> tuple[bool, int, int]:
    order = [Health.SILENT, Health.NEVER, Health.BEHIND, Health.CURRENT]
    return row.name is not None, order.index(row.health), -row.token.id


def _row(token: Token, names: Mapping[str, str]) -> Row:
    """Addresses are made and fetched in real time; pages live by the centre's clock."""
    ahead = context.now() - context.real_now()
    fetched_at = token.fetched_at + ahead if token.fetched_at else None
    app, changed = app_named(token.app), _changed_at(token)
    state = health(app, fetched_at, changed, context.now())
    made_at = token.created_at + ahead
    return Row(token, names.get(token.feed or ""), app, state, made_at, fetched_at, changed)


def _changed_at(token: Token) -> datetime | None:
    """When anything changed last in what the address shows."""
    scopes = {token.feed or ""}
    if token.feed == MINE:
        mine = context.viewer().communities
        scopes = {feeds.person_scope(token.person_id), *(feeds.community_scope(one) for one in mine)}
    elif token.feed == REQUESTS:
        scopes = {feeds.ALL}
    return changed_at(reading(), scopes)


def _public(name: str, feed: str, back: str) -> str:
    """Anybody's: the code leads to this page, so that the phone has its buttons too."""
    today = context.real_now().date()
    asked = {words.app_name(app) if app else "": n for app, n in readings_of(reading(), feed, today).items()}
    chosen = request.args.get("in", "")
    language = chosen if chosen in LANGUAGES else choose()
    return _sheet(name, f"/feeds/{feed}.ics", language, back=back, asked=asked)


def _sheet(
    name: str,
    path: str,
    language: str | None,
    *,
    back: str,
    private: bool = False,
    asked: Mapping[str, int] | None = None,
) -> str:
    base = context.address().base_url
    own = "" if language in (None, current_app.config["DEFAULT_LANGUAGE"]) else f"?lang={language}"
    address = base + path + own
    return render_template(
        "subscribe/sheet.html",
        name=name,
        address=address,
        webcal="webcal://" + address.partition("://")[2],
        qr=qr(address if private else f"{base}{request.path}"),
        back=back,
        private=private,
        language=language,
        asked=asked or {},
        is_local=_is_local(base),
    )


def _is_local(base: str) -> bool:
    """Whether services on the internet cannot reach it."""
    host = urlsplit(base).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".lan", ".internal"))
