"""Statements, bytes and CPU per page, as a table: `make bench`.

Builds a demo of its own in a temporary folder, so that the figures do not depend on what else is there, and asks each
page through the application itself, without a network. Bytes are compressed HTML, and HTML with the style sheet as on
a first visit (brotli 5, without pictures); statements are those of the second request, without the frame of
transactions; CPU is the median of many requests.
"""

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import brotli
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from lms.accounts import services as accounts
from lms.accounts.models import Person
from lms.app import create_app
from lms.home.demo import DemoYear, Wanted
from lms.kernel import clock, migrations
from lms.kernel.db import db, transaction
from lms.settings import read_settings

FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One line of the table."""

    page: str
    statements: int
    html_bytes: int
    first_bytes: int
    cpu_ms: float


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(FRAME):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def build(folder: Path, participants: int) -> tuple[Flask, DemoYear]:
    """An application with a demo year, and further people in bulk."""
    environ = {
        "LMS_ENV": "demo",
        "LMS_DATA_DIR": str(folder / "data"),
        "LMS_DATABASE_URL": os.environ.get("BENCH_DATABASE_URL", ""),
    }
    app = create_app(read_settings(environ))
    with app.app_context():
        migrations.upgrade()
        with transaction():
            year = DemoYear(seed=1, at=clock.now())
            year.build(Wanted(participants=participants))
    return app, year


def signed_in(app: Flask, login: str) -> FlaskClient:
    """A client with a session of this person."""
    client = app.test_client()
    with app.app_context(), transaction():
        person = db.session.query(Person).filter_by(login_index=accounts.login_index(login)).one()
        token = accounts.start_session(person, "", shared=False, at=clock.now())
    client.set_cookie("sid", token)
    return client


def measure(client: FlaskClient, name: str, address: str, rounds: int) -> Measured:
    """Ask a page until its figures are steady."""
    client.delete_cookie("seen")
    first = client.get(address)
    assert first.status_code == 200, f"{address}: {first.status_code}"
    client.set_cookie("seen", "1")
    client.get(address)
    with statements() as seen:
        page = client.get(address)
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        client.get(address)
        times.append(time.process_time() - begun)
    return Measured(
        page=name,
        statements=len(seen),
        html_bytes=len(brotli.compress(page.data, quality=5, mode=brotli.MODE_TEXT)),
        first_bytes=len(brotli.compress(first.data, quality=5, mode=brotli.MODE_TEXT)),
        cpu_ms=statistics.median(times) * 1000,
    )


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--participants", type=int, default=0, help="further people in bulk")
    options.add_argument("--rounds", type=int, default=40)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app, year = build(Path(folder), asked.participants)
        print(f"{'page':<22}{'lang':<6}{'statements':>10}{'HTML B':>9}{'+CSS B':>9}{'CPU ms':>9}")
        for lang in ("en", "fr", "ar"):
            client = signed_in(app, f"{lang}1")
            pages = {
                "Today": "/today",
                "outline": year.pages["participant.course"],
                "lesson": year.pages["participant.lesson"],
            }
            pages |= {f"lesson {n}": f"/l/{i}" for n, i in lessons(client, lang, year).items()}
            pages |= {"account": "/account", "sign-in": "/sign-in", "privacy": "/privacy", "welcome": "/"}
            for name, path in pages.items():
                who = app.test_client() if name == "sign-in" else client
                found = measure(who, name, f"/{lang}{path}", asked.rounds)
                print(
                    f"{name:<22}{lang:<6}{found.statements:>10}{found.html_bytes:>9}{found.first_bytes:>9}{found.cpu_ms:>9.1f}"
                )


def lessons(client: FlaskClient, lang: str, year: DemoYear) -> dict[int, str]:
    """The other lessons of the first module, by number."""
    outline = client.get(f"/{lang}{year.pages['participant.course']}").text
    found = dict.fromkeys(re.findall(rf"/{lang}/l/([0-9a-f-]+)", outline))
    return dict(enumerate(list(found)[1:], 2))


if __name__ == "__main__":
    main()
