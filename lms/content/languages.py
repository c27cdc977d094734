"""What a text's language asks of the way it is set."""

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
_WITHOUT_SLANT = _RIGHT_TO_LEFT - {"he", "yi"}

_DECIMAL_POINT = frozenset({"en", "he", "hi", "ja", "ko", "sw", "th", "ur", "zh"})

SOURCE_WORDS = {"en": "Source", "fr": "Source", "ar": "المصدر"}
"""How a reference is read aloud before its number. A language without a word reads the number."""


def is_right_to_left(language: str) -> bool:
    """Whether texts of this language run from right to left."""
    return language.split("-")[0] in _RIGHT_TO_LEFT


def knows_slanted_type(language: str) -> bool:
    """Whether emphasis may be shown by slanted letters; the Arabic script has none."""
    return language.split("-")[0] not in _WITHOUT_SLANT


def grouping_sign(language: str) -> str:
    """The sign other than a blank that may group the digits of a number; its counterpart stands before decimals."""
    return "," if language.split("-")[0] in _DECIMAL_POINT else "."
