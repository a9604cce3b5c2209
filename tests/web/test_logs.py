"""A fault is logged without keys, phone numbers or names."""

from __future__ import annotations

import logging

import pytest

from booking.domain.feed_names import MINE
from booking.usecases.subscribing import new_feed_token
from tests.support.clients import WebClient
from tests.support.world import World


def test_a_fault_in_a_private_feed_hides_the_key(
    web: WebClient, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = new_feed_token(act=world.act("cecep"), feed=MINE, label="", real_now=world.now)

    def fail(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("booking.storage.polling.person_version", fail)
    answer = web.get(f"/feeds/u/{secret}/my.ics")
    assert (answer.status_code, answer.mimetype) == (500, "text/plain")
    assert "/feeds/u/bk_***/my.ics" in caplog.text
    assert secret not in caplog.text


def test_every_logger_of_the_program_masks(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Those of single files too, and what stands in a traceback."""
    known = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    ours = [one for one in known if one.name.partition(".")[0] == "booking"]
    assert len(ours) > 2
    fault = RuntimeError("bk_secret-of-cecep password='kembang biru' +6284000000001 cecep@example.com")
    for one in ours:
        one.error("link bk_another-secret of %s", "euis@example.com", exc_info=fault)
    for told in ("secret-of", "another-secret", "kembang", "84000000001", "cecep@", "euis@"):
        assert told not in caplog.text
    assert "RuntimeError" in caplog.text


def test_database_errors_hide_what_was_typed(world: World) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    from booking.storage.db import reading

    with pytest.raises(DBAPIError) as caught:
        reading().execute(text("SELECT * FROM nowhere WHERE phone = :phone"), {"phone": "+6281234567890"})
    assert "+62812" not in str(caught.value)
