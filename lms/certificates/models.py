"""Tables of completion and certificates. They outlive the enrolment: they go when she has them erased."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.accounts.models import Person
from lms.audit.dictionary import Level, Personal, Retention
from lms.cohorts.models import Enrolment
from lms.kernel.db import Json, Model, Word
from lms.kernel.sealed import Sealed, SealedColumn

from .rules.choices import NamePrinted, Shown
from .rules.facts import Level as CompletionLevel
from .rules.facts import Qr
from .rules.states import CertificateState


def _kept(level: Level, purpose: str) -> Personal:
    return Personal(level=level, purpose=purpose, retention=Retention.CERTIFICATE)


class Completion(Model):
    """That somebody completed a course or took part in it: by its rule, or by a person with a reason.

    One row per place; a later decision replaces what stands in it. requirements: each part of the rule as it stood.
    enrolment_id goes when the enrolment is deleted; what a certificate says stays. Deleted with the person.
    """

    __tablename__ = "certificates_completion"
    __table_args__ = (UniqueConstraint("enrolment_id"), Index(None, "person_id"))
    holds_personal_data: ClassVar = {
        "level": _kept(Level.WORK, "what a certificate may say"),
        "requirements": _kept(Level.WORK, "how the rule was met"),
        "by_id": _kept(Level.WORK, "who confirmed it, by number; None for the rule itself"),
        "reason": _kept(Level.IDENTITY, "why a person decided otherwise than the rule"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("accounts_person.id", ondelete="CASCADE"))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("cohorts_enrolment.id", ondelete="SET NULL"))
    level: Mapped[CompletionLevel] = mapped_column(Word(CompletionLevel))
    course: Mapped[dict[str, str]] = mapped_column(Json)
    year: Mapped[int]
    hours: Mapped[int | None]
    held_from: Mapped[date]
    held_to: Mapped[date]
    rule: Mapped[dict[str, Any]] = mapped_column(Json)
    requirements: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    decided_at: Mapped[datetime]
    by_id: Mapped[int | None]
    reason: Mapped[Sealed | None] = mapped_column(SealedColumn)

    enrolment: Mapped[Enrolment | None] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class Certificate(Model):
    """One certificate with one code. At most one of a completion is valid; a new one replaces it.

    What she chose stands in clear where it is a choice, sealed where it is a name. code_hash is what the check page
    looks up; the code itself is sealed. made_at: when the worker had drawn its documents; None while it has not.
    States: see `rules.states`. Deleted with the person.
    """

    __tablename__ = "certificates_certificate"
    __table_args__ = (
        UniqueConstraint("completion_id", "edition"),
        Index(
            "certificates_certificate_valid_key", "completion_id", unique=True,
            sqlite_where=text("state = 'valid'"), postgresql_where=text("state = 'valid'"),
        ),
        CheckConstraint("edition > 0", name="edition_positive"),
    )  # fmt: skip
    holds_personal_data: ClassVar = {
        "code_hash": _kept(Level.ATTENDANCE, "finding the certificate by its code"),
        "code": _kept(Level.ATTENDANCE, "showing her the code again"),
        "name": _kept(Level.IDENTITY, "the name that is printed"),
        "named": _kept(Level.PREFERENCE, "which name is printed"),
        "shown": _kept(Level.PREFERENCE, "what the check page says"),
        "qr": _kept(Level.PREFERENCE, "what the QR code says"),
        "has_title": _kept(Level.PREFERENCE, "whether the course is named"),
        "languages": _kept(Level.PREFERENCE, "languages of the documents"),
        "state": _kept(Level.WORK, "whether it is valid"),
        "reason": _kept(Level.IDENTITY, "why it was withdrawn"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[UUID] = mapped_column(unique=True)
    completion_id: Mapped[int] = mapped_column(ForeignKey("certificates_completion.id", ondelete="CASCADE"))
    edition: Mapped[int]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    code: Mapped[Sealed] = mapped_column(SealedColumn)
    name: Mapped[Sealed | None] = mapped_column(SealedColumn)
    named: Mapped[NamePrinted] = mapped_column(Word(NamePrinted))
    shown: Mapped[Shown] = mapped_column(Word(Shown))
    qr: Mapped[Qr] = mapped_column(Word(Qr))
    has_title: Mapped[bool]
    languages: Mapped[list[str]] = mapped_column(Json)
    state: Mapped[CertificateState] = mapped_column(Word(CertificateState))
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[Sealed | None] = mapped_column(SealedColumn)

    completion: Mapped[Completion] = relationship(lazy="raise")


class Document(Model):
    """A certificate in one language: the signed facts and the drawn page, both sealed. Deleted with the certificate."""

    __tablename__ = "certificates_document"
    __table_args__ = (UniqueConstraint("certificate_id", "language"),)
    holds_personal_data: ClassVar = {
        "token": _kept(Level.IDENTITY, "the signed facts"),
        "page": _kept(Level.IDENTITY, "the document itself"),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates_certificate.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(8))
    token: Mapped[Sealed] = mapped_column(SealedColumn)
    page: Mapped[Sealed] = mapped_column(SealedColumn)
    size_bytes: Mapped[int]
