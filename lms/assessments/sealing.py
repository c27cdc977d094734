"""What was typed in a step goes into a sealed box, and comes out of it for those who may read it.

Chosen options and levels stay in clear, so that they can be counted; everything that somebody typed is sealed under
the key of the participant, a marker's words about her included (docs/decisions/0005).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lms.accounts import vault
from lms.accounts.models import Person
from lms.kernel.sealed import Sealed

from .models import StepRow
from .rules.attempts import Step

STEP = "assessments_step.sealed"
REASON = "assessments_allowance.reason"
REQUEST = "assessments_time_request.reason"


def seal_typed(owner: Person, typed: Mapping[str, Any]) -> Sealed:
    """Seal what was typed, as JSON. owner: the participant, with her key loaded."""
    return vault.seal_for(owner, json.dumps(typed, ensure_ascii=False), place=STEP)


def read_steps(owner: Person, rows: Iterable[StepRow]) -> list[Step]:
    """Steps of one participant as rules see them, opened with her key, which is unwrapped once."""
    kept = list(rows)
    texts = vault.open_all(owner, [row.sealed for row in kept], place=STEP)
    return [_step(row, json.loads(text) if text is not None else {}) for row, text in zip(kept, texts, strict=True)]


def _step(row: StepRow, typed: Mapping[str, Any]) -> Step:
    return Step(
        number=row.number,
        operation=row.operation_id,
        kind=row.kind,
        question=row.question,
        sequence=row.sequence,
        written_at=row.written_at,
        received_at=row.received_at,
        language=row.language,
        data={**(row.data or {}), **typed} if row.data is not None or typed else None,
        flagged=row.flagged,
        state=row.state,
        receipt=row.receipt,
    )


def seal_reason(owner: Person, reason: str) -> Sealed:
    """Seal why somebody was given an allowance."""
    return vault.seal_for(owner, reason, place=REASON)


def open_reasons(owner: Person, reasons: Sequence[Sealed | None]) -> list[str]:
    """Why somebody was given each of her allowances; empty where no reason is kept."""
    return [reason or "" for reason in vault.open_all(owner, reasons, place=REASON)]


def seal_request_reason(owner: Person, reason: str) -> Sealed | None:
    """Seal why she asks for more time; None where she gave no reason."""
    return vault.seal_for(owner, reason, place=REQUEST) if reason else None


def open_request_reason(owner: Person, reason: Sealed | None) -> str:
    """Why she asks for more time; empty where she gave no reason."""
    return vault.open_all(owner, [reason], place=REQUEST)[0] or ""
