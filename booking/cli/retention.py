"""What is kept no longer than the centre has said, from the command line."""

from __future__ import annotations

from collections import Counter

import click
from flask.cli import with_appcontext

from booking.front import context
from booking.storage.db import reading
from booking.storage.retention import retention
from booking.usecases import retaining


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@with_appcontext
def run_retention(*, dry_run: bool) -> None:
    """Let go of everything that is kept longer than the centre has said; counts by kind. The worker does it too."""
    if dry_run:
        found = retaining.due_counts(reading(), retention(reading()), context.now(), context.real_now())
    else:
        found = Counter()
        while gone := retaining.drop_due(act=context.act(), real_now=context.real_now()):
            found.update(gone)
    for kind, number in found.items():
        click.echo(f"{kind}\t{number}")
    click.echo(f"{sum(found.values())} {'would go' if dry_run else 'gone'}")
