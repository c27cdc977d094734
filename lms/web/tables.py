"""A table as a file that somebody takes along."""

from collections.abc import Iterable, Sequence
from io import BytesIO

from flask import Response

from lms.kernel.sheets.writing import Cell, Sheet, write_csv, write_xlsx

from .languages import direction_of, page_language

TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def send_table(name: str, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *, kind: str) -> Response:
    """Answer with one table. name: of the file, without its ending. kind: `csv` or `xlsx`."""
    file = BytesIO()
    if kind == "csv":
        write_csv(file, header, rows)
    else:
        is_mirrored = direction_of(page_language()) == "rtl"
        write_xlsx(file, [Sheet(title=title, header=header, rows=rows, right_to_left=is_mirrored)])
    response = Response(file.getvalue(), mimetype=TYPES[kind])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response
