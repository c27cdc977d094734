"""`lms`: every command, each package's own beside the few that concern the whole."""

import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import Any

import click
from flask import Flask, current_app
from sqlalchemy.exc import OperationalError, ProgrammingError

from lms.app import create_app
from lms.assessments import jobs as assessments_jobs
from lms.kernel import migrations
from lms.kernel.commands import Commands, with_app
from lms.kernel.db import db as database
from lms.kernel.durability import weaknesses
from lms.kernel.errors import Misconfigured, Refusal
from lms.messaging.jobs import run_forever
from lms.settings import Environment, current_settings, read_settings
from lms.web.server import serve as serve_app


@dataclass
class Application:
    """Makes the application once, when a command first needs it."""

    made: Flask | None = None

    def __call__(self, environ: dict[str, str] | None = None, *, default: Environment | None = None) -> Flask:
        if self.made is None:
            options: dict[str, Any] = {"default": default} if default else {}
            self.made = create_app(read_settings(environ, **options) if environ else read_settings(**options))
        return self.made


ELSEWHERE = {
    "certificate": "lms.certificates.cli",
    "content": "lms.content.cli",
    "demo": "lms.home.cli",
    "doctor": "lms.home.cli",
    "user": "lms.accounts.cli",
}
"""Commands of packages, by name."""


@click.group(cls=Commands, elsewhere=ELSEWHERE, context_settings={"help_option_names": ["-h", "--help"]})
def lms() -> None:
    """A learning platform for ceasefire courses."""


@lms.group()
def db() -> None:
    """Bring the database to the schema this version needs."""


@db.command(epilog="Example: lms db upgrade")
@click.argument("revision", default="head")
@with_app
def upgrade(revision: str) -> None:
    """Migrate upwards, to the newest schema unless told otherwise."""
    migrations.upgrade(revision)
    if migrations.is_at_head():
        assessments_jobs.count_cohorts(uncounted=True)
    click.echo(migrations.standing())


@db.command(epilog="Example: lms db downgrade -1", context_settings={"ignore_unknown_options": True})
@click.argument("revision")
@with_app
def downgrade(revision: str) -> None:
    """Migrate downwards; make a copy of the data first."""
    migrations.downgrade(revision)
    click.echo(migrations.standing())


@db.command(epilog="Example: lms db count")
@with_app
def count() -> None:
    """Count anew what is kept of cohorts: after code of an older version has worked beside newer tables."""
    click.echo(f"Cohorts counted: {assessments_jobs.count_cohorts()}.")


@db.command(epilog="Example: lms db check")
@with_app
def check() -> None:
    """Refuse when migrations are missing or the tables differ from the models."""
    migrations.check()
    click.echo("The database is at the newest migration and equals the models.")


@lms.command(epilog="Example: LMS_PUBLIC_URL=https://learn.example.org lms serve")
@with_app
def serve() -> None:
    """Serve pages, with LMS_WORKERS processes, behind a proxy that speaks TLS (LMS_PROXY_HOPS says how many).

    Run `lms worker` beside it for messages and clean-up.
    """
    if not migrations.is_at_head():
        raise Misconfigured("The database is not at the newest migration; run: lms db upgrade")
    weak = weaknesses(database.session.connection())
    if weak and current_settings().environment is Environment.PRODUCTION:
        raise Misconfigured(f"A power cut would lose what people were told is saved: {', '.join(weak)}.")
    serve_app(click.get_current_context().obj(), current_settings())


@lms.command(epilog="Example: lms worker")
@with_app
def worker() -> None:
    """Do background work until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run_forever(click.get_current_context().obj(), stop)


@lms.command(epilog="Example: lms routes | grep GET")
@with_app
def routes() -> None:
    """List every address with its methods, one a line."""
    lines = set()
    for rule in current_app.url_map.iter_rules():
        methods = "|".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        lines.add(f"{methods} {rule.rule.replace('<lang:lang>', '<lang>')}")
    click.echo("\n".join(sorted(lines, key=lambda line: line.split(" ", 1)[::-1])))


def main() -> None:
    """Run a command: 0 done, 1 refused with one sentence, 2 wrong use."""
    os.umask(0o077)  # whatever is made, nobody else on the machine reads it
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    try:
        lms(obj=Application(), prog_name="lms")
    except (Misconfigured, Refusal) as refusal:
        sys.exit(f"lms: {refusal}")
    except (OperationalError, ProgrammingError) as fault:
        kind = type(fault.orig).__name__
        sys.exit(f"lms: the database does not answer as it should ({kind}); see LMS_DATABASE_URL, or: lms db upgrade")


if __name__ == "__main__":
    main()
