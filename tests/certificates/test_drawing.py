import io
import re
import subprocess
import time
import traceback
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pikepdf
import pytest
import typst

from lms.certificates import drawing
from lms.certificates.drawing import Document, draw
from lms.certificates.errors import CannotBePrinted
from tests.certificates.papers import ARABIC, ENGLISH, FRENCH, IN_EACH_LANGUAGE, LINK
from tests.conftest import need

POINTS_PER_MILLIMETRE = 72 / 25.4
FRAME_MILLIMETRES = 12
PAGE_MILLIMETRES = (297, 210)
LATIN = (
    "Maidenhair-Sequoia Wellingtonia de la Sierra y Montaña Hornbeam-Whitebeam Juniper Rowan von Basalt und zu Porphyr"
    " Obsidian Yew"
)
ARAB = (
    "عرعر بنت الحجر آل الجبل الصخري الجرانيتي البازلتي الرخامي الصواني الأثلي السدري الغافي الزيتوني النخيلي"
    " السنديانية الحورية"
)
MIXED = (
    "Рябина Гранитная-Базальтовская Μυρτιά Γρανίτη-Βασάλτου and عرعر الحجر with a tail of Latin letters (Juniper)"
    " and more 123"
)
NAMES = {
    "her own": None,
    "Latin": "Juniper Al-Hajar",
    "Arabic": "عرعر الحجر",
    "long Latin": LATIN[:120].strip(),
    "long Arabic": ARAB[:120].strip(),
    "three scripts": MIXED[:120].strip(),
    "one word": "Donaudampfschifffahrtsgesellschaft" * 3,
    "many accents": "Ǻệṩ Ŵǿřłđ-Ĳğķĺ Ỹẫ",
    "a joiner": "سمن\u200cبر",
    "a hyphen and an apostrophe": "N’Guessan-O'Tree",
}
TITLE = "Talks محادثات (2)"
LONG_LINK = LINK + "x" * (480 - len(LINK))
HARD = {
    f"{language}, {name}": replace(document, name=written or document.name)
    for language, document in IN_EACH_LANGUAGE.items()
    for name, written in NAMES.items()
} | {
    "en, no name": replace(ENGLISH, name=None),
    "ar, no name": replace(ARABIC, name=None),
    "fr, no title": replace(FRENCH, course=None, statement="a suivi un cours de 40 heures, 2027."),
    "ar, no title": replace(ARABIC, course=None, statement="أكملت دراسة مدتها 40 ساعة، 2027."),
    "en, a title in two scripts": replace(ENGLISH, course=TITLE, statement=f"completed {TITLE} 2027, 40 hours."),
    "ar, a title in two scripts": replace(ARABIC, course=TITLE, statement=f"أكملت {TITLE} 2027، 40 ساعة."),
    "en, nothing but what must be": replace(ENGLISH, name=None, issuer=None),
    "en, everything as long as can be": replace(
        ENGLISH,
        name=NAMES["long Latin"],
        course="A very long title " * 11,
        statement="completed " + "A very long title " * 11 + ", from 8 March to 4 June 2027.",
        signatory_name=NAMES["long Latin"],
        link=LINK + "x" * 800,
    ),
    "ar, everything as long as can be": replace(
        ARABIC,
        name=NAMES["long Arabic"],
        course="عنوان طويل جدا لمقرر " * 9,
        statement="أكملت " + "عنوان طويل جدا لمقرر " * 9 + "، من 8 آذار/مارس إلى 4 حزيران/يونيو 2027.",
        signatory_name=NAMES["long Arabic"],
        link=LINK + "x" * 800,
    ),
}

every_document = pytest.mark.parametrize("document", HARD.values(), ids=HARD.keys())
each_language = pytest.mark.parametrize("document", IN_EACH_LANGUAGE.values(), ids=IN_EACH_LANGUAGE.keys())


@cache
def drawn(document: Document) -> bytes:
    return draw(document)


def opened(document: Document) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(drawn(document)))


