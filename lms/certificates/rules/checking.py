"""What the check page answers (docs/decisions/0019)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .choices import Shown
from .facts import Level
from .states import CertificateState


class Answer(StrEnum):
    """The four answers. A certificate whose holder switched checking off is not found."""

    VALID = "valid"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    NOT_FOUND = "not found"


@dataclass(frozen=True, kw_only=True)
class Found:
    """An answer with what the holder lets it say: nothing but the answer unless the certificate is valid.

    course: titles by language; None where she left the title out. name: only where she chose to show it.
    """

    answer: Answer
    level: Level | None = None
    course: Mapping[str, str] | None = None
    year: int | None = None
    hours: int | None = None
    issued_on: date | None = None
    name: str | None = None


NOT_FOUND = Found(answer=Answer.NOT_FOUND)
_ANSWERS: Mapping[CertificateState, Answer] = {
    CertificateState.VALID: Answer.VALID,
    CertificateState.WITHDRAWN: Answer.WITHDRAWN,
    CertificateState.REPLACED: Answer.REPLACED,
}


def answer_to(state: CertificateState | None, shown: Shown | None) -> Answer:
    """What is answered. None: there is no such code."""
    if state is None or shown is None or shown is Shown.OFF:
        return Answer.NOT_FOUND
    return _ANSWERS[state]
