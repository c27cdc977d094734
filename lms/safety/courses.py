"""In which cohort somebody takes part: told by the package that knows. `safety` stands below it; see `lms.app`."""

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast
from uuid import UUID

from flask import Flask, current_app

CohortOf: TypeAlias = Callable[[int], int | None]
"""The number of the cohort in which a person, by number, takes part now or took part last; None for none."""


CohortsBy: TypeAlias = Callable[[Sequence[int] | None], Sequence[tuple[UUID, str]]]
"""Cohorts by number, or all for None: the id in addresses and the title for the reader, the newest first."""


def init_courses(app: Flask, cohort_of: CohortOf, cohorts_by: CohortsBy) -> None:
    """Say who knows; once, at the start."""
    app.extensions["cohort_of"], app.extensions["cohorts_by"] = cohort_of, cohorts_by


def cohort_of(person_id: int) -> int | None:
    """The cohort that a report of hers belongs to."""
    return cast(CohortOf, current_app.extensions["cohort_of"])(person_id)


def cohorts_by(numbers: Sequence[int] | None) -> Sequence[tuple[UUID, str]]:
    """The cohorts for whose safety somebody cares."""
    return cast(CohortsBy, current_app.extensions["cohorts_by"])(numbers)
