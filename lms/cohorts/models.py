"""Tables of cohorts, their calendars and enrolments."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import Person
from lms.audit.dictionary import Level, Personal, Retention
from lms.courses.models import Version
from lms.kernel.db import Json, Model, Word

from .rules import EnrolmentState, Opening


class Cohort(Model):
    """One edition of a programme. Follows one published version; days are meant in its own zone.

    grace_days: how long after its due date work is still on time, unasked.
    """

    __tablename__ = "cohorts_cohort"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),
        CheckConstraint("grace_days >= 0", name="grace_days_not_negative"),
    )
    holds_personal_data: ClassVar = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("courses_version.id"))
    title: Mapped[dict[str, str]] = mapped_column(Json)
    year: Mapped[int]
    zone: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    grace_days: Mapped[int] = mapped_column(default=3, server_default="3")

    version: Mapped[Version] = relationship(lazy="raise")


class CalendarEntry(Model):
    """When one node of the programme opens and is due in one cohort, and the node's public id there.

    The id is random and of this cohort alone, so that an address never shows that two cohorts share a lesson. Only
    modules have a date of opening; lessons and tasks open with their module. Only tasks are ever due.
    """

    __tablename__ = "cohorts_calendar_entry"
    __table_args__ = (UniqueConstraint("cohort_id", "node_id"),)
    holds_personal_data: ClassVar = {}

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    node_id: Mapped[str] = mapped_column(String(40))
    opens_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]

    def opening(self) -> Opening:
        """The value that rules judge."""
        return Opening(opens_at=self.opens_at)


class Enrolment(Model):
    """One person's place in one cohort, under an alias unique there. States: see `rules.EnrolmentState`."""

    __tablename__ = "cohorts_enrolment"
    __table_args__ = (
        UniqueConstraint("cohort_id", "person_id"),
        UniqueConstraint("cohort_id", "alias"),
        Index(None, "person_id"),
    )
    holds_personal_data: ClassVar = {
        "alias": Personal(level=Level.ATTENDANCE, purpose="what the cohort calls her", retention=Retention.ENROLMENT),
        "course_language": Personal(
            level=Level.PREFERENCE, purpose="language of course texts", retention=Retention.ENROLMENT
        ),
        "state": Personal(level=Level.ATTENDANCE, purpose="what she may do", retention=Retention.ENROLMENT),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    alias: Mapped[str]
    course_language: Mapped[str] = mapped_column(String(8))
    state: Mapped[EnrolmentState] = mapped_column(Word(EnrolmentState))
    since_at: Mapped[datetime]

    cohort: Mapped[Cohort] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
