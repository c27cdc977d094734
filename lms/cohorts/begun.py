"""Who has begun what: told by the packages that hold what people do.

`cohorts` stands below them, so it is told at the start who counts (docs/decisions/0013); see `lms.app`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias, cast

from flask import Flask, current_app

CountBegun: TypeAlias = Callable[[int, Collection[str]], Mapping[str, int]]
"""How many people of a cohort, by its number, have begun each of these nodes; a node that nobody began is absent."""


def init_begun(app: Flask, counters: Sequence[CountBegun]) -> None:
    """Say who counts; once, at the start."""
    app.extensions["begun"] = tuple(counters)


def people_who_began(cohort_id: int, nodes: Collection[str]) -> Mapping[str, int]:
    """How many people of the cohort have begun each node."""
    if not nodes:
        return {}
    counters = cast(Sequence[CountBegun], current_app.extensions["begun"])
    found: Counter[str] = Counter()
    for count in counters:
        found.update(count(cohort_id, nodes))
    return found
