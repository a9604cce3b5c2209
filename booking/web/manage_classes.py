"""Manage the city's classifications: add, rename, put in order, retire."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.domain.permissions import Action
from booking.front import context
from booking.storage.classifications import classifications
from booking.storage.db import reading
from booking.usecases.classifying import move_classification, save_classification
from booking.web.errors import Told, status_of, told
from booking.web.manage import managers_only, need, saved

pages = Blueprint("manage_classes", __name__, url_prefix="/manage/classes")
pages.before_request(managers_only)


@pages.get("")
def index() -> str:
    need(Action.PEOPLE)
    return _page()


@pages.post("")
def save() -> Response | tuple[str, int]:
    """Add one, change one, or move one; what was typed stays where it is refused."""
    need(Action.PEOPLE)
    number = request.form.get("id", None, int)
    step = request.form.get("move", "")
    if number is not None and step in ("up", "down"):
        move_classification(act=context.act(), row_id=number, down=step == "down")
        return saved("manage_classes.index", quietly=True)
    said = {name: request.form.get(name, "") for name in ("kind", "name_id", "name_en")}
    try:
        save_classification(act=context.act(), row_id=number, **said, retired="retired" in request.form)
    except Refused as refused:
        return _page({**said, "id": number}, told(refused.violations)), status_of(refused)
    return saved("manage_classes.index")


def _page(typed: dict[str, object] | None = None, problems: list[Told] | None = None) -> str:
    return render_template(
        "manage_classes/index.html",
        classes=classifications(reading()),
        typed=typed or {},
        problems=[one.text for one in problems or ()],
    )
