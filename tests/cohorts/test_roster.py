"""What a row of a list may say, and why it is refused."""

import re
import unicodedata
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.accounts.rules.credentials import ContactKind, fold_contact
from lms.cohorts.rules.roster import (
    MOST_CHARACTERS,
    OPTIONAL,
    REQUIRED,
    CellFault,
    Column,
    Expected,
    RosterRow,
    Wrong,
    identity_of,
    read_row,
)
from lms.kernel.sheets.reading import Columns, read_rows

EXPECTED = Expected(
    interface_languages=("en", "fr", "ar"),
    course_languages=("fr", "ar"),
    zones=frozenset({"Africa/Juba", "Asia/Aden", "UTC"}),
    is_address=lambda text: text.count("@") == 1 and text.lower().endswith(".example"),
)
GOOD = {
    "legal_name": "Kanaria Testperson",
    "contact": "k@kanaria.example",
    "contact_kind": "email",
    "interface_language": "en",
    "course_language": "fr",
    "time_zone": "Africa/Juba",
    "setting_code": "SS-1",
    "organisation": "A house of learning",
    "remark": "Prefers mornings.",
}


def read(**cells):
    return read_row(7, GOOD | cells, EXPECTED)


def faults(**cells):
    found = read(**cells)
    assert isinstance(found, list), found
    return [(fault.column.value, fault.wrong) for fault in found]


def test_a_good_row_is_a_person():
    assert read() == RosterRow(
        number=7,
        legal_name="Kanaria Testperson",
        contact="k@kanaria.example",
        contact_kind=ContactKind.EMAIL,
        interface_language="en",
        course_language="fr",
        time_zone="Africa/Juba",
        setting_code="SS-1",
        organisation="A house of learning",
        remark="Prefers mornings.",
    )


def test_the_least_row_has_a_name_two_languages_and_a_zone():
    row = read_row(2, {column: GOOD[column] for column in REQUIRED}, EXPECTED)
    assert isinstance(row, RosterRow)
    assert [getattr(row, column.value) for column in OPTIONAL] == [None] * len(OPTIONAL)


def test_columns_are_either_needed_or_not():
    assert sorted((*REQUIRED, *OPTIONAL)) == sorted(Column)


@pytest.mark.parametrize("column", REQUIRED)
@pytest.mark.parametrize("blank", ["", " ", "\t \n", "\u00a0", "\u200b\u200f"])
def test_what_is_needed_may_not_be_empty(column, blank):
    assert faults(**{column: blank}) == [(column.value, Wrong.EMPTY)]


@pytest.mark.parametrize("column", [column for column in OPTIONAL if not column.startswith("contact")])
@pytest.mark.parametrize("blank", ["", "  ", "\u200b"])
def test_what_is_not_needed_may_be_empty(column, blank):
    assert getattr(read(**{column: blank}), column.value) is None


@pytest.mark.parametrize("column", list(MOST_CHARACTERS))
def test_each_text_has_its_longest(column):
    kind = {"contact_kind": "other"}
    most = MOST_CHARACTERS[column]
    assert isinstance(read(**kind, **{column: "x" * most}), RosterRow)
    assert faults(**kind, **{column: "x" * (most + 1)}) == [(column.value, Wrong.TOO_LONG)]
    assert isinstance(read(**kind, **{column: f"  {'x' * most}  "}), RosterRow), "blanks around it do not count"


@pytest.mark.parametrize("column", list(Column))
def test_a_very_long_cell_is_told_as_too_long_and_nothing_else(column):
    assert (column.value, Wrong.TOO_LONG) in faults(**{column: "a" * 9_000})


@pytest.mark.parametrize("column", ["legal_name", "organisation", "remark"])
@pytest.mark.parametrize(
    "sign",
    [
        "\ufffd",
        "\x00",
        "\x07",
        "\x1b",
        "\x7f",
        "\x80",
        "\x9f",
        "\ue000",
        "\U000f0000",
        "\ud800",
        "\ufdd0",
        "\U0010ffff",
    ],
)
def test_signs_that_a_wrong_encoding_leaves_are_told(column, sign):
    assert faults(**{column: f"Ka{sign}naria"}) == [(column, Wrong.UNREADABLE)]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Kanaria   Testperson ", "Kanaria Testperson"),
        ("Kanaria\nTestperson", "Kanaria Testperson"),
        ("Kanaria\u00a0Testperson", "Kanaria Testperson"),
        ("\u202aKanaria Testperson\u202c", "Kanaria Testperson"),
        ("\ufeffKanaria Testperson", "Kanaria Testperson"),
        ("Kanaria \u200b Testperson", "Kanaria Testperson"),
        ("\u202eKanaria", "Kanaria"),
        ("Re\u0301mi Kanaria", "R\u00e9mi Kanaria"),
        ("قناريا\u200f اختبار", "قناريا اختبار"),
        ("می\u200cنا قناریا", "می\u200cنا قناریا"),  # a joint that is part of how it is written
        ("K. A. O'Naria-Test", "K. A. O'Naria-Test"),
        ("=1+1 Kanaria", "=1+1 Kanaria"),
        ("<b>Kanaria</b>", "<b>Kanaria</b>"),
        ("加奈里亚", "加奈里亚"),
    ],
)
def test_a_name_is_kept_as_it_is_written_without_what_nobody_sees(typed, kept):
    assert read(legal_name=typed).legal_name == kept


