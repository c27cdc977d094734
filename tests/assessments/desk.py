"""A cohort with an assignment that people hand in and others mark: for tests of marking."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import Attempt
from lms.assessments.queries import marking as queries
from lms.assessments.queries import releasing
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.attempts import Answered, AttemptState, HandIn
from lms.assessments.rules.marking import Act, Comment, Marks
from lms.assessments.services import marking, taking
from lms.assessments.services.marking import Sent
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.services import enrolling, founding
from lms.courses.models import Version
from lms.courses.rules import (
    Naming,
    PublishedItem,
    PublishedModule,
    PublishedRubric,
    PublishedTask,
    PublishedVersion,
    TaskKind,
)
from lms.courses.services import publish_version
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from tests.cast import DAY, NOW, Cast, Member, _member, by_language

TEXT = "The draft asks both forces to withdraw.\n\nA zone of two kilometres protects no one.\n\nWe offer monitors."
LEVELS = [by_language(f"What {number} looks like") for number in range(5)]
CRITERIA = [
    {"id": "problem", "weight": 50, "title": by_language("Military problem"), "levels": LEVELS},
    {"id": "safety", "weight": 50, "title": by_language("Safe for everybody"), "levels": LEVELS, "safety": True},
]
FULL = {"problem": 3, "safety": 3}


@dataclass
class Desk:
    """The cohort, its assignments and its markers."""

    cast: Cast
    cohort_key: int
    cohort_id: UUID
    memo: UUID
    note: UUID
    amadou: Member

    def person(self, member: Member) -> Person:
        """A person as a request has her: with her key and roles."""
        query = select(Person).where(Person.id == member.id)
        return db.session.scalars(query.options(joinedload(Person.key), selectinload(Person.roles))).one()

    def hand_in(
        self,
        member: Member,
        *,
        text: str = TEXT,
        language: str = "en",
        at: datetime = NOW - DAY,
        task: UUID | None = None,
    ) -> UUID:
        """She writes an assignment and hands it in; its public id."""
        person, task_id = self.person(member), task or self.memo
        with transaction():
            place = sittings.find_task_place(person, task_id)
            attempt = taking.open_attempt(place, by=person, language=language, at=at - DAY)
        self.write(member, text, language=language, at=at, task=task_id)
        with transaction():
            sent = HandIn(operation=new_id(), held=timedelta(0), language=language)
            taking.hand_in(sittings.find_sitting(person, task_id), sent, by=person, at=at)
        return attempt.public_id

    def write(self, member: Member, text: str, *, at: datetime, language: str = "en", task: UUID | None = None) -> None:
        """She saves a text."""
        person = self.person(member)
        sitting = sittings.find_sitting(person, task or self.memo)
        answered = Answered(
            question=sitting.attempt.drawn[0],
            data={"text": text},
            flagged=False,
            operation=new_id(),
            sequence=max([step.sequence for step in sitting.standing.values()], default=0) + 1,
            held=timedelta(0),
            language=language,
        )
        with transaction():
            taking.save_answer(sitting, sitting.attempt, answered, by=person, at=at)

    def fill(self, count: int) -> list[UUID]:
        """So many people with a memo each, the first handed in first; none of them ever signs in."""
        works = []
        with transaction():
            cohort = db.session.get_one(Cohort, self.cohort_key)
            for number in range(count):
                new = persons.NewPerson(
                    shown_name=f"P{number}", interface_language="en", time_zone="UTC", legal_name=""
                )
                person = persons.make_person(new, by=None, at=NOW)
                db.session.flush()
                enrolment = enrolling.enrol(
                    person, cohort, alias=f"Tree {number:02}", course_language="en", by=None, at=NOW
                )
                db.session.flush()
                works.append(self._memo(enrolment, cohort, NOW - timedelta(hours=count - number)))
        return works

    def _memo(self, enrolment: Enrolment, cohort: Cohort, at: datetime) -> UUID:
        attempt = Attempt(
            public_id=new_id(),
            enrolment_id=enrolment.id,
            cohort_id=enrolment.cohort_id,
            version_id=cohort.version_id,
            node_id="m1-memo",
            kind=TaskKind.ASSIGNMENT,
            number=1,
            state=AttemptState.HANDED_IN,
            language="en",
            seed=1,
            drawn=["m1-q1"],
            opened_at=at,
            grace_days=3,
            handed_in_at=at,
            marker_id=self.cast.facilitator.id,
        )
        db.session.add(attempt)
        return attempt.public_id

    def find(self, member: Member, one: UUID) -> queries.Submission | None:
        """A piece of work as this person gets it."""
        return queries.find_submission(self.person(member), one)

    def read(self, member: Member, one: UUID, *, at: datetime = NOW) -> queries.Reading:
        """What the page of it says."""
        return queries.read_submission(self.find(member, one), self.person(member), at=at)

    def mark(self, member: Member, one: UUID, act: Act = Act.FINISH, *, at: datetime = NOW, **more: object) -> object:
        """She saves marks, from a page that knows what stands unless `version` says otherwise."""
        version = more.pop("version", None)
        operation = more.pop("operation", None) or new_id()
        knows_both = bool(more.pop("knows_both", False))
        sent = Sent(
            operation=operation,
            version=self.read(member, one, at=at).saved.version if version is None else version,
            marks=marks(**more),
            language="en",
            knows_both=knows_both,
        )
        work = self.find(member, one)
        with transaction():
            return marking.save(work, sent, act, by=self.person(member), at=at)

    def release(self, member: Member, *, at: datetime = NOW, operation: UUID | None = None) -> int:
        """She releases all that is on the list."""
        ready = releasing.find_release(self.person(member), self.memo, "en")
        with transaction():
            seen = {row.id: row.version for row in ready.ready}
            return marking.release(ready, seen, operation or new_id(), by=self.person(member), at=at)

    def attempt(self, one: UUID) -> Attempt:
        """The row."""
        return db.session.scalars(
            select(Attempt).where(Attempt.public_id == one).execution_options(populate_existing=True)
        ).one()


def marks(
    levels: dict[str, int] | None = None, feedback: str = "", remarks: dict[str, str] | None = None, **more
) -> Marks:
    """Marks of this desk's rubric."""
    comments = tuple(Comment(paragraph=p, quote=q, text=t) for p, q, t in more.get("comments", ()))
    return Marks(levels=FULL if levels is None else levels, remarks=remarks or {}, comments=comments, feedback=feedback)


