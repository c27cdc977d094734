"""Every fault is found at its file and line, all of them at once, and a sound pack has none."""

import os

import pytest

from lms.content.check import check_pack
from lms.content.pack import MOST_BYTES, Pack, read_pack

from .packs import AR, EN, FILES, FR, GLOSSARY, M1, changed, in_every_language, pack, write

SVG, FIGURE = f"{M1}/figures/three-designs.svg", f"{M1}/figures/three-designs.yaml"
MODULE, ITEMS, RUBRICS = f"{M1}/module.yaml", f"{M1}/items.yaml", f"{M1}/rubrics.yaml"
LATER = "modules/02-later/module.yaml"
ID = "an id is at most 40 lower-case letters, digits and single hyphens"
LINK = "a link to something else than a term or a source; addresses stand in sources"
ADDRESS = "an address in the text; addresses stand in sources"
INSIDE = "an image inside a text; a figure is placed by ![](figure:id) on a line of its own"


def faults(files):
    return [str(fault) for fault in check_pack(pack(files))]


def test_a_sound_pack_has_no_faults():
    assert faults(FILES) == []


# What is planted, in which file, instead of what; and the one fault that this file then has, with its line.
PLANTED = [
    # Characters
    ("a tab", "course.yaml", "naming: alias", "naming:  \talias", "7: a tab; use blanks"),
    ("a carriage return", EN, "- one thing\n", "- one thing\r\n", "36: line ends must be \\n alone, without \\r"),
    ("no last line end", EN, "said so.\n", "said so.", "48: the last line does not end"),
    ("a decomposed letter", FR, "projet", "proje\u0301t", "25: not in the composed form of Unicode (NFC)"),
    ("an order turned around", AR, "مسودة", "مسودة\u202e", "25: hidden character U+202E"),
    ("an isolate", AR, "مسودة", "\u2066مسودة", "25: hidden character U+2066"),
    ("a control character", EN, "A draft", "A\x07 draft", "25: hidden character U+0007"),
    ("a hidden one as an entity", EN, "A draft", "A&#8238; draft", "25: hidden character U+202E"),
    # YAML
    ("broken YAML", "course.yaml", "title: {en", "title: {{en", "5: not YAML: did not find expected ',' or '}'"),
    ("an unknown key", "course.yaml", "naming", "nameing: x\nnaming", "7: unknown key nameing"),
    ("a key twice", "course.yaml", "naming: alias", "naming: alias\nnaming: named", "8: the key naming occurs twice"),
    (
        "a wrong type",
        "course.yaml",
        "percent: 80",
        "percent: many",
        "10: completion.activities_percent must be a whole number",
    ),
    (
        "too large a number",
        "course.yaml",
        "percent: 80",
        "percent: 120",
        "10: completion.activities_percent must be at most 100",
    ),
    ("no possible choice", "course.yaml", "naming: alias", "naming: both", "7: naming must be 'alias' or 'named'"),
    ("a missing key", "course.yaml", "naming: alias\n", "", "1: naming is missing"),
    ("text without quotes", "course.yaml", '"A course"', "2022", "5: title.en must be text; put it between quotes"),
    # Ids
    ("an id with capitals", MODULE, "id: m1\n", "id: M1\n", f"1: id: {ID}"),
    ("an id too long", MODULE, "id: m1\n", f"id: {'m' * 41}\n", f"1: id: {ID}"),
    (
        "an id taken by a module",
        LATER,
        "id: m2",
        "id: m1",
        f"1: the id m1 of this module is taken already: module in {MODULE}, line 1",
    ),
    (
        "an id taken by a term",
        LATER,
        "id: m2",
        "id: ceasefire",
        "1: the id ceasefire of this module is taken already: term in glossary.csv, line 3",
    ),
    # Languages
    ("a language missing", MODULE, ', fr: "Ce que c’est"', "", "2: title has no fr"),
    ("a language too many", MODULE, '{en: "What', '{de: "W", en: "What', "2: de is no language of the programme"),
    ("an address in no language", "course.yaml", "{ar: fem", "{de: fem", "8: de is no language here"),
    (
        "emphasis in Arabic",
        AR,
        "مسودة",
        "*مسودة*",
        "25: emphasis: this language has no slanted type; use **strong words** or none",
    ),
    (
        "a language named twice",
        "course.yaml",
        "allowed: [es]",
        "allowed: [fr]",
        "2: languages: a language is named twice",
    ),
    # Lists of lessons
    (
        "a lesson without file",
        MODULE,
        "[m1-words]",
        "[m1-words, m1-x]",
        "6: the lesson m1-x has no file in this module",
    ),
    ("a lesson listed twice", MODULE, "[m1-words]", "[m1-words, m1-words]", "6: the lesson m1-words is listed twice"),
    # Front matter
    (
        "front matter without end",
        EN,
        "ceasefire]\n---",
        "ceasefire]",
        "1: a lesson begins with front matter between two lines of ---",
    ),
    ("an unknown key in it", EN, "minutes: 8", "minutes: 8\nlevel: 2", "5: unknown key level"),
    (
        "a day that is none",
        EN,
        "checked: 2026-11-01",
        "checked: 2026-13-01",
        "12: not YAML: 2026-13-01 is no possible value",
    ),
    (
        "review before check",
        EN,
        "review: 2027-11-01",
        "review: 2026-10-31",
        "13: sources[1].review: lies before the day of checking",
    ),
    (
        "no day, month or year",
        EN,
        "published: 1907",
        "published: long ago",
        "17: sources[2].published: must be a day, a month (2022-09) or a year (2022)",
    ),
    (
        "an odd address",
        EN,
        "url: https:",
        "url: ftp:",
        "11: sources[1].url: must be an address that begins with https://",
    ),
    (
        "a source never cited",
        EN,
        "older**.[](source:regulations)",
        "older**.",
        "14: the source regulations is never cited",
    ),
    (
        "a term never used",
        EN,
        "[ceasefire](term:ceasefire)",
        "ceasefire",
        "21: the term ceasefire is never used in the text",
    ),
    (
        "a term not in the glossary",
        EN,
        "terms: [armistice, ",
        "terms: [armistice, truce, ",
        "21: the term truce does not stand in glossary.csv",
    ),
    (
        "a term listed twice",
        EN,
        "[armistice, ceasefire]",
        "[armistice, ceasefire, ceasefire]",
        "21: the term ceasefire is listed twice",
    ),
    # Passages
    (
        "a paragraph without id",
        EN,
        "{#start}\n",
        "",
        "24: this paragraph has no passage id: write {#id} on the line before it",
    ),
    (
        "a list without id",
        EN,
        "{#word-list}\n",
        "",
        "35: this list has no passage id: write {#id} on the line before it",
    ),
    (
        "a heading without id",
        EN,
        "One word {#word}",
        "One word",
        "28: this heading has no id: write {#id} at the end of its line",
    ),
    ("a heading after its id", EN, "## One", "{#x}\n## One", "28: a heading carries its id at the end of its own line"),
    (
        "an id before a figure",
        EN,
        "![](figure:three",
        "{#alone}\n\n![](figure:three",
        "33: a figure takes no passage id",
    ),
    ("an id at the end", EN, "said so.\n", "said so.\n\n{#end}\n", "50: a passage id without a passage after it"),
    ("two ids", EN, "{#start}", "{#begin}\n{#start}", "24: a passage id without a passage after it"),
    (
        "a passage id twice",
        EN,
        "{#word-list}",
        "{#word-law}",
        "35: the passage id word-law occurs twice, first in line 30",
    ),
    ("a passage id with capitals", EN, "{#word-list}", "{#Word-List}", f"35: {{#Word-List}}: {ID}"),
    (
        "an id in the middle",
        EN,
        "another thing",
        "another {#x} thing",
        "37: {#id} stands on a line of its own before its passage, or at the end of a heading",
    ),
    (
        "a heading of level 1",
        EN,
        "## One word",
        "# One word",
        "28: headings are of level 2 or 3; the title is the only level 1",
    ),
    (
        "a heading of level 4",
        EN,
        "### A closer",
        "#### A closer",
        "39: headings are of level 2 or 3; the title is the only level 1",
    ),
    ("a heading in a quotation", EN, "> Somebody", "> ## Somebody", "48: a heading inside a list or a quotation"),
    (
        "a block of code",
        EN,
        "> Somebody",
        "    > Somebody",
        "48: a block of code has no place in a lesson; was it indented by four blanks?",
    ),
    ("a line across", EN, "said so.\n", "said so.\n\n---\n", "50: a line across the page has no place in a lesson"),
    # What is not allowed in a text
    ("HTML", EN, "Somebody said", "Somebody <b>said</b>", "48: HTML is not allowed"),
    ("a script", EN, "- one thing", "- one <script>alert(1)</script> thing", "36: HTML is not allowed"),
    ("a link to another site", EN, "Somebody", "[Somebody](https://example.org/)", f"48: {LINK}"),
    ("a link that acts", EN, "Somebody", "[Somebody](javascript:alert(1))", f"48: {LINK}"),
    ("a plain address", EN, "Somebody", "Somebody at https://example.org", f"48: {ADDRESS}"),
    ("an address in angles", EN, "Somebody", "<https://example.org>", f"48: {ADDRESS}"),
    ("a remote image", EN, "Somebody", "![x](//example.org/x.gif)", f"48: {INSIDE}"),
    ("a figure in a sentence", EN, "Somebody", "![](figure:three-designs) somebody", f"48: {INSIDE}"),
    (
        "words for a figure",
        EN,
        "![](figure",
        "![boxes](figure",
        "33: a figure is placed by ![](figure:id) alone; its words stand in its yaml file",
    ),
    ("a source with words", EN, "a source.[](", "a source.[it](", "26: a source is cited without words: [](source:id)"),
    ("a term without words", EN, "[Armistice](", "[](", "31: a term without words: [words](term:id)"),
    (
        "an unknown figure",
        EN,
        "figure:three-designs",
        "figure:two-designs",
        "33: the figure two-designs does not exist",
    ),
    # One lesson in several languages
    (
        "a last passage missing",
        FR,
        "{#word-said}\n> Somebody said so.\n",
        "",
        f"45: passage word-said of {EN} is missing",
    ),
    (
        "a passage missing",
        FR,
        "{#word-list}\n- one thing\n- another thing\n\n",
        "",
        f"35: passage word-list of {EN} is missing",
    ),
    (
        "a passage too many",
        FR,
        "### A closer",
        "{#more}\nPlus.\n\n### A closer",
        f"39: passage more does not stand in {EN}",
    ),
    (
        "a passage of another kind",
        FR,
        "- one thing\n- another",
        "1. one thing\n2. another",
        f"35: passage word-list is a list in {EN}, line 35",
    ),
    (
        "a citation missing",
        FR,
        "defines it.[](source:guidance)",
        "defines it.",
        f"30: passage word-law does not cite guidance, as it does in {EN}",
    ),
    (
        "a citation too many",
        FR,
        "- another thing",
        "- another thing[](source:guidance)",
        f"37: passage word-list cites guidance, as it does not in {EN}",
    ),
    ("a figure missing", AR, "![](figure:three-designs)\n\n", "", f"33: figure three-designs of {EN} is missing"),
    ("other minutes", FR, "minutes: 8", "minutes: 9", f"4: minutes differs from {EN}"),
    ("other safety", AR, "safety: false", "safety: true", f"5: safety differs from {EN}"),
    (
        "one content note",
        FR,
        "safety: false",
        "safety: false\ncontent_note: dur",
        f"6: content_note stands in only one of this and {EN}",
    ),
    (
        "another day of a source",
        FR,
        "checked: 2026-11-01",
        "checked: 2026-10-01",
        f"12: checked of source guidance differs from {EN}",
    ),
    (
        "a language of a title",
        FR,
        "publisher: A p",
        "lang: French\n    publisher: A p",
        "9: sources[1].lang: is no language code",
    ),
    ("another order of terms", FR, "[armistice, ceasefire]", "[ceasefire, armistice]", f"21: terms differs from {EN}"),
    # The glossary
    (
        "columns in disorder",
        "glossary.csv",
        "term_fr,term_ar",
        "term_ar,term_fr",
        "1: the columns must be id, then term_LANGUAGE for each language, then definition_LANGUAGE",
    ),
    (
        "rows in disorder",
        "glossary.csv",
        "armistice,armistice,",
        "zeal,armistice,",
        "3: ceasefire stands after zeal; ids stand in alphabetical order",
    ),
    (
        "a term twice",
        "glossary.csv",
        "ceasefire,ceasefire,",
        "armistice,ceasefire,",
        "3: the term armistice occurs twice, first in line 2",
    ),
    ("an empty cell", "glossary.csv", ",Stops fire.,", ",,", "3: ceasefire: definition_en is empty"),
    ("too few cells", "glossary.csv", ",Stops fire.", "", "3: 6 cells instead of 7"),
    ("a quotation not closed", "glossary.csv", ",Stops fire.", ',"Stops fire.', "3: not CSV: unexpected end of data"),
    (
        "an empty row",
        "glossary.csv",
        "ceasefire,ceasefire,cessez-le-feu,وقف إطلاق النار,Stops fire.,Arrête le feu.,يوقف النار.",
        "ceasefire,,,,,,",
        "3: ceasefire: the row is empty",
    ),
    ("an empty line", "glossary.csv", "\nceasefire", "\n\nceasefire", "3: 0 cells instead of 7"),
    ("an id of a term", "glossary.csv", "\nceasefire,", "\nceasefire,a,b,c,d,e,f\nzeal_2,", f"4: 'zeal_2': {ID}"),
    (
        "a blank at the edge",
        "glossary.csv",
        "Stops fire.",
        " Stops fire.",
        "3: ceasefire: a cell begins or ends with blanks",
    ),
    (
        "a language without a term",
        "glossary.csv",
        "ceasefire,ceasefire,cessez-le-feu,وقف إطلاق النار,Stops fire.,Arrête le feu.,يوقف النار.",
        "ceasefire,ceasefire,,وقف إطلاق النار,Stops fire.,,يوقف النار.",
        "3: the term ceasefire has no fr in glossary.csv",
    ),
    # Figures
    ("a script in a drawing", SVG, "</svg>", "<script/>\n</svg>", "10: <script> has no place in a drawing"),
    ("an event", SVG, "<rect ", '<rect onclick="x()" ', "6: onclick on <rect> has no place in a drawing"),
    ("a style", SVG, "<rect ", '<rect style="fill:red" ', "6: style on <rect> has no place in a drawing"),
    (
        "a colour",
        SVG,
        'fill="none"',
        'fill="#f00"',
        '2: fill="#f00" is not allowed; currentColor and none are the only colours',
    ),
    (
        "a reference",
        SVG,
        'fill="none"',
        'fill="url(#x)"',
        '2: fill="url(#x)" is not allowed; currentColor and none are the only colours',
    ),
    (
        "a picture",
        SVG,
        "</svg>",
        '<image href="https://example.org/x.png"/>\n</svg>',
        "10: <image> has no place in a drawing",
    ),
    ("a foreign object", SVG, "</svg>", "<foreignObject/>\n</svg>", "10: <foreignObject> has no place in a drawing"),
    (
        "words in a drawing",
        SVG,
        'data-label="start">',
        'data-label="start">go',
        "8: words in a drawing; they belong into the labels",
    ),
    ("a text without label", SVG, ' data-label="stop"', "", "7: a <text> without data-label"),
    ("a text without words", SVG, 'data-label="stop"', 'data-label="go"', f"7: the label go has no words in {FIGURE}"),
    (
        "words without text",
        FIGURE,
        "  stop:",
        "  more: {en: a, fr: b, ar: c}\n  stop:",
        "6: the label more stands nowhere in the drawing",
    ),
    (
        "words that are turned",
        SVG,
        '<g fill="currentColor"',
        '<g transform="rotate(90)" fill="currentColor"',
        "5: transform on a <g> with words: words are not turned or moved",
    ),
    ("broken XML", SVG, "</g>\n</svg>", "</svg>", "9: not XML: mismatched tag"),
    ("entities", SVG, "<svg ", '<!DOCTYPE svg [<!ENTITY x "y">]>\n<svg ', "1: a DOCTYPE has no place in a drawing"),
    (
        "no name space",
        SVG,
        ' xmlns="http://www.w3.org/2000/svg"',
        "",
        '1: a drawing begins with <svg xmlns="http://www.w3.org/2000/svg">',
    ),
    ("an instruction", SVG, "</svg>", "<?run it?>\n</svg>", "10: the instruction <?run?> has no place in a drawing"),
    ("a text without place", SVG, '<text x="81" ', "<text ", "7: a <text> needs x and y"),
    (
        "a text that is turned",
        SVG,
        '<text x="81" ',
        '<text transform="rotate(9)" x="81" ',
        "7: transform on a <text>: words are not turned or moved",
    ),
    (
        "a text with parts",
        SVG,
        'data-label="start">',
        'data-label="start"><g/>',
        "8: a <text> contains nothing; its words come from the labels",
    ),
    ("no view box", SVG, ' viewBox="0 28 480 230"', "", "1: the drawing needs a viewBox of four numbers"),
    ("a size of its own", SVG, "<svg ", '<svg width="100%" ', "1: width on <svg>: the page decides on the size"),
    ("a large drawing", SVG, "</svg>", f"<!-- {'x' * 31_000} -->\n</svg>", "1: the drawing has more than 30,720 bytes"),
    # Questions
    ("a key that is no option", ITEMS, "key: a", "key: c", "8: m1-q1: the key names c, which is no option"),
    ("an item without key", ITEMS, "    key: a\n", "", "2: items[1].key is missing"),
    ("an option twice", ITEMS, "{id: b,", "{id: a,", "7: m1-q1: the id a occurs twice"),
    ("an unknown rubric", ITEMS, "rubric: m1-r1", "rubric: m1-r2", "24: m1-q4: there is no rubric m1-r2"),
    ("an answer without a language", ITEMS, ', fr: ["cessez-le-feu"]', "", "14: accepted has no fr"),
    (
        "more answers than accepted",
        ITEMS,
        "    accepted:",
        "    fields: 2\n    accepted:",
        "13: m1-q2: asks for 2 answers but accepts 1",
    ),
    ("more words than allowed", ITEMS, "{min: 150,", "{min: 250,", "23: m1-q4: asks for more words than it allows"),
    ("weights that are not 100", RUBRICS, "weight: 60", "weight: 50", "3: m1-r1: the weights sum up to 90, not to 100"),
    ("a criterion twice", RUBRICS, "{id: safety, w", "{id: type, w", "5: m1-r1: the id type occurs twice"),
]


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"), [row[1:] for row in PLANTED], ids=[row[0] for row in PLANTED]
)
def test_a_planted_fault_is_found_at_its_line(path, old, new, expected):
    found = check_pack(pack(changed(path, old, new)))

    assert [f"{fault.line}: {fault.text}" for fault in found if fault.file == path] == [expected]


