"""Sending, against a real SMTP server: nothing is lost, nothing sent twice but after a crash, poison is set aside."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select

from booking import mail
from booking.cli import worker
from booking.domain.errors import Forbidden, NotFound
from booking.storage import outbox
from booking.storage.db import db, reading
from booking.storage.history import history_of
from booking.storage.outbox import Outbox
from booking.storage.people import Person
from booking.storage.transaction import writes
from booking.usecases import sending
from booking.usecases.deciding import Verdict, decide
from booking.usecases.sending import Away, Undelivered, mark_told, pause_after, requeue, send_due
from booking.usecases.undoing import undo
from tests.support.smtp import Behaviour, free_port, mail_server, silent_server
from tests.support.world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def server(world: World) -> Iterator[Behaviour]:
    with mail_server() as (behaviour, port):
        use(world, port)
        yield behaviour


def use(world: World, port: int) -> None:
    world.app.config.update(SMTP_HOST="127.0.0.1", SMTP_PORT=port, SMTP_TLS="none", SMTP_TIMEOUT=5.0)
    world.app.extensions.pop("mail_away_until", None)


def ask(world: World, day: int = 2, clock: int = 9) -> str:
    """Automatic: two messages to Cecep."""
    return world.ask("cecep", world.time("rapat", day, f"{clock:02}:00", f"{clock + 1:02}:00"))


def rows() -> list[Outbox]:
    reading().rollback()
    return list(reading().scalars(select(Outbox).order_by(Outbox.id)))


def unsent() -> int:
    reading().rollback()
    return reading().scalar(select(func.count(Outbox.id)).where(Outbox.sent_at.is_(None)))


def test_what_is_due_is_sent_over_one_connection_once(world: World, server: Behaviour) -> None:
    for clock in (9, 10, 11):
        ask(world, clock=clock)
    assert worker.send_mail() == 6
    assert worker.send_mail() == 0
    assert len(server.sessions) == 1
    assert server.ids == [f"<outbox-{row.id}@booking.invalid>" for row in rows()]
    assert [str(one["Subject"]) for one in server.taken[:2]] == ["Diterima: Latihan", "Disetujui: Latihan"]
    assert {row.sent_at for row in rows()} == {world.now}


def test_a_clock_that_runs_stops_nothing(world: World, server: Behaviour) -> None:
    ask(world)
    ticks = iter(range(10_000))
    world.app.config["REAL_CLOCK"] = lambda: world.now + timedelta(milliseconds=next(ticks))
    assert worker.send_mail() == 2


def test_what_is_not_due_waits(world: World, server: Behaviour) -> None:
    code = world.ask("cecep", world.time("musik", 2, "09:00", "10:00"))
    assert worker.send_mail() == 3, "to Cecep, to Dadang and to Sumarna"
    world.approve("dadang", code)
    assert worker.send_mail() == 0
    world.now += timedelta(seconds=10)
    assert worker.send_mail() == 1


def test_a_decision_that_is_taken_back_in_time_is_told_nobody(world: World, server: Behaviour) -> None:
    code = world.ask("cecep", world.time("musik", 2, "09:00", "10:00"))
    worker.send_mail()
    world.approve("dadang", code)
    world.now += timedelta(seconds=5)
    assert worker.send_mail() == 0
    undo(act=world.act("dadang"), code=code)
    world.now += timedelta(minutes=1)
    assert worker.send_mail() == 0
    world.approve("dadang", code)
    world.now += timedelta(seconds=10)
    assert worker.send_mail() == 1
    undo(act=world.act("dadang"), code=code)
    assert worker.send_mail() == 1
    assert server.taken[-1]["Subject"].startswith("Keputusan ditarik kembali"), "what was told is corrected"
    (part,) = [part for part in server.taken[-1].walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "CANCEL"


def test_a_server_that_says_later_is_asked_again(world: World, server: Behaviour) -> None:
    ask(world)
    server.answers = ["451 Requested action aborted", "554 Transaction failed"]
    assert worker.send_mail() == 0
    assert [(row.tries, row.error, row.dead_at) for row in rows()] == [
        (1, "SMTP 451: DataError", None),
        (1, "SMTP 554: DataError", None),
    ]
    assert worker.send_mail() == 0, "not before its time"
    world.now += 2 * MINUTE
    assert worker.send_mail() == 2
    assert unsent() == 0


def test_an_unknown_recipient_is_set_aside_at_once_and_the_log_names_nobody(
    world: World, server: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    ask(world)
    server.recipients["cecep@example.com"] = "550 No such user cecep@example.com"
    with caplog.at_level(logging.DEBUG):
        assert worker.send_mail() == 0
    first = rows()[0]
    assert (first.error, first.dead_at) == ("SMTP 550: recipient refused", world.now)
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("booking")]
    assert ours
    assert "cecep" not in " ".join(ours).lower()
    server.recipients.clear()
    world.now += HOUR
    assert worker.send_mail() == 0
    for row in rows():
        requeue(act=world.act("dadang"), outbox_id=row.id)
    assert worker.send_mail() == 2


def test_a_connection_that_breaks_costs_one_message_a_try(world: World, server: Behaviour) -> None:
    ask(world)
    server.answers = ["drop"]
    assert worker.send_mail() == 0
    assert [(row.tries, row.error, row.leased_until) for row in rows()] == [
        (1, "connection lost", None),
        (0, None, None),
    ]
    assert worker.send_mail() == 1
    world.now += 2 * MINUTE
    assert worker.send_mail() == 1
    assert len(server.ids) == len(set(server.ids)) == 2


def test_a_server_that_hangs_tries_nothing(world: World) -> None:
    ask(world)
    with silent_server() as port:
        use(world, port)
        world.app.config["SMTP_TIMEOUT"] = 0.05
        assert worker.send_mail() == 0
        world.app.config["SMTP_PORT"] = free_port()
        assert worker.send_mail() == 0, "left alone for a minute"
    assert [(row.tries, row.leased_until, row.error) for row in rows()] == [(0, None, None)] * 2


def test_an_hour_without_a_server_loses_nothing(world: World) -> None:
    port = free_port()
    use(world, port)
    for minutes in range(60):
        if minutes % 20 == 0:
            ask(world, clock=9 + minutes // 20)
        assert worker.send_mail() == 0
        world.now += MINUTE
    assert {row.tries for row in rows()} == {0}, "it is no message's fault"
    with mail_server(port) as (behaviour, _port):
        assert worker.send_mail() == 6
        assert behaviour.ids == [f"<outbox-{row.id}@booking.invalid>" for row in rows()]


class Paper:
    """A post that keeps what it is given, and may fail."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.sent: list[EmailMessage] = []
        self.fails = fails

    @contextmanager
    def open(self) -> Iterator[Paper]:
        yield self

    def send(self, message: EmailMessage) -> None:
        if self.fails:
            raise self.fails
        self.sent.append(message)

    @property
    def ids(self) -> list[str]:
        return [str(one["Message-ID"]) for one in self.sent]


