"""Second factors: added, removed, shown; the ten codes on paper."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lms.accounts import apps, passkeys, passphrases, queries, vault
from lms.accounts.errors import PasskeyRefused, PasskeysMany, WrongCode
from lms.accounts.hashes import blind_index
from lms.accounts.models import AnsweredQuestion, App, Passkey, Person, RecoveryCode, Session
from lms.accounts.passkeys import NewKey, Purpose, Question
from lms.accounts.rules import factors as rules
from lms.accounts.rules.roles import Role
from lms.accounts.services.credentials import is_closed
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_code, new_id, read_code
from lms.messaging import services as messaging

PASSKEY_ADDED = audit.act("accounts.passkey.added")
PASSKEY_REMOVED = audit.act("accounts.passkey.removed")
APP_ADDED = audit.act("accounts.app.added")
APP_REMOVED = audit.act("accounts.app.removed")
CODES_MADE = audit.act("accounts.codes.made")
CODE_USED = audit.act("accounts.code.used")

SALT_BYTES = 32
CHANGED = "sign_in_changed"
"""The message to her about each change of how she signs in (threat model, D6)."""


def handle_of(person: Person) -> bytes:
    """What stands for her in a device: always the same, and nothing can be read from it."""
    return blind_index("passkey", person.public_id.hex)


def add_passkey(person: Person, key: NewKey, question: Question, *, name: str, at: datetime) -> Passkey:
    """Keep a passkey that her browser just made. Raises PasskeysMany, PasskeyRefused for one that is known already."""
    _answer(question)
    count = db.session.scalars(select(func.count()).where(Passkey.person_id == person.id)).one()
    if count >= rules.PASSKEYS_MOST:
        raise PasskeysMany(most=rules.PASSKEYS_MOST)
    if queries.find_passkey(key.credential_id) is not None:
        raise PasskeyRefused
    passkey = Passkey(
        public_id=new_id(),
        person_id=person.id,
        credential_id=key.credential_id,
        public_key=key.public_key,
        sign_count=key.sign_count,
        name=vault.seal_for(person, name, place=vault.PASSKEY_NAME) if name else None,
        added_on=at.date(),
    )
    db.session.add(passkey)
    _tell(person, PASSKEY_ADDED, at=at)
    return passkey


def remove_passkey(person: Person, passkey: Passkey, *, roles: Sequence[Role], at: datetime) -> None:
    """Take away a passkey of hers. Raises LastFactor, PassphraseStandsAlone."""
    rules.check_removal_of_passkey(queries.ways_of(person.id), roles)
    db.session.delete(passkey)
    _tell(person, PASSKEY_REMOVED, at=at)


def needs_second(person: Person) -> bool:
    """Whether her passphrase alone does not let her in: she has a second factor, or has lost a device."""
    return person.locked_at is not None or queries.ways_of(person.id).has_second


def use_passkey(answer: str, purpose: Purpose, browser: str, *, at: datetime) -> Passkey:
    """The passkey that gave this answer, with its person; its count and day are kept. Raises PasskeyRefused."""
    passkey = queries.find_passkey(passkeys.credential_of(answer), for_update=True)
    if passkey is None or is_closed(passkey.person, at=at):
        raise PasskeyRefused
    key = NewKey(credential_id=passkey.credential_id, public_key=passkey.public_key, sign_count=passkey.sign_count)
    passkey.sign_count, question = passkeys.check_answer(answer, key, purpose, browser, at=at)
    passkey.used_on = at.date()
    _answer(question)
    return passkey


def use_own_passkey(person: Person, answer: str, purpose: Purpose, browser: str, *, at: datetime) -> None:
    """The same, of hers alone. Raises PasskeyRefused."""
    if use_passkey(answer, purpose, browser, at=at).person_id != person.id:
        raise PasskeyRefused


@dataclass(frozen=True, kw_only=True)
class ShownPasskey:
    """A passkey as its owner sees it. name: what she called it, or None."""

    public_id: UUID
    name: str | None
    added_on: date
    used_on: date | None


def shown_passkeys(person: Person, known: Sequence[Passkey]) -> list[ShownPasskey]:
    """Her passkeys with the names that she gave them."""
    names = vault.open_all(person, [one.name for one in known], place=vault.PASSKEY_NAME)
    return [
        ShownPasskey(public_id=one.public_id, name=name, added_on=one.added_on, used_on=one.used_on)
        for one, name in zip(known, names, strict=True)
    ]


def roles_waiting(held: Sequence[Role], proof: rules.Proof) -> list[Role]:
    """The roles that do not count in a session, for want of what was shown in it."""
    return [role for role in held if not rules.is_enough(proof, role)]


def _answer(question: Question) -> None:
    """Remember that a question was answered. Raises PasskeyRefused when it was before."""
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = insert(AnsweredQuestion).values(digest=question.digest, ends_at=question.ends_at).on_conflict_do_nothing()
    if db.session.execute(new.returning(AnsweredQuestion.digest)).one_or_none() is None:
        raise PasskeyRefused


def add_app(person: Person, secret: str, typed: str, *, at: datetime) -> None:
    """Let an app count from now on, in the place of one that she had: the code that she typed is one of its.

    Raises WrongCode.
    """
    step = rules.accepted_step(rules.fold_code(typed), apps.near_codes(secret, at=at), last_step=0)
    if step is None:
        raise WrongCode
    db.session.execute(delete(App).where(App.person_id == person.id))
    sealed = vault.seal_for(person, secret, place=vault.APP_SECRET)
    db.session.add(App(person_id=person.id, secret=sealed, last_step=step, added_on=at.date()))
    _tell(person, APP_ADDED, at=at)


def remove_app(person: Person, *, roles: Sequence[Role], at: datetime) -> None:
    """Let the app count no more. Raises LastFactor, PassphraseStandsAlone."""
    rules.check_removal_of_app(queries.ways_of(person.id), roles)
    db.session.execute(delete(App).where(App.person_id == person.id))
    _tell(person, APP_REMOVED, at=at)


def use_code(person: Person, typed: str, *, at: datetime) -> None:
    """Take a one-time code of her app; each is taken once. Raises WrongCode."""
    app = queries.app_of(person.id, for_update=True)
    if app is None:
        raise WrongCode
    (secret,) = vault.open_all(person, [app.secret], place=vault.APP_SECRET)
    step = rules.accepted_step(rules.fold_code(typed), apps.near_codes(str(secret), at=at), last_step=app.last_step)
    if step is None:
        raise WrongCode
    app.last_step = step


def make_codes() -> tuple[list[str], bytes, list[bytes]]:
    """Ten codes for paper, their salt and slow hashes. It takes its time: before the transaction that keeps them."""
    codes = [new_code(rules.RECOVERY_CHARACTERS) for _ in range(rules.RECOVERY_CODES)]
    salt = secrets.token_bytes(SALT_BYTES)
    return codes, salt, [passphrases.digest_of(code, salt) for code in codes]


def keep_codes(person: Person, salt: bytes, digests: Sequence[bytes], *, at: datetime) -> None:
    """Let these ten codes take the place of those that she had."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    db.session.add_all(RecoveryCode(person_id=person.id, salt=salt, digest=one) for one in digests)
    _tell(person, CODES_MADE, at=at)


