"""/healthz: this process answers. /readyz: it can also do its work (database, migrations, worker)."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from booking.front import context
from booking.storage import settings
from booking.storage.db import HEAD, reading

WORKER_SILENT = timedelta(seconds=90)

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthy() -> Response:
    return jsonify(process="ok")


@pages.get("/readyz")
def ready() -> tuple[Response, int]:
    said = {"database": "down", "migrations": "unknown", "worker": "unknown"}
    try:
        version = reading().scalar(text("SELECT version_num FROM alembic_version"))
        seen = settings.setting(reading(), settings.WORKER_SEEN)
        said["database"] = "ok"
        said["migrations"] = "ok" if version == HEAD else f"at {version}, not {HEAD}"
        said["worker"] = _worker(seen)
    except SQLAlchemyError:
        reading().rollback()
    return jsonify(said), 200 if set(said.values()) == {"ok"} else 503


def _worker(seen: str | None) -> str:
    if seen is None:
        return "never seen"
    silent = context.real_now() - datetime.fromisoformat(seen)
    return "ok" if silent <= WORKER_SILENT else f"silent for {int(silent.total_seconds())} s"
