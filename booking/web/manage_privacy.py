"""How long personal data is kept, and the centre's text about privacy: for the administrators of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from booking.domain.errors import Forbidden, Refused
from booking.domain.permissions import Action
from booking.domain.retention import Retention
from booking.front import context, words
from booking.front.privacy import DUE
from booking.storage import people as known
from booking.storage import privacy_texts
from booking.storage import retention as stored
from booking.storage.db import reading
from booking.storage.history import latest
from booking.usecases.consenting import publish_text
from booking.usecases.retaining import due_counts, set_retention
from booking.web.access import login_required
from booking.web.errors import status_of, told
from booking.web.forms import PrivacyTextForm, RetentionForm
from booking.web.manage import saved

pages = Blueprint("manage_privacy", __name__, url_prefix="/manage/privacy")


@pages.before_request
@login_required
def administrators_only() -> None:
    """What concerns every person is decided by who may furnish every site."""
    if context.viewer().sites(Action.FURNISH) is not None:
        raise Forbidden


@pages.get("")
def index() -> str:
    now_held = stored.retention(reading())
    return _page(_held(), _counts(now_held))


@pages.post("")
def keep() -> str | Response | tuple[str, int]:
    """Save the numbers, or only count what would go under them."""
    form = RetentionForm()
    if not form.validate():
        return _page(form), 422
    said = Retention(**{name: form[name].data for name in asdict(Retention())})
    try:
        if "try" in request.form:
            return _page(form, _counts(said), is_trial=True)
        set_retention(act=context.act(), said=said)
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(form), status_of(refused)
    return saved("manage_privacy.index")


@pages.post("/text")
def publish() -> str | Response | tuple[str, int]:
    """A changed text is a new version, which everybody is asked about once."""
    form = PrivacyTextForm()
    try:
        publish_text(act=context.act(), text_id=form.text_id.data or "", text_en=form.text_en.data or "")
    except Refused as refused:
        form.show(told(refused.violations))
        return _page(_held(), text_form=form), status_of(refused)
    return saved("manage_privacy.index")


def _held() -> RetentionForm:
    """The numbers that hold, whatever else was sent."""
    return RetentionForm(formdata=None, data=asdict(stored.retention(reading())))


def _counts(said: Retention) -> Mapping[str, int]:
    return due_counts(reading(), said, context.now(), context.real_now())


def _page(
    form: RetentionForm,
    counts: Mapping[str, int] | None = None,
    *,
    is_trial: bool = False,
    text_form: PrivacyTextForm | None = None,
) -> str:
    texts = privacy_texts.versions(reading())
    return render_template(
        "manage_privacy/index.html",
        form=form,
        counts=counts,
        is_trial=is_trial,
        due=DUE,
        texts=texts,
        text_form=text_form or PrivacyTextForm(formdata=None, obj=texts[0] if texts else None),
        acceptances=known.acceptances(reading()),
        steps=latest(reading(), list(words.PRIVACY_EVENTS), most=20),
    )
