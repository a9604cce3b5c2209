"""The officer's inbox: what waits, clashes first; clean requests cleared in one go; the last decision taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, Refused
from booking.domain.permissions import Action
from booking.front import context, formats
from booking.front.language import _, ngettext
from booking.front.looking import saw_list
from booking.storage.bookings import bookings_by_code
from booking.storage.db import reading
from booking.storage.desk import Card, Filter, Queue, cards, queue
from booking.storage.desk_past import count_with_applicants, decided_lately, with_applicants
from booking.storage.reasons import canned_reasons
from booking.usecases.clearing import MOST, Cleared, clear
from booking.usecases.deciding import UNDO, Verdict
from booking.usecases.undoing import undo
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import ReasonForm

pages = Blueprint("desk", __name__, url_prefix="/inbox")


@dataclass(frozen=True)
class Group:
    """Rows under one heading: those that clash, or the clean ones of a week."""

    title: str
    cards: list[Card]
    is_clash: bool = False


@pages.before_request
@login_required
def staff_only() -> None:
    if not context.viewer().may(Action.SEE_REQUESTS):
        raise Forbidden


@pages.get("")
def index() -> str:
    """A page of what waits: clashing requests in a group of their own, the others by week; or a tab of the rest."""
    tab = request.args.get("tab", "")
    if tab in ("waiting", "done"):
        return _answered(tab)
    site, room, community = (request.args.get(name, "")[:80] for name in ("site", "room", "community"))
    wanted = Filter(site, room, community, late="late" in request.args)
    found = queue(reading(), context.viewer(), context.now(), wanted)
    saw_list("requests")
    page = found.page(request.args.get("page", 1, int), clashing_only=tab == "clash")
    shown = cards(reading(), context.viewer(), found, page.ids, context.now())
    return render_template(
        "desk/index.html",
        found=found,
        wanted=wanted,
        tab=tab if tab == "clash" else "",
        counts=_counts(found),
        groups=_groups(shown, found),
        clean=sum(one.is_clean for one in shown),
        can_clear=any(one.is_decidable for one in shown),
        page=page,
        here=partial(_here, wanted, tab=tab if tab == "clash" else None),
        undoable=undoable(),
    )


def _counts(found: Queue) -> dict[str, int]:
    """What the tabs say in brackets."""
    with_them = count_with_applicants(reading(), context.viewer(), context.now())
    return {"": len(found.bookings), "clash": len(found.clashing), "waiting": with_them}


def _answered(tab: str) -> str:
    """What waits for its applicants, or was decided lately: nothing to do here but to look."""
    session, viewer, now = reading(), context.viewer(), context.now()
    bookings = with_applicants(session, viewer, now) if tab == "waiting" else decided_lately(session, viewer, now)
    counts = _counts(queue(session, viewer, now))
    return render_template("desk/answered.html", bookings=bookings, tab=tab, counts=counts, undoable=undoable())


def _here(wanted: Filter, **more: Any) -> str:
    """This list with the same filter."""
    said: dict[str, Any] = {name: value for name, value in asdict(wanted).items() if value}
    return url_for("desk.index", **{**said, **({"late": 1} if wanted.late else {}), **more})


def _groups(shown: Sequence[Card], found: Queue) -> list[Group]:
    clashing = [one for one in shown if one.booking.id in set(found.clashing)]
    rest = [one for one in shown if one not in clashing]
    groups = [Group(_("Clashes: requests for the same time"), clashing, is_clash=True)] if clashing else []
    weeks = groupby(rest, key=lambda one: _week(one, found))
    return groups + [Group(_week_said(*week), list(group)) for week, group in weeks]


def _week_said(year: int, week: int) -> str:
    """This week and the next by name, as one speaks of them; others by their number."""
    today = context.today()
    if (year, week) == today.isocalendar()[:2]:
        return _("This week")
    if (year, week) == (today + timedelta(days=7)).isocalendar()[:2]:
        return _("Next week")
    return formats.week_text(year, week, today)


def _week(card: Card, found: Queue) -> tuple[int, int]:
    zone = card.waiting[0].room.site.zone
    return found.firsts[card.booking.id].period.starts_at.astimezone(zone).date().isocalendar()[:2]


@pages.post("/clear")
def clear_many() -> Response | str | tuple[str, int]:
    """One row approved at once; or many: first the consequence, then done and answered for one by one."""
    verdict = Verdict.DECLINE if request.form.get("verdict") == Verdict.DECLINE else Verdict.APPROVE
    if no := request.form.get("no"):
        return _confirm(_versions([no]), Verdict.DECLINE, ReasonForm())
    if one := request.form.get("one"):
        return _done(clear(act=context.act(), versions=_versions([one]), verdict=Verdict.APPROVE), Verdict.APPROVE)
    versions = _versions(request.form.getlist("code")[:MOST])
    form = ReasonForm()
    if not versions:
        flash(_("Mark some requests first."))
        return redirect(url_for("desk.index"))
    if request.form.get("sure") != "1":
        return _confirm(versions, verdict, form)
    try:
        said: dict[str, Any] = {"reason": form.reason.data or "", "canned": request.form.get("canned", None, int)}
        cleared = clear(act=context.act(), versions=versions, verdict=verdict, **said)
    except Refused as refused:
        form.show(told(refused.violations))
        return _confirm(versions, verdict, form), status_of(refused)
    return _done(cleared, verdict)


def _versions(codes: Sequence[str]) -> dict[str, int | None]:
    """Each code with the version that was on the page: fields version-<code>."""
    return {code: request.form.get(f"version-{code}", None, int) for code in codes}


def _confirm(versions: dict[str, int | None], verdict: Verdict, form: ReasonForm) -> str:
    bookings = bookings_by_code(reading(), list(versions), context.viewer())
    return render_template(
        "desk/confirm.html",
        bookings=bookings,
        versions=versions,
        verdict=str(verdict),
        form=form,
        canned=canned_reasons(reading()),
    )


def _done(cleared: Sequence[Cleared], verdict: Verdict) -> Response | str:
    """Back to the list where all went well; else what did not, and why."""
    done = [one.code for one in cleared if one.is_done]
    remember(done)
    if len(done) == len(cleared):
        flash(_said(verdict, len(done)))
        return redirect(url_for("desk.index"))
    bookings = {one.code: one for one in bookings_by_code(reading(), [one.code for one in cleared], context.viewer())}
    results = [(bookings.get(one.code), one, told(one.violations)) for one in cleared]
    return render_template("desk/results.html", results=results, done=len(done), undoable=undoable())


def _said(verdict: Verdict, count: int) -> str:
    if verdict is Verdict.APPROVE:
        return ngettext("%(num)s request approved.", "%(num)s requests approved.", count)
    return ngettext("%(num)s request declined.", "%(num)s requests declined.", count)


# Taking back


def remember(codes: Sequence[str]) -> None:
    """What this officer has just decided, for the button that takes it back."""
    if codes:
        session["decided"] = [list(codes), context.now().isoformat()]


def undoable() -> list[str]:
    """The codes that may still be taken back."""
    codes, at = session.get("decided") or ([], "")
    return codes if codes and context.now() <= datetime.fromisoformat(at) + UNDO - timedelta(seconds=1) else []


@pages.post("/undo")
def take_back() -> Response:
    """The last decision, or the last clearing, is taken back; messages have waited."""
    codes, _at = session.pop("decided", None) or ([], "")
    done = 0
    for code in codes[:MOST]:
        try:
            undo(act=context.act(), code=code)
            done += 1
        except (Refused, Forbidden):
            continue
    if done:
        flash(ngettext("%(num)s decision taken back.", "%(num)s decisions taken back.", done))
    if done < len(codes) or not codes:
        flash(_("It was too late to take it back: 10 seconds have passed, or something happened since."))
    return redirect(url_for("desk.index"))
