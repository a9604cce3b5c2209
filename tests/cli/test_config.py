"""Configuration: secrets that are too short stop the start; one is made and kept where none is given."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

import config


def test_short_secret_refuses_to_start(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError):
        config.from_environment({"SECRET_KEY": "short", "BOOKING_DATA": str(tmp_path)})


def test_secret_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    first, second = (config.from_environment({"BOOKING_DATA": str(tmp_path)})["SECRET_KEY"] for _ in range(2))
    assert first == second
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_how_mails_leave(tmp_path: Path) -> None:
    base = {"SECRET_KEY": "k" * 40, "BOOKING_DATA": str(tmp_path)}
    nothing = config.from_environment(base)
    assert (nothing["SMTP_HOST"], nothing["MAIL_TO_FILES"], nothing["MAIL_FROM"]) == (
        "",
        False,
        "ruang@booking.invalid",
    )
    (tmp_path / "password").write_text("rahasia\n")
    said = {"SMTP_HOST": "mail.example.com", "MAIL_FROM": "Ruang <ruang@example.com>", "SMTP_TLS": "ssl"}
    found = config.from_environment({**base, **said, "SMTP_PASSWORD_FILE": str(tmp_path / "password")})
    assert (found["SMTP_PORT"], found["SMTP_PASSWORD"]) == (465, "rahasia")
    for broken in ({"SMTP_TLS": "maybe"}, {"MAIL_FROM": "nobody"}):
        with pytest.raises(config.ConfigError):
            config.from_environment({**base, **said, **broken})


def test_secret_from_a_file_and_folder_beside_the_caller(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    found = config.from_environment(
        {"SECRET_KEY_FILE": str(tmp_path / "key"), "RUN_FROM": str(tmp_path), "BOOKING_DATA": "here"}
    )
    assert (found["SECRET_KEY"], found["DATA"]) == ("k" * 40, tmp_path / "here")
    assert config.from_environment({"BASE_URL": "https://x.example/", "SECRET_KEY": "k" * 40})["HTTPS"]


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
def test_short_and_empty_secrets_refuse_to_start_wherever_they_come_from(tmp_path: Path, name: str) -> None:
    base = {"SECRET_KEY": "k" * 40, "BOOKING_DATA": str(tmp_path)}
    (tmp_path / "key").write_text("short\n")
    del base[name if name == "SECRET_KEY" else "BOOKING_DATA"]
    with pytest.raises(config.ConfigError):
        config.from_environment({**base, f"{name}_FILE": str(tmp_path / "key")})
    with pytest.raises(config.ConfigError):
        config.from_environment({**base, name: "short"})


def test_an_empty_secret_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError):
        config.from_environment({"SECRET_KEY": "", "BOOKING_DATA": str(tmp_path)})
    (tmp_path / "secret_key").write_text("")  # cut off, perhaps by a full disk
    with pytest.raises(config.ConfigError):
        config.from_environment({"BOOKING_DATA": str(tmp_path)})


def test_secrets_from_files_and_keys_of_before(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("o" * 40 + "\n" + "p" * 40 + "\n")
    (tmp_path / "url").write_text("postgresql+psycopg://ruang:rahasia@db/ruang\n")
    said = {"SECRET_KEY": "k" * 40, "SECRET_KEY_FALLBACKS_FILE": str(tmp_path / "old")}
    found = config.from_environment({**said, "DATABASE_URL_FILE": str(tmp_path / "url")})
    assert found["SECRET_KEY_FALLBACKS"] == ["o" * 40, "p" * 40]
    assert found["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://ruang:rahasia@db/ruang"


def test_what_was_signed_with_the_key_of_before_holds_after_rotation() -> None:
    from flask import Flask
    from flask.sessions import SecureCookieSessionInterface

    before, after, stranger = Flask("a"), Flask("b"), Flask("c")
    before.secret_key, after.secret_key, stranger.secret_key = "o" * 40, "k" * 40, "s" * 40
    after.config["SECRET_KEY_FALLBACKS"] = ["o" * 40]
    signer = SecureCookieSessionInterface().get_signing_serializer
    said = signer(before).dumps({"a": 1})
    assert signer(after).loads(said) == {"a": 1}
    from itsdangerous import BadSignature

    with pytest.raises(BadSignature):
        signer(stranger).loads(said)
