"""Tables of people, their keys, sessions, invitations and roles."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.audit.dictionary import Level, Personal, Retention
from lms.kernel.db import KEYSTORE, Count, Model, Word
from lms.kernel.sealed import Sealed, SealedColumn

from .rules.credentials import ContactKind
from .rules.factors import WITHOUT_SECOND, Proof
from .rules.invitations import InvitationState
from .rules.preferences import Digits, Theme
from .rules.roles import Role
from .rules.sessions import LocksAfter, SessionTimes


def _kept(level: Level, purpose: str, retention: Retention = Retention.ENROLMENT) -> Personal:
    return Personal(level=level, purpose=purpose, retention=retention)


class PersonKey(Model):
    """The wrapped data key of one person, outside the main database (docs/decisions/0005).

    Made with the person, destroyed first when she is erased. No foreign key: the two stores are separate on purpose.
    """

    __tablename__ = "person_key"
    __table_args__ = ({"schema": KEYSTORE},)
    holds_personal_data: ClassVar = {
        "wrapped": _kept(Level.KEY, "opens her sealed values"),
    }

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class Person(UserMixin, Model):
    """Somebody the product knows: participant, staff, applicant later.

    `login_index` is a keyed hash of the login, so that the database does not hold the login itself; None until she has
    come, and one that nobody can type where she came by a passkey. A person without passphrase and passkey cannot sign
    in. `stands_alone`: whether the passphrase is long enough without a
    second factor. `closed_until`: travel mode. `locked_at`: she, or a coordinator for her, said that a device is lost.
    Deleted by the retention run or by erasure.
    """

    __tablename__ = "accounts_person"
    __table_args__ = (
        CheckConstraint("passphrase_hash IS NULL OR login_index IS NOT NULL", name="login_with_passphrase"),
        Index(None, "contact_index"),
    )
    holds_personal_data: ClassVar = {
        "shown_name": _kept(Level.ATTENDANCE, "what the site and others call her"),
        "legal_name": _kept(Level.IDENTITY, "certificate and travel; opened with a reason only"),
        "contact": _kept(Level.IDENTITY, "messages she asked for"),
        "contact_kind": _kept(Level.PREFERENCE, "which channel the contact is"),
        "contact_index": _kept(Level.IDENTITY, "knowing her again when a list is brought a second time"),
        "login_index": _kept(Level.ATTENDANCE, "finding the account at sign-in"),
        "passphrase_hash": _kept(Level.KEY, "checking the passphrase"),
        "interface_language": _kept(Level.PREFERENCE, "language of pages and messages"),
        "time_zone": _kept(Level.PREFERENCE, "showing times in her own zone"),
        "theme": _kept(Level.PREFERENCE, "colours of the interface"),
        "digits": _kept(Level.PREFERENCE, "digits of numbers and dates"),
        "leave_to": _kept(Level.PREFERENCE, "where Leave now goes"),
        "exit_keys": _kept(Level.PREFERENCE, "whether Shift three times leaves"),
        "marking_keys": _kept(Level.PREFERENCE, "whether single keys mark"),
        "locks_after": _kept(Level.PREFERENCE, "ending a session that lies unused"),
        "closed_until": _kept(Level.ATTENDANCE, "travel mode: nobody can sign in until then"),
        "locked_at": _kept(Level.ATTENDANCE, "hiding her while a device is lost"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    shown_name: Mapped[str]
    legal_name: Mapped[Sealed | None] = mapped_column(SealedColumn)
    contact: Mapped[Sealed | None] = mapped_column(SealedColumn)
    contact_kind: Mapped[ContactKind | None] = mapped_column(Word(ContactKind))
    contact_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    login_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    passphrase_hash: Mapped[str | None]
    interface_language: Mapped[str]
    time_zone: Mapped[str]
    theme: Mapped[Theme] = mapped_column(Word(Theme), default=Theme.DEVICE)
    digits: Mapped[Digits] = mapped_column(Word(Digits), default=Digits.LATIN)
    leave_to: Mapped[str] = mapped_column(default="search")
    exit_keys: Mapped[bool] = mapped_column(default=False)
    marking_keys: Mapped[bool] = mapped_column(default=True, server_default=true())
    stands_alone: Mapped[bool] = mapped_column(default=True, server_default=true())
    locks_after: Mapped[LocksAfter] = mapped_column(
        Count(LocksAfter), default=LocksAfter.NEVER, server_default=text("0")
    )
    closed_until: Mapped[date | None]
    locked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    key: Mapped[PersonKey | None] = relationship(
        primaryjoin="foreign(Person.public_id) == PersonKey.person_id", viewonly=True, lazy="raise"
    )
    roles: Mapped[list["RoleGrant"]] = relationship(back_populates="person", lazy="raise")


def number_of(person: Person | None) -> int | None:
    """How a person is named where only her number may stand; None for nobody."""
    return person.id if person is not None else None


class RoleGrant(Model):
    """One role of one person, for a cohort, an organisation or the whole site, between two moments.

    Ended by setting `until`; deleted with the person.
    """

    __tablename__ = "accounts_role_grant"
    __table_args__ = (Index(None, "person_id"), Index(None, "cohort_id"))
    holds_personal_data: ClassVar = {
        "role": _kept(Level.ATTENDANCE, "what she may do"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(Word(Role))
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts_cohort.id", ondelete="CASCADE"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="roles", lazy="raise")


class Session(Model):
    """One signed-in browser. The cookie holds a random token, this row its hash; no address and no model of the device.

    proof: what she showed when it began. proven_at: when she last showed a factor in it. name: what she calls the
    device, sealed. Deleted at sign-out, or by housekeeping once it is no longer alive.
    """

    __tablename__ = "accounts_session"
    __table_args__ = (Index(None, "person_id"),)
    holds_personal_data: ClassVar = {
        "used_at": _kept(Level.ATTENDANCE, "ending idle sessions", Retention.SESSION),
        "started_at": _kept(Level.ATTENDANCE, "ending old sessions", Retention.SESSION),
        "proof": _kept(Level.PREFERENCE, "whether a role of staff counts in it", Retention.SESSION),
        "proven_at": _kept(Level.ATTENDANCE, "asking for the factor again where it matters", Retention.SESSION),
        "name": _kept(Level.IDENTITY, "telling her own devices apart", Retention.SESSION),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    started_at: Mapped[datetime]
    used_at: Mapped[datetime]
    shared: Mapped[bool]
    proof: Mapped[Proof] = mapped_column(Word(Proof), default=Proof.PASSPHRASE, server_default=Proof.PASSPHRASE.value)
    proven_at: Mapped[datetime | None]
    name: Mapped[Sealed | None] = mapped_column(SealedColumn)

    person: Mapped[Person] = relationship(lazy="raise")

    def times(self) -> SessionTimes:
        """The value that rules judge. Needs the person with her roles."""
        return SessionTimes(
            started_at=self.started_at,
            used_at=self.used_at,
            shared=self.shared,
            locks_after=self.person.locks_after,
            is_staff=any(grant.role not in WITHOUT_SECOND for grant in self.person.roles),
        )


class FirstStep(Model):
    """A right passphrase that waits for its second factor, in one browser. Opens nothing but the page that asks for it.

    Deleted when the second factor came, or by housekeeping after its ten minutes.
    """

    __tablename__ = "accounts_first_step"
    __table_args__ = (Index(None, "person_id"),)
    holds_personal_data: ClassVar = {
        "began_at": _kept(Level.ATTENDANCE, "ending what was not finished", Retention.SIGN_IN_FAILURES),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    began_at: Mapped[datetime]
    shared: Mapped[bool]

    person: Mapped[Person] = relationship(lazy="raise")


class Passkey(Model):
    """A key pair whose private half never leaves her device: here is the public one. name: hers, sealed.

    sign_count: how often the device says that it was used; a smaller one was copied. Only days are kept. Deleted by
    her, with her, or when a lost device is locked out.
    """

    __tablename__ = "accounts_passkey"
    __table_args__ = (Index(None, "person_id"),)
    holds_personal_data: ClassVar = {
        "credential_id": _kept(Level.KEY, "finding the passkey that answered"),
        "public_key": _kept(Level.KEY, "checking its answer"),
        "sign_count": _kept(Level.KEY, "noticing a copy"),
        "name": _kept(Level.IDENTITY, "telling her own passkeys apart"),
        "added_on": _kept(Level.ATTENDANCE, "telling her own passkeys apart"),
        "used_on": _kept(Level.ATTENDANCE, "seeing which she no longer uses"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[Sealed | None] = mapped_column(SealedColumn)
    added_on: Mapped[date]
    used_on: Mapped[date | None]

    person: Mapped[Person] = relationship(lazy="raise")


class App(Model):
    """The secret from which an app on her phone makes one-time codes, sealed. It is kept once she has typed a code.

    last_step: the thirty seconds whose code was used last; no earlier one is taken. Deleted by her or with her.
    """

    __tablename__ = "accounts_app"
    holds_personal_data: ClassVar = {
        "secret": _kept(Level.KEY, "checking one-time codes"),
        "last_step": _kept(Level.ATTENDANCE, "taking each code once"),
        "added_on": _kept(Level.ATTENDANCE, "telling her since when it counts"),
    }

    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[Sealed] = mapped_column(SealedColumn)
    last_step: Mapped[int]
    added_on: Mapped[date]


class RecoveryCode(Model):
    """One of ten codes on paper, each for one use: its slow hash. salt: the same for the ten of one set.

    A new set takes the place of the old one. Deleted with the person.
    """

    __tablename__ = "accounts_recovery_code"
    __table_args__ = (UniqueConstraint("person_id", "digest"),)
    holds_personal_data: ClassVar = {
        "salt": _kept(Level.KEY, "checking a recovery code"),
        "digest": _kept(Level.KEY, "checking a recovery code"),
        "used_on": _kept(Level.ATTENDANCE, "taking each code once"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    used_on: Mapped[date | None]


class AnsweredQuestion(Model):
    """A question that a passkey has answered: it is taken once. A hash, about nobody; kept until the question ends."""

    __tablename__ = "accounts_answered_question"
    holds_personal_data: ClassVar = {}

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    ends_at: Mapped[datetime]


class KnownDevice(Model):
    """A browser in which this person signed in before, unless she said that it is shared. A random token's hash only.

    Gone with new credentials, at Leave now on that device, or after 180 days.
    """

    __tablename__ = "accounts_known_device"
    __table_args__ = (Index(None, "person_id"),)
    holds_personal_data: ClassVar = {
        "token_hash": _kept(Level.ATTENDANCE, "others' wrong tries do not lock her out", Retention.KNOWN_DEVICE),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]


class SignInAttempt(Model):
    """One try to sign in or to use a code that has not succeeded (yet), or one use of a page that is open to everybody.

    Keyed hashes only. Written before anything is looked at. A try is removed when it was right, and deleted by
    housekeeping after a day; a use, whose two keys are the same, when its window is over.
    """

    __tablename__ = "accounts_sign_in_attempt"
    __table_args__ = (Index(None, "at"),)
    holds_personal_data: ClassVar = {
        "account_key": _kept(Level.ATTENDANCE, "limiting tries", Retention.SIGN_IN_FAILURES),
        "source_key": _kept(Level.ATTENDANCE, "limiting tries", Retention.SIGN_IN_FAILURES),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    account_key: Mapped[bytes] = mapped_column(LargeBinary)
    source_key: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]


class Invitation(Model):
    """A one-use code that lets one person choose her login and passphrase. The code itself is stored hashed.

    seed: what the code is made from together with a key outside the database, so that a sheet or a letter can be made
    again; None for a code that was shown once. States: open, used, withdrawn, expired (by date). Deleted with the
    person, or when it has expired.
    """

    __tablename__ = "accounts_invitation"
    __table_args__ = (Index(None, "person_id"),)
    holds_personal_data: ClassVar = {
        "code_hash": _kept(Level.KEY, "recognising the code", Retention.INVITATION),
        "seed": _kept(Level.KEY, "making the same sheet again", Retention.INVITATION),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    seed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="raise")

    def state(self) -> InvitationState:
        """The value that rules judge."""
        return InvitationState(expires_at=self.expires_at, used_at=self.used_at, withdrawn_at=self.withdrawn_at)
