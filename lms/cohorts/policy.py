"""Who may read a cohort's course."""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_
from sqlalchemy.orm import QueryableAttribute, aliased

from lms.accounts.models import Person
from lms.accounts.policy import has_role
from lms.accounts.rules.roles import Role
from lms.kernel.policy import Permission, both, declare

from .models import Cohort, Enrolment, Group
from .rules.enrolment import MAY_READ, UNDER_WAY

READING_ROLES = (Role.FACILITATOR, Role.COORDINATOR)
"""Roles that read what participants read, without taking part."""

SECOND_ROLES = (Role.COORDINATOR, Role.SAFETY, Role.ADMIN, Role.PANEL)
"""Roles, of the cohort or of the whole site, whose holders may be the second person when invitations are sent."""


class CohortPermission(Permission):
    """What concerns a cohort."""

    READ = "cohorts:course:read"
    TAKE_PART = "cohorts:course:take_part"
    PROGRESS = "cohorts:course:progress"
    SETTLE = "cohorts:place:settle"
    FOUND = "cohorts:cohort:found"
    LIST = "cohorts:cohort:list"
    RUN = "cohorts:cohort:run"
    CHANGE = "cohorts:cohort:change"
    LOOK_AFTER = "cohorts:people:look_after"
    ANSWER = "cohorts:sending:answer"
    PART = "cohorts:people:part"


class InCohort(Protocol):
    """Something in a cohort, loaded for one person together with her own enrolment there, if she has one."""

    @property
    def cohort(self) -> Cohort: ...

    @property
    def enrolment(self) -> Enrolment | None: ...


class OfParticipant(Protocol):
    """Something of one participant that her staff look at. enrolment: hers, loaded with its group."""

    @property
    def cohort(self) -> Cohort: ...

    @property
    def enrolment(self) -> Enrolment: ...


class Case(Protocol):
    """A participant's place before staff who decide about it. in_conflict: the reader declared a conflict of interest.

    enrolment: the reader's own, as in `InCohort`: none is loaded. participant: the place that is decided about.
    """

    @property
    def cohort(self) -> Cohort: ...

    @property
    def enrolment(self) -> None: ...

    @property
    def participant(self) -> Enrolment: ...

    @property
    def in_conflict(self) -> bool: ...


def takes_part(who: Person | None, target: InCohort) -> bool:
    """Her own enrolment lets her read."""
    enrolment = target.enrolment
    return (
        who is not None
        and enrolment is not None
        and enrolment.person_id == who.id
        and enrolment.cohort_id == target.cohort.id
        and enrolment.state in MAY_READ
        and enrolment.agreed_at is not None
    )


def has_still_to_come(who: Person | None, target: InCohort) -> bool:
    """It is her own place, two people have decided that she is told of it, and she has not set it up yet."""
    enrolment = target.enrolment
    return (
        who is not None
        and enrolment is not None
        and enrolment.person_id == who.id
        and enrolment.state in UNDER_WAY
        and enrolment.released_at is not None
        and enrolment.agreed_at is None
        and target.cohort.closed_at is None
    )


def founds(who: Person | None, target: object) -> bool:
    """Coordinators of the whole site make cohorts."""
    return has_role(who, Role.COORDINATOR)


def runs_any(who: Person | None, target: object) -> bool:
    """Coordinators, of the site or of some cohort, see the list of theirs."""
    return who is not None and any(grant.role is Role.COORDINATOR for grant in who.roles)


def coordinates(who: Person | None, target: InCohort) -> bool:
    """Coordinators of the cohort run it."""
    return has_role(who, Role.COORDINATOR, target.cohort.id)


def keeps_safe(who: Person | None, target: Any) -> bool:
    """The safety focal point of the cohort, or of the whole site."""
    return has_role(who, Role.SAFETY, target.cohort.id) or has_role(who, Role.SAFETY)


def is_another(who: Person | None, target: Case) -> bool:
    """Nobody decides about her own place."""
    return who is not None and target.participant.person_id != who.id


def has_no_conflict(who: Person | None, target: Case) -> bool:
    """Whoever declared a conflict of interest neither moves a place nor decides what counts for completion."""
    return not target.in_conflict


coordinates_another = both(both(coordinates, is_another), has_no_conflict)
"""A coordinator of the cohort, about somebody else, without a conflict of interest."""


def may_be_second(who: Person | None, target: InCohort) -> bool:
    """She could confirm what somebody else asked for in this cohort; that it was not herself, the rule looks at."""
    return who is not None and any(
        grant.role in SECOND_ROLES and grant.cohort_id in (None, target.cohort.id) for grant in who.roles
    )


def is_open(who: Person | None, target: InCohort) -> bool:
    """A closed cohort is read, and not changed."""
    return target.cohort.closed_at is None


def works_for(who: Person | None, target: InCohort) -> bool:
    """Facilitators and coordinators of the cohort read what participants read."""
    return any(has_role(who, role, target.cohort.id) for role in READING_ROLES)


