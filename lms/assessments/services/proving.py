"""Looking up a receipt that somebody holds."""

from dataclasses import dataclass
from datetime import datetime

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.kernel.sealed import CannotOpen

from ..queries.receipts import HandedIn, answers_of, find_receipt
from ..rules.receipts import content_of
from . import receipts

LOOKED_UP = audit.act("assessments.receipt.looked up", "genuine")
NOTHING = 0


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a look-up found. is_genuine: whether this installation made the code for exactly what is stored now."""

    handed_in: HandedIn
    is_genuine: bool


def look_up(typed: str, *, by: Person, at: datetime) -> Proof | None:
    """The hand-in of a code; None where there is none in the cohorts of this coordinator. Each look-up is recorded."""
    handed_in = find_receipt(by, typed)
    is_genuine = handed_in is not None and _is_genuine(handed_in)
    audit.record(LOOKED_UP, by=by.id, on=handed_in.step if handed_in else NOTHING, at=at, genuine=(None, is_genuine))
    return None if handed_in is None else Proof(handed_in=handed_in, is_genuine=is_genuine)


def _is_genuine(handed_in: HandedIn) -> bool:
    """What cannot be opened any more was changed, or its key is gone: nobody can say that it is what was received."""
    try:
        content = content_of(answers_of(handed_in))
    except CannotOpen:
        return False
    return receipts.is_genuine(handed_in.code, handed_in.received, content)