def deliver(world: World, post: Paper, write=mail.write) -> int:
    return send_due(act=world.act(), real_now=world.now, write=write, open_post=post.open)


def test_a_crash_after_sending_makes_one_duplicate_with_the_same_id(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(world)
    post = Paper()
    with monkeypatch.context() as patch:
        patch.setattr(sending, "mark_sent", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            deliver(world, post)
    assert deliver(world, post) == 1, "the other; the first is leased still"
    world.now += sending.LEASE
    assert deliver(world, post) == 1
    assert deliver(world, post) == 0
    assert sorted(Counter(post.ids).values()) == [1, 2]


def test_a_crash_each_time_ends_after_ten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(world)
    monkeypatch.setattr(sending, "mark_sent", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
    post = Paper()
    for _ in range(40):
        try:
            deliver(world, post)
        except KeyboardInterrupt:
            world.now += sending.LEASE
    assert set(Counter(post.ids).values()) == {sending.MOST_TRIES}
    assert all(row.dead_at for row in rows())


def test_poison_is_set_aside_after_ten_tries_and_the_others_go(world: World) -> None:
    ask(world)
    first, second = (row.id for row in rows())

    def write(due):
        if due.id == first:
            raise ValueError("a name")
        return mail.write(due)

    post = Paper()
    for _ in range(sending.MOST_TRIES):
        deliver(world, post, write)
        world.now += sending.LONGEST_PAUSE
    assert post.ids == [f"<outbox-{second}@booking.invalid>"]
    dead = rows()[0]
    assert (dead.tries, dead.error, bool(dead.dead_at)) == (10, "unwritable: ValueError", True)
    assert deliver(world, post) == 0
    with pytest.raises(Forbidden):
        requeue(act=world.act("cecep"), outbox_id=first)
    requeue(act=world.act("dadang"), outbox_id=first)
    with pytest.raises(NotFound):
        requeue(act=world.act("dadang"), outbox_id=first)
    assert deliver(world, post) == 1


def test_pauses_grow_from_a_minute_to_six_hours() -> None:
    found = [pause_after(tries) for tries in range(1, 11)]
    assert found[0] >= MINUTE
    assert 3 * MINUTE < found[2] < 5 * MINUTE
    assert found[-1] <= 6 * HOUR
    assert timedelta(hours=12) < sum(found, timedelta()) < timedelta(hours=20)


@pytest.mark.parametrize("error", [Away("no"), Undelivered("no")])
def test_the_rest_of_a_batch_is_given_back(world: World, error: Exception) -> None:
    ask(world)
    post = Paper(fails=error)
    if isinstance(error, Away):
        with pytest.raises(Away):
            deliver(world, post)
    else:
        deliver(world, post)
    assert {row.leased_until for row in rows()} == {None}


def test_two_senders_at_once_send_each_message_once(world: World) -> None:
    for clock in range(9, 15):
        ask(world, clock=clock)
    ids = [f"<outbox-{row.id}@booking.invalid>" for row in rows()]
    posts = [Paper() for _ in range(4)]
    barrier = threading.Barrier(len(posts))

    def run(post: Paper) -> None:
        with world.app.app_context():
            barrier.wait()
            for _ in range(4):
                for due in sending.lease(act=world.act(), real_now=world.now, most=2):
                    post.send(mail.write(due))
                    sending.mark_sent(act=world.act(), outbox_id=due.id)
            db.session.remove()

    threads = [threading.Thread(target=run, args=(post,)) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while deliver(world, posts[0]):
        pass
    assert sorted(one for post in posts for one in post.ids) == sorted(ids)


def test_control_without_the_lease_both_send(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(world)
    monkeypatch.setattr(sending, "LEASE", timedelta(0))
    first, second = (sending.lease(act=world.act(), real_now=world.now) for _ in range(2))
    assert [one.id for one in first] == [one.id for one in second]


def test_nothing_is_sent_inside_a_transaction(world: World) -> None:
    """While a server hangs over one message, somebody books: the writer's turn is free."""
    ask(world)

    class Hanging(Paper):
        def send(self, message: EmailMessage) -> None:
            assert world.ask(
                "euis", world.time("rapat", 4, f"{9 + len(self.sent):02}:00", f"{10 + len(self.sent):02}:00")
            )
            super().send(message)

    post = Hanging()
    thread = threading.Thread(target=lambda: _in_context(world, post))
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "it waits for its own transaction"
    assert len(post.sent) == 2


def _in_context(world: World, post: Paper) -> None:
    with world.app.app_context():
        deliver(world, post)
        db.session.remove()


def test_without_a_server_they_wait(world: World) -> None:
    ask(world)
    assert mail.post_of(world.app.config) is None
    assert worker.send_mail() == 0
    assert unsent() == 2


def test_mails_as_files(world: World) -> None:
    world.app.config["MAIL_TO_FILES"] = True
    ask(world)
    assert worker.send_mail() == 2
    found = sorted((world.app.config["DATA"] / "mail").iterdir())
    assert [path.name for path in found] == [f"{row.id:08d}.eml" for row in rows()]
    assert b"Message-ID: <outbox-" in found[0].read_bytes()


@writes
def without_address(session, person_id: int) -> None:
    session.get(Person, person_id).email = None


def test_who_has_no_address_is_told_by_the_desk(world: World, server: Behaviour) -> None:
    code = world.ask("cecep", world.time("musik", 2, "09:00", "10:00"))
    worker.send_mail()
    without_address(world.people["cecep"])
    decide(act=world.act("dadang"), code=code, verdict=Verdict.DECLINE, reason="Penuh.")
    world.now += MINUTE
    assert worker.send_mail() == 0
    (row,) = outbox.to_be_told(reading(), world.now)
    assert row.kind == "declined"
    with pytest.raises(Forbidden):
        mark_told(act=world.act("euis"), outbox_id=row.id)
    mark_told(act=world.act("dadang"), outbox_id=row.id)
    reading().rollback()
    assert list(outbox.to_be_told(reading(), world.now)) == []
    with pytest.raises(NotFound):
        mark_told(act=world.act("dadang"), outbox_id=row.id)
    step = history_of(reading(), row.booking_id)[-1]
    assert (step.event, step.actor.name) == ("told", "Dadang")
