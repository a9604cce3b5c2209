"""Manage the ready-made reasons of officers, in both languages."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.permissions import Action
from booking.front import context
from booking.storage.db import reading
from booking.storage.reasons import canned_reasons
from booking.usecases.furnishing_reasons import remove_reason, save_reason
from booking.web.errors import Told, status_of, told
from booking.web.manage import managers_only, need, saved

pages = Blueprint("manage_reasons", __name__, url_prefix="/manage/reasons")
pages.before_request(managers_only)


@pages.get("")
def index() -> str:
    return _page()


@pages.post("")
def save() -> Response | tuple[str, int]:
    """Add one, change one, or remove one; what was typed stays where it is refused."""
    number = request.form.get("id", None, int)
    if number is not None and "remove" in request.form:
        remove_reason(act=context.act(), reason_id=number)
        return saved("manage_reasons.index")
    said = {name: request.form.get(name, "") for name in ("verdict", "text_id", "text_en")}
    try:
        position = request.form.get("position", 0, int)
        save_reason(act=context.act(), reason_id=number, position=position, **said)
    except Refused as refused:
        return _page({**said, "id": number}, told(refused.violations)), status_of(refused)
    return saved("manage_reasons.index")


def _page(typed: dict[str, object] | None = None, problems: list[Told] | None = None) -> str:
    if not context.viewer().may(Action.OVERRIDE):
        need(Action.FURNISH)
    found = canned_reasons(reading())
    return render_template(
        "manage_reasons/index.html",
        reasons=found,
        typed=typed or {},
        problems=[one.text for one in problems or ()],
    )
