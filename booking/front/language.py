"""gettext with types. The msgids are English; Bahasa Indonesia stands in translations/id."""

from __future__ import annotations

import flask_babel


def _(message: str, **values: object) -> str:
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    return str(flask_babel.ngettext(singular, plural, num, **values))


def N_(message: str) -> str:  # noqa: N802  # gettext's own name: marked here, translated where it is shown
    return message
