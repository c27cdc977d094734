"""What is done with a data set inside this process: sessions, statements, first visits, and what stands afterwards.

Nothing here is timed but the hash of a passphrase. The database is let go of each time, so that a server can have it.
"""

import asyncio
import contextlib
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Engine, event, select

from lms.accounts import hashes, passphrases
from lms.accounts import queries as people
from lms.accounts.models import Person
from lms.accounts.rules.factors import Proof
from lms.accounts.services import sessions
from lms.app import create_app
from lms.assessments.queries.sitting import find_sitting
from lms.assessments.rules.items import read_answer
from lms.kernel import clock
from lms.kernel.db import db, transaction
from lms.settings import read_settings

from .acts import LANGUAGE, Act, Course, Visitor, hidden
from .client import Answer, Browser
from .load import Loaded, Login
from .server import environ_of

FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "SET LOCAL")
LINKED = re.compile(r'(?:src|href)="(/static/[^"]+)"')
HASHES = 5


class Inside:
    """An application over a data set, in this process."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.course = Course(pages=loaded.pages, marks=loaded.marks)
        self._app: Flask | None = None

    @contextlib.contextmanager
    def _inside(self) -> Iterator[Flask]:
        if self._app is None:
            self._app = create_app(read_settings(environ_of(self.loaded)))
        with self._app.app_context():
            try:
                yield self._app
            finally:
                db.session.remove()
                db.engine.dispose()

    def sessions(self, logins: Sequence[Login]) -> list[str]:
        """A session for each, by the service that signs people in, without hashing a passphrase two thousand times."""
        with self._inside(), transaction():
            found = {login: _person(login) for login in {one.login for one in logins}}
            return [
                sessions.start_session(found[one.login], proof=Proof.PASSKEY, shared=False, at=clock.now())
                for one in logins
            ]

    def visitor(self, login: Login, token: str) -> Visitor:
        """Somebody whose requests this process answers."""
        with self._inside() as app:
            browser = Browser(InProcess(app))
        if token:
            browser.cookies["sid"] = token
        return Visitor(browser=browser, login=login.login, password=login.password)

    def statements(self, act: Act) -> int:
        """How many statements an act needs, counted at the second of two people who do it. It is really done.

        What is done again and again is counted at her second time: the first of a day also notes that she was here.
        """
        logins = {"facilitator": [self.loaded.facilitator], "coordinator": [self.loaded.coordinator]}
        first, second = (logins.get(act.role) or self.loaded.pool[:1]) * 2
        if act.role not in logins and len(self.loaded.pool) > 1:
            second = self.loaded.pool[1]
        tokens = self.sessions([first, second]) if act.role != "stranger" else ["", ""]
        visitors = [self.visitor(login, token) for login, token in zip((first, second), tokens, strict=True)]
        for visitor in visitors:
            asyncio.run(act.prepare(visitor, self.course))
        for visitor in visitors if act.repeats else visitors[:1]:
            asyncio.run(act.do(visitor, self.course))
        with statements() as seen:
            asyncio.run(act.do(visitors[1], self.course))
        return len(seen)

    def page_bytes(self, page: str) -> int:
        """Bytes of a page, not compressed, for somebody who has the style sheet already."""
        (token,) = self.sessions(self.loaded.pool[:1])
        visitor = self.visitor(self.loaded.pool[0], token)
        return len(asyncio.run(visitor.browser.get(self.course.address(page))).text.encode())

    def first_visit(self) -> list["FirstVisit"]:
        """What comes over the line before the first page can be read: sign-in, and the course of somebody new here."""
        (token,) = self.sessions(self.loaded.pool[:1])
        with self._inside() as app:
            line = InProcess(app)
        sign_in = _first_visit("sign-in", Browser(line, cookies={}), f"/{LANGUAGE}/sign-in")
        course = _first_visit("course", Browser(line, cookies={"sid": token}), self.course.address("outline"))
        return [asyncio.run(sign_in), asyncio.run(course)]

    def missing(self, tokens: Mapping[str, str], kept: Sequence[Mapping[str, Any]]) -> list[str]:
        """Of what was acknowledged: each answer that does not stand in the database, in words."""
        by_login = defaultdict(list)
        for one in kept:
            by_login[one["login"]].append(one)
        missing: list[str] = []
        with self._inside():
            for login, answers in by_login.items():
                missing += self._missing(login, tokens[login], answers)
                db.session.remove()
        return missing

    def _missing(self, login: str, token: str, answers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        session = people.find_session(token, any_proof=False, at=clock.now())
        assert session is not None
        sitting = find_sitting(session.person, UUID(self.loaded.pages["quiz"].rpartition("/")[2]))
        assert sitting is not None and sitting.attempt is not None
        for one in answers:
            question = sitting.attempt.drawn[one["number"] - 1]
            step = sitting.standing.get(question)
            told = read_answer(sitting.attempt_catalogue.items[question], fields_of(one["number"], one["fields"]))
            if str(sitting.attempt.public_id) != one["attempt"] or step is None:
                yield f"{login}, question {one['number']}: nothing stands"
            elif step.data != told:
                yield f"{login}, question {one['number']}: something else stands"


@dataclass(frozen=True, kw_only=True)
class FirstVisit:
    """Requests and bytes of a first visit."""

    page: str
    requests: int
    bytes: int


@dataclass
class InProcess:
    """Carries requests to an application in this process."""

    app: Flask

    async def ask(self, request: bytes) -> Answer:
        """The answer as it would come over a line."""
        head, _, body = request.partition(b"\r\n\r\n")
        begin, *lines = head.decode().split("\r\n")
        method, path, _ = begin.split(" ")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        client = self.app.test_client(use_cookies=False)
        response = client.open(path, method=method, headers=headers, data=body, buffered=True)
        told = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
        return Answer(f"HTTP/1.1 {response.status}\r\n{told}\r\n".encode(), response.data)


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is asked meanwhile, without the frame of transactions."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.startswith(FRAME):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def fields_of(number: int, sent: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """What a form sends of one question, by part: "" for `q3`, "-a" for `q3-a`."""
    found: dict[str, list[str]] = {}
    for name, value in sent:
        found.setdefault(name.removeprefix(f"q{number}"), []).append(value)
    return found


def hash_ms() -> float:
    """Milliseconds of CPU that hashing a passphrase takes: the least of some."""
    times = []
    for _ in range(HASHES):
        begun = time.process_time()
        passphrases.is_right("nobody has this passphrase", None)
        times.append(time.process_time() - begun)
    return min(times) * 1000


def _person(login: str) -> Person:
    return db.session.scalars(select(Person).where(Person.login_index == hashes.login_index(login))).one()


async def _first_visit(name: str, browser: Browser, path: str) -> FirstVisit:
    page = await browser.get(path)
    assert page.status == 200, f"{path}: {page.status}"
    hidden(page.text, "csrf_token")
    for address in dict.fromkeys(LINKED.findall(page.text)):
        assert (await browser.get(address)).status == 200, address
    return FirstVisit(page=name, requests=browser.requests, bytes=browser.received)
