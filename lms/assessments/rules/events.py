"""What other packages may want to hear of this one."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class MarksReleased:
    """Marks were shown to their participants: somebody may have all that her course asks for now."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class QuizPassed:
    """Somebody handed in a quiz that counts, and passed: she may have all that her course asks for now."""

    at: datetime
