"""Tables of safety plans, openings of sealed values, reports, and who is kept apart."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import Person
from lms.audit.dictionary import Level, Personal, Retention
from lms.kernel.db import Model, Word
from lms.kernel.sealed import Sealed, SealedColumn

from .rules import Field, RecoveryTimes, ReportState, Subject


def _kept(level: Level, purpose: str, retention: Retention = Retention.ENROLMENT) -> Personal:
    return Personal(level=level, purpose=purpose, retention=retention)


class Plan(Model):
    """How she wants to be reached, when, and what is done if nothing is heard of her. Sealed under her own key.

    Deleted with the person.
    """

    __tablename__ = "safety_plan"
    holds_personal_data: ClassVar = {
        "channel": _kept(Level.IDENTITY, "reaching her in a way that is safe for her"),
        "hours": _kept(Level.IDENTITY, "reaching her when it is safe for her"),
        "silence": _kept(Level.IDENTITY, "what is done if nothing is heard of her"),
        "changed_on": _kept(Level.PREFERENCE, "telling her how old it is"),
    }

    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"), primary_key=True)
    channel: Mapped[Sealed | None] = mapped_column(SealedColumn)
    hours: Mapped[Sealed | None] = mapped_column(SealedColumn)
    silence: Mapped[Sealed | None] = mapped_column(SealedColumn)
    changed_on: Mapped[date]


class Opening(Model):
    """Somebody opened a sealed value of a person: who, which, when and why. She reads it. Never the value.

    The reason is sealed under the key of the person whose record it is. Deleted with the person.
    """

    __tablename__ = "safety_opening"
    __table_args__ = (Index(None, "person_id", "at"), Index(None, "by_id", "at"))
    holds_personal_data: ClassVar = {
        "by_id": _kept(Level.ATTENDANCE, "telling her who opened her record"),
        "field": _kept(Level.PREFERENCE, "telling her what was opened"),
        "reason": _kept(Level.IDENTITY, "telling her why"),
        "at": _kept(Level.ATTENDANCE, "telling her when"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    field: Mapped[Field] = mapped_column(Word(Field))
    reason: Mapped[Sealed] = mapped_column(SealedColumn)
    at: Mapped[datetime]

    by: Mapped[Person | None] = relationship(foreign_keys=[by_id], lazy="raise")


class Recovery(Model):
    """Two people let somebody in without the factor that she lost, a day after she was told.

    asked_by_id: None where an operator asked at the server. ended_at: when it was done, or stopped. The reasons stand
    in her record (`Opening`). Deleted with the person.
    """

    __tablename__ = "safety_recovery"
    __table_args__ = (Index(None, "person_id"),)
    holds_personal_data: ClassVar = {
        "asked_by_id": _kept(Level.ATTENDANCE, "it takes two"),
        "confirmed_by_id": _kept(Level.ATTENDANCE, "it takes two"),
        "asked_at": _kept(Level.ATTENDANCE, "telling her when"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    def times(self) -> RecoveryTimes:
        """The value that rules judge."""
        return RecoveryTimes(asked_at=self.asked_at, confirmed_at=self.confirmed_at, ended_at=self.ended_at)


class Report(Model):
    """Something that made somebody less safe. The text is sealed under a key of its own.

    person_id: who told it; None where she gave no name: then nothing else here leads to her. code_hash: of the code
    with which she finds the answer. Deleted two years after it was closed.
    """

    __tablename__ = "safety_report"
    __table_args__ = (Index(None, "state", "day"),)
    holds_personal_data: ClassVar = {
        "person_id": _kept(Level.ATTENDANCE, "answering her", Retention.REPORT),
        "text": _kept(Level.IDENTITY, "acting on what happened", Retention.REPORT),
        "answer": _kept(Level.IDENTITY, "telling her what was done", Retention.REPORT),
        "code_hash": _kept(Level.KEY, "showing the answer to whoever has the code", Retention.REPORT),
        "day": _kept(Level.ATTENDANCE, "reading it in time", Retention.REPORT),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="SET NULL"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    subject: Mapped[Subject] = mapped_column(Word(Subject))
    text: Mapped[Sealed] = mapped_column(SealedColumn)
    answer: Mapped[Sealed | None] = mapped_column(SealedColumn)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    state: Mapped[ReportState] = mapped_column(Word(ReportState))
    day: Mapped[date]
    closed_on: Mapped[date | None]

    person: Mapped[Person | None] = relationship(lazy="raise")


class ApartRule(Model):
    """People who must not meet in a cohort, and why. The reason is sealed under a key of its own.

    Seen by the safety focal point and nobody else; deleted with the cohort.
    """

    __tablename__ = "safety_apart_rule"
    __table_args__ = (Index(None, "cohort_id"),)
    holds_personal_data: ClassVar = {
        "reason": _kept(Level.IDENTITY, "knowing whether it is still needed"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    reason: Mapped[Sealed] = mapped_column(SealedColumn)
    made_at: Mapped[datetime]

    members: Mapped[list["ApartMember"]] = relationship(lazy="raise", cascade="all, delete-orphan")


class ApartMember(Model):
    """One person on one side of such a rule: side 0 does not meet side 1."""

    __tablename__ = "safety_apart_member"
    __table_args__ = (Index(None, "person_id"),)
    holds_personal_data: ClassVar = {
        "side": _kept(Level.IDENTITY, "keeping her apart from the other side"),
    }

    rule_id: Mapped[int] = mapped_column(ForeignKey("safety_apart_rule.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[int]
