"""People of the cast who are through: by the rule, by a coordinator, with a certificate."""

from contextlib import contextmanager

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import joinedload, selectinload

from lms.accounts.models import Person
from lms.certificates import jobs
from lms.certificates.models import Certificate, Completion
from lms.certificates.queries import deciding as cases
from lms.certificates.queries import holding
from lms.certificates.rules.choices import Choices, NamePrinted
from lms.certificates.services import deciding, issuing, making
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.kernel.db import db, transaction
from lms.modules.models import Progress
from tests.cast import NOW

LESSONS = ("m1-words", "m1-types", "m1-success", "m2-map")
NAMED = Choices(named=NamePrinted.LEGAL, languages=("en",))
LEGAL = "Kanaria Legalname Cedar"
"""Her legal name, as the cast has it."""


@contextmanager
def act(app):
    """A unit of work in an application context of its own, as a request or a job has it."""
    with app.app_context():
        with transaction():
            yield
        db.session.remove()


def person(member):
    """A person with her roles and key."""
    return db.session.scalars(
        select(Person)
        .where(Person.id == member.id)
        .options(joinedload(Person.key), selectinload(Person.roles))
        .execution_options(populate_existing=True)
    ).one()


def place_of(cast, name="cedar"):
    """Her place in the cohort of the cast."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.person_id == getattr(cast, name).id, Enrolment.cohort_id == cast.cohort_key)
        .execution_options(populate_existing=True)
    ).one()


def case_of(cast, name="cedar", by="coordinator"):
    """Her case before a coordinator."""
    return cases.find_case(person(getattr(cast, by)), cast.cohort_id, place_of(cast, name).public_id)


def completion_of(cast, name="cedar"):
    """What was decided about her; None where nothing was."""
    return db.session.scalars(
        select(Completion).where(Completion.enrolment_id == place_of(cast, name).id)
    ).one_or_none()


def ask_for(cast, **parts):
    """Let the rule of the cohort have these parts, and no others."""
    db.session.get_one(Cohort, cast.cohort_key).completion = parts
    db.session.flush()


def read(cast, *names, lessons=LESSONS):
    """Let people have read lessons: of eight activities of the cast's course four are lessons."""
    for name in names:
        enrolment = place_of(cast, name)
        db.session.execute(delete(Progress).where(Progress.enrolment_id == enrolment.id))
        rows = [{"enrolment_id": enrolment.id, "node_id": node_id, "read_at": NOW} for node_id in lessons]
        db.session.execute(insert(Progress), rows)


def confirm(cast, name="cedar", move=Move.COMPLETE, seen=EnrolmentState.ACTIVE, reason="She did it all.", at=NOW):
    """Let the coordinator decide."""
    wanted = deciding.Decision(move=move, seen=seen, reason=reason)
    deciding.decide(case_of(cast, name), wanted, by=person(cast.coordinator), at=at)


def issue(cast, name="cedar", wanted=NAMED, *, known=0, at=NOW):
    """Let her issue her certificate."""
    holder = person(getattr(cast, name))
    return issuing.issue(completion_of(cast, name).id, wanted, known=known, by=holder, at=at)


def code_of(certificate, member):
    """The code of a certificate, opened with its holder's key."""
    completion = db.session.get_one(Completion, certificate.completion_id)
    return making.open_certificate(certificate, completion, person(member)).code


def graduate(app, cast, name="cedar", wanted=NAMED, *, made=True):
    """Somebody with a certificate; its number and its code."""
    with act(app):
        confirm(cast, name)
    with act(app):
        certificate = issue(cast, name, wanted)
    with app.app_context():
        if made:
            jobs.make({"certificate": certificate.id}, NOW)
        found = db.session.get_one(Certificate, certificate.id)
        return found.id, code_of(found, getattr(cast, name))


def holding_of(cast, name="cedar"):
    """Her course as her own page sees it."""
    return holding.find_holding(person(getattr(cast, name)), None)
