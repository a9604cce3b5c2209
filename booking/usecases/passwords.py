"""Passwords: argon2id, at least ten signs, none that everybody tries first."""

from __future__ import annotations

import threading
from functools import cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from booking.domain.errors import refuse

SHORTEST = 10
LONGEST = 200

_hasher = PasswordHasher()
# each check takes 64 MiB: more than two at once would let a crowd of guesses take all memory
_at_once = threading.BoundedSemaphore(2)


@cache
def _common() -> frozenset[str]:
    return frozenset(files("booking.usecases").joinpath("common_passwords.txt").read_text("utf-8").split())


def hashed(password: str) -> str:
    """The hash to store. Raises Refused(password_short | password_common | too_long)."""
    if len(password) < SHORTEST:
        raise refuse("password_short", field="password", shortest=SHORTEST)
    if len(password) > LONGEST:
        raise refuse("too_long", field="password", length=len(password), longest=LONGEST)
    plain = "".join(sign for sign in password.lower() if sign.isalnum())
    if plain in _common() or plain.rstrip("0123456789") in _common() or len(set(plain)) < 4:
        raise refuse("password_common", field="password")
    with _at_once:
        return _hasher.hash(password.encode("utf-8", "surrogatepass"))


@cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")


def is_right(stored: str | None, password: str) -> bool:
    """Whether the password is the one behind the hash; takes as long where there is none."""
    if len(password) > LONGEST:
        return False
    with _at_once:
        try:
            _hasher.verify(stored or _decoy(), password.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)
