"""The outbox under test: people who can be written to, a worker that can be killed, and what a mail server took."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from lms.accounts import vault
from lms.accounts.models import Person
from lms.accounts.rules.credentials import ContactKind
from lms.cohorts.models import Cohort, Enrolment
from lms.kernel.db import db, transaction
from lms.messaging.models import Job
from lms.messaging.queries import MESSAGE
from tests.live import _clean_environment
from tests.mailserver import TRUSTED, Certificate, MailServer

from .site import Site

MORNING = 9
STOP_SECONDS = 60


class Worker:
    """`lms worker` as an operator runs it."""

    def __init__(self, site: Site, mail_url: str, certificate: Certificate) -> None:
        self._site = site
        self._own = {"LMS_MAIL_URL": mail_url, TRUSTED: str(certificate.path)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it works as soon as it is there."""
        environ = {**_clean_environment(), **self._site.environ, **self._own}
        with (self._site.folder / "worker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lms", "worker"],
                cwd=Path(__file__).parents[2], env=environ, stdout=log, stderr=log,
            )  # fmt: skip

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end; it finishes what it has begun."""
        self._end(signal.SIGTERM)

    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """What it said."""
        return (self._site.folder / "worker.log").read_text()

    def _end(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)
            self._process.wait(STOP_SECONDS)


def addressed(site: Site, people: int) -> list[int]:
    """Give some people of the pool an address and a clock on which it is morning; their numbers."""
    offset = (MORNING - datetime.now(UTC).hour + 12) % 24 - 12
    zone = "UTC" if offset == 0 else f"Etc/GMT{-offset:+d}"  # signs are turned round in these names
    with transaction():
        found = db.session.scalars(
            select(Person)
            .join(Enrolment, Enrolment.person_id == Person.id)
            .where(Enrolment.cohort_id == select(func.max(Cohort.id)).scalar_subquery())
            .options(joinedload(Person.key))
            .order_by(Enrolment.id)
            .limit(people)
        ).all()
        for person in found:
            address = f"person{person.id}@example.org"
            person.contact = vault.seal_for(person, address, place=vault.CONTACT)
            person.contact_kind, person.time_zone = ContactKind.EMAIL, zone
    assert len(found) == people, "the pool is too small"
    return [person.id for person in found]


def messages_to(people: Sequence[int]) -> list[Job]:
    """All messages to these people, in the order in which they were written."""
    wanted = Job.kind == MESSAGE, Job.person_id.in_(people)
    return list(
        db.session.scalars(select(Job).where(*wanted).order_by(Job.id).execution_options(populate_existing=True))
    )


@dataclass(frozen=True, kw_only=True)
class Post:
    """What was written against what the mail server took. doubled: taken again, under the same Message-ID."""

    messages: int
    lost: int
    strange: int
    misdirected: int
    doubled: int
    out_of_order: int
    open: int

    def __str__(self) -> str:
        return (
            f"{self.messages} messages; lost {self.lost}, taken again {self.doubled}, under a strange Message-ID"
            f" {self.strange + self.misdirected}, out of order {self.out_of_order}, left over {self.open}"
        )

    @property
    def holds(self) -> bool:
        """Whether each left at least once under one name, in order, and nothing is left over."""
        wrong = self.lost, self.strange, self.misdirected, self.out_of_order, self.open
        return self.messages > 0 and not any(wrong)


def judge(jobs: Sequence[Job], servers: Sequence[MailServer]) -> Post:
    """Compare. servers: one after the other, as they stood behind the same address."""
    taken = sorted((one for server in servers for one in server.taken), key=lambda one: one.at)
    names = {f"<{job.payload['key']}@localhost>": job for job in jobs}
    counted = Counter(one.key for one in taken)
    first = {one.key: one.at for one in reversed(taken)}
    by_person: dict[int | None, list[float]] = {}
    for name, job in names.items():
        if name in first:
            by_person.setdefault(job.person_id, []).append(first[name])
    return Post(
        messages=len(names),
        lost=sum(name not in counted for name in names),
        strange=sum(name not in names for name in counted),
        misdirected=sum(one.to != f"person{names[one.key].person_id}@example.org" for one in taken if one.key in names),
        doubled=sum(counted.values()) - len(counted),
        out_of_order=sum(moments != sorted(moments) for moments in by_person.values()),
        open=sum(job.done_at is None or job.fault is not None for job in jobs),
    )
