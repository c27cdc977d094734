"""When a course is completed, and what is missing: one pure function, from which the page explains itself too.

Rule: docs/domain.md 1.4 (completion rule, programme A) and 1.5 (gate, programme B). The numbers are data of a cohort; a
part that is None or False is switched off there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from ..errors import RuleOutOfBounds

MOST_SESSIONS = 60


@dataclass(frozen=True, kw_only=True)
class CompletionRule:
    """What has to be there.

    activities_percent: of the activities of published modules. quiz_pass_percent: in every graded quiz, best attempt.
    assignments: how many graded ones meet the standard; assignment_meets_percent: the weighted score that does.
    live_sessions: attended or substituted in writing. simulation: played, or the alternative paper handed in.
    readiness_check_percent: in the readiness check of a pre-work.
    """

    activities_percent: int | None = None
    quiz_pass_percent: int | None = None
    assignments: int | None = None
    assignment_meets_percent: int | None = None
    live_sessions: int | None = None
    simulation: bool = False
    readiness_check_percent: int | None = None

    def as_data(self) -> dict[str, int | bool]:
        """What is stored: the parts that are switched on."""
        return {name: value for name, value in asdict(self).items() if value is not None and value is not False}


def rule_from(data: Mapping[str, Any]) -> CompletionRule:
    """The rule of a cohort or a pack. Raises RuleOutOfBounds for what no page offers."""
    known = {field.name for field in fields(CompletionRule)}
    if not set(data) <= known:
        raise RuleOutOfBounds
    rule = CompletionRule(**data)
    check_rule(rule)
    return rule


def check_rule(rule: CompletionRule) -> None:
    """Refuse numbers that nobody can mean. Raises RuleOutOfBounds."""
    percents = (
        rule.activities_percent, rule.quiz_pass_percent, rule.assignment_meets_percent, rule.readiness_check_percent,
    )  # fmt: skip
    counts = (rule.assignments, rule.live_sessions)
    if not all(value is None or 1 <= value <= 100 for value in percents):
        raise RuleOutOfBounds
    if not all(value is None or 1 <= value <= MOST_SESSIONS for value in counts):
        raise RuleOutOfBounds


class Part(StrEnum):
    """The parts of a rule, in the order in which they are told."""

    ACTIVITIES = "activities"
    QUIZZES = "quizzes"
    ASSIGNMENTS = "assignments"
    LIVE_SESSIONS = "live sessions"
    SIMULATION = "simulation"
    READINESS = "readiness"


@dataclass(frozen=True, kw_only=True)
class Quiz:
    """A graded quiz and her best result there; None while she has handed in none. is_readiness: the gate's check."""

    node_id: str
    best_percent: int | None
    is_readiness: bool = False


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A graded assignment. meets: None while no mark is released."""

    node_id: str
    meets: bool | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one participant has done, as far as a rule asks for it.

    activities_done of activities_of: lessons read and tasks handed in, of what is published. live_sessions: attended
    or substituted, entered by hand. has_simulation: played or substituted, entered by hand.
    """

    activities_done: int
    activities_of: int
    quizzes: Sequence[Quiz] = ()
    assignments: Sequence[Assignment] = ()
    live_sessions: int = 0
    has_simulation: bool = False


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One part of the rule against one record.

    needed and have: in the unit of the part: per cent, quizzes, assignments, sessions. open_nodes: the tasks that still
    have to be passed or met, in the order of the course; empty where the part names none.
    """

    part: Part
    needed: int
    have: int
    is_met: bool
    open_nodes: tuple[str, ...] = ()


def judge(rule: CompletionRule, record: Record) -> list[Requirement]:
    """Every part that is switched on, in order."""
    found = [
        _activities(rule.activities_percent, record),
        _quizzes(rule.quiz_pass_percent, record),
        _assignments(rule.assignments, record),
        _at_least(Part.LIVE_SESSIONS, rule.live_sessions, record.live_sessions),
        _at_least(Part.SIMULATION, 1 if rule.simulation else None, int(record.has_simulation)),
        _readiness(rule.readiness_check_percent, record),
    ]
    return [requirement for requirement in found if requirement is not None]


def is_complete(requirements: Sequence[Requirement]) -> bool:
    """Whether every part is met. A rule without parts completes nobody by itself: a person decides."""
    return bool(requirements) and all(requirement.is_met for requirement in requirements)


def _activities(needed: int | None, record: Record) -> Requirement | None:
    if needed is None:
        return None
    # Rounded down for showing; whether it is enough is decided on the whole numbers.
    have = record.activities_done * 100 // record.activities_of if record.activities_of else 0
    is_met = record.activities_of > 0 and record.activities_done * 100 >= needed * record.activities_of
    return Requirement(part=Part.ACTIVITIES, needed=needed, have=have, is_met=is_met)


def _quizzes(percent: int | None, record: Record) -> Requirement | None:
    quizzes = [quiz for quiz in record.quizzes if not quiz.is_readiness]
    if percent is None:
        return None
    waiting = tuple(quiz.node_id for quiz in quizzes if quiz.best_percent is None or quiz.best_percent < percent)
    passed = len(quizzes) - len(waiting)
    return Requirement(
        part=Part.QUIZZES, needed=len(quizzes), have=passed, is_met=bool(quizzes) and not waiting, open_nodes=waiting
    )


def _assignments(needed: int | None, record: Record) -> Requirement | None:
    if needed is None:
        return None
    met = sum(assignment.meets is True for assignment in record.assignments)
    waiting = tuple(one.node_id for one in record.assignments if one.meets is not True)
    is_met = met >= needed
    return Requirement(
        part=Part.ASSIGNMENTS, needed=needed, have=met, is_met=is_met, open_nodes=() if is_met else waiting
    )


def _readiness(percent: int | None, record: Record) -> Requirement | None:
    if percent is None:
        return None
    checks = [quiz for quiz in record.quizzes if quiz.is_readiness]
    best = max((quiz.best_percent or 0 for quiz in checks), default=0)
    is_met = bool(checks) and best >= percent
    waiting = () if is_met else tuple(quiz.node_id for quiz in checks)
    return Requirement(part=Part.READINESS, needed=percent, have=best, is_met=is_met, open_nodes=waiting)


def _at_least(part: Part, needed: int | None, have: int) -> Requirement | None:
    return None if needed is None else Requirement(part=part, needed=needed, have=have, is_met=have >= needed)
