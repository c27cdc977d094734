"""Rows out of runs, the table, the comparison of two files and the plot, on small inputs."""

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from benchmarks import compare, plot, table
from benchmarks.acts import STAFF_PAGES
from benchmarks.table import gather, shown, spread


def _row(page: str, per_second: float, **more: Any) -> dict[str, Any]:
    return {
        "database": "sqlite", "enrolments": 24, "cohorts": 1, "page": page, "loop": "closed 1", "users": 1, "acts": 10,
        "errors": 0, "faults": [], "per_second": per_second, "cpu_ms": 1000 / per_second, "bytes": 500,
        "client_cpu_ms": 0.1, **more,
    }  # fmt: skip


def _result(rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "at": "2026-01-01 10:00 UTC", "command": "python -m benchmarks", "hash_ms": 20.0, "runs": 3, "rows": rows,
        "machine": {"processor": "a processor", "cores": 2, "memory_gib": 4.0, "system": "Linux"},
        "versions": {"Python": "3.11.7"}, "memory": [], "first_visits": [], "rushes": [], **more,
    }  # fmt: skip


def _figure(median: float, lowest: float | None = None, highest: float | None = None) -> dict[str, float]:
    return {"median": float(median), "lowest": float(lowest or median), "highest": float(highest or median)}


def _lines(*results: dict[str, Any]) -> dict[str, list[plot.Point]]:
    return plot.series(results, database="sqlite", loop="closed 1")


def test_runs_become_median_lowest_and_highest_and_errors_are_added_up() -> None:
    runs = [[_row("lesson", 90)], [_row("lesson", 120, errors=2, faults=["a", "b"])], [_row("lesson", 100)]]
    (row,) = gather(runs)
    assert row["per_second"] == {"median": 100, "lowest": 90, "highest": 120}
    assert (row["runs"], row["acts"], row["errors"], row["faults"]) == (3, 30, 2, ["a", "b"])


def test_a_share_is_of_the_second_floor_in_the_same_run_and_loop() -> None:
    runs = [
        [_row("floor 1", 900), _row("floor 2", 200), _row("lesson", 100), _row("floor 2", 50, loop="closed 24")],
        [
            _row("floor 1", 900),
            _row("floor 2", 400),
            _row("lesson", 100),
            _row("lesson", 40, loop="open 9/s", rate=9.0),
        ],
    ]
    rows = {(row["page"], row["loop"]): row for row in gather(runs)}
    assert rows["lesson", "closed 1"]["share_percent"] == {"median": 37.5, "lowest": 25, "highest": 50}
    assert rows["floor 2", "closed 1"]["share_percent"]["median"] == 100
    assert "share_percent" not in rows["lesson", "open 9/s"], "its rate was given"


def test_an_act_that_never_went_right_has_a_row_without_figures() -> None:
    failed = {name: value for name, value in _row("lesson", 1, acts=0, errors=3).items() if name not in table.SPREAD}
    (row,) = gather([[failed]])
    assert row["errors"] == 3
    assert "lesson" in table.as_text(_result([row]))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (1234.5, "1234"), (123.45, "123"), (12.345, "12.3"), (1.2345, "1.23"), (1234, "1,234"), (None, ""), ("x", "x"),
        (spread([1.0, 2.0, 4.0]), "2.00 (1.00-4.00)"), (spread([2.0]), "2.00"),
    ],
)  # fmt: skip
def test_a_cell_says_a_figure_with_its_spread(value: object, cell: str) -> None:
    assert shown(value) == cell


def test_the_table_says_machine_versions_command_figures_and_faults() -> None:
    rush = {
        "database": "sqlite",
        "enrolments": 24,
        "people": 24,
        "missing": 1,
        "errors": 1,
        "faults": ["nothing stands"],
    }
    rows = gather([[_row("floor 2", 200), _row("lesson", 100, errors=1, faults=["lesson: 503"])]])
    text = table.as_text(_result(rows, rushes=[rush]))
    for words in (
        "a processor",
        "Python 3.11.7",
        "`python -m benchmarks`",
        "| lesson ",
        "50.0",
        "lesson: 503",
        "nothing stands",
    ):
        assert words in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(line) for line in lines[:4]}) == 1, "the columns are as wide in each line"
    assert "DB CPU ms" not in text, "a column that no row fills is left out"


