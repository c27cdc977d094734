"""The rows of a table that somebody brought."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from xlsxwriter.utility import xl_col_to_name

from .delimited import delimited_rows
from .errors import (
    CellWithoutHeading,
    DoubledColumn,
    MissingColumns,
    NoHeading,
    OldOrLocked,
    TooManyColumns,
    TooManyRows,
    UnknownColumns,
)
from .packed import packed_rows
from .upload import LIMITS, Limits, Upload, receive, shortened

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
OLE = b"\xd0\xcf\x11\xe0"
MOST_NAMED = 5
LONGEST_HEADING = 40

Cells: TypeAlias = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The headings of a table, as code calls them; hers may differ in case, blanks, hyphens and underscores."""

    required: Sequence[str]
    optional: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row that holds anything.

    number: as her spreadsheet program counts it. cells: every column that was asked for, empty where there is nothing.
    """

    number: int
    cells: Mapping[str, str]


def read_rows(file: BinaryIO, *, name: str, columns: Columns, limits: Limits = LIMITS) -> Iterator[Row]:
    """The rows of a CSV or XLSX file, which its content tells apart, one after the other.

    The headings are checked at once. What is wrong further down is refused when it is reached, so keep nothing of a
    file before its last row came. XLSX: the first visible sheet, and numbers and days as text (`12`, `2027-02-28`).
    Raises SheetRefused.
    """
    upload = receive(file, name=name, limits=limits)
    rows = _checked_rows(upload)
    headings = _read_headings(rows, columns, upload)
    declared = [*columns.required, *columns.optional]
    return (_row(number, cells, headings, declared, upload) for number, cells in rows)


def _checked_rows(upload: Upload) -> Iterator[tuple[int, Cells]]:
    """Rows that hold anything. Raises TooManyRows, TooManyColumns."""
    limits = upload.limits
    for number, cells in _raw_rows(upload):
        if number > limits.rows + 1:
            raise TooManyRows(name=upload.name, row=number, most=limits.rows)
        filled = max((index for index, cell in enumerate(cells, 1) if cell.strip()), default=0)
        if filled > limits.columns:
            raise TooManyColumns(name=upload.name, row=number, column=xl_col_to_name(filled - 1), most=limits.columns)
        if filled:
            yield number, cells


def _raw_rows(upload: Upload) -> Iterator[tuple[int, list[str]]]:
    upload.file.seek(0)
    start = upload.file.read(len(OLE))
    if start == OLE:
        raise OldOrLocked(name=upload.name)
    return packed_rows(upload) if start.startswith(ZIP) else delimited_rows(upload)


def _read_headings(rows: Iterator[tuple[int, Cells]], columns: Columns, upload: Upload) -> list[str | None]:
    """The column that each heading of the first row names, None where there is none.

    Raises NoHeading, DoubledColumn, UnknownColumns, MissingColumns.
    """
    known = {fold_heading(column): column for column in [*columns.required, *columns.optional]}
    row, cells = next(rows, (0, ()))
    if not cells:
        raise NoHeading(name=upload.name, known=", ".join(known.values()))
    folded = [fold_heading(cell) for cell in cells]
    _check_not_doubled(folded, row, upload)
    unknown = [cell for cell, name in zip(cells, folded, strict=True) if name and name not in known]
    if unknown:
        raise UnknownColumns(name=upload.name, row=row, columns=_shown(unknown), known=", ".join(known.values()))
    missing = [column for column in columns.required if fold_heading(column) not in folded]
    if missing:
        raise MissingColumns(name=upload.name, row=row, columns=", ".join(missing))
    return [known.get(name) for name in folded]


def _check_not_doubled(folded: Sequence[str], row: int, upload: Upload) -> None:
    """Refuse two headings that are the same. Raises DoubledColumn."""
    for index, name in enumerate(folded):
        first = folded.index(name)
        if name and first < index:
            raise DoubledColumn(
                name=upload.name,
                row=row,
                heading=shortened(name, LONGEST_HEADING),
                first=xl_col_to_name(first),
                column=xl_col_to_name(index),
            )


def _row(number: int, cells: Cells, headings: Sequence[str | None], declared: Sequence[str], upload: Upload) -> Row:
    """One row by its headings. Raises CellWithoutHeading."""
    by_column = dict.fromkeys(declared, "")
    for index, cell in enumerate(cells):
        heading = headings[index] if index < len(headings) else None
        if heading is not None:
            by_column[heading] = cell
        elif cell.strip():
            raise CellWithoutHeading(name=upload.name, row=number, column=xl_col_to_name(index))
    return Row(number=number, cells=by_column)


def fold_heading(text: str) -> str:
    """A heading as it is compared: case, blanks, hyphens, underscores and signs that are not seen do not matter."""
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return re.sub(r"[\s_\u2010-\u2015-]+", "_", seen.casefold()).strip("_")


def _shown(headings: Sequence[str]) -> str:
    """The first few headings that somebody wrote."""
    few = [shortened(heading, LONGEST_HEADING) for heading in headings[:MOST_NAMED]]
    return ", ".join([*few, "…"] if len(headings) > MOST_NAMED else few)
