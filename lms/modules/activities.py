"""What other packages add to a course: tasks in its outline, a question under a lesson.

`modules` stands below them, so it is told at the start who gives these (docs/decisions/0013); see `lms.app`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from flask import Flask, current_app
from markupsafe import Markup

from lms.cohorts.queries.seats import Seat

from .rules import Activity

FindActivities: TypeAlias = Callable[[Seat, str], Sequence[Activity]]
"""The tasks of a cohort for one person, in a language, in the order of the course."""

BelowLesson: TypeAlias = Callable[[Any], Markup]
"""What stands under the text of a lesson; it is given its `queries.LessonPlace`."""


@dataclass(frozen=True)
class Providers:
    """Who gives what."""

    activities: FindActivities
    below_lesson: BelowLesson


def init_activities(app: Flask, providers: Providers) -> None:
    """Say who gives activities; once, at the start."""
    app.extensions["activities"] = providers


def activities_of(seat: Seat, language: str) -> Sequence[Activity]:
    """The tasks of a cohort for one person."""
    return _providers().activities(seat, language)


def below_lesson(place: Any) -> Markup:
    """What stands under a lesson."""
    return _providers().below_lesson(place)


def _providers() -> Providers:
    return cast(Providers, current_app.extensions["activities"])
