"""Occurrences as iCalendar (RFC 5545, RFC 7986). Holds its dozen words itself: no Flask-Babel here."""
