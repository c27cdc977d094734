"""Attempts that lie in the past, many at once: for a demo and for load tests, which are made in minutes this way.

What people did is given as values. It becomes the same rows as when they do it one by one: steps, states, scores and
receipts come from the functions that `taking` and `marking` use, and only the storing is another. Nobody is asked
whether she may: whoever calls this says what happened, so no page and no form does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries.seats import calendar_of
from lms.kernel.db import db

from ..errors import NotInAttempt
from ..models import Attempt, StepRow
from ..queries.catalogue import Task, catalogue
from ..queries.marking import Submission
from ..rules import marking as marks_rules
from ..rules import quizzes
from ..rules.attempts import Answered, AttemptState, HandIn, Step, StepKind, identify, next_state
from ..rules.marking import Act
from . import marking, taking
from .marking import FINAL, Sent
from .steps import NewStep


@dataclass(frozen=True, kw_only=True)
class PastAnswer:
    """An answer, and when it was received."""

    answered: Answered
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PastHandIn:
    """A hand-in, when it was received, and whose it became to mark."""

    sent: HandIn
    at: datetime
    marker: int | None = None


@dataclass(frozen=True, kw_only=True)
class PastMark:
    """Marks as somebody saved them. The number of the version is counted here."""

    sent: Sent
    act: Act
    by: Person
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PastRelease:
    """The release of finished marks."""

    operation: UUID
    by: Person
    at: datetime


@dataclass(frozen=True, kw_only=True)
class PastAttempt:
    """One attempt from its opening on, in the order in which it went. owner: the participant, with her key."""

    owner: Person
    enrolment: Enrolment
    task: Task
    number: int
    language: str
    seed: int
    opened_at: datetime
    answers: Sequence[PastAnswer] = ()
    hand_in: PastHandIn | None = None
    marks: Sequence[PastMark] = ()
    release: PastRelease | None = None


def add_attempts(cohort: Cohort, past: Sequence[PastAttempt]) -> None:
    """Store attempts with their steps: two statements, and one for the audit entries of marks.

    cohort: with its version. Raises NotInAttempt, NotNow and what marking refuses.
    """
    dues = {entry.node_id: entry.due_at for entry in calendar_of(cohort)}
    played = [_Play(cohort, one, dues.get(one.task.node_id)) for one in past]
    if not played:
        return
    numbers = db.session.scalars(
        insert(Attempt).returning(Attempt.id, sort_by_parameter_order=True), [_row(one.attempt) for one in played]
    ).all()
    steps = []
    for one, number in zip(played, numbers, strict=True):
        one.attempt.id = number
        steps += [EMPTY | step.values(number, state, opened_at=one.attempt.opened_at) for step, state in one.added]
    db.session.execute(insert(StepRow), steps)
    for one in played:
        one.audit()


EMPTY: dict[str, Any] = dict.fromkeys(column.name for column in StepRow.__table__.columns if column.name != "number")
"""All rows of one statement have the same columns."""


def _row(attempt: Attempt) -> dict[str, Any]:
    columns = (column.name for column in Attempt.__table__.columns)
    return {name: getattr(attempt, name) for name in columns if name != "id"}


class _Play:
    """Goes through one attempt step by step, without a database."""

    def __init__(self, cohort: Cohort, past: PastAttempt, due_at: datetime | None) -> None:
        self._cohort, self._past = cohort, past
        terms = quizzes.terms_of(
            past.task.quiz,
            quizzes.Allowance(),
            opened_at=past.opened_at,
            due_at=due_at,
            grace=timedelta(days=cohort.grace_days),
        )
        self.attempt = taking.new_attempt(
            cohort, past.enrolment, past.task, terms, number=past.number, language=past.language, seed=past.seed
        )
        self.added: list[tuple[NewStep, AttemptState]] = []
        self._steps: list[Step] = []
        self._final: list[tuple[PastMark, StepKind, AttemptState, AttemptState]] = []
        self._mark: Mapping[str, Any] = {}
        self._before_release = AttemptState.OPEN
        for answer in past.answers:
            self._answer(answer)
        if past.hand_in is not None:
            self._hand_in(past.hand_in)
        for version, mark in enumerate(past.marks):
            self._save_marks(mark, version)
        if past.release is not None:
            self._release(past.release)

    def _add(self, new: NewStep, data: Mapping[str, Any] | None) -> None:
        """Add a step. data: what it holds, opened."""
        state = next_state(self.attempt.state, new.kind)
        self.attempt.state = state
        self.added.append((new, state))
        self._steps.append(
            Step(
                number=len(self.added),
                operation=new.operation,
                kind=new.kind,
                question=new.question,
                sequence=new.sequence,
                written_at=new.at - new.held,
                received_at=new.at,
                language=new.language,
                data=data,
                flagged=new.flagged,
                state=state,
                receipt=new.receipt,
            )
        )

    def _answer(self, answer: PastAnswer) -> None:
        if answer.answered.question not in self.attempt.drawn:
            raise NotInAttempt
        step = taking.answer_step(self.attempt, answer.answered, by=self._past.owner, at=answer.at)
        self._add(step, answer.answered.data)

    def _hand_in(self, done: PastHandIn) -> None:
        by = self._past.owner.id
        step = taking.closing_step(self.attempt, self._steps, StepKind.HAND_IN, done.sent, by=by, at=done.at)
        self._add(step, step.data)
        taking.write_result(self.attempt, self._steps, done.sent, at=done.at)
        self.attempt.marker_id = done.marker

    def _save_marks(self, mark: PastMark, version: int) -> None:
        submission = Submission(
            attempt=self.attempt,
            enrolment=self._past.enrolment,
            cohort=self._cohort,
            owner=self._past.owner,
            in_conflict=False,
        )
        kept = catalogue(self._cohort.version)
        kind = marks_rules.settle(mark.act, submission.rubric, mark.sent.marks, meets_percent=kept.meets_percent)
        assert mark.sent.version == version, "each saving of marks counts one further"
        step, before = marking.step_of(submission, mark.sent, kind, by=mark.by, at=mark.at), self.attempt.state
        self._add(step, step.data)
        self._mark = step.data or {}
        if kind in FINAL:
            self.attempt.marker_id = mark.by.id
            self._final.append((mark, kind, before, self.attempt.state))

    def _release(self, release: PastRelease) -> None:
        version = len(self._past.marks)
        name = identify(release.operation, self.attempt.public_id, None, [StepKind.RELEASE, version])
        step = marking.release_step(
            self._mark, name, language=self._past.marks[-1].sent.language, by=release.by, at=release.at
        )
        self._before_release = self.attempt.state
        self._add(step, step.data)
        marking.write_result(self.attempt, self._mark, at=release.at)

    def audit(self) -> None:
        """Record what is recorded when marks are finished, returned and released, now that the attempt has a number."""
        for mark, kind, before, after in self._final:
            audit.record(FINAL[kind], by=mark.by.id, on=self.attempt.id, at=mark.at, state=(before, after))
        release = self._past.release
        if release is not None:
            marking.record_release(self.attempt, before=self._before_release, by=release.by, at=release.at)
