"""LibreOffice opens what we write, calculates all of it anew, and finds no formula; Arabic comes back unchanged."""

import csv
import io
from pathlib import Path

import pytest
import xlsxwriter

from lms.kernel.sheets.formulas import marked
from lms.kernel.sheets.reading import Columns, read_rows
from lms.kernel.sheets.writing import Sheet, write_csv, write_xlsx
from tests.judges.office import CSV_IN, CSV_OUT, formulas, is_right_to_left, sheets_of
from tests.kernel.test_sheets import FORMULAS, MARKUP

ARABIC = ["زيتونة", "وقفُ إطلاقِ النّار، ٢٠٢٧", "(مدار) 12–14 : Madar", 'قالت: "نعم"; لا', "سطر أوّل\nسطر ثانٍ"]
HEADER = ["الاسم", "payload"]
COLUMNS = Columns(required=HEADER)
ROWS = [[ARABIC[index % len(ARABIC)], payload] for index, payload in enumerate([*FORMULAS, MARKUP])]


@pytest.fixture
def xlsx(tmp_path: Path) -> Path:
    """A workbook as we write it for readers of Arabic."""
    path = tmp_path / "list.xlsx"
    with path.open("wb") as out:
        write_xlsx(out, [Sheet(title="قائمة", header=HEADER, rows=ROWS, right_to_left=True)])
    return path


def rows_of(path: Path) -> list[list[str]]:
    with path.open("rb") as file:
        return [list(row.cells.values()) for row in read_rows(file, name=path.name, columns=COLUMNS)]


def test_libreoffice_would_find_and_run_a_formula(convert, tmp_path):
    careless = tmp_path / "careless.csv"
    with careless.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([HEADER, *ROWS])
    with xlsxwriter.Workbook(tmp_path / "stale.xlsx") as workbook:
        workbook.add_worksheet().write_formula(0, 0, "=1+1", value=7)

    (opened,) = convert([careless], "xlsx", f"--infilter={CSV_IN}")
    (recalculated,) = convert([tmp_path / "stale.xlsx"], "xlsx")
    assert len(formulas(opened)) >= 3 and "<v>2</v>" in sheets_of(recalculated)[0]


def test_our_csv_holds_no_formula_and_keeps_its_texts(convert, tmp_path):
    path = tmp_path / "list.csv"
    with path.open("wb") as out:
        write_csv(out, HEADER, ROWS)

    (workbook,) = convert([path], "xlsx", f"--infilter={CSV_IN}")

    assert formulas(workbook) == []
    # LibreOffice makes one kind of line end of all when it reads CSV.
    assert rows_of(workbook) == [[name, marked(payload).replace("\r", "\n")] for name, payload in ROWS]


def test_our_xlsx_holds_no_formula_and_keeps_its_texts(convert, xlsx):
    (workbook,) = convert([xlsx], "xlsx")

    assert formulas(workbook) == []
    assert rows_of(workbook) == ROWS
    assert is_right_to_left(sheets_of(workbook)[0])


def test_our_xlsx_saved_as_csv_keeps_its_texts(convert, xlsx):
    (saved,) = convert([xlsx], CSV_OUT)

    assert list(csv.reader(io.StringIO(saved.read_bytes().decode(), newline=""))) == [HEADER, *ROWS]
