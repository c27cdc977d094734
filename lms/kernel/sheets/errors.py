"""Why a table is refused: what is wrong, where, and what to do. Nothing of a refused file is kept.

Values: `name` of the file, `row` as her spreadsheet program counts it, `column` as its letter, `most` as the limit.
"""

from lms.kernel.errors import Refusal
from lms.kernel.i18n import Counted
from lms.kernel.i18n import lazy as _l
from lms.kernel.i18n import lazy_counted as _ln


class SheetRefused(Refusal):
    """A file that cannot be taken as a table."""

    message: str | Counted = _l(
        "%(name)s cannot be read as a table. Open it in your spreadsheet program, save it as XLSX or as CSV UTF-8, and "
        "choose the new file. Nothing was changed."
    )


class NotATable(SheetRefused):
    """Another kind of file."""

    message = _l(
        "%(name)s is not a table that can be read here. Open it in your spreadsheet program, save it as XLSX or as "
        "CSV UTF-8, and choose the new file. Nothing was changed."
    )


class OldOrLocked(SheetRefused):
    """XLS, or XLSX with a password."""

    message = _l(
        "%(name)s is locked with a password or is an old XLS file. Save it as XLSX without a password and choose the "
        "new file. Nothing was changed."
    )


class Damaged(SheetRefused):
    """An XLSX file that is cut off or does not hold together."""

    message = _l(
        "%(name)s is damaged or was not sent completely. Open it in your spreadsheet program, save it again as XLSX, "
        "and choose the new file. Nothing was changed."
    )


class NotPlain(SheetRefused):
    """What no spreadsheet program writes: names that lead out of the archive, links, entities, odd packing."""

    message = _l(
        "%(name)s holds parts that no spreadsheet program writes into a table, so it was not opened. Copy the table "
        "into a new file, save it as XLSX, and choose that file. Nothing was changed."
    )


class FileTooBig(SheetRefused):
    """More bytes than are received."""

    message = _l(
        "%(name)s is larger than %(most)s MB. Take out pictures and other sheets, or divide the table into several "
        "files. Nothing was changed."
    )


class OpensTooBig(SheetRefused):
    """Small as it came, too large when opened."""

    message = _l(
        "%(name)s would be too large when opened: more than %(most)s MB, or many times what a table of its size needs. "
        "It was not opened. Copy only the table into a new file and choose that file. Nothing was changed."
    )


class TooMuchText(SheetRefused):
    """All cells together."""

    message = _ln(
        "The table in %(name)s holds more than %(most)s character. Divide it into several files. Nothing was changed.",
        "The table in %(name)s holds more than %(most)s characters. Divide it into several files. Nothing was changed.",
        "most",
    )


class TooManyRows(SheetRefused):
    """Somebody's table, or one cell far below it."""

    message = _ln(
        "%(name)s goes on to row %(row)s, and only %(most)s row below the headings is read. Divide the table into "
        "several files, or delete what stands far below it. Nothing was changed.",
        "%(name)s goes on to row %(row)s, and only %(most)s rows below the headings are read. Divide the table into "
        "several files, or delete what stands far below it. Nothing was changed.",
        "most",
    )


class TooManyColumns(SheetRefused):
    """More columns than any of our tables has."""

    message = _ln(
        "Row %(row)s of %(name)s goes on to column %(column)s, and only %(most)s column is read. Delete what stands "
        "far beside the table, or save it with another separator. Nothing was changed.",
        "Row %(row)s of %(name)s goes on to column %(column)s, and only %(most)s columns are read. Delete what stands "
        "far beside the table, or save it with another separator. Nothing was changed.",
        "most",
    )


class RowTooLong(SheetRefused):
    """A very long text, or a quotation mark that is never closed."""

    message = _ln(
        "Row %(row)s of %(name)s has more than %(most)s character. Shorten it, and look for a quotation mark that is "
        "not closed. Nothing was changed.",
        "Row %(row)s of %(name)s has more than %(most)s characters. Shorten it, and look for a quotation mark that is "
        "not closed. Nothing was changed.",
        "most",
    )


class WrongEncoding(SheetRefused):
    """Bytes that are no text in UTF-8 or UTF-16. We never guess an older encoding: names would be changed silently."""

    message = _l(
        "Line %(line)s of %(name)s, byte %(byte)s, cannot be read as text. Open the table in your spreadsheet program, "
        "choose “Save as”, then “CSV UTF-8” (or the character set “Unicode (UTF-8)”), and choose the new file. "
        "Nothing was changed."
    )


class BrokenQuotes(SheetRefused):
    """A cell in quotation marks that is not closed, or goes on after them."""

    message = _l(
        "Row %(row)s of %(name)s: a quotation mark is not closed, or text follows it. Write the quotation mark twice "
        "inside a cell, or save the table as XLSX. Nothing was changed."
    )


class ErrorCell(SheetRefused):
    """A formula that came to nothing, such as #N/A."""

    message = _l(
        "Row %(row)s of %(name)s, column %(column)s, shows an error instead of a value. Correct the cell or empty it, "
        "and choose the file again. Nothing was changed."
    )


class NoHeading(SheetRefused):
    """Not one row that holds anything."""

    message = _l(
        "%(name)s is empty. The first row must hold the headings of the columns: %(known)s. Nothing was changed."
    )


class UnknownColumns(SheetRefused):
    """Headings that mean nothing here; a column that is not understood is not dropped silently."""

    message = _l(
        "Row %(row)s of %(name)s has headings that are not known: %(columns)s. Known headings: %(known)s. Correct or "
        "delete these columns. Nothing was changed."
    )


class MissingColumns(SheetRefused):
    """Headings without which no row can be understood."""

    message = _l(
        "Row %(row)s of %(name)s lacks these headings: %(columns)s. Add the columns, with the headings in the first "
        "row. Nothing was changed."
    )


class DoubledColumn(SheetRefused):
    """Two headings that are the same."""

    message = _l(
        "Row %(row)s of %(name)s has the heading “%(heading)s” twice, in columns %(first)s and %(column)s. Delete one "
        "of the two columns. Nothing was changed."
    )


class CellWithoutHeading(SheetRefused):
    """Something beside the table, or one separator too many."""

    message = _l(
        "Row %(row)s of %(name)s holds something in column %(column)s, which has no heading. Delete it, or put "
        "quotation marks around the cell that has a separator in it. Nothing was changed."
    )


class CellDoesNotFit(Refusal):
    """What an XLSX file cannot hold; it is never cut off silently."""

    message = _ln(
        "Row %(row)s, column %(column)s of the sheet %(title)s does not fit into an XLSX file, which takes %(most)s "
        "character in a cell. Choose CSV instead. Nothing was changed.",
        "Row %(row)s, column %(column)s of the sheet %(title)s does not fit into an XLSX file, which takes %(most)s "
        "characters in a cell. Choose CSV instead. Nothing was changed.",
        "most",
    )
