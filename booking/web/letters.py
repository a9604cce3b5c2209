"""Letters of a request: sent along with it, added to it, and handed out to those who may see it."""

from __future__ import annotations

from flask import Blueprint, Request, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import DateField, StringField
from wtforms.validators import Optional

from booking.domain.errors import Forbidden, Refused
from booking.domain.pdf import MOST_BYTES
from booking.front import context
from booking.front.language import _
from booking.storage.bookings import booking_by_code
from booking.storage.db import reading
from booking.usecases.lettering import LetterFacts, add_letter, answers_for, letter_bytes
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import Form
from booking.web.security import POLICY

pages = Blueprint("letters", __name__)

_SLACK = 512 * 1024
"""For the other fields, and for a file a little too large: it is refused with a sentence."""


class LetterForm(Form):
    """The three fields of a letter; also a part of the form of a request."""

    letter = FileField(_l("Letter (PDF, at most 5 MB)"), render_kw={"accept": ".pdf,application/pdf"})
    letter_number = StringField(_l("Number of the letter"), [Optional()], render_kw={"maxlength": 80})
    letter_date = DateField(_l("Date of the letter"), [Optional()], format=["%Y-%m-%d", "%d/%m/%Y"])

    def new(self) -> LetterFacts | None:
        """What was sent, read no further than a letter may be long; None where nothing was."""
        file = request.files.get("letter")
        if not (file and file.filename) and not self.letter_number.data:
            return None
        data = file.stream.read(MOST_BYTES + 1) if file else b""
        return LetterFacts(self.letter_number.data or "", self.letter_date.data, data)


def make_room(asked: Request) -> None:
    """Whoever is logged in may send a letter along; more than half a MiB of it waits in a file, not in memory."""
    is_upload = asked.mimetype == "multipart/form-data"
    if asked.method == "POST" and is_upload and current_user.is_authenticated:
        asked.max_content_length = MOST_BYTES + _SLACK


@pages.url_value_preprocessor
def _make_room(_endpoint: str | None, _values: object) -> None:
    make_room(request)


@pages.route("/bookings/<code>/letters", methods=["GET", "POST"])
@login_required
def add(code: str) -> str | Response | tuple[str, int]:
    """Another letter for a request that is undecided."""
    booking = booking_by_code(reading(), code, context.viewer())
    if not answers_for(booking, context.viewer()):
        raise Forbidden
    form, status = LetterForm(), 200
    if form.is_submitted():
        status = 422
        try:
            new = form.new() or LetterFacts("", None, b"")
            if form.validate():
                add_letter(act=context.act(), code=code, new=new, folder=context.letters())
                flash(_("The letter is with the request now."))
                return redirect(url_for("bookings.show", code=code))
        except Refused as refused:
            form.show(told(refused.violations))
            status = status_of(refused)
    return render_template("letters/add.html", booking=booking, form=form), status


@pages.get("/bookings/<code>/letters/<int(max=2147483647):letter_id>.pdf")
@login_required
def read(code: str, letter_id: int) -> Response:
    """To be kept, never to be shown on this site: whatever is in it has no part in our pages."""
    who, folder = context.viewer(), context.letters()
    found, data = letter_bytes(reading(), viewer=who, code=code, letter_id=letter_id, folder=folder)
    answer = Response(data, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="surat-{code.upper()}-{found.id}.pdf"'
    answer.headers["Content-Security-Policy"] = f"sandbox; {POLICY}"
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
