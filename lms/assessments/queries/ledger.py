"""What is asked to find out where participants stand: of one place, or of all places of a cohort."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import Select, bindparam, select, union_all

from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.rules.tally import week_of
from lms.cohorts.rules.wallclock import day_of
from lms.courses.models import Version
from lms.courses.rules import TaskKind
from lms.kernel.db import db
from lms.modules.models import Progress

from ..models import Attempt, StepRow
from ..rules.attempts import AttemptState, StepKind
from .allowances import Allowances, allowances_by
from .catalogue import catalogue
from .completion import modules_of

ROWS_AT_ONCE = 1_000


def numbers_of_cohorts(*, uncounted: bool = False) -> Sequence[int]:
    """Every cohort, by number. uncounted: only those that were not counted whole since their counts are kept."""
    wanted = (Cohort.is_counted.is_(False),) if uncounted else ()
    return db.session.scalars(select(Cohort.id).where(*wanted).order_by(Cohort.id)).all()


def version_of(cohort_id: int) -> Version:
    """The version that a cohort follows now, whatever was read of it before: one statement."""
    return db.session.scalars(_version(), {"cohort_id": cohort_id}).one()


@cache
def _version() -> Select[Version]:
    return select(Version).join(Cohort, Cohort.version_id == Version.id).where(Cohort.id == bindparam("cohort_id"))


def places_for_update(cohort_id: int) -> Sequence[Enrolment]:
    """Every place of a cohort, whatever became of it, locked in the order in which they were given."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.cohort_id == cohort_id)
        .order_by(Enrolment.id)
        .with_for_update(of=Enrolment, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def nodes_by_module(version: Version) -> Mapping[str, Sequence[str]]:
    """The modules of a version in order, each with its lessons, quizzes and assignments."""
    asked = catalogue(version)
    return {
        module: [*lessons, *(task.node_id for task in asked.of_module(module))]
        for module, lessons in modules_of(version)
    }


def done_by(cohort_id: int, place: Enrolment | None = None) -> Mapping[int, set[str]]:
    """What was read and handed in at a place, or at each place of a cohort, by number: node ids; one statement."""
    found: dict[int, set[str]] = defaultdict(set)
    bound = {"place": place.id if place else None, "cohort_id": cohort_id}
    for enrolment_id, node_id in db.session.execute(_done(of_one=place is not None), bound):
        found[enrolment_id].add(node_id)
    return found


@cache
def _done(*, of_one: bool) -> Select[int, str]:
    is_meant = Enrolment.id == bindparam("place") if of_one else Enrolment.cohort_id == bindparam("cohort_id")
    read = (
        select(Progress.enrolment_id, Progress.node_id)
        .join(Enrolment, Enrolment.id == Progress.enrolment_id)
        .where(is_meant)
    )
    handed_in = (
        select(Attempt.enrolment_id, Attempt.node_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(is_meant, Attempt.state != AttemptState.OPEN)
    )
    both = union_all(read, handed_in).subquery()
    return select(both.c.enrolment_id, both.c.node_id)


def given_to(cohort_id: int, place: Enrolment | None = None) -> Mapping[int, Allowances]:
    """What was given beyond the settings at a place, or at each place of a cohort, by number: one statement."""
    return allowances_by(Enrolment.id == place.id if place else Enrolment.cohort_id == cohort_id)


def graded_entries(cohort_id: int, version: Version) -> Mapping[str, tuple[CalendarEntry, datetime]]:
    """The entry of each task that counts, has a date and will be open, with when its module opens: one statement.

    As they are now: what a page read may be of before the place was locked.
    """
    entries = {entry.node_id: entry for entry in db.session.scalars(_entries(), {"cohort_id": cohort_id})}
    found = {}
    for task in catalogue(version).tasks.values():
        module, entry = entries.get(task.module), entries.get(task.node_id)
        if not task.graded or task.kind is TaskKind.CHECKPOINT or entry is None or entry.due_at is None:
            continue
        if module is not None and module.opens_at is not None:
            found[task.node_id] = (entry, module.opens_at)
    return found


@cache
def _entries() -> Select[CalendarEntry]:
    of_cohort = CalendarEntry.cohort_id == bindparam("cohort_id")
    return select(CalendarEntry).where(of_cohort).execution_options(populate_existing=True)


def own_ends(
    entries: Mapping[str, tuple[CalendarEntry, datetime]], given: Allowances | None = None
) -> dict[str, datetime]:
    """Until when each of these tasks can be handed in: what she was given counts, and nothing ends before it opens."""
    ends = {}
    for node_id, (entry, opens_at) in entries.items():
        assert entry.due_at is not None
        last = given.last_moment(node_id, entry.due_at) if given is not None else entry.due_at
        ends[node_id] = max(last or entry.due_at, opens_at)
    return ends


@dataclass(frozen=True, kw_only=True)
class Activity:
    """When the people of a cohort read, saved or handed in. last_on: the last day, by number of the place.

    by_week: how many people did, by the day on which a week of the course begins.
    """

    last_on: Mapping[int, date]
    by_week: Mapping[date, int]


def activity_of(cohort: Cohort) -> Activity:
    """All of it, looked through once: for counting anew, not for a page."""
    last_on: dict[int, date] = {}
    by_week: dict[date, set[int]] = defaultdict(set)
    rows = db.session.execute(_signs(), {"cohort_id": cohort.id}, execution_options={"yield_per": ROWS_AT_ONCE})
    for enrolment_id, moment in rows:
        day = day_of(moment, cohort.zone)
        last_on[enrolment_id] = max(last_on.get(enrolment_id, day), day)
        by_week[week_of(day, cohort.starts_on)].add(enrolment_id)
    return Activity(last_on=last_on, by_week={day: len(people) for day, people in by_week.items()})


@cache
def _signs() -> Select[int, datetime]:
    """What markers do to a text is not its writer's; nor does she do anything by looking at a result."""
    is_here = Enrolment.cohort_id == bindparam("cohort_id")
    read = (
        select(Progress.enrolment_id, Progress.read_at.label("moment"))
        .join(Enrolment, Enrolment.id == Progress.enrolment_id)
        .where(is_here)
    )
    saved = (
        select(Attempt.enrolment_id, StepRow.received_at.label("moment"))
        .join(Attempt, Attempt.id == StepRow.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(is_here, StepRow.by_id == Enrolment.person_id, StepRow.kind != StepKind.SETTLE)
    )
    both = union_all(read, saved).subquery()
    return select(both.c.enrolment_id, both.c.moment)
