"""Reading what makes and changes the frame of a cohort: programmes and versions, cohorts, what their calendar dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Integer, Select, bindparam, func, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.courses.models import Module, Programme, Task, Version
from lms.courses.rules import ByLanguage, TaskKind, Told, tell
from lms.kernel.db import db

from ..models import CalendarEntry, Cohort, Enrolment
from ..policy import as_reader, run_by
from ..rules.enrolment import UNDER_WAY
from ..rules.planning import NodeKind, Plan, PlannedNode, TaskToPlan
from ..rules.wallclock import Wall, wall_of

ROWS_A_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class CohortLine:
    """One line of the coordinator's list. under_way: how many have the course before them."""

    cohort: Cohort
    under_way: int

    def title(self, language: str) -> Told:
        """The cohort's title for a page in this language."""
        return tell(self.cohort.title, language, self.cohort.version.required_languages)


def cohorts_run_by(who: Person, *, page: int) -> Sequence[CohortLine]:
    """The cohorts that somebody coordinates, newest first, with one more than a page shows."""
    rows = db.session.execute(_run(), {**as_reader(who), "passed": (page - 1) * ROWS_A_PAGE})
    return [CohortLine(cohort=cohort, under_way=number) for cohort, number in rows]


@cache
def _run() -> Select[Cohort, int]:
    under_way = (
        select(func.count())
        .where(Enrolment.cohort_id == Cohort.id, Enrolment.state.in_(UNDER_WAY))
        .correlate(Cohort)
        .scalar_subquery()
    )
    return (
        select(Cohort, under_way)
        .join(Cohort.version)
        .where(run_by())
        .options(contains_eager(Cohort.version))
        .order_by(Cohort.starts_on.desc(), Cohort.id.desc())
        .offset(bindparam("passed", type_=Integer))
        .limit(ROWS_A_PAGE + 1)
    )


@dataclass(frozen=True, kw_only=True)
class PublishedLine:
    """A version of a programme for those who found cohorts."""

    version: Version
    modules: int

    def title(self, language: str) -> Told:
        """What it is called on a page in this language."""
        return tell(self.version.title, language, self.version.required_languages)


def published() -> Sequence[PublishedLine]:
    """Every version of every programme, programmes by their address, newest version first."""
    modules = select(func.count()).where(Module.version_id == Version.id).correlate(Version).scalar_subquery()
    rows = db.session.execute(
        select(Version, modules)
        .join(Version.programme)
        .options(contains_eager(Version.programme))
        .order_by(Programme.slug, Version.number.desc())
    )
    return [PublishedLine(version=version, modules=number) for version, number in rows]


@dataclass(frozen=True, kw_only=True)
class DatedNode:
    """A module, which opens, or a task, which is due. number: of its module, from 1."""

    node_id: str
    kind: NodeKind
    module: str
    number: int
    title: ByLanguage


def dated_nodes(version: Version) -> Sequence[DatedNode]:
    """What the calendar of a version dates, each module followed by its graded quizzes and its assignments."""
    found: dict[str, DatedNode] = {}
    for module, task in db.session.execute(_modules_and_tasks(), {"version_id": version.id}):
        found[module.node_id] = _module(module)
        if task is not None and _needs_date(task):
            found[task.node_id] = _task(task, module)
    return list(found.values())


@cache
def _modules_and_tasks() -> Select[Module, Task]:
    return (
        select(Module, Task)
        .outerjoin(Task, (Task.module_id == Module.id) & (Task.kind != TaskKind.CHECKPOINT))
        .where(Module.version_id == bindparam("version_id"))
        .order_by(Module.position, Task.position)
    )


def _module(module: Module) -> DatedNode:
    return DatedNode(
        node_id=module.node_id,
        kind=NodeKind.MODULE,
        module=module.node_id,
        number=module.position,
        title=module.title,
    )


def _task(task: Task, module: Module) -> DatedNode:
    assert task.title is not None
    return DatedNode(
        node_id=task.node_id,
        kind=NodeKind.TASK,
        module=module.node_id,
        number=module.position,
        title=task.title,
    )


def _needs_date(task: Task) -> bool:
    return task.kind is TaskKind.ASSIGNMENT or bool(task.body.get("graded"))


def to_plan(nodes: Sequence[DatedNode]) -> tuple[list[str], list[TaskToPlan]]:
    """The same as a suggestion takes it: modules, and tasks."""
    modules = [node.node_id for node in nodes if node.kind is NodeKind.MODULE]
    tasks = [
        TaskToPlan(node_id=node.node_id, module=node.module, needs_date=True)
        for node in nodes
        if node.kind is NodeKind.TASK
    ]
    return modules, tasks


def plan_of(cohort: Cohort, nodes: Sequence[DatedNode], entries: Sequence[CalendarEntry]) -> Plan:
    """The calendar as clocks show it where the cohort is."""
    dates = {entry.node_id: entry for entry in entries}
    return Plan(
        zone=cohort.zone,
        starts_on=cohort.starts_on,
        ends_on=cohort.ends_on,
        nodes=[_planned(node, dates.get(node.node_id), cohort.zone) for node in nodes],
    )


def _planned(node: DatedNode, entry: CalendarEntry | None, zone: str) -> PlannedNode:
    opens_at, due_at = (entry.opens_at, entry.due_at) if entry is not None else (None, None)
    return PlannedNode(
        node_id=node.node_id,
        kind=node.kind,
        module=node.module,
        opens=_wall(opens_at, zone) if node.kind is NodeKind.MODULE else None,
        due=_wall(due_at, zone) if node.kind is NodeKind.TASK else None,
    )


def _wall(moment: datetime | None, zone: str) -> Wall | None:
    return None if moment is None else wall_of(moment, zone)
