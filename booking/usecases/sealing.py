"""Secrets that must be read again, kept so that a copy of the database alone does not give them away."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """Closes with a key derived from the first of `keys` (SECRET_KEY) and opens with any (SECRET_KEY_FALLBACKS too).

    Fernet: AES-128-CBC with HMAC-SHA256; HKDF (RFC 5869) makes its key, so that cookies and seals share none. Where a
    key is taken away for good, what it closed stays shut: people then come in with a recovery code.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_derived(key)) for key in keys])

    def closed(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def opened(self, sealed: str) -> str | None:
        """None where no key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None


def _derived(key: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ruang second factor").derive(key.encode())
    return base64.urlsafe_b64encode(made)
