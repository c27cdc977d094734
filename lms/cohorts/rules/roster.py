"""A list of people as it is uploaded: which columns, what a row may say, and why it is refused."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lms.accounts.rules.credentials import ContactKind, fold_contact

MOST_PEOPLE = 10_000
MOST_NAME, MOST_CONTACT, MOST_CODE, MOST_ORGANISATION, MOST_REMARK = 120, 200, 20, 160, 500


class Column(StrEnum):
    """The columns of the file, as its first row names them (docs/participants-file.md)."""

    LEGAL_NAME = "legal_name"
    CONTACT = "contact"
    CONTACT_KIND = "contact_kind"
    INTERFACE_LANGUAGE = "interface_language"
    COURSE_LANGUAGE = "course_language"
    TIME_ZONE = "time_zone"
    SETTING_CODE = "setting_code"
    ORGANISATION = "organisation"
    REMARK = "remark"


REQUIRED = (Column.LEGAL_NAME, Column.INTERFACE_LANGUAGE, Column.COURSE_LANGUAGE, Column.TIME_ZONE)
OPTIONAL = tuple(column for column in Column if column not in REQUIRED)


class Wrong(StrEnum):
    """Why a cell is not taken. The sentences stand with the page."""

    EMPTY = "empty"
    NOT_A_NAME = "not a name"
    TOO_LONG = "too long"
    UNREADABLE = "unreadable"
    NOT_A_LANGUAGE = "not a language"
    NOT_A_COURSE_LANGUAGE = "not a course language"
    NOT_A_ZONE = "not a zone"
    NOT_A_KIND = "not a kind"
    NO_KIND = "no kind"
    NO_CONTACT = "no contact"
    NOT_AN_ADDRESS = "not an address"
    NOT_A_NUMBER = "not a number"
    NOT_A_CODE = "not a code"
    TWICE = "twice"


@dataclass(frozen=True, kw_only=True)
class CellFault:
    """One cell that cannot be taken. earlier: the row that says the same, for TWICE."""

    column: Column
    wrong: Wrong
    earlier: int | None = None


@dataclass(frozen=True, kw_only=True)
class RosterRow:
    """One person as a row tells of her."""

    number: int
    legal_name: str
    contact: str | None
    contact_kind: ContactKind | None
    interface_language: str
    course_language: str
    time_zone: str
    setting_code: str | None
    organisation: str | None
    remark: str | None


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a cohort takes. is_address: whether an e-mail address can be written to, from the edge."""

    interface_languages: Collection[str]
    course_languages: Collection[str]
    zones: Collection[str]
    is_address: Callable[[str], bool]


def read_row(number: int, cells: Mapping[str, str], expected: Expected) -> RosterRow | list[CellFault]:
    """One row as a person, or everything that is wrong with it, in the order of the columns."""
    said = {column: _tidy(cells.get(column, "")) for column in Column}
    faults = [fault for column in Column if (fault := _fault(column, said, expected)) is not None]
    if faults:
        return faults
    return RosterRow(
        number=number,
        legal_name=said[Column.LEGAL_NAME],
        contact=said[Column.CONTACT] or None,
        contact_kind=ContactKind(said[Column.CONTACT_KIND].lower()) if said[Column.CONTACT] else None,
        interface_language=said[Column.INTERFACE_LANGUAGE].lower(),
        course_language=said[Column.COURSE_LANGUAGE].lower(),
        time_zone=said[Column.TIME_ZONE],
        setting_code=said[Column.SETTING_CODE] or None,
        organisation=said[Column.ORGANISATION] or None,
        remark=said[Column.REMARK] or None,
    )


def identity_of(row: RosterRow, file_hash: str) -> str:
    """What tells whether this person was uploaded before: her contact, else her row in this very file.

    Only a keyed hash of it is stored. Rule: docs/decisions/0017.
    """
    if row.contact is not None and row.contact_kind is not None:
        return f"contact:{row.contact_kind}:{fold_contact(row.contact, row.contact_kind)}"
    return f"row:{file_hash}:{row.number}"


_UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Signs of direction and of no width, which programs put around copied numbers and names."""


def _tidy(cell: str) -> str:
    """Composed, without signs that nobody sees, blanks around it and doubled ones inside."""
    return " ".join(_UNSEEN.sub("", unicodedata.normalize("NFC", cell)).split())


MOST_CHARACTERS: Mapping[Column, int] = {
    Column.LEGAL_NAME: MOST_NAME,
    Column.CONTACT: MOST_CONTACT,
    Column.SETTING_CODE: MOST_CODE,
    Column.ORGANISATION: MOST_ORGANISATION,
    Column.REMARK: MOST_REMARK,
}


def _fault(column: Column, said: Mapping[Column, str], expected: Expected) -> CellFault | None:
    wrong = _wrong(column, said, expected)
    return None if wrong is None else CellFault(column=column, wrong=wrong)


def _wrong(column: Column, said: Mapping[Column, str], expected: Expected) -> Wrong | None:
    cell = said[column]
    if not cell and column in REQUIRED:
        return Wrong.EMPTY
    if len(cell) > MOST_CHARACTERS.get(column, MOST_NAME):
        return Wrong.TOO_LONG
    if any(_is_unreadable(sign) for sign in cell):
        return Wrong.UNREADABLE
    check = _CHECKS.get(column)
    return check(cell, said, expected) if check is not None else None


def _is_unreadable(sign: str) -> bool:
    """What a wrong encoding or a hidden sign leaves: replacement signs, controls, unassigned ones, surrogates."""
    return sign == "�" or unicodedata.category(sign) in ("Cc", "Cn", "Co", "Cs")


Check = Callable[[str, Mapping[Column, str], Expected], Wrong | None]


def _check_name(cell: str, said: Mapping[Column, str], expected: Expected) -> Wrong | None:
    return None if any(sign.isalpha() for sign in cell) else Wrong.NOT_A_NAME


def _check_language(cell: str, said: Mapping[Column, str], expected: Expected) -> Wrong | None:
    return None if cell.lower() in expected.interface_languages else Wrong.NOT_A_LANGUAGE


def _check_course_language(cell: str, said: Mapping[Column, str], expected: Expected) -> Wrong | None:
    return None if cell.lower() in expected.course_languages else Wrong.NOT_A_COURSE_LANGUAGE


def _check_zone(cell: str, said: Mapping[Column, str], expected: Expected) -> Wrong | None:
    return None if cell in expected.zones else Wrong.NOT_A_ZONE


def _check_kind(cell: str, said: Mapping[Column, str], expected: Expected) -> Wrong | None:
    if not cell:
        return Wrong.NO_KIND if said[Column.CONTACT] else None
    if cell.lower() not in set(ContactKind):
        return Wrong.NOT_A_KIND
    return None if said[Column.CONTACT] else Wrong.NO_CONTACT


def _check_contact(cell: str, said: Mapping[Column, str], expected: Expected) -> Wrong | None:
    kind = said[Column.CONTACT_KIND].lower()
    if cell and kind == ContactKind.EMAIL and not expected.is_address(cell):
        return Wrong.NOT_AN_ADDRESS
    if cell and kind == ContactKind.PHONE and not _is_phone(cell):
        return Wrong.NOT_A_NUMBER
    return None


def _is_phone(cell: str) -> bool:
    digits = sum(sign.isdigit() for sign in cell)
    return 6 <= digits <= 15 and all(sign.isdigit() or sign in " +-./()" for sign in cell)


def _check_code(cell: str, said: Mapping[Column, str], expected: Expected) -> Wrong | None:
    return None if all(sign.isalnum() or sign in "-_." for sign in cell) else Wrong.NOT_A_CODE


_CHECKS: Mapping[Column, Check] = {
    Column.LEGAL_NAME: _check_name,
    Column.INTERFACE_LANGUAGE: _check_language,
    Column.COURSE_LANGUAGE: _check_course_language,
    Column.TIME_ZONE: _check_zone,
    Column.CONTACT_KIND: _check_kind,
    Column.CONTACT: _check_contact,
    Column.SETTING_CODE: _check_code,
}
