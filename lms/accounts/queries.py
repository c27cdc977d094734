"""Reading people and sessions."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import BindParameter, Boolean, ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import contains_eager, defer, joinedload

from lms.kernel.db import db
from lms.kernel.ids import hash_token, read_code

from .models import (
    App,
    FirstStep,
    Invitation,
    KnownDevice,
    Passkey,
    Person,
    PersonKey,
    RecoveryCode,
    RoleGrant,
    Session,
    SignInAttempt,
)
from .rules.factors import WITHOUT_SECOND, Proof, Ways
from .rules.limits import Failures
from .rules.roles import Role

NOT_FOR_PAGES = (Person.passphrase_hash, Person.legal_name, Person.contact)


def find_session(token: str, *, any_proof: bool, at: datetime) -> Session | None:
    """The session of a cookie, with its person, her wrapped key and the roles that count in it now: one statement.

    A role counts if she holds it now and showed what it asks for. any_proof: in a demo a passphrase will do for all.
    """
    values = {"token": hash_token(token), "any_proof": any_proof, "at": at}
    return db.session.scalars(_session(), values).unique().one_or_none()


@cache
def _session() -> Select[Session]:
    counts = or_(bindparam("any_proof", type_=Boolean), is_proven())
    holds_now = and_(RoleGrant.person_id == Person.id, *is_held(bindparam("at")), counts)
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


def is_proven() -> ColumnElement[bool]:
    """What makes a role one that counts in a session: `rules.factors.is_enough`, said to the database."""
    with_second = Session.proof.in_((Proof.CODE, Proof.RECOVERY))
    return or_(
        RoleGrant.role.in_(WITHOUT_SECOND),
        Session.proof == Proof.PASSKEY,
        and_(RoleGrant.role != Role.ADMIN, with_second),
    )


def roles_of(person_id: int, *, at: datetime) -> list[Role]:
    """Every role that she holds now, whatever she has shown in this session."""
    held = select(RoleGrant.role).where(RoleGrant.person_id == person_id, *is_held(at)).distinct()
    return list(db.session.scalars(held.order_by(RoleGrant.role)))


def sessions_of(person_id: int) -> Sequence[Session]:
    """Her signed-in browsers, the one that was used last first, each with her and her roles of now."""
    return (
        db.session.scalars(
            select(Session)
            .where(Session.person_id == person_id)
            .options(joinedload(Session.person, innerjoin=True).selectinload(Person.roles))
            .order_by(Session.used_at.desc(), Session.id.desc())
        )
        .unique()
        .all()
    )


def find_first_step(token: str) -> FirstStep | None:
    """What a browser has shown that has still to show a second factor, with its person and her key."""
    return db.session.scalars(
        select(FirstStep)
        .join(FirstStep.person)
        .where(FirstStep.token_hash == hash_token(token), Person.disabled_at.is_(None))
        .options(contains_eager(FirstStep.person).joinedload(Person.key))
    ).one_or_none()


def find_passkey(credential_id: bytes, *, for_update: bool = False) -> Passkey | None:
    """A passkey with its person, if she may sign in. Whoever is signed in already stays loaded as she is."""
    query = (
        select(Passkey)
        .join(Passkey.person)
        .where(Passkey.credential_id == credential_id, Person.disabled_at.is_(None))
        .options(contains_eager(Passkey.person).joinedload(Person.key))
    )
    passkey = db.session.scalars(query.with_for_update(of=Passkey) if for_update else query).one_or_none()
    if passkey is not None and for_update:
        db.session.refresh(passkey, ["sign_count"])
    return passkey


def passkeys_of(person_id: int) -> Sequence[Passkey]:
    """Her passkeys, the oldest first."""
    return db.session.scalars(select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)).all()


def app_of(person_id: int, *, for_update: bool = False) -> App | None:
    """The app that makes her one-time codes."""
    query = select(App).where(App.person_id == person_id).execution_options(populate_existing=True)
    return db.session.scalars(query.with_for_update() if for_update else query).one_or_none()


def hash_of(person_id: int) -> str | None:
    """The stored hash of her passphrase, which no page loads with her."""
    return db.session.scalar(select(Person.passphrase_hash).where(Person.id == person_id))


def salt_of(person_id: int) -> bytes | None:
    """The salt of her recovery codes."""
    return db.session.scalar(select(RecoveryCode.salt).where(RecoveryCode.person_id == person_id).limit(1))


def ways_of(person_id: int) -> Ways:
    """How she can sign in now."""
    of_hers = Passkey.person_id == Person.id
    has_app = select(App.person_id).where(App.person_id == Person.id).exists()
    left = RecoveryCode.person_id == Person.id, RecoveryCode.used_on.is_(None)
    row = db.session.execute(
        select(
            Person.passphrase_hash.is_not(None),
            Person.stands_alone,
            select(func.count()).where(of_hers).scalar_subquery(),
            has_app,
            select(func.count()).where(*left).scalar_subquery(),
        ).where(Person.id == person_id)
    ).one()
    return Ways(has_passphrase=row[0], stands_alone=row[1], passkeys=row[2], has_app=row[3], codes_left=row[4])


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