@pytest.mark.parametrize("typed", ["-", "123", "?", "…", "٣٤", "—", "'"])
def test_a_name_has_a_letter(typed):
    assert faults(legal_name=typed) == [("legal_name", Wrong.NOT_A_NAME)]


@pytest.mark.parametrize("typed", ["en", "EN", " Fr ", "ar", "AR"])
def test_a_language_of_pages_is_one_of_ours(typed):
    assert read(interface_language=typed).interface_language == typed.strip().lower()


@pytest.mark.parametrize("typed", ["english", "de", "e", "en-GB", "عربي", "0"])
def test_another_language_of_pages_is_told(typed):
    assert faults(interface_language=typed) == [("interface_language", Wrong.NOT_A_LANGUAGE)]


@pytest.mark.parametrize("typed", ["en", "EN", "es", "french"])
def test_a_language_in_which_the_course_is_not_taught_here_is_told(typed):
    assert faults(course_language=typed) == [("course_language", Wrong.NOT_A_COURSE_LANGUAGE)]


@pytest.mark.parametrize(
    "typed", ["Juba", "africa/juba", "Africa/Jub", "UTC+3", "Mars/Olympus", "../etc/passwd", "EAT"]
)
def test_a_zone_that_is_not_known_is_told(typed):
    assert faults(time_zone=typed) == [("time_zone", Wrong.NOT_A_ZONE)]


@pytest.mark.parametrize("typed", ["Africa/Juba", " Asia/Aden", "UTC"])
def test_a_zone_is_written_as_the_list_has_it(typed):
    assert read(time_zone=typed).time_zone == typed.strip()


@pytest.mark.parametrize("kind", ["email", "EMAIL", " Email "])
def test_an_address_is_looked_at_as_an_address(kind):
    assert read(contact_kind=kind).contact_kind is ContactKind.EMAIL
    assert faults(contact_kind=kind, contact="k at kanaria") == [("contact", Wrong.NOT_AN_ADDRESS)]


@pytest.mark.parametrize(
    "number",
    [
        "+211 912 345 678",
        "00211912345678",
        "0912-345-678",
        "(0912) 345.678",
        "912/345678",
        "٠٩١٢٣٤٥٦٧٨",
        "１２３４５６７",
        "\u202a+211912345678\u202c",
        "123456",
        "123456789012345",
    ],
)
def test_a_telephone_number_may_be_written_in_many_ways(number):
    assert read(contact_kind="phone", contact=number).contact_kind is ContactKind.PHONE


@pytest.mark.parametrize(
    "number", ["12345", "1234567890123456", "call me", "+211 912 34x 678", "k@kanaria.example", "+"]
)
def test_what_is_no_telephone_number_is_told(number):
    assert faults(contact_kind="phone", contact=number) == [("contact", Wrong.NOT_A_NUMBER)]


@pytest.mark.parametrize("contact", ["ask the sister", "@kanaria on the other app", "12"])
def test_another_contact_may_be_anything(contact):
    assert read(contact_kind="other", contact=contact).contact == contact


@pytest.mark.parametrize("kind", ["mail", "telephone", "e-mail", "x"])
def test_a_kind_that_is_not_known_is_told(kind):
    assert ("contact_kind", Wrong.NOT_A_KIND) in faults(contact_kind=kind)


def test_a_contact_without_a_kind_and_a_kind_without_a_contact_are_told_at_the_kind():
    assert faults(contact_kind="") == [("contact_kind", Wrong.NO_KIND)]
    assert faults(contact="") == [("contact_kind", Wrong.NO_CONTACT)]


def test_neither_contact_nor_kind_is_no_fault():
    row = read(contact="", contact_kind="")
    assert (row.contact, row.contact_kind) == (None, None)


@pytest.mark.parametrize("code", ["SS", "ss-1.2_x", "دارفور", "12"])
def test_a_code_of_a_setting_has_letters_digits_and_joints(code):
    assert read(setting_code=code).setting_code == code


@pytest.mark.parametrize("code", ["S S", "a,b", "<b>", "=1", "a/b"])
def test_what_is_no_code_is_told(code):
    assert faults(setting_code=code) == [("setting_code", Wrong.NOT_A_CODE)]


def test_everything_that_is_wrong_is_told_at_once_in_the_order_of_the_columns():
    assert faults(
        legal_name="", contact="x", interface_language="xx", course_language="", time_zone="x", setting_code="a b"
    ) == [
        ("legal_name", Wrong.EMPTY),
        ("contact", Wrong.NOT_AN_ADDRESS),
        ("interface_language", Wrong.NOT_A_LANGUAGE),
        ("course_language", Wrong.EMPTY),
        ("time_zone", Wrong.NOT_A_ZONE),
        ("setting_code", Wrong.NOT_A_CODE),
    ]


