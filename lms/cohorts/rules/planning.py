"""The calendar of a cohort as a plan: suggested, moved, looked over, and turned into moments.

All days and times are those that clocks show in the cohort's own zone.
Rule: docs/domain.md 1.4 (modules open weekly, dates against feasts); docs/security/threat-model.md R14.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise

from .feasts import Feast, FeastDay, feasts_between, feasts_on
from .wallclock import Wall, moment_of, moments_at, next_wall

LONGEST = timedelta(days=370)
"""A year with some days to spare; what lies farther off is a slip in the year."""

LEAST_TIME = timedelta(days=3)
"""Less than this between opening and deadline is gone with one long cut of the line."""

Moments = tuple[datetime | None, datetime | None]
"""When a node opens and when it is due, in UTC."""


class NodeKind(StrEnum):
    """What of a programme a calendar may date."""

    MODULE = "module"
    TASK = "task"


class Part(StrEnum):
    """Which date of a node is meant."""

    OPENS = "opens"
    DUE = "due"


@dataclass(frozen=True, kw_only=True)
class PlannedNode:
    """A module or task with its dates; None where it has none.

    module: the node it belongs to, for a module itself. opens_asked, due_asked: the local time that was asked for and
    does not exist, where a suggestion stands at the next one instead.
    """

    node_id: str
    kind: NodeKind
    module: str
    opens: Wall | None = None
    due: Wall | None = None
    opens_asked: Wall | None = None
    due_asked: Wall | None = None


@dataclass(frozen=True, kw_only=True)
class TaskToPlan:
    """A task of the programme. needs_date: it is graded or an assignment, so it is due some day."""

    node_id: str
    module: str
    needs_date: bool


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The dates of a whole cohort, its nodes in the programme's order. zone: one that `wallclock.is_zone` knows."""

    zone: str
    starts_on: date
    ends_on: date
    nodes: Sequence[PlannedNode]


class WarningKind(StrEnum):
    """What may be wrong with dates."""

    ENDS_BEFORE_START = "ends before start"
    TOO_LONG = "too long"
    NO_SUCH_TIME = "no such time"
    TWICE = "twice"
    DUE_BEFORE_OPEN = "due before open"
    SHIFTED = "shifted"
    OUT_OF_ORDER = "out of order"
    DUE_SOON = "due soon"
    OUTSIDE = "outside"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"
    FEAST = "feast"
    RAMADAN = "ramadan"


FATAL = frozenset(
    {
        WarningKind.ENDS_BEFORE_START,
        WarningKind.TOO_LONG,
        WarningKind.NO_SUCH_TIME,
        WarningKind.TWICE,
        WarningKind.DUE_BEFORE_OPEN,
    }
)
"""A plan with one of these is not saved; all others are for a person to weigh."""

WEEKEND = {4: WarningKind.FRIDAY, 5: WarningKind.SATURDAY, 6: WarningKind.SUNDAY}
"""Days of the week, from Monday as 0, that are off in some setting."""


@dataclass(frozen=True, kw_only=True)
class Warning:
    """One thing to look at.

    node_id: None for the whole plan. part: None where no single date is meant. other_id: the module before, or the one
    that opens the task. clock: the local time that does not exist, comes twice, or was asked for before a shift.
    instead: the next that exists. until: the last day of a span that begins on `day`. dates: how many fall into it.
    """

    kind: WarningKind
    node_id: str | None
    day: date
    part: Part | None = None
    other_id: str | None = None
    feasts: tuple[FeastDay, ...] = ()
    clock: time | None = None
    instead: Wall | None = None
    until: date | None = None
    dates: int = 0

    @property
    def is_fatal(self) -> bool:
        """Whether the plan cannot be saved with it."""
        return self.kind in FATAL


def suggest(
    modules: Sequence[str],
    tasks: Sequence[TaskToPlan],
    *,
    zone: str,
    first_open: date,
    clock: time,
    weeks_each: int = 1,
    due_after_days: int = 13,
    due_clock: time = time(18),
) -> list[PlannedNode]:
    """Dates to begin with, each module followed by its tasks.

    Modules open on the weekday of the first one; tasks that need a date are due so many days after their module opens.
    A local time that does not exist is moved to the next that does, which `look_over` tells.
    """
    assert {task.module for task in tasks} <= set(modules)
    nodes = []
    for number, module in enumerate(modules):
        day = first_open + number * timedelta(weeks=weeks_each)
        opens, asked = _settle(Wall(day=day, clock=clock), zone)
        nodes.append(PlannedNode(node_id=module, kind=NodeKind.MODULE, module=module, opens=opens, opens_asked=asked))
        due = Wall(day=day + timedelta(days=due_after_days), clock=due_clock)
        nodes += [_planned(task, due, zone) for task in tasks if task.module == module]
    return nodes


