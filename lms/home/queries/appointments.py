"""The dates of one person: when modules of her courses open, and until when she hands in, with what she was allowed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.assessments.queries.allowances import Allowances, allowances_by
from lms.assessments.queries.catalogue import catalogue
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.rules.enrolment import MAY_READ
from lms.courses.models import Module
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db

from ..rules.appointments import Appointment, Part


@dataclass(frozen=True, kw_only=True)
class Meant:
    """An appointment with what it is about, for herself only. module: its number; title: of a task, else None."""

    appointment: Appointment
    course: Told
    module: int
    title: Told | None


@dataclass(frozen=True, kw_only=True)
class _Date:
    """One date before it has its number."""

    entry: CalendarEntry
    part: Part
    at: datetime
    cohort: Cohort
    module: int
    title: Mapping[str, str] | None


def appointments_of(person: Person, language: str) -> list[Meant]:
    """All of hers in the order of time: four statements."""
    places = _places(person)
    given = allowances_by(Enrolment.id.in_([enrolment.id for enrolment, _ in places]))
    entries, modules = _entries([cohort.id for _, cohort in places]), _modules(places)
    dates = [
        one
        for enrolment, cohort in places
        for one in _dates(cohort, entries[cohort.id], modules[cohort.version_id], given[enrolment.id])
    ]
    in_order = sorted(dates, key=lambda one: (one.at, one.cohort.id, one.entry.id))
    return [_meant(number, one, language) for number, one in enumerate(in_order, 1)]


def _meant(number: int, one: _Date, language: str) -> Meant:
    required = one.cohort.version.required_languages
    return Meant(
        appointment=Appointment(number=number, entry=one.entry.public_id, part=one.part, at=one.at),
        course=tell(one.cohort.title, language, required),
        module=one.module,
        title=None if one.title is None else tell(one.title, language, required),
    )


def _places(person: Person) -> Sequence[tuple[Enrolment, Cohort]]:
    """Her places in courses that she may read."""
    rows = db.session.execute(
        select(Enrolment, Cohort)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(Cohort.version)
        .where(Enrolment.person_id == person.id, Enrolment.agreed_at.is_not(None), Enrolment.state.in_(MAY_READ))
        .options(contains_eager(Cohort.version))
        .order_by(Cohort.id)
    )
    return [(enrolment, cohort) for enrolment, cohort in rows]


def _entries(cohorts: Sequence[int]) -> Mapping[int, Mapping[str, CalendarEntry]]:
    found: dict[int, dict[str, CalendarEntry]] = defaultdict(dict)
    for entry in db.session.scalars(select(CalendarEntry).where(CalendarEntry.cohort_id.in_(cohorts))):
        found[entry.cohort_id][entry.node_id] = entry
    return found


def _modules(places: Sequence[tuple[Enrolment, Cohort]]) -> Mapping[int, Mapping[str, int]]:
    """The number of each module, by version and node."""
    versions = {cohort.version_id for _, cohort in places}
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = db.session.execute(
        select(Module.version_id, Module.node_id, Module.position).where(Module.version_id.in_(versions))
    )
    for version_id, node_id, position in rows:
        found[version_id][node_id] = position
    return found


def _dates(
    cohort: Cohort,
    entries: Mapping[str, CalendarEntry],
    modules: Mapping[str, int],
    given: Allowances,
) -> Iterator[_Date]:
    for node_id, number in modules.items():
        entry = entries.get(node_id)
        if entry is not None and entry.opens_at is not None:
            yield _Date(entry=entry, part=Part.OPENS, at=entry.opens_at, cohort=cohort, module=number, title=None)
    for task in catalogue(cohort.version).tasks.values():
        entry = entries.get(task.node_id)
        if entry is None or task.kind is TaskKind.CHECKPOINT:
            continue
        due_at = given.last_moment(task.node_id, entry.due_at)
        if due_at is not None:
            number = modules[task.module]
            yield _Date(entry=entry, part=Part.DUE, at=due_at, cohort=cohort, module=number, title=task.title)
