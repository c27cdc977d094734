"""Reading programmes and what they teach."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.kernel.db import db

from .models import Lesson, LessonText, Module, Programme, SourceFile, Version
from .rules import NodeKind


def programmes() -> list[Programme]:
    """All programmes, by slug."""
    return list(db.session.scalars(select(Programme).order_by(Programme.slug)))


def find_programme(slug: str) -> Programme | None:
    """The programme under this address."""
    return db.session.scalar(select(Programme).where(Programme.slug == slug))


def programme_for_update(slug: str) -> Programme | None:
    """The same, locked until the end of the transaction: versions are numbered one after the other."""
    return db.session.scalar(
        select(Programme).where(Programme.slug == slug).with_for_update().execution_options(populate_existing=True)
    )


def find_version(programme: Programme, number: int | None = None) -> Version | None:
    """One version of a programme; without a number the newest."""
    wanted = select(Version).where(Version.programme_id == programme.id)
    if number is not None:
        wanted = wanted.where(Version.number == number)
    return db.session.scalar(wanted.order_by(Version.number.desc()).limit(1))


def files_of(version: Version) -> list[SourceFile]:
    """The pack's files of a version, by path."""
    files = db.session.scalars(select(SourceFile).where(SourceFile.version_id == version.id))
    # Sorted here: databases disagree on where hyphens and capitals stand.
    return sorted(files, key=lambda file: file.path)


def modules_of(version: Version) -> list[Module]:
    """The modules of a version in order, each with its lessons loaded."""
    return list(
        db.session.scalars(
            select(Module)
            .where(Module.version_id == version.id)
            .options(selectinload(Module.lessons))
            .order_by(Module.position)
        )
    )


def lesson_titles(version: Version, language: str) -> dict[str, str]:
    """Node id to title for the lessons of a version; in the first required language where it has none.

    Loads no text of a lesson: made for outlines.
    """
    fallback = version.required_languages[0]
    rows = db.session.execute(
        select(Lesson.node_id, LessonText.language, LessonText.title)
        .join(LessonText.lesson)
        .where(Lesson.version_id == version.id, LessonText.language.in_({language, fallback}))
    ).all()
    titles = {node_id: title for node_id, found, title in rows if found == fallback}
    titles.update({node_id: title for node_id, found, title in rows if found == language})
    return titles


def find_lesson(version: Version, node_id: str) -> Lesson | None:
    """The lesson of this node id, with its module loaded."""
    return db.session.scalar(
        select(Lesson)
        .where(Lesson.version_id == version.id, Lesson.node_id == node_id)
        .options(selectinload(Lesson.module))
    )


def languages_of(lesson: Lesson) -> list[str]:
    """The languages in which a lesson can be read, by code."""
    return list(
        db.session.scalars(
            select(LessonText.language).where(LessonText.lesson_id == lesson.id).order_by(LessonText.language)
        )
    )


def find_text(lesson: Lesson, language: str) -> LessonText | None:
    """A lesson in one language."""
    return db.session.scalar(
        select(LessonText).where(LessonText.lesson_id == lesson.id, LessonText.language == language)
    )


def node_kinds(programme: Programme) -> list[tuple[str, NodeKind]]:
    """What every node id named in any version so far, by id."""
    modules = select(Module.node_id).join(Module.version).where(Version.programme_id == programme.id)
    lessons = select(Lesson.node_id).join(Lesson.version).where(Version.programme_id == programme.id)
    named = {(node_id, NodeKind.MODULE) for node_id in db.session.scalars(modules)}
    named |= {(node_id, NodeKind.LESSON) for node_id in db.session.scalars(lessons)}
    return sorted(named)
