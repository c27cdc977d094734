"""The fault programs of benchmarks/reliability with smaller numbers; a part of `make check`, one after the other."""

import os
from collections.abc import Iterator

import pytest

from benchmarks.reliability.__main__ import PEOPLE, PROGRAMS, run
from benchmarks.reliability.site import POSTGRESQL, SQLITE, Sites


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    made = Sites(people=PEOPLE)
    yield made
    made.close()


@pytest.mark.parametrize("kind", [SQLITE, POSTGRESQL])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_was_told_is_true_whatever_breaks(sites, name, kind):
    line = run(name, kind, sites, quick=True)
    print(f"\n{line.test}, {line.database}: {line.figures}")
    if line.holds is None and not os.environ.get("CI"):
        pytest.skip(line.figures)
    assert line.holds, f"{line.criterion}: {line.figures}"