def test_every_reason_but_that_of_doubled_rows_can_come_from_one_row():
    seen = {
        wrong
        for cells in (
            {"legal_name": ""},
            {"legal_name": "-"},
            {"remark": "x" * 999},
            {"remark": "\ufffd"},
            {"interface_language": "x"},
            {"course_language": "x"},
            {"time_zone": "x"},
            {"contact_kind": "x"},
            {"contact_kind": ""},
            {"contact": ""},
            {"contact": "x"},
            {"contact_kind": "phone"},
            {"setting_code": "a b"},
        )
        for _, wrong in faults(**cells)
    }
    assert seen == set(Wrong) - {Wrong.TWICE}


# By what somebody is known again


def identity(**cells):
    return identity_of(read(**cells), "f" * 64)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"contact": "K@Kanaria.EXAMPLE"}, {}),
        ({"contact": " k@kanaria.example "}, {}),
        ({"legal_name": "Quite Another"}, {}),
        (
            {"contact_kind": "phone", "contact": "+211 912 345 678"},
            {"contact_kind": "phone", "contact": "00211-912-345-678"},
        ),
        (
            {"contact_kind": "phone", "contact": "+٢١١٩١٢٣٤٥٦٧٨"},
            {"contact_kind": "phone", "contact": "211912345678"},
        ),
    ],
)
def test_the_same_contact_is_the_same_person(one, other):
    assert identity(**one) == identity(**other)


@pytest.mark.parametrize(
    "other",
    [
        {"contact": "kk@kanaria.example"},
        {"contact_kind": "other"},
        {"contact": "", "contact_kind": ""},
    ],
)
def test_another_contact_is_another_person(other):
    assert identity(**other) != identity()


def test_without_a_contact_she_is_her_row_in_this_very_file():
    nobody = {"contact": "", "contact_kind": ""}
    row = read(**nobody)
    other_row = read_row(8, GOOD | nobody, EXPECTED)
    assert identity_of(row, "f" * 64) == identity_of(read(**nobody, legal_name="Other"), "f" * 64)
    assert identity_of(row, "f" * 64) != identity_of(other_row, "f" * 64)
    assert identity_of(row, "f" * 64) != identity_of(row, "e" * 64)


# Whatever comes

ANY = st.text(
    st.one_of(
        st.sampled_from("aZé@.+-_/ 09\"'=,;\t\r\n\u200f\u202e\ufeff\u00a0\u200c"),
        st.sampled_from("ابتثجحدرزسشعقكلمنهويىةءآ،؛ًٌٍّ٠١٢٣"),
        st.characters(),
    ),
    max_size=40,
)
CELLS = st.fixed_dictionaries({column.value: st.one_of(ANY, st.just(GOOD[column.value])) for column in Column})


@given(CELLS)
def test_every_row_is_either_a_clean_person_or_a_list_of_reasons(cells):
    found = read_row(3, cells, EXPECTED)
    if isinstance(found, list):
        assert found and len({fault.column for fault in found}) == len(found)
        assert all(isinstance(fault, CellFault) for fault in found)
        return
    for column in Column:
        value = getattr(found, column.value)
        assert value is None or (value == value.strip() and unicodedata.is_normalized("NFC", value))
    assert found.course_language in EXPECTED.course_languages and found.time_zone in EXPECTED.zones
    assert (found.contact is None) == (found.contact_kind is None)


@given(ANY)
def test_reading_what_was_read_changes_nothing(text):
    once = read(legal_name=text)
    if isinstance(once, RosterRow):
        assert read(legal_name=once.legal_name) == once


@given(st.text(st.sampled_from("0123456789٠١٢٣ +-"), max_size=20))
def test_a_number_is_folded_to_its_digits(number):
    folded = fold_contact(number, ContactKind.PHONE)
    assert folded == "" or folded.isascii() and folded.isdigit()


# The document


DOCUMENT = (Path(__file__).parents[2] / "docs" / "participants-file.md").read_text(encoding="utf-8")


def test_the_document_names_each_column_and_whether_it_is_needed():
    table = dict(re.findall(r"^\| `(\w+)` \| (\w+)", DOCUMENT, re.M))
    assert list(table) == [column.value for column in Column]
    assert {Column(name) for name, needed in table.items() if needed == "yes"} == set(REQUIRED)
    for column, most in MOST_CHARACTERS.items():
        (line,) = re.findall(rf"^\| `{column}` .*$", DOCUMENT, re.M)
        assert str(most) in line


def test_the_example_of_the_document_can_be_brought():
    (example,) = re.findall(r"```csv\n(.*?)```", DOCUMENT, re.S)
    columns = Columns(required=REQUIRED, optional=OPTIONAL)
    zones = frozenset({"Africa/Juba", "Asia/Aden", "Africa/Bamako"})
    expected = replace(EXPECTED, course_languages=("en", "fr", "ar"), zones=zones, is_address=lambda text: "@" in text)
    rows = list(read_rows(BytesIO(example.encode()), name="example", columns=columns))
    assert len(rows) == 3
    assert all(isinstance(read_row(row.number, row.cells, expected), RosterRow) for row in rows)
