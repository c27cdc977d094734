"""Acts on a cohort: making it with its calendar, enrolling people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    """What a cohort begins with.

    opens: node id of a module to the moment it opens; others have no date yet. dues: node id of a task to the moment
    until which it is handed in; others are never late.
    """

    title: Mapping[str, str]
    year: int
    zone: str
    starts_on: date
    ends_on: date
    opens: Mapping[str, datetime]
    dues: Mapping[str, datetime] = field(default_factory=dict)


def make_cohort(version: Version, new: NewCohort, *, by: Person | None, at: datetime) -> Cohort:
    """Make a cohort of a published version, with a calendar entry for each of its modules, lessons and tasks."""
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
    db.session.add_all(_entry(node_id, cohort, new) for node_id in _nodes(version))
    audit.record(COHORT_MADE, by=by.id if by else None, on=cohort.id, at=at, year=(None, new.year))
    return cohort


def _nodes(version: Version) -> Iterator[str]:
    """All that a calendar speaks of."""
    for module in courses.modules_of(version):
        yield module.node_id
        yield from (lesson.node_id for lesson in module.lessons)
    yield from (task.node_id for task in courses.tasks_of(version.id))


def _entry(node_id: str, cohort: Cohort, new: NewCohort) -> CalendarEntry:
    return CalendarEntry(
        public_id=new_id(),
        cohort_id=cohort.id,
        node_id=node_id,
        opens_at=new.opens.get(node_id),
        due_at=new.dues.get(node_id),
    )


@dataclass(frozen=True, kw_only=True)
class NewEnrolment:
    """A place to be given. alias: one that nobody else bears in the cohort."""

    person: Person
    alias: str
    course_language: str


def enrol_all(cohort: Cohort, new: Sequence[NewEnrolment], *, by: Person | None, at: datetime) -> list[Enrolment]:
    """Give many people their places at once, in the order given. Raises AliasTaken."""
    aliases = [one.alias for one in new]
    if len(set(aliases)) < len(aliases) or queries.aliases_taken(cohort, aliases):
        raise AliasTaken
    enrolments = [
        Enrolment(
            public_id=new_id(),
            cohort_id=cohort.id,
            person_id=one.person.id,
            alias=one.alias,
            course_language=one.course_language,
            state=EnrolmentState.ACTIVE,
            since_at=at,
        )
        for one in new
    ]
    db.session.add_all(enrolments)
    db.session.flush()  # the audit entries need their numbers
    state = (None, EnrolmentState.ACTIVE.value)
    for enrolment in enrolments:
        audit.record(PERSON_ENROLLED, by=by.id if by else None, on=enrolment.id, at=at, state=state)
    return enrolments


def enrol(
    person: Person, cohort: Cohort, *, alias: str, course_language: str, by: Person | None, at: datetime
) -> Enrolment:
    """Give a person her place in a cohort, under an alias that nobody else bears there. Raises AliasTaken."""
    new = NewEnrolment(person=person, alias=alias, course_language=course_language)
    return enrol_all(cohort, [new], by=by, at=at)[0]
