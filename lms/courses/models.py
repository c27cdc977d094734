"""Programmes and their published versions. All but the programme itself is final once it is written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, Mapper, ORMExecuteState, mapped_column, object_session, relationship

from lms.audit.dictionary import Level, Personal, Retention
from lms.kernel.db import Json, JsonOrNull, Model, db
from lms.kernel.db import Word as OneWord

from .errors import PublishedIsFinal
from .rules import Heading, Naming, Source, TaskKind, Word

NODE_ID = String(40)


class Programme(Model):
    """A course as it is taught year after year. Its first import makes it. Never deleted."""

    __tablename__ = "courses_programme"
    holds_personal_data: ClassVar[Mapping[str, Any]] = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(NODE_ID, unique=True)


class Version(Model):
    """One published state of a programme. It has no states of its own: it is published, whole, and stays so.

    Cohorts follow one version each. Nobody deletes it: what somebody was taught can be shown later.
    `imported_by_id` is None for an import from the command line, and where that person was deleted.
    """

    __tablename__ = "courses_version"
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )
    holds_personal_data: ClassVar[Mapping[str, Any]] = {
        "imported_by_id": Personal(
            level=Level.ATTENDANCE, purpose="who published, by number", retention=Retention.ENROLMENT
        ),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("courses_programme.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime]
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    title: Mapped[dict[str, str]] = mapped_column(Json)
    summary: Mapped[dict[str, str]] = mapped_column(Json)
    required_languages: Mapped[list[str]] = mapped_column(Json)
    allowed_languages: Mapped[list[str]] = mapped_column(Json)
    naming: Mapped[Naming] = mapped_column(OneWord(Naming))
    address: Mapped[dict[str, str]] = mapped_column(Json)
    completion: Mapped[dict[str, int | bool]] = mapped_column(Json)

    programme: Mapped[Programme] = relationship()
    modules: Mapped[list["Module"]] = relationship(back_populates="version", order_by="Module.position")
    files: Mapped[list["SourceFile"]] = relationship(order_by="SourceFile.path")


class Module(Model):
    """One module of one version. `position` counts from 1. Never deleted."""

    __tablename__ = "courses_module"
    __table_args__ = (
        UniqueConstraint("version_id", "node_id"),
        UniqueConstraint("version_id", "position"),
        CheckConstraint("position > 0", name="position_positive"),
    )
    holds_personal_data: ClassVar[Mapping[str, Any]] = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    node_id: Mapped[str] = mapped_column(NODE_ID)
    position: Mapped[int]
    title: Mapped[dict[str, str]] = mapped_column(Json)
    summary: Mapped[dict[str, str]] = mapped_column(Json)
    objectives: Mapped[list[dict[str, str]]] = mapped_column(Json)

    version: Mapped[Version] = relationship(back_populates="modules")
    lessons: Mapped[list["Lesson"]] = relationship(back_populates="module", order_by="Lesson.position")
    tasks: Mapped[list["Task"]] = relationship(back_populates="module", order_by="Task.position")
    items: Mapped[list["Item"]] = relationship(back_populates="module", order_by="Item.position")
    rubrics: Mapped[list["Rubric"]] = relationship(back_populates="module", order_by="Rubric.node_id")


class Lesson(Model):
    """One lesson of one version, in all its languages. `position` counts from 1 in its module. Never deleted.

    safety: the page offers the way out more prominently (docs/content-packs.md, Lessons).
    """

    __tablename__ = "courses_lesson"
    __table_args__ = (
        UniqueConstraint("version_id", "node_id"),
        UniqueConstraint("module_id", "position"),
        CheckConstraint("position > 0", name="position_positive"),
        CheckConstraint("minutes > 0", name="minutes_positive"),
    )
    holds_personal_data: ClassVar[Mapping[str, Any]] = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    module_id: Mapped[int] = mapped_column(ForeignKey("courses_module.id"))
    node_id: Mapped[str] = mapped_column(NODE_ID)
    position: Mapped[int]
    minutes: Mapped[int]
    safety: Mapped[bool]

    version: Mapped[Version] = relationship()
    module: Mapped[Module] = relationship(back_populates="lessons")
    texts: Mapped[list["LessonText"]] = relationship(back_populates="lesson", order_by="LessonText.language")


class LessonText(Model):
    """A lesson in one language, rendered and sanitised at import. Never deleted.

    Every required language has one. headings, words and sources are lists of `rules.Heading`, `rules.Word`
    and `rules.Source`. size_bytes: what the text weighs on the wire.
    """

    __tablename__ = "courses_lesson_text"
    __table_args__ = (UniqueConstraint("lesson_id", "language"),)
    holds_personal_data: ClassVar[Mapping[str, Any]] = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("courses_lesson.id"))
    language: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int]
    headings: Mapped[list[Heading]] = mapped_column(Json)
    words: Mapped[list[Word]] = mapped_column(Json)
    sources: Mapped[list[Source]] = mapped_column(Json)
    content_note: Mapped[str | None] = mapped_column(Text)

    lesson: Mapped[Lesson] = relationship(back_populates="texts")


class Item(Model):
    """One question of one version, with what is right. `position` counts from 1 in its module. Never deleted.

    kind: its type in items.yaml. body: see `rules.Body`; it holds the key, so no page is given the whole of it.
    """

    __tablename__ = "courses_item"
    __table_args__ = (
        UniqueConstraint("version_id", "node_id"),
        UniqueConstraint("module_id", "position"),
        CheckConstraint("position > 0", name="position_positive"),
    )
    holds_personal_data: ClassVar[Mapping[str, Any]] = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    module_id: Mapped[int] = mapped_column(ForeignKey("courses_module.id"))
    node_id: Mapped[str] = mapped_column(NODE_ID)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    body: Mapped[dict[str, Any]] = mapped_column(Json)

    version: Mapped[Version] = relationship()
    module: Mapped[Module] = relationship(back_populates="items")


class Rubric(Model):
    """How free writing is marked in one version; questions of any module may name it. Never deleted.

    It stands with the module whose rubrics.yaml holds it. body: see `rules.Body`.
    """

    __tablename__ = "courses_rubric"
    __table_args__ = (UniqueConstraint("version_id", "node_id"),)
    holds_personal_data: ClassVar[Mapping[str, Any]] = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    module_id: Mapped[int] = mapped_column(ForeignKey("courses_module.id"))
    node_id: Mapped[str] = mapped_column(NODE_ID)
    body: Mapped[dict[str, Any]] = mapped_column(Json)

    version: Mapped[Version] = relationship()
    module: Mapped[Module] = relationship(back_populates="rubrics")


class Task(Model):
    """A checkpoint, quiz or assignment of one version. `position` counts from 1 in its module. Never deleted.

    A checkpoint stands in a lesson and has no title; the others have a title and no lesson. body: see `rules.Body`;
    it names items of the same module by node id.
    """

    __tablename__ = "courses_task"
    __table_args__ = (
        UniqueConstraint("version_id", "node_id"),
        UniqueConstraint("module_id", "position"),
        UniqueConstraint("lesson_id"),
        CheckConstraint("position > 0", name="position_positive"),
        CheckConstraint("(lesson_id IS NULL) = (title IS NOT NULL)", name="lesson_or_title"),
    )
    holds_personal_data: ClassVar[Mapping[str, Any]] = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    module_id: Mapped[int] = mapped_column(ForeignKey("courses_module.id"))
    lesson_id: Mapped[int | None] = mapped_column(ForeignKey("courses_lesson.id"))
    node_id: Mapped[str] = mapped_column(NODE_ID)
    position: Mapped[int]
    kind: Mapped[TaskKind] = mapped_column(OneWord(TaskKind))
    title: Mapped[dict[str, str] | None] = mapped_column(JsonOrNull)
    body: Mapped[dict[str, Any]] = mapped_column(Json)

    version: Mapped[Version] = relationship()
    module: Mapped[Module] = relationship(back_populates="tasks")
    lesson: Mapped[Lesson | None] = relationship()


class SourceFile(Model):
    """One file of the pack that a version was made from, kept byte for byte for export. Never deleted."""

    __tablename__ = "courses_source_file"
    __table_args__ = (UniqueConstraint("version_id", "path"),)
    holds_personal_data: ClassVar[Mapping[str, Any]] = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    path: Mapped[str] = mapped_column(String(255))
    content: Mapped[bytes] = mapped_column(LargeBinary)


FINAL = (Version, Module, Lesson, LessonText, Item, Rubric, Task, SourceFile)


def _refuse_change(mapper: Mapper[Any], connection: object, row: Any) -> None:
    session = object_session(row)
    # SQLAlchemy also announces rows that only gained a child; those change nothing that was published.
    if session is None or session.is_modified(row, include_collections=False):
        raise PublishedIsFinal(mapper.class_.__name__)


def _refuse_delete(mapper: Mapper[Any], connection: object, row: Any) -> None:
    raise PublishedIsFinal(mapper.class_.__name__)


def _refuse_bulk_change(state: ORMExecuteState) -> None:
    """`update(...)` and `delete(...)` statements do not announce rows, so they are stopped here."""
    mapper = state.bind_mapper
    if (state.is_update or state.is_delete) and mapper is not None and mapper.class_ in FINAL:
        raise PublishedIsFinal(mapper.class_.__name__)


for _model in FINAL:
    event.listen(_model, "before_update", _refuse_change)
    event.listen(_model, "before_delete", _refuse_delete)
event.listen(db.session, "do_orm_execute", _refuse_bulk_change)
