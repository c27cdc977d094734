"""What was typed in a step goes into a sealed box, and comes out of it for those who may read it.

Chosen options and levels stay in clear, so that they can be counted; everything that somebody typed is sealed under
the key of the participant, a marker's words about her included (docs/decisions/0005).
"""

import json
from collections.abc import Mapping
from typing import Any

from lms.accounts import vault
from lms.accounts.models import Person
from lms.kernel.sealed import Sealed

from .models import StepRow
from .rules.attempts import Step

STEP = "assessments_step.sealed"
REASON = "assessments_allowance.reason"


def seal_typed(owner: Person, typed: Mapping[str, Any]) -> Sealed:
    """Seal what was typed, as JSON. owner: the participant, with her key loaded."""
    return vault.seal_for(owner, json.dumps(typed, ensure_ascii=False), place=STEP)


def open_typed(owner: Person, row: StepRow) -> dict[str, Any]:
    """What was typed in a step; empty where nothing was."""
    if row.sealed is None:
        return {}
    opened: dict[str, Any] = json.loads(vault.open_for(owner, row.sealed, place=STEP))
    return opened


def read_step(owner: Person, row: StepRow) -> Step:
    """A step as rules see it, opened."""
    typed = open_typed(owner, row)
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


def open_reason(owner: Person, reason: Sealed) -> str:
    """Why somebody was given an allowance."""
    return vault.open_for(owner, reason, place=REASON)