def suggest_plan(
    modules: Sequence[str], tasks: Sequence[TaskToPlan], *, zone: str, first: Wall, weeks_each: int = 1
) -> Plan:
    """The same with the first and last day around it: a week to arrive before, and behind the last module its own
    weeks, one to catch up and one to close.
    """
    nodes = suggest(modules, tasks, zone=zone, first_open=first.day, clock=first.clock, weeks_each=weeks_each)
    last_open = first.day + max(len(modules) - 1, 0) * timedelta(weeks=weeks_each)
    return Plan(
        zone=zone,
        starts_on=first.day - timedelta(weeks=1),
        ends_on=last_open + timedelta(weeks=weeks_each + 2),
        nodes=nodes,
    )


def take_first_of_two(plan: Plan) -> Plan:
    """The same plan, where every time that clocks show twice is meant to be the first, unless somebody said which."""
    return replace(
        plan,
        nodes=[
            replace(node, opens=_first_of_two(node.opens, plan.zone), due=_first_of_two(node.due, plan.zone))
            for node in plan.nodes
        ],
    )


def _first_of_two(wall: Wall | None, zone: str) -> Wall | None:
    if wall is None or wall.second is not None or len(moments_at(wall.day, wall.clock, zone)) < 2:
        return wall
    return replace(wall, second=False)


