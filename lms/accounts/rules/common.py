"""Passphrases that others would try first (docs/security/threat-model.md E3). Both lists are shipped: nothing is asked.

Compared without case, compatibility forms and whatever is no letter or digit.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FEWEST_LETTERS = 5
"""Different signs; fewer are a pattern, however long it is."""

OWN_LEAST = 4
"""Signs that have to be left when the product's own words and all digits are taken out."""

ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiopasdfghjklzxcvbnm", "azertyuiopqsdfghjklmwxcvbn")
"""What fingers type in a row; backwards too."""


def is_common(passphrase: str) -> bool:
    """Whether a passphrase is listed, repeats one thing, follows a row of keys, or says no more than what this is."""
    signs = _folded(passphrase) or passphrase  # pictures alone are signs too
    return (
        len(set(signs)) < FEWEST_LETTERS
        or any(start in _listed() for start in _without_last_digits(_once(signs)))
        or any(signs in row * 2 or signs in row[::-1] * 2 for row in ROWS)
        or len(_product().sub("", re.sub(r"\d", "", signs))) < OWN_LEAST
    )


def _folded(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def _without_last_digits(signs: str) -> Iterator[str]:
    """The signs, then the same without the last digit, without the last two, and so on: some listed words have some."""
    yield signs
    while signs and signs[-1].isdigit():
        signs = signs[:-1]
        yield signs


def _once(folded: str) -> str:
    """What is repeated, where the whole is one thing several times."""
    repeated = re.fullmatch(r"(.+?)\1+", folded)
    return repeated[1] if repeated else folded


@cache
def _listed() -> frozenset[str]:
    return frozenset(_folded(line) for line in _lines("common.txt"))


@cache
def _product() -> re.Pattern[str]:
    """Any of the product's words, the longest first: also where several are written together."""
    words = sorted({_folded(line) for line in _lines("product.txt")}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, words)))


def _lines(name: str) -> list[str]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
