"""Columns of a list of people, and what may be wrong with a cell, in the reader's words."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from lms.kernel.i18n import Counted, choose
from lms.kernel.i18n import lazy as _l
from lms.kernel.i18n import lazy_counted as _ln
from lms.web.formats import write_number

from ..models import Cohort
from ..rules.roster import MOST_CHARACTERS, MOST_NAME, CellFault, Column, Wrong

COLUMNS: Mapping[Column, str | Counted] = {
    Column.LEGAL_NAME: _ln(
        "Her full name, as in her papers; at most %(most)s character. Sealed: lists show an alias.",
        "Her full name, as in her papers; at most %(most)s characters. Sealed: lists show an alias.",
        "most",
    ),
    Column.CONTACT: _l("Where she can be reached. Empty when she is only told on paper. Sealed."),
    Column.CONTACT_KIND: _l("What the contact is: email, phone or other. Only e-mail is written to by this site."),
    Column.INTERFACE_LANGUAGE: _l("Language of her pages and messages: %(pages)s."),
    Column.COURSE_LANGUAGE: _l("Language in which she takes the course: %(taught)s."),
    Column.TIME_ZONE: _l("The time zone where she lives, as in Africa/Juba or Asia/Aden."),
    Column.SETTING_CODE: _ln(
        "Your own code for her, in letters and digits, with nothing of her name: at most %(most)s character. It is the"
        " only way to know later whose sheet is whose: give each person without a contact a different one. Sealed.",
        "Your own code for her, in letters and digits, with nothing of her name: at most %(most)s characters. It is the"
        " only way to know later whose sheet is whose: give each person without a contact a different one. Sealed.",
        "most",
    ),
    Column.ORGANISATION: _ln(
        "Her organisation, at most %(most)s character. Sealed.",
        "Her organisation, at most %(most)s characters. Sealed.",
        "most",
    ),
    Column.REMARK: _ln(
        "What coordinators should know, at most %(most)s character. Sealed.",
        "What coordinators should know, at most %(most)s characters. Sealed.",
        "most",
    ),
}

FAULTS: Mapping[Wrong, str | Counted] = {
    Wrong.EMPTY: _l("This cell is empty. Fill it in."),
    Wrong.NOT_A_NAME: _l("This is not a name: it has no letter."),
    Wrong.TOO_LONG: _ln("Shorten this to %(most)s character.", "Shorten this to %(most)s characters.", "most"),
    Wrong.UNREADABLE: _l("This has signs that cannot be read. Type the cell again, or save the table as XLSX."),
    Wrong.NOT_A_LANGUAGE: _l("Write one of these: %(pages)s."),
    Wrong.NOT_A_COURSE_LANGUAGE: _l("The course is not taught in this language here. Write one of these: %(taught)s."),
    Wrong.NOT_A_ZONE: _l("This time zone is not known. Write it as in Africa/Juba or Asia/Aden."),
    Wrong.NOT_A_KIND: _l("Write one of these: email, phone, other."),
    Wrong.NO_KIND: _l("There is a contact. Say what it is: email, phone or other."),
    Wrong.NO_CONTACT: _l("There is no contact. Add it, or empty this cell."),
    Wrong.NOT_AN_ADDRESS: _l("This is not an e-mail address. Write one, in Latin letters, as in name@example.org."),
    Wrong.NOT_A_NUMBER: _l("This is not a telephone number. Write 6 to 15 digits, with + and the country’s number."),
    Wrong.NOT_A_CODE: _l("Use letters, digits, hyphens, full stops and underscores only."),
    Wrong.TWICE: _l("Row %(row)s has the same contact. Delete one of the two rows."),
}


def tell_column(column: Column, cohort: Cohort, pages: Sequence[str]) -> str:
    """What a column holds. pages: languages of the interface."""
    return choose(COLUMNS[column], _limits(column)) % _values(column, cohort, pages)


def tell_fault(fault: CellFault, cohort: Cohort, pages: Sequence[str]) -> str:
    """Why a cell is not taken, and what to write instead."""
    row = {"row": write_number(fault.earlier) if fault.earlier is not None else ""}
    return choose(FAULTS[fault.wrong], _limits(fault.column)) % {**_values(fault.column, cohort, pages), **row}


def read_fault(stored: Mapping[str, object]) -> CellFault:
    """A fault as it was stored with its row."""
    earlier = stored["earlier"]
    return CellFault(
        column=Column(str(stored["column"])),
        wrong=Wrong(str(stored["wrong"])),
        earlier=earlier if isinstance(earlier, int) else None,
    )


def _limits(column: Column) -> dict[str, int]:
    return {"most": MOST_CHARACTERS.get(column, MOST_NAME)}


def _values(column: Column, cohort: Cohort, pages: Sequence[str]) -> dict[str, str]:
    return {
        "most": write_number(_limits(column)["most"]),
        "pages": _listed(pages),
        "taught": _listed(cohort.languages),
    }


def _listed(codes: Sequence[str]) -> str:
    # Translators: stands between codes of languages in a list, such as en, fr, ar
    return _(", ").join(codes)
