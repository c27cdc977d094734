"""A small course with tasks, a cohort of the cast in it, and short ways to answer, for tests of results."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import Attempt
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.attempts import Answered, HandIn
from lms.assessments.services import taking
from lms.cohorts.models import Enrolment
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.services import enrolling, founding
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
from tests.cast import DAY, NOW, Cast, Member, _lesson, by_language


def item(node_id, kind, **body):
    return PublishedItem(node_id=node_id, kind=kind, body={"text": by_language(f"Question {node_id}?"), **body})


def options(*ids):
    return [{"id": one, "text": by_language(f"Option {one}")} for one in ids]


def task(node_id, kind=TaskKind.QUIZ, *, lesson=None, **body):
    title = by_language(f"Task {node_id}") if lesson is None else None
    return PublishedTask(node_id=node_id, kind=kind, lesson=lesson, title=title, body=body)


CHOICE = item("i-choice", "single", options=options("a", "b", "c"), key="a", feedback=by_language("Option a."))
TRUE = item("i-true", "truefalse", key=True)
SHORT = item("i-short", "short", accepted=[{"en": ["local", "a local one"], "fr": ["locale"], "ar": ["محلي"]}])
PAIRS = item(
    "i-pairs", "match", pairs=[{"id": p, "left": by_language(f"L{p}"), "right": by_language(f"R{p}")} for p in "xy"]
)
ESSAY = item(
    "i-essay",
    "open",
    words={"min": 1, "max": 100},
    rubric="r1",
    samples=[
        {"id": "good", "text": by_language("A good one"), "levels": {"type": 4}, "comment": by_language("Because.")}
    ],
)
RUBRIC = PublishedRubric(
    node_id="r1",
    body={
        "criteria": [
            {
                "id": "type",
                "weight": 100,
                "title": by_language("The type"),
                "levels": [by_language(f"Level {n}") for n in range(5)],
            }
        ]
    },
)
M1 = PublishedModule(
    node_id="m1",
    title=by_language("Module one"),
    summary=by_language("First."),
    objectives=[by_language("Do it.")],
    lessons=[_lesson("m1-words"), _lesson("m1-types")],
    tasks=[
        task("t-check", TaskKind.CHECKPOINT, lesson="m1-words", item="i-true"),
        task("t-quiz", items=["i-choice", "i-short"], graded=True, attempts=2, pass_percent=70, per_page=0),
        task("t-timed", items=["i-true"], graded=True, attempts=1, minutes=30, pass_percent=70),
        task("t-later", items=["i-pairs"], feedback="close"),
        task("t-memo", TaskKind.ASSIGNMENT, item="i-essay", graded=True),
    ],
    items=[CHOICE, TRUE, SHORT, PAIRS, ESSAY],
    rubrics=[RUBRIC],
)
M2 = PublishedModule(
    node_id="m2",
    title=by_language("Module two"),
    summary=by_language("Second."),
    objectives=[by_language("Do it.")],
    lessons=[],
    tasks=[task("t-second", items=["i-second"], graded=True)],
    items=[item("i-second", "number", key="5")],
)
VERSION = PublishedVersion(
    programme="taught",
    digest="1" * 64,
    title=by_language("Taught"),
    summary=by_language("A course."),
    required_languages=["en", "fr", "ar"],
    allowed_languages=[],
    naming=Naming.ALIAS,
    address={"ar": "feminine"},
    completion={
        "activities_percent": 80, "quiz_pass_percent": 70, "assignment_meets_percent": 75, "assignments": 3,
        "live_sessions": 6, "simulation": True,
    },
    modules=[M1, M2],
    files={"course.yaml": b"id: taught\n"},
)  # fmt: skip


def publish(*, digest="1", **items):
    """Publish the course; items by node id (with underscores) to what replaces them."""
    swapped = {one.replace("_", "-"): new for one, new in items.items()}
    first = replace(M1, items=[swapped.get(one.node_id, one) for one in M1.items])
    return publish_version(replace(VERSION, digest=digest * 64, modules=[first, M2]), by=None, at=NOW)[0]


@dataclass
class Taught:
    """The cohort, by ids only. tasks: public ids of the tasks; enrolments: of the participants."""

    cohort_id: UUID
    cohort_key: int
    tasks: dict[str, UUID]
    enrolments: dict[str, UUID]


def make_taught(cast: Cast) -> Taught:
    """Publish, make the cohort and enrol, inside the running transaction."""
    version = publish()
    cohort = founding.make_cohort(
        version,
        founding.NewCohort(
            title=version.title,
            year=2027,
            zone="Europe/Oslo",
            starts_on=date(2027, 4, 1),
            ends_on=date(2027, 6, 30),
            opens={"m1": NOW - 5 * DAY, "m2": NOW + 2 * DAY},
            dues={"t-quiz": NOW + DAY, "t-timed": NOW - DAY, "t-later": NOW + 5 * DAY},
        ),
        by=None,
        at=NOW,
    )
    enrolments = {}
    for name in ("cedar", "nour", "olivier"):
        member = getattr(cast, name)
        person = db.session.get_one(Person, member.id)
        alias = {"nour": "نور", "olivier": "Érable"}.get(name, member.shown_name)
        enrolment = enrolling.enrol(person, cohort, alias=alias, course_language=member.language, by=None, at=NOW)
        enrolments[name] = enrolment.public_id
    for name, role in (("facilitator", Role.FACILITATOR), ("coordinator", Role.COORDINATOR)):
        person = db.session.get_one(Person, getattr(cast, name).id)
        persons.grant_role(person, role, cohort_id=cohort.id, by=None, at=NOW - DAY)
    return Taught(
        cohort_id=cohort.public_id,
        cohort_key=cohort.id,
        tasks={entry.node_id: entry.public_id for entry in calendar_of(cohort)},
        enrolments=enrolments,
    )


def load(member: Member) -> Person:
    """A person as a request has her: with her key and her roles."""
    query = select(Person).where(Person.id == member.id).options(selectinload(Person.key), selectinload(Person.roles))
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def begin(member: Member, task_id: UUID, *, at=NOW) -> UUID:
    """Open an attempt."""
    person = load(member)
    with transaction():
        attempt = taking.open_attempt(sittings.find_task_place(person, task_id), by=person, language="en", at=at)
    return attempt.public_id


def answer(member: Member, task_id: UUID, attempt_id: UUID, *, at=NOW, **said):
    """Answer some questions; said: node id with underscores to data."""
    person = load(member)
    for name, data in said.items():
        sitting = sittings.find_sitting(person, task_id)
        answered = Answered(
            question=name.replace("_", "-"),
            data=data,
            flagged=False,
            operation=new_id(),
            sequence=1,
            held=timedelta(0),
            language="en",
        )
        with transaction():
            taking.save_answer(sitting, sittings.named_attempt(sitting, attempt_id), answered, by=person, at=at)


def hand_in(member: Member, task_id: UUID, *, at=NOW) -> None:
    """Hand in the open attempt."""
    person = load(member)
    with transaction():
        sitting = sittings.find_sitting(person, task_id)
        taking.hand_in(sitting, HandIn(operation=new_id(), held=timedelta(0), language="en"), by=person, at=at)


def take(member: Member, task_id: UUID, *, at=NOW, **said) -> UUID:
    """Open, answer and hand in."""
    attempt_id = begin(member, task_id, at=at)
    answer(member, task_id, attempt_id, at=at, **said)
    hand_in(member, task_id, at=at)
    return attempt_id


def attempt_of(attempt_id: UUID) -> Attempt:
    """An attempt, read anew."""
    return db.session.scalars(
        select(Attempt).where(Attempt.public_id == attempt_id).execution_options(populate_existing=True)
    ).one()


def enrolment_of(enrolment_id: UUID) -> Enrolment:
    """An enrolment with its cohort."""
    return db.session.scalars(select(Enrolment).where(Enrolment.public_id == enrolment_id)).one()


def in_context(app: Flask, done, *arguments, **more):
    """Do something in an application context of its own, so that no request finds it open."""
    with app.app_context():
        return done(*arguments, **more)
