import csv
import io
import re
import socket
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook, XmlError

from lms.kernel.sheets import errors
from lms.kernel.sheets.formulas import marked, unmarked
from lms.kernel.sheets.reading import Columns, read_rows
from lms.kernel.sheets.upload import LIMITS, Limits
from lms.kernel.sheets.writing import Sheet, write_csv, write_xlsx

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    '=HYPERLINK("http://127.0.0.1","x")',
    "=cmd|' /C calc'!A0",
]
HIDDEN_FORMULAS = ["  =1+1", "\u200f=1+1", "\x01=1+1", "'=1+1", '"=1+1', "\u00a0+1", "\ufeff@x", "“=1", "﹦1+1"]
MARKUP = '<r></r></is></c><c r="D1"><f>1+1</f><v>2</v></c><c r="E1" t="inlineStr"><is><r></r>'
"""A text that the library which writes XLSX would copy into the sheet as it is."""

NAMES = Columns(required=["alias"], optional=["time_zone", "remark"])
TINY = Limits(rows=3, columns=3, row_characters=40, characters=60)
NAMESPACE = "http://schemas.openxmlformats.org/"
MAIN = f"{NAMESPACE}spreadsheetml/2006/main"
OFFICE = f"{NAMESPACE}officeDocument/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"
HEADING = '<row r="1"><c r="A1" t="inlineStr"><is><t>alias</t></is></c></row>'
DTD = '<!DOCTYPE worksheet [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def relations(*targets: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{NAMESPACE}package/2006/relationships">{inside}</Relationships>'


def sheet_xml(rows: str, before: str = "") -> str:
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{HEADING}{rows}</sheetData></worksheet>'


def parts(rows: str = "", **more: str) -> dict[str, str | bytes]:
    """An XLSX file by its parts, with one heading, as programs write it."""
    return {
        "[Content_Types].xml": f'<Types xmlns="{NAMESPACE}package/2006/content-types"/>',
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="List" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"), ("styles", "styles.xml")
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{more.get("texts", "")}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{more.get("styles", "")}</styleSheet>',
        SHEET: sheet_xml(rows, more.get("before", "")),
    }


