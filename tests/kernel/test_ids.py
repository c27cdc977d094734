import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.kernel import ids


def test_ids_are_random_in_every_part():
    drawn = [ids.new_id().bytes for _ in range(64)]
    for position in range(16):
        assert len({one[position] for one in drawn}) > 8, "no byte stands still: neither time nor version shows"


def test_a_code_has_eighty_bits_in_groups():
    code = ids.new_code()
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert set(code) <= set(ids.CROCKFORD + "-")


@pytest.mark.parametrize(
    "typed", ["0123-4567-89AB-CDEF", "0123456789abcdef", " o123 4567 89ab cdef ", "oi23-4567-89ab-cdef"]
)
def test_a_typed_code_is_forgiven_case_blanks_and_look_alikes(typed):
    assert ids.read_code(typed) == "0123-4567-89AB-CDEF"


@given(st.text(ids.CROCKFORD, min_size=1, max_size=40))
def test_reading_a_code_twice_changes_nothing(code):
    assert ids.read_code(ids.read_code(code)) == ids.read_code(code)


def test_a_token_is_stored_as_its_hash():
    assert ids.hash_token("a") != b"a" and len(ids.hash_token("a")) == 32
