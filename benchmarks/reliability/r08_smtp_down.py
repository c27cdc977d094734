"""R8: the mail server is away, busy, silent or slow, while people use the site; after an hour it is back."""

import logging
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import or_, select, update

from lms.app import create_app
from lms.cohorts.models import Cohort
from lms.kernel.clock import FixedClock, SystemClock
from lms.kernel.db import db, transaction
from lms.messaging import queries as outbox
from lms.messaging.jobs import run_due
from lms.messaging.models import Job
from lms.messaging.rules import LATE
from lms.settings import read_settings
from tests.mailserver import Certificate, MailServer, Mood, mail_server, make_certificate
from tests.tools.postgres import free_port

from .client import BROKEN, Answer, Taker
from .outbox import Worker, addressed, judge, messages_to
from .r01_killed import TRY_AGAIN_SECONDS, takers_of
from .report import Line
from .site import Site, Sites

NAME = "R8 the mail server away for an hour"
CRITERION = "no request waits for mail (p95 as before); all sent once after its return, in order; alarm at 15 minutes"
CLOSED = "closed"
MOODS = (CLOSED, Mood.BUSY, Mood.SILENT, Mood.SLOW)

GOOD = (200, 302, 303)
MINUTE = timedelta(minutes=1)
BEGIN_SECONDS = 60
AWAY_MINUTES = 60
BACK_MINUTES = 180
LEAST_SECONDS = 0.3
"""A 95th percentile below this is as before, whatever it was: the machine has other things to do."""

ALARM_BY = LATE + 3 * MINUTE
"""The job that looks runs every minute and speaks at its second look."""


@dataclass
class Visits:
    """How long people waited for pages, in one state of the mail server."""

    seconds: list[float] = field(default_factory=list)
    bad: int = 0

    def note(self, answer: Answer) -> Answer:
        """Count one answer."""
        self.seconds.append(answer.seconds)
        self.bad += answer.status not in GOOD
        return answer

    def __str__(self) -> str:
        return f"{self.p95 * 1000:.0f} ms"

    @property
    def p95(self) -> float:
        """The 95th percentile."""
        return statistics.quantiles(self.seconds, n=20)[-1]


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """12 people for 12 s in each state of the mail server; quick: 6 for 4 s."""
    people, seconds = (6, 4.0) if quick else (12, 12.0)
    with ExitStack() as stack:
        certificate = make_certificate(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.enter_context(certificate.trusted())
        site = stack.enter_context(sites.site(kind))
        with site.inside():
            numbers = addressed(site, people)
        site.start()
        office = Office(site, certificate, seconds, takers_of(site, people))
        before, during = office.visit(), office.live_through()
        assert all(server.calls for server in office.servers), "the worker did not try to send"
        hour = Hour(office)
        alarm, back = hour.go_by(), hour.come_back(numbers)
        with site.inside():
            found = judge(messages_to(numbers), office.servers)
    bad = sum(visits.bad for visits in (before, *during.values()))
    figures = (
        f"p95 {before}; "
        + ", ".join(f"{name} {visits}" for name, visits in during.items())
        + f"; {bad} broken answers; {found}; alarm after {_minutes(alarm)}, all sent {_minutes(back)} after its return"
    )
    slowest = max(visits.p95 for visits in during.values())
    is_as_before = slowest <= max(2 * before.p95, LEAST_SECONDS)
    in_time = alarm is not None and alarm <= ALARM_BY and back is not None
    holds = found.holds and not found.doubled and is_as_before and not bad and in_time
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=holds)


def _minutes(span: timedelta | None) -> str:
    return "never" if span is None else f"{span / MINUTE:.0f} min"


