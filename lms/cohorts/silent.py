"""Who is silent: told by the step that sees what people do.

`cohorts` stands below what they do, so it is told at the start who knows (docs/decisions/0013); see `lms.app`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias, cast

from flask import Flask, current_app
from sqlalchemy import ColumnElement

from .models import Cohort

SayWhoIsSilent: TypeAlias = Callable[[Cohort, datetime], ColumnElement[bool]]
"""A condition over Enrolment: who of a cohort has left no trace for seven whole days."""


def init_silent(app: Flask, say: SayWhoIsSilent) -> None:
    """Say who knows; once, at the start."""
    app.extensions["silent"] = say


def is_silent(cohort: Cohort, *, at: datetime) -> ColumnElement[bool]:
    """Who of the cohort is silent, as a condition over Enrolment."""
    return cast(SayWhoIsSilent, current_app.extensions["silent"])(cohort, at)
