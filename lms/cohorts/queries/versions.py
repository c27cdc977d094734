"""Reading two versions of a programme beside each other, for a cohort that may go on to the newer one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Row, Select, String, and_, cast, func, literal, null, select, type_coerce, union_all
from sqlalchemy.orm import aliased, contains_eager

from lms.accounts.models import Person
from lms.courses.models import Item, Lesson, LessonText, Module, Task, Version
from lms.courses.rules import ByLanguage
from lms.kernel.db import Json, db

from ..models import Cohort
from ..rules.versions import CoursePart, PartKind
from .desk import Desk

Part: TypeAlias = Select[*tuple[Any, ...]]
"""The rows of one kind of part."""

REWRITTEN = "rewritten"
"""The kind of a row which says of a lesson that its text differs in some language."""

KINDS = (*PartKind, REWRITTEN)
NOTHING, NO_JSON = cast(null(), String), cast(null(), Json)
"""Columns that a kind of part does not have; typed, because a union of unlike columns is refused."""


@dataclass(frozen=True, kw_only=True)
class VersionDesk(Desk):
    """A cohort with the newest version of its programme, which may be the one that it follows."""

    newest: Version

    @property
    def has_newer(self) -> bool:
        """Whether there is something to go on to."""
        return self.newest.number > self.cohort.version.number


def find_version_desk(who: Person, cohort_id: UUID) -> VersionDesk | None:
    """The cohort of an address with its version and the newest one: one statement."""
    newest, other = aliased(Version), aliased(Version)
    of_programme = select(func.max(other.number)).where(other.programme_id == Version.programme_id)
    number = of_programme.correlate(Version).scalar_subquery()
    row = db.session.execute(
        select(Cohort, newest)
        .join(Cohort.version)
        .join(newest, and_(newest.programme_id == Version.programme_id, newest.number == number))
        .where(Cohort.public_id == cohort_id)
        .options(contains_eager(Cohort.version))
    ).one_or_none()
    return None if row is None else VersionDesk(cohort=row[0], newest=row[1])


def find_version(version_id: UUID) -> Version | None:
    """A version by its public id."""
    return db.session.scalar(select(Version).where(Version.public_id == version_id))


def parts_of(before: Version, after: Version) -> tuple[list[CoursePart], list[CoursePart]]:
    """What both versions consist of, each in the order of its course: one statement."""
    both = before.id, after.id
    parts = union_all(_modules(both), _lessons(both), _tasks(both), _items(both), _rewritten(before, after)).subquery()
    rows = sorted(db.session.execute(select(parts)).all(), key=_place)
    rewritten = {row.node_id for row in rows if row.kind == REWRITTEN}
    return (
        _parts([row for row in rows if row.version_id == before.id], frozenset()),
        _parts([row for row in rows if row.version_id == after.id], rewritten),
    )


def _place(row: Row[Any]) -> tuple[int, int, int]:
    """Modules in their order, and in each its lessons, then its tasks, then its questions."""
    return row.module_position, KINDS.index(row.kind), row.position


def _parts(rows: Sequence[Row[Any]], rewritten: frozenset[str] | set[str]) -> list[CoursePart]:
    """The parts of one version. rewritten: lessons whose text is another than in the version beside it."""
    lesson_titles: dict[str, dict[str, str]] = {}
    for row in rows:
        if row.kind == PartKind.LESSON:
            lesson_titles.setdefault(row.node_id, {})[row.language] = row.text
    found = {
        row.node_id: CoursePart(
            node_id=row.node_id,
            kind=PartKind(row.kind),
            title=_title(row, lesson_titles),
            rest=(row.module, row.text if row.kind != PartKind.LESSON else row.node_id in rewritten, row.body),
        )
        for row in rows
        if row.kind != REWRITTEN
    }
    return list(found.values())


def _title(row: Row[Any], lesson_titles: dict[str, dict[str, str]]) -> ByLanguage:
    """A question is called by its words, a checkpoint by the lesson in which it stands."""
    if row.kind == PartKind.QUESTION:
        words: ByLanguage = row.body["text"]
        return words
    if row.kind == PartKind.LESSON:
        return lesson_titles[row.node_id]
    title: ByLanguage = row.title if row.title is not None else lesson_titles[row.text]
    return title


def _modules(versions: tuple[int, int]) -> Part:
    return select(
        literal(PartKind.MODULE.value).label("kind"),
        Module.version_id.label("version_id"),
        Module.position.label("module_position"),
        literal(0).label("position"),
        Module.node_id.label("node_id"),
        Module.title.label("title"),
        NOTHING.label("language"),
        NOTHING.label("text"),
        Module.node_id.label("module"),
        NO_JSON.label("body"),
    ).where(Module.version_id.in_(versions))


def _lessons(versions: tuple[int, int]) -> Part:
    """A row for each language."""
    return (
        select(
            literal(PartKind.LESSON.value), Lesson.version_id, Module.position, Lesson.position, Lesson.node_id,
            NO_JSON, LessonText.language, LessonText.title, Module.node_id, NO_JSON,
        )
        .join(Lesson.module)
        .join(LessonText, LessonText.lesson_id == Lesson.id)
        .where(Lesson.version_id.in_(versions))
    )  # fmt: skip


def _tasks(versions: tuple[int, int]) -> Part:
    """The words of a checkpoint's row are the id of its lesson."""
    return (
        select(
            type_coerce(Task.kind, String), Task.version_id, Module.position, Task.position, Task.node_id,
            type_coerce(Task.title, Json), NOTHING, Lesson.node_id, Module.node_id, Task.body,
        )
        .join(Task.module)
        .outerjoin(Task.lesson)
        .where(Task.version_id.in_(versions))
    )  # fmt: skip


def _items(versions: tuple[int, int]) -> Part:
    """The words of a question's row are its type."""
    return (
        select(
            literal(PartKind.QUESTION.value), Item.version_id, Module.position, Item.position, Item.node_id,
            NO_JSON, NOTHING, Item.kind, Module.node_id, Item.body,
        )
        .join(Item.module)
        .where(Item.version_id.in_(versions))
    )  # fmt: skip


def _rewritten(before: Version, after: Version) -> Part:
    """Lessons that both versions have in a language, with another text; compared where the texts lie."""
    old, new = aliased(Lesson), aliased(Lesson)
    old_text, new_text = aliased(LessonText), aliased(LessonText)
    return (
        select(
            literal(REWRITTEN), new.version_id, literal(0), literal(0), new.node_id,
            NO_JSON, NOTHING, NOTHING, NOTHING, NO_JSON,
        )
        .join(old, old.node_id == new.node_id)
        .join(old_text, old_text.lesson_id == old.id)
        .join(new_text, and_(new_text.lesson_id == new.id, new_text.language == old_text.language))
        .where(old.version_id == before.id, new.version_id == after.id, new_text.html != old_text.html)
    )  # fmt: skip
