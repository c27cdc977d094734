"""Bringing a list of people: what it must look like, what was read, taking it over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import BinaryIO, cast

from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, Response, make_response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from lms.accounts import choices
from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.sheets.upload import LIMITS, MEGABYTE
from lms.kernel.sheets.writing import Cell, Sheet, write_csv, write_xlsx
from lms.web.bodies import takes_file
from lms.web.http import allow, explain
from lms.web.languages import NAMES, direction_of, page_language

from ..models import Cohort, UploadRow
from ..policy import CohortPermission
from ..queries import desk as desks
from ..queries import uploads as queries
from ..queries.desk import Desk
from ..queries.uploads import ROWS_A_PAGE, ListPlace
from ..rules.roster import MOST_PEOPLE, REQUIRED, Column, Expected
from ..rules.uploads import UploadState
from ..services import uploading
from ..services.uploading import Brought
from .list_wording import read_fault, tell_column, tell_fault

bp = Blueprint(
    "uploads", __name__, template_folder="../templates", url_prefix="/<lang:lang>/cohort/<uuid:cohort_id>/people"
)
CHANGE = CohortPermission.CHANGE
MOST_ROW = 1_000_000
LOOK_AGAIN_SECONDS = 5
"""How often the page of a list that is being taken over loads itself."""


@bp.get("/upload")
@allow(CHANGE, on=desks.find_desk)
def upload(desk: Desk) -> ResponseReturnValue:
    """What a list must look like, and the lists that were brought before."""
    return _upload_page(desk, done=request.args.get("done"))


@bp.get("/upload/template.<any(csv,xlsx):kind>")
@allow(CHANGE, on=lambda who, cohort_id, kind: _Template.of(desks.find_desk(who, cohort_id), kind))
def template(wanted: "_Template") -> ResponseReturnValue:
    """An empty list with its headings, and what each column holds in the reader's language."""
    file = BytesIO()
    lines = [[column.value, *_told(column, wanted.cohort)] for column in Column]
    if wanted.kind == "csv":
        # No row of this kind can be taken for a person: its languages are none.
        write_csv(file, [column.value for column in Column], [[tell for _name, _needed, tell in lines]])
    else:
        is_mirrored = direction_of(page_language()) == "rtl"
        headings = [column.value for column in Column]
        people = Sheet(title=_("People"), header=headings, rows=[], right_to_left=is_mirrored)
        meant = [_("Column"), _("Needed"), _("What it holds")]
        columns = Sheet(title=_("Columns"), header=meant, rows=lines, right_to_left=is_mirrored)
        write_xlsx(file, [people, columns])
    return _download(file, f"template.{wanted.kind}")


@dataclass(frozen=True, kw_only=True)
class _Template(Desk):
    """An empty list of a kind of file, for the policy."""

    kind: str

    @classmethod
    def of(cls, desk: Desk | None, kind: str) -> "_Template | None":
        return None if desk is None else cls(cohort=desk.cohort, kind=kind)