def test_the_same_fault_is_told_once_with_its_number_and_without_the_words_of_the_page() -> None:
    faults = ["save: 503 to '' instead of '/q/3': Go back", "save: 503 to '' instead of '/q/5': Go back", "no page"]
    rows = gather([[_row("save and next", 100, errors=3, faults=faults)]])
    assert table.faults_of(_result(rows)) == {
        "sqlite, save and next, closed 1: save: 503": 2,
        "sqlite, save and next, closed 1: no page": 1,
    }


def test_a_machine_that_was_not_quiet_is_told() -> None:
    quiet, loud = (table.as_text(_result(gather([[_row("lesson", 9, others_percent=part)]]))) for part in (3.0, 41.0))
    assert "measure again" not in quiet
    assert "Others took up to 41% of this machine" in loud


def test_a_change_is_said_in_per_cent_and_marked_outside_both_spreads() -> None:
    assert compare.cell(_figure(10, 9, 11), _figure(12, 10.5, 13)) == "10.0 -> 12.0 +20%"
    assert compare.cell(_figure(10, 9, 11), _figure(12, 11.5, 13)) == "10.0 -> 12.0 +20% !"
    assert compare.cell(_figure(10, 9, 11), _figure(5, 4, 8)) == "10.0 -> 5.00 -50% !"
    assert compare.cell(7, 7) == "7 -> 7 +0%"
    assert compare.cell(7, 14) == "7 -> 14 +100% !"
    assert compare.cell(0, 2) == "0 -> 2 !"


def test_what_only_one_file_has_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = _result(gather([[_row("lesson", 100), _row("queue", 50)]]))
    new = _result(gather([[_row("lesson", 200), _row("mark", 50)]]), versions={"Python": "3.12.1"})
    files = tmp_path / "old.json", tmp_path / "new.json"
    for file, result in zip(files, (old, new), strict=True):
        file.write_text(json.dumps(result))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["compare", *map(str, files)])
        compare.main()
    text = capsys.readouterr().out
    assert "Python: 3.11.7 -> 3.12.1" in text
    assert "per_second       100 -> 200 +100% !" in text
    assert "queue, closed 1: only in old" in text
    assert "mark, closed 1: only in new" in text


def _measured(people: int, **cpu: float) -> dict[str, Any]:
    rows = [_row(page, 100, enrolments=people, cpu_ms=_figure(ms, ms * 0.9, ms * 1.1)) for page, ms in cpu.items()]
    return _result(rows)


def test_the_plot_takes_staff_pages_of_one_database_and_loop_by_number_of_people() -> None:
    other = _result([_row("queue", 100, loop="closed 24", cpu_ms=_figure(9)), _row("lesson", 100, cpu_ms=_figure(3))])
    lines = plot.series(
        [_measured(1000, queue=4.4, mark=3.0), other, _measured(24, queue=4.0)], database="sqlite", loop="closed 1"
    )
    assert [(point.people, point.cpu) for point in lines["queue"]] == [(24, 4.0), (1000, 4.4)]
    assert list(lines) == ["queue", "mark"]


def test_the_plot_is_svg_that_names_each_line_and_keeps_its_points_inside() -> None:
    results = [_measured(people, **dict.fromkeys(STAFF_PAGES, 4.0)) for people in (24, 1_000, 1_000_000)]
    lines = _lines(*results)
    picture = plot.Plot(lines, "CPU <of> pages")
    root = ElementTree.fromstring(picture.svg())
    words = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for page in STAFF_PAGES:
        assert f"{page} 4.0 (x1.00)" in words
    assert {"24", "1,000", "1,000,000", "CPU <of> pages"} <= set(words)
    assert (picture.x(24), picture.x(1_000_000)) == (plot.LEFT, plot.WIDTH - plot.RIGHT)
    assert plot.TOP <= picture.y(4.4) < picture.y(4.0) < picture.y(0) == plot.HEIGHT - plot.BOTTOM
    dashes = {path.get("stroke-dasharray") for path in root.iter("{http://www.w3.org/2000/svg}path")}
    assert len(dashes) == len(plot.DASHES), "each line has its own dashes"


def test_one_size_alone_can_be_drawn() -> None:
    ElementTree.fromstring(plot.Plot(_lines(_measured(24, queue=3.0)), "x").svg())


def test_names_at_the_ends_do_not_touch() -> None:
    assert plot.apart([10, 12, 40, 11], 15) == [10, 40, 55, 25]


@pytest.mark.parametrize(("highest", "step"), [(8, 1), (9, 2), (41, 10), (0.7, 0.1), (100, 20)])
def test_an_axis_has_round_steps_and_eight_at_the_most(highest: float, step: float) -> None:
    assert plot.nice_step(highest) == pytest.approx(step)
