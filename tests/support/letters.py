"""Letters as PDF, as small as they go, and things that only look like one."""

from __future__ import annotations


def pdf(more: bytes = b"", *, head: bytes = b"%PDF-1.4\n", tail: bytes = b"") -> bytes:
    """A file of no page at all; `more` stands among its objects, `tail` after its end."""
    body = head + b"1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type/Pages/Kids[]/Count 0>> endobj\n"
    body += more
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer <</Size 3/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + table + tail
