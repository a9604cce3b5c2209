"""The WSGI application, with a thread that writes down who fetched which calendar when.

With BOOKING_WORKER=thread the background worker runs beside it, in this process.
"""

from __future__ import annotations

import os

from booking import create_app
from booking.cli.worker import start_counting, start_thread

app = create_app()
start_counting(app)

if os.environ.get("BOOKING_WORKER") == "thread":
    start_thread(app)
