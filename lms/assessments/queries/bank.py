"""Published questions, for those who write, translate and mark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select
from sqlalchemy.orm import aliased, contains_eager

from lms.accounts.models import Person
from lms.courses.models import Item as ItemRow
from lms.courses.models import Module, Version
from lms.courses.rules import TaskKind, Told, tell
from lms.kernel.db import db, turn_to

from ..policy import edits, previews, takes_programme
from ..rules.items import Item
from .catalogue import Catalogue, Task, catalogue

PAGE = 25


@dataclass(frozen=True, kw_only=True)
class Use:
    """A task that asks a question. title: None for a checkpoint, which stands in a lesson."""

    kind: TaskKind
    title: Told | None
    graded: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A question in the list. languages: those it has, required ones first; missing: required ones it lacks."""

    id: UUID
    item: Item
    text: Told
    course: Told
    version: Version
    module: Module
    languages: Sequence[str]
    missing: Sequence[str]
    uses: Sequence[Use]


@dataclass(frozen=True, kw_only=True)
class BankPage:
    """One page of the list. number: from 1."""

    entries: Sequence[Entry]
    number: int
    pages: int
    total: int


def page_of_bank(who: Person, *, number: int, language: str) -> BankPage:
    """A page of the questions of the newest version of each programme, in the order of modules: three statements.

    Without the programmes that this person takes part in and does not edit.
    """
    versions = {version.id: version for version in _newest(who)}
    total = db.session.scalars(_count(), {"versions": list(versions)}).one()
    number, pages = turn_to(number, total=total, rows=PAGE)
    rows = db.session.scalars(_items(), {"versions": list(versions), "passed": (number - 1) * PAGE})
    entries = [_entry(row, versions[row.version_id], language) for row in rows]
    return BankPage(entries=entries, number=number, pages=pages, total=total)


@cache
def _count() -> Select[int]:
    return select(func.count()).select_from(ItemRow).where(_is_of_versions())


def _is_of_versions() -> ColumnElement[bool]:
    return ItemRow.version_id.in_(bindparam("versions", expanding=True))


@cache
def _items() -> Select[ItemRow]:
    return (
        select(ItemRow)
        .join(ItemRow.module)
        .where(_is_of_versions())
        .options(contains_eager(ItemRow.module))
        .order_by(ItemRow.version_id, Module.position, ItemRow.position)
        .offset(bindparam("passed", type_=Integer))
        .limit(PAGE)
    )


def _newest(who: Person) -> Sequence[Version]:
    return db.session.scalars(_shown(is_editor=edits(who, None)), {"me": who.id}).all()


@cache
def _shown(*, is_editor: bool) -> Select[Version]:
    other = aliased(Version)
    highest = (
        select(func.max(other.number))
        .where(other.programme_id == Version.programme_id)
        .correlate(Version)
        .scalar_subquery()
    )
    shown = select(Version).where(Version.number == highest, previews(is_editor=is_editor))
    return shown.order_by(Version.programme_id)


def _entry(row: ItemRow, version: Version, language: str) -> Entry:
    asked = catalogue(version)
    item = asked.items[row.node_id]
    return Entry(
        id=row.public_id,
        item=item,
        text=tell(item.title or item.text, language, version.required_languages),
        course=tell(version.title, language, version.required_languages),
        version=version,
        module=row.module,
        languages=languages_of(item, version),
        missing=[code for code in version.required_languages if code not in item.text],
        uses=[_use(task, asked, language) for task in asked.tasks.values() if row.node_id in task.quiz.items],
    )


def languages_of(item: Item, version: Version) -> list[str]:
    """The languages of a question, required ones first."""
    required = [code for code in version.required_languages if code in item.text]
    return required + sorted(set(item.text) - set(required))


def _use(task: Task, asked: Catalogue, language: str) -> Use:
    title = None if task.title is None else asked.title(task, language)
    return Use(kind=task.kind, title=title, graded=task.graded)


@dataclass(frozen=True, kw_only=True)
class ItemPlace:
    """A question in the version that it was published in. takes_part: its reader has still to answer this programme."""

    row: ItemRow
    version: Version
    takes_part: bool

    @property
    def asked(self) -> Catalogue:
        """What its version asks."""
        return catalogue(self.version)

    @property
    def item(self) -> Item:
        """The question."""
        return self.asked.items[self.row.node_id]

    @property
    def languages(self) -> Sequence[str]:
        """The languages it can be shown in."""
        return languages_of(self.item, self.version)

    def uses(self, language: str) -> list[Use]:
        """The tasks that ask it."""
        tasks: Mapping[str, Task] = self.asked.tasks
        return [_use(task, self.asked, language) for task in tasks.values() if self.item.node_id in task.quiz.items]


def find_item(who: Person, item_id: UUID) -> ItemPlace | None:
    """The question of an address."""
    found = db.session.execute(_item(), {"me": who.id, "item_id": item_id}).one_or_none()
    if found is None:
        return None
    row, takes_part = found
    return ItemPlace(row=row, version=row.version, takes_part=takes_part)


@cache
def _item() -> Select[ItemRow, bool]:
    return (
        select(ItemRow, takes_programme())
        .join(ItemRow.version)
        .join(ItemRow.module)
        .where(ItemRow.public_id == bindparam("item_id"))
        .options(contains_eager(ItemRow.version), contains_eager(ItemRow.module))
    )
