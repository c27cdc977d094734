"""In which cohort somebody takes part: told by the package that knows. `safety` stands below it; see `lms.app`."""

from collections.abc import Callable
from typing import TypeAlias, cast

from flask import Flask, current_app

CohortOf: TypeAlias = Callable[[int], int | None]
"""The number of the cohort in which a person, by number, takes part now or took part last; None for none."""


def init_courses(app: Flask, cohort_of: CohortOf) -> None:
    """Say who knows; once, at the start."""
    app.extensions["cohort_of"] = cohort_of


def cohort_of(person_id: int) -> int | None:
    """The cohort that a report of hers belongs to."""
    return cast(CohortOf, current_app.extensions["cohort_of"])(person_id)
