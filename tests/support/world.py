"""A small centre made through the use cases, and short ways to ask, decide and look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask

from booking.ical.vevent import Address
from booking.storage.settings import Centre
from booking.usecases import closing, furnishing, joining
from booking.usecases.act import Act
from booking.usecases.closing import ClosureFacts
from booking.usecases.communities import CommunityFacts, enter_community
from booking.usecases.deciding import Verdict, decide
from booking.usecases.furnishing import RoomFacts, SiteFacts
from booking.usecases.joining import NewPerson
from booking.usecases.memberships import add_member
from booking.usecases.requesting import request_booking
from booking.usecases.wanted import Wanted, WantedOccurrence

JAKARTA = ZoneInfo("Asia/Jakarta")
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)  # Monday, 08.30 WIB
PASSWORD = "kembang sampeu biru"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_WEEK = {"weekly": {day: [["08:00", "21:00"]] for day in WEEKDAYS}}
ADDRESS = Address("http://127.0.0.1:8000", "booking.invalid")


@dataclass
class World:
    """People by first name; rooms by slug. `now` may be moved: the app's clock reads it."""

    app: Flask
    now: datetime = NOW
    people: dict[str, int] = field(default_factory=dict)

    def act(self, who: str | None = None) -> Act:
        return Act(self.people[who] if who else None, self.now, self.now.astimezone(JAKARTA).date(), ADDRESS)

    def site(self, slug: str, name: str | None = None, timezone: str = "Asia/Jakarta") -> str:
        facts = SiteFacts(name or slug.upper(), slug.upper(), timezone, rules={})
        return furnishing.save_site(act=self.act(), slug=None, facts=facts, new_slug=slug)

    def room(self, slug: str, *, site: str = "bitc", tier: str = "officer", rules: dict | None = None, **facts) -> str:
        chosen = RoomFacts(
            site=site,
            name=facts.pop("name", slug.replace("-", " ").title()),
            tier=tier,
            rules={"hours": ALL_WEEK} if rules is None else rules,
            **facts,
        )
        return furnishing.save_room(act=self.act(), slug=None, facts=chosen, new_slug=slug)

    def person(self, name: str, *, password: str = "", **roles: str | None) -> int:
        new = NewPerson(name, f"0840-0000-{len(self.people) + 1:04d}", f"{name.lower()}@example.com", password)
        self.people[name.lower()] = joining.register(act=self.act(), new=new)
        for role, site in roles.items():
            self.role(name.lower(), role, site=site or None)
        return self.people[name.lower()]

    def role(self, who: str, role: str, *, site: str | None = None, room: str | None = None) -> None:
        where = {"site": site, "room": room}
        joining.grant_role(act=self.act(), login=f"{who}@example.com", role=role, from_on=None, to_on=None, **where)

    def community(self, name: str, *members: str) -> str:
        slug = enter_community(act=self.act(), facts=CommunityFacts(name))
        for member in members:
            login = f"{member}@example.com"
            add_member(act=self.act(), slug=slug, login=login, relation="contact")
        return slug

    def at(self, day: int, clock: str, zone: ZoneInfo = JAKARTA) -> datetime:
        """A wall time, `day` days after the Monday of the tests, as UTC."""
        hour, minute = map(int, clock.split(":"))
        there = datetime.combine(date(2026, 11, 23) + timedelta(days=day), datetime.min.time(), zone)
        return there.replace(hour=hour, minute=minute).astimezone(UTC)

    def time(self, room: str, day: int, starts: str, ends: str, **more) -> WantedOccurrence:
        return WantedOccurrence(room, self.at(day, starts), self.at(day, ends), **more)

    def ask(self, who: str, *occurrences: WantedOccurrence, title: str = "Latihan", people: int = 2, **more) -> str:
        """The code of a new booking."""
        wanted = Wanted(title, people, occurrences, **more)
        return request_booking(act=self.act(who), wanted=wanted).code

    def approve(self, who: str, code: str) -> str:
        return decide(act=self.act(who), code=code, verdict=Verdict.APPROVE)

    def decline(self, who: str, code: str, reason: str = "Ruang dipakai dinas.") -> str:
        return decide(act=self.act(who), code=code, verdict=Verdict.DECLINE, reason=reason)

    def close(self, starts_at: datetime, ends_at: datetime, **scope: str) -> int:
        return closing.close(act=self.act(), facts=ClosureFacts(starts_at, ends_at, "Tutup", **scope))


def furnished(app: Flask) -> World:
    """One site with a rehearsal room (officer decides), a meeting room (automatic), desks and a joined hall."""
    world = World(app)
    world.now = NOW
    centre = Centre(
        name="Contoh",
        notice_id="Gratis - tidak dipungut biaya",
        notice_en="Free of charge",
        complaint_url="https://adu.example.com/",
        timezone="Asia/Jakarta",
        purposes=[{"code": "studio", "id": "Studio", "en": "Studio", "icon": "mic"}],
    )
    furnishing.save_centre(act=world.act(), said=centre)
    world.site("bitc", "Gedung BITC")
    world.site("ctp", "Techno Park")
    world.room("musik", name="Ruang Latihan Musik", capacity=8, purpose="studio")
    world.room("rapat", name="Ruang Rapat", capacity=12, tier="automatic")
    world.room("meja", name="Working Space", capacity=24, units=24, tier="automatic")
    world.room("aula", name="Aula", capacity=120, tier="head")
    world.room("pl1", name="Pelatihan 1", site="ctp", capacity=40)
    world.room("pl2", name="Pelatihan 2", site="ctp", capacity=40)
    world.room("plx", name="Pelatihan 1+2", site="ctp", capacity=90, parts=("pl1", "pl2"))
    world.person("Cecep", password=PASSWORD)
    world.person("Euis", password=PASSWORD)
    world.person("Dewi", password=PASSWORD)
    world.person("Dadang", password=PASSWORD, officer="bitc")
    world.person("Entin", password=PASSWORD, officer="ctp")
    world.person("Sumarna", password=PASSWORD, head=None)
    world.person("Ujang", password=PASSWORD, guard=None)
    world.person("Admin", password=PASSWORD, administrator=None)
    world.community("Gerimis Sore", "cecep")
    world.community("Kujang Lima", "euis")
    return world


def only(items: Sequence) -> object:
    (item,) = items
    return item
