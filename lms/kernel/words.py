"""Letters and digits in one form, so that two texts can be compared however a keyboard writes them."""

import re
import unicodedata

_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u201b\u02b9\u02bb\u02bc\u02bd\u2032\uff07]")
_ACCENTS = re.compile("([a-z])[\u0300-\u036f]+")
_VOWEL_SIGNS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]")
_LETTERS = str.maketrans(
    {
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "\u0640": None,  # tatweel stretches a word
        "\u0621": None,  # hamza without a seat; seats lose theirs as vowel signs
        "\u0674": None,
        "\u0671": "ا",
        "\u0649": "ي",
        "\u06cc": "ي",  # Persian and Urdu keyboards
        "\u06a9": "ك",
        "\u06aa": "ك",
        "\u0629": "ه",
        "\u06be": "ه",
        "\u06c1": "ه",
        "\u06d5": "ه",
    }
)
_AL = re.compile(r"\b(?:ال)+(?=\w\w)")


def fold_letters(text: str) -> str:
    """One form per letter, digit and apostrophe; other marks stay.

    Small letters without accents, ligatures taken apart, Arabic without vowel signs, tatweel and hamza, one form of
    alef, ya and ta marbuta, digits 0 to 9. Characters that nobody sees are gone.
    """
    text = straight_apostrophes(text)  # before NFKC takes some of them apart
    text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    for _ in range(2):
        text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFD", straight_apostrophes(text))
    text = _VOWEL_SIGNS.sub("", text).translate(_LETTERS)
    return fold_digits(unicodedata.normalize("NFC", _ACCENTS.sub(r"\1", text)))


def fold_digits(text: str) -> str:
    """The text with the decimal digits of every script written 0 to 9."""
    return re.sub(r"\d", lambda found: str(unicodedata.decimal(found[0])), text)


def straight_apostrophes(text: str) -> str:
    """The text with the one apostrophe that every keyboard has."""
    return _APOSTROPHES.sub("'", text)


def without_arabic_articles(text: str) -> str:
    """Folded words without their article, if two letters remain."""
    return _AL.sub("", text)
