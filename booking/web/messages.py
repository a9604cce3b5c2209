"""Messages: what one wants to get, and what the office looks after: what waits, failed, or is to be told by phone."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden
from booking.domain.messages import mutable
from booking.domain.permissions import Action
from booking.front import context, words
from booking.front.language import _
from booking.front.letters import Letter, Moot, letter_of, short_text
from booking.front.looking import saw_list
from booking.storage import outbox
from booking.storage.db import reading
from booking.storage.outbox import Outbox
from booking.storage.people import person_by_id
from booking.usecases.choosing import choose_messages
from booking.usecases.sending import as_due, mark_told, requeue
from booking.usecases.subscribing import wants_invitations
from booking.web.access import login_required, safe_path

pages = Blueprint("messages", __name__)

INVITATIONS = {"": None, "yes": True, "no": False}
MOST_FILES = 100


@dataclass(frozen=True)
class Row:
    """A message on the desk, with what is to be said and where to say it."""

    row: Outbox
    letter: Letter
    whatsapp: str


@pages.route("/account/messages", methods=["GET", "POST"])
@login_required
def mine() -> str | Response:
    """Language, invitations, and the kinds one may do without."""
    person = person_by_id(reading(), context.person_id() or 0)
    kinds = mutable(staff=False) + (mutable(staff=True) if context.viewer().is_staff else [])
    if request.method == "POST":
        chosen = request.form.getlist("kinds")
        choose_messages(
            act=context.act(),
            language=request.form.get("language", ""),
            invitations=INVITATIONS.get(request.form.get("invitations", "")),
            muted=[kind for kind in kinds if kind not in chosen],
        )
        flash(_("Saved."))
        return redirect(url_for("messages.mine"))
    return render_template(
        "messages/mine.html",
        person=person,
        kinds=[(kind, words.MESSAGES[kind], kind not in person.muted) for kind in kinds],
        invited=wants_invitations(reading(), person),
        chosen=next(word for word, value in INVITATIONS.items() if value is person.invitations),
    )


@pages.get("/manage/messages")
@login_required
def desk() -> str:
    """What is to be told by phone first: somebody waits for it."""
    _need_desk()
    saw_list("messages")
    number, again, since = outbox.waiting(reading())
    return render_template(
        "messages/desk.html",
        to_tell=to_tell(),
        dead=outbox.dead(reading()),
        sent=outbox.sent_lately(reading()),
        number=number,
        again=again,
        since=since,
        way=_way(),
        files=_files() if _may_read_files() else [],
    )


def to_tell(booking_id: int | None = None) -> list[Row]:
    """What is to be said to people without an e-mail address, of one booking or of all."""
    due = outbox.to_be_told(reading(), context.now(), booking_id=booking_id)
    return [row for row in map(_shown, due) if row]


def _shown(row: Outbox) -> Row | None:
    """None for what is not worth saying any more."""
    try:
        letter = letter_of(as_due(row))
    except Moot:
        return None
    return Row(row, letter, f"https://wa.me/{row.person.phone[1:]}?text={quote(short_text(letter))}")


@pages.post("/manage/messages/<int(max=2147483647):outbox_id>/requeue")
@login_required
def again(outbox_id: int) -> Response:
    requeue(act=context.act(), outbox_id=outbox_id)
    flash(_("It is tried again."))
    return redirect(url_for("messages.desk"))


@pages.post("/manage/messages/<int(max=2147483647):outbox_id>/told")
@login_required
def told(outbox_id: int) -> Response:
    mark_told(act=context.act(), outbox_id=outbox_id)
    flash(_("Noted: told."))
    return redirect(safe_path(request.form.get("next") or url_for("messages.desk")))


@pages.get("/manage/messages/files/<int(max=99999999):number>")
@login_required
def file(number: int) -> str:
    """A mail that was written into a file: its text alone, nothing of it is carried out."""
    _need_desk()
    path = _folder() / f"{number:08d}.eml"
    if not _may_read_files() or not path.is_file():
        abort(404)
    mail = _read(path)
    body = mail.get_body(("plain",))
    text = body.get_content() if body else ""
    own = person_by_id(reading(), context.person_id() or 0).email or " "
    if own not in str(mail["To"]):
        # whoever opens such a link decides as the one to whom it was written
        text = re.sub(r"/(decide|verify|reset)/\S+", r"/\1/...", text)
    invitations = [part.get_param("method") for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return render_template("messages/file.html", mail=mail, text=text, invitations=invitations, number=number)


def _files() -> list[tuple[int, str, str]]:
    """(number, to whom, subject) of the newest mails."""
    found = sorted(_folder().glob("*.eml"), reverse=True)[:MOST_FILES] if _folder().is_dir() else []
    mails = [(int(path.stem), _read(path)) for path in found if path.stem.isdigit()]
    return [(number, str(mail["To"]), str(mail["Subject"])) for number, mail in mails]


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _folder() -> Path:
    return Path(current_app.config["DATA"]) / "mail"


def _way() -> str:
    """How mails leave: files, smtp or none."""
    if current_app.config["MAIL_TO_FILES"]:
        return "files"
    return "smtp" if current_app.config["SMTP_HOST"] else "none"


def _may_read_files() -> bool:
    """They hold links with which others decide: outside the demo only for those who give the roles."""
    return _way() == "files" and (context.is_demo() or context.viewer().may(Action.ROLES))


def _need_desk() -> None:
    if not context.viewer().may(Action.PEOPLE):
        raise Forbidden
