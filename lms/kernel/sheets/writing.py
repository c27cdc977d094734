"""Tables that people take along. A text is always text: no program runs it as a formula.

Rule: docs/security/threat-model.md F7.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import TextIOWrapper
from itertools import chain, count, islice
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeAlias

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from .errors import CellDoesNotFit
from .formulas import marked

Cell: TypeAlias = str | int | Decimal | date | None

MOST_TITLE_CHARACTERS = 31
MOST_CELL_CHARACTERS = 32_767
MOST_DIGITS = 15
"""Numbers with more would be rounded in XLSX, so they go as text."""

MOST_EXPONENT = 300
FIRST_DAY = date(1900, 3, 1)
"""Earlier days are counted in different ways by different programs, so they go as text."""

MADE_AT = datetime(2000, 1, 1, tzinfo=UTC)
"""The same in every file: when an export was made is nobody's business who finds it."""

NARROWEST, WIDEST = 8, 60
ROWS_MEASURED = 100
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet of a workbook. rows: read once, so a generator will do."""

    title: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    right_to_left: bool = False


def write_csv(out: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write one table as CSV in UTF-8, as RFC 4180 has it, with the mark by which programs know the encoding.

    A text that could be a formula gets an apostrophe in front; `read_rows` takes it off again.
    """
    text = TextIOWrapper(out, encoding="utf-8", newline="")
    try:
        text.write("\ufeff")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerows([_in_csv(cell) for cell in row] for row in chain([header], rows))
    finally:
        text.detach()


def _in_csv(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return marked(cell)
    return _day(cell) if isinstance(cell, date) else f"{Decimal(cell):f}"


def _day(day: date) -> str:
    return day.isoformat(sep=" ", timespec="minutes") if isinstance(day, datetime) else day.isoformat()


def write_xlsx(out: BinaryIO, sheets: Sequence[Sheet]) -> None:
    """Write a workbook; the same sheets give the same bytes. Raises CellDoesNotFit, and then writes nothing.

    Rows wait on the disk, in a folder that goes with the act: a long table needs no more memory than a short one.
    """
    with TemporaryDirectory() as folder:
        workbook = Workbook(out, {**OPTIONS, "tmpdir": folder})
        try:
            workbook.set_properties({"author": "", "created": MADE_AT})
            pens = _Pens.of(workbook)
            for title, sheet in zip(_titles(sheets), sheets, strict=True):
                _write_sheet(workbook.add_worksheet(title), sheet, pens)
            workbook.close()
        finally:
            for worksheet in workbook.worksheets():
                worksheet._opt_close()  # nothing public closes the rows of a workbook that was given up


@dataclass(frozen=True, kw_only=True)
class _Pens:
    """The formats of a workbook."""

    heading: Format
    day: Format
    plain: Format

    @classmethod
    def of(cls, workbook: Workbook) -> "_Pens":
        heading = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        return cls(heading=heading, day=day, plain=workbook.add_format())


def _write_sheet(worksheet: Worksheet, sheet: Sheet, pens: _Pens) -> None:
    if sheet.right_to_left:
        worksheet.right_to_left()
    worksheet.freeze_panes(1, 0)
    rows = iter(sheet.rows)
    measured = list(islice(rows, ROWS_MEASURED))
    for column, width in enumerate(_widths([sheet.header, *measured])):
        worksheet.set_column(column, column, width)
    for column, heading in enumerate(sheet.header):
        _write_text(worksheet, 0, column, heading, pens, pens.heading)
    for number, row in enumerate(chain(measured, rows), 1):
        for column, cell in enumerate(row):
            _write_cell(worksheet, number, column, cell, pens)


def _write_cell(worksheet: Worksheet, row: int, column: int, cell: Cell, pens: _Pens) -> None:
    if cell is None:
        return
    if isinstance(cell, date) and not isinstance(cell, datetime) and cell >= FIRST_DAY:
        worksheet.write_datetime(row, column, datetime.combine(cell, time()), pens.day)
    elif isinstance(cell, int | Decimal) and _is_exact(Decimal(cell)):
        worksheet.write_number(row, column, float(cell))
    else:
        _write_text(worksheet, row, column, cell if isinstance(cell, str) else _in_csv(cell), pens, None)


def _write_text(worksheet: Worksheet, row: int, column: int, text: str, pens: _Pens, pen: Format | None) -> None:
    """Write a text as text. Raises CellDoesNotFit."""
    if text.startswith("<r>") and text.endswith("</r>"):
        # The library takes such a text for its own markup and copies it as it is, formulas included. Parted, it is not.
        outcome = worksheet.write_rich_string(row, column, text[:1], pens.plain, text[1:], *filter(None, [pen]))
    else:
        outcome = worksheet.write_string(row, column, text, pen)
    if outcome:
        raise CellDoesNotFit(
            title=worksheet.name, row=row + 1, column=xl_col_to_name(column), most=MOST_CELL_CHARACTERS
        )


def _is_exact(number: Decimal) -> bool:
    """Whether a spreadsheet program keeps every digit of it."""
    is_short = number.is_finite() and len(number.as_tuple().digits) <= MOST_DIGITS
    return is_short and abs(number.adjusted()) < MOST_EXPONENT


def _widths(rows: Iterable[Sequence[Cell]]) -> list[int]:
    """How wide the columns are, in characters: as the longest line in them, within reason."""
    found: list[int] = []
    for row in rows:
        found += [NARROWEST] * (len(row) - len(found))
        for column, cell in enumerate(row):
            longest = max(map(len, _in_csv(cell).splitlines()), default=0)
            found[column] = min(max(found[column], longest + 2), WIDEST)
    return found


def _titles(sheets: Sequence[Sheet]) -> Iterator[str]:
    """A name for each sheet that spreadsheet programs take: without their own signs, short, and no two alike."""
    taken: set[str] = set()
    for sheet in sheets:
        plain = _plain_title(sheet.title)
        endings = chain([""], (f" {number}" for number in count(2)))
        candidates = (plain[: MOST_TITLE_CHARACTERS - len(ending)].strip() + ending for ending in endings)
        title = next(candidate for candidate in candidates if candidate.casefold() not in taken)
        taken.add(title.casefold())
        yield title


def _plain_title(title: str) -> str:
    """Without signs that may not be in a title; Excel keeps the title History for itself."""
    plain = " ".join(re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).split()).strip("' ")
    return plain if plain and plain.casefold() != "history" else f"{plain} 1".strip()
