"""CSV as rows, a line at a time."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from .errors import BrokenQuotes, RowTooLong, WrongEncoding
from .formulas import unmarked
from .upload import Upload

BLOCK_BYTES = 65_536
DELIMITERS = (",", ";", "\t")
BLANK = " \r\n" + "".join(DELIMITERS)
ENCODINGS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def delimited_rows(upload: Upload) -> Iterator[tuple[int, list[str]]]:
    """Every row with its number, empty ones too, from the first one that holds anything.

    The number is the row of a spreadsheet program: a cell of several lines counts once.
    Raises WrongEncoding, RowTooLong, BrokenQuotes.
    """
    record = _Record(upload)
    heading = _first_filled(record)
    try:
        for cells in csv.reader(chain([heading], record), delimiter=_delimiter(heading), strict=True):
            yield record.row, [unmarked(cell) for cell in cells]
            record.close()
    except csv.Error:
        raise BrokenQuotes(name=upload.name, row=record.row) from None


def _first_filled(record: "_Record") -> str:
    """The first line that holds anything; empty when none does."""
    for line in record:
        if line.strip(BLANK):
            return line
        record.close()
    return ""


class _Record(Iterator[str]):
    """Hands on lines and knows to which row they belong; a quoted cell takes several lines, but not the whole file."""

    def __init__(self, upload: Upload) -> None:
        self._lines = _lines(upload)
        self._upload = upload
        self._characters = 0
        self.row = 1

    def __next__(self) -> str:
        line = next(self._lines)
        self._characters += len(line)
        most = self._upload.limits.row_characters
        if self._characters > most:
            raise RowTooLong(name=self._upload.name, row=self.row, most=most)
        return line

    def close(self) -> None:
        """The row is complete."""
        self.row += 1
        self._characters = 0


def _delimiter(heading: str) -> str:
    """The separator that the line of headings has most of, outside quotation marks."""
    outside = re.sub('"[^"]*"?', "", heading)
    return max(DELIMITERS, key=outside.count)


def _lines(upload: Upload) -> Iterator[str]:
    """Lines with their ends, whichever of the three kinds. What is too long comes as far as it was read."""
    ends = io.IncrementalNewlineDecoder(None, translate=False)
    pending = ""
    for text in _pieces(upload):
        for line in io.StringIO(pending + ends.decode(text), newline=""):
            pending = "" if line.endswith(("\n", "\r")) else line
            if not pending:
                yield line
        if len(pending) > upload.limits.row_characters:
            yield pending
    yield from filter(None, [pending + ends.decode("", final=True)])


def _pieces(upload: Upload) -> Iterator[str]:
    """The text of the file, a block at a time. Raises WrongEncoding."""
    encoding, start = _encoding(upload.file)
    upload.file.seek(start)
    decoder = codecs.getincrementaldecoder(encoding)()
    place = _Place(encoding, start)
    ended = False
    while not ended:
        block = upload.file.read(BLOCK_BYTES)
        ended = not block
        try:
            text = decoder.decode(block, final=ended)
        except UnicodeDecodeError as error:
            place.pass_over(error.object[: error.start].decode(encoding))
            raise WrongEncoding(name=upload.name, line=place.line, byte=place.byte) from None
        readable, zero, _ = text.partition("\0")
        place.pass_over(readable)
        if zero:
            raise WrongEncoding(name=upload.name, line=place.line, byte=place.byte)
        yield text


def _encoding(file: BinaryIO) -> tuple[str, int]:
    """The encoding, and where the text begins: what the first bytes declare, else UTF-8."""
    file.seek(0)
    start = file.read(max(map(len, ENCODINGS)))
    declared = [mark for mark in ENCODINGS if start.startswith(mark)]
    return (ENCODINGS[declared[0]], len(declared[0])) if declared else ("utf-8", 0)


class _Place:
    """The line, and in it the byte, that comes next; both from 1."""

    def __init__(self, encoding: str, start: int) -> None:
        self._encoding = encoding
        self.line = 1
        self.byte = start + 1

    def pass_over(self, text: str) -> None:
        ends = text.count("\n")
        if ends:
            self.line += ends
            self.byte = 1
        self.byte += len(text[text.rfind("\n") + 1 :].encode(self._encoding))
