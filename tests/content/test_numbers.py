"""A passage says the same numbers in every language, whatever way each writes them."""

import pytest

from lms.content.check import check_pack
from lms.content.numbers import numbers_of

from .packs import AR, EN, FILES, FR, changed, in_every_language, pack

LAW, LIST, TABLE = "No treaty defines it.", "- another thing", "| Truce | a break |"


def faults(files):
    return [str(fault) for fault in check_pack(pack(files))]


def said(en, fr, ar, *, instead_of=LAW):
    """The files with another sentence in each language; a pair of texts replaces one with the other."""
    files = FILES
    for path, text in ((EN, en), (FR, fr), (AR, ar)):
        files = changed(path, instead_of, text, files)
    return files


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("no number at all", "en", []),
        ("306,000 people", "en", ["306000"]),
        ("306 000, 306\u00a0000 et 306\u202f000 personnes", "fr", ["306000"] * 3),
        ("306.000 personas", "es", ["306000"]),
        ("٣٠٦٬٠٠٠ و٣٠٦ ٠٠٠ و306 000", "ar", ["306000"] * 3),
        ("1,234,567 and 1 234 567", "en", ["1234567"] * 2),
        ("16.7 per cent", "en", ["16.7"]),
        ("16,7 %", "fr", ["16.7"]),
        ("١٦٫٧ و16,70", "ar", ["16.7"] * 2),
        ("1.125 and 0.125", "en", ["0.125", "1.125"]),
        ("1,125 et 0,125", "fr", ["0.125", "1.125"]),
        ("le 1er juillet 2020, la 75e session", "fr", ["1", "2020", "75"]),
        ("the 1st, the 2nd; COVID-19; SC/14238; 28(3)", "en", ["1", "14238", "19", "2", "28", "3"]),
        ("21:45, or 21 h 45, and 00:05", "en", ["0", "21", "21", "45", "45", "5"]),
        ("1990–2017, 1990-2017", "en", ["1990", "1990", "2017", "2017"]),
        ("In 2020 180 States, in 2021.", "en", ["180", "2020", "2021"]),
        ("8, 11 and 36.", "en", ["11", "36", "8"]),
        ("1 2020 and 20 1234", "en", ["1", "1234", "20", "2020"]),
        ("9" * 5000, "en", ["9" * 5000]),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(text, language, expected):
    assert sorted(numbers_of(text, language).elements()) == expected


@pytest.mark.parametrize(
    ("en", "fr", "ar"),
    [
        ("2,202 of 16.7", "2\u202f202 sur 16,7", "٢ ٢٠٢ من ١٦٫٧"),
        ("on 1 July 2020", "le 1er juillet 2020", "في 1 تموز/يوليه 2020"),
        ("306\n000 people", "306\u00a0000 personnes", "306 000 شخص"),
        ("**3**06 of them", "306 d’entre eux", "306 منهم"),
    ],
)
def test_the_same_numbers_may_be_written_in_many_ways(en, fr, ar):
    assert faults(said(en, fr, ar)) == []


@pytest.mark.parametrize(
    ("en", "fr", "ar", "expected"),
    [
        ("In 1953.", "En 1935.", "في 1953.", [(FR, EN, "only here 1935; only there 1953")]),
        ("In 1953.", "En 1953.", "آنذاك.", [(AR, EN, "only there 1953")]),
        ("Then.", "En 1953.", "آنذاك.", [(FR, EN, "only here 1953")]),
        ("6 and 6.", "6 et 6.", "6 وستة.", [(AR, EN, "only there 6")]),
        ("1,125 men", "1,125 hommes", "1 125 شخصاً", [(FR, EN, "only here 1.125; only there 1125")]),
        ("8 of 11.", "11 sur 8.", "8 من ١٢.", [(AR, EN, "only here 12; only there 11")]),
        ("8 of 11.", "Huit sur onze.", "٨ من ١١.", [(FR, EN, "only there 11, 8")]),
    ],
)
def test_an_odd_number_is_named_with_its_passage_and_line(en, fr, ar, expected):
    assert faults(said(en, fr, ar)) == [
        f"{path}:30: the numbers of passage word-law are not those of {first}, line 30: {odd}"
        for path, first, odd in expected
    ]


@pytest.mark.parametrize(
    ("old", "name", "line"),
    [
        (LIST, "word-list", 35),
        (TABLE, "word-table", 41),
        ("One word {#word}", "word", 28),
        ("A closer look", "closer", 39),
        ("> Somebody", "word-said", 47),
    ],
)
def test_numbers_of_every_kind_of_passage_are_compared(old, name, line):
    new = {"One word {#word}": "One word 7 {#word}", TABLE: "| Truce | 7 |"}.get(old, f"{old} 7")

    assert faults(changed(EN, old, new)) == [
        f"{path}:{line}: the numbers of passage {name} are not those of {EN}, line {line}: only there 7"
        for path in (AR, FR)
    ]


def test_cells_entries_and_references_part_numbers():
    assert faults(in_every_language(TABLE, "| 8 | 306 |")) == []
    files = said("See 306[](source:guidance)000.", "Voir 306 000.[](source:guidance)", "306[](source:guidance)000")

    assert faults(files) == [
        f"{FR}:30: the numbers of passage word-law are not those of {EN}, line 30: only here 306000; only there 0, 306"
    ]


def test_ids_and_references_are_no_numbers():
    files = {path: text.replace("regulations", "hague-1907") if path == EN else text for path, text in FILES.items()}

    assert not [fault for fault in faults(files) if "numbers" in fault]


def test_a_difference_is_excused_by_saying_why():
    files = said("Four of 8.", "4 sur 8.", "Four of 8.")
    files = changed(FR, "terms: [", 'numbers: {word-law: "French writes 4 in digits here"}\nterms: [', files)

    assert faults(files) == []


def test_an_excuse_for_nothing_is_a_fault():
    files = changed(FR, "terms: [", "numbers:\n  word-law: why\n  word-lost: why\nterms: [")

    assert faults(files) == [
        f"{FR}:22: numbers: word-law is no passage whose numbers differ from {EN}",
        f"{FR}:23: numbers: word-lost is no passage whose numbers differ from {EN}",
    ]


def test_an_excuse_has_no_place_in_the_first_language():
    files = changed(EN, "terms: [", "numbers: {word-law: why}\nterms: [", said("In 1953.", "En 1935.", "في 1953."))

    assert faults(files) == [
        f"{EN}:21: numbers: the other languages are compared with this one; say it there",
        f"{FR}:30: the numbers of passage word-law are not those of {EN}, line 31: only here 1935; only there 1953",
    ]


def test_an_excuse_gives_its_reason():
    files = changed(FR, "terms: [", "numbers: {word-law: }\nterms: [")

    assert faults(files) == [f"{FR}:21: numbers.word-law must be text; put it between quotes"]