def test_all_faults_are_named_at_once_by_file_and_line():
    files = changed("course.yaml", "naming: alias", "naming: both")
    files = changed(EN, "Somebody", "<b>Somebody", files)
    files = changed(EN, "{#start}\n", "{#start}\nA *draft* with&#8238; ", files)
    files = changed(AR, "safety: false", "safety: true", files)
    files = changed(SVG, 'fill="none"', 'fill="red"', files)
    files = changed(RUBRICS, "weight: 60", "weight: 6", files)

    found = check_pack(pack(files))

    assert [(fault.file, fault.line) for fault in found] == [
        ("course.yaml", 7),
        (SVG, 2),
        (AR, 5),
        (EN, 25),
        (EN, 48),
        (RUBRICS, 3),
    ]


def test_a_lesson_is_read_in_every_required_language():
    files = {path: text for path, text in FILES.items() if path != FR}

    assert faults(files) == [f"{FR}:1: missing: the lesson m1-words has no fr"]


def test_a_lesson_that_cannot_be_read_is_not_said_to_be_missing():
    assert faults(changed(FR, "minutes: 8", "minutes: eight")) == [f"{FR}:4: minutes must be a whole number"]


def test_an_allowed_language_may_be_complete_for_one_lesson():
    spanish = f"{M1}/lessons/01-words.es.md"
    glossary = (
        GLOSSARY.replace(",definition_en", ",term_es,definition_en")
        .replace("definition_ar", "definition_ar,definition_es")
        .replace('هدنة,"', 'هدنة,armisticio,"')
        .replace("يعلق الحرب.", "يعلق الحرب.,Suspende.")
        .replace("النار,Stops", "النار,alto el fuego,Stops")
        .replace("يوقف النار.", "يوقف النار.,Para.")
    )

    assert faults({**FILES, spanish: FILES[EN], "glossary.csv": glossary}) == []
    assert faults({**FILES, spanish: FILES[EN]}) == [
        f"{spanish}:21: the term armistice has no es in glossary.csv",
        f"{spanish}:21: the term ceasefire has no es in glossary.csv",
    ]


