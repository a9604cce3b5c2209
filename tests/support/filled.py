"""A centre with one of everything that an address can name, and a SQLite file that is put back in a moment.

What belongs to somebody belongs to Cecep (of the community Gerimis Sore) in rooms of the site bitc, so that each
viewer stands in one relation to all of it. Every word of it that is nobody else's business is in `SECRETS`.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import create_app
from booking.domain.feed_names import MINE, REQUESTS, community_feed, room_feed
from booking.domain.permissions import Role
from booking.feeds.limits import Limits
from booking.storage import pictures
from booking.storage.access import Identity, Token, login_session
from booking.storage.bookings import Booking
from booking.storage.classifications import ClassKind
from booking.storage.closures import Closure
from booking.storage.communities import Mentorship, community_by_slug
from booking.storage.db import db, reading
from booking.storage.folders import PHOTOS
from booking.storage.invites import Invite
from booking.storage.letters import Letter
from booking.storage.outbox import Outbox
from booking.storage.people import RoleGrant
from booking.storage.pictures import Picture
from booking.storage.places import room_by_slug
from booking.storage.reasons import CannedReason
from booking.storage.transaction import writes
from booking.usecases.changing import change_booking
from booking.usecases.classifying import MentorshipFacts, save_classification, save_mentorship
from booking.usecases.consenting import publish_text
from booking.usecases.deciding_by_mail import new_link
from booking.usecases.furnishing_items import ItemFacts, save_item
from booking.usecases.furnishing_profiles import ProfileFacts, save_profile
from booking.usecases.furnishing_reasons import save_reason
from booking.usecases.intents import Edit
from booking.usecases.inviting import new_invite
from booking.usecases.lettering import LetterFacts, add_letter
from booking.usecases.memberships import add_member
from booking.usecases.offering import Proposal, propose
from booking.usecases.picturing import add_photo
from booking.usecases.proving import new_mail_key
from booking.usecases.signing_in import new_reset_code, open_session
from booking.usecases.subscribing import new_api_token, new_feed_token
from booking.web import page_cache
from tests.support import databases
from tests.support.clients import FreshClient
from tests.support.databases import SECRET
from tests.support.letters import pdf
from tests.support.pictures import picture
from tests.support.world import World, furnished

VIEWERS: dict[str, str | None] = {
    "nobody": None,
    "owner": "cecep",
    "stranger": "euis",
    "officer": "dadang",
    "elsewhere": "entin",
    "guard": "ujang",
    "admin": "admin",
}
"""Nobody, who it belongs to, another applicant, the officer of the site, one of another site, guard, administrator."""

SECRETS = {"title": "Rahasia Latihan", "purpose": "Alasan Rahasia", "phone": "840000000", "email": "cecep@example.com"}
"""What only the owner and the staff of the site may read."""


@dataclass
class Filled:
    """The app with its world; `ids` fill the parameters of addresses, "offered code" that of the booking offered."""

    app: Flask
    world: World
    file: Path
    ids: dict[str, Any] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    token: str = ""
    photo: Picture | None = None

    @property
    def kept(self) -> Path:
        return self.file.with_suffix(".kept")

    def keep(self) -> None:
        """Remember everything as it is now."""
        db.session.remove()
        db.engine.dispose()
        shutil.copy(self.file, self.kept)

    def put_back(self) -> None:
        """Everything as it was kept; caches and limits are empty again."""
        db.session.remove()
        db.engine.dispose()
        for left in self.file.parent.glob(f"{self.file.name}-*"):
            left.unlink()
        shutil.copy(self.kept, self.file)
        if self.photo is not None:
            pictures.keep(self.app.config["DATA"] / PHOTOS, self.photo)
        self.forget()

    def forget(self) -> None:
        self.app.extensions |= {"page_cache": page_cache.Shelf(), "feed_limits": Limits()}

    def client(self, viewer: str) -> FlaskClient:
        """A browser of this viewer: logged in already, with no other cookie."""
        client = self.app.test_client()
        if viewer in self.cookies:
            client.set_cookie("login", self.cookies[viewer])
        return client

    def csrf(self, client: FlaskClient) -> str:
        """A token that this browser may post with; its session cookie is the same for all of them."""
        if "session" not in self.cookies:
            page = self.app.test_client()
            self.token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.get("/register").text)[1]
            self.cookies["session"] = page.get_cookie("session").value
        client.set_cookie("session", self.cookies["session"])
        return self.token

    def address(self, rule: str, of: str = "", **instead: Any) -> str:
        """The address of a rule of the url_map, its parameters filled; `of` names another booking than the first."""
        said = re.sub(r"<any\((\w+)[^)]*\):\w+>", r"\1", rule)

        def value(found: re.Match[str]) -> str:
            name = found[1].rpartition(":")[2]
            kind = said[: found.start()].strip("/").rpartition("/")[2]
            for values in (instead, self.ids):  # what is said instead counts before what any of them is
                for key in (f"{of} {name}", f"{kind} {name}", name):
                    if key in values:
                        return str(values[key])
            raise KeyError(f"{rule}: tests/support/filled.py has no {kind} {name}")

        return re.sub(r"<([^>]+)>", value, said)


def filled(file: Path) -> Filled:
    """A furnished file (of the fixture sqlite_template) with an app on it, filled and kept. Inside its app context."""
    app = create_app(
        {
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{file}",
            "DATA": file.parent,
            "SECRET_KEY": SECRET,
            "BASE_URL": "http://127.0.0.1:8000",
            "UID_HOST": "booking.invalid",
            "MAIL_TO_FILES": True,
        }
    )
    app.test_client_class = FreshClient
    world = World(app)
    app.config["CLOCK"] = app.config["REAL_CLOCK"] = lambda: world.now
    context = app.app_context()
    context.push()
    one = Filled(app, world, file)
    _people(one)
    _bookings(one)
    _places(one)
    _secrets(one)
    (file.parent / "mail").mkdir(exist_ok=True)
    (file.parent / "mail" / "00000001.eml").write_text("To: cecep@example.com\nSubject: Halo\n\nIsi surat\n", "utf-8")
    one.ids["number"] = 1
    one.keep()
    app.extensions["filled context"] = context
    return one


def filled_in(folder: Path) -> Filled:
    """The same on a file booking.sqlite that is made in a folder first."""
    file = folder / "booking.sqlite"
    url = f"sqlite:///{file}"
    databases.migrate(url, folder)
    app = create_app({"SQLALCHEMY_DATABASE_URI": url, "DATA": folder, "SECRET_KEY": SECRET})
    with app.app_context():
        furnished(app)
        db.session.remove()
        db.engine.dispose()
    return filled(file)


def leave(one: Filled) -> None:
    db.session.remove()
    db.engine.dispose()
    one.app.extensions.pop("filled context").pop()


def _people(one: Filled) -> None:
    from booking.storage.people import Person

    world = one.world
    world.people = {row.name.lower(): row.id for row in reading().scalars(select(Person))}
    world.person("Fitri")  # answers for the community too, so that Cecep may leave it
    for who, relation in (("fitri", "contact"), ("dewi", "member")):
        add_member(act=world.act(), slug="gerimis-sore", login=f"{who}@example.com", relation=relation)


def _bookings(one: Filled) -> None:
    """Asked for, approved for today, with an open change, with an offer, on the waitlist, returned."""
    # what the public sees of this room is that it is taken
    one.world.room("studio", name="Studio", capacity=8, purpose="studio", feed_level="busy")
    world, about = one.world, {"community": "gerimis-sore", "purpose": SECRETS["purpose"]}
    ask = lambda *times, **more: world.ask("cecep", *times, title=SECRETS["title"], **about, **more)  # noqa: E731
    codes = {
        "": ask(world.time("studio", 2, "19:00", "21:00"), needs=["Kabel"]),
        "today": ask(world.time("studio", 0, "08:45", "10:00")),
        "changing": ask(world.time("studio", 3, "10:00", "12:00")),
        "offered": ask(world.time("studio", 4, "10:00", "12:00")),
        "returned": ask(world.time("studio", 5, "10:00", "12:00")),
    }
    world.approve("dadang", codes["today"])
    world.approve("dadang", codes["changing"])
    edit = Edit(starts_at=world.at(3, "13:00"), ends_at=world.at(3, "15:00"))
    change_booking(act=world.act("cecep"), code=codes["changing"], edit=edit)
    said = Proposal(starts_at=world.at(5, "13:00"), ends_at=world.at(5, "15:00"))
    propose(act=world.act("dadang"), code=codes["offered"], proposal=said)
    _waiting(one, codes)
    letter = LetterFacts("005/GS/XI/2026", date(2026, 11, 20), pdf())
    add_letter(act=world.act("cecep"), code=codes[""], new=letter, folder=one.file.parent / "letters")
    one.ids["letter_id"] = reading().scalar(select(Letter.id))
    for name, code in codes.items():
        row = reading().scalar(select(Booking).where(Booking.code == code))
        prefix = f"{name} " if name else ""
        values = {"code": code, "uid": row.occurrences[0].uid, "version": row.version}
        one.ids |= {f"{prefix}{key}": value for key, value in values.items()}
        if row.needs:
            one.ids["need"] = row.needs[0].id


def _waiting(one: Filled, codes: dict[str, str]) -> None:
    from booking.usecases.deciding import Verdict, decide

    world = one.world
    decide(act=world.act("dadang"), code=codes["returned"], verdict=Verdict.RETURN, reason="Lengkapi dahulu.")
    taken = world.ask("euis", world.time("studio", 8, "10:00", "12:00"), title="Rapat Kujang")
    world.approve("dadang", taken)
    codes["waiting"] = world.ask(
        "cecep", world.time("studio", 8, "10:00", "12:00"), title=SECRETS["title"], wait=True, community="gerimis-sore"
    )


def _places(one: Filled) -> None:
    world = one.world
    save_item(act=world.act(), slug=None, facts=ItemFacts("bitc", "Proyektor"), new_slug="proyektor")
    facts = ProfileFacts("Ramadan", date(2027, 2, 8), date(2027, 3, 9), rules={"*": {"pause": None}})
    profile_id = save_profile(act=world.act(), profile_id=None, facts=facts)
    reason = {"verdict": "decline", "text_id": "Ruang dipakai dinas.", "text_en": "Official use."}
    save_reason(act=world.act(), reason_id=None, **reason)
    publish_text(act=world.act(), text_id="Kami menyimpan sedikit saja.", text_en="We keep little.")
    world.close(world.at(40, "08:00"), world.at(40, "12:00"), site="bitc")
    save_classification(act=world.act(), row_id=None, kind=ClassKind.TYPE, name_id="Sanggar")
    mentored = MentorshipFacts("Dinas Contoh", date(2026, 1, 1), None)
    save_mentorship(act=world.act(), slug="gerimis-sore", mentorship_id=None, facts=mentored)
    one.ids |= {
        "rooms slug": "studio",
        "door slug": "studio",
        "display slug": "studio",
        "sites slug": "bitc",
        "items slug": "proyektor",
        "communities slug": "gerimis-sore",
        "idle slug": world.community("Sanggar Sepi"),  # a community that has nothing ahead
        "mentorships number": reading().scalar(select(Mentorship.id)),
        "versions version": 1,
        "filename": "app.css",
        "profile_id": profile_id,
        "closure_id": reading().scalar(select(Closure.id)),
        "reason_id": reading().scalar(select(CannedReason.id)),
    }
    _photo(one)


def _photo(one: Filled) -> None:
    world, folder = one.world, one.app.config["DATA"] / PHOTOS
    made = one.photo = pictures.prepared(picture(), room_by_slug(reading(), "studio").id)
    said = {"alt_id": "Ruang", "alt_en": "Room"}
    one.ids["photo_id"] = add_photo(act=world.act(), slug="studio", picture=made, folder=folder, **said)
    one.ids["photos name"] = next(iter(made.files))


def _secrets(one: Filled) -> None:
    world, session = one.world, reading()
    session.rollback()
    for viewer, who in VIEWERS.items():
        if who is not None:
            one.cookies[viewer] = open_session(person_id=world.people[who], trusted=True, now=world.now)
            one.keys[viewer] = new_api_token(person_id=world.people[who], label="test", real_now=world.now)
    cecep, community = world.people["cecep"], community_by_slug(session, "gerimis-sore").id
    room = room_by_slug(session, "studio").id
    session.rollback()
    booking_id = session.scalar(select(Booking.id).where(Booking.code == one.ids["code"]))
    one.ids |= {
        "token": _feed(one, "cecep", MINE),
        "community token": _feed(one, "cecep", community_feed(community)),
        "requests token": _feed(one, "dadang", REQUESTS),
        "room token": _feed(one, "dadang", room_feed(room)),
        "join secret": new_invite(act=world.act("cecep"), slug="gerimis-sore", most=5),
        "reset code": new_reset_code(person_id=cecep, now=world.now),
        "verify secret": new_mail_key(person_id=cecep, email="cecep@example.com", real_now=world.now),
        "identity_id": _identity(person_id=cecep, now=world.now),
        "session_id": login_session(session, one.cookies["owner"]).id,
        "secret": new_link(person_id=world.people["dadang"], booking_id=booking_id, real_now=world.now),
        "person_id": cecep,
        "members person_id": world.people["dewi"],
        "member": world.people["dewi"],
        "grant_id": session.scalar(
            select(RoleGrant.id).where(RoleGrant.person_id == world.people["dadang"], RoleGrant.role == Role.OFFICER)
        ),
        "outbox_id": session.scalar(select(Outbox.id).where(Outbox.person_id == cecep)),
    }
    session.rollback()
    one.ids["token_id"] = session.scalar(select(Token.id).where(Token.person_id == cecep, Token.feed == MINE))
    one.ids["invite_id"] = session.scalar(select(Invite.id))


@writes
def _identity(session: Session, *, person_id: int, now: datetime) -> int:
    row = Identity(person_id=person_id, issuer="https://lain.example", subject="cecep", created_at=now)
    session.add(row)
    session.flush()
    return row.id


def _feed(one: Filled, who: str, feed: str) -> str:
    """The secret of a calendar address."""
    return new_feed_token(act=one.world.act(who), feed=feed, label="HP", real_now=one.world.now)
