"""What a person chooses for herself."""

from dataclasses import dataclass

from lms.accounts.models import Person
from lms.accounts.rules.preferences import Digits, Theme
from lms.accounts.rules.sessions import LocksAfter


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What a person may set for herself."""

    interface_language: str
    time_zone: str
    theme: Theme
    digits: Digits
    leave_to: str
    exit_keys: bool
    locks_after: LocksAfter
    marking_keys: bool = True


def save_preferences(person: Person, wanted: Preferences) -> None:
    """Keep her choices. Not an audited act: it concerns nobody else."""
    person.interface_language = wanted.interface_language
    person.time_zone = wanted.time_zone
    person.theme = wanted.theme
    person.digits = wanted.digits
    person.leave_to = wanted.leave_to
    person.exit_keys = wanted.exit_keys
    person.locks_after = wanted.locks_after
    person.marking_keys = wanted.marking_keys
