"""The programmes that come with the product."""

import pytest

from lms.content.check import check_pack
from lms.content.pack import read_pack
from lms.shipped import shipped

PROGRAMMES = ["women-and-ceasefires", "oslo-prework"]


@pytest.mark.parametrize("name", PROGRAMMES)
def test_a_shipped_programme_has_no_faults(name):
    assert [str(fault) for fault in check_pack(read_pack(shipped("content") / name))] == []
