"""The receipt of a hand-in: a short code that only this installation can make, over what was received and when."""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lms.kernel.ids import CROCKFORD

from .attempts import Step, heads

CODE_CHARACTERS = 12
"""60 bits: enough that nobody meets one by trying, and short enough to copy by hand."""


@dataclass(frozen=True, kw_only=True)
class Received:
    """What a receipt vouches for."""

    attempt: UUID
    received_at: datetime
    fingerprint: str


def content_of(steps: Iterable[Step]) -> dict[str, Any]:
    """What a receipt is given for: the answers that stand in these steps, by question."""
    return {name: step.data for name, step in sorted(heads(steps).items())}


def fingerprint(content: Any, *, secret: bytes) -> str:
    """A keyed hash of the answers as received, 64 hexadecimal digits. Keyed: nobody can try out short answers."""
    said = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hmac.digest(secret, f"fingerprint:{said}".encode(), "sha256").hex()


def sign(received: Received, *, secret: bytes) -> str:
    """The code of a receipt, in groups of four."""
    told = f"receipt:{received.attempt}:{received.received_at.isoformat()}:{received.fingerprint}"
    bits = int.from_bytes(hmac.digest(secret, told.encode(), "sha256"))
    drawn = "".join(CROCKFORD[(bits >> 5 * place) & 31] for place in range(CODE_CHARACTERS))
    return "-".join(drawn[start : start + 4] for start in range(0, CODE_CHARACTERS, 4))


def is_genuine(code: str, received: Received, *, secret: bytes) -> bool:
    """Whether the code was made here for exactly this."""
    return hmac.compare_digest(code, sign(received, secret=secret))
