"""Passphrases that others would try first (docs/security/threat-model.md E3). Both lists are shipped: nothing is asked.

Compared without case, compatibility forms and whatever is no letter or digit.
"""

import re
import unicodedata
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
    folded = _folded(passphrase)
    return (
        len(set(folded)) < FEWEST_LETTERS
        or _once(folded) in _listed()
        or _once(folded).rstrip("0123456789") in _listed()
        or any(folded in row * 2 or folded in row[::-1] * 2 for row in ROWS)
        or len(_without_product(passphrase)) < OWN_LEAST
    )


def _folded(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def _once(folded: str) -> str:
    """What is repeated, where the whole is one thing several times."""
    repeated = re.fullmatch(r"(.+?)\1+", folded)
    return repeated[1] if repeated else folded


def _without_product(passphrase: str) -> str:
    words = re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", passphrase).casefold())
    return "".join(word for word in words if word not in _product())


@cache
def _listed() -> frozenset[str]:
    return frozenset(_folded(line) for line in _lines("common.txt"))


@cache
def _product() -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFKC", line).casefold() for line in _lines("product.txt"))


def _lines(name: str) -> list[str]:
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
