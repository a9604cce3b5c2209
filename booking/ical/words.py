"""The words that stand in calendars, in each language."""

from __future__ import annotations

LANGUAGES = ("id", "en")

BUSY = {"id": "Terpakai", "en": "Busy"}
WAITING = {"id": "Menunggu", "en": "Awaiting approval"}
CHANGES = {"id": "Perlu perbaikan", "en": "Needs changes"}
CANCELLED = {"id": "BATAL", "en": "CANCELLED"}
COMMUNITY = {"id": "Komunitas", "en": "Community"}
CONTACT = {"id": "Kontak", "en": "Contact"}
PEOPLE = {"id": "Jumlah orang", "en": "People"}
REASON = {"id": "Alasan", "en": "Reason"}
MINE = {"id": "Peminjaman saya", "en": "My bookings"}
REQUESTS = {"id": "Perlu keputusan", "en": "Needs a decision"}
CLOSED = {"id": "Tutup", "en": "Closed"}
CLOSED_PROVISIONALLY = {"id": "Tutup (belum pasti)", "en": "Closed (provisional)"}
OPEN = {"id": "Buka", "en": "Open"}
ALL_DAY = {"id": "24 jam", "en": "24 hours"}
