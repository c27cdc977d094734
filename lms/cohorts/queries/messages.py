"""Reading messages and notices: a cohort's outbox for its coordinators, her own notices for a participant."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.accounts.rules.credentials import ContactKind
from lms.courses import queries as courses
from lms.courses.models import Module, Task
from lms.courses.rules import Told, tell
from lms.kernel.db import db, turn_to
from lms.messaging.models import Job
from lms.messaging.queries import MESSAGE, is_given_up
from lms.messaging.rules import MessageState, state_of
from lms.settings import LANGUAGES

from ..models import CalendarEntry, Cohort, Enrolment, Group, Notice, TellingRow
from ..notices import Facts, is_news
from ..rules.enrolment import ENDED, MAY_READ, UNDER_WAY
from ..rules.telling import OF_A_NODE, OF_AN_ACT, Audience, Circle, News, Subject
from ..silent import is_silent

PAGE = 25


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a cohort as its coordinators see it: no address, no text.

    key: how it is named in a form. about: in a word, or the name of its template.
    """

    key: str
    alias: str
    about: str
    state: MessageState
    tries: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class MessagePage:
    """One page of them. number: from 1."""

    rows: Sequence[Message]
    number: int
    pages: int
    total: int


def messages_of(cohort: Cohort, *, number: int, only_given_up: bool = False) -> MessagePage:
    """The messages of a cohort, newest first: two statements."""
    total = db.session.scalars(_how_many_messages(only_given_up=only_given_up), {"cohort_id": cohort.id}).one()
    number, pages = turn_to(number, total=total, rows=PAGE)
    bound = {"cohort_id": cohort.id, "passed": (number - 1) * PAGE}
    rows = db.session.execute(_messages(only_given_up=only_given_up), bound)
    return MessagePage(rows=[_message(job, alias) for job, alias in rows], number=number, pages=pages, total=total)


@cache
def _how_many_messages(*, only_given_up: bool) -> Select[int]:
    return select(func.count()).select_from(Job).join(Enrolment, _gets()).where(*_is_listed(only_given_up))


@cache
def _messages(*, only_given_up: bool) -> Select[Job, str]:
    return (
        select(Job, Enrolment.alias)
        .join(Enrolment, _gets())
        .where(*_is_listed(only_given_up))
        .order_by(Job.id.desc())
        .limit(PAGE)
        .offset(bindparam("passed", type_=Integer))
    )


def _gets() -> ColumnElement[bool]:
    """The join that adds to a message the place of whoever gets it."""
    return and_(Enrolment.person_id == Job.person_id, Enrolment.cohort_id == Job.cohort_id)


def _is_listed(only_given_up: bool) -> list[ColumnElement[bool]]:
    of_cohort = [Job.cohort_id == bindparam("cohort_id"), Job.kind == MESSAGE]
    return [*of_cohort, is_given_up()] if only_given_up else of_cohort


def _message(job: Job, alias: str) -> Message:
    is_over = job.done_at is not None
    return Message(
        key=job.payload["key"],
        alias=alias,
        about=job.payload.get("about", job.payload["template"]),
        state=state_of(is_over=is_over, fault=job.fault, tries=job.tries),
        tries=job.tries,
        at=job.done_at or job.run_at,
    )


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a cohort's messages may be about: its modules and tasks in order, with their dates."""

    cohort: Cohort
    modules: Mapping[str, Module]
    tasks: Mapping[str, Task]
    entries: Mapping[str, CalendarEntry]

    def subjects(self, *, at: datetime) -> list[Subject]:
        """What a coordinator may write about now: nothing whose day is over."""
        general = [Subject(news=news) for news in News if news not in OF_A_NODE | OF_AN_ACT]
        modules = [Subject(news=News.MODULE, node_id=node_id) for node_id in self.modules]
        tasks = [Subject(news=News.DATE_NEAR, node_id=node_id) for node_id in self.tasks]
        return [one for one in (*general, *modules, *tasks) if self._is_ahead(one, at)]

    def facts(self, subject: Subject, language: str) -> Facts:
        """What stands in the sentence, by the cohort's clock."""
        node_id = subject.node_id or ""
        module, task = self.modules.get(node_id), self.tasks.get(node_id)
        return Facts(
            begins_on=self.cohort.starts_on,
            home=self.cohort.zone,
            moment=self._moment(subject),
            number=0 if module is None else module.position,
            title=title_of(task, self.cohort, language),
            zone=self.cohort.zone,
        )

    def _moment(self, subject: Subject) -> datetime | None:
        entry = self.entries.get(subject.node_id or "")
        if entry is None:
            return None
        return entry.opens_at if subject.news is News.MODULE else entry.due_at

    def _is_ahead(self, subject: Subject, at: datetime) -> bool:
        if subject.news not in OF_A_NODE:
            return is_news(subject, self.facts(subject, LANGUAGES[0]), at=at)
        moment = self._moment(subject)
        return moment is not None and moment > at


def title_of(task: Task | None, cohort: Cohort, language: str) -> Told | None:
    """The title of a task for a reader of this language; None for a question in a lesson."""
    if task is None or task.title is None:
        return None
    return tell(task.title, language, cohort.version.required_languages)


