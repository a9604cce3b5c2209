"""Forms. They read what was typed; what is allowed is decided by the use cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, cast

import flask_babel
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import AnyOf, InputRequired, NumberRange, Optional

from booking.front import words
from booking.front.formats import clock_text
from booking.web.errors import Told


class Messages:
    """WTForms' own messages from our catalogue (it has none in Indonesian)."""

    def gettext(self, message: str) -> str:
        return str(flask_babel.gettext(message))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return str(flask_babel.ngettext(singular, plural, number))


class Between(NumberRange):  # type: ignore[misc]  # wtforms has no types
    """A number with hundreds of digits is out of range too; what no float can hold would be an OverflowError."""

    def __call__(self, form: object, field: Field) -> None:
        if isinstance(field.data, int):
            field.data = max(-_FAR, min(field.data, _FAR))
        super().__call__(form, field)


_FAR = 2**62


class Problem(str):
    """What stands in the way, and the id of the field that it is about, where there is one."""

    target: str | None

    def __new__(cls, text: str, target: str | None = None) -> Problem:
        made = super().__new__(cls, text)
        made.target = target
        return made


class Form(FlaskForm):  # type: ignore[misc]  # flask_wtf has no types
    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, _form: object) -> Messages:
            return Messages()

        def render_field(self, field: Field, render_kw: dict[str, object]) -> str:
            """Tokens have no id: several forms on one page would share it."""
            named = {"id": False} if field.name == self.csrf_field_name else {}
            return cast("str", super().render_field(field, {**named, **render_kw}))

    def show(self, refusals: Iterable[Told]) -> None:
        """Put each refusal at its field; what belongs to none stays in `refusals` above the form."""
        self.refusals = list(refusals)
        for one in self.refusals:
            field = self._fields.get(one.field or "")
            if field is not None and one.text not in field.errors:
                field.errors = [*field.errors, one.text]

    @property
    def problems(self) -> list[str]:
        """Everything that stands in the way, for the box above the form; each leads to its field (see Problem)."""
        texts: list[str] = [Problem(self._named(one), self.target_of(one)) for one in self.refusals]
        for field in self:
            for error in field.errors if field.type != "FieldList" else ():
                named = f"{field.label.text}: {error}"
                if isinstance(error, str) and error not in texts and named not in texts:
                    texts.append(Problem(named, field.id))
        return texts + self.more

    def target_of(self, one: Told) -> str | None:
        """The id of the field that a refusal is about."""
        field = self._fields.get(one.field or "")
        return None if field is None or field.type == "FieldList" else str(field.id)

    def _named(self, one: Told) -> str:
        """A refusal of one field says which; one that speaks of a time or a number says it itself."""
        field = self._fields.get(one.field or "")
        return f"{field.label.text}: {one.text}" if field is not None and one.at is None else one.text

    more: list[str] = []  # noqa: RUF012  # what a second form on the same page found; replaced, never changed
    refusals: list[Told] = []  # noqa: RUF012  # replaced, never changed


_required = InputRequired()
_ZONES = {"list": "zones", "data-zone": True}


def slug_field() -> StringField:
    """How something is named in addresses; old ones go on to lead there."""
    label = _l("Name in addresses (empty: from the name; old addresses go on to work)")
    return StringField(label, [Optional()], render_kw={"maxlength": 60, "autocapitalize": "none"})


class DecisionForm(Form):
    setting_aside = BooleanField(_l("Approve in spite of the house rules named above (needs a reason)"))
    reason = TextAreaField(_l("Reason"), [Optional()], render_kw={"rows": 3, "maxlength": 2000})
    version = IntegerField(_l("Version"), [_required])
    verdict = StringField(validators=[AnyOf(["approve", "decline", "return"])])


class MailDecisionForm(Form):
    """A decision by the link of a mail; the link knows the version."""

    reason = TextAreaField(_l("Reason"), [Optional()], render_kw={"rows": 3, "maxlength": 2000})
    verdict = StringField(validators=[AnyOf(["approve", "decline", "return"])])


class MoveForm(Form):
    room = SelectField(_l("Other room"), validate_choice=False)
    reason = TextAreaField(_l("Reason"), [Optional()], render_kw={"rows": 2, "maxlength": 2000})


class ReasonForm(Form):
    reason = TextAreaField(_l("Reason"), [Optional()], render_kw={"rows": 2, "maxlength": 2000})


class NoteForm(Form):
    note = TextAreaField(_l("Your answer"), [_required], render_kw={"rows": 3, "maxlength": 2000})


class LoginForm(Form):
    login = StringField(
        _l("Phone number or e-mail"), [_required], render_kw={"autocomplete": "username", "autocapitalize": "none"}
    )
    password = PasswordField(_l("Password"), [_required], render_kw={"autocomplete": "current-password"})
    trusted = BooleanField(_l("Keep me logged in on this device for 90 days"))


class EraseForm(Form):
    password = PasswordField(
        _l("Your password, so that nobody else does it"), [_required], render_kw={"autocomplete": "current-password"}
    )


