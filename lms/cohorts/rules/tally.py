"""What a cohort counts of its places, so that no list has to look at all of them.

A count is named by its kind and by a word. Places: by state, language and whether she came. Modules: by their node id,
of whoever came and takes or took part. Weeks are counted one by one as people come back, and are no part of a place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

from .enrolment import MAY_READ, EnrolmentState


class Count(StrEnum):
    """What is counted."""

    PLACE = "place"
    MODULE = "module"
    WEEK = "week"


Name: TypeAlias = tuple[Count, str]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is counted of one place. finished: node ids of the modules in which she has done everything."""

    language: str
    state: EnrolmentState
    has_come: bool
    finished: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Places:
    """How many places are alike."""

    language: str
    state: EnrolmentState
    has_come: bool
    people: int


def counted_as(standing: Standing) -> Iterator[Name]:
    """Under which names a place is counted."""
    came = "come" if standing.has_come else "awaited"
    yield Count.PLACE, f"{standing.state} {came} {standing.language}"
    if standing.has_come and standing.state in MAY_READ:
        for module in standing.finished:
            yield Count.MODULE, module


def difference(before: Iterable[Standing], after: Iterable[Standing]) -> Mapping[Name, int]:
    """By how much each count changes; those that stay are absent."""
    changes: Counter[Name] = Counter()
    for standing in after:
        changes.update(counted_as(standing))
    for standing in before:
        changes.subtract(counted_as(standing))
    return {name: change for name, change in changes.items() if change}


def read_places(counts: Mapping[str, int]) -> list[Places]:
    """The counts of places as values."""
    found = []
    for name, people in counts.items():
        state, came, language = name.split(" ", 2)
        found.append(
            Places(language=language, state=EnrolmentState(state), has_come=came == "come", people=people),
        )
    return found


def week_of(day: date, starts_on: date) -> date:
    """On which day the week of the course begins in which a day lies; also before the first and after the last."""
    return day - timedelta(days=(day - starts_on).days % 7)


def begins_week(day: date, last: date | None, starts_on: date) -> bool:
    """Whether somebody who was last active on a day is active for the first time in her week."""
    return last is None or week_of(last, starts_on) < week_of(day, starts_on)