def test_passages_stand_in_the_same_order_in_every_language():
    moved = changed(FR, "{#word-list}\n- one thing\n- another thing\n\n", "")
    moved = changed(FR, "## Un mot", "{#word-list}\n- one thing\n- another thing\n\n## Un mot", moved)

    assert faults(moved) == [f"{FR}:28: passage word-list stands in another order than in {EN}"]


# A block takes the id of another: in English, in French, or a later one takes an earlier one's.
TAKEN = [
    (EN, "{#word-list}", "{#word-law}", "35: the passage id word-law occurs twice, first in line 30"),
    (EN, "{#start}", "{#word-law}", "30: the passage id word-law occurs twice, first in line 24"),
    (EN, "{#word-said}", "{#word-table}", "47: the passage id word-table occurs twice, first in line 41"),
    (FR, "{#word-list}", "{#word-law}", "35: the passage id word-law occurs twice, first in line 30"),
    (FR, "{#word}", "{#closer}", "39: the passage id closer occurs twice, first in line 28"),
]


@pytest.mark.parametrize(("path", "old", "new", "expected"), TAKEN)
def test_the_other_languages_are_not_blamed_for_an_id_that_one_repeats(path, old, new, expected):
    assert faults(changed(path, old, new)) == [f"{path}:{expected}"]


