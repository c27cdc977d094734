"""The facts that a signature covers, and the one way in which they are written.

They are JSON with sorted keys, without blanks, whole numbers only, text in Unicode's form NFC, and without the keys
that have no value: for these values the same bytes as RFC 8785. Reading refuses whatever is not written so, byte for
byte. Rule: docs/domain.md 1.4 (certificates), docs/security/threat-model.md K6.
"""

import base64
import hashlib
import hmac
import json
import re
import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any

from ..errors import NotGenuine
from .codes import is_code

VERSION = 1
MOST_NAME = 120
MOST_COURSE = 200
MOST_SITE = 253
MOST_BYTES = 4_000
YEARS = range(2000, 2200)
HOURS = range(1, 10_000)
HASH_BYTES = 16
_SHAPELESS = frozenset({"Cc", "Cf", "Co", "Cs"})
_JOINERS = frozenset({"\u200c", "\u200d"})
"""Signs without a shape that spell names in Persian, Kurdish and other languages."""

ARABIC_MARKS = re.compile("[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
"""Vowel marks and the stroke that lengthens a word: written or left out as one likes."""

_LANGUAGE = re.compile("[a-z]{2,3}")
_NAME_HASH = re.compile("[A-Za-z0-9_-]{22}")


class Level(StrEnum):
    """What was reached."""

    COMPLETED = "completed"
    PARTICIPATED = "participated"


class Qr(StrEnum):
    """How much the square code tells. Chosen before issue: what is printed cannot be called back."""

    FULL = "full"
    DISCREET = "discreet"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is signed.

    hours: None where none are stated. language: of the document. course: its title, None where she chose to leave it
    out. name: as printed; None where none is printed, or where name_hash stands for it. site: the public host.
    Raises ValueError for what can only be a mistake in our own code.
    """

    version: int = VERSION
    code: str
    level: Level
    year: int
    hours: int | None
    issued_on: date
    language: str
    course: str | None
    name: str | None
    name_hash: str | None
    site: str

    def __post_init__(self) -> None:
        fit = {
            "version": self.version == VERSION,
            "code": is_code(self.code),
            "year": self.year in YEARS,
            "hours": self.hours is None or self.hours in HOURS,
            "language": _LANGUAGE.fullmatch(self.language) is not None,
            "course": self.course is None or is_clean(self.course, most=MOST_COURSE),
            "name": self.name is None or (is_clean(self.name, most=MOST_NAME) and self.name_hash is None),
            "name_hash": self.name_hash is None or _NAME_HASH.fullmatch(self.name_hash) is not None,
            "site": is_clean(self.site, most=MOST_SITE) and " " not in self.site,
        }
        if not all(fit.values()):
            raise ValueError(f"these facts cannot be signed: {[name for name, is_fit in fit.items() if not is_fit]}")


_TYPES = {
    "version": int,
    "code": str,
    "level": str,
    "year": int,
    "hours": int,
    "issued_on": str,
    "language": str,
    "course": str,
    "name": str,
    "name_hash": str,
    "site": str,
}
_MAY_LACK = dict.fromkeys(("hours", "course", "name", "name_hash"))


def clean_text(typed: str) -> str:
    """A name or title fit to be signed: single blanks, nothing that is invisible or turns the line around."""
    single = " ".join(unicodedata.normalize("NFC", typed).split())
    kept = "".join(sign for sign in single if sign in _JOINERS or unicodedata.category(sign) not in _SHAPELESS)
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def is_clean(text: str, *, most: int) -> bool:
    """Whether a text is as `clean_text` leaves it, but for the form of its accents."""
    written = unicodedata.normalize("NFC", text)
    return 0 < len(written) <= most and clean_text(written) == written


def limit_to(facts: Facts, qr: Qr, *, name_hash: str | None = None) -> Facts:
    """The facts as far as a square code of this kind may tell them.

    name_hash: of this name and code where it is known already: it is slow, and the same in every language.
    """
    if qr is Qr.FULL:
        return facts
    if facts.name is not None and name_hash is None:
        name_hash = hash_name(facts.name, facts.code)
    return replace(facts, course=None, name=None, name_hash=name_hash if facts.name is not None else None)


def canonical(facts: Facts) -> bytes:
    """The bytes that are signed."""
    values = {field.name: _write(getattr(facts, field.name)) for field in fields(facts)}
    said = {key: value for key, value in values.items() if value is not None}
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def parse(data: bytes) -> Facts:
    """Read signed bytes. Raises NotGenuine unless they are exactly as `canonical` writes them."""
    try:
        facts = _read(data)
    except (ValueError, TypeError, RecursionError):
        raise NotGenuine from None
    if canonical(facts) != data:
        raise NotGenuine
    return facts


def hash_name(name: str, code: str) -> str:
    """What stands for a name that is not told: a checker who has the document types the name to compare.

    Slow on purpose and salted with the code, so that a list of names cannot be tried against many certificates. Who
    holds the square code of one can still try names against it: the holder is told so.
    """
    digest = hashlib.scrypt(_fold(name).encode(), salt=code.encode(), n=2**14, r=8, p=1, dklen=HASH_BYTES)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_name(typed: str, facts: Facts) -> bool:
    """Whether this is the name of the certificate, however its case, blanks and vowel marks are written."""
    if facts.name_hash is not None:
        return hmac.compare_digest(hash_name(typed[: MOST_NAME * 2], facts.code), facts.name_hash)
    return facts.name is not None and _fold(typed) == _fold(facts.name)


def _write(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _read(data: bytes) -> Facts:
    said: dict[str, Any] = json.loads(data.decode()) if len(data) <= MOST_BYTES else {}
    if not isinstance(said, dict) or any(type(value) is not _TYPES.get(key) for key, value in said.items()):
        raise ValueError
    level, issued_on = Level(said.get("level", "")), date.fromisoformat(said.get("issued_on", ""))
    return Facts(**{**_MAY_LACK, **said, "level": level, "issued_on": issued_on})


def _fold(name: str) -> str:
    """A name without case, vowel marks of Arabic and invisible signs. Never to be changed: old hashes stay in use."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    shaped = "".join(sign for sign in folded if sign.isspace() or unicodedata.category(sign) not in _SHAPELESS)
    return " ".join(ARABIC_MARKS.sub("", shaped).split())
