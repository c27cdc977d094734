"""The figures in docs/reliability.md: a heading for each test and a line for each database; a run renews its own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from .report import Line

BEGIN, END = "<!-- figures: written by make reliability -->", "<!-- end of figures -->"
SECTION = re.compile(
    r"^### (?P<title>(?P<name>R\d+) .+)\n\nPasses when: (?P<criterion>.+)\n\n(?P<runs>(?:- .+\n)+)", re.M
)
RUN = re.compile(r"^- (?P<database>\w+), .+$", re.M)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a test found, on which day, in so many seconds. load: of the machine, the highest seen at an end."""

    line: Line
    day: date
    seconds: float
    load: float

    def __str__(self) -> str:
        of = f"{self.line.database}, {self.day}, {self.seconds:.0f} s, load {self.load:.1f}"
        return f"- {of}: **{self.line.verdict}**. {self.line.figures}"


@dataclass
class Section:
    """One test. runs: a line for each database."""

    title: str
    criterion: str
    runs: dict[str, str]

    def __str__(self) -> str:
        runs = "\n".join(self.runs.values())
        return f"### {self.title}\n\nPasses when: {self.criterion}\n\n{runs}\n"


def renewed(page: str, runs: Iterable[Run], machine: str) -> str:
    """The page with the lines of these runs; those of other tests and of the other database stay as they were.

    machine: a sentence about what these ran on, which stands above all figures.

    Raises ValueError when the page has no place for figures.
    """
    before, begin, rest = page.partition(BEGIN)
    figures, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no place for figures: {BEGIN} … {END}")
    sections = {
        one["name"]: Section(
            one["title"], one["criterion"], {run["database"]: run[0] for run in RUN.finditer(one["runs"])}
        )
        for one in SECTION.finditer(figures)
    }
    for run in runs:
        name, _, _ = run.line.test.partition(" ")
        section = sections.setdefault(name, Section(run.line.test, run.line.criterion, {}))
        section.title, section.criterion = run.line.test, run.line.criterion
        section.runs[run.line.database] = str(run)
    ordered = sorted(sections, key=lambda name: int(name.removeprefix("R")))
    return "\n".join([before + BEGIN, "", machine, "", *(str(sections[name]) for name in ordered), END + after])