def test_other_differences_are_found_beside_a_repeated_id():
    files = changed(EN, "{#word-list}", "{#word-law}")
    files = changed(FR, "{#start}\n", "{#more}\n- plus\n\n{#start}\n", files)
    files = changed(AR, "{#word-said}\n> Somebody said so.\n", "", files)

    assert faults(files) == [
        f"{AR}:45: passage word-said of {EN} is missing",
        f"{EN}:35: the passage id word-law occurs twice, first in line 30",
        f"{FR}:24: passage more does not stand in {EN}",
    ]


def test_words_of_a_source_may_be_translated_but_not_its_facts():
    translated = changed(FR, "title: Guidance on Mediation", "title: Orientations")

    assert faults(translated) == []


def test_lessons_are_listed_and_ordered_as_their_files():
    files = {path.replace("01-words", "02-words"): text for path, text in FILES.items()}
    for path in (EN, FR, AR):
        text = FILES[path].replace("id: m1-words", "id: m1-types")
        files[path.replace("01-words", "01-types")] = text

    assert faults(files) == [f"{M1}/lessons/01-types.en.md:2: the lesson m1-types is not listed in {MODULE}"]
    wrong = changed(MODULE, "[m1-words]", "[m1-words, m1-types]", files)
    assert faults(wrong) == [f"{MODULE}:6: the lessons stand in another order than their files"]
    right = changed(MODULE, "[m1-words]", "[m1-types, m1-words]", files)
    assert faults(right) == []


