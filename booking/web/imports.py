"""Import a calendar file: looked at first, chosen, confirmed. The file itself is kept nowhere.

What was read of it (titles, places, times) travels in the page, sealed: nobody's dates lie on a disk between two steps,
no server has to remember them, and what comes back is what was read.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import msgspec
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Response
from wtforms import BooleanField, FileField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from booking.domain.errors import Forbidden, Refused, refuse
from booking.domain.period import Period
from booking.domain.permissions import Viewer
from booking.front import context, formats
from booking.front.language import _, ngettext
from booking.ical.content import MOST_BYTES
from booking.ical.reading import Foreign, moment_of, read
from booking.storage import communities, places
from booking.storage.bookings import Booking
from booking.storage.db import reading
from booking.storage.imports import imported_bookings
from booking.usecases.import_plan import Choices, ImportPlan, Kind, Outcome, Row, may_import, plan_import, refusals_of
from booking.usecases.importing import Counts, import_events
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import Form

pages = Blueprint("imports", __name__, url_prefix="/manage/import")

_ROOM = "room-"
_SHOWN_TIMES = 60
_SHOWN_BOOKINGS = 500


class InMemory(FormDataParser):
    """Files of more than half a MiB would go to the disk while they come in."""

    def __init__(self, **said: Any) -> None:
        super().__init__(**{**said, "stream_factory": lambda *_args, **_more: BytesIO()})


@pages.url_value_preprocessor
def make_room_for_a_file(_endpoint: str | None, _values: object) -> None:
    """A file that is too large is refused with a sentence, so somewhat more than a file may come in.

    The same as a field: what was read of a file comes back sealed, which may be more than the half MiB of other forms.
    """
    request.max_content_length = request.max_form_memory_size = 3 * MOST_BYTES
    request.form_data_parser_class = InMemory


@pages.before_request
@login_required
def importers_only() -> None:
    if not kinds(context.viewer()):
        raise Forbidden


def kinds(viewer: Viewer) -> list[Kind]:
    """What somebody may import anywhere."""
    return [kind for kind in Kind if may_import(viewer, kind)]


class ImportForm(Form):
    file = FileField(_l("Calendar file (.ics)"), render_kw={"accept": ".ics,text/calendar"})
    kind = SelectField(_l("Import as"))
    default = SelectField(_l("Room of events that name none"), validate_choice=False)
    community = SelectField(_l("For which community"), validate_choice=False)
    person = StringField(_l("Contact: phone number or e-mail (empty: you)"), [Optional()])
    people = IntegerField(_l("People at each time"), [InputRequired()], default=1)
    override = TextAreaField(
        _l("Set house rules aside, because ... (empty: keep them)"), [Optional()], render_kw={"rows": 2}
    )
    tells = BooleanField(_l("Write to the contact and to whoever decides"))

    def fill_choices(self) -> None:
        viewer, names = context.viewer(), {"bookings": _("Bookings"), "closures": _("Closures")}
        self.kind.choices = [(str(kind), names[kind]) for kind in kinds(viewer)]
        self.default.choices = [("", _("None: refuse them")), *self._places(viewer)]
        found = [one for one in communities.communities(reading()) if not (one.closed_at or one.declined_at)]
        self.community.choices = [("", _("None: the office itself")), *((one.slug, one.name) for one in found)]

    def _places(self, viewer: Viewer) -> list[tuple[str, str]]:
        rooms = [(f"room:{room.slug}", f"{room.name}, {room.site.short_name}") for room in rooms_for(viewer)]
        if self.kind.data != Kind.CLOSURES:
            return rooms
        sites = [site for site in places.sites(reading()) if may_import(viewer, Kind.CLOSURES, site.id)]
        whole = [(f"site:{site.slug}", _("All of %(site)s", site=site.short_name)) for site in sites]
        return [*whole, *rooms]

    def choices_made(self) -> Choices:
        said = {
            name.removeprefix(_ROOM): slug for name, slug in request.form.items() if name.startswith(_ROOM) and slug
        }
        return Choices(
            Kind(self.kind.data) if self.kind.data in set(Kind) else Kind.BOOKINGS,
            self.default.data or "",
            said,
            self.community.data or "",
            self.person.data or "",
            self.people.data or 0,
            self.override.data or "",
            bool(self.tells.data),
        )


def rooms_for(viewer: Viewer) -> list[places.Room]:
    """Rooms into which somebody may import anything."""
    found = places.all_rooms(reading())
    return [room for room in found if any(may_import(viewer, kind, room.site_id, room.id) for kind in Kind)]


@pages.route("", methods=["GET", "POST"])
def bring_in() -> str | Response | tuple[str, int]:
    """The file; then what would become of it; then the import, if it is still what was shown."""
    form = ImportForm()
    form.fill_choices()
    events: list[Foreign] = []
    try:
        if not form.is_submitted():
            return render_template("imports/upload.html", form=form, made=_made())
        if not form.validate():
            raise refuse("form")
        events = _events()
        if "confirm" in request.form:
            act, digest, choices = context.act(), request.form.get("digest", ""), form.choices_made()
            flash(said_of(import_events(act=act, events=events, choices=choices, digest=digest), choices))
            if choices.kind is Kind.CLOSURES:
                return redirect(url_for("manage_hours.closures"))
            return redirect(url_for("imports.bring_in", made=act.now.isoformat()))
        return _plan_page(form, events)
    except Refused as refused:
        form.show(told(refused.violations))
        return _again(form, events), status_of(refused)


def _made() -> Sequence[Booking]:
    """The bookings of the import that this address tells of, if it was one of theirs."""
    try:
        at = datetime.fromisoformat(request.args.get("made", ""))
    except ValueError:
        return []
    if at.tzinfo is None:
        return []
    return imported_bookings(reading(), context.person_id() or 0, at, most=_SHOWN_BOOKINGS)


def _again(form: ImportForm, events: list[Foreign]) -> str:
    """After a refusal: the dry run as it is now, where there is one; else the file once more."""
    if not events:
        return render_template("imports/upload.html", form=form)
    try:
        return _plan_page(form, events)
    except Refused as refused:
        form.show([*form.refusals, *(one for one in told(refused.violations) if one not in form.refusals)])
        return _shown(form, events, None)


def _events() -> list[Foreign]:
    """Those of the file that comes, else those that this page carried. Raises Refused."""
    file = request.files.get("file")
    if file is not None and file.filename:
        events = read(file.read(MOST_BYTES + 1), context.now())
        if refused := refusals_of(events):
            raise refused
        return events
    if "plan" not in request.form:
        raise refuse("import_file", field="file")
    return unsealed(request.form["plan"])


def _plan_page(form: ImportForm, events: list[Foreign]) -> str:
    return _shown(form, events, plan_import(reading(), act=context.act(), events=events, choices=form.choices_made()))


def _shown(form: ImportForm, events: list[Foreign], plan: ImportPlan | None) -> str:
    return render_template(
        "imports/plan.html",
        form=form,
        plan=plan,
        sealed=sealed(events),
        sections=_sections(plan) if plan else [],
        counts=_counts(plan) if plan else [],
        rooms=rooms_for(context.viewer()),
        chosen=request.form,
        prefix=_ROOM,
        most=_SHOWN_TIMES,
        when=_when,
    )


def _when(row: Row) -> str:
    """In the zone of its place; of the centre, while it has none."""
    if row.time is None:
        return ""
    zone = row.zone or context.zone()
    period = row.period or Period(*moment_of(row.time, zone))
    return formats.span_text(period, zone) if row.time.whole_days else formats.period_text(period, zone)


_ORDER = (Outcome.REFUSED, Outcome.DIFFERS, Outcome.NEW, Outcome.ALREADY, Outcome.SKIPPED)


@dataclass(frozen=True)
class Group:
    """Times of one event of which the same is to be said."""

    first: Row
    rows: list[Row]
    reasons: list[str]


def _sections(plan: ImportPlan) -> list[tuple[Outcome, list[Group]]]:
    """What cannot be had first, then what is new; each event once, but for its times that fare otherwise."""
    found = [(one, [group for group in _groups(plan.rows) if group.first.outcome is one]) for one in _ORDER]
    return [(outcome, groups) for outcome, groups in found if groups]


def _counts(plan: ImportPlan) -> list[tuple[Outcome, int, int]]:
    """(outcome, events, times): an event counts wherever one of its times does."""
    events = {one: len({row.event for row in plan.rows if row.outcome is one}) for one in _ORDER}
    return [(one, number, plan.count(one)) for one, number in events.items() if number]


def _groups(rows: Sequence[Row]) -> list[Group]:
    found: dict[tuple[object, ...], Group] = {}
    for row in rows:
        reasons = [one.text for one in told(row.violations, row.zone)]
        place = (type(row.place), row.place.id) if row.place else None
        stands = row.stands.code if row.stands else None
        own = row.stands.period if row.stands and row.outcome is Outcome.DIFFERS else None
        what = (row.event, row.title, row.outcome, place, row.at_once, stands, own)
        mark = (*what, tuple(reasons), tuple(row.set_aside))
        found.setdefault(mark, Group(row, [], reasons)).rows.append(row)
    return list(found.values())


def said_of(made: Counts, choices: Choices) -> str:
    """What came of it, in one line."""
    if choices.kind is Kind.CLOSURES:
        said = ngettext("%(num)s closure imported.", "%(num)s closures imported.", made.new)
    else:
        said = ngettext("%(num)s time imported.", "%(num)s times imported.", made.new)
    counts = {
        _("approved"): made.approved,
        _("to be decided"): made.requested,
        _("not imported, as they cannot be"): made.refused,
        _("here already"): made.already,
        _("here, but otherwise than in the file"): made.differs,
        _("called off in the file"): made.skipped,
    }
    return " ".join(
        [said, *(f"{words[:1].upper()}{words[1:]}: {number}." for words, number in counts.items() if number)]
    )


def sealed(events: Sequence[Foreign]) -> str:
    """What was read, packed and signed for whoever reads it on."""
    packed = zlib.compress(msgspec.json.encode(events), 9)
    return urlsafe_b64encode(_mac(packed) + packed).decode()


def unsealed(said: str) -> list[Foreign]:
    """Raises Refused(import_file) for anything that this program has not sealed for this person."""
    try:
        whole = urlsafe_b64decode(said.encode())
    except (NotBase64, ValueError):
        raise refuse("import_file", field="file") from None
    mac, packed = whole[:32], whole[32:]
    if not hmac.compare_digest(mac, _mac(packed)):
        raise refuse("import_file", field="file")
    return msgspec.json.decode(zlib.decompress(packed), type=list[Foreign])


def _mac(packed: bytes) -> bytes:
    key = f"import:{context.person_id()}:{current_app.config['SECRET_KEY']}"
    return hmac.new(key.encode(), packed, hashlib.sha256).digest()
