"""Reading programmes and what they teach."""

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from lms.kernel.db import db

from .models import Item, Lesson, Module, Programme, Rubric, SourceFile, Task, Version
from .rules import NodeKind

_NODES: tuple[tuple[type[Module | Lesson | Task | Item | Rubric], NodeKind], ...] = (
    (Module, NodeKind.MODULE),
    (Lesson, NodeKind.LESSON),
    (Task, NodeKind.TASK),
    (Item, NodeKind.ITEM),
    (Rubric, NodeKind.RUBRIC),
)

FOR_READING = (Version.public_id, Version.title, Version.required_languages)
"""What pages of participants say of a version. The rest is long, and is read from JSON once for each row of a join."""


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


def tasks_of(version_id: int) -> list[Task]:
    """The tasks of a version in the order of modules, each with its module and lesson loaded."""
    return list(
        db.session.scalars(
            select(Task)
            .join(Task.module)
            .where(Task.version_id == version_id)
            .options(contains_eager(Task.module), joinedload(Task.lesson))
            .order_by(Module.position, Task.position)
        )
    )


def items_of(version_id: int) -> list[Item]:
    """The questions of a version in the order of modules, with what is right: never to be handed to a page whole."""
    return list(
        db.session.scalars(
            select(Item)
            .join(Item.module)
            .where(Item.version_id == version_id)
            .options(contains_eager(Item.module))
            .order_by(Module.position, Item.position)
        )
    )


def rubrics_of(version_id: int) -> list[Rubric]:
    """The rubrics of a version by node id. A question may use one of any module."""
    return list(db.session.scalars(select(Rubric).where(Rubric.version_id == version_id).order_by(Rubric.node_id)))


def node_kinds(programme: Programme) -> list[tuple[str, NodeKind]]:
    """What every node id named in any version so far, by id."""
    versions = select(Version.id).where(Version.programme_id == programme.id)
    named = {
        (node_id, kind)
        for model, kind in _NODES
        for node_id in db.session.scalars(select(model.node_id).where(model.version_id.in_(versions)))
    }
    return sorted(named)
