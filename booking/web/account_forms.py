"""Forms of a person's own account."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

from booking.web.forms import Form

_required = InputRequired()


def _password(label: str = "") -> PasswordField:
    """The password of today, once more."""
    return PasswordField(label or _l("Your password"), [_required], render_kw={"autocomplete": "current-password"})


class NameForm(Form):
    name = StringField(_l("Name"), [_required], render_kw={"autocomplete": "name", "maxlength": 200})
    language = SelectField(_l("Language of the messages"), validate_choice=False)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.language.choices = [("id", "Bahasa Indonesia"), ("en", "English")]


class PhoneForm(Form):
    phone = StringField(
        _l("Phone number (WhatsApp)"), [_required], render_kw={"autocomplete": "tel", "inputmode": "tel"}
    )
    password = _password()


class EmailForm(Form):
    email = StringField(
        _l("E-mail (empty: none)"), [Optional()], render_kw={"autocomplete": "email", "inputmode": "email"}
    )
    password = _password()


class OwnPasswordForm(Form):
    old = _password(_l("Your password as it is now"))
    new = PasswordField(
        _l("New password (at least 10 characters)"), [_required], render_kw={"autocomplete": "new-password"}
    )


class ForgotForm(Form):
    email = StringField(
        _l("Your e-mail address"), [_required], render_kw={"autocomplete": "email", "inputmode": "email"}
    )


class AgainForm(Form):
    """The password once more, before something of weight."""

    password = _password()


class CodeForm(Form):
    code = StringField(
        _l("Code"), [_required], render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "maxlength": 40}
    )
