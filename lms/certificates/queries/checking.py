"""What the check page reads: one statement that does the same for every code.

A certificate whose holder switched checking off is left out by the statement itself, and a row comes back in any case:
neither the answer nor its time tells it from a code that was never given.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, case, literal, select

from lms.accounts.models import Person, PersonKey
from lms.kernel.db import db
from lms.kernel.ids import hash_token
from lms.kernel.sealed import CannotOpen, Sealed

from ..errors import NotGenuine
from ..models import Certificate, Completion, Document
from ..rules.checking import NOT_FOUND, Answer, Found, answer_to
from ..rules.choices import Shown
from ..sealing import open_shown_name, open_signed
from ..signing import Token

ROWS_AT_ONCE = 500


def find(code: str) -> Found:
    """The answer to a code, in the form in which codes are made."""
    always = select(literal(1).label("row")).subquery()
    may_be_told = and_(Certificate.code_hash == hash_token(code), Certificate.shown != Shown.OFF)
    row = db.session.execute(
        select(
            Certificate.state,
            Certificate.shown,
            Certificate.has_title,
            Certificate.issued_on,
            case((Certificate.shown == Shown.NAME, Certificate.name)).label("name"),
            Completion.level,
            Completion.course,
            Completion.year,
            Completion.hours,
            Person.public_id,
            PersonKey.wrapped,
        )
        .select_from(always)
        .outerjoin(Certificate, may_be_told)
        .outerjoin(Completion, Completion.id == Certificate.completion_id)
        .outerjoin(Person, Person.id == Completion.person_id)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
    ).one()
    answer = answer_to(row.state, row.shown)
    if answer is not Answer.VALID:
        return NOT_FOUND if answer is Answer.NOT_FOUND else Found(answer=answer)
    return Found(
        answer=answer,
        level=row.level,
        course=row.course if row.has_title else None,
        year=row.year,
        hours=row.hours,
        issued_on=row.issued_on,
        name=_name(row.wrapped, row.public_id, row.name) if row.name is not None else None,
    )


def _name(wrapped: bytes | None, owner: UUID, name: Sealed) -> str | None:
    """The name that she lets be shown; none where her key is gone."""
    try:
        return None if wrapped is None else open_shown_name(wrapped, owner, name)
    except CannotOpen:
        return None


@dataclass(frozen=True, kw_only=True)
class Uncheckable:
    """How many documents nobody could check. of_unknown_keys: signed by a key that is not here any more.

    unreadable: what was signed does not open with the key of its holder, or is no signed text.
    """

    of_unknown_keys: int
    unreadable: int


def uncheckable_documents(known: Collection[str]) -> Uncheckable:
    """Look through all documents; those whose holder has no key any more are left out. known: the ids of our keys."""
    rows = db.session.execute(
        select(Document.token, Person.public_id, PersonKey.wrapped)
        .join(Certificate, Certificate.id == Document.certificate_id)
        .join(Completion, Completion.id == Certificate.completion_id)
        .join(Person, Person.id == Completion.person_id)
        .join(PersonKey, PersonKey.person_id == Person.public_id)
        .order_by(Document.id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    signers = [_signed_by(token, owner, wrapped) for token, owner, wrapped in rows]
    unreadable = signers.count(None)
    return Uncheckable(
        of_unknown_keys=sum(signer not in known for signer in signers) - unreadable, unreadable=unreadable
    )


def _signed_by(token: Sealed, owner: UUID, wrapped: bytes) -> str | None:
    """The id of the key that signed a document; None where that cannot be read."""
    try:
        return Token.read(open_signed(wrapped, owner, token)).key_id
    except (CannotOpen, NotGenuine):
        return None
