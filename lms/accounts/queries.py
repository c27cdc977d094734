"""Reading people and sessions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager, defer, joinedload

from lms.kernel.db import db
from lms.kernel.ids import hash_token, read_code

from .models import Invitation, KnownDevice, Person, PersonKey, RoleGrant, Session, SignInAttempt
from .rules.limits import Failures

NOT_FOR_PAGES = (Person.passphrase_hash, Person.legal_name, Person.contact)


def find_session(token: str, *, at: datetime) -> Session | None:
    """The session of a cookie, with its person, her wrapped key and the roles she holds now: one statement."""
    return db.session.scalars(_session(), {"token": hash_token(token), "at": at}).unique().one_or_none()


@cache
def _session() -> Select[Session]:
    holds_now = and_(RoleGrant.person_id == Person.id, *is_held(bindparam("at")))
    return (
        select(Session)
        .join(Session.person)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .outerjoin(RoleGrant, holds_now)
        .where(Session.token_hash == bindparam("token"), Person.disabled_at.is_(None))
        .options(
            contains_eager(Session.person).options(
                contains_eager(Person.key),
                contains_eager(Person.roles),
                # What no page needs is not there to leak.
                *(defer(column, raiseload=True) for column in NOT_FOR_PAGES),
            ),
        )
        .execution_options(populate_existing=True)
    )


def anybody() -> bool:
    """Whether there is any person yet."""
    return db.session.scalar(select(Person.id).limit(1)) is not None


def find_by_login(login_index: bytes) -> Person | None:
    """The person who signs in with this login, if she may."""
    return db.session.scalars(
        select(Person).where(Person.login_index == login_index, Person.disabled_at.is_(None))
    ).one_or_none()


def failures(account_key: bytes, source_key: bytes, *, at: datetime, window: timedelta) -> Failures:
    """How many tries without success lie in the window before `at`; everywhere leaves known devices out."""
    of_account, of_source = SignInAttempt.account_key == account_key, SignInAttempt.source_key == source_key
    row = db.session.execute(
        select(
            func.count().filter(of_account, of_source),
            func.count().filter(of_account),
            func.count().filter(of_source),
            func.count().filter(SignInAttempt.account_key != SignInAttempt.source_key),
        ).where(SignInAttempt.at > at - window)
    ).one()
    return Failures(of_pair=row[0], of_account=row[1], of_source=row[2], everywhere=row[3])


def uses_of_source(source_key: bytes, *, at: datetime, window: timedelta) -> int:
    """How often something that is open to everybody was used from one source in the window before `at`."""
    wanted = SignInAttempt.source_key == source_key, SignInAttempt.at > at - window
    return db.session.scalars(select(func.count()).select_from(SignInAttempt).where(*wanted)).one()


def is_known_device(token: str, login_index: bytes) -> bool:
    """Whether the person of this login signed in before in the browser that holds this token."""
    found = (
        select(KnownDevice.id)
        .join(Person, Person.id == KnownDevice.person_id)
        .where(KnownDevice.token_hash == hash_token(token), Person.login_index == login_index)
    )
    return db.session.scalar(found) is not None


def find_invitation(code: str, *, for_update: bool = False) -> Invitation | None:
    """The invitation of a typed code, with its person."""
    query = (
        select(Invitation)
        .where(Invitation.code_hash == hash_token(read_code(code)))
        .options(joinedload(Invitation.person, innerjoin=True))
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query.with_for_update(of=Invitation) if for_update else query).one_or_none()


def is_open_code(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """What makes an invitation one that can still be used."""
    return Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > at


def open_invitations(people: Collection[int], *, at: datetime) -> dict[int, Invitation]:
    """The open invitation of each of these people who has one, by number."""
    found = db.session.scalars(
        select(Invitation).where(Invitation.person_id.in_(people), *is_open_code(at)).order_by(Invitation.id)
    )
    return {invitation.person_id: invitation for invitation in found}


def is_held(
    at: datetime | BindParameter[datetime], grant: type[RoleGrant] = RoleGrant
) -> tuple[ColumnElement[bool], ...]:
    """What makes a role one that is held at a moment."""
    return grant.from_at <= at, or_(grant.until_at.is_(None), grant.until_at > at)


def holds_any_role(person_id: int, *, at: datetime) -> bool:
    """Whether she works for the site or a cohort now."""
    held = select(RoleGrant.id).where(RoleGrant.person_id == person_id, *is_held(at)).limit(1)
    return db.session.scalar(held) is not None


def find_recipient(person_id: int) -> Person | None:
    """A person with her key, for delivering a message."""
    return db.session.scalars(
        select(Person).where(Person.id == person_id, Person.disabled_at.is_(None)).options(joinedload(Person.key))
    ).one_or_none()


def people_with_keys(people: Collection[int]) -> Sequence[Person]:
    """These people by number, each with her key: what they type can be sealed."""
    return db.session.scalars(
        select(Person)
        .where(Person.id.in_(people))
        .options(joinedload(Person.key))
        .order_by(Person.id)
        .execution_options(populate_existing=True)
    ).all()


def some_sealed_person() -> Person | None:
    """Any one person with a sealed name, to try the key ring on."""
    return db.session.scalars(
        select(Person)
        .join(PersonKey, PersonKey.person_id == Person.public_id)
        .where(Person.legal_name.is_not(None))
        .options(contains_eager(Person.key))
        .order_by(Person.id)
        .limit(1)
    ).one_or_none()


def people_without_key() -> int:
    """How many people have no key in the key store (docs/decisions/0005)."""
    return db.session.scalars(
        select(func.count())
        .select_from(Person)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .where(PersonKey.person_id.is_(None))
    ).one()


def shown_names_of(numbers: Collection[int | None]) -> Mapping[int, str]:
    """What members of staff are called, by number: one statement, none for nobody."""
    known = {number for number in numbers if number is not None}
    if not known:
        return {}
    rows = db.session.execute(select(Person.id, Person.shown_name).where(Person.id.in_(known)))
    return {row.id: row.shown_name for row in rows}
