"""What somebody typed, read as words, a number or a day: the same however her keyboard writes it."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from lms.kernel.words import fold_letters, without_arabic_articles

DECIMAL = "\u066b"
"""The Arabic decimal sign: it never groups digits, so compared texts use it in every language."""

THOUSANDS = "\u066c"
"""The Arabic sign that groups digits and does nothing else."""

ARABIC_COMMA = "\u060c"
"""What an Arabic keyboard writes for a comma, between digits too."""

_ARTICLES: Mapping[str, frozenset[str]] = {
    "en": frozenset({"the", "a", "an"}),
    "fr": frozenset({"le", "la", "les", "l", "un", "une", "des"}),
}

_POINT_IS_DECIMAL = frozenset({"en", "he", "hi", "ja", "ko", "sw", "th", "ur", "zh"})
"""As lms.content.languages has it; that package stands above this one."""


def normalise(text: str, language: str) -> str:
    """A text as it is compared with another of the same language: small letters and digits, single blanks between.

    Case, accents, quotes, punctuation and articles do not matter, nor hamza, vowel signs, ة or ه, ى or ي in Arabic.
    Digits of every script are the same, and so are `306,000` and `306 000`. Number words stay words. A text
    of marks alone becomes empty. Normalising twice changes nothing more.
    """
    folded = _without_apostrophes(fold_letters(text), language)
    folded = re.sub(r"\b([^\W\d_])\.", r"\1", folded)  # U.N. is UN
    folded = _DAY_IN_DIGITS.sub(r"\1 / \2 / \3", folded)
    folded = _NUMBERS[_group_sign(language)].sub(_number, folded)
    words = _without_articles(_words_only(folded).split(), language)
    # A stroke keeps two numbers apart that would be read as one on the next time.
    return re.sub(r"(?<=[0-9]) (?=[0-9])", " / ", " ".join(words))


def _without_apostrophes(text: str, language: str) -> str:
    """French parts a word at it (`l’objectif`), other languages do not (`women’s`)."""
    return text.replace("'", " " if _base(language) == "fr" else "")


def _words_only(text: str) -> str:
    kept = "".join(sign if unicodedata.category(sign)[0] in "LMN" or sign == DECIMAL else " " for sign in text)
    return re.sub(f"(?<![0-9]){DECIMAL}|{DECIMAL}(?![0-9])", " ", kept)


def _without_articles(words: list[str], language: str) -> list[str]:
    """Without the articles at the start. Arabic repeats its article before each adjective, so there each goes."""
    if _base(language) == "ar":
        return [without_arabic_articles(word) for word in words]
    articles = _ARTICLES.get(_base(language), frozenset())
    while len(words) > 1 and words[0] in articles:
        words = words[1:]
    return words


def _base(language: str) -> str:
    return language.split("-")[0]


def _group_sign(language: str) -> str:
    return "," if _base(language) in _POINT_IS_DECIMAL else "."


def _number_pattern(sign: str) -> re.Pattern[str]:
    grouped = rf"[1-9][0-9]{{0,2}}(?P<sign>[ {THOUSANDS}{sign}])[0-9]{{3}}(?:(?P=sign)[0-9]{{3}})*(?![0-9])"
    return re.compile(rf"(?P<whole>{grouped}|[0-9]+)(?:[.,{DECIMAL}](?P<part>[0-9]+))?")


_NUMBERS = {sign: _number_pattern(sign) for sign in ",."}
_DAY_IN_DIGITS = re.compile(r"(?<![0-9])([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})(?![0-9])")
_PER_CENT = re.compile(r"[%\u066a]|\b(?:per|pour) ?cent\b|(?:في|ب) ?الما?يه")
_MINUS = re.compile("[\u2010-\u2015\u2212\ufe63\uff0d-]")


def _number(found: re.Match[str], point: str = DECIMAL) -> str:
    """A number that was found, without grouping and without zeros at its edges."""
    whole = re.sub("[^0-9]", "", found["whole"]).lstrip("0") or "0"
    part = (found["part"] or "").rstrip("0")
    return f"{whole}{point}{part}" if part else whole


def read_number(text: str, language: str) -> Decimal | None:
    """The number that a text is; None where it is none. Per cent signs and words beside it do not matter.

    A comma groups digits in English and the few other languages that write `16.7`, a point in all others, if three
    digits follow: `1,234` is 1234 in English and 1.234 in French. Any other comma or point stands before decimals. What
    is no number in this way is read in the other one: `1.234,5` is 1234.5 in English too.
    Rule: docs/content-packs.md, Numbers.
    """
    plain = _PER_CENT.sub(" ", fold_letters(text).replace("'", " ").replace(ARABIC_COMMA, ","))
    plain = _MINUS.sub("-", re.sub(r"\s+", " ", plain)).strip().rstrip(".")
    minus, plain = plain.startswith("-"), plain.removeprefix("-").removeprefix("+").strip()
    plain = re.sub(rf"\A(?=[.,{DECIMAL}][0-9])", "0", plain)
    own = _group_sign(language)
    for sign in (own, "." if own == "," else ","):
        if found := _NUMBERS[sign].fullmatch(plain):
            value = Decimal(_number(found, "."))
            return -value if minus else value
    return None


_MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "january jan",
        "february feb",
        "march mar",
        "april apr",
        "may",
        "june jun",
        "july jul",
        "august aug",
        "september sep sept",
        "october oct",
        "november nov",
        "december dec",
    ),
    "fr": (
        "janvier janv jan",
        "février févr fév",
        "mars",
        "avril avr",
        "mai",
        "juin",
        "juillet juil juill",
        "août",
        "septembre sept sep",
        "octobre oct",
        "novembre nov",
        "décembre déc",
    ),
    "ar": (
        "كانون_الثاني كانون_ثان يناير جانفي",
        "شباط فبراير فيفري",
        "آذار مارس مارت",
        "نيسان أبريل أفريل",
        "أيار مايو ماي مايس",
        "حزيران يونيو يونيه جوان",
        "تموز يوليو يوليه يوليوز جويلية",
        "آب أغسطس أغسطوس غشت أوت",
        "أيلول سبتمبر شتنبر",
        "تشرين_الأول أكتوبر أوكتوبر",
        "تشرين_الثاني تشرين_ثان نوفمبر نونبر",
        "كانون_الأول ديسمبر دسمبر دجنبر",
    ),
}
"""Month names by language, January first. Arabic: those of the Levant, of Egypt and the Gulf, and of the Maghreb."""

_BESIDE_A_DAY = frozenset(["the", "of", "st", "nd", "rd", "th", "le", "er", "de", "في", "من", "يوم", "عام", "سنه", "م"])
_DOUBLE_MONTH = re.compile(r"\b(كانون|تشرين) (?=\w)")


def _month_words(text: str) -> str:
    """Folded, without Arabic articles, the two words of a month as one."""
    return _DOUBLE_MONTH.sub(r"\1_", without_arabic_articles(text.replace("_ال", "_")))


_MONTH_NUMBERS: Mapping[str, Mapping[str, int]] = {
    language: {
        name: number
        for number, names in enumerate(months, start=1)
        for name in _month_words(fold_letters(names)).split()
    }
    for language, months in _MONTHS.items()
}


def read_date(text: str, language: str) -> date | None:
    """The day that a text names; None for no day, an impossible one, or a year that is not four digits.

    Digits: `1953-07-27`, else the day first, `27/07/1953`, in every language. Months by name are those of the language,
    also twice when both names agree: `تموز/يوليو`.
    """
    spaced = re.sub(r"[\W_]+", " ", re.sub(r"(?<=[0-9])(?=[^\W\d_])|(?<=[^\W\d_])(?=[0-9])", " ", fold_letters(text)))
    months = _MONTH_NUMBERS.get(_base(language), {})
    words = [word for word in _month_words(spaced).split() if word not in _BESIDE_A_DAY]
    named = {months[word] for word in words if word in months}
    rest = [word for word in words if word not in months]
    if len(named) > 1 or not all(re.fullmatch("[0-9]{1,4}", word) for word in rest):
        return None
    return _day([*rest, *map(str, named)] if named else rest, by_name=bool(named))


def _day(numbers: list[str], *, by_name: bool) -> date | None:
    """A day of three numbers. by_name: the month stands last and the other two in either order."""
    if len(numbers) != 3:
        return None
    first, second, third = numbers
    if by_name:
        year, month, day = (first, third, second) if len(first) == 4 else (second, third, first)
    else:
        year, month, day = (first, second, third) if len(first) == 4 else (third, second, first)
    if not re.fullmatch("[1-9][0-9]{3}", year) or max(len(month), len(day)) > 2:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def count_words(text: str) -> int:
    """How many words a text has, as a text processor counts: between blanks, if a letter or digit is in it."""
    return sum(any(sign.isalnum() for sign in word) for word in text.split())