def weeks_between(plan: Plan) -> int:
    """How many whole weeks lie between the first two modules that have a date; one where that cannot be said."""
    days = [node.opens.day for node in plan.nodes if node.kind is NodeKind.MODULE and node.opens is not None]
    return max((days[1] - days[0]).days // 7, 1) if len(days) > 1 else 1


def _planned(task: TaskToPlan, due: Wall, zone: str) -> PlannedNode:
    node = PlannedNode(node_id=task.node_id, kind=NodeKind.TASK, module=task.module)
    if not task.needs_date:
        return node
    settled, asked = _settle(due, zone)
    return replace(node, due=settled, due_asked=asked)


def _settle(asked: Wall, zone: str) -> tuple[Wall, Wall | None]:
    """A local time that exists, and the one that was asked for if it does not."""
    settled = next_wall(asked.day, asked.clock, zone)
    return settled, asked if settled != asked else None


def move(plan: Plan, *, by_days: int) -> Plan:
    """The same plan so many days later, or earlier. Clocks show the same, and a multiple of 7 keeps the weekdays too.

    A time that a suggestion had to shift is again the one that was asked for.
    """
    by = timedelta(days=by_days)
    nodes = [
        replace(
            node,
            opens=_moved(node.opens_asked or node.opens, by),
            due=_moved(node.due_asked or node.due, by),
            opens_asked=None,
            due_asked=None,
        )
        for node in plan.nodes
    ]
    return replace(plan, starts_on=plan.starts_on + by, ends_on=plan.ends_on + by, nodes=nodes)


def _moved(wall: Wall | None, by: timedelta) -> Wall | None:
    return replace(wall, day=wall.day + by) if wall is not None else None


def moments_of(plan: Plan) -> dict[str, Moments]:
    """When each node opens and is due, by its id. Raises NoSuchTime, TwiceOnThatDay for one with what is fatal."""
    return {node.node_id: (_moment(node.opens, plan.zone), _moment(node.due, plan.zone)) for node in plan.nodes}


def _moment(wall: Wall | None, zone: str) -> datetime | None:
    return moment_of(wall.day, wall.clock, zone, second=wall.second) if wall is not None else None


def look_over(plan: Plan) -> list[Warning]:
    """All that a coordinator should look at: what is fatal first, then by day, then in the order of the nodes."""
    bounds = list(_bounds(plan))
    far = {warning.node_id for warning in bounds}
    near = replace(plan, nodes=[node for node in plan.nodes if node.node_id not in far])
    found = bounds + [warning for check in CHECKS for warning in check(near)]
    place: dict[str | None, int] = {node.node_id: number for number, node in enumerate(plan.nodes)}
    return sorted(found, key=lambda warning: (not warning.is_fatal, warning.day, place.get(warning.node_id, -1)))


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One date of a plan."""

    node: PlannedNode
    part: Part
    wall: Wall
    asked: Wall | None

    def warn(self, kind: WarningKind) -> Warning:
        """What every warning about this date says."""
        return Warning(kind=kind, node_id=self.node.node_id, day=self.wall.day, part=self.part)

    def moment(self, zone: str) -> datetime | None:
        """The moment that is meant; None while it does not exist, or comes twice and nobody said which."""
        moments = moments_at(self.wall.day, self.wall.clock, zone)
        if len(moments) == 2:
            return moments[self.wall.second] if self.wall.second is not None else None
        return moments[0] if moments else None


def _entries(plan: Plan) -> Iterator[_Entry]:
    for node in plan.nodes:
        if node.opens is not None:
            yield _Entry(node=node, part=Part.OPENS, wall=node.opens, asked=node.opens_asked)
        if node.due is not None:
            yield _Entry(node=node, part=Part.DUE, wall=node.due, asked=node.due_asked)


def _bounds(plan: Plan) -> Iterator[Warning]:
    """The plan as a whole, and each date whose year must be a slip."""
    if plan.ends_on < plan.starts_on:
        yield Warning(kind=WarningKind.ENDS_BEFORE_START, node_id=None, day=plan.ends_on)
    if plan.ends_on - plan.starts_on > LONGEST:
        yield Warning(kind=WarningKind.TOO_LONG, node_id=None, day=plan.ends_on)
    for entry in _entries(plan):
        if abs(entry.wall.day - plan.starts_on) > LONGEST:
            yield entry.warn(WarningKind.TOO_LONG)


def _times(plan: Plan) -> Iterator[Warning]:
    """Local times that clocks skip or show twice."""
    for entry in _entries(plan):
        wall, moments = entry.wall, moments_at(entry.wall.day, entry.wall.clock, plan.zone)
        if not moments:
            instead = next_wall(wall.day, wall.clock, plan.zone)
            yield replace(entry.warn(WarningKind.NO_SUCH_TIME), clock=wall.clock, instead=instead)
        if len(moments) == 2 and wall.second is None:
            yield replace(entry.warn(WarningKind.TWICE), clock=wall.clock)
        if entry.asked is not None:
            shifted = entry.warn(WarningKind.SHIFTED)
            yield replace(shifted, day=entry.asked.day, clock=entry.asked.clock, instead=wall)


def _order(plan: Plan) -> Iterator[Warning]:
    """Modules that open before the one before them; those without a date are passed over."""
    opened = [
        (entry, moment)
        for entry in _entries(plan)
        if entry.node.kind is NodeKind.MODULE and entry.part is Part.OPENS and (moment := entry.moment(plan.zone))
    ]
    for (before, earlier), (entry, moment) in pairwise(opened):
        if moment < earlier:
            yield replace(entry.warn(WarningKind.OUT_OF_ORDER), other_id=before.node.node_id)


def _deadlines(plan: Plan) -> Iterator[Warning]:
    """Tasks that are due before their module opens, or too soon after it by the clock on the wall."""
    opens = {entry.node.node_id: entry for entry in _entries(plan) if entry.part is Part.OPENS}
    for due in _entries(plan):
        opened = opens.get(due.node.module)
        if due.part is Part.OPENS or opened is None:
            continue
        opened_at, due_at = opened.moment(plan.zone), due.moment(plan.zone)
        if opened_at is None or due_at is None:
            continue
        if due_at <= opened_at:
            yield replace(due.warn(WarningKind.DUE_BEFORE_OPEN), other_id=opened.node.node_id)
        elif _shown(due.wall) - _shown(opened.wall) < LEAST_TIME:
            yield replace(due.warn(WarningKind.DUE_SOON), other_id=opened.node.node_id)


def _shown(wall: Wall) -> datetime:
    """What the clock shows, without a zone: three days are three days, also when one of them has 23 hours."""
    return datetime.combine(wall.day, wall.clock)


def _outside(plan: Plan) -> Iterator[Warning]:
    if plan.starts_on <= plan.ends_on:
        for entry in _entries(plan):
            if not plan.starts_on <= entry.wall.day <= plan.ends_on:
                yield entry.warn(WarningKind.OUTSIDE)


def _weekends(plan: Plan) -> Iterator[Warning]:
    for entry in _entries(plan):
        if kind := WEEKEND.get(entry.wall.day.weekday()):
            yield entry.warn(kind)


def _feasts(plan: Plan) -> Iterator[Warning]:
    """Single days; the month of Ramadan is told once."""
    for entry in _entries(plan):
        feasts = tuple(feast for feast in feasts_on(entry.wall.day) if feast.feast is not Feast.RAMADAN)
        if feasts:
            yield replace(entry.warn(WarningKind.FEAST), feasts=feasts)


def _ramadan(plan: Plan) -> Iterator[Warning]:
    """Each Ramadan into which dates fall, with their number."""
    days = [entry.wall.day for entry in _entries(plan)]
    spans = feasts_between(min(days), max(days)) if days else ()
    for span in spans:
        dates = sum(span.touches(day, day) for day in days)
        if span.feast is Feast.RAMADAN and dates:
            yield Warning(
                kind=WarningKind.RAMADAN,
                node_id=None,
                day=span.first_on,
                until=span.last_on,
                feasts=(span.day(),),
                dates=dates,
            )


CHECKS = (_times, _order, _deadlines, _outside, _weekends, _feasts, _ramadan)
