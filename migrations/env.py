"""Alembic's environment: one transaction for each run, on the engine of the app."""

from __future__ import annotations

from alembic import context

from booking.storage.db import Base, db


def run() -> None:
    engine = db.engine
    if engine.dialect.name == "postgresql":
        writer = engine.execution_options(isolation_level="READ COMMITTED")
    else:
        writer = engine.execution_options(writer=True)
    with writer.connect() as connection:
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run on a live database only.")
run()
