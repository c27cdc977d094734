"""Reading a course for one person: few statements, and nothing of anybody else."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, and_, bindparam, exists, func, or_, select, true
from sqlalchemy.orm import aliased, contains_eager, defer

from lms.accounts.models import Person
from lms.cohorts.models import CalendarEntry, Cohort, Enrolment
from lms.cohorts.queries.closing import held
from lms.cohorts.queries.seats import Seat, own_enrolment
from lms.cohorts.rules.opening import Opening
from lms.courses.models import Lesson, LessonText, Module, Version
from lms.courses.queries import FOR_READING
from lms.courses.rules import Told, pick_language, tell
from lms.kernel.db import db

from .activities import activities_of
from .models import Progress
from .rules import Activity, OutlineLesson, OutlineModule

AROUND = (LessonText.headings, LessonText.words, LessonText.sources)
"""What stands around the text of a lesson: drawn once, so it is read once (lms.web.pieces)."""

NOBODY = 0
"""No enrolment has this number: staff read without progress."""


@dataclass(frozen=True, kw_only=True)
class LessonPlace:
    """A lesson in a cohort, for one person: what the guard and the page begin with."""

    entry: CalendarEntry
    cohort: Cohort
    enrolment: Enrolment | None
    lesson: Lesson
    module: Module
    opening: Opening
    texts: Mapping[str, LessonText]

    def text(self, language: str) -> LessonText:
        """The lesson's text in this language, or in the first language that every lesson has."""
        return self.texts[pick_language(language, self.texts, self.cohort.version.required_languages)]

    def module_title(self, language: str) -> Told:
        """The module's title for a page in this language."""
        return tell(self.module.title, language, self.cohort.version.required_languages)


def find_lesson_place(who: Person, lesson_id: UUID, language: str) -> LessonPlace | None:
    """The lesson of an address, with its cohort, this person's own enrolment and the moment it opens.

    Its text comes along in the language of the page; in all others where it is not written in that one.
    """
    rows = db.session.execute(_lesson_place(), {"me": who.id, "lesson_id": lesson_id, "language": language}).all()
    if not rows:
        return None
    entry, cohort, enrolment, lesson, module, _, module_opens_at = rows[0]
    return LessonPlace(
        entry=entry,
        cohort=cohort,
        enrolment=enrolment,
        lesson=lesson,
        module=module,
        opening=Opening(opens_at=module_opens_at),
        texts={row.LessonText.language: row.LessonText for row in rows},
    )


@cache
def _lesson_place() -> Select[*tuple[Any, ...]]:
    of_module, wanted = aliased(CalendarEntry), aliased(LessonText)
    language: BindParameter[str] = bindparam("language")
    is_written = exists().where(wanted.lesson_id == Lesson.id, wanted.language == language)
    place: Select[*tuple[Any, ...]] = (
        select(CalendarEntry, Cohort, Enrolment, Lesson, Module, LessonText, of_module.opens_at)
        .join(Cohort, Cohort.id == CalendarEntry.cohort_id)
        .join(Cohort.version)
        .join(Lesson, and_(Lesson.version_id == Cohort.version_id, Lesson.node_id == CalendarEntry.node_id))
        .join(Lesson.module)
        .join(LessonText, and_(LessonText.lesson_id == Lesson.id, or_(LessonText.language == language, ~is_written)))
        .join(of_module, and_(of_module.cohort_id == Cohort.id, of_module.node_id == Module.node_id))
        .outerjoin(Enrolment, own_enrolment())
        .where(CalendarEntry.public_id == bindparam("lesson_id"))
        .options(
            contains_eager(Cohort.version).load_only(*FOR_READING),
            *map(defer, (Cohort.languages, Cohort.completion, Module.summary, Module.objectives)),
            *map(defer, AROUND),
        )
    )
    return place


def around(text: LessonText) -> Mapping[str, Any]:
    """What stands around the text of a lesson, as its pieces are given it: one statement."""
    row = db.session.execute(select(*AROUND).where(LessonText.id == text.id)).one()
    return {"written_in": text.language, **row._mapping}


def outline_of(seat: Seat, language: str) -> Sequence[OutlineModule]:
    """The whole outline of a cohort for one person, in order: two statements, and what its tasks take."""
    lessons, activities = defaultdict(list), defaultdict(list)
    for module_id, lesson in _lessons(seat, language):
        lessons[module_id].append(lesson)
    for activity in activities_of(seat, language):
        activities[activity.module].append(activity)
    rows = db.session.execute(_modules(), {"cohort_id": seat.cohort.id, "version_id": seat.cohort.version_id})
    return [
        _outline_module(module, opens_at, lessons[module.id], activities[module.node_id], seat.cohort.version, language)
        for module, opens_at in rows
    ]


