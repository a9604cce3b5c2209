"""Who may do this, and why: every answer comes from the roles in force and the one table of what a role may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_login import login_required

from booking.domain.errors import Forbidden, NotFound
from booking.domain.permissions import Action, Role, roles_with
from booking.front import context
from booking.front.language import _
from booking.storage import places
from booking.storage.bookings import Booking, booking_by_code
from booking.storage.db import reading
from booking.storage.memberships import members
from booking.storage.people import RoleGrant, grants

pages = Blueprint("permissions", __name__, url_prefix="/manage/permissions")


@dataclass(frozen=True)
class Asked:
    """What is looked for. `sites`: ids of where it shall be; empty: anywhere at all."""

    action: Action | None
    sites: frozenset[int]
    booking: Booking | None
    problem: str = ""


@pages.before_request
@login_required  # type: ignore[untyped-decorator]
def explained_to() -> None:
    if not context.viewer().may(Action.EXPLAIN):
        raise Forbidden


@pages.get("")
def show() -> str:
    asked, today = _asked(), context.today()
    everything = grants(reading())
    in_force = [one for one in everything if one.is_in_force(today)]
    person = request.args.get("person", 0, int)
    return render_template(
        "permissions/show.html",
        asked=asked,
        answers=_answers(asked, in_force),
        people=_its_people(asked.booking) if asked.booking else [],
        staff=list({one.person_id: one.person for one in everything}.values()),
        person=person,
        own=_own(person, in_force),
        waiting=[one for one in everything if one.person_id == person and one not in in_force],
        sites={site.id: site.short_name for site in places.sites(reading())},
        places=_places(),
        deputised=lambda one: _deputised(one, in_force),
        table=[(action, roles_with(action)) for action in Action],
    )


def _asked() -> Asked:
    action = request.args.get("action", "")
    chosen = Action(action) if action in set(Action) else None
    if code := request.args.get("code", "").strip():
        try:
            found = booking_by_code(reading(), code, context.viewer())
        except NotFound:
            return Asked(None, frozenset(), None, _("There is no booking with this code."))
        return Asked(chosen, frozenset(one.room.site_id for one in found.occurrences), found)
    return Asked(chosen, _site_of(request.args.get("place", "")), None)


def _site_of(place: str) -> frozenset[int]:
    """Of site:<slug> or room:<slug>; empty for anything else: everywhere."""
    kind, _colon, slug = place.partition(":")
    of_sites = {site.slug: site.id for site in places.sites(reading())}
    of_rooms = {room.slug: room.site_id for room in places.all_rooms(reading())}
    found = (of_rooms if kind == "room" else of_sites).get(slug)
    return frozenset() if found is None else frozenset({found})


def _places() -> list[tuple[str, str]]:
    sites = [(f"site:{site.slug}", _("All of %(site)s", site=site.short_name)) for site in places.sites(reading())]
    rooms = [(f"room:{room.slug}", f"{room.name}, {room.site.short_name}") for room in places.all_rooms(reading())]
    return [("", _("Anywhere")), *sites, *rooms]


def _answers(asked: Asked, in_force: Sequence[RoleGrant]) -> list[RoleGrant]:
    """The roles that let somebody do it there, by name; of a booking at several sites those that do at one of them."""
    if asked.action is None:
        return []
    wanted = asked.sites or {None}
    found = [one for one in in_force if any(one.grant.allows(asked.action, site) for site in wanted)]
    return sorted(found, key=lambda one: (one.person.name.lower(), one.id))


def _own(person_id: int, in_force: Sequence[RoleGrant]) -> list[tuple[Action, list[RoleGrant]]]:
    """Everything that somebody may do, each with the roles that let them."""
    own = [one for one in in_force if one.person_id == person_id]
    found = [(action, [one for one in own if one.grant.allows(action)]) for action in Action]
    return [(action, because) for action, because in found if because]


def _its_people(booking: Booking) -> list[str]:
    """Whose booking it is: they change and cancel it without any role."""
    if booking.community_id is None:
        return [booking.person.name]
    return [one.name for one in members(reading(), booking.community_id) if not one.is_gone]


def _deputised(one: RoleGrant, in_force: Sequence[RoleGrant]) -> list[str]:
    """The heads for whom a deputy stands in: those of the same place and those of everywhere."""
    if one.role != Role.DEPUTY:
        return []
    heads = [other for other in in_force if other.role == Role.HEAD]
    return [head.person.name for head in heads if one.site_id is None or head.site_id in (None, one.site_id)]