def test_sources_stand_in_the_same_order_in_every_language():
    swapped = FILES[FR].replace("id: guidance", "id: x").replace("id: regulations", "id: guidance")

    found = faults({**FILES, FR: swapped.replace("id: x", "id: regulations")})

    assert found == [f"{FR}:6: the sources are not those of {EN} in the same order"]


def test_a_source_is_listed_once():
    files = in_every_language("id: regulations", "id: guidance")
    for path in (EN, FR, AR):
        files = changed(path, "(source:regulations)", "(source:guidance)", files)

    assert faults(files) == [f"{path}:14: the source guidance is listed twice" for path in (AR, EN, FR)]


def test_a_number_stands_before_one_lesson_only():
    files = dict(FILES)
    for path in (EN, FR, AR):
        files[path.replace("01-words", "01-types")] = FILES[path].replace("id: m1-words", "id: m1-types")
    files = changed(MODULE, "[m1-words]", "[m1-types, m1-words]", files)

    assert faults(files) == [f"{EN}:1: the number 01 is taken by {M1}/lessons/01-types"]


def test_a_language_that_no_programme_has_is_refused():
    german = f"{M1}/lessons/01-words.de.md"

    assert f"{german}:1: de is no language of the programme" in faults({**FILES, german: FILES[EN]})


