"""What somebody may have a certificate of, for herself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from lms.accounts.hashes import keyed_hash
from lms.accounts.models import Person
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.rules.enrolment import MAY_READ
from lms.courses.rules import Told
from lms.kernel.db import db
from lms.kernel.ids import hash_token
from lms.kernel.sealed import Sealed

from ..models import Certificate, Completion, Document
from ..rules.choices import Choices
from ..rules.deciding import is_in_force
from ..rules.states import CertificateState
from ..texts import title_in


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One course of hers, with what was decided and the newest certificate of it, if there are any.

    cohort, enrolment: None where the place was deleted since, and for somebody without any course.
    """

    holder_id: int
    cohort: Cohort | None = None
    enrolment: Enrolment | None = None
    completion: Completion | None = None
    certificate: Certificate | None = None
    others: Sequence["Holding"] = ()

    @property
    def id(self) -> UUID | None:
        """By what an address names it; None for somebody without any course."""
        if self.cohort is not None:
            return self.cohort.public_id
        if self.completion is None:
            return None
        return UUID(bytes=keyed_hash("completion", str(self.completion.id))[:16])

    @property
    def decided(self) -> Completion | None:
        """What a certificate may be made of now."""
        state = self.enrolment.state if self.enrolment is not None else None
        return self.completion if self.completion is not None and is_in_force(state) else None

    @property
    def valid(self) -> Certificate | None:
        """The certificate that is valid."""
        found = self.certificate
        return found if found is not None and found.state is CertificateState.VALID else None

    @property
    def edition(self) -> int:
        """How many there have been."""
        return self.certificate.edition if self.certificate is not None else 0

    def title(self, language: str) -> Told:
        """The title of the course for a page in this language."""
        if self.completion is not None:
            return Told(*title_in(self.completion.course, language))
        assert self.cohort is not None, "what has neither is not listed"
        return Told(*title_in(self.cohort.version.title, language))


def find_holding(who: Person, wanted: UUID | None) -> Holding | None:
    """Her course of an address, or without one the newest that has something to show: two statements.

    wanted: as `Holding.id` says it. None: there is no such thing of hers.
    """
    found = [*_of_places(who), *_of_the_past(who)]
    if wanted is None:
        chosen = next((one for one in found if one.decided is not None), found[0] if found else None)
        chosen = chosen or Holding(holder_id=who.id)
    else:
        chosen = next((one for one in found if one.id == wanted), None)
    if chosen is None:
        return None
    return Holding(**{**vars(chosen), "others": [one for one in found if one is not chosen]})


def _of_places(who: Person) -> list[Holding]:
    return [
        Holding(holder_id=who.id, cohort=cohort, enrolment=enrolment, completion=completion, certificate=certificate)
        for enrolment, cohort, completion, certificate in db.session.execute(_places(), {"me": who.id})
    ]


@cache
def _places() -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = (
        select(Enrolment, Cohort, Completion, Certificate)
        .select_from(Enrolment)
        .join(Enrolment.cohort)
        .join(Cohort.version)
        .outerjoin(Completion, Completion.enrolment_id == Enrolment.id)
        .outerjoin(Certificate, is_newest())
        .where(
            Enrolment.person_id == bindparam("me"),
            Enrolment.state.in_(MAY_READ) | Certificate.id.is_not(None),  # she goes on deciding who can check it
            Enrolment.agreed_at.is_not(None),
        )
        .options(contains_eager(Enrolment.cohort).contains_eager(Cohort.version))
        .order_by(Cohort.starts_on.desc(), Enrolment.id)
    )
    return query


def _of_the_past(who: Person) -> list[Holding]:
    return [
        Holding(holder_id=who.id, completion=completion, certificate=certificate)
        for completion, certificate in db.session.execute(_past(), {"me": who.id})
    ]