@cache
def _modules() -> Select[Module, datetime | None]:
    of_cohort = and_(CalendarEntry.cohort_id == bindparam("cohort_id"), CalendarEntry.node_id == Module.node_id)
    return (
        select(Module, CalendarEntry.opens_at)
        .join(CalendarEntry, of_cohort)
        .where(Module.version_id == bindparam("version_id"))
        .order_by(Module.position)
    )


def lessons_of_module(place: LessonPlace, language: str) -> Sequence[OutlineLesson]:
    """The lessons beside this one, itself included, in order."""
    return [lesson for _, lesson in _lessons(place, language, place.module.id)]


def _lessons(
    seat: Seat | LessonPlace, language: str, module_id: int | None = None
) -> Sequence[tuple[int, OutlineLesson]]:
    """Module number and lesson, in order; each lesson once, in the reader's language where there is one."""
    version = seat.cohort.version
    bound = {
        "cohort_id": seat.cohort.id,
        "version_id": version.id,
        "enrolment_id": seat.enrolment.id if seat.enrolment else NOBODY,
        "languages": [language, version.required_languages[0]],
    }
    if module_id is not None:
        bound["module_id"] = module_id
    found: dict[str, tuple[int, OutlineLesson]] = {}
    for row in db.session.execute(_lesson_rows(of_module=module_id is not None), bound):
        if row.node_id not in found or row.language == language:
            found[row.node_id] = row.module_id, _outline_lesson(row)
    return list(found.values())


@cache
def _lesson_rows(*, of_module: bool) -> Select[*tuple[Any, ...]]:
    of_cohort = and_(CalendarEntry.cohort_id == bindparam("cohort_id"), CalendarEntry.node_id == Lesson.node_id)
    hers = and_(Progress.enrolment_id == bindparam("enrolment_id"), Progress.node_id == Lesson.node_id)
    query: Select[*tuple[Any, ...]] = (
        select(
            Lesson.module_id,
            Lesson.node_id,
            Lesson.minutes,
            CalendarEntry.public_id,
            LessonText.title,
            LessonText.language,
            LessonText.size_bytes,
            LessonText.content_note.is_not(None).label("has_content_note"),
            Progress.read_at,
        )
        .join(LessonText, LessonText.lesson_id == Lesson.id)
        .join(CalendarEntry, of_cohort)
        .outerjoin(Progress, hers)
        .where(
            Lesson.version_id == bindparam("version_id"),
            LessonText.language.in_(bindparam("languages", expanding=True)),
        )
        .order_by(Lesson.module_id, Lesson.position)
    )
    return query.where(Lesson.module_id == bindparam("module_id")) if of_module else query


def _outline_lesson(row: Any) -> OutlineLesson:
    return OutlineLesson(
        id=row.public_id,
        node_id=row.node_id,
        title=row.title,
        language=row.language,
        minutes=row.minutes,
        size_bytes=row.size_bytes,
        has_content_note=row.has_content_note,
        read_at=row.read_at,
    )


def _outline_module(
    module: Module,
    opens_at: datetime | None,
    lessons: Sequence[OutlineLesson],
    activities: Sequence[Activity],
    version: Version,
    language: str,
) -> OutlineModule:
    return OutlineModule(
        node_id=module.node_id,
        number=module.position,
        title=tell(module.title, language, version.required_languages),
        summary=tell(module.summary, language, version.required_languages),
        opens_at=opens_at,
        lessons=lessons,
        activities=activities,
    )


def is_read(enrolment: Enrolment, node_id: str) -> bool:
    """Whether she marked this lesson as read before."""
    found = select(Progress.id).where(Progress.enrolment_id == enrolment.id, Progress.node_id == node_id)
    return db.session.scalar(found) is not None


def enrolment_for_update(enrolment_id: int) -> tuple[Enrolment, datetime | None]:
    """Her enrolment, locked: two phones that press one button wait for each other. With when its cohort was closed."""
    cohort = held(Enrolment.id == enrolment_id)
    enrolment, closed_at = db.session.execute(
        select(Enrolment, cohort.c.closed_at)
        .join(cohort, true())
        .where(Enrolment.id == enrolment_id)
        .with_for_update(of=Enrolment, key_share=True)  # notices may be posted meanwhile
        .execution_options(populate_existing=True)
    ).one()
    return enrolment, closed_at


def people_who_read(cohort_id: int, nodes: Collection[str]) -> Mapping[str, int]:
    """How many people of a cohort, by its number, read each of these lessons; those that nobody read are absent."""
    rows = db.session.execute(
        select(Progress.node_id, func.count().label("people"))
        .join(Enrolment, Enrolment.id == Progress.enrolment_id)
        .where(Enrolment.cohort_id == cohort_id, Progress.node_id.in_(nodes))
        .group_by(Progress.node_id)
    )
    return {row.node_id: row.people for row in rows}
