"""Statements, bytes and CPU per page, as a table: `make bench-pages`.

Builds a demo of its own in a temporary folder (`--database postgresql`: in a server of its own), so that the figures do
not depend on what else is there, and asks each page through the application itself, without a network. Bytes are
compressed HTML, and HTML with the style sheet as on a first visit (brotli 5, without pictures); statements are those of
the second request, without the frame of transactions; CPU is the median of many requests. "save and next" is the saving
and the page it leads to.
"""

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import brotli
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select, update

from benchmarks.fresh import new_passphrase, refuse_unless_empty
from benchmarks.load import application
from benchmarks.server import KINDS, database
from lms.accounts import hashes
from lms.accounts.models import Person
from lms.accounts.rules.factors import Proof
from lms.accounts.rules.roles import Role
from lms.accounts.services import credentials, sessions
from lms.cohorts.models import Cohort
from lms.home.demo import STAFF, DemoYear, Wanted
from lms.kernel import clock, migrations
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.settings import current_settings

MANY = 10_000
FIRST_COORDINATOR = 1 + [role for role, _, _ in STAFF].index(Role.COORDINATOR)
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


def build(folder: Path, participants: int, database_url: str | None = None) -> tuple[Flask, DemoYear]:
    """An application with a demo year, and further people in bulk. Nobody can sign in with what the year tells.

    database_url: of an empty database; None for SQLite in the folder. Raises ValueError when it has tables.
    """
    app = application(folder / "data", folder / "keys", database_url)
    with app.app_context():
        refuse_unless_empty(current_settings().database_url)
        migrations.upgrade()
        with transaction():
            year = DemoYear(seed=1, at=clock.now())
            year.build(Wanted(participants=participants))
            _lock_out()
    return app, year


def _lock_out() -> None:
    """Whoever knows the seed knows the passphrases of the demo year; nobody knows this one."""
    unknown = credentials.make_credentials("nobody", new_passphrase()).passphrase_hash
    db.session.execute(update(Person).where(Person.passphrase_hash.is_not(None)).values(passphrase_hash=unknown))


def signed_in(app: Flask, login: str) -> FlaskClient:
    """A client with a session of this person."""
    client = app.test_client()
    with app.app_context(), transaction():
        person = db.session.query(Person).filter_by(login_index=hashes.login_index(login)).one()
        token = sessions.start_session(person, proof=Proof.PASSKEY, shared=False, at=clock.now())
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
    return measured(name, seen, page.data, first.data, times)


def measure_act(name: str, act: Callable[[int], bytes], rounds: int) -> Measured:
    """Do something again and again, each time another thing; its figures are those of the whole act."""
    act(0)
    with statements() as seen:
        answer = act(1)
    times = []
    for number in range(2, rounds + 2):
        begun = time.process_time()
        act(number)
        times.append(time.process_time() - begun)
    return measured(name, seen, answer, answer, times)


