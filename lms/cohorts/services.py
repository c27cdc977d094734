"""Acts on a cohort: making it with its calendar, enrolling people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.courses import queries as courses
from lms.courses.models import Version
from lms.kernel.db import db
from lms.kernel.ids import new_id

from . import queries
from .errors import AliasTaken
from .models import CalendarEntry, Cohort, Enrolment
from .rules import EnrolmentState

COHORT_MADE = audit.act("cohorts.cohort.made", "year")
PERSON_ENROLLED = audit.act("cohorts.enrolment.made", "state")


@dataclass(frozen=True, kw_only=True)
class NewCohort:
    """What a cohort begins with. opens: node id of a module to the moment it opens; others have no date yet."""

    title: Mapping[str, str]
    year: int
    zone: str
    starts_on: date
    ends_on: date
    opens: Mapping[str, datetime]


def make_cohort(version: Version, new: NewCohort, *, by: Person | None, at: datetime) -> Cohort:
    """Make a cohort of a published version, with a calendar entry for each of its modules and lessons."""
    cohort = Cohort(
        public_id=new_id(),
        version_id=version.id,
        version=version,
        title=dict(new.title),
        year=new.year,
        zone=new.zone,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
    )
    db.session.add(cohort)
    db.session.flush()  # the calendar needs its number
    for module in courses.modules_of(version):
        for node_id in (module.node_id, *(lesson.node_id for lesson in module.lessons)):
            opens_at = new.opens.get(node_id)
            db.session.add(CalendarEntry(public_id=new_id(), cohort_id=cohort.id, node_id=node_id, opens_at=opens_at))
    audit.record(COHORT_MADE, by=by.id if by else None, on=cohort.id, at=at, year=(None, new.year))
    return cohort


def enrol(
    person: Person, cohort: Cohort, *, alias: str, course_language: str, by: Person | None, at: datetime
) -> Enrolment:
    """Give a person her place in a cohort, under an alias that nobody else bears there. Raises AliasTaken."""
    if queries.alias_is_taken(cohort, alias):
        raise AliasTaken
    enrolment = Enrolment(
        public_id=new_id(),
        cohort_id=cohort.id,
        person_id=person.id,
        alias=alias,
        course_language=course_language,
        state=EnrolmentState.ACTIVE,
        since_at=at,
    )
    db.session.add(enrolment)
    db.session.flush()  # the audit entry needs its number
    state = (None, EnrolmentState.ACTIVE.value)
    audit.record(PERSON_ENROLLED, by=by.id if by else None, on=enrolment.id, at=at, state=state)
    return enrolment
