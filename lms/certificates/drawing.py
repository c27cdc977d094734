"""The certificate as a PDF of one page: tagged, PDF/A-2a and PDF/UA-1, and silent about who made it and when.

The sentences come ready, in the language of the document; what this adds is paper. The HTML page beside it is the
accessible original: readers differ in how they read Arabic from a PDF. Rule: docs/security/threat-model.md K6.
"""

import io
import json
import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pikepdf
import segno
import typst

from lms.web.languages import direction_of

from .errors import CannotBePrinted
from .rules.facts import ARABIC_MARKS

HERE = Path(__file__).parent
STANDARDS: list[Any] = ["a-2a", "ua-1"]
LEAST_CODE_MILLIMETRES = 40.0
MODULE_MILLIMETRES = 0.42
"""A square of the code: two and a half dots of a scan at 150 dots an inch."""
_NUMBER_WITH_WORD = re.compile(r"(\b\d+\w{0,2} [^\W\d][\w/-]*(?: \d{4}\b)?)")
"""`4 June 2027`, `40 hours`, in any script."""

_ONE_AT_A_TIME = threading.Lock()
_NO_TIME = 0
_METADATA = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
"""All that the file says about itself: no author, no program, no time (PDF/A wants the last group declared)."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """Everything that is printed, in sentences.

    title: of the file, which says no more than "Document". name: None leaves a line free to write on, with name_label
    under it. course: a title that occurs in the statement and is set off there; None where it is not told. code: in
    groups. link: what the square code holds. link_label: what the square code is for, for who does not see it.
    """

    language: str
    title: str
    heading: str
    issuer: str | None
    name: str | None
    name_label: str
    statement: str
    course: str | None
    signatory_name: str
    signatory_role: str
    issued_line: str
    check_line: str
    check_address: str
    code: str
    link: str
    link_label: str


def draw(document: Document) -> bytes:
    """The PDF; equal documents give equal bytes. Raises CannotBePrinted."""
    return _silence(_compile(json.dumps(_layout(document))), document)


def _layout(document: Document) -> dict[str, object]:
    """What the template is given. Sentences lose their vowel marks, which PDF readers put in the wrong place."""
    square, millimetres = _square(document.link)
    said = {key: _bare(value) for key, value in vars(document).items()}
    return {
        **said,
        "direction": direction_of(document.language),
        "issuer": _apart(document.issuer),
        "name": _apart(document.name),
        "signatory_name": _apart(document.signatory_name),
        "statement": _parts(str(said["statement"]), said["course"]),
        "square": square,
        "code_millimetres": millimetres,
    }


def _bare(text: str | None) -> str | None:
    return None if text is None else ARABIC_MARKS.sub("", text)


def _parts(statement: str, course: str | None) -> list[dict[str, str]]:
    """A sentence in the parts that are set differently: words, a number with its word, a title with its direction."""
    before, title, after = statement.partition(course or "\0")
    told = [{"kind": "title", "text": title, "direction": _direction(title)}] if title else []
    return [*_tied(before), *told, *_tied(after)]


def _tied(sentence: str) -> Iterator[dict[str, str]]:
    """Words, and between them each number with its word, which no end of a line may part."""
    for position, part in enumerate(_NUMBER_WITH_WORD.split(sentence)):
        yield {"kind": "together" if position % 2 else "words", "text": part}


def _apart(text: str | None) -> dict[str, str] | None:
    """A text that a person wrote, with its own direction, kept from disturbing the words around it."""
    return None if text is None else {"text": text, "direction": _direction(text)}


def _direction(text: str) -> str:
    """The direction of the first letter that has one."""
    strong = (unicodedata.bidirectional(sign) for sign in text)
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


def _square(link: str) -> tuple[str, float]:
    """The square code as SVG without its white edge, and how long its side must be to be read."""
    code = segno.make_qr(link, error="m", boost_error=False)
    side, _ = code.symbol_size(border=0)
    drawn = code.svg_inline(border=0, omitsize=True, dark="#000", svgclass=None, lineclass=None)
    return drawn, max(LEAST_CODE_MILLIMETRES, side * MODULE_MILLIMETRES)


@cache
def _compiler() -> typst.Compiler:
    """One for the process, with our fonts and no others, made when the first document is drawn."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[HERE / "fonts"])
    return typst.Compiler(HERE / "certificate.typ", root=HERE, font_paths=fonts, ignore_system_fonts=True)


def _compile(given: str) -> bytes:
    try:
        with _ONE_AT_A_TIME:  # a compiler that two threads share fails with "Already borrowed"
            drawn = _compiler().compile(
                format="pdf", sys_inputs={"document": given}, pdf_standards=STANDARDS, timestamp=_NO_TIME
            )
    except typst.TypstError as error:
        if "could not be displayed" in error.message:
            raise CannotBePrinted from None  # the message holds the letter
        raise
    assert isinstance(drawn, bytes), "a PDF is one file"
    return drawn


def _silence(drawn: bytes, document: Document) -> bytes:
    """The same pages without what tells of program and time, and with a link that says where it leads."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(drawn)) as pdf:
        assert len(pdf.pages) == 1, "the template leaves no room for a second page"
        del pdf.trailer["/Info"]
        said = _METADATA.format(title=escape(document.title), language=escape(document.language))
        pdf.Root.Metadata = pdf.make_stream(said.encode(), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
        for page in pdf.pages:
            for annotation in page.get("/Annots", []):
                annotation.Contents = pikepdf.String(document.link_label)
        # Of use for several pages only, and Chrome copies a code backwards from a file that bears it.
        del pdf.Root.ViewerPreferences["/Direction"]
        # Who is brought the file looks for the signed link in its bytes and unpacks nothing.
        unpacked = pikepdf.ObjectStreamMode.disable
        pdf.save(out, deterministic_id=True, fix_metadata_version=False, object_stream_mode=unpacked)
    return out.getvalue()
