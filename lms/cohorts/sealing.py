"""What was typed about a participant, sealed under her key and opened for the coordinators of her cohort alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from lms.accounts import vault
from lms.accounts.models import Person
from lms.kernel.sealed import Sealed

BACKGROUND = "cohorts_enrolment.background"
REASON = "cohorts_move.reason"


@dataclass(frozen=True, kw_only=True)
class Background:
    """What the list with which she was uploaded told of her; None where it told nothing."""

    setting: str | None = None
    organisation: str | None = None
    remark: str | None = None


def open_background(owner: Person, sealed: Sealed | None) -> Background | None:
    """Setting, organisation and remark; None for whom nothing was told. Raises CannotOpen."""
    (text,) = vault.open_all(owner, [sealed], place=BACKGROUND)
    return None if text is None else Background(**json.loads(text))


def seal_reason(owner: Person, reason: str) -> Sealed:
    """Seal why her place was moved. owner: with her key loaded. Raises CannotOpen."""
    return vault.seal_for(owner, reason, place=REASON)


def open_reasons(owner: Person, reasons: Sequence[Sealed | None]) -> list[str]:
    """Why her place was moved each time; empty where no reason is kept. Raises CannotOpen."""
    return [reason or "" for reason in vault.open_all(owner, reasons, place=REASON)]
