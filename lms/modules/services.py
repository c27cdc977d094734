"""Acts on progress."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert

from lms.accounts.models import Person
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.rules.enrolment import check_takes_part
from lms.cohorts.rules.opening import check_goes_on, check_open
from lms.cohorts.services import tallying
from lms.kernel import events
from lms.kernel.db import db

from . import queries
from .models import Progress
from .queries import LessonPlace


@dataclass(frozen=True, kw_only=True)
class LessonRead:
    """Somebody read a lesson for the first time. place: hers, locked."""

    place: Enrolment
    cohort: Cohort


def mark_read(place: LessonPlace, *, by: Person, at: datetime) -> None:
    """Note that a participant has read a lesson. Doing it again changes nothing; the first time counts.

    Not an audited act: progress is its own record. Raises NotOpenYet, NoDateYet, CourseClosed,
    TakesPartNoMore.
    """
    assert place.enrolment is not None and place.enrolment.person_id == by.id
    check_open(place.opening, at=at)
    enrolment, closed_at = queries.enrolment_for_update(place.enrolment.id)
    check_goes_on(closed_at)
    check_takes_part(enrolment.state)
    if queries.is_read(enrolment, place.entry.node_id):
        return
    tallying.note_act(enrolment, place.cohort, at=at)
    db.session.add(Progress(enrolment_id=enrolment.id, node_id=place.entry.node_id, read_at=at))
    events.publish(LessonRead(place=enrolment, cohort=place.cohort))


@dataclass(frozen=True, kw_only=True)
class PastReading:
    """That somebody read a lesson, and when."""

    enrolment_id: int
    node_id: str
    read_at: datetime


def add_readings(past: Sequence[PastReading]) -> None:
    """Store readings that lie in the past, many at once: for a demo. Nobody is asked whether she may."""
    rows = [{"enrolment_id": one.enrolment_id, "node_id": one.node_id, "read_at": one.read_at} for one in past]
    if rows:
        db.session.execute(insert(Progress), rows)