def test_a_glossary_has_columns_for_every_required_language():
    found = faults({**FILES, "glossary.csv": "id,term_en,definition_en\narmistice,a,b\nceasefire,c,d\n"})

    assert found[:2] == ["glossary.csv:1: there are no columns for ar", "glossary.csv:1: there are no columns for fr"]


def test_a_lesson_has_a_text():
    head = FILES[EN].partition("{#start}")[0]

    assert f"{EN}:22: the lesson has no text" in faults({**FILES, EN: head})


def test_a_file_of_remarks_alone_says_nothing():
    assert faults({**FILES, "course.yaml": "# later\n"}) == ["course.yaml:1: the file must be keys and values"]


def test_a_number_stands_before_one_module_only():
    files = {path.replace("02-later", "01-z-later"): text for path, text in FILES.items()}

    assert faults(files) == [f"modules/01-z-later/module.yaml:1: the number 01 is taken by {M1}"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("notes.txt", "a file of this name has no place in a pack"),
        (".git/config", "a file of this name has no place in a pack"),
        (f"{M1}/figures/photo.png", "a file of this name has no place in a pack"),
        ("modules/what-it-is/module.yaml", "the folder of a module is named by two digits"),
        ("modules/1-what/module.yaml", "the folder of a module is named by two digits"),
        (f"{M1}/lessons/words.en.md", "a lesson is named by two digits"),
        (f"{M1}/lessons/01-words.md", "a lesson is named by two digits"),
        (f"{M1}/lessons/01-Words.en.md", "a lesson is named by two digits"),
        ("../outside.yaml", "a file of this name has no place in a pack"),
    ],
)
def test_nothing_else_lies_in_the_folder(path, expected):
    [fault] = check_pack(pack({**FILES, path: "id: x\n"}))

    assert (fault.file, fault.line) == (path, 1)
    assert fault.text.startswith(expected)


