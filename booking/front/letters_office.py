"""What the office is told: requests that wait, decisions due and late, and what the day brings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from booking.domain.events import Event, Notice
from booking.front import context, formats
from booking.front.language import _, ngettext
from booking.front.letter_cases import Case, Link, Moot, Words, Writer, shortened, spot, undecided
from booking.storage.db import reading
from booking.storage.places import all_rooms, sites


def new_request(case: Case) -> Words:
    return _to_decide(case, _("New request: %(title)s", title=case.title), _("Somebody asks for:"))


def decide_soon(case: Case) -> Words:
    by = case.of.answer_by
    if by is not None and by <= context.now():
        what = _("This request should have been answered by now.")
    else:
        what = _("This request is to be answered soon.")
    return _to_decide(case, _("Please decide: %(title)s", title=case.title), what)


def escalated(case: Case) -> Words:
    what = _("This request was not answered in time. You may decide it, and are asked to see to it.")
    return _to_decide(case, _("Not answered in time: %(title)s", title=case.title), what)


def _to_decide(case: Case, subject: str, what: str) -> Words:
    """As it stands now, not as it stood: whoever decides reads the truth. Raises Moot where nothing waits."""
    booking = case.of
    waiting = [spot(one.period, one.room) for one in undecided(booking)]
    changes = [
        _("%(old)s becomes %(new)s", old=spot(one.period, one.room), new=spot(one.change.period, one.change.room))
        for one in booking.occurrences
        if one.change
    ]
    if not waiting and not changes:
        raise Moot("moot")
    who = f"{booking.person.name}, {booking.community.name}" if booking.community else booking.person.name
    said = [
        what,
        _("From: %(who)s", who=who),
        ngettext("%(num)s person", "%(num)s people", booking.people),
    ]
    if booking.community and booking.community.verified_at is None:
        said.append(_("This community is not verified yet."))
    if booking.purpose:
        said.append(_("Note: %(text)s", text=booking.purpose))
    following = []
    if booking.answer_day is not None:
        following.append(_("An answer was promised by %(moment)s.", moment=formats.day_long(booking.answer_day)))
    return Words(
        subject,
        said,
        shortened([*waiting, *changes]),
        next=following,
        links=_links(case, can_decide_at_once=bool(waiting)),
    )


def _links(case: Case, *, can_decide_at_once: bool) -> list[Link]:
    """What is asked about something approved is decided with both sides in view, in the inbox."""
    inbox = Link(_("Open it in the inbox"), context.link(f"/inbox/{case.of.code}"))
    if not case.key_url or not can_decide_at_once:
        return [inbox]
    return [Link(_("Decide now, without logging in (for you alone, once, within 72 hours)"), case.key_url), inbox]


def digest(case: Case) -> Words:
    day = date.fromisoformat(case.facts["day"])
    if day < context.today():
        raise Moot("late")
    counts = [(f"site {site}", numbers) for site, numbers in case.facts["sites"].items()]
    # messages written before rooms had roles do not speak of them
    counts += [(f"room {room}", numbers) for room, numbers in case.facts.get("rooms", {}).items()]
    names = {f"site {site.id}": site.short_name for site in sites(reading())}
    names |= {f"room {room.id}": room.name for room in all_rooms(reading())}
    lines = [_of_place(names[place], *numbers) for place, numbers in counts if place in names]
    waiting = sum(numbers[0] for _place, numbers in counts)
    if waiting:
        subject = ngettext("%(num)s request waits", "%(num)s requests wait", waiting)
    else:
        subject = _("Nothing waits to be decided")
    said = _("%(day)s at your sites:") if case.facts["sites"] else _("%(day)s in your rooms:")
    what = [said % {"day": formats.day_long(day)}]
    links = [Link(_("Inbox"), context.link("/inbox")), Link(_("Schedule"), context.link("/schedule"))]
    return Words(subject, what, lines, links=links)


def _of_place(name: str, waiting: int, late: int, today: int) -> str:
    parts = [ngettext("%(num)s waits for a decision", "%(num)s wait for a decision", waiting)]
    if late:
        parts.append(ngettext("%(num)s is late", "%(num)s are late", late))
    parts.append(ngettext("%(num)s booking today", "%(num)s bookings today", today))
    return f"{name}: {', '.join(parts)}"


WRITERS: Mapping[str, Writer] = {
    Notice.NEW_REQUEST: new_request,
    Notice.DECIDE_SOON: decide_soon,
    Event.ESCALATED: escalated,
    Notice.DIGEST: digest,
}
