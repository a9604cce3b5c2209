"""Configuration from the environment. Every value has a safe default; secrets may also come from files (*_FILE)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
SHORTEST_SECRET = 32
SMTP_PORTS = {"starttls": 587, "ssl": 465, "none": 25}


class ConfigError(SystemExit):
    """The program refuses to start, and says why."""


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The settings of the Flask app. Raises ConfigError for a secret that is too short."""
    data = Path(environ.get("RUN_FROM", ".")) / environ.get("BOOKING_DATA", str(HERE / "data"))
    url = _secret(environ, "DATABASE_URL") or f"sqlite:///{data / 'booking.sqlite'}"
    base_url = environ.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
    return {
        "DATA": data,
        "SQLALCHEMY_DATABASE_URI": url,
        "BASE_URL": base_url,
        # UIDs of calendar events end in this; it must never change, so it does not follow BASE_URL
        "UID_HOST": environ.get("UID_HOST", "booking.invalid"),
        "SECRET_KEY": secret_key(environ, data),
        # keys of before, still good for what was signed with them
        "SECRET_KEY_FALLBACKS": [
            long_enough(key.strip(), "SECRET_KEY_FALLBACKS")
            for key in _secret(environ, "SECRET_KEY_FALLBACKS").replace("\n", ",").split(",")
            if key.strip()
        ],
        "DEFAULT_LANGUAGE": environ.get("DEFAULT_LANGUAGE", "id"),
        "HTTPS": base_url.startswith("https://"),
        "GZIP": environ.get("GZIP", "1") != "0",
        # how many reverse proxies in front may be believed about the visitor's address
        "PROXIES": int(environ.get("PROXIES", "0")),
        **mail(environ),
        **oidc(environ),
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
    }


def mail(environ: Mapping[str, str]) -> dict[str, Any]:
    """Where mails go out. Without SMTP_HOST none does and they wait; MAIL_TO_FILES=1 writes them into DATA/mail."""
    tls = environ.get("SMTP_TLS", "starttls")
    if tls not in SMTP_PORTS:
        raise ConfigError(f"SMTP_TLS is one of {', '.join(SMTP_PORTS)}, not {tls}")
    sender = environ.get("MAIL_FROM", "")
    if environ.get("SMTP_HOST") and "@" not in sender:
        raise ConfigError("MAIL_FROM must be the address from which mails are sent, as SMTP_HOST is set")
    return {
        "SMTP_HOST": environ.get("SMTP_HOST", ""),
        "SMTP_PORT": int(environ.get("SMTP_PORT") or SMTP_PORTS[tls]),
        "SMTP_TLS": tls,
        "SMTP_USER": environ.get("SMTP_USER", ""),
        "SMTP_PASSWORD": _secret(environ, "SMTP_PASSWORD"),
        "MAIL_FROM": sender or f"ruang@{environ.get('UID_HOST', 'booking.invalid')}",
        "MAIL_TO_FILES": environ.get("MAIL_TO_FILES", "0") != "0",
    }


def oidc(environ: Mapping[str, str]) -> dict[str, str]:
    """Another provider of log-ins (OpenID Connect), if OIDC_ISSUER is set; OIDC_LABEL stands on its button.

    Raises ConfigError where it has no client of ours, or would be spoken to in clear over a network.
    """
    issuer = environ.get("OIDC_ISSUER", "")
    found = {
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": environ.get("OIDC_CLIENT_ID", ""),
        "OIDC_CLIENT_SECRET": _secret(environ, "OIDC_CLIENT_SECRET"),
        "OIDC_LABEL": environ.get("OIDC_LABEL") or urlsplit(issuer).netloc,
    }
    if issuer and not all(found.values()):
        raise ConfigError("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET (or OIDC_CLIENT_SECRET_FILE)")
    if issuer and not issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ConfigError("OIDC_ISSUER must begin with https://")
    return found


def _secret(environ: Mapping[str, str], name: str) -> str:
    """The variable itself, or the content of the file that NAME_FILE names."""
    if name not in environ and f"{name}_FILE" in environ:
        return Path(environ[f"{name}_FILE"]).read_text("utf-8").strip()
    return environ.get(name, "")


def secret_key(environ: Mapping[str, str], data: Path) -> str:
    """SECRET_KEY, SECRET_KEY_FILE, or a key made once in the data folder (mode 0600). Raises ConfigError."""
    given = _secret(environ, "SECRET_KEY")
    if given or {"SECRET_KEY", "SECRET_KEY_FILE"} & set(environ):
        return long_enough(given, "SECRET_KEY")
    kept = data / "secret_key"
    if not kept.exists():
        _make_key(kept)
    return long_enough(kept.read_text("utf-8").strip(), str(kept))


def _make_key(kept: Path) -> None:
    """Whole or not at all: written beside it, then given its name, unless another process was first."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    made = kept.with_name(f"secret_key.{secrets.token_hex(8)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(32))
    try:
        os.link(made, kept)
    except FileExistsError:
        pass  # another process was first
    finally:
        made.unlink()


def long_enough(key: str, name: str) -> str:
    """The key itself. Raises ConfigError where it could be guessed."""
    if len(key.encode()) < SHORTEST_SECRET:
        raise ConfigError(f"{name} has fewer than {SHORTEST_SECRET} bytes; make one: openssl rand -hex 32")
    return key
