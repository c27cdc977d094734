"""Opening a sealed value of somebody: a reason, a fresh factor, a limit, an entry that she reads (decision 3)."""

import logging
from collections.abc import Sequence
from datetime import datetime

from lms.accounts import vault
from lms.accounts.hashes import keyed_hash
from lms.accounts.models import Person, Session
from lms.accounts.queries import people_with_keys
from lms.accounts.rules.factors import is_fresh
from lms.accounts.services import closing
from lms.audit import services as audit
from lms.kernel.db import db, lock_name
from lms.safety import queries
from lms.safety.errors import FactorNotFresh, OpenedMany
from lms.safety.models import Opening
from lms.safety.rules import OPENED as OPENED_FIELDS
from lms.safety.rules import Field, check_openings, check_reason

from .planning import Words, read_plan

log = logging.getLogger("lms.safety")
OPENED = audit.act("safety.record.opened", "field")
REASON = "safety_opening.reason"


def open_values(
    people: Sequence[Person], field: Field, reason: str, *, by: Person, session: Session, at: datetime
) -> list[str | Words | None]:
    """The values of these people, in their order; one entry each, that she can read, whatever is found.

    One reason covers one page of a list. Raises ReasonTooShort, FactorNotFresh, OpenedMany, CannotOpen.
    """
    if field not in OPENED_FIELDS:
        raise ValueError(f"{field} has no value")
    kept = checked_reason(reason, session, at=at)
    lock_name(keyed_hash("openings", str(by.id)))  # two pages at one moment count one after the other
    try:
        check_openings(queries.opened_by(by.id, at=at), len(people))
    except OpenedMany:
        log.error("the limit of opened records is reached by person %s", by.id)
        raise
    loaded = {person.id: person for person in people_with_keys([one.id for one in people])}
    for person in loaded.values():
        enter(person, field, kept, by=by, at=at)
    return [_value(loaded[one.id], field) for one in people]


def lock_for(person: Person, reason: str, *, by: Person, session: Session, at: datetime) -> None:
    """Lock an account for somebody who has no device at hand. Raises ReasonTooShort, FactorNotFresh."""
    enter(person, Field.LOCK, checked_reason(reason, session, at=at), by=by, at=at)
    closing.lock(person, by=by, at=at)


def unlock_for(person: Person, reason: str, *, by: Person, session: Session, at: datetime) -> None:
    """Let somebody in again who called and has no codes on paper. Raises ReasonTooShort, FactorNotFresh."""
    enter(person, Field.UNLOCK, checked_reason(reason, session, at=at), by=by, at=at)
    closing.unlock(person, by=by, at=at)


def end_travel_for(person: Person, reason: str, *, by: Person, session: Session, at: datetime) -> None:
    """End travel mode for somebody who called as her plan says. Raises ReasonTooShort, FactorNotFresh."""
    enter(person, Field.TRAVEL, checked_reason(reason, session, at=at), by=by, at=at)
    closing.open_again(person, by=by, at=at)


def checked_reason(reason: str, session: Session, *, at: datetime) -> str:
    """The reason as it is kept, of somebody who showed a factor just now. Raises ReasonTooShort, FactorNotFresh."""
    kept = check_reason(reason)
    if not is_fresh(session.proven_at, at=at):
        raise FactorNotFresh
    return kept


def enter(person: Person, field: Field, reason: str, *, by: Person, at: datetime) -> None:
    """One line of her record, which she reads."""
    sealed = vault.seal_for(person, reason, place=REASON)
    db.session.add(Opening(person_id=person.id, by_id=by.id, field=field, reason=sealed, at=at))
    audit.record(OPENED, by=by.id, on=person.id, at=at, field=(None, field.value))


def _value(person: Person, field: Field) -> str | Words | None:
    if field is Field.LEGAL_NAME:
        return vault.open_legal_name(person)
    return vault.open_contact(person) if field is Field.CONTACT else read_plan(person)


def read_openings(person: Person) -> list[tuple[Opening, str]]:
    """Who opened her record and why, for herself."""
    found = queries.openings_of(person.id)
    reasons = vault.open_all(person, [one.reason for one in found], place=REASON)
    return [(one, str(reason)) for one, reason in zip(found, reasons, strict=True)]
