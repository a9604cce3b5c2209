"""What subscribers read of a change at short notice, in both languages and for each thing that may have happened."""

from __future__ import annotations

import os

import pytest

from booking import mail
from booking.domain.events import Notice
from booking.front.letters import letter_of, short_text
from booking.usecases.cancelling import cancel
from tests.mail import cases
from tests.mail.test_letters import GOLDEN
from tests.support.world import World


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("what", ["off", "on"])
def test_golden_texts(world: World, language: str, what: str) -> None:
    """GOLDEN=write writes them anew, to be read and committed."""
    cases.speak(world.people["dewi"], language)
    code = world.ask("cecep", world.time("musik", 1, "19:00", "21:00"), title="Latihan gitar")
    world.approve("dadang", code)
    if what == "off":
        cancel(act=world.act("dadang"), code=code, reason="Atap bocor.")
    more = {"what": what, "app": "iPhone", "fetched": world.at(0, "07:12").isoformat()}
    due = cases.due(Notice.LATE_CHANGE, code, person=world.people["dewi"], **more)
    message = mail.write(due)
    text = f"Subject: {message['Subject']}\n\n{message.get_body(('plain',)).get_content()}"
    text = text.replace("\r\n", "\n").replace(code, "CODE")
    path = GOLDEN / f"late_change.{what}.{language}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
    assert not [part for part in message.walk() if part.get_content_type() == "text/calendar"], "they are not invited"
    assert message["List-Unsubscribe"]


def test_who_may_not_see_the_booking_gets_no_link_to_it(world: World) -> None:
    """A guard knows the room's calendar; the page of the booking is not theirs."""
    code = world.ask("cecep", world.time("rapat", 1, "09:00", "10:00"))
    guard, officer = (
        letter_of(cases.due(Notice.LATE_CHANGE, code, person=world.people[who], what="on"))
        for who in ("ujang", "dadang")
    )
    assert [link.url.rpartition("/")[2] for link in guard.links] == ["subscribe"]
    assert [link.url.rpartition("/")[2] for link in officer.links] == [code, "subscribe"]
    assert code in short_text(officer)
