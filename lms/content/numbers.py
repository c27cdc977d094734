"""The numbers that a text says in digits, written alike for every language."""

import re
import unicodedata
from collections import Counter

from .languages import grouping_sign

_ARABIC_SIGNS = {"\u066b": ",", "\u066c": "."}


def numbers_of(text: str, language: str) -> Counter[str]:
    """How often each number stands in a text: `306,000`, `306 000` and `٣٠٦٬٠٠٠` are all 306000.

    Digits of every script count; numbers in words do not. A sign between digits groups them when it is the sign of
    the language and three digits follow, else it stands before decimals: `16,7` is 16.7. Zeros at the edge fall away.
    """
    sign = grouping_sign(language)
    plain = re.sub(r"\d", lambda found: str(unicodedata.decimal(found[0])), text)
    for arabic, other in _ARABIC_SIGNS.items():
        plain = plain.replace(arabic, other)
    return Counter(_alike(found) for found in _PATTERNS[sign].finditer(plain))


def _pattern(sign: str) -> re.Pattern[str]:
    grouped = rf"[1-9][0-9]{{0,2}}(?P<sign>[ \u00a0\u202f{sign}])[0-9]{{3}}(?:(?P=sign)[0-9]{{3}})*(?![0-9])"
    return re.compile(rf"(?P<whole>{grouped}|[0-9]+)(?:[.,](?P<part>[0-9]+))?")


_PATTERNS = {sign: _pattern(sign) for sign in ".,"}


def _alike(found: re.Match[str]) -> str:
    whole = re.sub("[^0-9]", "", found["whole"]).lstrip("0") or "0"
    part = (found["part"] or "").rstrip("0")
    return f"{whole}.{part}" if part else whole