def course_of(cohort: Cohort) -> Course:
    """The modules and tasks of a cohort with their dates: four statements."""
    entries = db.session.scalars(select(CalendarEntry).where(CalendarEntry.cohort_id == cohort.id))
    return Course(
        cohort=cohort,
        modules={module.node_id: module for module in courses.modules_of(cohort.version)},
        tasks={task.node_id: task for task in courses.tasks_of(cohort.version_id) if task.title is not None},
        entries={entry.node_id: entry for entry in entries},
    )


def groups_with_people(cohort: Cohort) -> list[int]:
    """The numbers of the groups that somebody is in."""
    numbers = select(Group.number).join(Enrolment, Enrolment.group_id == Group.id).where(Group.cohort_id == cohort.id)
    return list(db.session.scalars(numbers.distinct().order_by(Group.number)))


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Somebody who is meant. gets_mail: she gave an address that can be written to."""

    enrolment: Enrolment
    gets_mail: bool


def recipients(cohort: Cohort, audience: Audience, *, at: datetime) -> list[Recipient]:
    """Who is meant, by alias: nobody who has still to come before two people decided that she is told of it."""
    is_meant = is_silent(cohort, at=at) if audience.circle is Circle.SILENT else _is_meant(audience)
    rows = db.session.execute(
        select(Enrolment, Person.contact_kind)
        .join(Enrolment.person)
        .outerjoin(Enrolment.group)
        .where(Enrolment.cohort_id == cohort.id, is_meant)
        .order_by(Enrolment.alias)
    )
    return [Recipient(enrolment=enrolment, gets_mail=kind is ContactKind.EMAIL) for enrolment, kind in rows]


def _is_meant(audience: Audience) -> ColumnElement[bool]:
    has_come, has_place = Enrolment.agreed_at.is_not(None), Enrolment.state.in_(UNDER_WAY)
    is_released = Enrolment.released_at.is_not(None)
    return {
        Circle.UNDER_WAY: and_(has_place, has_come),
        Circle.NOT_COME: and_(has_place, is_released, Enrolment.agreed_at.is_(None)),
        Circle.DONE: Enrolment.state.in_(ENDED),
        Circle.GROUP: and_(has_place, has_come, Group.number == audience.group),
        Circle.ONE: and_(Enrolment.state.in_(MAY_READ), Enrolment.alias == audience.alias, or_(has_come, is_released)),
    }[audience.circle]


def has_told(cohort: Cohort, mark: str) -> bool:
    """Whether somebody in the cohort was told this."""
    told = (
        select(TellingRow.id)
        .join(Enrolment, Enrolment.id == TellingRow.enrolment_id)
        .where(Enrolment.cohort_id == cohort.id, TellingRow.mark == mark)
    )
    return db.session.scalar(told.limit(1)) is not None


def tellings_for_update(enrolments: Collection[int]) -> dict[tuple[int, str], TellingRow]:
    """What these people were told, by enrolment and mark, locked."""
    rows = db.session.scalars(
        select(TellingRow)
        .where(TellingRow.enrolment_id.in_(enrolments))
        .order_by(TellingRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.enrolment_id, row.mark): row for row in rows}


@dataclass(frozen=True, kw_only=True)
class OwnNotice:
    """One notice of hers with all that its sentence and its link need. entry: None where it is about no node."""

    notice: Notice
    enrolment: Enrolment
    cohort: Cohort
    entry: CalendarEntry | None
    module: Module | None
    task: Task | None

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return Subject(news=News(self.notice.template), node_id=self.notice.node_id)


def notices_of(who: Person) -> list[OwnNotice]:
    """What she is told on her Today page, newest first: one statement."""
    rows = db.session.execute(_notices(), {"me": who.id})
    return [
        OwnNotice(notice=notice, enrolment=enrolment, cohort=cohort, entry=entry, module=module, task=task)
        for notice, enrolment, cohort, entry, module, task in rows
    ]


@cache
def _notices() -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(Notice, Enrolment, Cohort, CalendarEntry, Module, Task)
        .join(Enrolment, Enrolment.id == Notice.enrolment_id)
        .join(Cohort, Cohort.id == Enrolment.cohort_id)
        .join(Cohort.version)
        .outerjoin(CalendarEntry, and_(CalendarEntry.cohort_id == Cohort.id, CalendarEntry.node_id == Notice.node_id))
        .outerjoin(Module, and_(Module.version_id == Cohort.version_id, Module.node_id == Notice.node_id))
        .outerjoin(Task, and_(Task.version_id == Cohort.version_id, Task.node_id == Notice.node_id))
        .where(Enrolment.person_id == bindparam("me"), Enrolment.agreed_at.is_not(None), Enrolment.state.in_(MAY_READ))
        .options(contains_eager(Cohort.version))
        .order_by(Notice.id.desc())
    )
    return query


def find_own_notice(who: Person, notice_id: UUID) -> Notice | None:
    """One notice of hers; None for one of somebody else's, or one that she put away."""
    return db.session.scalars(
        select(Notice)
        .join(Enrolment, Enrolment.id == Notice.enrolment_id)
        .where(Notice.public_id == notice_id, Enrolment.person_id == who.id)
    ).one_or_none()
