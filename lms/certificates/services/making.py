"""Making the documents of a certificate: signed, drawn and sealed, in each language that she chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.kernel.db import db

from .. import drawing
from ..keys import current_keys
from ..models import Certificate, Completion, Document
from ..queries import holding as queries
from ..rules.facts import canonical, limit_to
from ..rules.states import CertificateState
from ..sealing import CODE, NAME, TOKEN, open_text, seal, seal_page
from ..texts import Certified, certified, write_document

MADE = audit.act("certificates.certificate.made", "documents")


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A document that was drawn, not kept yet."""

    language: str
    token: str
    page: bytes


def open_certificate(certificate: Certificate, completion: Completion, holder: Person) -> Certified:
    """What a certificate says. holder: with her key. Raises CannotOpen."""
    code = open_text(holder, certificate.code, place=CODE)
    assert code is not None, "every certificate has a code"
    return certified(
        completion,
        code=code,
        has_title=certificate.has_title,
        name=open_text(holder, certificate.name, place=NAME),
        issued_on=certificate.issued_on,
    )


def signed(certificate: Certificate, said: Certified) -> dict[str, str]:
    """The signed facts in each language, as far as her choice of the square code tells them. The same each time."""
    found: dict[str, str] = {}
    name_hash = None
    for language in certificate.languages:
        facts = limit_to(said.facts(language), certificate.qr, name_hash=name_hash)
        name_hash = facts.name_hash
        found[language] = str(current_keys().sign(canonical(facts)))
    return found


def draw(certificate: Certificate) -> list[Drawn]:
    """The documents of a certificate. Outside any transaction: others would wait for it. Raises CannotBePrinted."""
    said = open_certificate(certificate, certificate.completion, certificate.completion.person)
    return [
        Drawn(language=language, token=token, page=drawing.draw(write_document(said, language, token)))
        for language, token in signed(certificate, said).items()
    ]


def keep(certificate_id: int, holder: Person, drawn: Sequence[Drawn], *, at: datetime) -> bool:
    """Keep the documents, once: whoever comes second, or after the certificate ended, keeps nothing.

    holder: with her key. False where nothing was kept.
    """
    certificate = queries.certificate_for_update(certificate_id)
    if certificate is None or certificate.made_at is not None or certificate.state is not CertificateState.VALID:
        return False
    db.session.add_all(
        Document(
            certificate_id=certificate.id,
            language=one.language,
            token=seal(holder, one.token, place=TOKEN),
            page=seal_page(holder, one.page),
            size_bytes=len(one.page),
        )
        for one in drawn
    )
    certificate.made_at = at
    audit.record(MADE, by=None, on=certificate.id, at=at, documents=(None, len(drawn)))
    return True