@pytest.mark.parametrize("path", ["course.yaml", "glossary.csv", MODULE])
def test_no_file_may_be_missing(path):
    files = {name: text for name, text in FILES.items() if name != path}

    assert f"{path}:1: missing" in faults(files)


def test_a_course_without_terms_needs_no_glossary():
    files = {path: text for path, text in FILES.items() if path.startswith(("course", "modules/02"))}

    assert faults(files) == []


def test_a_figure_is_two_files():
    files = {name: text for name, text in FILES.items() if name != SVG}

    assert faults(files) == [f"{SVG}:1: missing: a figure is a .svg and a .yaml file of one name"]


def test_a_file_that_is_not_utf_8_is_reported_where_it_begins_not_to_be():
    files = {path: text.encode() for path, text in FILES.items()}
    files["course.yaml"] = files["course.yaml"].replace(b"A course", b"A \xff course")

    assert [str(fault) for fault in check_pack(Pack(files=files))][0] == "course.yaml:5: not UTF-8"


def test_an_empty_file_is_reported():
    assert faults({**FILES, RUBRICS: ""})[0] == f"{ITEMS}:24: m1-q4: there is no rubric m1-r1"
    assert faults({**FILES, RUBRICS: ""})[1] == f"{RUBRICS}:1: the file is empty"