def packed(members: dict[str, str | bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file


def book(rows: str = "", **more: str) -> io.BytesIO:
    return packed(parts(rows, **more))


def cell(place: str, value: object, kind: str = "n", style: int = 0) -> str:
    return f'<c r="{place}" t="{kind}" s="{style}"><v>{value}</v></c>'


def rows_of(file: io.BytesIO, columns: Columns = NAMES, limits: Limits = LIMITS, name: str = "list.xlsx") -> list[dict]:
    return [dict(row.cells) for row in read_rows(file, name=name, columns=columns, limits=limits)]


def aliases(file: io.BytesIO, limits: Limits = LIMITS) -> list[str]:
    return [cells["alias"] for cells in rows_of(file, limits=limits)]


def text_file(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


def as_csv(header: list[str], rows: Iterable[list[object]]) -> io.BytesIO:
    out = io.BytesIO()
    write_csv(out, header, rows)
    return out


def as_xlsx(header: list[str], rows: Iterable[list[object]], **more: object) -> io.BytesIO:
    out = io.BytesIO()
    write_xlsx(out, [Sheet(title="List", header=header, rows=rows, **more)])
    return out


def refusal(kind: type[errors.SheetRefused], file: io.BytesIO, limits: Limits = LIMITS) -> errors.SheetRefused:
    with pytest.raises(kind) as refused:
        rows_of(file, limits=limits)
    assert type(refused.value) is kind
    assert refused.value.values["name"] == "list.xlsx"
    assert str(refused.value).endswith("Nothing was changed.")
    return refused.value


# What comes back


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_a_table_comes_back_with_the_row_numbers_of_a_spreadsheet_program(make):
    file = make(["alias", "remark"], [["Cedar", "two\nlines"], [None, None], ["زيتونة", ""], ["Élan", " a "]])

    rows = list(read_rows(file, name="list", columns=NAMES))

    assert [(row.number, row.cells["alias"], row.cells["remark"]) for row in rows] == [
        (2, "Cedar", "two\nlines"),
        (4, "زيتونة", ""),
        (5, "Élan", " a "),
    ]
    assert {row.cells["time_zone"] for row in rows} == {""}


SCRIPTS = st.text(
    st.one_of(
        st.sampled_from("aZéœ09 \"',;\t\r\n=+-@<>&_x\\[]|＝＋\u200f\u202e\u2066\u2069\ufeff\u00a0’«»"),
        st.sampled_from("ابتثجحدرزسشعقكلمنهويىةءآ،؛ًٌٍّ٠١٢٣"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=20,
)
TABLES = st.lists(st.lists(SCRIPTS, min_size=3, max_size=3), max_size=6)


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
@given(TABLES)
def test_every_text_comes_back_as_it_went(make, table):
    file = make(["alias", "time_zone", "remark"], table)

    assert [list(row.values()) for row in rows_of(file)] == [row for row in table if "".join(row).strip()]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20), st.dates())
def test_numbers_and_days_come_back_from_xlsx_without_a_lost_digit(number, day):
    (row,) = rows_of(as_xlsx(["alias", "time_zone", "remark"], [[number, day, int(number)]]))

    assert (Decimal(row["alias"]), row["time_zone"], int(row["remark"])) == (number, day.isoformat(), int(number))


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (cell("A2", "12.0"), "12"),
        (cell("A2", "0.1"), "0.1"),
        (cell("A2", "3.3000000000000003"), "3.3"),
        (cell("A2", "4.799999999E9"), "4799999999"),
        (cell("A2", "1E-7"), "0.0000001"),
        (cell("A2", "-5"), "-5"),
        (cell("A2", "1", "b"), "TRUE"),
        (cell("A2", "2027-02-28", "d"), "2027-02-28"),
        (cell("A2", "46446", style=1), "2027-02-28"),
        (cell("A2", "46446.4375", style=1), "2027-02-28T10:30:00"),
        (cell("A2", "0.4375", style=1), "10:30:00"),
        (cell("A2", "1.5", style=2), "36:00:00"),
        (cell("A2", "1", "s"), "shared"),
        ('<c r="A2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="A2" t="str"><f>A1</f><v>x &amp; y</v></c>', "x & y"),
        (
            '<c r="A2" t="inlineStr"><is><r><t xml:space="preserve">rich </t></r><r><t>text</t></r></is></c>',
            "rich text",
        ),
        ("<c><v>7</v></c>", "7"),
    ],
)
def test_a_cell_is_read_as_the_person_sees_it(value, seen):
    styles = '<numFmts><numFmt numFmtId="164" formatCode="[h]:mm:ss"/></numFmts>'
    styles += '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs>'

    file = book(f'<row r="2">{value}</row>', styles=styles, texts="<si/><si><t>shared</t></si>")

    assert aliases(file) == [seen]


def test_days_are_counted_from_1904_where_the_workbook_says_so():
    members = parts(
        f'<row r="2">{cell("A2", 44984, style=1)}</row>', styles='<cellXfs><xf/><xf numFmtId="14"/></cellXfs>'
    )
    members["xl/workbook.xml"] = members["xl/workbook.xml"].replace("<sheets>", '<workbookPr date1904="1"/><sheets>')

    assert aliases(packed(members)) == ["2027-02-28"]


def test_the_first_sheet_that_is_seen_is_read():
    members = parts(f'<row r="2">{cell("A2", 1)}</row>')
    members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(
        "<sheets>", '<sheets><sheet name="Lists" sheetId="2" state="hidden" r:id="r4"/>'
    )
    members["xl/_rels/workbook.xml.rels"] = relations(
        ("worksheet", "/xl/worksheets/sheet1.xml"),
        ("sharedStrings", "sharedStrings.xml"),
        ("styles", "styles.xml"),
        ("worksheet", "worksheets/sheet2.xml"),
    )

    assert aliases(packed(members)) == ["1"]


def test_a_table_may_begin_further_down_and_to_the_right():
    workbook = io.BytesIO()
    with xlsxwriter.Workbook(workbook) as made:
        sheet = made.add_worksheet()
        sheet.write_column(4, 2, ["alias", "Cedar"])

    (row,) = read_rows(workbook, name="list", columns=NAMES)

    assert (row.number, row.cells["alias"]) == (6, "Cedar")


def test_cells_that_are_only_formatted_do_not_count():
    file = book(f'<row r="2">{cell("A2", 1)}<c r="XFD2" s="0"/></row><row r="1048576"><c r="A1048576" s="0"/></row>')

    assert aliases(file) == ["1"]


def test_macros_are_left_where_they_are():
    assert aliases(packed({**parts(f'<row r="2">{cell("A2", 1)}</row>'), "xl/vbaProject.bin": b"\x01"})) == ["1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_in_every_form_that_programs_save(encoding, end, separator):
    lines = [["", ""], ["alias", "remark"], ["زيتونة", '"one\u0085, ""two""; 3"'], ["", ""], ["Élan", "x"]]
    text = end.join(separator.join(line) for line in lines)

    rows = list(read_rows(text_file(text, encoding), name="list", columns=NAMES))

    assert [(row.number, row.cells["alias"], row.cells["remark"]) for row in rows] == [
        (3, "زيتونة", 'one\u0085, "two"; 3'),
        (5, "Élan", "x"),
    ]


def test_a_letter_may_lie_on_the_edge_of_two_blocks():
    names = ["é" * 999 + str(number) for number in range(400)]

    assert aliases(text_file("alias\r\n" + "\r\n".join(names))) == names
    assert aliases(text_file("alias\r\n" + "\r\n".join(names), "utf-16")) == names


@pytest.mark.parametrize(
    "heading", ["Time Zone", "time-zone", " TIME_ZONE ", "\ufefftime\u00a0zone", "time‑ zone\u200f"]
)
def test_headings_may_be_written_in_her_own_way(heading):
    assert rows_of(text_file(f"ALIAS,{heading}\nCedar,Asia/Aden\n"))[0]["time_zone"] == "Asia/Aden"


def test_a_heading_that_begins_as_an_archive_does_is_a_heading():
    assert [row.cells["PK"] for row in read_rows(text_file("PK\n7\n"), name="l", columns=Columns(required=["PK"]))] == [
        "7"
    ]


def test_empty_columns_without_a_heading_are_passed_over():
    assert rows_of(text_file("alias,,remark,\nCedar,,x,,,\n"))[0]["remark"] == "x"


# What is refused, and where


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n", ",,\n , \n"])
def test_an_empty_file_has_no_headings(text):
    assert "alias, time_zone, remark" in str(refusal(errors.NoHeading, text_file(text)))


def test_an_empty_sheet_has_no_headings():
    members = {**parts(), SHEET: f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'}

    refusal(errors.NoHeading, packed(members))


def test_unknown_headings_are_named_and_the_file_is_refused_whole():
    said = str(refusal(errors.UnknownColumns, text_file("\nalias,Phone\u202e,age\nCedar,1,2\n")))

    assert "Row 2 of list.xlsx" in said
    assert "Phone, age. Known headings: alias, time_zone, remark." in said


def test_of_many_unknown_headings_a_few_are_named():
    said = refusal(errors.UnknownColumns, text_file(",".join(["alias", *("x" * 100 + str(n) for n in range(20))])))

    assert said.values["columns"].count("x" * 39 + "…") == 5
    assert said.values["columns"].endswith(", …")


def test_missing_headings_are_named():
    assert "lacks these headings: alias." in str(refusal(errors.MissingColumns, text_file("remark\nx\n")))


def test_two_headings_that_are_alike_are_refused_with_both_places():
    said = refusal(errors.DoubledColumn, text_file("alias,Time-zone,remark,time zone\n"))

    assert (said.values["row"], said.values["first"], said.values["column"]) == (1, "B", "D")


@pytest.mark.parametrize(("line", "column"), [("Cedar,x,y", "C"), ("Cedar,,,z", "D")])
def test_a_cell_without_a_heading_is_refused_with_its_place(line, column):
    said = refusal(errors.CellWithoutHeading, text_file(f"alias,remark\nElm,x\n{line}\n"))

    assert (said.values["row"], said.values["column"]) == (3, column)


def test_rows_before_a_fault_are_handed_on_and_the_fault_is_not_passed_over():
    rows = read_rows(text_file("alias\nCedar\nElm,x\n"), name="list", columns=NAMES)

    assert next(rows).cells["alias"] == "Cedar"
    with pytest.raises(errors.CellWithoutHeading):
        next(rows)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp1256"])
def test_an_older_encoding_is_not_guessed(encoding):
    text = "alias\r\nCedar\r\nab" + ("é" if encoding != "cp1256" else "زيتونة")

    said = refusal(errors.WrongEncoding, text_file(text, encoding))

    assert (said.values["line"], said.values["byte"]) == (3, 3)
    assert "“CSV UTF-8”" in str(said)


@pytest.mark.parametrize(
    ("data", "line", "byte"),
    [
        (b"alias\n" + "é".encode() * 40_000 + b"\n\xff", 3, 1),
        (b"alias\nab\0c\n", 2, 3),
        (b"\xef\xbb\xbf\xff", 1, 4),
        (b"alias\nab\xc3", 2, 3),
        ("alias\nab".encode("utf-16-le"), 1, 2),
        (b"\xff\xfe" + "alias\nab".encode("utf-16-le") + b"\x00\xdc", 2, 5),
        (b"\xff\xfea\0l", 1, 5),
        ("alias\n".encode("utf-32"), 1, 3),
        (b"\x89PNG\r\n\x1a\n\0\0", 1, 1),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_line_and_byte(data, line, byte):
    said = refusal(errors.WrongEncoding, io.BytesIO(data), Limits(row_characters=50_000))

    assert (said.values["line"], said.values["byte"]) == (line, byte)


@pytest.mark.parametrize("line", ['"Cedar', '"Cedar"x,y', '"a""'])
def test_broken_quotation_marks_are_refused_with_their_row(line):
    said = refusal(errors.BrokenQuotes, text_file(f'alias,remark\n"two\nlines",x\n{line}\n'))

    assert said.values["row"] == 3


@pytest.mark.parametrize("text", ["x" * 41, '"' + "x\n" * 21, "x" * 100_000, " " * 100_000])
def test_a_row_that_does_not_end_is_refused_with_its_number(text):
    assert refusal(errors.RowTooLong, text_file(f"alias\nCedar\n{text}"), TINY).values["row"] == 3


def test_a_line_of_blanks_that_does_not_end_is_refused_too():
    assert refusal(errors.RowTooLong, text_file("\n" + " " * 100_000)).values["row"] == 2


def test_too_many_columns_are_refused():
    said = refusal(errors.TooManyColumns, text_file("alias,remark\nCedar,x\nElm,,,y\n"), TINY)

    assert (said.values["row"], said.values["column"], said.values["most"]) == (3, "D", 3)


def test_as_many_rows_as_the_limit_are_read_and_one_more_is_refused():
    assert len(aliases(text_file("alias\n" + "x\n" * 3), TINY)) == 3
    assert refusal(errors.TooManyRows, text_file("alias\n" + "x\n" * 4), TINY).values["row"] == 5


def test_a_file_that_is_too_large_is_not_opened():
    said = refusal(errors.FileTooBig, text_file("alias\n" + "x" * 2_000_000), Limits(file_bytes=1_999_999))

    assert said.values["most"] == 1


@pytest.mark.parametrize("name", ["../../etc/list.xlsx", "C:\\Users\\list.xlsx", "li\u202est\x07.xlsx"])
def test_a_refusal_calls_the_file_by_its_own_name_only(name):
    with pytest.raises(errors.NoHeading) as refused:
        read_rows(io.BytesIO(), name=name, columns=NAMES)

    assert str(refused.value).startswith(("list.xlsx is empty", "li st .xlsx is empty"))


# XLSX files that are not what they say


@pytest.mark.parametrize(
    ("rows", "kind", "place"),
    [
        (f'<row r="3">{cell("A3", "#N/A", "e")}</row>', errors.ErrorCell, (3, "A")),
        (f'<row r="3">{cell("A3", 1)}{cell("D3", 1)}</row>', errors.TooManyColumns, (3, "D")),
        (f'<row r="3">{cell("XFD3", 1)}</row>', errors.TooManyColumns, (3, "XFD")),
        (f'<row r="1048576">{cell("A1048576", 1)}</row>', errors.TooManyRows, (1_048_576, None)),
        (f'<row r="3">{cell("A3", "x" * 41, "str")}</row>', errors.RowTooLong, (3, None)),
        (f'<row r="3">{cell("A3", 0, "s") + cell("B3", 0, "s")}</row>', errors.RowTooLong, (3, None)),
        ("".join(f'<row r="{n}">{cell(f"A{n}", "x" * 30, "str")}</row>' for n in (2, 3)), errors.TooMuchText, None),
    ],
)
def test_what_a_sheet_may_not_hold_is_refused_with_its_place(rows, kind, place):
    said = refusal(kind, book(rows, texts=f"<si><t>{'x' * 30}</t></si>"), TINY)

    assert place is None or (said.values["row"], said.values.get("column")) == place


@pytest.mark.parametrize(
    "rows",
    [
        f'<row r="2">{cell("B2", 1)}{cell("A2", 1)}</row>',
        f'<row r="2">{cell("A2", 1)}{cell("A2", 2)}</row>',
        f'<row r="2">{cell("A7", 1)}</row>',
        f'<row r="3"></row><row r="2">{cell("A2", 1)}</row>',
        f'<row r="x">{cell("A2", 1)}</row>',
        f'<row r="2">{cell("2A", 1)}</row>',
        f'<row r="2">{cell("A2", 1, "s")}</row>',
        f'<row r="2">{cell("A2", "-1", "s")}</row>',
        f'<row r="2">{cell("A2", "0<!-- -->0", "s")}</row>',
        f'<row r="2">{cell("A2", "&#48;", "s")}</row>',
        f'<row r="2">{cell("A2", "<![CDATA[0]]>", "s")}</row>',
        '<row r="2"><c r="A2" t="inlineStr"><is><v>1</v><t>x</t></is></c></row>',
        "<c><v>1</v></c>",
        '<row r="2"><row r="3"></row></row>',
        '<row r="2"><c r="A2"><v>1</v>',
        '<row r="2"><c r="A2" t="inlineStr"><is><t>&undeclared;</t></is></c></row>',
        "<row r='2'>\x01</row>",
    ],
)
def test_a_sheet_that_does_not_hold_together_is_damaged(rows):
    refusal(errors.Damaged, book(rows, texts="<si><t>x</t></si>"))


def test_a_text_that_many_cells_share_counts_for_each_of_them():
    """A megabyte of text in 20,000 cells would be 20 gigabytes."""
    rows = "".join(f'<row r="{row}">{cell(f"A{row}", 0, "s")}</row>' for row in range(2, 20_002))

    refusal(errors.TooMuchText, book(rows, texts=f"<si><t>{'x' * 9_999}</t></si>"))


def test_more_shared_texts_than_a_table_needs_are_refused():
    refusal(errors.TooMuchText, book(texts="<si><t>0123456789</t></si>" * 7), TINY)


def test_texts_within_texts_are_damaged():
    refusal(errors.Damaged, book(texts="<si><si><t>x</t></si></si>"))


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "_rels/.rels"])
def test_a_part_with_a_dtd_is_refused(part):
    members = parts()
    members[part] = DTD + members[part]

    refusal(errors.NotPlain, packed(members))


def test_the_library_that_reads_cells_knows_no_entities_of_a_file_either():
    members = parts('<row r="2"><c r="A2" t="inlineStr"><is><t>&b;</t></is></c></row>', before=DTD)

    with CalamineWorkbook.from_filelike(io.BytesIO(packed(members).getvalue())) as workbook, pytest.raises(XmlError):
        workbook.get_sheet_by_index(0)


def test_nothing_outside_is_asked_for():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        dtd = f'<!DOCTYPE worksheet SYSTEM "{address}" [<!ENTITY a SYSTEM "{address}">]>'
        rows = '<row r="2"><c r="A2" t="inlineStr"><is><t>&a;</t></is></c></row>'
        refusal(errors.NotPlain, book(rows, before=dtd))
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize("rows", ["<a>" * 40 + "</a>" * 40, f'<a b="{"x" * 3_000_000}"/>', f"<!--{'x' * 3_000_000}-->"])
def test_xml_that_only_grows_is_refused(rows):
    refusal(errors.NotPlain, book(rows), Limits(ratio=10_000))


def test_more_elements_than_the_largest_table_has_are_refused():
    refusal(errors.OpensTooBig, book("<a/>" * 50), TINY)


@pytest.mark.parametrize(
    "name", ["../outside.xml", "xl/../../outside", "/etc/passwd", "C:/x", "xl\\..\\x", "XL/Workbook.xml"]
)
def test_a_member_whose_name_leads_elsewhere_is_refused(name):
    refusal(errors.NotPlain, packed({**parts(), name: "x"}))


def test_a_link_is_refused():
    file = packed(parts())
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("xl/media/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    refusal(errors.NotPlain, file)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_that_no_spreadsheet_program_uses_is_refused(packing):
    file = packed(parts())
    with zipfile.ZipFile(file, "a", packing) as archive:
        archive.writestr("xl/other.xml", "x" * 1000)

    refusal(errors.NotPlain, file)


def test_a_workbook_is_measured_before_it_is_opened():
    assert refusal(errors.OpensTooBig, book(), Limits(opened_bytes=1_000)).values["most"] == 0
    assert refusal(errors.OpensTooBig, book(" " * 1_100_000)).values["most"] == 60


def test_a_workbook_needs_neither_formats_nor_shared_texts():
    members = {**parts(f'<row r="2">{cell("A2", 1)}</row>')}
    members["xl/_rels/workbook.xml.rels"] = relations(("worksheet", "worksheets/sheet1.xml"))

    assert aliases(packed(members)) == ["1"]


def test_more_members_than_a_workbook_has_are_refused():
    refusal(errors.NotPlain, packed({**parts(), **{f"xl/media/{number}": "" for number in range(200)}}))


def test_a_member_with_a_password_is_refused():
    data = bytearray(packed(parts()).getvalue())
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 0x1

    refusal(errors.OldOrLocked, io.BytesIO(bytes(data)))


def test_an_old_or_locked_workbook_is_known_by_its_first_bytes():
    refusal(errors.OldOrLocked, io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))


@pytest.mark.parametrize(
    "members",
    [
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"},
        {"_rels/.rels": relations(("officeDocument", "w/d.xml")), "w/d.xml": "<x/>", "w/_rels/d.xml.rels": relations()},
        {"_rels/.rels": relations(("other", "x.xml"))},
        {**parts(), "xl/workbook.xml": f'<workbook xmlns="{MAIN}"/>'},
    ],
)
def test_archives_of_other_programs_are_no_tables(members):
    refusal(errors.NotATable, packed(members))


def test_an_empty_archive_is_no_table():
    refusal(errors.NotATable, packed({}))


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_damaged(share):
    data = packed(parts(f'<row r="2">{cell("A2", 1)}</row>')).getvalue()

    refusal(errors.Damaged, io.BytesIO(data[: int(len(data) * share)]))


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"])
def test_a_workbook_that_lacks_a_part_is_damaged(part):
    members = parts()
    del members[part]

    refusal(errors.Damaged, packed(members))


@given(st.data())
def test_a_changed_byte_is_read_or_refused_and_nothing_else(data):
    whole = packed(parts(f'<row r="2">{cell("A2", 1)}</row>')).getvalue()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]

    try:
        assert aliases(io.BytesIO(changed)) == ["1"]
    except errors.SheetRefused as refused:
        assert "list.xlsx" in str(refused)


# Bombs and memory

BOMB_BYTES = 300_000_000
MEASURE = """
import resource, sys, zipfile
from lms.kernel.sheets.errors import SheetRefused
from lms.kernel.sheets.reading import Columns, read_rows
def most():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def read():
    with open(sys.argv[1], "rb") as file:
        try:
            return sum(1 for row in read_rows(file, name="bomb", columns=Columns(required=["alias"])))
        except SheetRefused as refused:
            return type(refused).__name__
def unpack():
    return len(zipfile.ZipFile(sys.argv[1]).read("xl/worksheets/sheet1.xml"))
before = most()
print({act}(), most() - before)
"""
BETWEEN = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', *sys.argv[1:]]))"
"""A process starts with the memory of the one that started it in its books; this one is small, and pytest is not."""

MOST_GROWTH_KB = 50_000


def measured(path: Path, act: str = "read") -> tuple[str, int]:
    """What reading a file comes to in a process of its own, and by how many kB its memory grew."""
    command = [sys.executable, "-c", BETWEEN, MEASURE.replace("{act}", act), path]
    told, growth = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return told, int(growth)


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook of 0.3 MB whose sheet opens to 300 MB of blanks."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.xlsx"
    members = parts()
    sheet = str(members.pop(SHEET))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        with archive.open(SHEET, "w") as part:
            start, _, end = sheet.encode().partition(b"</sheetData>")
            part.write(start)
            for _ in range(BOMB_BYTES // 1_000_000):
                part.write(b" " * 1_000_000)
            part.write(b"</sheetData>" + end)
    return path


def test_the_memory_of_an_opened_bomb_would_be_seen(bomb):
    told, growth = measured(bomb, "unpack")

    assert int(told) > BOMB_BYTES
    assert growth > BOMB_BYTES // 2_000


def test_a_bomb_is_refused_without_being_opened(bomb):
    assert bomb.stat().st_size < 350_000

    told, growth = measured(bomb)

    assert told == "OpensTooBig"
    assert growth < MOST_GROWTH_KB


def test_a_bomb_that_lies_about_its_size_is_opened_no_further_than_it_said(bomb, tmp_path):
    with zipfile.ZipFile(bomb) as archive:
        size = archive.getinfo(SHEET).file_size
    liar = tmp_path / "liar.xlsx"
    liar.write_bytes(bomb.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 900_000)))

    told, growth = measured(liar)

    assert told == "Damaged"
    assert growth < MOST_GROWTH_KB


def test_two_cells_far_apart_ask_for_no_memory(tmp_path):
    path = tmp_path / "far.xlsx"
    path.write_bytes(book(f'<row r="1048576">{cell("XFD1048576", 1)}</row>').getvalue())

    told, growth = measured(path)

    assert told == "TooManyRows"
    assert growth < MOST_GROWTH_KB


def story(rows: int) -> Iterator[list[object]]:
    for number in range(rows):
        yield [f"زيتونة {number}", number, Decimal(number) / 4, date(2027, 2, 28), "one or two words"]


STORY = ["alias", "number", "mark", "day", "remark"]
WRITERS = {
    "csv": lambda out, rows: write_csv(out, STORY, story(rows)),
    "xlsx": lambda out, rows: write_xlsx(out, [Sheet(title="List", header=STORY, rows=story(rows))]),
}


def written(folder: Path, kind: str, rows: int) -> Path:
    path = folder / f"{rows}.{kind}"
    with path.open("wb") as out:
        WRITERS[kind](out, rows)
    return path


def read_to_the_end(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for row in read_rows(file, name=path.name, columns=Columns(required=STORY)))


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("rows", [5_000, 20_000])
@pytest.mark.parametrize(("kind", "most_bytes"), [("csv", 2_000_000), ("xlsx", 5_000_000)])
def test_writing_and_reading_need_little_memory_however_many_rows(tmp_path, traced, kind, most_bytes, rows):
    path = written(tmp_path, kind, rows)
    writing = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()

    assert read_to_the_end(path) == rows

    assert max(writing, tracemalloc.get_traced_memory()[1]) < most_bytes


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_as_long_as_the_limit_is_read_in_little_memory_of_the_process(tmp_path, kind):
    path = tmp_path / "long"
    out = path.open("wb")
    rows = ([f"زيتونة {number}"] for number in range(20_000))
    with out:
        write_csv(out, ["alias"], rows) if kind == "csv" else write_xlsx(
            out, [Sheet(title="List", header=["alias"], rows=rows)]
        )

    told, growth = measured(path)

    assert told == "20000"
    assert growth < MOST_GROWTH_KB


# What is written


@pytest.mark.parametrize("text", [*FORMULAS, *HIDDEN_FORMULAS])
def test_csv_shows_a_formula_as_text_and_gives_it_back_when_read(text):
    out = as_csv(["alias", "remark"], [[text, "x"]])

    (_, (cell, _)) = csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""))

    assert cell == f"'{text}"
    assert aliases(out) == [text]


