"""Who may mark in a cohort, and how much each has waiting."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from lms.accounts.models import Person, RoleGrant
from lms.accounts.queries import is_held
from lms.accounts.rules.roles import Role
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.policy import in_care_of
from lms.kernel.db import db
from lms.safety.queries import must_not_meet

from ..models import Attempt, Conflict, MarkerLanguages
from ..rules.attempts import AttemptState
from ..rules.marking import Marker


def markers_of(cohort: Cohort, attempt: Attempt, *, at: datetime) -> list[Marker]:
    """The facilitators of a cohort as candidates for one attempt, by number: one statement.

    Her own work is a conflict of interest that nobody has to declare, and so is somebody she is kept apart from.
    """
    bound = {"attempt_id": attempt.id, "enrolment_id": attempt.enrolment_id, "cohort_id": cohort.id, "at": at}
    return [
        Marker(
            id=number,
            languages=languages or [own],
            waiting=load,
            in_conflict=conflict is not None or her_own is not None or bool(is_apart),
            looks_after=bool(is_in_care),
        )
        for number, own, languages, conflict, her_own, load, is_in_care, is_apart in db.session.execute(
            _markers(), bound
        )
    ]


@cache
def _markers() -> Select[*tuple[Any, ...]]:
    of_writer = aliased(Enrolment)
    enrolment_id: BindParameter[int] = bindparam("enrolment_id")
    is_other = Attempt.id != bindparam("attempt_id")
    waiting = (
        select(func.count())
        .where(Attempt.marker_id == Person.id, Attempt.state == AttemptState.HANDED_IN, is_other)
        .scalar_subquery()
    )
    markers: Select[*tuple[Any, ...]] = (
        select(
            Person.id,
            Person.interface_language,
            MarkerLanguages.languages,
            Conflict.id,
            Enrolment.id,
            waiting,
            in_care_of(Person.id, of_writer),
            must_not_meet(of_writer.cohort_id, Person.id, of_writer.person_id),
        )
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .join(of_writer, of_writer.id == enrolment_id)
        .outerjoin(MarkerLanguages, MarkerLanguages.person_id == Person.id)
        .outerjoin(Conflict, and_(Conflict.person_id == Person.id, Conflict.enrolment_id == enrolment_id))
        .outerjoin(Enrolment, and_(Enrolment.person_id == Person.id, Enrolment.id == enrolment_id))
        .where(
            RoleGrant.role == Role.FACILITATOR,
            RoleGrant.cohort_id == bindparam("cohort_id"),
            *is_held(bindparam("at")),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.id)
    )
    return markers