@bp.post("/upload/read")
@allow(CHANGE, on=desks.find_desk)
@takes_file(LIMITS.file_bytes)
def read(desk: Desk) -> ResponseReturnValue:
    """Read a list. Nobody is made by it; the next page tells what is in it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _upload_page(desk, missing=_("Choose the file with your list.")), 422
    try:
        found = uploading.read_list(desk.cohort, _brought(file), expected_of(desk.cohort))
        with transaction():
            kept = uploading.keep_list(desk.cohort.id, found, by=me(), at=clock.now())
    except Refusal as refusal:
        return _upload_page(desk, refusal=explain(refusal)), 409
    return redirect(url_for(".shown", cohort_id=desk.cohort.public_id, upload_id=kept.public_id))


@bp.get("/list/<uuid:upload_id>")
@allow(CHANGE, on=queries.find_list)
def shown(place: ListPlace) -> ResponseReturnValue:
    """What was read, row by row where something is wrong, and how far it has been taken over."""
    response = make_response(_list_page(place))
    if place.upload.state is UploadState.CONFIRMED:
        response.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return response


@bp.get("/list/<uuid:upload_id>/faults.csv")
@allow(CHANGE, on=queries.find_list)
def faults(place: ListPlace) -> ResponseReturnValue:
    """Everything that is wrong, as a table to work through beside the list."""
    file = BytesIO()
    rows = queries.faulty_rows(place.upload, most=None)
    lines: Iterator[Sequence[Cell]] = (
        [line.number, line.column, line.reason] for row in rows for line in _lines(row, place.cohort)
    )
    write_csv(file, [_("Row"), _("Column"), _("What to do")], lines)
    return _download(file, "rows.csv")


@bp.post("/list/<uuid:upload_id>/confirm")
@allow(CHANGE, on=queries.find_list)
def confirm(place: ListPlace) -> ResponseReturnValue:
    """Take the good rows over."""
    try:
        with transaction():
            uploading.confirm_list(place.upload.id, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused(place, refusal)
    return redirect(_address_of(place))


@bp.post("/list/<uuid:upload_id>/drop")
@allow(CHANGE, on=queries.find_list)
def drop(place: ListPlace) -> ResponseReturnValue:
    """Take nothing over, and forget the list."""
    try:
        with transaction():
            uploading.drop_list(place.upload.id, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused(place, refusal)
    return redirect(url_for(".upload", cohort_id=place.cohort.public_id, done="dropped"))


@dataclass(frozen=True, kw_only=True)
class FaultLine:
    """One cell that cannot be taken, in words."""

    number: int
    column: str
    reason: str


def _upload_page(desk: Desk, *, refusal: str | None = None, missing: str | None = None, done: str | None = None) -> str:
    return render_template(
        "cohorts/upload.html",
        desk=desk,
        columns=[(column.value, column in REQUIRED, _told(column, desk.cohort)[1]) for column in Column],
        lists=queries.lists_of(desk.cohort),
        most_megabytes=LIMITS.file_bytes // MEGABYTE,
        most_people=MOST_PEOPLE,
        refusal=refusal,
        missing=missing,
        done=done,
    )


def _list_page(place: ListPlace, refusal: str | None = None) -> str:
    bad = queries.faulty_rows(place.upload, after=_row_of("after"))
    good = queries.good_rows(place.upload, after=_row_of("good"))
    cohort = place.cohort
    return render_template(
        "cohorts/list.html",
        place=place,
        desk=place,
        upload=place.upload,
        faulty=[line for row in bad[:ROWS_A_PAGE] for line in _lines(row, cohort)],
        next_faulty=bad[ROWS_A_PAGE - 1].number if len(bad) > ROWS_A_PAGE else None,
        good=good[:ROWS_A_PAGE],
        next_good=good[ROWS_A_PAGE - 1].number if len(good) > ROWS_A_PAGE else None,
        spread=queries.spread_of(place.upload),
        free=queries.free_places(cohort),
        refusal=refusal,
    )


def _row_of(name: str) -> int:
    """After which row a part of the page goes on."""
    return min(max(request.args.get(name, 0, type=int), 0), MOST_ROW)


def _refused(place: ListPlace, refusal: Refusal) -> ResponseReturnValue:
    """The page as the list stands now: what was refused may have been done by somebody else."""
    now = queries.find_list(me(), place.cohort.public_id, place.upload.public_id)
    return _list_page(now or place, refusal=explain(refusal)), 409


def _brought(file: FileStorage) -> Brought:
    return Brought(file=cast(BinaryIO, file.stream), name=file.filename or "")


def _lines(row: UploadRow, cohort: Cohort) -> list[FaultLine]:
    found = [read_fault(stored) for stored in row.faults or []]
    pages = list(NAMES)
    return [
        FaultLine(number=row.number, column=fault.column.value, reason=tell_fault(fault, cohort, pages))
        for fault in found
    ]


def _told(column: Column, cohort: Cohort) -> Sequence[str]:
    """Whether a column is needed, and what it holds."""
    return [_("yes") if column in REQUIRED else _("no"), tell_column(column, cohort, list(NAMES))]


def _address_of(place: ListPlace) -> str:
    return url_for(".shown", cohort_id=place.cohort.public_id, upload_id=place.upload.public_id)


def _download(file: BytesIO, name: str) -> Response:
    file.seek(0)
    return send_file(file, as_attachment=True, download_name=name)


def expected_of(cohort: Cohort) -> Expected:
    """What a list of a cohort may say."""
    return Expected(
        interface_languages=list(NAMES),
        course_languages=cohort.languages,
        zones=_zones(),
        is_address=is_address,
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(zone for zone, _name in choices.time_zones())


def is_address(text: str) -> bool:
    """Whether an e-mail address can be written to by any mail server; nobody is asked over the network."""
    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return text.isascii()