@pytest.mark.parametrize("text", ["", "Cedar", "a=1", "1-2", "'tis", "“quoted”", "زيتونة", "(+47)", "1+1"])
def test_csv_leaves_other_texts_as_they_are(text):
    assert marked(text) == unmarked(text) == text


@given(SCRIPTS)
def test_a_mark_is_taken_off_exactly_where_it_was_put(text):
    assert unmarked(marked(text)) == text


def test_numbers_in_csv_are_no_formulas():
    out = as_csv(["a"], [[-5], [Decimal("-1.50")], [Decimal("1E+3")], [date(2027, 2, 28)], [None]])

    assert out.getvalue().decode("utf-8-sig") == 'a\r\n-5\r\n-1.50\r\n1000\r\n2027-02-28\r\n""\r\n'


def test_csv_begins_with_the_mark_by_which_programs_know_utf_8():
    assert as_csv(["الاسم"], [['a"b', "c,d"]]).getvalue() == '\ufeffالاسم\r\n"a""b","c,d"\r\n'.encode()


def xml_of(file: io.BytesIO, part: str = SHEET) -> str:
    with zipfile.ZipFile(file) as archive:
        return archive.read(part).decode()


@pytest.mark.parametrize("text", [*FORMULAS, *HIDDEN_FORMULAS, MARKUP, "http://127.0.0.1/", "{=1+1}", "12", "<r></r>"])
def test_a_text_in_xlsx_is_typed_as_text(text):
    file = as_xlsx([text, "alias"], [[text, text]])

    elements = list(ElementTree.fromstring(xml_of(file)).iter())
    assert [element.get("t") for element in elements if element.tag.endswith("}c")] == ["inlineStr"] * 4
    assert not [element.tag for element in elements if element.tag.endswith(("}f", "}hyperlink"))]
    assert aliases(as_xlsx(["alias"], [[text]])) == [text]