class PersonForm(Form):
    name = StringField(_l("Name"), [_required], render_kw={"autocomplete": "name", "maxlength": 200})
    phone = StringField(
        _l("Phone number (WhatsApp)"), [_required], render_kw={"autocomplete": "tel", "inputmode": "tel"}
    )
    email = StringField(
        _l("E-mail (optional)"), [Optional()], render_kw={"autocomplete": "email", "inputmode": "email"}
    )


class RegisterForm(PersonForm):
    password = PasswordField(
        _l("Password (at least 10 characters)"), [_required], render_kw={"autocomplete": "new-password"}
    )


class PasswordForm(Form):
    password = PasswordField(
        _l("New password (at least 10 characters)"), [_required], render_kw={"autocomplete": "new-password"}
    )


class SubscribeForm(Form):
    """A private calendar address; `fill_choices` before it is shown."""

    feed = SelectField(_l("Which calendar"), validate_choice=False)
    label = StringField(_l("For this device (for example: my phone)"), [Optional()], render_kw={"maxlength": 60})
    language = SelectField(_l("Language of the calendar"), validate_choice=False)

    def fill_choices(self, feeds: Mapping[str, str], language: str) -> None:
        """`feeds`: what the reader may have, word -> name. What was not asked for well begins with the first."""
        self.feed.choices = list(feeds.items())
        self.language.choices = [("id", "Bahasa Indonesia"), ("en", "English")]
        if self.feed.data not in feeds:
            self.feed.data = next(iter(feeds))
        if self.language.data not in ("id", "en"):
            self.language.data = language


class SetupForm(RegisterForm):
    code = StringField(_l("One-time code from the log"), [_required], render_kw={"autocomplete": "off"})
    centre = StringField(_l("Name of the centre"), [_required])
    site = StringField(_l("Name of the first site"), [_required])
    timezone = StringField(_l("Time zone"), [_required], render_kw=_ZONES)
    room = StringField(_l("Name of the first room"), [_required])


def said_lines(rows: object) -> object:
    """Rows of code, Indonesian and English as lines to be edited."""
    if not isinstance(rows, list):
        return rows
    return "\n".join(f"{row['code']}: {row['id']} / {row['en']}" for row in rows)


def rows_of(lines: str) -> list[dict[str, str]]:
    """The lines of `said_lines` as rows; what has no slash is the same in both languages."""
    found = []
    for line in filter(str.strip, lines.splitlines()):
        code, _colon, names = line.partition(":")
        name_id, _slash, name_en = names.partition("/")
        found.append({"code": code.strip(), "id": name_id.strip(), "en": (name_en or name_id).strip()})
    return found


class CentreForm(Form):
    name = StringField(_l("Name of the centre"), [_required])
    welcome = StringField(_l("Welcome on the first page"), [Optional()])
    notice_id = StringField(_l("Line on every confirmation (Indonesian)"), [Optional()])
    notice_en = StringField(_l("Line on every confirmation (English)"), [Optional()])
    complaint_url = StringField(_l("Address for complaints"), [Optional()])
    contact = StringField(_l("How the house is reached (phone, e-mail)"), [Optional()])
    country_code = StringField(_l("Calling code that a leading 0 stands for"), [_required])
    timezone = StringField(_l("Time zone"), [_required], render_kw=_ZONES)
    channels = TextAreaField(
        _l("Ways to reach the office, one a line (code: Indonesian / English)"),
        [Optional()],
        filters=[said_lines],
    )
    letter_months = IntegerField(
        _l("Files of letters are deleted after so many months (0: never)"), [Optional(), Between(0, 600)]
    )
    registration = SelectField(_l("Who may make an account"), validate_choice=False)
    staff_second_factor = BooleanField(_l("Staff log in with a second factor (a code from their phone)"))

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.registration.choices = list(words.REGISTRATION.items())


class SiteForm(Form):
    name = StringField(_l("Name"), [_required])
    short_name = StringField(_l("Short name"), [_required])
    address = StringField(_l("Address"), [Optional()])
    timezone = StringField(_l("Time zone"), [_required], render_kw=_ZONES)
    answer_days = IntegerField(
        _l("Requests are answered within so many working days (0: no promise)"), [InputRequired()]
    )
    position = IntegerField(_l("Place in lists"), [Optional()], default=0)
    slug = slug_field()


