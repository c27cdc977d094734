"""Receipts of hand-ins: making one, and looking one up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms.settings import current_settings

from ..models import Attempt
from ..rules import receipts
from ..rules.receipts import Received


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A receipt that was given: its code, and the keyed hash of what was received."""

    code: str
    fingerprint: str


def receive(attempt: Attempt, content: Mapping[str, Any], *, at: datetime) -> Receipt:
    """The receipt of what is handed in now."""
    told = receipts.fingerprint(content, secret=_secret())
    code = receipts.sign(Received(attempt=attempt.public_id, received_at=at, fingerprint=told), secret=_secret())
    return Receipt(code=code, fingerprint=told)


def is_genuine(code: str, received: Received, content: Mapping[str, Any]) -> bool:
    """Whether the code was made here for this; a changed row in the database is not genuine any more.

    content: what is stored now of the answers that were handed in.
    """
    is_same = receipts.fingerprint(content, secret=_secret()) == received.fingerprint
    return receipts.is_genuine(code, received, secret=_secret()) and is_same


def _secret() -> bytes:
    return current_settings().secret_key.encode()
