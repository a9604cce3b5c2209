"""Today's list for guards and officers, and what stands at the doors: check-in by QR, display, poster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, Refused
from booking.domain.lifecycle import State
from booking.domain.permissions import NOBODY, Action
from booking.front import context
from booking.front.language import _
from booking.front.looking import saw_list
from booking.storage import places
from booking.storage.attendance import EARLIEST, at_the_door, day_of, sites_of
from booking.storage.bookings import Occurrence
from booking.storage.calendar import room_days
from booking.storage.db import reading
from booking.storage.places import Room
from booking.usecases import attending
from booking.web.access import login_required
from booking.web.door import Door, door
from booking.web.errors import Told, status_of, told
from booking.web.forms import day_from
from booking.web.qr import qr

pages = Blueprint("attendance", __name__)

Page = str | Response | tuple[str, int]


@pages.get("/today")
@login_required
def today() -> str:
    """What takes place on a day at the sites where the viewer attends: what is on now first."""
    return _today()


@pages.post("/today/<code>/<uid>/<any(arrive, missed, end, people):step>")
@login_required
def note(code: str, uid: str, step: str) -> Page:
    """Arrived, nobody came, ended, or how many they were."""
    need_attend()
    try:
        _STEPS[step](code, uid)
    except Refused as refused:
        return _today(told(refused.violations)), status_of(refused)
    asked = _asked()
    back = url_for("attendance.today", site=asked.get("site"), date=asked.get("date"), _anchor=f"o-{uid}")
    return redirect(back)


def _arrive(code: str, uid: str) -> None:
    attending.arrive(act=context.act(), code=code, uid=uid, people=_people())
    flash(_("Noted: they are here."))


def _miss(code: str, uid: str) -> None:
    attending.mark_missed(act=context.act(), code=code, uid=uid)
    flash(_("Noted: nobody came. The rest of the time is free."))


def _end(code: str, uid: str) -> None:
    attending.end_early(act=context.act(), code=code, uid=uid, people=_people())
    flash(_("Ended. The rest of the time is free."))


def _count(code: str, uid: str) -> None:
    attending.complete(act=context.act(), code=code, uid=uid, people=_people() or 0)
    flash(_("Noted."))


_STEPS: dict[str, Callable[[str, str], None]] = {"arrive": _arrive, "missed": _miss, "end": _end, "people": _count}


def _people() -> int | None:
    """The number that was typed, None for none; what is no number becomes 0, which is refused with the bounds."""
    said = request.form.get("people", "").strip()
    if not said:
        return None
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0


def need_attend() -> None:
    if not context.viewer().may(Action.ATTEND):
        raise Forbidden


def _asked() -> dict[str, str]:
    """The site and the day of the list, as they were asked for."""
    return {name: request.args[name] for name in ("site", "date") if request.args.get(name)}


def _today(refusals: Sequence[Told] = ()) -> str:
    need_attend()
    now, day = context.now(), day_from(request.args.get("date"), context.today())
    sites = sites_of(reading(), context.viewer())
    chosen = [site for site in sites if request.args.get("site", "") in ("", site.slug)]
    found = day_of(reading(), context.viewer(), chosen, day)
    saw_list("today")
    groups = [(name, [one for one in found if _group(one) == name]) for name in ("now", "later", "over")]
    return render_template(
        "attendance/today.html",
        groups=[(name, visits) for name, visits in groups if visits],
        day=day,
        days=_around(day),
        sites=sites,
        site=request.args.get("site", ""),
        asked=_asked(),
        refusals=[one.text for one in refusals],
        can_arrive=lambda one: attending.can_arrive(one, now),
        can_end=lambda one: attending.can_end(one, now),
        is_countable=lambda one: attending.is_countable(one, now),
    )


def _around(day: date) -> tuple[str, str]:
    return (day - timedelta(days=1)).isoformat(), (day + timedelta(days=1)).isoformat()


def _group(one: Occurrence) -> str:
    now = context.now()
    if one.ends_at <= now or one.state == State.COMPLETED:
        return "over"
    is_near = one.arrived_at is not None or one.starts_at - EARLIEST <= now
    return "now" if is_near else "later"


@pages.get("/door/<slug>")
def at_door(slug: str) -> str:
    """What the QR at the door leads to: the room's day, and the check-in for those who have it now."""
    return _door(slug)


@pages.post("/door/<slug>/<any(here, leave):step>")
@login_required
def say(slug: str, step: str) -> Page:
    """We are here; we leave now."""
    use_case = attending.arrive if step == "here" else attending.end_early
    code, uid = request.form.get("code", ""), request.form.get("uid", "")
    try:
        use_case(act=context.act(), code=code, uid=uid, people=_people())
    except Refused as refused:
        return _door(slug, told(refused.violations)), status_of(refused)
    thanks = _("Thank you. Somebody else can use the room now.")
    flash(_("Welcome! We know that you are here.") if step == "here" else thanks)
    return redirect(url_for("attendance.at_door", slug=slug))


def _door(slug: str, refusals: Sequence[Told] = ()) -> str:
    room = places.room_by_slug(reading(), slug)
    viewer = context.viewer()
    mine = at_the_door(reading(), room, viewer, context.now())
    if not room.is_public and not viewer.is_staff and not mine:
        abort(404)
    return render_template(
        "attendance/door.html",
        room=room,
        door=_state(room),
        mine=mine,
        can_end=lambda one: attending.can_end(one, context.now()),
        refusals=[one.text for one in refusals],
        is_keeper=_is_keeper(room),
    )


def _state(room: Room) -> Door:
    """As everybody may see it, whoever looks: a door tells nobody's name."""
    day = context.now().astimezone(room.site.zone).date()
    (found,) = room_days(reading(), [room], [day], NOBODY, context.now())
    return door(found, context.now())


@pages.get("/manage/rooms/<slug>/poster")
@login_required
def poster(slug: str) -> str:
    """A sheet of paper for the door, with the QR that leads to the check-in."""
    room = places.room_by_slug(reading(), slug)
    if not _is_keeper(room):
        raise Forbidden
    return render_template("attendance/poster.html", room=room, address=_address(slug), qr=qr(_address(slug)))


def _is_keeper(room: Room) -> bool:
    """Whether the viewer looks after the room."""
    viewer = context.viewer()
    return any(viewer.may(action, room.site_id, room.id) for action in (Action.ATTEND, Action.FURNISH))


def _address(slug: str) -> str:
    return context.link(url_for("attendance.at_door", slug=slug))
