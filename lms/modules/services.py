"""Acts on progress."""

from datetime import datetime

from lms.accounts.models import Person
from lms.cohorts import rules as cohorts
from lms.kernel.db import db

from . import queries
from .models import Progress
from .queries import LessonPlace


def mark_read(place: LessonPlace, *, by: Person, at: datetime) -> None:
    """Note that a participant has read a lesson. Doing it again changes nothing; the first time counts.

    Not an audited act: progress is its own record. Raises NotOpenYet, NoDateYet, TakesPartNoMore.
    """
    assert place.enrolment is not None and place.enrolment.person_id == by.id
    cohorts.check_open(place.opening, at=at)
    enrolment = queries.enrolment_for_update(place.enrolment.id)
    cohorts.check_takes_part(enrolment.state)
    if not queries.is_read(enrolment, place.entry.node_id):
        db.session.add(Progress(enrolment_id=enrolment.id, node_id=place.entry.node_id, read_at=at))
