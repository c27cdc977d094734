"""`make check` stops for any part that fails, and says how long each took."""

import os
import sys
from pathlib import Path

from tests.tools import branches, check
from tests.tools.check import Part, Result


def test_a_part_that_fails_is_shown_and_counted(capfd):
    result = check.run(
        Part("broken", (sys.executable, "-c", "print('what is wrong'); raise SystemExit(3)")), {**os.environ}
    )

    assert not result.holds
    assert "== broken\nwhat is wrong" in capfd.readouterr().out


def test_a_part_that_holds_is_silent(capfd):
    result = check.run(Part("sound", (sys.executable, "-c", "print('fine')")), {**os.environ})

    assert result.holds
    assert capfd.readouterr().out == ""


def test_the_table_gives_minutes_and_names_what_failed():
    text = check.table([Result("one", True, 90), Result("two", False, 30)])

    assert text.splitlines()[1:] == [
        f"{'one':<32}     1.5",
        f"{'two':<32}     0.5  FAILED",
        f"{'all':<32}     2.0",
    ]


def test_both_programmes_and_the_tests_are_always_among_the_parts():
    names = [part.name for part in check.parts(Path("data"), with_outside=False)]

    assert {"content oslo-prework", "content women-and-ceasefires", "tests", "branches", "messages"} <= set(names)
    assert "Nu HTML checker" not in names


def test_outside_judges_come_last_where_they_are_wanted():
    names = [part.name for part in check.parts(Path("data"), with_outside=True)]

    assert names[-2:] == ["Nu HTML checker", "logical properties"]


def test_a_branch_that_no_test_takes_is_named():
    report = {
        "files": {
            "lms/seats/rules.py": {"missing_lines": [7], "missing_branches": [[4, 7], [9, -1]]},
            "lms/seats/services/offers.py": {"missing_lines": [], "missing_branches": [[3, 5]]},
            "lms/seats/views.py": {"missing_lines": [1], "missing_branches": []},
        }
    }

    assert list(branches.gaps(report)) == [
        "lms/seats/rules.py:7: never run",
        "lms/seats/rules.py:4: never goes on to line 7",
        "lms/seats/rules.py:9: never goes on to the end",
        "lms/seats/services/offers.py:3: never goes on to line 5",
    ]