def make_desk(cast: Cast) -> Desk:
    """Publish, make the cohort, enrol Cedar, Nour and Olivier, appoint the facilitator, Amadou and the coordinator."""
    with transaction():
        version, _ = publish_version(_published(), by=None, at=NOW)
        cohort = _cohort(version)
        for member in (cast.cedar, cast.nour, cast.olivier):
            person = db.session.get_one(Person, member.id)
            enrolling.enrol(
                person, cohort, alias=member.shown_name, course_language=member.language, by=None, at=NOW - 20 * DAY
            )
        amadou_person, amadou = _member("amadou", "fr", "UTC")
        facilitator = db.session.get_one(Person, cast.facilitator.id)
        coordinator = db.session.get_one(Person, cast.coordinator.id)
        for person, role in (
            (facilitator, Role.FACILITATOR),
            (amadou_person, Role.FACILITATOR),
            (coordinator, Role.COORDINATOR),
        ):
            persons.grant_role(person, role, cohort_id=cohort.id, by=None, at=NOW - 20 * DAY)
        nodes = {entry.node_id: entry.public_id for entry in calendar_of(cohort)}
    db.session.remove()
    return Desk(
        cast=cast,
        cohort_key=cohort.id,
        cohort_id=cohort.public_id,
        memo=nodes["m1-memo"],
        note=nodes["m1-note"],
        amadou=amadou,
    )


def _cohort(version: Version) -> Cohort:
    return founding.make_cohort(
        version,
        founding.NewCohort(
            title=version.title,
            year=2028,
            zone="Europe/Oslo",
            starts_on=(NOW - 20 * DAY).date(),
            ends_on=(NOW + 60 * DAY).date(),
            opens={"m1": NOW - 20 * DAY},
            dues={"m1-memo": NOW - DAY / 2},
        ),
        by=None,
        at=NOW - 20 * DAY,
    )


def _published() -> PublishedVersion:
    module = PublishedModule(
        node_id="m1",
        title=by_language("Module"),
        summary=by_language("Summary."),
        objectives=[by_language("Do it.")],
        lessons=[],
        tasks=[_task("m1-memo", "Memo", "m1-q1"), _task("m1-note", "Note", "m1-q2")],
        items=[_item("m1-q1"), _item("m1-q2")],
        rubrics=[PublishedRubric(node_id="m1-r1", body={"criteria": CRITERIA})],
    )
    return PublishedVersion(
        programme="desk",
        digest="d" * 64,
        title=by_language("A course"),
        summary=by_language("What it is."),
        required_languages=["en", "fr", "ar"],
        allowed_languages=[],
        naming=Naming.ALIAS,
        address={"ar": "feminine"},
        completion={"assignment_meets_percent": 75},
        modules=[module],
        files={"course.yaml": b"id: desk\n"},
    )


def _task(node_id: str, title: str, item: str) -> PublishedTask:
    body = {"item": item, "graded": True, "versions": 2}
    return PublishedTask(node_id=node_id, kind=TaskKind.ASSIGNMENT, lesson=None, title=by_language(title), body=body)


def _item(node_id: str) -> PublishedItem:
    samples = [
        {
            "id": name,
            "text": by_language(f"Sample {name} text"),
            "levels": {"problem": level, "safety": level},
            "comment": by_language(f"Why {name}"),
        }
        for name, level in (("strong", 4), ("nearly", 2))
    ]
    body = {
        "text": by_language("Write a memo."),
        "words": {"min": 5, "max": 900},
        "rubric": "m1-r1",
        "samples": samples,
    }
    return PublishedItem(node_id=node_id, kind="open", body=body)
