"""Marks with a rubric, and who gives them. Levels 0 to 4; weights in whole per cent; totals in hundredths of one.

Rule: docs/domain.md 2, "Item notation"; docs/decisions/0014 for what "meets" means.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from lms.courses.rules import ByLanguage

from ..errors import CriterionMissing, NotALevel

LEVELS = range(5)
LEAST_TO_MEET = 2
FULL = 100_00
HOLDS = timedelta(minutes=30)
"""How long somebody who saved a mark keeps others reading only."""


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One line of a rubric. levels: what 0 to 4 look like, or empty. safety: 0 returns the answer for revision."""

    id: str
    weight: int
    safety: bool
    title: ByLanguage
    levels: Sequence[ByLanguage]


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """How an open answer is marked. Weights together are 100."""

    id: str
    criteria: Sequence[Criterion]


def read_rubric(node_id: str, body: Mapping[str, Any]) -> Rubric:
    """A published rubric."""
    return Rubric(
        id=node_id,
        criteria=tuple(
            Criterion(
                id=one["id"],
                weight=one["weight"],
                safety=one.get("safety", False),
                title=one["title"],
                levels=tuple(one.get("levels") or ()),
            )
            for one in body["criteria"]
        ),
    )


Levels = Mapping[str, int]
"""Criterion to level."""


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A remark on a passage. paragraph: from 1. quote: the words it is about, or empty for the whole paragraph."""

    paragraph: int
    quote: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What a marker thinks of one version of an answer."""

    levels: Levels
    remarks: Mapping[str, str]
    comments: Sequence[Comment] = ()
    feedback: str = ""


class Verdict(StrEnum):
    """What marks come to."""

    MEETS = "meets"
    NOT_YET = "not yet"
    REVISE = "revise"


def check_levels(rubric: Rubric, levels: Levels) -> None:
    """Refuse levels that the rubric does not know. Raises NotALevel."""
    known = {criterion.id for criterion in rubric.criteria}
    if not set(levels) <= known or any(level not in LEVELS for level in levels.values()):
        raise NotALevel


def check_complete(rubric: Rubric, levels: Levels) -> None:
    """Refuse to finish while a criterion has no level. Raises CriterionMissing."""
    missing = sum(criterion.id not in levels for criterion in rubric.criteria)
    if missing:
        raise CriterionMissing(missing=missing)


def compute_total(rubric: Rubric, levels: Levels) -> int:
    """The weighted score so far, in hundredths of a per cent: weight times level over 4, exactly. 10,000 is full."""
    return sum(criterion.weight * levels.get(criterion.id, 0) * 25 for criterion in rubric.criteria)


def judge(rubric: Rubric, levels: Levels, *, meets_percent: int) -> Verdict:
    """What complete marks come to. A safety criterion at 0 returns the answer and is never a public mark."""
    if any(criterion.safety and levels[criterion.id] == 0 for criterion in rubric.criteria):
        return Verdict.REVISE
    enough = compute_total(rubric, levels) >= meets_percent * 100
    return Verdict.MEETS if enough and min(levels.values()) >= LEAST_TO_MEET else Verdict.NOT_YET


@dataclass(frozen=True, kw_only=True)
class Marker:
    """Somebody who may mark in a cohort. languages: those she reads, her own first. waiting: allotted, not marked."""

    id: int
    languages: Sequence[str]
    waiting: int
    in_conflict: bool = False


def allot(language: str, markers: Collection[Marker]) -> int | None:
    """Who marks an answer in this language: of those who read it whoever has least waiting.

    Where nobody reads it, whoever has least waiting at all; None where everybody has a conflict of interest or there
    is nobody: a coordinator then sees it.
    """
    free = [marker for marker in markers if not marker.in_conflict]
    readers = [marker for marker in free if language in marker.languages] or free
    if not readers:
        return None
    return min(readers, key=lambda marker: (marker.waiting, _rank(language, marker), marker.id)).id


def _rank(language: str, marker: Marker) -> int:
    return list(marker.languages).index(language) if language in marker.languages else len(marker.languages)


@dataclass(frozen=True, kw_only=True)
class Holding:
    """The last time somebody saved marks of an answer."""

    by: int
    at: datetime
    is_final: bool


def holder(last: Holding | None, *, reader: int, at: datetime) -> Holding | None:
    """Whoever else is marking this now; None where the reader may mark it."""
    if last is None or last.by == reader or last.is_final or at - last.at >= HOLDS:
        return None
    return last


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a typed text, to which comments are anchored. Line breaks inside one stay."""
    blocks = text.replace("\r\n", "\n").split("\n\n")
    return [block.strip("\n") for block in blocks if block.strip()]
