"""What the holder of a certificate chooses: name, title, QR code, who can check it (docs/decisions/0019)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from ..errors import BadChoice
from .facts import Qr


class NamePrinted(StrEnum):
    """Which name stands on the document. NONE leaves a line free to write on."""

    LEGAL = "legal"
    ALIAS = "alias"
    NONE = "none"


class Shown(StrEnum):
    """What the check page answers. OFF answers exactly as a code that does not exist."""

    VALIDITY = "validity"
    NAME = "name"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What she chose for one certificate. has_title: whether the course is named; without it, hours and year stand."""

    named: NamePrinted = NamePrinted.LEGAL
    has_title: bool = True
    qr: Qr = Qr.DISCREET
    shown: Shown = Shown.VALIDITY
    languages: tuple[str, ...] = ("en",)


def check_choices(choices: Choices, *, offered: Collection[str], has_legal_name: bool) -> None:
    """Refuse no language at all, one that is not offered, or a name that is not there. Raises BadChoice."""
    languages_fit = bool(choices.languages) and set(choices.languages) <= set(offered)
    name_is_there = choices.named is not NamePrinted.LEGAL or has_legal_name
    shows_a_name = choices.shown is not Shown.NAME or choices.named is not NamePrinted.NONE
    if not (languages_fit and name_is_there and shows_a_name):
        raise BadChoice
