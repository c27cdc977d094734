"""What a published version consists of, and which of its languages a reader gets."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NotRequired, TypeAlias, TypedDict

from .errors import IdMeantSomethingElse

ByLanguage: TypeAlias = Mapping[str, str]
"""A short text in several languages: language code to text."""

Body: TypeAlias = Mapping[str, Any]
"""What a pack says of a question, rubric or task, as plain JSON, without what has a place of its own beside it.

Decimals are texts, days ISO texts, texts by language objects. What an author left out stands with its default, so that
a published version keeps its meaning when a default changes; where leaving out means "none", the key is absent.
"""


class NodeKind(StrEnum):
    """What a node id may name in the course itself. The words are for people: an item is a question to them."""

    MODULE = "module"
    LESSON = "lesson"
    TASK = "task"
    ITEM = "question"
    RUBRIC = "rubric"


class TaskKind(StrEnum):
    """What is done with questions. Only the others may count; a checkpoint is practice inside a lesson."""

    CHECKPOINT = "checkpoint"
    QUIZ = "quiz"
    ASSIGNMENT = "assignment"


class Naming(StrEnum):
    """What facilitators and peers see of a participant."""

    ALIAS = "alias"
    NAMED = "named"


class Heading(TypedDict):
    """A heading of level 2, for the list of contents."""

    id: str
    title: str


class Word(TypedDict):
    """A term of the glossary that a lesson uses, in the lesson's language."""

    id: str
    term: str
    definition: str


class Source(TypedDict):
    """Where a statement comes from. Dates as written: `published` a day, month or year, the others a day.

    lang: the language of `title`. Versions published before it was recorded lack it: English.
    """

    number: int
    id: str
    title: str
    lang: NotRequired[str]
    publisher: str
    published: str
    url: NotRequired[str]
    note: NotRequired[str]
    checked: str
    review: str


@dataclass(frozen=True, kw_only=True)
class PublishedText:
    """A lesson in one language. `html` is clean already: passages, terms, references and figures."""

    language: str
    title: str
    html: str
    headings: Sequence[Heading]
    words: Sequence[Word]
    sources: Sequence[Source]
    content_note: str | None = None


@dataclass(frozen=True, kw_only=True)
class PublishedLesson:
    """A lesson in all its languages."""

    node_id: str
    minutes: int
    safety: bool
    texts: Sequence[PublishedText]


@dataclass(frozen=True, kw_only=True)
class PublishedItem:
    """A question. kind: its type (docs/content-packs.md, items.yaml)."""

    node_id: str
    kind: str
    body: Body


@dataclass(frozen=True, kw_only=True)
class PublishedRubric:
    """How free writing is marked."""

    node_id: str
    body: Body


@dataclass(frozen=True, kw_only=True)
class PublishedTask:
    """What is done with questions. A checkpoint has a lesson of its module and no title, the others the reverse."""

    node_id: str
    kind: TaskKind
    lesson: str | None
    title: ByLanguage | None
    body: Body


@dataclass(frozen=True, kw_only=True)
class PublishedModule:
    """A module with its lessons, tasks and questions in order."""

    node_id: str
    title: ByLanguage
    summary: ByLanguage
    objectives: Sequence[ByLanguage]
    lessons: Sequence[PublishedLesson]
    tasks: Sequence[PublishedTask] = ()
    items: Sequence[PublishedItem] = ()
    rubrics: Sequence[PublishedRubric] = ()

    def kinds(self) -> Iterator[tuple[str, NodeKind]]:
        """What each node id of this module names."""
        yield self.node_id, NodeKind.MODULE
        yield from ((lesson.node_id, NodeKind.LESSON) for lesson in self.lessons)
        yield from ((task.node_id, NodeKind.TASK) for task in self.tasks)
        yield from ((item.node_id, NodeKind.ITEM) for item in self.items)
        yield from ((rubric.node_id, NodeKind.RUBRIC) for rubric in self.rubrics)


@dataclass(frozen=True, kw_only=True)
class PublishedVersion:
    """All that is handed over for publishing.

    digest: SHA-256 in hexadecimal over the files, so that the same pack is recognised.
    files: path in the pack to bytes.
    """

    programme: str
    digest: str
    title: ByLanguage
    summary: ByLanguage
    required_languages: Sequence[str]
    allowed_languages: Sequence[str]
    naming: Naming
    address: ByLanguage
    completion: Mapping[str, int | bool]
    modules: Sequence[PublishedModule]
    files: Mapping[str, bytes]

    def kinds(self) -> dict[str, NodeKind]:
        """What each node id of this version names."""
        return dict(pair for module in self.modules for pair in module.kinds())


def check_kinds(before: Iterable[tuple[str, NodeKind]], now: Mapping[str, NodeKind]) -> None:
    """Refuse when an id that once named one kind of thing, such as a module, names another now.

    Rule: docs/content-packs.md, Ids: an id that was published once is never used for something else.
    Raises IdMeantSomethingElse.
    """
    for node_id, kind in before:
        if now.get(node_id, kind) is not kind:
            raise IdMeantSomethingElse(node_id=node_id, before=kind, now=now[node_id])


def pick_language(wanted: str, available: Collection[str], required: Sequence[str]) -> str:
    """The language in which a reader gets a lesson: hers where there is one, else the first required one.

    required: in the order of course.yaml; a published lesson has all of them.
    """
    return wanted if wanted in available else required[0]


@dataclass(frozen=True)
class Told:
    """A short text and the language it is in."""

    text: str
    language: str


def tell(text: ByLanguage, wanted: str, required: Sequence[str]) -> Told:
    """A title or summary as a reader gets it: in her language where there is one, else in the first required one."""
    language = pick_language(wanted, text, required)
    return Told(text[language], language)
