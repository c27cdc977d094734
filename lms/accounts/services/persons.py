"""Making people and giving them roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms.accounts import vault
from lms.accounts.hashes import contact_index
from lms.accounts.models import Person, RoleGrant, number_of
from lms.accounts.rules.credentials import ContactKind
from lms.accounts.rules.preferences import Digits, Theme
from lms.accounts.rules.roles import Role
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_id

PERSON_MADE = audit.act("accounts.person.made")
ROLE_GRANTED = audit.act("accounts.role.granted", "role")
ROLE_ENDED = audit.act("accounts.role.ended", "role")


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What is known of a person before she has been here. public_id: one that nobody bears; drawn where not given."""

    shown_name: str
    interface_language: str
    time_zone: str
    legal_name: str | None = None
    contact: str | None = None
    contact_kind: ContactKind | None = None
    public_id: UUID | None = None


def make_person(new: NewPerson, *, by: Person | None, at: datetime) -> Person:
    """Make a person with a key of her own; what is secret is sealed before it is stored."""
    return make_people([new], by=by, at=at)[0]


def make_people(new: Sequence[NewPerson], *, by: Person | None, at: datetime) -> list[Person]:
    """Make many people at once, each with a key of her own; in the order given."""
    people = [_new_person(one, at=at) for one in new]
    db.session.add_all(people)
    db.session.flush()  # the audit entries need their numbers
    for person in people:
        audit.record(PERSON_MADE, by=number_of(by), on=person.id, at=at)
    return people


def _new_person(new: NewPerson, *, at: datetime) -> Person:
    public_id = new.public_id or new_id()
    key = vault.make_key(public_id)
    return Person(
        public_id=public_id,
        shown_name=new.shown_name,
        legal_name=vault.seal(key, new.legal_name, place=vault.LEGAL_NAME),
        contact=vault.seal(key, new.contact, place=vault.CONTACT),
        contact_kind=new.contact_kind,
        contact_index=contact_index(new.contact, new.contact_kind) if new.contact and new.contact_kind else None,
        interface_language=new.interface_language,
        time_zone=new.time_zone,
        theme=Theme.DEVICE,
        digits=Digits.LATIN,
        leave_to="search",
        exit_keys=False,
        created_at=at,
    )


def grant_role(person: Person, role: Role, *, cohort_id: int | None, by: Person | None, at: datetime) -> RoleGrant:
    """Give a role from now on."""
    grant = RoleGrant(person_id=person.id, role=role, cohort_id=cohort_id, from_at=at)
    db.session.add(grant)
    audit.record(ROLE_GRANTED, by=number_of(by), on=person.id, at=at, role=(None, role.value))
    return grant


def end_role(grant: RoleGrant, *, by: Person | None, at: datetime) -> None:
    """End a role from now on; one that has ended before keeps its end."""
    if grant.until_at is None or grant.until_at > at:
        grant.until_at = at
        audit.record(ROLE_ENDED, by=number_of(by), on=grant.person_id, at=at, role=(grant.role.value, None))
