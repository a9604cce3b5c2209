"""How rooms are allotted, for everybody: the rules, who decides, how long it took, what became of requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import cast

from flask import Blueprint, current_app, render_template

from booking.domain.approval import Tier
from booking.domain.figures import FEWEST, Figures, spread
from booking.domain.permissions import Action, Role, roles_with
from booking.front import context, rules_told, words
from booking.front.formats import duration
from booking.front.language import _
from booking.storage import places
from booking.storage.allotment import LONG, RuleChange, allotted, rule_changes
from booking.storage.db import reading
from booking.storage.places import Room, Site

pages = Blueprint("allotment", __name__)

Kept = dict[str, dict[Tier, Figures]]
DECIDES = {Tier.OFFICER: Action.DECIDE_OFFICER, Tier.HEAD: Action.DECIDE_HEAD}


@dataclass(frozen=True)
class Change:
    """One change of rules as it is told: when, where, and what holds since."""

    at: datetime
    place: str
    sentences: list[str]


class Shelf:
    """The figures of the hour, counted once in each process: whoever comes meanwhile gets those of the hour before."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._hour: datetime | None = None
        self._figures: Kept = {}

    def of(self, now: datetime) -> Kept:
        hour = now.replace(minute=0, second=0, microsecond=0)
        if self._hour == hour or (self._figures and self._lock.locked()):
            return self._figures
        with self._lock:
            if self._hour != hour:
                self._figures, self._hour = allotted(reading(), now), hour
            return self._figures


@pages.get("/allotment")
def show() -> str:
    now = context.now()
    shelf = cast("Shelf", current_app.extensions.setdefault("allotment", Shelf()))
    rooms = [room for room in places.public_rooms(reading()) if room.bookable]
    return render_template(
        "allotment/show.html",
        rooms=[(room, rules_told.told(room.house_rules)) for room in rooms],
        figures=shelf.of(now),
        tiers=list(Tier),
        deciders={tier: ", ".join(str(words.ROLES[role]) for role in _deciders(tier)) for tier in DECIDES},
        promises={site.id: site for site in {room.site_id: room.site for room in rooms}.values() if site.answer_days},
        changes=_changes(rule_changes(reading(), now - LONG), rooms),
        spread=spread,
        span=span,
        fewest=FEWEST,
    )


def _deciders(tier: Tier) -> list[Role]:
    return roles_with(DECIDES[tier])


def span(time: timedelta) -> str:
    """To the minute below an hour, to half an hour below two days, else in days and half days as hours are."""
    minutes = int(time.total_seconds()) // 60
    if minutes < 60:
        return duration(minutes)
    if minutes < 2 * 24 * 60:
        return duration(max(round(minutes / 30), 1) * 30)
    return duration(round(minutes / (24 * 60)) * 24 * 60)


def _changes(found: list[RuleChange], rooms: list[Room]) -> list[Change]:
    """Of rooms and sites that everybody may see."""
    of_rooms = {room.id: room for room in rooms}
    of_sites = {room.site_id: room.site for room in rooms}
    told = []
    for one in found:
        place: Room | Site | None = (of_rooms if one.kind == "room" else of_sites).get(one.place_id)
        if place is not None and (sentences := _sentences(one)):
            told.append(Change(one.at, place.name, sentences))
    return told


def _sentences(one: RuleChange) -> list[str]:
    said = []
    if "tier" in one.changes:
        said.append(str(words.TIERS[one.changes["tier"][1]]))
    if "answer_days" in one.changes:
        said.append(_("Answers are promised within %(days)s working days.", days=one.changes["answer_days"][1]))
    if "rules" in one.changes:
        before, after = ({} if rules is None else rules for rules in one.changes["rules"])
        said += rules_told.changed(before, after)
    return said
