from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.web.forms import UNKNOWN, read_id, read_known


@given(st.uuids())
def test_an_id_is_read_as_a_page_writes_it(one):
    assert read_id(str(one)) == read_id(one.hex) == one


@pytest.mark.parametrize("sent", [None, "", "x", "1" * 31, "1" * 33, "g" * 32, "\0" * 32, 7])
def test_what_is_no_id_is_none(sent):
    assert read_id(sent) is None


@given(st.text())
def test_nothing_that_is_typed_breaks_the_reading(text):
    assert read_id(text) is None or isinstance(read_id(text), UUID)
    assert UNKNOWN <= read_known(text) < 10**9


@given(st.integers(0, 10**9 - 1))
def test_what_a_page_knew_comes_back(number):
    assert read_known(str(number)) == number


@pytest.mark.parametrize("sent", [None, "", "-1", "-2", "1.5", "1e3", "²", "1 ", "x", "1" * 10, "9" * 5_000])
def test_what_no_page_knew_is_unknown(sent):
    assert read_known(sent) == UNKNOWN
