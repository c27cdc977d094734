"""Tables of attempts, their steps, and what one person is allowed beyond the settings."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.audit.dictionary import Level, Personal, Retention
from lms.cohorts.models import Enrolment
from lms.courses.models import NODE_ID, Version
from lms.courses.rules import TaskKind
from lms.kernel.db import Json, JsonOrNull, Model, Word
from lms.kernel.sealed import Sealed, SealedColumn

from .rules.asking import Answer, RequestState
from .rules.attempts import AttemptState, StepKind
from .rules.deadlines import Terms
from .rules.items import Score
from .rules.marking import Verdict
from .rules.quizzes import Taken


def _kept(level: Level, purpose: str) -> Personal:
    return Personal(level=level, purpose=purpose, retention=Retention.WORK)


class Attempt(Model):
    """One sitting of a quiz or checkpoint, or one version of an assignment, by one participant.

    `state`, `points`, `total` and `verdict` follow from the steps and are written with them; `total` and `verdict` only
    when marks are released, so that a page for her cannot show them earlier. It keeps the version of the course on
    which it was opened, what was drawn, and the times that held then. `closes_at`: when the worker hands it in; None
    once it is handed in. `awaits_until`: until when answers may still come to one that the clock closed. `cohort_id`:
    of its enrolment, which never leaves its cohort; here too, so that what waits in a cohort is one range of an index.
    Deleted with the enrolment.
    """

    __tablename__ = "assessments_attempt"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "node_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("points IS NULL OR (points >= 0 AND points <= points_of)", name="points_within"),
        Index(None, "marker_id", "state"),
        Index(None, "node_id", "state"),
        Index(None, "closes_at", "id"),
        # Everything by which a queue puts work in order and counts it: the rows themselves are not read for that.
        Index(
            "assessments_attempt_waiting_ix",
            "cohort_id",
            "kind",
            "state",
            "handed_in_at",
            "node_id",
            "marker_id",
            "enrolment_id",
            "language",
        ),  # fmt: skip
    )
    holds_personal_data: ClassVar = {
        "state": _kept(Level.WORK, "where her work stands"),
        "points": _kept(Level.WORK, "result of a quiz"),
        "total": _kept(Level.WORK, "released mark of an assignment"),
        "verdict": _kept(Level.WORK, "whether the assignment meets the standard"),
        "language": _kept(Level.PREFERENCE, "language of the answer, for choosing a marker"),
        "words": _kept(Level.WORK, "length of the answer"),
        "marker_id": _kept(Level.WORK, "who marks it"),
        "drawn": _kept(Level.WORK, "which questions she was asked"),
        "due_at": _kept(Level.WORK, "her deadline, with what she was allowed beyond"),
        "allowed_minutes": _kept(Level.WORK, "her time, with what she was allowed beyond"),
        "closes_at": _kept(Level.WORK, "when the clock hands it in"),
        "awaits_until": _kept(Level.WORK, "until when late answers may count"),
        "opened_at": _kept(Level.WORK, "when she began"),
        "handed_in_at": _kept(Level.WORK, "when she handed in"),
        "released_at": _kept(Level.WORK, "when she was shown the mark"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    node_id: Mapped[str] = mapped_column(NODE_ID)
    kind: Mapped[TaskKind] = mapped_column(Word(TaskKind))
    number: Mapped[int]
    state: Mapped[AttemptState] = mapped_column(Word(AttemptState))
    language: Mapped[str] = mapped_column(String(8))
    seed: Mapped[int]
    drawn: Mapped[list[str]] = mapped_column(Json)
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    allowed_minutes: Mapped[int | None]
    grace_days: Mapped[int]
    closes_at: Mapped[datetime | None]
    awaits_until: Mapped[datetime | None]
    handed_in_at: Mapped[datetime | None]
    points: Mapped[int | None]
    points_of: Mapped[int | None]
    words: Mapped[int | None]
    marker_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    total: Mapped[int | None]
    verdict: Mapped[Verdict | None] = mapped_column(Word(Verdict))
    released_at: Mapped[datetime | None]

    enrolment: Mapped[Enrolment] = relationship(lazy="raise")
    version: Mapped[Version] = relationship(lazy="raise")

    def terms(self) -> Terms:
        """The times that rules judge."""
        return Terms(
            opened_at=self.opened_at,
            deadline=self.due_at,
            allowed=None if self.allowed_minutes is None else timedelta(minutes=self.allowed_minutes),
            grace=timedelta(days=self.grace_days),
        )

    def score(self) -> Score | None:
        """The result of a quiz that is handed in."""
        if self.points is None or self.points_of is None:
            return None
        return Score(points=self.points, of=self.points_of)

    def taken(self) -> Taken:
        """The value that rules count."""
        return Taken(number=self.number, state=self.state, score=self.score())


class StepRow(Model):
    """One step of an attempt: an answer, a hand-in, a mark. Rows are added and never changed (docs/decisions/0013).

    `data`: chosen options, levels; `sealed`: whatever was typed, under the key of the person who is taught, a marker's
    words included. `by_id` is a number without a constraint, so that nothing ever changes a row. Deleted with the
    attempt.
    """

    __tablename__ = "assessments_step"
    __table_args__ = (
        UniqueConstraint("operation_id"),
        UniqueConstraint("receipt"),
        CheckConstraint("sequence >= 0", name="sequence_not_negative"),
        Index(None, "attempt_id", "question", "sequence"),
        {"sqlite_autoincrement": True},
    )
    holds_personal_data: ClassVar = {
        "by_id": _kept(Level.WORK, "who did it, by number"),
        "data": _kept(Level.WORK, "chosen options and levels of marks"),
        "sealed": _kept(Level.WORK, "what was typed"),
        "written_at": _kept(Level.WORK, "judging deadlines in her favour"),
        "received_at": _kept(Level.WORK, "judging deadlines in her favour"),
        "flagged": _kept(Level.WORK, "what she wants to look at again"),
        "receipt": _kept(Level.WORK, "proof of what was handed in"),
    }

    number: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("assessments_attempt.id", ondelete="CASCADE"))
    operation_id: Mapped[UUID]
    kind: Mapped[StepKind] = mapped_column(Word(StepKind))
    question: Mapped[str | None] = mapped_column(NODE_ID)
    sequence: Mapped[int]
    by_id: Mapped[int | None]
    written_at: Mapped[datetime]
    received_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(8))
    data: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    sealed: Mapped[Sealed | None] = mapped_column(SealedColumn)
    flagged: Mapped[bool] = mapped_column(default=False)
    state: Mapped[AttemptState] = mapped_column(Word(AttemptState))
    receipt: Mapped[str | None] = mapped_column(String(20))


class AllowanceRow(Model):
    """What one participant may have beyond the settings, with the reason. Rows add up; none is changed.

    node_id: the task; None for all tasks of the course. Deleted with the enrolment.
    """

    __tablename__ = "assessments_allowance"
    __table_args__ = (
        CheckConstraint("extra_attempts >= 0 AND extra_minutes >= 0", name="only_gives"),
        Index(None, "enrolment_id"),
    )
    holds_personal_data: ClassVar = {
        "reason": _kept(Level.WORK, "why she gets more time or another attempt"),
        "by_id": _kept(Level.WORK, "who allowed it, by number"),
        "due_at": _kept(Level.WORK, "her own deadline"),
        "extra_attempts": _kept(Level.WORK, "her further attempts"),
        "extra_minutes": _kept(Level.WORK, "her further minutes"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    node_id: Mapped[str | None] = mapped_column(NODE_ID)
    extra_attempts: Mapped[int] = mapped_column(default=0)
    extra_minutes: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    reason: Mapped[Sealed | None] = mapped_column(SealedColumn)
    by_id: Mapped[int | None]
    given_at: Mapped[datetime]


class TimeRequest(Model):
    """That a participant asked for more time for one task. Up to a week is given at once; more, a coordinator decides.

    States: see `rules.asking`. answer: the sentence that she is told with the decision; None for none. One open
    request per task. Deleted with the enrolment.
    """

    __tablename__ = "assessments_time_request"
    __table_args__ = (
        Index(
            "assessments_time_request_open_key", "enrolment_id", "node_id", unique=True,
            sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"),
        ),
        Index(None, "state"),
    )  # fmt: skip
    holds_personal_data: ClassVar = {
        "node_id": _kept(Level.WORK, "for which task"),
        "wanted_on": _kept(Level.WORK, "until when she needs it"),
        "reason": _kept(Level.IDENTITY, "why, if she wrote it"),
        "state": _kept(Level.WORK, "what became of it"),
        "answer": _kept(Level.WORK, "what she is told about it"),
        "by_id": _kept(Level.WORK, "who decided, by number"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    node_id: Mapped[str] = mapped_column(NODE_ID)
    wanted_on: Mapped[date]
    reason: Mapped[Sealed | None] = mapped_column(SealedColumn)
    asked_at: Mapped[datetime]
    state: Mapped[RequestState] = mapped_column(Word(RequestState))
    answer: Mapped[Answer | None] = mapped_column(Word(Answer))
    decided_at: Mapped[datetime | None]
    by_id: Mapped[int | None]


class Conflict(Model):
    """That a marker has a conflict of interest with a participant: she sees nothing of her work from then on.

    Deleted with the enrolment or the marker.
    """

    __tablename__ = "assessments_conflict"
    __table_args__ = (UniqueConstraint("person_id", "enrolment_id"),)
    holds_personal_data: ClassVar = {
        "person_id": _kept(Level.ATTENDANCE, "who may not mark her work"),
        "declared_at": _kept(Level.WORK, "since when"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    declared_at: Mapped[datetime]


class MarkerLanguages(Model):
    """The languages in which somebody marks, her own first. Without a row it is the language of her pages.

    Deleted with the person.
    """

    __tablename__ = "assessments_marker_languages"
    holds_personal_data: ClassVar = {
        "languages": _kept(Level.PREFERENCE, "whose work she is given to mark"),
    }

    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"), primary_key=True)
    languages: Mapped[list[str]] = mapped_column(Json)
