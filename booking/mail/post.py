"""The ways by which mails leave: an SMTP server, or files for a look at them."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from booking.usecases.sending import Away, OpenPost, Post, Undelivered

TIMEOUT = 20.0
"""Seconds for each step of a conversation."""
CLOSING = 421


def post_of(config: Mapping[str, Any]) -> OpenPost | None:
    """How this installation sends; None: not at all, and messages wait."""
    if config["MAIL_TO_FILES"]:
        return partial(files, Path(config["DATA"]) / "mail")
    return partial(smtp, config) if config["SMTP_HOST"] else None


@contextmanager
def smtp(config: Mapping[str, Any]) -> Iterator[Post]:
    """One connection for a batch. Raises Away."""
    try:
        server = _connected(config)
    except (OSError, smtplib.SMTPException) as error:
        raise Away(code_of(error)) from error
    try:
        yield SmtpPost(server)
    finally:
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


def _connected(config: Mapping[str, Any]) -> smtplib.SMTP:
    named = urlsplit(str(config["BASE_URL"])).hostname or "localhost"
    host, port, timeout = config["SMTP_HOST"], config["SMTP_PORT"], config.get("SMTP_TIMEOUT", TIMEOUT)
    if config["SMTP_TLS"] == "ssl":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, named, timeout=timeout, context=context)
    else:
        server = smtplib.SMTP(host, port, named, timeout=timeout)
    try:
        if config["SMTP_TLS"] == "starttls":
            server.starttls(context=ssl.create_default_context())
        if config["SMTP_USER"]:
            server.login(config["SMTP_USER"], config["SMTP_PASSWORD"])
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


class SmtpPost:
    def __init__(self, server: smtplib.SMTP) -> None:
        self.server = server

    def send(self, message: EmailMessage) -> None:
        """Raises Undelivered: for good where the server knows no such recipient (RFC 5321 4.2.1: 5yz)."""
        try:
            self.server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            said = f"SMTP {code}: recipient refused"
            raise Undelivered(said, for_good=code >= 500, ends=code == CLOSING) from None
        except smtplib.SMTPResponseException as error:
            raise Undelivered(code_of(error), ends=error.smtp_code == CLOSING) from None
        except smtplib.SMTPNotSupportedError as error:
            raise Undelivered(code_of(error)) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(code_of(error), ends=True) from None


def code_of(error: Exception) -> str:
    """What went wrong, in words of ours: servers repeat addresses in theirs."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"SMTP {error.smtp_code}: {type(error).__name__.removeprefix('SMTP')}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionError):
        return "connection lost"
    return type(error).__name__


@contextmanager
def files(folder: Path) -> Iterator[Post]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield FilePost(folder)


class FilePost:
    """Each mail as a file; one sent again replaces itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        found = re.match(r"<outbox-(\d+)@", str(message["Message-ID"]))
        if found is None:
            raise Undelivered("no number")
        target = self.folder / f"{int(found[1]):08d}.eml"
        half = target.with_suffix(".half")
        try:
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(message.as_bytes(policy=SMTP))
            half.replace(target)
        except OSError as error:
            raise Away(code_of(error)) from error
