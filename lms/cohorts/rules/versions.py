"""What another version of a programme changes for a cohort, told by titles; nothing of it is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lms.courses.rules import ByLanguage

from ..errors import NotANewerVersion


class PartKind(StrEnum):
    """Parts of a version, in the order in which they are told."""

    MODULE = "module"
    LESSON = "lesson"
    CHECKPOINT = "checkpoint"
    QUIZ = "quiz"
    ASSIGNMENT = "assignment"
    QUESTION = "question"


class Change(StrEnum):
    """What becomes of a part. What is gone comes first, because somebody may have begun it."""

    GONE = "gone"
    ADDED = "added"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True)
class CoursePart:
    """One part of a version. title: of a question its words. rest: all else that makes it what it is."""

    node_id: str
    kind: PartKind
    title: ByLanguage
    rest: Any = field(default=None)


@dataclass(frozen=True, kw_only=True)
class PartChange:
    """What becomes of one part. title: as it is called from then on, or was to the end. was: its title before, where it
    is another.
    """

    node_id: str
    kind: PartKind
    change: Change
    title: ByLanguage
    was: ByLanguage | None = None


def compare(before: Sequence[CoursePart], after: Sequence[CoursePart]) -> list[PartChange]:
    """Every part that is gone, added or changed, in this order, and each in the order of the course.

    A part is known by its id: one that got another id is gone and added.
    """
    old, new = {part.node_id: part for part in before}, {part.node_id: part for part in after}
    gone = [_told(part, Change.GONE) for part in before if part.node_id not in new]
    added = [_told(part, Change.ADDED) for part in after if part.node_id not in old]
    changed = [
        _told(part, Change.CHANGED, was=old[part.node_id])
        for part in after
        if part.node_id in old and part != old[part.node_id]
    ]
    return [*gone, *added, *changed]


def _told(part: CoursePart, change: Change, *, was: CoursePart | None = None) -> PartChange:
    has_other_title = was is not None and was.title != part.title
    return PartChange(
        node_id=part.node_id,
        kind=part.kind,
        change=change,
        title=part.title,
        was=was.title if was is not None and has_other_title else None,
    )


def check_newer(*, number: int, followed: int) -> None:
    """Refuse to go back, or to where the cohort is. followed: the version it follows. Raises NotANewerVersion."""
    if number <= followed:
        raise NotANewerVersion(number=followed)