def digest_of_code(person_id: int, typed: str) -> bytes:
    """The slow hash of a typed recovery code; as long for somebody who has none. Before the transaction."""
    return passphrases.digest_of(read_code(typed), queries.salt_of(person_id) or bytes(SALT_BYTES))


def use_recovery_code(person: Person, digest: bytes, *, at: datetime) -> None:
    """Take one of her ten codes, once. Raises WrongCode."""
    unused = RecoveryCode.person_id == person.id, RecoveryCode.digest == digest, RecoveryCode.used_on.is_(None)
    used = update(RecoveryCode).where(*unused).values(used_on=at.date()).returning(RecoveryCode.id)
    if db.session.execute(used).one_or_none() is None:
        raise WrongCode
    _tell(person, CODE_USED, at=at)


def drop_all(person: Person) -> bool:
    """Let nothing that she has beside her passphrase count any more, and sign her out. Whether she has a passphrase."""
    for model in (Passkey, App, RecoveryCode, Session):
        db.session.execute(delete(model).where(model.person_id == person.id))
    return queries.ways_of(person.id).has_passphrase


def note_proof(session: Session, proof: rules.Proof, *, at: datetime) -> None:
    """A factor was shown again in this session. A weaker one than it began with does not make it weaker."""
    session.proven_at = at
    if rules.STRENGTH[proof] > rules.STRENGTH[session.proof]:
        session.proof = proof


def _tell(person: Person, act: audit.Act, *, at: datetime) -> None:
    audit.record(act, by=person.id, on=person.id, at=at)
    messaging.write_to(person.id, CHANGED, at=at)
