import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.certificates.rules.codes import CHARACTERS, is_code, new_code, read_code, show_code, write_code
from lms.kernel.ids import CROCKFORD
from tests.certificates.papers import CODE

NUMBERS = st.integers(0, 2**128 - 1)


def test_a_code_has_26_characters_that_cannot_be_mistaken_for_one_another():
    code = new_code()
    assert len(code) == CHARACTERS == 26
    assert set(code) <= set(CROCKFORD)


def test_no_part_of_a_code_stands_still():
    drawn = [new_code() for _ in range(128)]
    for position in range(CHARACTERS - 1):
        assert len({code[position] for code in drawn}) > 16, "neither a prefix nor a year shows"
    assert {code[-1] for code in drawn} <= set("048CGMRW"), "the last character has two bits less to tell"


@given(NUMBERS, NUMBERS)
def test_every_number_of_128_bits_has_a_code_of_its_own(one, other):
    assert (write_code(one) == write_code(other)) is (one == other)
    assert is_code(write_code(one))


@given(NUMBERS)
def test_a_code_that_is_shown_is_read_again(number):
    code = write_code(number)
    assert read_code(show_code(code)) == code


def test_a_code_is_shown_in_groups_of_four():
    assert show_code(CODE) == "7K2Q-9XH4-MD6T-B3WZ-5NCR-8VJE-1G"


@pytest.mark.parametrize(
    "typed",
    [
        "7k2q9xh4md6tb3wz5ncr8vje1g",
        " 7K2Q 9XH4 MD6T B3WZ 5NCR 8VJE 1G ",
        "7K2Q–9XH4—MD6T‑B3WZ‐5NCR-8VJE-1G",
        "7K2Q9XH4MD6TB3WZ5NCR8VJEIG",
        "7K2Q9XH4MD6TB3WZ5NCR8VJElG",
        "7K2Q9XH4MD6TB3WZ5NCR8UJE1G",
        "\u20667K2Q-9XH4-MD6T-B3WZ-5NCR-8VJE-1G\u2069",
        "\u200f7K2Q\u00a09XH4\u202fMD6T B3WZ 5NCR 8VJE 1G\n",
        "٧K٢Q٩XH٤MD٦TB٣WZ٥NCR٨VJE١G",
        "۷K۲Q۹XH۴MD۶TB۳WZ۵NCR۸VJE۱G",
        "７Ｋ２Ｑ９ＸＨ４ＭＤ６ＴＢ３ＷＺ５ＮＣＲ８ＶＪＥ１Ｇ",
    ],
)
def test_a_typed_code_is_forgiven_case_blanks_dashes_look_alikes_and_digits(typed):
    assert read_code(typed) == CODE


def test_the_letter_o_is_read_as_nought():
    code = write_code(0)
    assert read_code("O" * 13 + "o" * 13) == code == "0" * 26


@pytest.mark.parametrize(
    "typed",
    ["", "7K2Q", CODE[:-1], CODE + "0", CODE[:-1] + "H", CODE[:-1] + "*", "MDR-27-4K7Q-X2HC", "ß" * 26, CODE * 8],
)
def test_what_cannot_be_a_code_is_none(typed):
    assert read_code(typed) is None


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_code_exactly_as_written_or_none(typed):
    read = read_code(typed)
    assert read is None or (is_code(read) and read_code(read) == read)
