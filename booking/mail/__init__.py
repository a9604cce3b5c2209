"""Mails: letters as MIME messages with invitations, and the ways by which they leave."""

from __future__ import annotations

from booking.mail.post import post_of
from booking.mail.writing import write

__all__ = ["post_of", "write"]
