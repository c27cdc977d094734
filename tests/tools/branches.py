"""Which branches of the rules, policies and services no test takes (`make check`; docs/house-style.md 14)."""

import json
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import coverage

COMPLETE = (
    "lms/*/rules.py",
    "lms/*/rules/*.py",
    "lms/*/policy.py",
    "lms/*/policy/*.py",
    "lms/*/services.py",
    "lms/*/services/*.py",
)


def gaps(report: dict[str, object]) -> Iterator[str]:
    """What is not covered in the files that must be, from a report in coverage's JSON."""
    for name, file in sorted(report["files"].items()):
        if not any(fnmatch(name, pattern) for pattern in COMPLETE):
            continue
        for line in file["missing_lines"]:
            yield f"{name}:{line}: never run"
        for start, end in file["missing_branches"]:
            yield f"{name}:{start}: never goes on " + ("to the end" if end < 0 else f"to line {end}")


def read(data: Path) -> dict[str, object]:
    """The report of a coverage data file."""
    measured = coverage.Coverage(data_file=str(data))
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(out))
        return json.loads(out.read_text())


def main() -> None:
    """Name every gap of the data file; exit with 1 when there is one."""
    report = read(Path(sys.argv[1]))
    found = list(gaps(report))
    total = report["totals"]["percent_covered"]
    print("\n".join(found) or f"Rules, policies and services are covered branch by branch; all of lms: {total:.0f} %.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
