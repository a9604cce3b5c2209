"""`./run demo` and `./run serve`: migrate, load the demo if it is one, start server and worker."""

from __future__ import annotations

import os
import secrets

import click
from flask import current_app
from flask.cli import with_appcontext

from booking.cli import migrating
from booking.cli.demo import PACK, load_demo, people_of
from booking.front import context
from booking.storage import settings
from booking.storage.db import db, reading
from booking.storage.people import is_empty
from booking.usecases.setting_up import new_setup_code


@click.command()
@click.argument("kind", type=click.Choice(["demo", "serve"]))
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Demo: the day on which its clock starts.")
@click.option(
    "--mail-to-files/--no-mail-to-files",
    "to_files",
    default=None,
    help="Write mails into DATA/mail instead of sending them; the demo does.",
)
@click.option("--threads", default=min(8, 2 * (os.cpu_count() or 1) + 1), help="Requests answered at once.")
@with_appcontext
def start(kind: str, port: int, host: str, day: object, threads: int, *, to_files: bool | None) -> None:
    """Start the server with its worker; `demo` loads the demo first. Also --data DIR and --url URL."""
    settle_address(host, port)
    settle_mail(to_files, is_demo=kind == "demo")
    migrating.to_head()
    demo = settings.setting(reading(), settings.DEMO)
    is_demo = bool(demo)
    if demo and demo.get("loading"):
        raise click.ClickException("the demo in this data folder was not loaded to its end; delete the folder")
    fresh = is_empty(reading())
    if kind == "demo":
        if not is_demo and not fresh:
            raise click.ClickException("this data folder belongs to a real centre; choose another with --data")
        if fresh:
            click.echo("Loading the demo ...")
            load_demo(chosen=day.date() if hasattr(day, "date") else None)
    elif is_demo:
        raise click.ClickException("this data folder holds the demo; choose another with --data")
    click.echo(_greeting(kind, current_app.config["BASE_URL"]), color=False)
    db.session.remove()
    db.engine.dispose()
    serve(host, port, threads)


def settle_address(host: str, port: int) -> None:
    """Links lead to where the server listens, unless --url or BASE_URL says where it is reached."""
    if "BASE_URL" not in os.environ:
        seen = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  # nosec B104  # compared, not bound
        os.environ["BASE_URL"] = current_app.config["BASE_URL"] = f"http://{seen}:{port}"


def settle_mail(chosen: bool | None, *, is_demo: bool) -> None:
    """The demo sends nothing unless it is told to. The server's own process reads it from the environment."""
    if chosen is None and "MAIL_TO_FILES" in os.environ:
        return
    to_files = is_demo if chosen is None else chosen
    os.environ["MAIL_TO_FILES"] = "1" if to_files else "0"
    current_app.config["MAIL_TO_FILES"] = to_files


def _greeting(kind: str, url: str) -> str:
    lines = ["", f"  {settings.centre(reading()).name or 'Ruang'}: {url}"]
    if not current_app.config["HTTPS"]:
        lines.append("  Plain http: cookies are not marked Secure. Behind https, start with --url https://...")
    if current_app.config["MAIL_TO_FILES"]:
        lines.append(f"  Mails are not sent: they are files in {current_app.config['DATA'] / 'mail'}")
    if kind == "demo":
        now = context.now().astimezone(context.zone())
        lines += [f"  The demo's clock says {now:%A, %-d %B %Y, %H:%M}.", "  Log in with one of these:"]
        lines += [f"    {one['email']:<24} {one['does']}" for one in people_of(PACK)]
        lines.append(f"  Password of all of them: {PACK['password']}")
    elif is_empty(reading()):
        code = "-".join(secrets.token_hex(2) for _ in range(4))
        new_setup_code(code=code)
        lines += [f"  First start: open {url}/setup", f"  One-time code: {code}"]
    return "\n".join([*lines, ""])


def serve(host: str, port: int, threads: int) -> None:
    """Granian with one worker process: SQLite wants its writers in one place, threads answer side by side."""
    from granian import Granian
    from granian.constants import Interfaces

    os.environ["BOOKING_WORKER"] = "thread"
    Granian(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        backpressure=256,
        websockets=False,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()
