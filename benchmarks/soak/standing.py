"""What was acknowledged in a soak, looked up in the database when everything has ended."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from benchmarks.inside import fields_of
from benchmarks.load import Loaded, application
from lms.accounts.models import Person
from lms.assessments.models import Attempt, StepRow
from lms.assessments.queries.catalogue import catalogue
from lms.assessments.rules.attempts import OF_MARKING, heads
from lms.assessments.rules.items import read_answer
from lms.assessments.sealing import read_steps
from lms.kernel.db import db

FORGET_EVERY = 500
"""Attempts after which what was read is let go of."""


def missing(loaded: Loaded, told: Mapping[str, Any]) -> list[str]:
    """Each answer, hand-in and mark that was acknowledged and does not stand, in words."""
    by_attempt = defaultdict(list)
    for one in told["kept"]:
        by_attempt[one["attempt"]].append(one)
    found: list[str] = []
    with application(loaded.data_dir, loaded.keys_dir, loaded.database_url).app_context():
        for number, (attempt_id, answers) in enumerate(by_attempt.items()):
            found += _answers(UUID(attempt_id), answers)
            if number % FORGET_EVERY == 0:
                db.session.remove()
        found += [f"{one}: not handed in" for one in told["handed_in"] if not _is_handed_in(UUID(one))]
        found += [f"{one}: no marks" for one in told["marked"] if not _has_marks(UUID(one))]
        db.session.remove()
        db.engine.dispose()
    return found


def _answers(attempt_id: UUID, answers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    attempt = _attempt(attempt_id)
    if attempt is None:
        yield f"{attempt_id}: no such attempt"
        return
    owner = db.session.get_one(Person, attempt.enrolment.person_id, options=[joinedload(Person.key)])
    standing = heads(read_steps(owner, _steps(attempt)))
    for one in answers:
        question = attempt.drawn[one["number"] - 1]
        item = catalogue(attempt.version).items[question]
        step = standing.get(question)
        if step is None or step.data != read_answer(item, fields_of(one["number"], one["fields"])):
            what = "nothing" if step is None else "something else"
            yield f"{attempt_id}, question {one['number']}: {what} stands"


def _attempt(public_id: UUID) -> Attempt | None:
    wanted = select(Attempt).where(Attempt.public_id == public_id)
    return db.session.scalar(wanted.options(joinedload(Attempt.version), joinedload(Attempt.enrolment)))


def _steps(attempt: Attempt) -> Sequence[StepRow]:
    wanted = select(StepRow).where(StepRow.attempt_id == attempt.id).order_by(StepRow.number)
    return db.session.scalars(wanted).all()


def _is_handed_in(public_id: UUID) -> bool:
    attempt = _attempt(public_id)
    return attempt is not None and attempt.handed_in_at is not None


def _has_marks(public_id: UUID) -> bool:
    attempt = _attempt(public_id)
    return attempt is not None and any(step.kind in OF_MARKING for step in _steps(attempt))
