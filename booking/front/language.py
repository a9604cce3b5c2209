"""gettext with types. The msgids are English; Bahasa Indonesia stands in translations/id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations
from typing import cast

import flask_babel
from flask import has_request_context, request

Known = tuple[str, NullTranslations]

_spoken: ContextVar[Known | None] = ContextVar("spoken", default=None)


def current() -> Known:
    """The language of this request and its catalogue. Asked once a request: a page speaks some hundred times."""
    spoken = _spoken.get()
    if spoken is not None:
        return spoken
    if not has_request_context():
        return _looked_up()
    known = request.environ.get("booking.language")
    if known is None:
        known = request.environ["booking.language"] = _looked_up()
    return cast("Known", known)


def _looked_up() -> Known:
    locale = flask_babel.get_locale()
    return (str(locale.language) if locale else "id"), flask_babel.get_translations()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak to somebody else than whoever asks, if anybody does: messages are in their reader's language."""
    with flask_babel.force_locale(language):
        token = _spoken.set((language, flask_babel.get_translations()))
        try:
            yield
        finally:
            _spoken.reset(token)


def _(message: str, **values: object) -> str:
    said = current()[1].gettext(message)
    return said % values if values else said


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    return current()[1].ngettext(singular, plural, num) % {"num": num, **values}


def N_(message: str) -> str:  # noqa: N802  # gettext's own name: marked here, translated where it is shown
    return message
