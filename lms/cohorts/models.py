"""Tables of cohorts, their calendars and enrolments."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import Person
from lms.audit.dictionary import Level, Personal, Retention
from lms.courses.models import NODE_ID, Version
from lms.courses.rules import Naming
from lms.kernel.db import Json, JsonOrNull, Model, Word
from lms.kernel.sealed import Sealed, SealedColumn

from .rules.completion import CompletionRule, rule_from
from .rules.enrolment import EnrolmentState, Move
from .rules.facts import Fact, FactKind
from .rules.opening import Opening
from .rules.sending import Answer, Asking
from .rules.tally import Count
from .rules.uploads import RowState, UploadState


def _kept(level: Level, purpose: str, retention: Retention = Retention.ENROLMENT) -> Personal:
    return Personal(level=level, purpose=purpose, retention=retention)


class Cohort(Model):
    """One edition of a programme. Follows one published version; days are meant in its own zone.

    grace_days: how long after its due date work is still on time, unasked. languages: in which the course is taught
    here. completion: the rule as data, from the pack's and changed by coordinators. hours: what a certificate says, if
    anything. changes: how often its settings or dates were saved, so that nobody overwrites unseen.
    """

    __tablename__ = "cohorts_cohort"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="starts_before_it_ends"),
        CheckConstraint("grace_days >= 0", name="grace_days_not_negative"),
        CheckConstraint("places > 0", name="places_positive"),
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
    places: Mapped[int]
    languages: Mapped[list[str]] = mapped_column(Json)
    naming: Mapped[Naming] = mapped_column(Word(Naming))
    completion: Mapped[dict[str, int | bool]] = mapped_column(Json)
    hours: Mapped[int | None]
    changes: Mapped[int] = mapped_column(default=0, server_default="0")
    closed_at: Mapped[datetime | None]
    is_counted: Mapped[bool] = mapped_column(default=True, server_default=false())

    version: Mapped[Version] = relationship(lazy="raise")

    def rule(self) -> CompletionRule:
        """The value that rules judge."""
        return rule_from(self.completion)


class Group(Model):
    """Some people of a cohort whom one facilitator looks after. Deleted with the cohort."""

    __tablename__ = "cohorts_group"
    __table_args__ = (UniqueConstraint("cohort_id", "number"),)
    holds_personal_data: ClassVar = {
        "facilitator_id": _kept(Level.ATTENDANCE, "who looks after the group, by number"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    number: Mapped[int]
    facilitator_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))


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
    """One person's place in one cohort, under an alias unique there. States: see `rules.enrolment`.

    sending_id: the last decision to send invitations that was about her, whatever became of it. released_at: when two
    people had decided that her invitation is sent. agreed_at: when she came, chose her name and agreed to the rules of
    the course; None while she is only invited.
    hidden_at: since when facilitators see nothing of her, because a device of hers is lost.
    background: setting, organisation and remark from the list she was uploaded with, sealed.

    Kept beside what she did, so that lists need not look at all of it (docs/decisions/0023). active_on: the last day of
    the cohort's calendar on which she read, saved or handed in; None where she never did. quiet_from: the same or the
    day on which she came or her place last moved, whichever is later; None until she comes. late_from: when she is late
    unless she hands something in; None while no task with a date is left. finished: the modules in which she has done
    everything, by node id.
    """

    __tablename__ = "cohorts_enrolment"
    __table_args__ = (
        UniqueConstraint("cohort_id", "person_id"),
        UniqueConstraint("cohort_id", "alias"),
        Index(None, "cohort_id", "state", "quiet_from"),
        Index(None, "cohort_id", "state", "late_from", "quiet_from"),
        Index(None, "person_id"),
        Index(None, "group_id"),
        Index(None, "sending_id"),
    )
    holds_personal_data: ClassVar = {
        "alias": _kept(Level.ATTENDANCE, "what the cohort calls her"),
        "course_language": _kept(Level.PREFERENCE, "language of course texts"),
        "state": _kept(Level.ATTENDANCE, "what she may do"),
        "group_id": _kept(Level.ATTENDANCE, "who looks after her"),
        "hidden_at": _kept(Level.ATTENDANCE, "hiding her while a device is lost"),
        "released_at": _kept(Level.ATTENDANCE, "whether her invitation may be sent"),
        "agreed_at": _kept(Level.ATTENDANCE, "whether she has come"),
        "background": _kept(Level.IDENTITY, "a coordinator's own code for her, her organisation, a remark"),
        "active_on": _kept(Level.ATTENDANCE, "for how many days nothing was seen of her"),
        "quiet_from": _kept(Level.ATTENDANCE, "whether somebody should ask how she is"),
        "late_from": _kept(Level.ATTENDANCE, "whether a task of hers is overdue"),
        "finished": _kept(Level.ATTENDANCE, "in which modules she has done everything"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts_group.id", ondelete="SET NULL"))
    sending_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts_sending.id", ondelete="SET NULL"))
    alias: Mapped[str]
    course_language: Mapped[str] = mapped_column(String(8), active_history=True)
    state: Mapped[EnrolmentState] = mapped_column(Word(EnrolmentState), active_history=True)
    since_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None] = mapped_column(active_history=True)
    hidden_at: Mapped[datetime | None]
    background: Mapped[Sealed | None] = mapped_column(SealedColumn)
    active_on: Mapped[date | None]
    quiet_from: Mapped[date | None]
    late_from: Mapped[datetime | None]
    finished: Mapped[list[str]] = mapped_column(Json, default=list, server_default="[]", active_history=True)

    cohort: Mapped[Cohort] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    group: Mapped[Group | None] = relationship(lazy="raise")


class Tally(Model):
    """How many people of a cohort are alike in something (`rules.tally`): changed with every place, in its transaction.

    Deleted with the cohort.
    """

    __tablename__ = "cohorts_tally"
    holds_personal_data: ClassVar = {}

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[Count] = mapped_column(Word(Count), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    people: Mapped[int]


class MoveRow(Model):
    """That a place was paused, resumed, deferred, given up or taken up again, and why. Deleted with the enrolment."""

    __tablename__ = "cohorts_move"
    __table_args__ = (Index(None, "enrolment_id"),)
    holds_personal_data: ClassVar = {
        "move": _kept(Level.ATTENDANCE, "what became of her place"),
        "by_id": _kept(Level.ATTENDANCE, "who did it, by number"),
        "reason": _kept(Level.IDENTITY, "why, in the coordinator's words"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    move: Mapped[Move] = mapped_column(Word(Move))
    by_id: Mapped[int | None]
    at: Mapped[datetime]
    reason: Mapped[Sealed | None] = mapped_column(SealedColumn)


class FactRow(Model):
    """What a coordinator entered by hand, see `rules.facts`. Taken back, it stays with its date.

    One that counts is unique per kind and session, which is 0 where there is none. Deleted with the enrolment.
    """

    __tablename__ = "cohorts_fact"
    __table_args__ = (
        Index(
            "cohorts_fact_counted_key", "enrolment_id", "kind", "session", unique=True,
            sqlite_where=text("withdrawn_at IS NULL"), postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )  # fmt: skip
    holds_personal_data: ClassVar = {
        "kind": _kept(Level.WORK, "whether she took part in what is not on the platform"),
        "session": _kept(Level.WORK, "in which live session"),
        "on": _kept(Level.WORK, "on which day"),
        "by_id": _kept(Level.WORK, "who entered it, by number"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    kind: Mapped[FactKind] = mapped_column(Word(FactKind))
    session: Mapped[int]
    on: Mapped[date]
    by_id: Mapped[int | None]
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    def fact(self) -> Fact:
        """The value that rules judge."""
        return Fact(kind=self.kind, on=self.on, session=self.session or None)


class Origin(Model):
    """By what an uploaded person is known again: a keyed hash of her contact, or of her row in one file.

    Deleted with the enrolment.
    """

    __tablename__ = "cohorts_origin"
    __table_args__ = (UniqueConstraint("cohort_id", "mark"), Index(None, "enrolment_id"))
    holds_personal_data: ClassVar = {
        "mark": _kept(Level.IDENTITY, "knowing that the same list was uploaded again"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    mark: Mapped[bytes] = mapped_column(LargeBinary)


class Upload(Model):
    """A list of people that was read and waits to be confirmed. Its rows are sealed under a key of its own.

    The key lies with the keys of people, under `public_id`, and is destroyed when the list is done, dropped or older
    than `rules.uploads.KEPT_DAYS`; the rows are deleted with it, the counts stay with the cohort.
    """

    __tablename__ = "cohorts_upload"
    __table_args__ = (Index(None, "cohort_id"),)
    holds_personal_data: ClassVar = {
        "by_id": _kept(Level.ATTENDANCE, "who uploaded it, by number"),
        "confirmed_by_id": _kept(Level.ATTENDANCE, "who decided that its people are taken over, by number"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    file_hash: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime]
    state: Mapped[UploadState] = mapped_column(Word(UploadState))
    new: Mapped[int]
    known: Mapped[int]
    faulty: Mapped[int]
    taken: Mapped[int]


class UploadRow(Model):
    """One row of a list: sealed when it is good, its faults when it is not. Deleted with the list's key.

    Language and zone of a good row, and whether it has a contact, stand in clear, so that they are counted before
    anybody is made.
    """

    __tablename__ = "cohorts_upload_row"
    __table_args__ = (UniqueConstraint("upload_id", "number"),)
    holds_personal_data: ClassVar = {
        "said": _kept(Level.IDENTITY, "taking the person over once the list is confirmed", Retention.UPLOAD),
        "mark": _kept(Level.IDENTITY, "knowing her again", Retention.UPLOAD),
        "course_language": _kept(Level.PREFERENCE, "counting a list by language", Retention.UPLOAD),
        "time_zone": _kept(Level.PREFERENCE, "counting a list by zone", Retention.UPLOAD),
        "has_contact": _kept(Level.PREFERENCE, "telling whether she could be known again", Retention.UPLOAD),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("cohorts_upload.id", ondelete="CASCADE"))
    number: Mapped[int]
    state: Mapped[RowState] = mapped_column(Word(RowState))
    said: Mapped[Sealed | None] = mapped_column(SealedColumn)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    course_language: Mapped[str | None] = mapped_column(String(8))
    time_zone: Mapped[str | None]
    has_contact: Mapped[bool] = mapped_column(default=False)
    faults: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonOrNull)


class Sending(Model):
    """That the invitations of some people are to go out: asked by one person, confirmed or refused by another.

    Whom it is about stands with their enrolments, as it was when it was asked; people: how many they were.
    It lapses after 24 hours without an answer (docs/decisions/0017). Deleted with the cohort.
    """

    __tablename__ = "cohorts_sending"
    __table_args__ = (Index(None, "cohort_id"),)
    holds_personal_data: ClassVar = {
        "asked_by_id": _kept(Level.ATTENDANCE, "who asked, by number"),
        "answered_by_id": _kept(Level.ATTENDANCE, "who confirmed or refused, by number"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    people: Mapped[int]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime]
    answer: Mapped[Answer | None] = mapped_column(Word(Answer))
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_person.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None]

    def asking(self) -> Asking:
        """The value that rules judge."""
        return Asking(by=self.asked_by_id, at=self.asked_at, answer=self.answer)


class Notice(Model):
    """Something a coordinator tells participants on their Today page, from a template. No free text, no read marks.

    Deleted with the enrolment, or when she puts it away.
    """

    __tablename__ = "cohorts_notice"
    __table_args__ = (Index(None, "enrolment_id"),)
    holds_personal_data: ClassVar = {
        "template": _kept(Level.ATTENDANCE, "what she is told"),
        "by_id": _kept(Level.ATTENDANCE, "who told her, by number"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    template: Mapped[str] = mapped_column(String(40))
    node_id: Mapped[str | None] = mapped_column(NODE_ID)
    by_id: Mapped[int | None]
    at: Mapped[datetime]


class TellingRow(Model):
    """That a participant was told something, so that she is told it once. Deleted with the enrolment.

    mark: what, and of which date, see `rules.telling`; it stays when she puts the notice away. said: of the calendar,
    in a hash, the dates that she was told last; None for all else.
    """

    __tablename__ = "cohorts_telling"
    __table_args__ = (UniqueConstraint("enrolment_id", "mark"),)
    holds_personal_data: ClassVar = {
        "mark": _kept(Level.ATTENDANCE, "telling her once and not again"),
        "said": _kept(Level.ATTENDANCE, "telling her when dates change"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="CASCADE"))
    mark: Mapped[str] = mapped_column(String(120))
    said: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]


class Feed(Model):
    """The address under which a person's calendar program reads her dates; its token as a hash only. One per person.

    Deleted when she takes it back, or with the person.
    """

    __tablename__ = "cohorts_feed"
    holds_personal_data: ClassVar = {
        "token_hash": _kept(Level.ATTENDANCE, "finding her dates by the address"),
    }

    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
