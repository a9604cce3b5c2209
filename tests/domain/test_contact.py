"""The same phone however it is typed."""

from __future__ import annotations

import pytest

from booking.domain.contact import email_address, phone_number
from booking.domain.errors import Refused


@pytest.mark.parametrize(
    "typed",
    [
        "081234567890",
        "+6281234567890",
        "62 812-3456-7890",
        "0062812 3456 7890",
        "(0812) 3456.7890",
        "+62 0812 3456 7890",
    ],
)
def test_one_form(typed: str) -> None:
    assert phone_number(typed) == "+6281234567890"


def test_foreign_numbers_and_other_countries() -> None:
    assert phone_number("+44 20 7946 0000") == "+442079460000"
    assert phone_number("020 7946 0000", country="44") == "+442079460000"


@pytest.mark.parametrize("typed", ["", "hello", "12", "+62", "0812abc", "+" + "9" * 30, "٠٨١٢٣٤٥٦٧٨٩"])
def test_no_phone(typed: str) -> None:
    with pytest.raises(Refused):
        phone_number(typed)


def test_email() -> None:
    assert email_address(" Neneng@Example.COM ") == "neneng@example.com"
    assert email_address("") is None
    for wrong in ("a@b", "a b@example.com", "@example.com", "x\n@example.com", "a@@example.com"):
        with pytest.raises(Refused):
            email_address(wrong)
