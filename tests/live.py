"""The real thing in a process of its own: `lms demo`, as an operator starts it, with its accounts."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.tools.postgres import free_port

START_SECONDS = 120
STOP_SECONDS = 20


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    role: str
    login: str
    password: str
    language: str
    totp_secret: str | None = None


@dataclass
class School:
    """What tests/school.py made. ten, memo, marked: addresses of tasks; marked: the note that writers handed in."""

    ten: str
    memo: str
    marked: str
    people: list[Account]
    given: set[str] = field(default_factory=set)
    learners: dict[str, Account] = field(default_factory=dict)
    """Who walks through which page (tests/tour.py)."""

    attempts: dict[str, str] = field(default_factory=dict)
    """Open attempts that a page from before would still name."""

    def newcomer(self, language: str) -> Account:
        """A learner who has done nothing yet; each is given out once."""
        free = (
            one for one in self.people if one.login.startswith(f"learner-{language}") and one.login not in self.given
        )
        account = next(free)
        self.given.add(account.login)
        return account

    def tutor(self, language: str) -> Account:
        """Who marks in this language."""
        return next(one for one in self.people if one.login == f"tutor-{language}")

    def writers(self, language: str) -> list[Account]:
        """Who handed in the note, in the order of handing in."""
        return [one for one in self.people if one.login.startswith(f"writer-{language}")]


@dataclass
class Live:
    """A running demo, and what a test may ask of it beyond its pages."""

    base_url: str
    folder: Path
    accounts: tuple[Account, ...]

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def accounts_file(self) -> Path:
        return self.data_dir / "demo-accounts.json"

    def people(self, role: str, language: str) -> list[Account]:
        """The accounts of a role in a language, in the order of the file."""
        return [account for account in self.accounts if (account.role, account.language) == (role, language)]

    @property
    def pages(self) -> dict[str, str]:
        """The addresses that the demo names."""
        found: dict[str, str] = json.loads(self.accounts_file.read_text())["pages"]
        return found

    def command(self, *arguments: str) -> str:
        """What an `lms` command prints that is run beside the server, with the same data."""
        return self._run("lms", *arguments, folder=self.folder)

    def _run(self, module: str, *arguments: str, folder: Path) -> str:
        environ = {**_clean_environment(), "LMS_ENV": "demo", "LMS_DATA_DIR": str(self.data_dir)}
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What stands in the database; or change it behind the server's back."""
        with closing(sqlite3.connect(self.data_dir / "lms.sqlite", timeout=20)) as database, database:
            return database.execute(statement, values).fetchall()

    @cached_property
    def school(self) -> "School":
        """A further cohort with a quiz of ten questions, and one whose texts wait to be marked (tests/school.py)."""
        told = json.loads(self._run("tests.school", folder=Path(__file__).parents[1]))
        people = [
            Account(one["role"], one["login"], self.accounts[0].password, one["language"]) for one in told["people"]
        ]
        return School(told["ten"], told["memo"], told["marked"], people)

    @cached_property
    def invitation_code(self) -> str:
        """The code of somebody who was invited and has not come yet."""
        told = self.command("user", "invite", "--shown-name", "Visitor")
        return re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4})+", told)[0]

    @cached_property
    def waiting(self) -> tuple[Account, str]:
        """Somebody whose course has not begun, and the address of a lesson that is closed to her.

        Needs a demo with WAITING_COHORT, whose calendar is moved far ahead here.
        """
        with closing(sqlite3.connect(self.data_dir / "lms.sqlite")) as database, database:
            (cohort,) = database.execute(
                "SELECT cohort_id FROM cohorts_enrolment GROUP BY cohort_id HAVING count(*) = 1"
            ).fetchone()
            database.execute(
                "UPDATE cohorts_calendar_entry SET opens_at = '2999-01-03 08:00:00.000000'"
                " WHERE cohort_id = ? AND opens_at IS NOT NULL",
                (cohort,),
            )
            (lesson,) = database.execute(
                "SELECT public_id FROM cohorts_calendar_entry WHERE cohort_id = ? AND node_id = 'm1-words'", (cohort,)
            ).fetchone()
        return Account("participant", "pool1", self.accounts[0].password, "en"), f"/l/{UUID(lesson)}"


WAITING_COHORT = ("--participants", "1", "--pool", "1")


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[Live]:
    """Start `lms demo` in a folder, wait until it is ready, stop it in the end."""
    port = free_port()
    arguments = [sys.executable, "-m", "lms", "demo", "--port", str(port), "--data-dir", str(folder / "data"), *options]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            arguments, cwd=folder, env=_clean_environment(), stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}/readyz", folder / "server.log")
        told = json.loads((folder / "data" / "demo-accounts.json").read_text())
        people = tuple(
            Account(a["role"], a["login"], a["password"], a["locale"], a["totp_secret"]) for a in told["accounts"]
        )
        yield Live(told["base_url"], folder, people)
    finally:
        _stop(process)


@contextmanager
def empty_site(folder: Path) -> Iterator[Live]:
    """What an operator has on the first day: both programmes and nobody; a server and a worker as processes."""
    port = free_port()
    live = Live(f"http://localhost:{port}", folder, ())
    environ = {**_clean_environment(), "LMS_ENV": "demo", "LMS_DATA_DIR": str(live.data_dir), "LMS_PORT": str(port)}
    live.command("db", "upgrade")
    for programme in sorted((Path(__file__).parents[1] / "content").iterdir()):
        live.command("content", "import", str(programme))
    started = []
    try:
        for command in ("serve", "worker"):
            with (folder / f"{command}.log").open("wb") as log:
                arguments = [sys.executable, "-m", "lms", command]
                started.append(
                    subprocess.Popen(arguments, cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True)
                )
        _wait(started[0], f"http://127.0.0.1:{port}/readyz", folder / "serve.log")
        yield live
    finally:
        for process in started:
            _stop(process)


def _clean_environment() -> dict[str, str]:
    """The environment without settings of the machine's own installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("LMS_", "COV_", "PYTEST_"))}


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the demo did not get ready:\n{log.read_text()[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
