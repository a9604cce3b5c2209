"""What applicants are told: requests, decisions, changes, cancellations, reminders."""

from __future__ import annotations

from collections.abc import Mapping

from booking.domain.events import Event, Notice
from booking.domain.lifecycle import APPROVED_IN_PART, CONFIRMED, State
from booking.front import context, formats, words
from booking.front.language import _, ngettext
from booking.front.letter_cases import Case, Link, Moot, Words, Writer, spot
from booking.usecases.attending import LEFT_EARLY


def requested(case: Case) -> Words:
    skipped = [one for one in case.occurrences if one.state == State.SKIPPED]
    wanted = [one for one in case.occurrences if one.state != State.SKIPPED]
    what = [_("We have received your request.")]
    if skipped:
        what.append(
            ngettext(
                "%(num)s date is skipped, because it cannot be had; the page of the booking says why.",
                "%(num)s dates are skipped, because they cannot be had; the page of the booking says why.",
                len(skipped),
            )
        )
    return Words(_("Received: %(title)s", title=case.title), what, case.times(wanted), next=[_next(case)])


def _next(case: Case) -> str:
    return case.who_decides() or _("Nothing of it waits for a decision now; the answer comes in a message of its own.")


def approved(case: Case) -> Words:
    in_part = case.facts.get("state") == APPROVED_IN_PART
    subject = _("Approved in part: %(title)s") if in_part else _("Approved: %(title)s")
    what = [_("Part of your booking is approved.") if in_part else _("Your booking is approved.")]
    still = case.who_decides()
    following = [_("Other times of it are not decided yet."), still] if still else []
    if len(case.occurrences) > 1:
        following.append(
            _("Tip: subscribe to your bookings on the page of that name, and your phone's calendar has them.")
        )
    coming = _("If you cannot come, please cancel it, so that others can have the room.")
    return Words(
        subject % {"title": case.title},
        what,
        case.times(),
        case.reason,
        _("Note from the office"),
        [*following, coming],
    )


def declined(case: Case) -> Words:
    what = [_("Unfortunately your request was declined.")]
    following = [_("You are welcome to ask for another time or another room.")]
    links = [_booking(case), Link(_("Find a room"), context.link("/"))]
    return Words(_("Declined: %(title)s", title=case.title), what, case.times(), case.reason, "", following, links)


def returned(case: Case) -> Words:
    what = [_("The office needs something more from you before it can decide.")]
    following = [_("Next: answer on the page of the booking, or change your request there. Then it is decided.")]
    if case.occurrences:
        moment = case.moment(case.occurrences[0].period.starts_at)
        following.append(_("Without an answer it lapses on %(moment)s.", moment=moment))
    subject = _("Needs changes: %(title)s", title=case.title)
    return Words(subject, what, case.times(), case.reason, _("What the office says"), following)


def cancelled(case: Case) -> Words:
    what = _("You have cancelled this booking.") if case.is_own_doing else _("This booking was cancelled.")
    left = [one for one in case.of.occurrences if one.state in (State.APPROVED, State.REQUESTED)]
    if left:
        what = _("You have cancelled these times.") if case.is_own_doing else _("These times were cancelled.")
    stays = [ngettext("%(num)s other time of it stays.", "%(num)s other times of it stay.", len(left))] if left else []
    links = [_booking(case), Link(_("Find a room"), context.link("/"))]
    return Words(_("Cancelled: %(title)s", title=case.title), [what], case.times(), case.reason, "", stays, links)


def expired(case: Case) -> Words:
    subject = _("Lapsed: %(title)s", title=case.title)
    links = [_booking(case), Link(_("Find a room"), context.link("/"))]
    if case.facts.get("was") == State.RETURNED:
        what = [_("Your request has lapsed: the office had asked something, and its time came before the answer.")]
        return Words(subject, what, case.times(), links=links)
    if case.facts.get("was") == State.SKIPPED:
        what = [_("You stood in line, but nothing became free before its time came.")]
        return Words(subject, what, case.times(), links=links)
    by = case.of.answer_by
    if by is not None and by <= case.written_at:
        late = _("The office did not answer your request in time. That is our failure, not yours, and we are sorry.")
        promised = _("We had meant to answer by %(moment)s.", moment=formats.day_long(case.of.answer_day or by.date()))
        what = [late, promised]
    else:
        what = [_("Nobody decided your request before its time came, so it has lapsed. We are sorry.")]
    following = [_("You are welcome to ask for another time; tell us if it is urgent.")]
    return Words(subject, what, case.times(), next=following, links=links)


def changed(case: Case) -> Words:
    own = case.is_own_doing
    what = [_("You have changed this booking.") if own else _("The office has changed this booking.")]
    lines = case.changes() or case.times()
    if not lines:
        what.append(_("Its times stay as they are; what it is about or who comes is written anew."))
    return Words(
        _("Changed: %(title)s", title=case.title), what, lines, case.reason, "", [case.who_decides() or _holds(case)]
    )


def _holds(case: Case) -> str:
    if any(one.state in CONFIRMED for one in case.of.occurrences):
        return _("It needs no new approval: this is how it holds now.")
    return ""


def change_requested(case: Case) -> Words:
    what = [_("You have asked for a change. Until it is decided everything stays as it was approved.")]
    subject = _("Change asked for: %(title)s", title=case.title)
    return Words(subject, what, case.changes() or case.times(), case.reason, "", [case.who_decides()])


