"""Phone numbers and e-mail addresses in one form each, so that the same person logs in however it was typed."""

from __future__ import annotations

import re

from booking.domain.errors import refuse

_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]\x00-\x1f\x7f]+@[^@\s.\x00-\x1f\x7f]+(\.[^@\s.\x00-\x1f\x7f]+)+")


def phone_number(value: str, *, country: str = "62") -> str:
    """E.164 (ITU-T): "+", country code, national number. 0812..., 62812..., +62 812-... are the same number.

    `country` is the calling code that a leading 0 stands for. Raises Refused(phone).
    """
    kept = re.sub(r"[\s().\-]", "", value)
    if kept.startswith("00"):
        kept = "+" + kept[2:]
    elif kept.startswith("0"):
        kept = f"+{country}{kept[1:]}"
    elif kept.startswith(country):
        kept = "+" + kept
    if kept.startswith(f"+{country}0"):
        kept = f"+{country}{kept[len(country) + 2 :]}"
    if not re.fullmatch(r"\+[1-9][0-9]{7,14}", kept, re.ASCII):
        raise refuse("phone", field="phone")
    return kept


def spellings(phone: str, *, country: str = "62") -> tuple[str, ...]:
    """The ways in which people write an E.164 number into a text: whole, without the +, with a 0, in groups of four."""
    national = "0" + phone.removeprefix(f"+{country}") if phone.startswith(f"+{country}") else phone
    groups = [national[at : at + 4] for at in range(0, len(national), 4)]
    return (phone, phone.removeprefix("+"), national, "-".join(groups), " ".join(groups))


def email_address(value: str) -> str | None:
    """Lower case; None when empty. Raises Refused(email)."""
    kept = value.strip().lower()
    if not kept:
        return None
    if len(kept) > 254 or not _EMAIL.fullmatch(kept):
        raise refuse("email", field="email")
    return kept
