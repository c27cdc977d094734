"""The figures of docs/reliability.md: who runs one test renews its line and leaves all others."""

from datetime import date

import pytest

from benchmarks.reliability.__main__ import DOCUMENT, PROGRAMS
from benchmarks.reliability.page import BEGIN, END, SECTION, Run, renewed
from benchmarks.reliability.report import Line

EMPTY = f"# Page\n\nWords.\n\n{BEGIN}\n{END}\n\nMore words.\n"


def found(test: str, database: str, figures: str, *, holds: bool = True) -> Run:
    line = Line(test=test, database=database, figures=figures, criterion="lost 0", holds=holds)
    return Run(line=line, day=date(2026, 3, 1), seconds=81.4, load=1.26)


def test_a_run_renews_its_own_line_and_no_other() -> None:
    first = [
        found("R10 late", "sqlite", "one"),
        found("R2 syncs", "sqlite", "two"),
        found("R2 syncs", "postgresql", "3"),
    ]
    page = renewed(EMPTY, first, "On a machine.")
    again = renewed(page, [found("R2 syncs again", "sqlite", "four", holds=False)], "On another.")
    assert [line for line in again.splitlines() if line] == [
        "# Page", "Words.", BEGIN, "On another.",
        "### R2 syncs again", "Passes when: lost 0",
        "- sqlite, 2026-03-01, 81 s, load 1.3: **FAILED**. four",
        "- postgresql, 2026-03-01, 81 s, load 1.3: **holds**. 3",
        "### R10 late", "Passes when: lost 0",
        "- sqlite, 2026-03-01, 81 s, load 1.3: **holds**. one",
        END, "More words.",
    ]  # fmt: skip


def test_renewing_with_nothing_new_changes_nothing() -> None:
    page = renewed(EMPTY, [found("R1 killed", "sqlite", "one")], "On a machine.")
    assert renewed(page, [], "On a machine.") == page


def test_a_page_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        renewed("# Page\n", [], "")


def test_the_page_tells_of_programs_that_there_are() -> None:
    told = [one["name"] for one in SECTION.finditer(DOCUMENT.read_text())]
    assert told and set(told) <= set(PROGRAMS)
