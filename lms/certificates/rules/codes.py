"""The code printed on a certificate: 128 random bits in 26 characters that cannot be mistaken for one another.

It has no prefix and no year, so that it says nothing to who finds it. Rule: docs/domain.md 1.4 (certificates).
"""

import unicodedata

from lms.kernel import ids

CHARACTERS = 26
MOST_TYPED = 200
NOBODYS = "0" * CHARACTERS
"""Has the form of a code, and is that of no certificate."""

_SPARE_BITS = 2
"""26 characters hold 130 bits; the last two are nought, which finds one mistyped last character in four."""

_SILENT = frozenset({"Pd", "Cf", "Cc"})
"""Dashes of every kind, and signs without a shape: a copied code brings them along."""


def new_code() -> str:
    """A code that nobody can guess, without hyphens."""
    return write_code(ids.new_id().int)


def write_code(number: int) -> str:
    """128 bits as a code."""
    rest, signs = number << _SPARE_BITS, []
    for _ in range(CHARACTERS):
        rest, digit = divmod(rest, len(ids.CROCKFORD))
        signs.append(ids.CROCKFORD[digit])
    return "".join(reversed(signs))


def read_code(typed: str) -> str | None:
    """What was typed or copied, in the form in which it was made; None where it cannot be a code of ours.

    Case, blanks, dashes, look-alikes and the digits of Arabic and Persian are forgiven.
    """
    if len(typed) > MOST_TYPED:
        return None
    code = _plain(typed)
    return code if is_code(code) else None


def count_signs(typed: str) -> int:
    """How many characters were typed, without blanks and dashes: tells who left one out that she did."""
    return len(_plain(typed))


def is_code(code: str) -> bool:
    """Whether this is a code exactly as we write it."""
    has_form = len(code) == CHARACTERS and set(code) <= set(ids.CROCKFORD)
    return has_form and ids.CROCKFORD.index(code[-1]) % (1 << _SPARE_BITS) == 0


def show_code(code: str) -> str:
    """The code in groups of four, as it is printed."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def _plain(typed: str) -> str:
    folded = "".join(_fold(sign) for sign in unicodedata.normalize("NFKC", typed))
    return ids.read_code(folded).replace("-", "")


def _fold(sign: str) -> str:
    if unicodedata.category(sign) in _SILENT:
        return ""
    return str(unicodedata.digit(sign)) if sign.isdigit() else sign
