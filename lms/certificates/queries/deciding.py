"""What coordinators see of completion: aliases, what is there and what is missing, never a name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, exists, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.assessments.models import Conflict
from lms.assessments.queries.catalogue import catalogue
from lms.assessments.queries.completion import records_of
from lms.assessments.queries.queue import own_conflict
from lms.cohorts.models import Cohort, Enrolment, MoveRow
from lms.cohorts.policy import number_of
from lms.cohorts.queries.people import place_of_address
from lms.cohorts.rules.completion import Part, Requirement, judge
from lms.cohorts.rules.enrolment import MAY_READ, UNDER_WAY, EnrolmentState, Move
from lms.courses.rules import Told, tell
from lms.kernel.db import db

from ..models import Certificate, Completion
from ..rules.deciding import is_in_force
from ..rules.facts import Level
from ..rules.states import CertificateState
from .holding import is_newest

ROWS_A_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of the participants of a cohort by alias, as it was loaded. rows: one more than is shown."""

    cohort: Cohort
    rows: Sequence[Any]

    @property
    def enrolment(self) -> None:
        """Staff take no part."""
        return None

    @property
    def following(self) -> UUID | None:
        """After whom the next page begins; None on the last one."""
        return self.rows[ROWS_A_PAGE - 1].id if len(self.rows) > ROWS_A_PAGE else None

    def title(self, language: str) -> Told:
        """The cohort's title for a page in this language."""
        return tell(self.cohort.title, language, self.cohort.version.required_languages)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One participant in the list.

    requirements: as they stand, or as they stood when it was decided; empty where this reader has a conflict of
    interest with her. level: what was decided, None while nothing is. by_rule: the rule itself decided.
    """

    id: UUID
    alias: str
    state: EnrolmentState
    is_hidden: bool
    requirements: Sequence[Requirement]
    level: Level | None
    decided_at: datetime | None
    by_rule: bool
    certificate: CertificateState | None

    @property
    def missing(self) -> list[Requirement]:
        """What is not met."""
        return [one for one in self.requirements if not one.is_met]


def find_listing(who: Person, cohort_id: UUID, *, after: UUID | None = None) -> Listing | None:
    """A page of a cohort, with what was decided: one statement. after: the last participant of the page before."""
    query = _listing(is_first_page=after is None)
    rows = db.session.execute(query, {"me": who.id, "cohort_id": cohort_id, "after": after}).all()
    return Listing(cohort=rows[0][0], rows=[row for row in rows if row.key is not None]) if rows else None


@cache
def _listing(*, is_first_page: bool) -> Select[*tuple[Any, ...]]:
    before = select(Enrolment.alias).where(Enrolment.public_id == bindparam("after")).scalar_subquery()
    listed = and_(
        Enrolment.cohort_id == Cohort.id,
        Enrolment.state.in_(MAY_READ),
        Enrolment.agreed_at.is_not(None),
        *([] if is_first_page else [Enrolment.alias > before]),
    )
    listing: Select[*tuple[Any, ...]] = (
        select(
            Cohort,
            Enrolment.id.label("key"),
            Enrolment.public_id.label("id"),
            Enrolment.alias,
            Enrolment.state,
            Completion.level,
            Completion.by_id,
            Completion.decided_at,
            Completion.requirements,
            Certificate.state.label("certificate"),
            (Conflict.id.is_not(None) | (Enrolment.person_id == number_of(None))).label("is_hidden"),
        )
        .join(Cohort.version)
        .outerjoin(Enrolment, listed)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(Certificate, is_newest())
        .outerjoin(Conflict, own_conflict())
        .where(Cohort.public_id == bindparam("cohort_id"))
        .options(contains_eager(Cohort.version))
        .order_by(Enrolment.alias, Enrolment.id)
        .limit(ROWS_A_PAGE + 1)
    )
    return listing


def lines_of(listing: Listing) -> list[Line]:
    """The lines of a page: three statements more while somebody's course is under way."""
    rows = listing.rows[:ROWS_A_PAGE]
    waiting = [row.key for row in rows if not row.is_hidden and not is_in_force(row.state)]
    records = records_of(listing.cohort, waiting) if waiting else {}
    rule = listing.cohort.rule()
    judged = {key: judge(rule, record) for key, record in records.items()}
    return [_line(row, judged.get(row.key)) for row in rows]


def _line(row: Any, judged: Sequence[Requirement] | None) -> Line:
    decided = row.level is not None and is_in_force(row.state)
    stood = [read_requirement(one) for one in row.requirements] if decided else []
    return Line(
        id=row.id,
        alias=row.alias,
        state=row.state,
        is_hidden=row.is_hidden,
        requirements=[] if row.is_hidden else judged or stood,
        level=row.level if decided and not row.is_hidden else None,
        decided_at=row.decided_at if decided else None,
        by_rule=row.by_id is None,
        certificate=row.certificate if not row.is_hidden else None,
    )


