"""The list of results of a cohort as rows of a table that is taken along: aliases, numbers and a few words."""

from collections.abc import Iterable, Iterator, Sequence

from flask_babel import gettext as _
from flask_babel import pgettext

from lms.cohorts.rules.completion import CompletionRule
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.rules.facts import FactKind
from lms.kernel.sheets.writing import Cell

from .queries.book import BookRow


def header() -> list[str]:
    """The headings, in the language of the page."""
    return [
        _("Alias"),
        _("Activities, per cent"),
        _("Quizzes, mean, per cent"),
        _("Assignments that meet"),
        _("Assignments needed"),
        _("Being marked"),
        _("Marked, not released"),
        _("Returned for a new version"),
        _("Live or written"),
        _("Sessions needed"),
        _("Simulation"),
        _("Completion"),
        _("Things open"),
    ]


def rows(rule: CompletionRule, found: Iterable[BookRow]) -> Iterator[Sequence[Cell]]:
    """One row for each participant; of whom nothing is shown to this reader, no more than on the page."""
    for row in found:
        standing = row.standing
        if standing is None:
            yield [row.alias, *[None] * 10, _("Not shown to you: conflict of interest, or your own."), None]
            continue
        yield [
            row.alias,
            standing.activities_percent,
            standing.quizzes_percent,
            standing.meets,
            standing.needed,
            standing.being_marked,
            standing.marked,
            standing.returned,
            row.live_sessions,
            rule.live_sessions,
            simulation_word(row.simulation),
            completion_word(row),
            len(standing.missing),
        ]


def simulation_word(kind: FactKind | None) -> str | None:
    """How she took part in the simulation."""
    if kind is None:
        return None
    return pgettext("simulation", "Took part") if kind is FactKind.SIMULATION else _("Alternative paper")


def completion_word(row: BookRow) -> str:
    """Where she stands on the way to completion, in a word: what was decided goes before what is there."""
    if row.state is EnrolmentState.COMPLETED:
        return _("Completed")
    if row.state is EnrolmentState.PARTICIPATED:
        return _("Took part")
    if row.is_paused:
        return _("Paused")
    if row.is_met:
        return _("All met")
    if row.standing is None or row.standing.missing:
        return pgettext("results", "Open")
    return _("On the way")