def test_the_library_alone_would_take_markup_for_its_own():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as workbook:
        workbook.add_worksheet().write_string(0, 0, MARKUP)

    assert "<f>1+1</f>" in xml_of(out)


def test_the_same_sheets_give_the_same_bytes():
    assert as_xlsx(STORY, story(20)).getvalue() == as_xlsx(STORY, story(20)).getvalue()


def test_a_workbook_says_nothing_of_who_made_it_or_when():
    properties = xml_of(as_xlsx(["alias"], []), "docProps/core.xml")

    assert "<dc:creator></dc:creator>" in properties
    assert properties.count("2000-01-01T00:00:00Z") == 2


@pytest.mark.parametrize("right_to_left", [True, False])
def test_a_sheet_has_its_direction_and_its_headings_stay_in_sight(right_to_left):
    xml = xml_of(as_xlsx(["alias"], [["x" * 30]], right_to_left=right_to_left))

    assert ('rightToLeft="1"' in xml) is right_to_left
    assert 'ySplit="1"' in xml and 'state="frozen"' in xml
    assert '<c r="A1" s="1" t="inlineStr">' in xml
    assert '<col min="1" max="1" width="32.7109375" customWidth="1"/>' in xml


def titles(*wanted: str) -> list[str]:
    out = io.BytesIO()
    write_xlsx(out, [Sheet(title=title, header=["a"], rows=[]) for title in wanted])
    return re.findall('<sheet name="(.*?)"', xml_of(out, "xl/workbook.xml"))


