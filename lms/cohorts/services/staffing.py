"""Who works for a cohort: inviting, giving and ending roles. There is always a coordinator who can sign in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from lms.accounts.models import Invitation, Person, RoleGrant
from lms.accounts.rules.credentials import ContactKind
from lms.accounts.rules.roles import Role
from lms.accounts.services import codes, persons
from lms.kernel.db import db, lock_name

from ..errors import LastCoordinator, MadeAlready, NoCodeNeeded, NotComeYet
from ..models import Group
from ..queries import staff
from .founding import id_of_act, open_for_update


@dataclass(frozen=True, kw_only=True)
class NewStaff:
    """Somebody who was not here before. operation: made with the page, so that a button pressed twice is one act."""

    shown_name: str
    language: str
    zone: str
    role: Role
    email: str | None
    operation: UUID


@dataclass(frozen=True, kw_only=True)
class Invited:
    """Somebody with her one-use code, to be shown once."""

    person: Person
    role: Role
    code: str
    expires_at: datetime


def invite_staff(cohort_id: int, new: NewStaff, *, by: Person, at: datetime) -> Invited:
    """Make a person with a role in the cohort and a code with which she opens her account.

    Raises CohortClosed; MadeAlready when the page made somebody else before; NoCodeNeeded when she has come since.
    """
    cohort = open_for_update(cohort_id)
    public_id = id_of_act("staff", new.operation, by)
    lock_name(public_id.bytes)
    person = staff.find_person(public_id)
    if person is None:
        person = persons.make_person(_person(new, public_id), by=by, at=at)
        persons.grant_role(person, new.role, cohort_id=cohort.id, by=by, at=at)
        return _invited(person, new.role, codes.invite(person, by=by, at=at), at=at)
    if (person.shown_name, person.interface_language) != (new.shown_name, new.language):
        raise MadeAlready
    return _shown_again(person, new.role, at=at)


def new_code(cohort_id: int, person_id: UUID, *, by: Person, at: datetime) -> Invited:
    """Make another code for somebody who works for the cohort and has not come. Raises NoCodeNeeded, CohortClosed."""
    cohort = open_for_update(cohort_id)
    person = staff.find_person(person_id)
    held = {} if person is None else _roles_of(person, staff.grants_for_update(cohort, at=at))
    if person is None or not held:
        raise NoCodeNeeded
    codes.withdraw_invitations(person.id, at=at)  # waits for her, should she be using it just now
    db.session.refresh(person, ["login_index"])
    if person.login_index is not None:
        raise NoCodeNeeded
    return _invited(person, next(iter(held)), codes.invite(person, by=by, at=at), at=at)


def add_staff(cohort_id: int, person: Person, role: Role, *, by: Person, at: datetime) -> None:
    """Give somebody a role in the cohort; whoever holds it already goes on holding it.

    Raises CohortClosed; NotComeYet: her code opens all that she was given, and is shown to those who invited her alone.
    """
    cohort = open_for_update(cohort_id)
    if not staff.with_account([person.id]):
        raise NotComeYet
    if role not in _roles_of(person, staff.grants_for_update(cohort, at=at)):
        persons.grant_role(person, role, cohort_id=cohort.id, by=by, at=at)


def end_staff(cohort_id: int, person_id: UUID, role: Role, *, by: Person, at: datetime) -> None:
    """End a role in the cohort; what has ended stays so. Groups that a facilitator looked after wait for another one.

    Raises LastCoordinator, CohortClosed.
    """
    cohort = open_for_update(cohort_id)
    person = staff.find_person(person_id)
    grants = staff.grants_for_update(cohort, at=at)
    ending = [] if person is None else [one for one in grants if one.person_id == person.id and one.role is role]
    if person is None or not ending:
        return
    if role is Role.COORDINATOR:
        _check_others_coordinate(grants, person)
    for grant in ending:
        persons.end_role(grant, by=by, at=at)
    if role is Role.FACILITATOR:
        of_hers = Group.cohort_id == cohort.id, Group.facilitator_id == person.id
        db.session.execute(update(Group).where(*of_hers).values(facilitator_id=None))


def _check_others_coordinate(grants: Sequence[RoleGrant], leaving: Person) -> None:
    """Refuse to leave the cohort to nobody, or only to people who have not come. Raises LastCoordinator."""
    others = [one.person_id for one in grants if one.role is Role.COORDINATOR and one.person_id != leaving.id]
    if not staff.with_account(others):
        raise LastCoordinator


def _roles_of(person: Person, grants: Sequence[RoleGrant]) -> dict[Role, RoleGrant]:
    return {grant.role: grant for grant in grants if grant.person_id == person.id}


def _person(new: NewStaff, public_id: UUID) -> persons.NewPerson:
    return persons.NewPerson(
        shown_name=new.shown_name,
        interface_language=new.language,
        time_zone=new.zone,
        contact=new.email,
        contact_kind=ContactKind.EMAIL if new.email else None,
        public_id=public_id,
    )


def _shown_again(person: Person, role: Role, *, at: datetime) -> Invited:
    """The code that the same act made a moment ago. Raises NoCodeNeeded when it is open no more."""
    invitation = staff.open_invitation(person, at=at)
    code = codes.code_of(invitation) if invitation is not None else None
    if invitation is None or code is None:
        raise NoCodeNeeded
    return Invited(person=person, role=role, code=code, expires_at=invitation.expires_at)


def _invited(person: Person, role: Role, code: str, *, at: datetime) -> Invited:
    db.session.flush()  # the invitation is read again for its last day
    invitation: Invitation | None = staff.open_invitation(person, at=at)
    assert invitation is not None
    return Invited(person=person, role=role, code=code, expires_at=invitation.expires_at)
