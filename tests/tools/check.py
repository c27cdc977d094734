"""All that must hold before a change lands, part by part, with the minutes each took (`make check`).

Every part runs even if one before it failed. Outside judges, which need Java and npm, run in CI or with OUTSIDE=1.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PROGRAMMES = sorted(path.parent for path in (ROOT / "content").glob("*/course.yaml"))
FAULTS = "addopts=-q --strict-markers --strict-config -p no:cacheprovider"
PYTHON_CODE = ("lms", "tests", "migrations", "benchmarks")
UNTRACED = "postgresql or journeys or judges or tools"
"""Tests that take no branch which others do not take too: tracing costs them half their time again (-k)."""


@dataclass(frozen=True)
class Part:
    """One command. is_shown: its output is read along, not only when it fails."""

    name: str
    command: tuple[str, ...]
    is_shown: bool = False


@dataclass(frozen=True)
class Result:
    """How a part ended."""

    name: str
    holds: bool
    seconds: float


def parts(coverage_data: Path, *, with_outside: bool) -> list[Part]:
    """All parts in order."""
    python = (sys.executable, "-m")
    tests = (*python, "pytest", "-n", "auto", "-rs", "--durations=12", "--durations-min=5")
    found = [
        Part("ruff", (*python, "ruff", "check", *PYTHON_CODE)),
        Part("ruff format", (*python, "ruff", "format", "--check", *PYTHON_CODE)),
        Part("import contracts", (str(BIN / "lint-imports"),)),
        Part("templates", (*python, "djlint", "--check", "--lint", "--quiet", "lms")),
        Part("types", (*python, "mypy")),
        Part("assets", (*python, "tests.tools.assets", "--check")),
        Part("messages", (*python, "tests.tools.messages", "--check")),
        *(Part(f"content {path.name}", (*python, "lms", "content", "check", str(path))) for path in PROGRAMMES),
        # Together every test, as `make test` runs them.
        Part("tests, traced", (*tests, "--cov", "--cov-report=", "-k", f"not ({UNTRACED})"), is_shown=True),
        Part("tests", (*tests, "-k", UNTRACED), is_shown=True),
        # Alone: what is broken on purpose must not meet other work on the machine.
        Part(
            "faults",
            (*python, "pytest", "-n", "0", "-rs", "--durations=20", "-o", FAULTS, "tests/reliability"),
            is_shown=True,
        ),
        Part("branches", (*python, "tests.tools.branches", str(coverage_data))),
    ]
    if with_outside:
        found += [
            Part("Nu HTML checker", (*python, "tests.judges.nu")),
            Part("logical properties", (*python, "tests.judges.stylelint")),
        ]
    return found


def run(part: Part, environ: dict[str, str]) -> Result:
    """Run one part; show what it said when it failed."""
    start = time.monotonic()
    if part.is_shown:
        print(f"\n== {part.name}", flush=True)
        done = subprocess.run(part.command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL)
    else:
        done = subprocess.run(
            part.command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        if done.returncode:
            print(f"\n== {part.name}\n{done.stdout.rstrip()}", flush=True)
    return Result(part.name, done.returncode == 0, time.monotonic() - start)


def table(results: list[Result]) -> str:
    """Minutes per part."""
    lines = [f"{'part':<32}{'minutes':>8}"]
    lines += [f"{r.name:<32}{r.seconds / 60:>8.1f}  {'' if r.holds else 'FAILED'}".rstrip() for r in results]
    return "\n".join([*lines, f"{'all':<32}{sum(r.seconds for r in results) / 60:>8.1f}"])


def main() -> None:
    """Run all parts; exit with 1 when one failed."""
    with_outside = os.environ.get("CI") == "true" or os.environ.get("OUTSIDE") == "1"
    with tempfile.TemporaryDirectory(prefix="lms-check-") as folder:
        data = Path(folder) / "coverage"
        environ = {**os.environ, "COVERAGE_FILE": str(data), "PYTHONUNBUFFERED": "1"}
        results = [run(part, environ) for part in parts(data, with_outside=with_outside)]
    print(f"\n{table(results)}")
    failed = [result.name for result in results if not result.holds]
    if not with_outside:
        print("not run here: Nu HTML checker, logical properties; enabled by OUTSIDE=1 with Java and npm")
    if failed:
        sys.exit(f"make check: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