@cache
def _past() -> Select[Completion, Certificate]:
    return (
        select(Completion, Certificate)
        .select_from(Completion)
        .outerjoin(Certificate, is_newest())
        .where(Completion.person_id == bindparam("me"), Completion.enrolment_id.is_(None))
        .order_by(Completion.decided_at.desc(), Completion.id)
    )


def is_newest() -> ColumnElement[bool]:
    """The join that adds to a completion its newest certificate."""
    other = aliased(Certificate)
    newest = (
        select(func.max(other.edition))
        .where(other.completion_id == Completion.id)
        .correlate(Completion)
        .scalar_subquery()
    )
    return and_(Certificate.completion_id == Completion.id, Certificate.edition == newest)


@dataclass(frozen=True, kw_only=True)
class Download:
    """A document that can be downloaded. token: what is signed in it, sealed."""

    language: str
    size_bytes: int
    token: Sealed


def downloads_of(certificate: Certificate) -> list[Download]:
    """The documents of a certificate, in the order in which she chose the languages."""
    rows = db.session.execute(
        select(Document.language, Document.size_bytes, Document.token).where(Document.certificate_id == certificate.id)
    )
    found = {row.language: Download(language=row.language, size_bytes=row.size_bytes, token=row.token) for row in rows}
    return [found[language] for language in certificate.languages if language in found]


def find_document(certificate: Certificate, language: str) -> Document | None:
    """One of them, sealed."""
    return db.session.scalars(
        select(Document).where(Document.certificate_id == certificate.id, Document.language == language)
    ).one_or_none()


def holder_with_name(person_id: int) -> Person:
    """A person with her key and her sealed legal name, which no other page loads."""
    return db.session.scalars(select(Person).where(Person.id == person_id).options(joinedload(Person.key))).one()


def completion_for_update(completion_id: int) -> Completion | None:
    """A completion, locked: issuing and deciding wait for each other."""
    return db.session.scalars(
        select(Completion)
        .where(Completion.id == completion_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def place_of(completion: Completion) -> Enrolment | None:
    """The place of a completion as it stands now; None where it was deleted."""
    if completion.enrolment_id is None:
        return None
    return db.session.scalars(
        select(Enrolment).where(Enrolment.id == completion.enrolment_id).execution_options(populate_existing=True)
    ).one_or_none()


def newest_of(completion_id: int) -> Certificate | None:
    """Its newest certificate, locked."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.completion_id == completion_id)
        .order_by(Certificate.edition.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def editions_for_update(completion_id: int) -> Sequence[Certificate]:
    """All its certificates in their order, locked."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.completion_id == completion_id)
        .order_by(Certificate.edition)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def certificate_for_update(certificate_id: int) -> Certificate | None:
    """One certificate, locked."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.id == certificate_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def find_by_code(code: str) -> Certificate | None:
    """The certificate of a code, with its holder and her key."""
    return db.session.scalars(
        select(Certificate)
        .where(Certificate.code_hash == hash_token(code))
        .options(
            joinedload(Certificate.completion, innerjoin=True)
            .joinedload(Completion.person, innerjoin=True)
            .joinedload(Person.key)
        )
    ).one_or_none()


def find_to_make(certificate_id: int) -> Certificate | None:
    """A certificate whose documents are still to be drawn, with its completion, its holder and her key."""
    return db.session.scalars(
        select(Certificate)
        .join(Certificate.completion)
        .where(
            Certificate.id == certificate_id,
            Certificate.made_at.is_(None),
            Certificate.state == CertificateState.VALID,
        )
        .options(contains_eager(Certificate.completion).joinedload(Completion.person).joinedload(Person.key))
        .execution_options(populate_existing=True)
    ).one_or_none()


def choices_of(certificate: Certificate) -> Choices:
    """What she chose for it."""
    return Choices(
        named=certificate.named,
        has_title=certificate.has_title,
        qr=certificate.qr,
        shown=certificate.shown,
        languages=tuple(certificate.languages),
    )
