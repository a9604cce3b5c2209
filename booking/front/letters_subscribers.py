"""What subscribers of calendars are told: a change at short notice that their app has not fetched."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from booking.domain.events import Notice
from booking.domain.lifecycle import GONE, State
from booking.front import context
from booking.front.language import _
from booking.front.letter_cases import Case, Link, Moot, Words, Writer
from booking.front.words import app_name
from booking.storage.bookings import may_see
from booking.storage.db import reading
from booking.storage.people import viewer


def late_change(case: Case) -> Words:
    """Raises Moot where its time has come, or where it stands otherwise by now: then a newer letter says so."""
    states = {"off": GONE, "moved": {State.APPROVED}, "on": {State.APPROVED}}
    what = str(case.facts["what"])
    if not any(one.state in states[what] for one in case.live) or _is_over(case):
        raise Moot("moot")
    said = {
        "off": (_("Will not take place: %(title)s", title=case.title), _("This was called off at short notice:")),
        "moved": (_("Moved at short notice: %(title)s", title=case.title), _("This was moved at short notice:")),
        "on": (_("Approved at short notice: %(title)s", title=case.title), _("This was approved at short notice:")),
    }
    subject, first = said[what]
    return Words(subject, [first], case.changes() or case.times(), next=_why(case), links=_links(case))


def _is_over(case: Case) -> bool:
    """Whether all of it, as it was and as it is, has begun."""
    starts = [one.period.starts_at for one in case.occurrences]
    starts += [datetime.fromisoformat(before[1]) for before, _after in case.facts.get("changes", {}).values()]
    return all(at <= context.now() for at in starts)


def _why(case: Case) -> list[str]:
    app = app_name(str(case.facts.get("app") or ""))
    fetched = case.facts.get("fetched")
    why = _("You get this message because your calendar app may not show it in time.")
    if fetched:
        asked = case.moment(datetime.fromisoformat(fetched))
        why = _(
            "You get this message because your calendar app may not show it in time: %(app)s asked us last on "
            "%(moment)s, before the change.",
            app=app,
            moment=asked,
        )
    return [why, _("There is nothing to do in the app: it will show the change when it asks the next time.")]


def _links(case: Case) -> list[Link]:
    links = [Link(_("Your calendar subscriptions"), context.link("/subscribe"))]
    if may_see(case.of, viewer(reading(), case.person.id, context.today())):
        links.insert(0, Link(_("See the booking"), context.address().booking(case.of.code)))
    return links


WRITERS: Mapping[str, Writer] = {Notice.LATE_CHANGE: late_change}