def facilitates(who: Person | None, target: OfParticipant) -> bool:
    """Facilitators are there for the people of their groups, and for whoever is in no group.

    Without groups a cohort is seen whole; a group that nobody facilitates is the coordinators'. Whoever has lost a
    device is seen by coordinators alone until she is back.
    Rule: docs/security/threat-model.md 1.2, H1.
    """
    return (
        who is not None
        and has_role(who, Role.FACILITATOR, target.cohort.id)
        and _is_in_care(target.enrolment, facilitator_id=who.id)
    )


def _is_in_care(enrolment: Enrolment, *, facilitator_id: int) -> bool:
    if enrolment.hidden_at is not None:
        return False
    return enrolment.group_id is None or (
        enrolment.group is not None
        and enrolment.group.cohort_id == enrolment.cohort_id
        and enrolment.group.facilitator_id == facilitator_id
    )


def in_care_of(facilitator_id: Any, enrolment: type[Enrolment] = Enrolment) -> ColumnElement[bool]:
    """`facilitates` as a condition over Enrolment, who is a facilitator there being settled.

    facilitator_id: a person's number, or a column of them.
    """
    group = aliased(Group)
    hers = exists().where(
        group.id == enrolment.group_id,
        group.cohort_id == enrolment.cohort_id,
        group.facilitator_id == facilitator_id,
    )
    return and_(enrolment.hidden_at.is_(None), or_(enrolment.group_id.is_(None), hers.correlate_except(group)))


def as_reader(who: Person) -> dict[str, Any]:
    """What row filters that are built without a reader ask of her: bound when their statement is executed."""
    return {"me": who.id} | {_held_in(role): _cohorts(who, role) for role in READING_ROLES}


def facilitated_by(who: Person | None = None, enrolment: type[Enrolment] = Enrolment) -> ColumnElement[bool]:
    """`facilitates` as a row filter over Enrolment. who: None where it is built once, and `as_reader` is bound."""
    return and_(enrolment.cohort_id.in_(_cohorts(who, Role.FACILITATOR)), in_care_of(number_of(who), enrolment))


def looks_after(who: Person | None, target: OfParticipant) -> bool:
    """Coordinators of the cohort, of everybody; facilitators, of those whom they facilitate."""
    return has_role(who, Role.COORDINATOR, target.cohort.id) or facilitates(who, target)


def looked_after_by(who: Person | None = None, enrolment: type[Enrolment] = Enrolment) -> ColumnElement[bool]:
    """`looks_after` as a row filter over Enrolment. who: None where it is built once, and `as_reader` is bound."""
    return or_(enrolment.cohort_id.in_(_cohorts(who, Role.COORDINATOR)), facilitated_by(who, enrolment))


def number_of(who: Person | None) -> Any:
    """The number of a person, or where that of `as_reader` is bound."""
    return bindparam("me") if who is None else who.id


def _held_in(role: Role) -> str:
    return f"{role.value}_in"


def _cohorts(who: Person | None, role: Role) -> Any:
    """The cohorts in which she holds a role, by number, or where those of `as_reader` are bound."""
    if who is None:
        return bindparam(_held_in(role), expanding=True)
    return sorted({grant.cohort_id for grant in who.roles if grant.role is role and grant.cohort_id is not None})


def readable() -> ColumnElement[bool]:
    """`takes_part` and `works_for` as a row filter over Cohort, outer-joined with `queries.seats.own_enrolment`.

    What `worked_for` gives is bound under its name.
    """
    return or_(Enrolment.agreed_at.is_not(None), Cohort.id.in_(bindparam("worked_for", expanding=True)))


def worked_for(who: Person) -> list[int]:
    """The cohorts, by number, that she reads because she works for them."""
    return [grant.cohort_id for grant in who.roles if grant.role in READING_ROLES and grant.cohort_id is not None]


def waiting_for() -> ColumnElement[bool]:
    """`has_still_to_come` as a row filter over Cohort, outer-joined with `queries.seats.own_enrolment`."""
    return and_(
        Enrolment.id.is_not(None),
        Enrolment.released_at.is_not(None),
        Enrolment.agreed_at.is_(None),
        Enrolment.state.in_(UNDER_WAY),
        Cohort.closed_at.is_(None),
    )


def run_by(cohort_id: QueryableAttribute[int] = Cohort.id) -> ColumnElement[bool]:
    """`coordinates` as a row filter over Cohort, or over what belongs to one: what `as_reader` gives is bound.

    cohort_id: the column of it.
    """
    return cohort_id.in_(_cohorts(None, Role.COORDINATOR))


declare(
    {
        CohortPermission.READ: [takes_part, works_for],
        CohortPermission.TAKE_PART: [takes_part],
        CohortPermission.PROGRESS: [both(takes_part, is_open)],
        CohortPermission.SETTLE: [has_still_to_come, takes_part],
        CohortPermission.FOUND: [founds],
        CohortPermission.LIST: [runs_any],
        CohortPermission.RUN: [coordinates],
        CohortPermission.CHANGE: [both(coordinates, is_open)],
        CohortPermission.LOOK_AFTER: [works_for],
        CohortPermission.ANSWER: [both(may_be_second, is_open)],
        CohortPermission.PART: [keeps_safe],
    }
)
