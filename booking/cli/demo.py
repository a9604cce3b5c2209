"""The demo: facts of a pack, loaded through the use cases with actor and now as of each step."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import select

from booking.cli.demo_pictures import drawn
from booking.domain.lifecycle import State
from booking.domain.period import soonest
from booking.domain.series import Pattern
from booking.front import context
from booking.storage.bookings import Booking, Occurrence
from booking.storage.classifications import ClassKind
from booking.storage.db import reading
from booking.storage.folders import PHOTOS
from booking.storage.people import Person
from booking.storage.pictures import prepared
from booking.storage.places import room_by_slug
from booking.storage.settings import Centre
from booking.usecases import closing, furnishing, joining
from booking.usecases.act import Act
from booking.usecases.attending import mark_missed
from booking.usecases.cancelling import cancel
from booking.usecases.classifying import MentorshipFacts, save_classification, save_mentorship
from booking.usecases.closing import ClosureFacts
from booking.usecases.communities import CommunityFacts, enter_community
from booking.usecases.consenting import publish_text
from booking.usecases.deciding import Verdict, decide
from booking.usecases.expiring import close_overdue
from booking.usecases.furnishing import RoomFacts, SiteFacts
from booking.usecases.furnishing_items import ItemFacts, save_item
from booking.usecases.furnishing_profiles import ProfileFacts, save_profile
from booking.usecases.furnishing_reasons import save_reason
from booking.usecases.joining import NewPerson
from booking.usecases.memberships import add_member
from booking.usecases.picturing import add_photo
from booking.usecases.requesting import request_booking
from booking.usecases.setting_up import begin_demo, begin_loading
from booking.usecases.wanted import PRIVATELY, Instead, Wanted, WantedOccurrence

PACK: dict[str, Any] = json.loads(
    Path(__file__).resolve().parent.parent.joinpath("packs", "cimahi.json").read_text("utf-8")
)
_VERDICTS = {State.DECLINED: Verdict.DECLINE, State.RETURNED: Verdict.RETURN}

Step = tuple[datetime, int, Callable[[Act], object]]
"""When, in which order among those of one moment, and what is done."""


def people_of(pack: dict[str, Any]) -> list[dict[str, str]]:
    """The log-ins of a pack, those with a role first."""
    return sorted(pack["people"], key=lambda person: not person.get("roles"))


def nearest_monday(day: date) -> date:
    return day + timedelta(days=(3 - day.weekday()) % 7 - 3) if day.weekday() else day


def load_demo(pack: dict[str, Any] = PACK, *, chosen: date | None = None) -> None:
    """Load a pack and set the demo's clock to the morning of `chosen`, in whose week the pack's facts then lie.

    Without a day: the Monday nearest to today. Raises Refused where a fact of the pack breaks a rule.
    """
    today = context.real_now().astimezone(ZoneInfo(pack["centre"]["timezone"])).date()
    Loader(pack, chosen or nearest_monday(today)).load()


@dataclass
class Loader:
    pack: dict[str, Any]
    chosen: date

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.pack["centre"]["timezone"])
        self.anchor = date.fromisoformat(self.pack["anchor"])
        self.shift = self.chosen - timedelta(days=self.chosen.weekday()) - self.anchor
        self.now = self.at(f"{self.pack['anchor']} {self.pack['starts']}")
        self.codes: dict[str, str] = {}
        self.times = self._all_times()

    def load(self) -> None:
        early = self.now - timedelta(days=60)
        act = self.act(early)
        begin_loading()
        furnishing.save_centre(act=act, said=Centre(**self.pack["centre"]))
        self.privacy = publish_text(act=act, **self.pack["privacy"])
        self.furnish(act)
        self.communities(act)
        self.people(act)
        for when, _, do in sorted(self.steps(), key=lambda step: step[:2]):
            do(self.act(when))
        # a profile is laid over what was approved before it: a demo in Ramadan shows just that
        for profile in self.pack["profiles"]:
            save_profile(act=self.act(self.now), profile_id=None, facts=self._profile(profile))
        # later in the week: the worker does what time alone does between Monday and then
        begins = soonest(datetime.combine(self.chosen, time.fromisoformat(self.pack["starts"])), self.zone)
        close_overdue(act=self.act(begins))
        said = {"password": self.pack["password"], "people": people_of(self.pack), "guide": self.pack["guide"]}
        begin_demo(now=begins, real_now=context.real_now(), said=said)
        context.forget_clock()

    def act(self, now: datetime, actor: int | None = None) -> Act:
        return Act(actor, now, now.astimezone(self.zone).date(), context.address())

    def at(self, said: str, *, moves: bool = True) -> datetime:
        """The instant of "2026-11-23 08:30" in the pack, moved to the demo's week."""
        return soonest(datetime.fromisoformat(said) + (self.shift if moves else timedelta()), self.zone)

    def furnish(self, act: Act) -> None:
        for position, site in enumerate(self.pack["sites"]):
            facts = {key: value for key, value in site.items() if key != "slug"}
            furnishing.save_site(act=act, slug=None, facts=SiteFacts(**facts, position=position), new_slug=site["slug"])
        for position, room in enumerate(self.pack["rooms"]):
            facts = {key: value for key, value in room.items() if key != "slug"}
            room_facts = RoomFacts(**facts, position=position)
            furnishing.save_room(act=act, slug=None, facts=room_facts, new_slug=room["slug"])
        self._hang_pictures(act)
        for item in self.pack["items"]:
            facts = {key: value for key, value in item.items() if key != "slug"}
            save_item(act=act, slug=None, facts=ItemFacts(**facts), new_slug=item["slug"])
        for position, reason in enumerate(self.pack["reasons"]):
            save_reason(act=act, reason_id=None, position=position, **reason)
        for closure in self.pack["closures"]:
            closing.close(act=act, facts=self._closure(closure))

    def _hang_pictures(self, act: Act) -> None:
        folder = current_app.config["DATA"] / PHOTOS
        for said in self.pack["pictures"]:
            room_id = room_by_slug(reading(), said["room"]).id
            picture = prepared(drawn(said["drawing"]), room_id)
            words = {name: said[name] for name in ("alt_id", "alt_en")}
            add_photo(act=act, slug=said["room"], picture=picture, folder=folder, **words)

    def _profile(self, said: dict[str, Any]) -> ProfileFacts:
        """Profiles keep their real dates."""
        days = {name: date.fromisoformat(said[name]) for name in ("first_on", "last_on")}
        return ProfileFacts(**{**said, **days})

    def _closure(self, said: dict[str, Any]) -> ClosureFacts:
        moves = said.get("moves", False)
        starts_at = self.at(f"{said['from']} {said.get('start', '00:00')}", moves=moves)
        ends_at = self.at(f"{said['to']} {said.get('end', '00:00')}", moves=moves)
        if "end" not in said:
            ends_at += timedelta(days=1)
        names = (said["name_id"], said["name_en"])
        return ClosureFacts(starts_at, ends_at, *names, room=said.get("room"), provisional=said["provisional"])

    def communities(self, act: Act) -> None:
        rows: dict[tuple[str, str], int] = {}
        for kind, said in self.pack["classifications"].items():
            for name_id, name_en in said:
                rows[kind, name_id] = save_classification(
                    act=act, row_id=None, kind=kind, name_id=name_id, name_en=name_en
                )
        for one in self.pack["communities"]:
            classes = {kind: rows[kind, one[kind]] for kind in ClassKind if one.get(kind)}
            facts = CommunityFacts(one["name"], one.get("about", ""), dict(classes), one.get("public", False))
            slug = enter_community(act=act, facts=facts, verified=one.get("verified", True))
            if one["mentor"]:
                save_mentorship(act=act, slug=slug, mentorship_id=None, facts=MentorshipFacts(one["mentor"]))

    def people(self, act: Act) -> None:
        for one in self.pack["people"]:
            new = NewPerson(one["name"], one["phone"], one["email"], self.pack["password"], accepted=self.privacy)
            joining.register(act=act, new=new)
            if "community" in one:
                relation = one["relation"]
                add_member(act=act, slug=one["community"], login=one["email"], relation=relation)
            for role in one.get("roles", ()):
                joining.grant_role(
                    act=act,
                    login=one["email"],
                    role=role["role"],
                    site=role.get("site"),
                    room=role.get("room"),
                    from_on=date.fromisoformat(role["from"]) if "from" in role else None,
                    to_on=date.fromisoformat(role["to"]) if "to" in role else None,
                )
        self.ids = dict(reading().execute(select(Person.email, Person.id)).all())

    def steps(self) -> Iterator[Step]:
        """Everything that happened before the demo begins, and the worker at each moment that matters to it."""
        for said in self.pack["bookings"]:
            asked, decided = self.at(said["asked"]), self.at(said["decided"])
            yield asked, 1, partial(self._ask, said)
            yield decided, 2, partial(self._decide, said)
            for one in said["occurrences"]:
                starts_at, ends_at = self._times(one)
                if starts_at <= self.now:
                    yield starts_at, 3, lambda act: close_overdue(act=act)
                if ends_at <= self.now:
                    yield ends_at, 3, lambda act: close_overdue(act=act)
                if one["state"] == State.MISSED:
                    at = starts_at + timedelta(minutes=20)
                    yield at, 2, partial(self._miss, said, one)
                if one["state"] == State.CANCELLED:
                    at = self.now - timedelta(days=2)
                    yield at, 2, partial(self._cancel, said, one)

    def _ask(self, said: dict[str, Any], act: Act) -> None:
        occurrences = said["occurrences"]
        wanted = Wanted(
            said["title"],
            said["people"],
            [self._wanted(one) for one in (occurrences[:1] if "repeat" in said else occurrences)],
            said["community"] or PRIVATELY,
            funding=said["funding"],
            items=[(slug, quantity) for slug, quantity in said.get("items", ())],
        )
        if "repeat" in said:
            wanted = self._series(wanted, said)
        self.codes[said["id"]] = request_booking(act=act.by(self.ids[said["person"]]), wanted=wanted).code

    def _wanted(self, one: dict[str, Any], *, moved: bool = True) -> WantedOccurrence:
        starts_at, ends_at = self._times(one) if moved else self._said_times(one)
        more = {key: one[key] for key in ("units", "people", "label") if key in one}
        return WantedOccurrence(one["room"], starts_at, ends_at, **{"units": 1, **more})

    def _series(self, wanted: Wanted, said: dict[str, Any]) -> Wanted:
        """The pattern as it was said, and a time of its own for each date that a holiday has moved."""
        instead = {}
        for one in said["occurrences"]:
            times, meant = self._times(one), self._said_times(one)
            if times != meant:
                instead[meant[0].astimezone(self.zone).date()] = Instead(None, *times)
        repeat = said["repeat"]
        if "dates" in repeat:
            repeat = {"dates": [(date.fromisoformat(day) + self.shift).isoformat() for day in repeat["dates"]]}
        first = self._wanted(said["occurrences"][0], moved=False)
        return replace(wanted, occurrences=[first], repeat=Pattern.from_json(repeat), instead=instead)

    def _said_times(self, one: dict[str, Any]) -> tuple[datetime, datetime]:
        return self.at(f"{one['date']} {one['start']}"), self.at(f"{one['date']} {one['end']}")

    def _times(self, one: dict[str, Any]) -> tuple[datetime, datetime]:
        return self.times[one["id"]]

    def _all_times(self) -> dict[str, tuple[datetime, datetime]]:
        """When each occurrence takes place; from a holiday it moves to the next week where nothing else is."""
        said = [one for booking in self.pack["bookings"] for one in booking["occurrences"]]
        times = {one["id"]: self._said_times(one) for one in said}
        holidays = [self._closure(one) for one in self.pack["closures"] if not one.get("moves")]
        closed = [(holiday.starts_at, holiday.ends_at) for holiday in holidays]
        for one in said:
            others = [times[other["id"]] for other in said if other is not one and self._touch(one, other)]
            while _hits(times[one["id"]], closed):
                times[one["id"]] = _week_later(times[one["id"]])
                while _hits(times[one["id"]], others):
                    times[one["id"]] = _week_later(times[one["id"]])
        return times

    def _touch(self, one: dict[str, Any], other: dict[str, Any]) -> bool:
        """Whether two occurrences want the same place."""
        parts = {room["slug"]: {room["slug"], *room.get("parts", ())} for room in self.pack["rooms"]}
        return bool(parts[one["room"]] & parts[other["room"]])

    def _decide(self, said: dict[str, Any], act: Act) -> None:
        """What the pack leaves requested or expired nobody decides; what is automatic is decided already."""
        states = {State(one["state"]) for one in said["occurrences"]}
        outcome = next((state for state in states if state in _VERDICTS), State.APPROVED)
        code = self.codes[said["id"]]
        waiting = reading().scalars(
            select(Occurrence).join(Booking).where(Booking.code == code, Occurrence.state == State.REQUESTED)
        )
        tiers = {(str(one.decided_by_tier), one.room.site.slug) for one in waiting}
        if not tiers or states <= {State.REQUESTED, State.EXPIRED}:
            return
        officer = self._decider(tiers)
        reason = next((one["reason"] for one in said["occurrences"] if "reason" in one), "")
        verdict = _VERDICTS.get(outcome, Verdict.APPROVE)
        given = "" if verdict is Verdict.APPROVE else reason
        decide(act=act.by(officer), code=code, verdict=verdict, reason=given)

    def _decider(self, tiers: set[tuple[str, str]]) -> int:
        """The officer of the site; the head where one of the rooms is the head's or two sites are concerned."""
        sites = {site for _, site in tiers}
        if len(sites) > 1 or any(tier == "head" for tier, _ in tiers):
            return self._with_role("head", None)
        return self._with_role("officer", sites.pop())

    def _with_role(self, role: str, site: str | None) -> int:
        for person in self.pack["people"]:
            roles = [one for one in person.get("roles", ()) if "room" not in one]
            if any(one["role"] == role and one.get("site") == site for one in roles):
                return int(self.ids[person["email"]])
        raise LookupError(f"the pack has no {role} of {site}")

    def _uid(self, said: dict[str, Any], one: dict[str, Any]) -> str:
        starts_at, _ = self._times(one)
        query = select(Occurrence.uid).join(Booking).where(Booking.code == self.codes[said["id"]])
        return reading().scalars(query.where(Occurrence.starts_at == starts_at)).one()

    def _miss(self, said: dict[str, Any], one: dict[str, Any], act: Act) -> None:
        guard = self._with_role("guard", None)
        mark_missed(act=act.by(guard), code=self.codes[said["id"]], uid=self._uid(said, one))

    def _cancel(self, said: dict[str, Any], one: dict[str, Any], act: Act) -> None:
        uids = [self._uid(said, one)]
        person = self.ids[said["person"]]
        cancel(act=act.by(person), code=self.codes[said["id"]], reason=one.get("reason", ""), uids=uids)


def _hits(times: tuple[datetime, datetime], others: list[tuple[datetime, datetime]]) -> bool:
    return any(times[0] < ends_at and starts_at < times[1] for starts_at, ends_at in others)


def _week_later(times: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    return times[0] + timedelta(weeks=1), times[1] + timedelta(weeks=1)