def test_no_level_of_lists_goes_unread():
    """Deeper than the parser goes, text would vanish without a word."""
    deep = changed(EN, "> Somebody said so.", "> " * 30 + "Somebody said so.")

    assert f"{EN}:48: lists and quotations inside each other: too many levels" in faults(deep)


def test_nested_yaml_is_refused_and_does_not_exhaust_the_reader():
    nested = changed("course.yaml", "naming: alias", f"naming: {'[' * 900}{']' * 900}")

    assert faults(nested)[0] == "course.yaml:7: not YAML of a pack: too many levels"


def test_aliases_are_refused_before_they_multiply():
    files = changed("course.yaml", "naming: alias", "naming: &a [x, x]\nmore: [*a, *a]")

    assert faults(files)[0] == "course.yaml:7: not YAML of a pack: write the value out, without & and *"


def test_an_index_of_links_is_not_a_way_around():
    files = in_every_language("> Somebody said so.", "> [Somebody][x] said so.\n\n{#index}\n[x]: https://example.org")

    assert [fault for fault in faults(files) if ADDRESS in fault] == [f"{path}:51: {ADDRESS}" for path in (AR, EN, FR)]


# What only a folder on a disk can have


def test_links_are_not_followed(tmp_path):
    folder = write(tmp_path / "pack")
    secret = tmp_path / "secret.md"
    secret.write_text("secret\n")
    os.symlink(secret, folder / M1 / "lessons" / "02-secret.en.md")
    os.symlink(tmp_path, folder / "modules" / "03-all")

    read = read_pack(folder)

    assert [(fault.file, fault.text) for fault in read.faults] == [
        (f"{M1}/lessons/02-secret.en.md", "a link: a pack holds plain files only"),
        ("modules/03-all", "a link: a pack holds plain files only"),
    ]
    assert read.files.keys() == FILES.keys()


def test_pipes_are_not_read(tmp_path):
    folder = write(tmp_path / "pack")
    os.mkfifo(folder / M1 / "items2.yaml")

    assert [str(fault) for fault in check_pack(read_pack(folder))] == [f"{M1}/items2.yaml:1: not a plain file"]


def test_files_that_are_too_large_are_not_read(tmp_path):
    folder = write(tmp_path / "pack")
    (folder / "course.yaml").write_bytes(b"x" * (MOST_BYTES + 1))

    [fault] = read_pack(folder).faults

    assert str(fault) == "course.yaml:1: the file has 262,145 bytes; 262,144 are the most"


def test_a_folder_with_very_many_files_is_not_read_to_its_end(tmp_path, monkeypatch):
    folder = write(tmp_path / "pack")
    monkeypatch.setattr("lms.content.pack.MOST_FILES", 3)

    read = read_pack(folder)

    assert len(read.files) == 3
    assert [fault.text for fault in read.faults] == ["the pack has more than 3 files"]
