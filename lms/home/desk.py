"""A coordinator's cohort: at a glance, its participants, and the table that is taken along."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from lms.accounts.models import Person
from lms.accounts.session import me
from lms.cohorts.models import Cohort
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries import desk as desks
from lms.cohorts.queries.desk import Desk
from lms.cohorts.rules.completion import Part, Record, Requirement, is_complete, judge
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.courses.rules import Naming
from lms.kernel import clock
from lms.kernel.sheets.writing import Cell
from lms.web.http import allow
from lms.web.languages import NAMES, page_language
from lms.web.tables import send_table

from .person import state_words
from .queries import overview, people, ready
from .queries.people import Line, Show

bp = Blueprint("desk", __name__, template_folder="templates", url_prefix="/<lang:lang>/cohort/<uuid:cohort_id>")
RUN = CohortPermission.RUN


@bp.get("")
@allow(RUN, on=desks.find_desk)
def cohort(desk: Desk) -> ResponseReturnValue:
    """What needs her first, then how the cohort is doing."""
    at = clock.now()
    return render_template(
        "home/cohort.html",
        desk=desk,
        now=at,
        view=overview.overview_of(me(), desk.cohort, language=page_language(), at=at),
    )


@bp.get("/people")
@allow(RUN, on=desks.find_desk)
def participants(desk: Desk) -> ResponseReturnValue:
    """The participants by alias, 25 a page."""
    show = request.args.get("show", Show.ALL, type=Show)
    number = request.args.get("page", 1, type=int)
    return render_template(
        "home/people.html",
        desk=desk,
        show=show,
        page=people.page_of(me(), desk.cohort, show=show, number=number, at=clock.now()),
        state_word=partial(state_word, words=state_words()),
    )


@dataclass(frozen=True, kw_only=True)
class Table:
    """The participants of a cohort as a file of some kind, for the policy."""

    cohort: Cohort
    kind: str

    @property
    def enrolment(self) -> None:
        """Staff take no part."""
        return None


def find_table(who: Person, cohort_id: UUID, kind: str) -> Table | None:
    """The table of an address."""
    desk = desks.find_desk(who, cohort_id)
    return None if desk is None else Table(cohort=desk.cohort, kind=kind)


@bp.get("/people/table.<any(csv,xlsx):kind>")
@allow(RUN, on=find_table)
def table(wanted: Table) -> ResponseReturnValue:
    """Aliases, languages, states and progress of all participants, to take along."""
    header = [
        _("Alias"), _("Course language"), _("State"), _("Group"), _("Lessons read"), _("Lessons open"),
        _("Work handed in"), _("Work open"),
    ]  # fmt: skip
    return send_table("people", _("People"), header, _rows(wanted.cohort), kind=wanted.kind)


def _rows(cohort: Cohort) -> Iterator[Sequence[Cell]]:
    found, words = people.table_of(me(), cohort, at=clock.now()), state_words()
    for line in found.lines:
        yield [
            line.alias,
            NAMES.get(line.language, line.language),
            state_word(line, words),
            line.group,
            line.lessons,
            found.open_lessons,
            line.handed_in,
            found.open_tasks,
        ]


def state_word(line: Line, words: Mapping[EnrolmentState, str]) -> str:
    """Where she stands, in a word; whoever has not come yet is neither active nor paused."""
    if not line.has_come and line.state in (EnrolmentState.ACTIVE, EnrolmentState.PAUSED):
        return _("Not come yet")
    return words[line.state]


def find_named_desk(who: Person, cohort_id: UUID) -> Desk | None:
    """The cohort of an address, if it is one with names: only those have a list of who is ready."""
    desk = desks.find_desk(who, cohort_id)
    return desk if desk is not None and desk.cohort.naming is Naming.NAMED else None


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """One participant of a pre-work. requirements: none where nothing is shown to this reader."""

    line: ready.ReadyLine
    requirements: Sequence[Requirement]

    @property
    def is_ready(self) -> bool:
        """Whether everything is there that the rule asks for."""
        return is_complete(self.requirements)


@bp.get("/ready")
@allow(RUN, on=find_named_desk)
def readiness(desk: Desk) -> ResponseReturnValue:
    """Who is ready for what follows the pre-work, and what others lack."""
    page = ready.page_of(me(), desk.cohort, number=request.args.get("page", 1, type=int))
    rule = desk.cohort.rule()
    rows = [
        Readiness(line=line, requirements=[] if line.record is None else judge(rule, line.record)) for line in page.rows
    ]
    return render_template(
        "home/ready.html",
        desk=desk,
        page=page,
        rows=rows,
        tasks=ready.titles_of(desk.cohort, page_language()),
        lacks_check=ready.lacks_check(desk.cohort),
    )


def find_ready_table(who: Person, cohort_id: UUID, kind: str) -> Table | None:
    """The table of an address, if the cohort is one with names."""
    desk = find_named_desk(who, cohort_id)
    return None if desk is None else Table(cohort=desk.cohort, kind=kind)


@bp.get("/ready/table.<any(csv,xlsx):kind>")
@allow(RUN, on=find_ready_table)
def ready_table(wanted: Table) -> ResponseReturnValue:
    """Who is ready, with a number for each part of the rule, to take along."""
    words = _part_words()
    parts = [one.part for one in judge(wanted.cohort.rule(), Record(activities_done=0, activities_of=0))]
    header = [pgettext("person", "Name"), _("Course language"), _("State"), *(words[part] for part in parts)]
    return send_table("ready", _("Who is ready"), header, _ready_rows(wanted.cohort, parts), kind=wanted.kind)


def _part_words() -> dict[Part, str]:
    return {
        Part.ACTIVITIES: _("Activities done, in per cent"),
        Part.QUIZZES: _("Graded quizzes passed"),
        Part.ASSIGNMENTS: _("Assignments that meet the standard"),
        Part.LIVE_SESSIONS: _("Live sessions attended or substituted"),
        Part.SIMULATION: _("The simulation, or the paper that stands for it"),
        Part.READINESS: _("Readiness check, in per cent"),
    }


def _ready_rows(cohort: Cohort, parts: Sequence[Part]) -> Iterator[Sequence[Cell]]:
    """Nothing but the name and language of whom this reader is not shown, and of those who have still to come."""
    rule = cohort.rule()
    for line in ready.table_of(me(), cohort):
        judged = [] if line.record is None else judge(rule, line.record)
        state = _("Not come yet") if not line.has_come else _ready_word(judged) if line.record else None
        have = {one.part: one.have for one in judged}
        yield [line.alias, NAMES.get(line.language, line.language), state, *(have.get(part) for part in parts)]


def _ready_word(judged: Sequence[Requirement]) -> str:
    return _("Ready") if is_complete(judged) else _("Not ready yet")
