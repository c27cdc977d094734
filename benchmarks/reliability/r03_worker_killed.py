"""R3: the worker is killed with SIGKILL again and again, while messages wait and certificates are to be made."""

import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select, update

from lms.accounts.models import Person, RoleGrant
from lms.accounts.queries import people_with_keys
from lms.accounts.rules.roles import Role
from lms.certificates.models import Certificate, Document
from lms.certificates.queries import deciding as cases
from lms.certificates.rules.choices import Choices, NamePrinted
from lms.certificates.rules.states import CertificateState
from lms.certificates.services import deciding, issuing
from lms.certificates.services.deciding import Decision
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.kernel import clock
from lms.kernel.db import db, transaction
from lms.messaging import services as messaging
from lms.messaging.models import Job
from lms.messaging.rules import CLAIM_LASTS
from tests.mailserver import mail_server, make_certificate

from .outbox import Worker, addressed, judge, messages_to
from .report import Line
from .site import Site, Sites

NAME = "R3 the worker killed in its work"
CRITERION = "every message left, one Message-ID each, in order per person; every certificate made exactly once"
LONGEST_SECONDS = 600
BEGIN_SECONDS = 60
LOOK_SECONDS = 0.02
LANGUAGES = ("en", "ar")
REASON = "So that a certificate can be made while the worker is killed."
TEMPLATE = "account_opened"
"""It goes at any hour: the test may run at night."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """Certificates as they stand at the end."""

    asked: int
    valid: int
    documents: int
    unmade: int

    @property
    def holds(self) -> bool:
        """Whether each was made once, in each of its languages."""
        return self.asked == self.valid and self.documents == self.asked * len(LANGUAGES) and not self.unmade

    def __str__(self) -> str:
        return f"{self.asked} certificates: {self.valid} valid, {self.documents} documents, {self.unmade} unmade"


def run(sites: Sites, kind: str, *, quick: bool) -> Line:
    """500 messages to 24 people, 12 certificates, 30 kills; quick: 60 to 6, 2 and 5."""
    messages, people, certificates, kills = (60, 6, 2, 5) if quick else (500, 24, 12, 30)
    with tempfile.TemporaryDirectory() as folder, sites.site(kind) as site:
        certificate = make_certificate(Path(folder))
        with mail_server(certificate) as post:
            with site.inside():
                numbers = addressed(site, people)
                _write(numbers, messages)
                graduates = _issue(numbers[:certificates])
            worker = Worker(site, post.url, certificate)
            begun = time.monotonic()
            killed = _work_and_kill(site, worker, kills, random.Random(1))
            _let_finish(site, worker)
            seconds = time.monotonic() - begun
            with site.inside():
                found, made = judge(messages_to(numbers), [post]), _made(graduates)
    figures = f"{killed} kills in {seconds:.0f} s; {found}; {made}"
    return Line(test=NAME, database=kind, figures=figures, criterion=CRITERION, holds=found.holds and made.holds)


def _write(people: list[int], messages: int) -> None:
    with transaction():
        for number in range(messages):
            messaging.write_to(people[number % len(people)], TEMPLATE, at=clock.now())


def _issue(people: list[int]) -> list[int]:
    """Complete the course of some people by hand and issue their certificates; the numbers of these."""
    found = []
    with transaction():
        cohort = db.session.get_one(Cohort, db.session.scalar(select(func.max(Cohort.id))))
        coordinator = _coordinator(cohort)
        for person in people_with_keys(people):
            place = db.session.scalars(
                select(Enrolment).where(Enrolment.person_id == person.id, Enrolment.cohort_id == cohort.id)
            ).one()
            _complete(cohort.public_id, place.public_id, coordinator)
            completion = cases.completion_of(place.id)
            assert completion is not None
            wanted = Choices(named=NamePrinted.ALIAS, languages=LANGUAGES)
            found.append(issuing.issue(completion.id, wanted, known=0, by=person, at=clock.now()).id)
    return found


def _coordinator(cohort: Cohort) -> Person:
    runs_it = RoleGrant.cohort_id == cohort.id, RoleGrant.role == Role.COORDINATOR
    return db.session.scalars(select(Person).join(RoleGrant).where(*runs_it).order_by(Person.id).limit(1)).one()


def _complete(cohort_id: UUID, enrolment_id: UUID, by: Person) -> None:
    case = cases.find_case(by, cohort_id, enrolment_id)
    assert case is not None
    wanted = Decision(move=Move.COMPLETE, seen=EnrolmentState.ACTIVE, reason=REASON)
    deciding.decide(case, wanted, by=by, at=clock.now())


def _work_and_kill(site: Site, worker: Worker, most: int, draw: random.Random) -> int:
    """Start the worker and kill it within a second of its having begun, again and again; how many kills."""
    for kills in range(most):
        with site.inside():
            if not _waits():
                return kills
            worker.start()
            has_begun = _has_begun(worker)
        if has_begun:
            time.sleep(draw.random())
        worker.kill()
        _let_claims_age(site)
    return most


def _let_finish(site: Site, worker: Worker) -> None:
    """What is left is done by a worker that nobody kills."""
    worker.start()
    until = time.monotonic() + LONGEST_SECONDS
    with site.inside():
        while _waits():
            assert time.monotonic() < until and worker.is_running(), f"work is left:\n{worker.log()[-2000:]}"
            db.session.rollback()
            time.sleep(10 * LOOK_SECONDS)
    worker.stop()


def _waits() -> bool:
    left = select(Job.id).where(Job.done_at.is_(None), Job.recurring.is_(None), Job.run_at <= clock.now())
    return db.session.scalar(left.limit(1)) is not None


def _has_begun(worker: Worker) -> bool:
    """Wait until it has taken something up, or nothing is left to take up."""
    until, started = time.monotonic() + BEGIN_SECONDS, clock.now()
    taken_up = select(Job.id).where(Job.claimed_at >= started, Job.done_at.is_(None)).limit(1)
    while time.monotonic() < until and worker.is_running() and _waits():
        if db.session.scalar(taken_up) is not None:
            return True
        db.session.rollback()  # the next look is at what stands then
        time.sleep(LOOK_SECONDS)
    return False


def _let_claims_age(site: Site) -> None:
    """The ten minutes go by after which the work of a dead worker is free again."""
    with site.inside(), transaction():
        held = Job.claimed_at.is_not(None), Job.done_at.is_(None)
        db.session.execute(update(Job).where(*held).values(claimed_at=clock.now() - CLAIM_LASTS))


def _made(certificates: list[int]) -> Made:
    rows = db.session.scalars(select(Certificate).where(Certificate.id.in_(certificates))).all()
    documents = select(func.count()).select_from(Document).where(Document.certificate_id.in_(certificates))
    return Made(
        asked=len(certificates),
        valid=sum(row.state is CertificateState.VALID for row in rows),
        documents=db.session.scalars(documents).one(),
        unmade=sum(row.made_at is None for row in rows),
    )
