"""Deciding who completed a course: the rule does, and a person where it cannot (docs/decisions/0018, 0019)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from lms.accounts.models import Person
from lms.assessments.queries.completion import records_of
from lms.audit import services as audit
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import desk
from lms.cohorts.rules.completion import Requirement, is_complete, judge
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.cohorts.rules.telling import News, Subject
from lms.cohorts.services import moving, telling
from lms.cohorts.services.moving import NewMove
from lms.kernel.db import db

from ..models import Completion
from ..queries import deciding as queries
from ..rules.deciding import LEVELS, check_decision
from ..rules.facts import Level
from ..sealing import DECISION, seal

DECIDED = audit.act("certificates.completion.decided", "level")
TAKEN_UP_AGAIN = audit.act("certificates.completion.taken_up_again", "level")
CAN_BE_MADE = Subject(news=News.CERTIFICATE)


def complete_by_rule(cohort: Cohort, places: Sequence[int], *, at: datetime) -> int:
    """Complete those of these places whose requirements are all met now; how many. Doing it again changes nothing.

    places: by number; who is not under way any more is left out, and everybody once the cohort is closed.
    """
    cohort = desk.cohort_for_update(cohort.id)  # with the rule as it stands now
    if cohort.closed_at is not None:
        return 0
    waiting = queries.waiting_for_update(cohort, places)
    records = records_of(cohort, [enrolment.id for enrolment in waiting]) if waiting else {}
    before = queries.completions_of([enrolment.id for enrolment in waiting])
    rule, done = cohort.rule(), []
    for enrolment in waiting:
        requirements = judge(rule, records[enrolment.id])
        if not is_complete(requirements):
            continue
        moving.move_by_rule(enrolment, Move.COMPLETE, zone=cohort.zone, at=at)
        completion = before.get(enrolment.id) or _new(enrolment)
        _write(completion, cohort, Level.COMPLETED, requirements, by=None, at=at)
        done.append(enrolment)
    telling.tell_of_act(done, CAN_BE_MADE, at=at)
    return len(done)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a coordinator decides. seen: the state of the place that her page showed; reason: in her words."""

    move: Move
    seen: EnrolmentState
    reason: str


def decide(case: queries.Case, wanted: Decision, *, by: Person, at: datetime) -> None:
    """Confirm completion or participation, or take it up again. Of two coordinators at once one is refused.

    Raises BadDecision, CertificateIsValid, and what `move_place` of `cohorts` raises: MoveNotAllowed, ReasonNeeded,
    CohortFull, CohortClosed.
    """
    new = NewMove(move=wanted.move, seen=wanted.seen, reason=wanted.reason)
    enrolment = moving.move_place(case.participant.id, new, by=by, at=at)
    completion = queries.completion_of(enrolment.id)
    check_decision(wanted.move, has_valid=completion is not None and queries.has_valid(completion))
    if wanted.move is Move.REOPEN:
        telling.take_back(enrolment, CAN_BE_MADE)
        _take_up_again(completion, by=by, at=at)
        return
    cohort = desk.cohort_for_update(case.cohort.id)  # as it stands now, with its version
    requirements = judge(cohort.rule(), records_of(cohort, [enrolment.id])[enrolment.id])
    completion = completion or _new(enrolment)
    completion.reason = seal(enrolment.person, wanted.reason.strip(), place=DECISION)
    _write(completion, cohort, LEVELS[wanted.move], requirements, by=by, at=at)
    telling.tell_of_act([enrolment], CAN_BE_MADE, at=at)


def _take_up_again(completion: Completion | None, *, by: Person, at: datetime) -> None:
    """What was decided does not hold any more; its row stays only where old certificates hang on it."""
    if completion is None:
        return
    audit.record(TAKEN_UP_AGAIN, by=by.id, on=completion.id, at=at, level=(completion.level.value, None))
    if not queries.has_certificates(completion):
        db.session.delete(completion)


def _new(enrolment: Enrolment) -> Completion:
    completion = Completion(person_id=enrolment.person_id, enrolment_id=enrolment.id)
    db.session.add(completion)
    return completion


def _write(
    completion: Completion,
    cohort: Cohort,
    level: Level,
    requirements: Sequence[Requirement],
    *,
    by: Person | None,
    at: datetime,
) -> None:
    """Keep a decision with all that a certificate may say of it, so that later changes rewrite no history."""
    before = completion.level.value if completion.id is not None else None
    completion.level = level
    completion.course, completion.year, completion.hours = dict(cohort.version.title), cohort.year, cohort.hours
    completion.held_from, completion.held_to = cohort.starts_on, cohort.ends_on
    completion.rule, completion.requirements = dict(cohort.completion), [_as_data(one) for one in requirements]
    completion.decided_at, completion.by_id = at, by.id if by is not None else None
    if by is None:
        completion.reason = None
    db.session.flush()  # the audit entry needs its number
    audit.record(DECIDED, by=completion.by_id, on=completion.id, at=at, level=(before, level.value))


def _as_data(requirement: Requirement) -> dict[str, Any]:
    return {**asdict(requirement), "part": requirement.part.value, "open_nodes": list(requirement.open_nodes)}