def metadata(pdf: pikepdf.Pdf) -> str:
    return pdf.Root.Metadata.read_bytes().decode()


def streams(pdf: pikepdf.Pdf) -> bytes:
    return b"\n".join(found.read_bytes() for found in pdf.objects if isinstance(found, pikepdf.Stream))


def structure(element: pikepdf.Object) -> list[tuple[str, pikepdf.Object]]:
    """The tags of a document in the order in which they are read."""
    if isinstance(element, pikepdf.Array):
        return [tag for child in element for tag in structure(child)]
    if not isinstance(element, pikepdf.Dictionary) or "/S" not in element:
        return []
    return [(str(element.S), element), *structure(element.get("/K", pikepdf.Array()))]


def told(document: Document, folder: Path, *options: str) -> str:
    """What pdftotext reads."""
    need("pdftoppm")
    (folder / "paper.pdf").write_bytes(drawn(document))
    done = subprocess.run(["pdftotext", *options, folder / "paper.pdf", "-"], capture_output=True, check=True)
    return done.stdout.decode()


def letters(text: str) -> str:
    """Letters and digits alone: readers differ in blanks, hyphens at the end of a line and signs of direction."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isalnum())


@every_document
def test_it_is_one_page_across_whatever_the_name(document):
    with opened(document) as pdf:
        assert len(pdf.pages) == 1
        width, height = (float(side) / POINTS_PER_MILLIMETRE for side in pdf.pages[0].MediaBox[2:])
    assert (round(width), round(height)) == PAGE_MILLIMETRES


@every_document
def test_every_font_is_ours_and_embedded(document):
    with opened(document) as pdf:
        described = [found for found in pdf.objects if isinstance(found, pikepdf.Dictionary) and "/FontName" in found]
        names = {str(found.FontName).split("+")[-1] for found in described}
        assert names and all("/FontFile2" in found or "/FontFile3" in found for found in described)
    ours = {path.stem for path in (Path(drawing.__file__).parent / "fonts").glob("*.ttf")}
    assert names <= ours


def test_each_font_comes_with_its_licence():
    fonts = Path(drawing.__file__).parent / "fonts"
    families = {re.match("Amiri|Noto", path.name)[0] for path in fonts.glob("*.ttf")}
    assert families == {"Amiri", "Noto"}
    for family in families:
        assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts / f"OFL-{family}.txt").read_text()


@every_document
def test_nothing_tells_who_made_it_with_what_and_when(document):
    with opened(document) as pdf:
        assert "/Info" not in pdf.trailer
        about, inside = metadata(pdf), streams(pdf)
    for word in ("Author", "creator", "Creator", "Producer", "Date", "History", "InstanceID", "ypst", "pdf.org"):
        assert word not in about
    for word in (b"ypst", b"pikepdf", b"krilla", b"D:1970", b"1970-01-01", b"/CreationDate", b"/Producer", b"/Creator"):
        assert word not in drawn(document) + inside


@each_language
def test_the_file_says_document_in_its_language_and_no_more(document):
    with opened(document) as pdf:
        assert str(pdf.Root.Lang) == document.language
        assert pdf.Root.ViewerPreferences.DisplayDocTitle is True
        about = metadata(pdf)
    assert f'<rdf:li xml:lang="x-default">{document.title}</rdf:li>' in about
    assert f"<rdf:li>{document.language}</rdf:li>" in about
    assert document.course not in about and document.name not in about


@each_language
def test_the_file_claims_both_standards_and_its_metadata_is_sound(document):
    with opened(document) as pdf:
        about = metadata(pdf)
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert pdf.Root.MarkInfo.Marked is True
        assert pdf.check_pdf_syntax() == []
    for claim in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<", "<pdfaSchema:prefix>pdfuaid<"):
        assert claim in about
    assert ElementTree.fromstring(about.encode()) is not None


def test_a_title_with_signs_of_markup_stays_a_title():
    with opened(replace(ENGLISH, title="<Document> & more")) as pdf:
        about = ElementTree.fromstring(metadata(pdf).encode())
    assert "<Document> & more" in "".join(about.itertext())


@each_language
def test_tags_give_a_heading_paragraphs_in_order_and_a_picture_with_words(document):
    with opened(document) as pdf:
        tags = structure(pdf.Root.StructTreeRoot.K)
        kinds = [kind for kind, _ in tags if kind not in ("/Div", "/Strong")]
        (figure,) = (element for kind, element in tags if kind == "/Figure")
        assert str(figure.Alt) == document.link_label
    assert kinds == ["/Document", "/P", "/H1", *["/P"] * 8, "/Link", "/Figure"]


@each_language
def test_the_square_code_is_a_link_that_says_where_it_leads(document):
    with opened(document) as pdf:
        (annotation,) = pdf.pages[0].Annots
        assert str(annotation.A.URI) == document.link
        assert str(annotation.Contents) == document.link_label


@each_language
def test_nothing_in_it_acts_by_itself(document):
    with opened(document) as pdf:
        for found in pdf.objects:
            if isinstance(found, pikepdf.Dictionary):
                assert not {"/JS", "/AA", "/OpenAction", "/EmbeddedFiles", "/Launch"} & set(found.keys())


def test_arabic_stands_from_right_to_left():
    with opened(ARABIC) as arabic, opened(ENGLISH) as english:
        middle = PAGE_MILLIMETRES[0] / 2 * POINTS_PER_MILLIMETRE
        assert arabic.pages[0].Annots[0].Rect[2] < middle < english.pages[0].Annots[0].Rect[0]


@each_language
def test_no_reader_is_told_to_turn_text_around(document):
    with opened(document) as pdf:
        assert "/Direction" not in pdf.Root.ViewerPreferences, "Chrome would copy the code backwards"


@every_document
def test_the_square_code_is_large_enough(document):
    with opened(document) as pdf:
        left, bottom, right, top = (float(side) / POINTS_PER_MILLIMETRE for side in pdf.pages[0].Annots[0].Rect)
    assert right - left == pytest.approx(top - bottom)
    assert 38 <= right - left <= 60


@every_document
def test_equal_documents_give_equal_bytes(document):
    assert draw(replace(document)) == drawn(document)


def test_other_documents_give_other_bytes():
    assert len({drawn(document) for document in HARD.values()}) == len(set(HARD.values()))


@each_language
def test_drawing_is_quick(document):
    """Processor time with much to spare, since another test may run beside it: one takes less than a tenth of it."""
    draw(document)
    begun = time.process_time()
    draw(document)
    assert time.process_time() - begun < 2


def test_several_threads_draw_at_the_same_time():
    documents = [
        replace(document, link=f"{LINK}{number}") for document in IN_EACH_LANGUAGE.values() for number in range(6)
    ]
    with ThreadPoolExecutor(4) as together:
        found = list(together.map(draw, documents))
    assert found == [draw(document) for document in documents]


UNKNOWN = "မြန်မာ"


@pytest.mark.parametrize("field", ["name", "signatory_name", "issuer"])
def test_letters_that_our_fonts_lack_are_refused_and_not_repeated(field):
    with pytest.raises(CannotBePrinted) as refusal:
        draw(replace(ENGLISH, **{field: f"Juniper {UNKNOWN}"}))
    shown = "".join(traceback.format_exception(refusal.value)) + str(refusal.value)
    assert not set(UNKNOWN) & set(shown)
    assert "Nothing was issued" in str(refusal.value)


def test_a_fault_of_ours_is_not_taken_for_a_missing_letter():
    with pytest.raises(typst.TypstError):
        draw(replace(ENGLISH, heading="half a sign: \ud800"))


def test_what_a_person_typed_is_printed_and_never_carried_out(tmp_path):
    typed = '#panic("x") *Juniper* $1+1$ #read("/etc/hostname")'
    found = told(replace(ENGLISH, name=typed), tmp_path)
    assert "".join(typed.split()) in "".join(found.split())


@every_document
def test_all_that_is_printed_can_be_read_again_as_text(document, tmp_path):
    found = letters(told(document, tmp_path))
    lines = [document.heading, document.name or document.name_label, document.code, document.check_address]
    lines += [document.issued_line, document.signatory_name, document.signatory_role, document.issuer or ""]
    for word in " ".join(lines).split():
        assert letters(word) in found


@each_language
def test_a_sentence_is_read_again_in_order(document, tmp_path):
    found = letters(told(document, tmp_path))
    assert letters(document.statement) in found


def test_vowel_marks_are_left_out_of_sentences_and_kept_in_a_name(tmp_path):
    marked = replace(ARABIC, heading="شهادة إتمامٍ", signatory_role="تنسيق الدّورةِ", name="عَرعَر")
    bare = replace(ARABIC, heading="شهادة إتمام", signatory_role="تنسيق الدورة", name="عَرعَر")
    assert draw(marked) == draw(bare) != draw(replace(bare, name="عرعر"))


def places(document: Document, folder: Path) -> list[tuple[str, list[float]]]:
    """Each printed word with its left, upper, right and lower edge in millimetres."""
    word = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)</word>')
    found = word.findall(told(document, folder, "-bbox"))
    return [(letters(said), [float(side) / POINTS_PER_MILLIMETRE for side in sides]) for *sides, said in found]


@pytest.mark.parametrize(
    ("document", "from_left_to_right"),
    [
        ("en, a title in two scripts", ["completed", "Talks", "2", "محادثات", "2027", "40", "hours"]),
        ("ar, a title in two scripts", ["ساعة", "40", "2027", "Talks", "2", "محادثات", "أكملت"]),
    ],
)
def test_a_title_in_two_scripts_keeps_its_place_in_the_sentence(document, from_left_to_right, tmp_path):
    found = places(HARD[document], tmp_path)
    (line,) = {sides[3] for said, sides in found if said == "2027" and sides[3] < 130}
    in_line = sorted((sides[0], said) for said, sides in found if said and abs(sides[3] - line) < 4)
    # The reader gives the letters of an Arabic word as they stand, from left to right.
    assert [sorted(said) for _, said in in_line] == [sorted(word) for word in from_left_to_right]


@every_document
def test_every_word_stands_inside_the_frame(document, tmp_path):
    found = places(document, tmp_path)
    width, height = PAGE_MILLIMETRES
    assert len(found) > 10
    for _, (left, top, right, bottom) in found:
        assert FRAME_MILLIMETRES < left < right < width - FRAME_MILLIMETRES
        assert FRAME_MILLIMETRES < top < bottom < height - FRAME_MILLIMETRES


def scanned(document: Document, folder: Path, dots_per_inch: int) -> str:
    """What a program reads from the square code of a page that was printed and scanned."""
    need("pdftoppm")
    need("zbarimg")
    (folder / "paper.pdf").write_bytes(drawn(document))
    resolution = ["-r", str(dots_per_inch), "-png", "-singlefile"]
    subprocess.run(["pdftoppm", *resolution, folder / "paper.pdf", folder / "paper"], check=True, capture_output=True)
    reading = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", folder / "paper.png"]
    return subprocess.run(reading, capture_output=True, check=True).stdout.decode().strip()


@each_language
def test_the_square_code_is_read_at_150_dots_an_inch(document, tmp_path):
    assert scanned(document, tmp_path, 150) == LINK


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_fullest_square_code_is_read_at_150_dots_an_inch(language, tmp_path):
    fullest = HARD[f"{language}, everything as long as can be"]
    assert scanned(fullest, tmp_path, 150) == fullest.link


def test_a_link_of_480_characters_is_read_at_150_dots_an_inch(tmp_path):
    assert len(LONG_LINK) == 480
    assert scanned(replace(ENGLISH, link=LONG_LINK), tmp_path, 150) == LONG_LINK
