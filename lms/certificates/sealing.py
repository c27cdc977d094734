"""What is sealed of a certificate: its code, the name on it, the signed facts, the drawn pages, and reasons.

All of it opens with the key of its holder, and goes with it (docs/decisions/0005, 0019).
"""

from uuid import UUID

from lms.accounts import vault
from lms.accounts.models import Person
from lms.kernel.sealed import Sealed

CODE = "certificates_certificate.code"
NAME = "certificates_certificate.name"
WITHDRAWAL = "certificates_certificate.reason"
DECISION = "certificates_completion.reason"
TOKEN = "certificates_document.token"  # noqa: S105 - the name of a column
PAGE = "certificates_document.page"


def seal(holder: Person, text: str, *, place: str) -> Sealed:
    """Seal a text of hers. holder: with her key loaded."""
    return vault.seal_for(holder, text, place=place)


def open_text(holder: Person, value: Sealed | None, *, place: str) -> str | None:
    """What was sealed for her; None where nothing is. Raises CannotOpen."""
    return vault.open_all(holder, [value], place=place)[0]


def seal_page(holder: Person, page: bytes) -> Sealed:
    """Seal a drawn document."""
    return vault.seal_file_for(holder, page, place=PAGE)


def open_page(holder: Person, page: Sealed) -> bytes:
    """The drawn document. Raises CannotOpen."""
    return vault.open_file(holder, page, place=PAGE)


def open_shown_name(wrapped: bytes, owner: UUID, name: Sealed) -> str:
    """The name that a holder lets the check page say. Raises CannotOpen when her key is gone."""
    return vault.open_with(wrapped, owner, name, place=NAME)


def open_signed(wrapped: bytes, owner: UUID, token: Sealed) -> str:
    """The signed facts of a document, for looking up which key signed them. Raises CannotOpen."""
    return vault.open_with(wrapped, owner, token, place=TOKEN)


def legal_name_of(holder: Person) -> str | None:
    """Her own legal name, shown to her where she chooses what is printed, and nowhere else."""
    return vault.open_legal_name(holder)