def test_titles_are_cleaned_shortened_and_never_alike():
    assert titles("Marks: a/b [1]*?\\", "MARKS a b 1", "'x'", "", "History", "م" * 40, "م" * 40) == [
        "Marks a b 1",
        "MARKS a b 1 2",
        "x",
        "1",
        "History 1",
        "م" * 31,
        "م" * 29 + " 2",
    ]


@pytest.mark.parametrize("value", [10**15, Decimal("0.1234567890123456789"), Decimal("NaN"), date(1899, 12, 31)])
def test_what_a_spreadsheet_would_round_is_written_as_text(value):
    assert 't="inlineStr"><is><t>' in xml_of(as_xlsx(["a"], [[value]])).partition('r="A2"')[2]


def test_a_moment_is_written_with_its_offset():
    moment = datetime(2027, 2, 28, 10, 30, tzinfo=UTC)

    assert (
        aliases(as_xlsx(["alias"], [[moment]])) == aliases(as_csv(["alias"], [[moment]])) == ["2027-02-28 10:30+00:00"]
    )


@pytest.mark.parametrize("text", ["x" * 32_768, "😀" * 16_384, f"<r>{'x' * 32_768}</r>"])
def test_a_text_that_does_not_fit_is_refused_and_not_cut_off(text, recwarn):
    with pytest.raises(errors.CellDoesNotFit) as refused:
        as_xlsx(["a", "b"], [["x", "y"], ["x", text]])

    assert (refused.value.values["row"], refused.value.values["column"]) == (3, "B")


def test_a_workbook_that_was_given_up_leaves_nothing(tmp_path, monkeypatch):
    def rows() -> Iterator[list[str]]:
        yield ["x"]
        raise LookupError

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    out = io.BytesIO()

    with pytest.raises(LookupError):
        write_xlsx(out, [Sheet(title="a", header=["a"], rows=rows())])

    assert out.getvalue() == b""
    assert list(tmp_path.iterdir()) == []