class Office:
    """People who use a site, a coordinator who writes to them, and the mail server behind one address."""

    def __init__(self, site: Site, certificate: Certificate, seconds: float, takers: list[Taker]) -> None:
        self.site, self.certificate, self.port = site, certificate, free_port()
        self.servers: list[MailServer] = []
        self._seconds, self._takers, self._draw = seconds, takers, random.Random(8)
        login = next(a["login"] for a in site.told["accounts"] if a["role"] == "coordinator")  # type: ignore[attr-defined]
        self._coordinator = site.client().sign_in(*site.account(login))
        with site.inside():
            self._cohort: UUID = db.session.scalars(select(Cohort.public_id).order_by(Cohort.id.desc()).limit(1)).one()

    @property
    def mail_url(self) -> str:
        """As LMS_MAIL_URL has it."""
        return f"smtp://127.0.0.1:{self.port}"

    def live_through(self) -> dict[str, Visits]:
        """Each state of the mail server in turn, with a worker that tries to send."""
        found, worker = {}, Worker(self.site, self.mail_url, self.certificate)
        for mood in MOODS:
            with self.serving(None if mood == CLOSED else Mood(mood)):
                self._let_pauses_pass()
                worker.start()
                self._wait_for_a_try(worker)
                found[str(mood)] = self.visit()
                worker.stop()
        return found

    def _let_pauses_pass(self) -> None:
        """The minutes go by after which everything is tried again."""
        with self.site.inside(), transaction():
            waiting = Job.kind == outbox.MESSAGE, Job.done_at.is_(None)
            db.session.execute(update(Job).where(*waiting).values(run_at=SystemClock().now()))

    def _wait_for_a_try(self, worker: Worker) -> None:
        """Until the worker has taken up a message: from then on it deals with the mail server as it is."""
        until, started = time.monotonic() + BEGIN_SECONDS, SystemClock().now()
        tried = select(Job.id).where(Job.kind == outbox.MESSAGE, or_(Job.claimed_at >= started, Job.run_at > started))
        with self.site.inside():
            while db.session.scalar(tried.limit(1)) is None:
                assert time.monotonic() < until and worker.is_running(), worker.log()[-2000:]
                db.session.rollback()
                time.sleep(0.02)

    @contextmanager
    def serving(self, mood: Mood | None) -> Iterator[None]:
        """The mail server in this state; None: nobody listens."""
        if mood is None:
            yield
            return
        with mail_server(self.certificate, port=self.port, mood=mood) as server:
            self.servers.append(server)
            yield

    def visit(self) -> Visits:
        """Everybody reads and answers for a while; meanwhile the coordinator writes to all of them."""
        found, until = Visits(), time.monotonic() + self._seconds
        threads = [threading.Thread(target=self._use, args=(taker, found, until)) for taker in self._takers]
        for thread in threads:
            thread.start()
        self._write(found)
        for thread in threads:
            thread.join()
        assert self.site.is_running(), f"the site ended:\n{self.site.log()[-2000:]}"
        return found

    def _use(self, taker: Taker, found: Visits, until: float) -> None:
        while time.monotonic() < until:
            try:
                found.note(taker.client.get("/en/today"))
                found.note(taker.send(taker.think(self._draw)))
            except BROKEN:
                found.bad += 1
                time.sleep(TRY_AGAIN_SECONDS)

    def _write(self, found: Visits) -> None:
        page = f"/en/cohort/{self._cohort}/messages/new"
        chosen = [("what", "silent"), ("who", "under way"), ("alias", "")]
        found.note(self._coordinator.get(page))
        look = found.note(self._coordinator.post(f"{page}/preview", chosen))
        found.note(self._coordinator.post(f"{page}/send", [*chosen, ("op", look.field("op"))]))


class Hour:
    """An hour without mail, and what comes after it. The worker is the product's own; only its clock is moved."""

    def __init__(self, office: Office) -> None:
        self._office, self._clock = office, FixedClock(SystemClock().now())
        self._app: Flask = create_app(
            read_settings({**office.site.environ, "LMS_MAIL_URL": office.mail_url}), clock=self._clock
        )

    def go_by(self) -> timedelta | None:
        """Half an hour nobody listens, half an hour everything is put off. After how long the alarm was raised."""
        with self._app.app_context():
            since = outbox.waiting_since()
        alarms = _Alarms(self._clock)
        logging.getLogger("lms.worker").addHandler(alarms)
        try:
            for mood in (None, Mood.BUSY):
                with self._office.serving(mood):
                    for _ in range(AWAY_MINUTES // 2):
                        self._minute()
        finally:
            logging.getLogger("lms.worker").removeHandler(alarms)
        return alarms.at[0] - since if len(alarms.at) == 1 and since is not None else None

    def come_back(self, people: list[int]) -> timedelta | None:
        """The mail server is well again: how long it takes until everything has left."""
        begun = self._clock.at
        with self._office.serving(Mood.WELL):
            for _ in range(BACK_MINUTES):
                self._minute()
                with self._app.app_context():
                    is_left = any(job.done_at is None for job in messages_to(people))
                    db.session.remove()
                if not is_left:
                    break
        with self._app.app_context():
            db.engine.dispose()
        return None if is_left else self._clock.at - begun

    def _minute(self) -> None:
        run_due(self._app)
        self._clock.at += MINUTE


class _Alarms(logging.Handler):
    """When the worker spoke up."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__(logging.ERROR)
        self._clock = clock
        self.at: list[datetime] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.at.append(self._clock.at)
