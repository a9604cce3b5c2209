"""Tables, questions about them, and the one transaction."""

# every table is known before anybody asks SQLAlchemy about one
from booking.storage import imports, letters, mail_links, offers, reasons  # noqa: F401