class RoomForm(Form):
    name = StringField(_l("Name"), [_required])
    site = SelectField(_l("Site"))
    purpose = SelectField(_l("Purpose"), validate_choice=False)
    floor = StringField(_l("Floor"), [Optional()])
    capacity = IntegerField(_l("Capacity (people; 0: no limit)"), [InputRequired(), Between(0, 100_000)], default=0)
    units = IntegerField(
        _l("Units that can be taken at once (1: the whole room)"), [InputRequired(), Between(1, 10_000)], default=1
    )
    parts = SelectMultipleField(_l("Consists of (joined rooms)"), validate_choice=False)
    tier = SelectField(_l("Who decides"))
    setup_minutes = IntegerField(_l("Minutes to set up before"), [InputRequired(), Between(0, 240)], default=0)
    teardown_minutes = IntegerField(_l("Minutes to clear up after"), [InputRequired(), Between(0, 240)], default=0)
    release_minutes = IntegerField(
        _l("Release when nobody has come after ... minutes (empty: never)"), [Optional(), Between(5, 240)]
    )
    feed_level = SelectField(_l("What public calendars show"))
    about = TextAreaField(_l("What it has"), [Optional()], render_kw={"rows": 3})
    not_provided = TextAreaField(_l("What it does not provide"), [Optional()], render_kw={"rows": 2})
    conduct_id = TextAreaField(_l("What is expected of people there (Indonesian)"), [Optional()], render_kw={"rows": 3})
    conduct_en = TextAreaField(_l("What is expected of people there (English)"), [Optional()], render_kw={"rows": 3})
    is_public = BooleanField(_l("Shown to everybody"), default=True)
    bookable = BooleanField(_l("Can be booked"), default=True)
    open_area = BooleanField(_l("Open area: people pass through"))
    active_from = DateField(_l("In use from"), [Optional()])
    active_to = DateField(_l("In use until"), [Optional()])
    position = IntegerField(_l("Place in lists"), [Optional()], default=0)
    slug = slug_field()
    feed_closures = BooleanField(_l("Calendars of this room show closures"))
    feed_hours = BooleanField(_l("Calendars of this room show its hours for the next eight weeks"))


class ClosureForm(Form):
    scope = SelectField(_l("What is closed"))
    from_on = DateField(_l("From"), [_required])
    from_time = StringField(_l("From (time, empty: the whole day)"), [Optional()], render_kw={"placeholder": "08:00"})
    to_on = DateField(_l("Until (day included)"), [_required])
    to_time = StringField(_l("Until (time)"), [Optional()], render_kw={"placeholder": "12:00"})
    name_id = StringField(_l("Name (Indonesian)"), [_required])
    name_en = StringField(_l("Name (English)"), [Optional()])
    provisional = BooleanField(_l("Provisional"))


class HolidaysForm(Form):
    country = SelectField(_l("Country"))
    year = IntegerField(_l("Year"), [InputRequired(), Between(2000, 2200)])
    with_leave = BooleanField(_l("Collective leave too"), default=True)


class ProfileForm(Form):
    name_id = StringField(_l("Name (Indonesian)"), [_required])
    name_en = StringField(_l("Name (English)"), [Optional()])
    site = SelectField(_l("Site"), validate_choice=False)
    first_on = DateField(_l("From"), [_required])
    last_on = DateField(_l("Until (day included)"), [_required])
    percent = IntegerField(_l("Share of people and places that fit (percent)"), [Between(1, 100)], default=100)
    provisional = BooleanField(_l("Provisional"))


class ItemForm(Form):
    name = StringField(_l("Name"), [_required])
    place = SelectField(_l("Goes with"), validate_choice=False)
    stock = IntegerField(_l("How many there are"), [InputRequired()], default=1)
    condition = SelectField(_l("Condition"))
    about = TextAreaField(_l("About it"), [Optional()], render_kw={"rows": 2})


class RoleForm(Form):
    login = StringField(_l("Phone number or e-mail"), [_required])
    role = SelectField(_l("Role"))
    place = SelectField(_l("Where"))
    from_on = DateField(_l("From"), [Optional()])
    to_on = DateField(_l("Until"), [Optional()])


class PersonEditForm(PersonForm):
    closed = BooleanField(_l("Account closed"))


class PrivacyTextForm(Form):
    text_id = TextAreaField(_l("In Indonesian"), [Optional()], render_kw={"rows": 10, "lang": "id"})
    text_en = TextAreaField(_l("In English"), [Optional()], render_kw={"rows": 10, "lang": "en"})


class RetentionForm(Form):
    """The bounds of the numbers are the domain's."""

    words_months = IntegerField(_l("Words of bookings, after the last date (months)"), [InputRequired()])
    messages_days = IntegerField(_l("Messages, after they were sent (days)"), [InputRequired()])
    sessions_days = IntegerField(_l("Log-ins, codes and links, after they end (days)"), [InputRequired()])
    tokens_days = IntegerField(_l("Calendar addresses and keys, after they are revoked (days)"), [InputRequired()])
    views_days = IntegerField(_l("Who looked at whose data (days)"), [InputRequired()])


def day_from(value: str | None, today: date) -> date:
    """The day of a ?date= parameter; anything else, and days further than three years away, is today."""
    try:
        day = date.fromisoformat(value or "")
    except ValueError:
        return today
    return day if abs((day - today).days) <= 3 * 366 else today


def clock_choices(first: str, last: str, step: int) -> list[str]:
    """Wall times "HH:MM" on the grid of `step` minutes from midnight, from first to last; "24:00" is midnight."""
    minutes = [int(part) for part in (*first.split(":"), *last.split(":"))]
    start, end = minutes[0] * 60 + minutes[1], minutes[2] * 60 + minutes[3]
    return [f"{at // 60:02d}:{at % 60:02d}" for at in range(-(-start // step) * step, end + 1, step)]


def labelled(values: Iterable[str]) -> list[tuple[str, str]]:
    """Wall times as choices, written in the reader's way."""
    return [(value, clock_text(value)) for value in values]
