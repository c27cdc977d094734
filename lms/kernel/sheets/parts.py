"""The XML parts of an XLSX file, looked through before a library builds anything of them.

The library makes a full rectangle from the first cell to the last and a copy of a shared text for each cell that
shows it, and drops error values; so two cells can ask for gigabytes. Rule: docs/security/threat-model.md F6.
"""

import re
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from xlsxwriter.utility import xl_col_to_name

from .errors import Damaged, ErrorCell, NotPlain, OpensTooBig, RowTooLong, TooManyColumns, TooManyRows, TooMuchText
from .upload import MEGABYTE, Upload

DEEPEST = 32
LONGEST_TOKEN_BYTES = MEGABYTE
"""The parser holds an unfinished tag in memory, and an old one reads it again with every block."""

_REFERENCE = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")


class Part:
    """Hears of each element of one part, without namespaces, and of text only while it listens."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self.parser = expat.ParserCreate("utf-8", " ")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """A piece of text."""

    def listen(self, to_text: bool) -> None:
        """Text that nobody wants costs a call for each line, and there may be millions."""
        self.parser.CharacterDataHandler = self.text if to_text else None

    def damaged(self) -> Damaged:
        return Damaged(name=self.upload.name)


def hear(blocks: Iterable[bytes], part: Part) -> None:
    """Read XML for a part, and let nothing grow. Raises NotPlain, OpensTooBig.

    Refused are a DTD, without which there are no entities, in the file or elsewhere; a giant tag; endless depth; and
    more elements than the largest table has.
    """
    limits, name, parser = part.upload.limits, part.upload.name, part.parser
    depth, left = 0, (limits.rows + 1) * (3 * limits.columns + 1)

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal depth, left
        depth += 1
        left -= 1
        if depth > DEEPEST:
            raise NotPlain(name=name)
        if left < 0:
            raise OpensTooBig(name=name, most=limits.opened_bytes // MEGABYTE)
        part.start(element.rpartition(" ")[2], attributes)

    def end(element: str) -> None:
        nonlocal depth
        depth -= 1
        part.end(element.rpartition(" ")[2])

    def refuse(*declared: object) -> None:
        raise NotPlain(name=name)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    heard = 0
    for block in blocks:
        parser.Parse(block, False)
        heard += len(block)
        if heard - parser.CurrentByteIndex > LONGEST_TOKEN_BYTES:
            refuse()
    parser.Parse(b"", True)


@dataclass(frozen=True, kw_only=True)
class Relation:
    """What one part says about another."""

    kind: str
    target: str


class Relations(Part):
    """The parts that belong to one part, by their id."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload)
        self.found: dict[str, Relation] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes.get("Id", "")] = Relation(kind=kind, target=attributes.get("Target", ""))


class SheetList(Part):
    """The sheets that a person sees, in her order, by the id of their part; and how days are counted."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload)
        self.ids: list[str] = []
        self.from_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in ("1", "true")
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            self.ids += [value for key, value in attributes.items() if key.endswith(" id")]


class Texts(Part):
    """How long each shared text is."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload)
        self.lengths = array("L")
        self._open = False
        self._left = upload.limits.characters

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "si":
            if self._open:
                raise self.damaged()
            self._open = True
            self.listen(True)
            self.lengths.append(0)

    def text(self, text: str) -> None:
        self.lengths[-1] += len(text)
        self._left -= len(text)
        if self._left < 0:
            raise TooMuchText(name=self.upload.name, most=self.upload.limits.characters)

    def end(self, name: str) -> None:
        if name == "si":
            self._open = False
            self.listen(False)


class Grid(Part):
    """The cells of a sheet: where they stand, and how much text they show. Cells without a value do not count."""

    def __init__(self, upload: Upload, lengths: "array[int]") -> None:
        super().__init__(upload)
        self._lengths = lengths
        self._left = upload.limits.characters
        self._inside = self._ended = self._in_row = False
        self._row = self._column = 0
        self._row_left = 0
        self._kind = self._held_in = self._value = ""
        self._has_value = False
        self._text_at = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheetData":
            self._inside = not self._ended
        elif not self._inside:
            return
        elif name == "row":
            self._start_row(attributes.get("r"))
        elif name == "c":
            self._start_cell(attributes.get("r"))
            self._kind, self._has_value = attributes.get("t", "n"), False
        elif name in ("v", "is"):
            self._start_value(name)

    def _start_row(self, number: str | None) -> None:
        """Rows and cells come in order; an order of their own could hide from us where the library puts them."""
        row = self._row + 1 if number is None else self._number(number)
        if row <= self._row or self._in_row:
            raise self.damaged()
        self._row, self._column, self._in_row = row, 0, True
        self._row_left = self.upload.limits.row_characters

    def _start_cell(self, reference: str | None) -> None:
        column = self._column + 1
        if not self._in_row:
            raise self.damaged()
        if reference is not None:
            found = _REFERENCE.fullmatch(reference)
            if found is None or int(found[2]) != self._row or _column_number(found[1]) < column:
                raise self.damaged()
            column = _column_number(found[1])
        self._column = column

    def _start_value(self, name: str) -> None:
        if self._held_in:
            raise self.damaged()
        self._held_in, self._value, self._has_value = name, "", True
        self.listen(True)

    def text(self, text: str) -> None:
        if self._kind == "s" and self._held_in == "v":
            self._text_at = self._text_at if self._value else self.parser.CurrentByteIndex
            self._value += text
        self._count(len(text))

    def end(self, name: str) -> None:
        if name == "sheetData" and self._inside:
            self._inside, self._ended = False, True
        elif name == "row" and self._inside:
            self._in_row = False
        elif name == "c" and self._inside and self._has_value:
            self._check_cell()
        elif name == self._held_in:
            if self._kind == "s" and name == "v":
                self._count(self._lengths[self._shared()])
            self._held_in = ""
            self.listen(False)

    def _check_cell(self) -> None:
        limits, name = self.upload.limits, self.upload.name
        if self._row > limits.rows + 1:
            raise TooManyRows(name=name, row=self._row, most=limits.rows)
        if self._column > limits.columns:
            raise TooManyColumns(name=name, row=self._row, column=self._letter(), most=limits.columns)
        if self._kind == "e":
            raise ErrorCell(name=name, row=self._row, column=self._letter())

    def _letter(self) -> str:
        return xl_col_to_name(self._column - 1)

    def _shared(self) -> int:
        """Which shared text a cell shows. It stands there in plain digits, so that nobody reads another number."""
        index = self._number(self._value)
        if self.parser.CurrentByteIndex - self._text_at != len(self._value) or index >= len(self._lengths):
            raise self.damaged()
        return index

    def _count(self, characters: int) -> None:
        self._row_left -= characters
        self._left -= characters
        if self._row_left < 0:
            raise RowTooLong(name=self.upload.name, row=self._row, most=self.upload.limits.row_characters)
        if self._left < 0:
            raise TooMuchText(name=self.upload.name, most=self.upload.limits.characters)

    def _number(self, digits: str) -> int:
        if not re.fullmatch("[0-9]{1,7}", digits):
            raise self.damaged()
        return int(digits)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