def change_approved(case: Case) -> Words:
    what = [_("Your change is approved. From now on this holds:")]
    subject = _("Change approved: %(title)s", title=case.title)
    return Words(subject, what, case.changes() or case.times(), case.reason, _("Note from the office"))


def change_declined(case: Case) -> Words:
    what = [_("Unfortunately your change was declined. Everything stays as it was approved:")]
    return Words(_("Change declined: %(title)s", title=case.title), what, case.times(), case.reason)


def change_withdrawn(case: Case) -> Words:
    what = [_("The change is withdrawn. Everything stays as it was approved:")]
    return Words(_("Change withdrawn: %(title)s", title=case.title), what, case.times(), case.reason)


def change_expired(case: Case) -> Words:
    what = [_("Nobody decided your change in time, and we are sorry. Everything stays as it was approved:")]
    return Words(_("Change lapsed: %(title)s", title=case.title), what, case.times())


def needs_answered(case: Case) -> Words:
    said = case.facts.get("needs", {})
    lines = []
    for need in case.of.needs:
        if str(need.id) in said and need.answer:
            note = f" ({need.note})" if need.note else ""
            lines.append(f"{need.text}: {words.ANSWERS[need.answer]}{note}")
    what = [_("The office has looked at what you need:")]
    return Words(_("What you need: %(title)s", title=case.title), what, lines, next=[case.who_decides()])


def resumed(case: Case) -> Words:
    what = [_("You have asked for dates that were skipped.")]
    return Words(_("Skipped dates asked for: %(title)s", title=case.title), what, case.times(), next=[_next(case)])


def free_again(case: Case) -> Words:
    if not any(one.state == State.SKIPPED and one.starts_at > context.now() for one in case.live):
        raise Moot("moot")
    what = [_("Nothing stands in the way any more of what was skipped:")]
    following = [_("If you still want it, ask for it on the page of the booking. It is not held for you.")]
    return Words(_("Free again: %(title)s", title=case.title), what, case.times(), next=following)


def closure(case: Case) -> Words:
    what = [_("The centre is closed at that time, but your booking takes place all the same.")]
    return Words(_("Takes place in spite of a closure: %(title)s", title=case.title), what, case.times(), case.reason)


def relocated(case: Case) -> Words:
    what = [_("The office had to move your booking, and asks for your understanding. This is how it holds now:")]
    following = [
        case.who_decides(),
        _("If that does not suit you, cancel it or ask for a change on the page of the booking."),
    ]
    lines = case.changes() or case.times()
    return Words(_("Moved: %(title)s", title=case.title), what, lines, case.reason, "", following)


def undone(case: Case) -> Words:
    what = [_("The decision that you were told of was taken back. Please do not rely on it.")]
    return Words(_("Decision taken back: %(title)s", title=case.title), what, case.times(), next=[case.who_decides()])


def released(case: Case) -> Words:
    if case.facts.get("because") == LEFT_EARLY:
        what = [_("It was noted that you left before the end: the rest of the time is free for others.")]
    else:
        what = [_("Nobody had come by the time that the house rules set: the rest is free for others.")]
    following = [_("If this is a mistake, please tell the office.")]
    return Words(_("Released: %(title)s", title=case.title), what, case.times(), case.reason, "", following)


def attend_soon(case: Case) -> Words:
    ahead = [one for one in case.live if one.state == State.APPROVED and one.starts_at > context.now()]
    if not ahead:
        raise Moot("moot")
    # as they are now: they may have moved since the reminder was written
    lines = [spot(one.period, one.room) for one in ahead]
    what = [_("A reminder of what you have booked:")]
    following = [_("If you cannot come, please cancel it, so that others can have the room.")]
    return Words(_("Soon: %(title)s", title=case.title), what, lines, next=following)


def series_ends(case: Case) -> Words:
    ahead = [one for one in case.occurrences if one.period.starts_at > context.now()]
    if not ahead:
        raise Moot("moot")
    last = ahead[-1]
    day = formats.day_long(last.period.starts_at.astimezone(last.room.site.zone).date())
    what = [_("Your series ends on %(day)s. These dates are left:", day=day)]
    following = [_("If you want to go on, ask for a new series in time: others may want the room too.")]
    return Words(_("Your series ends soon: %(title)s", title=case.title), what, case.times(ahead), next=following)


def _booking(case: Case) -> Link:
    return Link(_("See the booking"), context.address().booking(case.of.code))


WRITERS: Mapping[str, Writer] = {
    Event.REQUESTED: requested,
    Event.APPROVED: approved,
    Event.DECLINED: declined,
    Event.RETURNED: returned,
    Event.CANCELLED: cancelled,
    Event.EXPIRED: expired,
    Event.CHANGED: changed,
    Event.CHANGE_REQUESTED: change_requested,
    Event.CHANGE_APPROVED: change_approved,
    Event.CHANGE_DECLINED: change_declined,
    Event.CHANGE_WITHDRAWN: change_withdrawn,
    Event.CHANGE_EXPIRED: change_expired,
    Event.NEEDS_ANSWERED: needs_answered,
    Event.RESUMED: resumed,
    Event.FREE_AGAIN: free_again,
    Event.CLOSURE: closure,
    Event.RELOCATED: relocated,
    Event.UNDONE: undone,
    Event.RELEASED: released,
    Notice.ATTEND_SOON: attend_soon,
    Notice.SERIES_ENDS: series_ends,
}