def measured(name: str, seen: list[str], page: bytes, first: bytes, times: list[float]) -> Measured:
    """One line of the table."""
    return Measured(
        page=name,
        statements=len(seen),
        html_bytes=len(brotli.compress(page, quality=5, mode=brotli.MODE_TEXT)),
        first_bytes=len(brotli.compress(first, quality=5, mode=brotli.MODE_TEXT)),
        cpu_ms=statistics.median(times) * 1000,
    )


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that is sent to an address."""
    form = page[page.index(f'action="{action}"') :]
    form = form[: form.index("</form>")]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return dict(found)


class Table:
    """Measures pages of one person in one language and prints a line for each."""

    def __init__(self, client: FlaskClient, lang: str, rounds: int) -> None:
        self.client, self.lang, self.rounds = client, lang, rounds

    def pages(self, named: dict[str, str]) -> None:
        """Pages by name and address without language."""
        for name, path in named.items():
            self.show(measure(self.client, name, f"/{self.lang}{path}", self.rounds))

    def show(self, one: Measured) -> None:
        print(
            f"{one.page:<22}{self.lang:<6}{one.statements:>10}{one.html_bytes:>9}{one.first_bytes:>9}{one.cpu_ms:>9.1f}",
            flush=True,
        )

    def first_link(self, path: str, pattern: str) -> str:
        """The first address on a page that looks like this, without language."""
        page = self.client.get(f"/{self.lang}{path}")
        assert page.status_code == 200, f"{path}: {page.status_code}"
        found = re.search(pattern, page.text)
        assert found is not None, f"no {pattern} on {path}"
        return found[0]

    def save(self, name: str, page: str, address: str, answer: Callable[[int], dict[str, str]], *, json: bool) -> None:
        """Save an answer from this page, then follow where it leads; a script asks for JSON and stays."""
        page, address = f"/{self.lang}{page}", f"/{self.lang}{address}"
        fields = hidden_fields(self.client.get(page).text, address)
        headers = {"Accept": "application/json"} if json else {}

        def act(number: int) -> bytes:
            sent = fields | answer(number) | {"op1": str(new_id()), "seq1": str(number + 1)}
            done = self.client.post(address, data=sent, headers=headers)
            assert done.status_code == (200 if json else 302), f"{address}: {done.status_code}"
            return done.data if json else self.client.get(done.location).data

        self.show(measure_act(name, act, self.rounds))


def of_participants(app: Flask, year: DemoYear, lang: str, rounds: int) -> None:
    """Reading, a quiz from its front to its review, an assignment, results."""
    table = Table(signed_in(app, f"{lang}1"), lang, rounds)
    course, lesson = year.pages["participant.course"], year.pages["participant.lesson"]
    table.pages({"Today": "/today", "outline": course, "lesson": lesson})
    table.pages({f"lesson {n}": f"/l/{i}" for n, i in lessons(table.client, lang, year).items()})
    table.pages({"account": "/account", "privacy": "/privacy", "welcome": "/"})
    Table(app.test_client(), lang, rounds).pages({"sign-in": "/sign-in"})
    quiz, note = year.pages["participant.quiz"], year.pages["participant.assignment"]
    table.pages({"quiz front": quiz, "assignment": note})
    front = table.client.get(f"/{lang}{quiz}").text
    table.client.post(f"/{lang}{quiz}/start", data=hidden_fields(front, f"/{lang}{quiz}/start"))
    table.pages({"question": f"{quiz}/q/1", "all questions": f"{quiz}/all"})
    options = re.findall(r'name="q1" value="([^"]+)"', table.client.get(f"/{lang}{quiz}/q/1").text)
    table.save(
        "save and next",
        f"{quiz}/q/1",
        f"{quiz}/q/1/save",
        lambda number: {"q1": options[number % 2], "go": "2"},
        json=False,
    )
    table.pages({"check": f"{quiz}/check"})
    table.save(
        "autosave", note, f"{note}/draft/save", lambda number: {"q1": f"{number}. " + "The text says. " * 40}, json=True
    )
    table.pages({"assignment, begun": note, "results, begun": "/results"})
    done = Table(signed_in(app, f"{lang}2"), lang, rounds)
    done.pages({"review": f"{quiz}/result", "assignment, marked": f"{note}/result", "results": "/results"})
    done.pages({"what is missing": "/results/certificate"})
    Table(signed_in(app, "alumna1"), lang, rounds).pages({"certificate": year.pages["participant.certificate"]})
    Table(app.test_client(), lang, rounds).pages({"check page": year.pages["public.certificate"]})


def of_staff(app: Flask, year: DemoYear, cohort: str, lang: str, rounds: int, *, size: str) -> None:
    """Marking and the list of results, by the first facilitator."""
    table = Table(signed_in(app, "facilitator1"), lang, rounds)
    waiting = table.first_link("/grading", r"/grading/[0-9a-f-]{36}")
    person = table.first_link(cohort, rf"{cohort}/[0-9a-f-]{{36}}")
    table.pages(
        {
            f"queue{size}": "/grading",
            f"queue, all{size}": "/grading?show=all",
            f"marking{size}": waiting,
            f"release{size}": "/grading/release",
            f"gradebook{size}": cohort,
            f"person{size}": person,
            f"help list{size}": f"/people/help?cohort={cohort.rpartition('/')[2]}",
        }
    )
    of_coordinator(app, cohort.rpartition("/")[2], lang, rounds, size=size)


def of_coordinator(app: Flask, cohort_id: str, lang: str, rounds: int, *, size: str) -> None:
    """Running a cohort, by the first coordinator."""
    table, address = Table(signed_in(app, f"coordinator{FIRST_COORDINATOR}"), lang, rounds), f"/cohort/{cohort_id}"
    table.pages(
        {
            f"dashboard{size}": address,
            f"participants{size}": f"{address}/people",
            f"one participant{size}": table.first_link(f"{address}/people", rf"{address}/people/[0-9a-f-]{{36}}"),
            f"completion{size}": f"{address}/completion",
            f"messages{size}": f"{address}/messages",
            f"dates{size}": f"{address}/dates",
            f"invitations{size}": f"{address}/invitations",
        }
    )


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--participants", type=int, default=MANY, help="size of the large cohort; 0 leaves it out")
    options.add_argument("--rounds", type=int, default=40)
    options.add_argument("--database", choices=KINDS, default=KINDS[0])
    asked = options.parse_args()
    os.umask(0o077)
    print(f"{'page':<22}{'lang':<6}{'statements':>10}{'HTML B':>9}{'+CSS B':>9}{'CPU ms':>9}")
    with tempfile.TemporaryDirectory() as name, database(asked.database, Path(name)) as where:
        app, year = build(where.folder / "small", 0, where.empty("small"))
        for lang in ("en", "fr", "ar"):
            of_participants(app, year, lang, asked.rounds)
            of_staff(app, year, year.pages["facilitator.gradebook"], lang, asked.rounds, size="")
            Table(signed_in(app, f"editor{len(STAFF) + 1}"), lang, asked.rounds).pages({"bank": "/bank"})
        if asked.participants:
            app, year = build(where.folder / "large", asked.participants, where.empty("large"))
            for lang in ("en", "ar"):
                of_staff(app, year, f"/marks/{largest(app)}", lang, asked.rounds, size=f", {asked.participants}")


def largest(app: Flask) -> UUID:
    """The newest cohort, which is the one made in bulk."""
    with app.app_context():
        return db.session.scalars(select(Cohort.public_id).order_by(Cohort.id.desc()).limit(1)).one()


def lessons(client: FlaskClient, lang: str, year: DemoYear) -> dict[int, str]:
    """The other lessons of the first module, by number."""
    outline = client.get(f"/{lang}{year.pages['participant.course']}").text
    found = dict.fromkeys(re.findall(rf"/{lang}/l/([0-9a-f-]+)", outline))
    return dict(enumerate(list(found)[1:], 2))


if __name__ == "__main__":
    main()
