"""XLSX as rows. The library that reads it sees a small archive of our own making, never the one that was brought."""

import posixpath
import stat
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import IO, BinaryIO, TypeAlias
from xml.parsers.expat import ExpatError
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from python_calamine import CalamineError, CalamineWorkbook

from .errors import Damaged, NotATable, NotPlain, OldOrLocked, OpensTooBig
from .parts import Grid, Part, Relation, Relations, SheetList, Texts, hear
from .upload import MEGABYTE, Upload

BLOCK_BYTES = 65_536
DIRECTORY_ENTRY = b"PK\x01\x02"
ENCRYPTED = 0x1
SMALL_BYTES = MEGABYTE
"""What opens to no more than this may be packed as tightly as it likes."""

BROKEN = (
    BadZipFile,
    CalamineError,
    EOFError,
    ExpatError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What the readers of archives, XML and cells raise over bytes that are not what they say."""

NAMESPACE = "http://schemas.openxmlformats.org/"
TYPES = (
    f'<Types xmlns="{NAMESPACE}package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
ROOT = "_rels/.rels"
RELATIONS = (
    f'<Relationships xmlns="{NAMESPACE}package/2006/relationships"><Relationship Id="one" '
    f'Type="{NAMESPACE}officeDocument/2006/relationships/%s" Target="%s"/></Relationships>'
)
WORKBOOK = (
    f'<workbook xmlns="{NAMESPACE}spreadsheetml/2006/main" '
    f'xmlns:r="{NAMESPACE}officeDocument/2006/relationships"><workbookPr date1904="%d"/>'
    '<sheets><sheet name="one" sheetId="1" r:id="one"/></sheets></workbook>'
)

Value: TypeAlias = str | bool | int | float | date | time | timedelta


def packed_rows(upload: Upload) -> Iterator[tuple[int, list[str]]]:
    """Every row of the first visible sheet with its number, empty ones too; of a formula, what it last came to.

    Raises NotATable, OldOrLocked, Damaged, NotPlain, OpensTooBig, ErrorCell, TooManyRows, TooManyColumns, RowTooLong,
    TooMuchText.
    """
    with _whole(upload):
        with CalamineWorkbook.from_filelike(_own_copy(upload)) as workbook:
            sheet = workbook.get_sheet_by_index(0)
        before = [""] * (sheet.start or (0, 0))[1]
        for number, values in enumerate(sheet.iter_rows(), 1):
            yield number, [*before, *map(as_seen, values)]


def as_seen(value: Value) -> str:
    """A value as the person sees it: 12 rather than 12.0, days as 2027-02-28, TRUE and FALSE."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        return _number(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def _number(value: float) -> str:
    """The fifteen digits that spreadsheet programs keep, without exponent and without zeros at the end."""
    plain = f"{Decimal(f'{value:.15g}'):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


@contextmanager
def _whole(upload: Upload) -> Iterator[None]:
    """Say of everything that breaks while it is read that the file is damaged. Raises Damaged."""
    try:
        yield
    except BROKEN:
        raise Damaged(name=upload.name) from None


def _own_copy(upload: Upload) -> BinaryIO:
    """An archive with the table alone: its sheet, texts and formats, each looked through as it is copied."""
    copy = BytesIO()
    with _opened(upload) as archive, ZipFile(copy, "w", ZIP_DEFLATED, compresslevel=1) as own:
        carry = _Carrier(upload, archive, own)
        sheet, others, from_1904 = _first_sheet(carry)
        own.writestr("[Content_Types].xml", TYPES)
        own.writestr(ROOT, RELATIONS % ("officeDocument", "xl/workbook.xml"))
        own.writestr("xl/workbook.xml", WORKBOOK % from_1904)
        own.writestr("xl/_rels/workbook.xml.rels", RELATIONS % ("worksheet", "worksheets/one.xml"))
        texts = Texts(upload)
        if "sharedStrings" in others:
            carry.over(others["sharedStrings"], texts, "xl/sharedStrings.xml")
        if "styles" in others:
            carry.over(others["styles"], Part(upload), "xl/styles.xml")
        carry.over(sheet, Grid(upload, texts.lengths), "xl/worksheets/one.xml")
    copy.seek(0)
    return copy


def _first_sheet(carry: "_Carrier") -> tuple[str, dict[str, str], bool]:
    """The part of the first visible sheet, the other parts by kind, and whether days count from 1904."""
    workbook = carry.workbook()
    relations = carry.relations(workbook)
    others = {relation.kind: relation.target for relation in relations.values()}
    if "worksheet" not in others:
        raise NotATable(name=carry.upload.name)
    listed = SheetList(carry.upload)
    carry.over(workbook, listed)
    found = [relations[id].target for id in listed.ids if id in relations and relations[id].kind == "worksheet"]
    if not found:
        raise NotATable(name=carry.upload.name)
    return found[0], others, listed.from_1904


class _Carrier:
    """Takes parts out of one archive, and some of them over into another."""

    def __init__(self, upload: Upload, archive: ZipFile, own: ZipFile) -> None:
        self.upload = upload
        self._archive = archive
        self._own = own

    def over(self, name: str, part: Part, into: str | None = None) -> None:
        """Let a part hear its XML, and copy it where a name for the copy is given."""
        with self._archive.open(name) as source:
            blocks = iter(lambda: source.read(BLOCK_BYTES), b"")
            if into is None:
                hear(blocks, part)
            else:
                with self._own.open(into, "w") as target:
                    hear(_copied(blocks, target), part)

    def workbook(self) -> str:
        """The part that lists the sheets. Raises NotATable for archives of other programs."""
        if ROOT not in self._archive.namelist():
            raise NotATable(name=self.upload.name)
        for relation in self.relations("").values():
            if relation.kind == "officeDocument":
                return relation.target
        raise NotATable(name=self.upload.name)

    def relations(self, name: str) -> dict[str, Relation]:
        """The parts that belong to a part, with their names in the archive."""
        folder, _, file = name.rpartition("/")
        heard = Relations(self.upload)
        self.over(posixpath.join(folder, "_rels", f"{file}.rels"), heard)
        return {id: replace(one, target=_in_archive(folder, one.target)) for id, one in heard.found.items()}


def _in_archive(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def _copied(blocks: Iterable[bytes], target: IO[bytes]) -> Iterator[bytes]:
    """Hand on what was copied, so that both happen in one reading."""
    for block in blocks:
        target.write(block)
        yield block


def _opened(upload: Upload) -> ZipFile:
    """The archive, after its list of members was found harmless. Raises OldOrLocked, NotPlain, OpensTooBig.

    Opening reads no member; reading one never gives more than the list said, and fails when there is more.
    """
    upload.file.seek(0)
    data = upload.file.read()
    if data.count(DIRECTORY_ENTRY) > upload.limits.members:
        raise NotPlain(name=upload.name)
    archive = ZipFile(BytesIO(data))
    members = archive.infolist()
    for member in members:
        _check_member(member, upload)
    if len({member.filename.casefold() for member in members}) < len(members):
        raise NotPlain(name=upload.name)
    if sum(member.file_size for member in members) > upload.limits.opened_bytes:
        raise _too_big(upload)
    return archive


def _check_member(member: ZipInfo, upload: Upload) -> None:
    if member.flag_bits & ENCRYPTED:
        raise OldOrLocked(name=upload.name)
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if is_link or _leads_out(member.filename) or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise NotPlain(name=upload.name)
    if member.file_size > max(SMALL_BYTES, upload.limits.ratio * member.compress_size):
        raise _too_big(upload)


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")


def _too_big(upload: Upload) -> OpensTooBig:
    return OpensTooBig(name=upload.name, most=upload.limits.opened_bytes // MEGABYTE)