def read_requirement(data: dict[str, Any]) -> Requirement:
    """A requirement as it was kept with a decision."""
    return Requirement(**{**data, "part": Part(data["part"]), "open_nodes": tuple(data["open_nodes"])})


@dataclass(frozen=True, kw_only=True)
class Case:
    """One participant before a coordinator, with what was decided and her newest certificate."""

    cohort: Cohort
    participant: Enrolment
    completion: Completion | None
    certificate: Certificate | None
    in_conflict: bool

    @property
    def enrolment(self) -> None:
        """Staff take no part."""
        return None

    @property
    def decided(self) -> Completion | None:
        """The decision that holds."""
        return self.completion if self.completion is not None and is_in_force(self.participant.state) else None

    @property
    def valid(self) -> Certificate | None:
        """The certificate that is valid."""
        found = self.certificate
        return found if found is not None and found.state is CertificateState.VALID else None


def find_case(who: Person, cohort_id: UUID, enrolment_id: UUID) -> Case | None:
    """The participant of an address, with her key, so that reasons can be read: one statement."""
    bound = {"me": who.id, "cohort_id": cohort_id, "enrolment_id": enrolment_id}
    row = db.session.execute(_case(), bound).one_or_none()
    if row is None:
        return None
    enrolment, cohort, completion, certificate, conflict = row
    return Case(
        cohort=cohort,
        participant=enrolment,
        completion=completion,
        certificate=certificate,
        in_conflict=conflict is not None,
    )


@cache
def _case() -> Select[*tuple[Any, ...]]:
    return (
        place_of_address()
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(Certificate, is_newest())
        .outerjoin(Conflict, own_conflict())
        .where(Enrolment.state.in_(MAY_READ), Enrolment.agreed_at.is_not(None))
        .add_columns(Completion, Certificate, Conflict.id)
    )


def requirements_of(case: Case) -> list[Requirement]:
    """What her course asks for and what is there now: three statements."""
    records = records_of(case.cohort, [case.participant.id])
    return judge(case.cohort.rule(), records[case.participant.id])


def titles_of(cohort: Cohort, requirements: Sequence[Requirement], language: str) -> dict[str, Told]:
    """Titles of the tasks that requirements name, by node id. cohort: with its version."""
    asked = catalogue(cohort.version)
    named = {node_id: asked.tasks.get(node_id) for one in requirements for node_id in one.open_nodes}
    return {node_id: asked.title(task, language) for node_id, task in named.items() if task is not None}


def stood_then(completion: Completion) -> list[Requirement]:
    """What was there when it was decided."""
    return [read_requirement(one) for one in completion.requirements]


def shown_name_of(person_id: int | None) -> str | None:
    """What the site calls whoever decided; None for the rule and for somebody who is gone."""
    return db.session.scalar(select(Person.shown_name).where(Person.id == person_id))


def open_cohorts() -> Sequence[Cohort]:
    """Every cohort whose rule may still decide, with its version."""
    return db.session.scalars(
        select(Cohort)
        .join(Cohort.version)
        .where(Cohort.closed_at.is_(None))
        .options(contains_eager(Cohort.version))
        .order_by(Cohort.id)
    ).all()


def waiting_in(cohort: Cohort, *, after: int, most: int) -> Sequence[int]:
    """Whose course is under way, by number of the place, some at a time."""
    return db.session.scalars(
        select(Enrolment.id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.id > after, *_rule_decides())
        .order_by(Enrolment.id)
        .limit(most)
    ).all()


def waiting_for_update(cohort: Cohort, places: Sequence[int]) -> Sequence[Enrolment]:
    """These places as they stand now, locked, without those about whom somebody decided meanwhile."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.id.in_(places), *_rule_decides())
        .order_by(Enrolment.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def _rule_decides() -> list[Any]:
    """About whom the rule decides by itself: not where a person took up again what it had decided."""
    reopened = exists().where(MoveRow.enrolment_id == Enrolment.id, MoveRow.move == Move.REOPEN)
    return [Enrolment.state.in_(UNDER_WAY), Enrolment.agreed_at.is_not(None), ~reopened]


def completion_of(enrolment_id: int) -> Completion | None:
    """What was decided about a place, locked."""
    return db.session.scalars(
        select(Completion)
        .where(Completion.enrolment_id == enrolment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def completions_of(places: Sequence[int]) -> dict[int, Completion]:
    """What was decided before about these places, locked, by number of the place."""
    found = db.session.scalars(
        select(Completion)
        .where(Completion.enrolment_id.in_(places))
        .order_by(Completion.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {one.enrolment_id: one for one in found if one.enrolment_id is not None}


def has_certificates(completion: Completion) -> bool:
    """Whether a certificate was ever issued on it."""
    return (
        db.session.scalar(select(Certificate.id).where(Certificate.completion_id == completion.id).limit(1)) is not None
    )


def has_valid(completion: Completion) -> bool:
    """Whether a certificate that rests on it is valid."""
    wanted = Certificate.completion_id == completion.id, Certificate.state == CertificateState.VALID
    return db.session.scalar(select(Certificate.id).where(*wanted)) is not None
