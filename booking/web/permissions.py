"""Who may do this, and why: every answer comes from the roles in force and the one table of what a role may."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from booking.domain.errors import Forbidden, NotFound
from booking.domain.permissions import Action, Role, roles_with
from booking.front import context
from booking.front.language import _
from booking.storage import places
from booking.storage.bookings import Booking, booking_by_code
from booking.storage.db import reading
from booking.storage.memberships import members
from booking.storage.people import RoleGrant, grants
from booking.web import role_places
from booking.web.access import login_required

pages = Blueprint("permissions", __name__, url_prefix="/manage/permissions")


@dataclass(frozen=True)
class Asked:
    """What is looked for. `where`: (site, room or None for all of the site), by id; empty: anywhere at all."""

    action: Action | None
    where: frozenset[tuple[int, int | None]]
    booking: Booking | None
    problem: str = ""


@pages.before_request
@login_required
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
        where=role_places.names(),
        places=[("", _("Anywhere")), *role_places.choices()],
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
        return Asked(chosen, frozenset((one.room.site_id, one.room_id) for one in found.occurrences), found)
    return Asked(chosen, _there(request.args.get("place", "")), None)


def _there(place: str) -> frozenset[tuple[int, int | None]]:
    """Of site:<slug> or room:<slug>; empty for anything else: everywhere."""
    known: dict[str, tuple[int, int | None]] = {}
    known |= {f"site:{site.slug}": (site.id, None) for site in places.sites(reading())}
    known |= {f"room:{room.slug}": (room.site_id, room.id) for room in places.all_rooms(reading())}
    return frozenset({known[place]}) if place in known else frozenset()


def _answers(asked: Asked, in_force: Sequence[RoleGrant]) -> list[RoleGrant]:
    """The roles that let somebody do it there, by name; of a booking in several rooms those that do in one of them."""
    if asked.action is None:
        return []
    wanted: Collection[tuple[int | None, int | None]] = asked.where or [(None, None)]
    found = [one for one in in_force if any(one.grant.allows(asked.action, *place) for place in wanted)]
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
    """The heads for whom a deputy stands in: those of everywhere, those of the same place, those of its site."""
    if one.role != Role.DEPUTY:
        return []
    heads = [other for other in in_force if other.role == Role.HEAD]
    if one.site_id is None and one.room_id is None:
        return [head.person.name for head in heads]
    site_id = one.site_id if one.room_id is None else places.rooms_by_id(reading(), [one.room_id])[one.room_id].site_id
    return [head.person.name for head in heads if head.grant.covers(site_id, one.room_id)]
