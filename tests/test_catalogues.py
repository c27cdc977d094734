"""The catalogues of messages are complete, and the check that says so finds each fault."""

import gettext
import shutil
from pathlib import Path

import polib
import pytest

from tests.tools import messages
from tests.tools.messages import PLURALS, ROOT

SOURCE = """
from flask_babel import gettext as _, ngettext, pgettext

# Translators: a greeting at the door
HELLO = _("Hello, %(name)s")
LESSONS = ngettext("%(num)s lesson for %(name)s", "%(num)s lessons for %(name)s", 3)
CALL = pgettext("selection", "Call")
"""
PAGE = """{% block title %}{{ _("A title") }}{% endblock %}"""
FRENCH = {
    "Hello, %(name)s": "Bonjour, %(name)s",
    "Call": "Appel",
    "A title": "Un titre",
    "%(num)s lesson for %(name)s": ["%(num)s leçon pour %(name)s", "%(num)s leçons pour %(name)s"],
}
ARABIC = {
    "Hello, %(name)s": "مرحبا %(name)s",
    "Call": "دعوة",
    "A title": "عنوان",
    "%(num)s lesson for %(name)s": [
        "لا دروس لـ %(name)s",
        "درس واحد لـ %(name)s",
        "درسان لـ %(name)s",
        "%(num)s دروس لـ %(name)s",
        "%(num)s درسا لـ %(name)s",
        "%(num)s درس لـ %(name)s",
    ],
}


def test_the_catalogues_of_the_product_have_no_fault():
    assert list(messages.faults(ROOT)) == []


@pytest.mark.parametrize(
    ("number", "form"),
    [(0, 0), (1, 1), (2, 2), (3, 3), (10, 3), (11, 4), (99, 4), (100, 5), (102, 5), (103, 3), (111, 4)],
)
def test_arabic_has_the_six_plural_forms_of_cldr(number, form):
    assert _form("ar", number) == form


@pytest.mark.parametrize(("number", "form"), [(0, 0), (1, 0), (2, 1), (1_000_000, 1)])
def test_french_counts_zero_as_one(number, form):
    assert _form("fr", number) == form


@pytest.mark.parametrize(("number", "form"), [(0, 1), (1, 0), (2, 1)])
def test_english_has_one_and_many(number, form):
    assert _form("en", number) == form


def _form(language: str, number: int) -> int:
    return gettext.c2py(PLURALS[language].partition("plural=")[2].rstrip(";"))(number)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small source tree whose catalogues are in order."""
    templates = tmp_path / "lms" / "web" / "templates"
    templates.mkdir(parents=True)
    (tmp_path / "lms" / "views.py").write_text(SOURCE)
    (templates / "page.html").write_text(PAGE)
    shutil.copy(ROOT / "babel.cfg", tmp_path)
    messages.write(tmp_path)
    _translate(tmp_path, "fr", FRENCH)
    _translate(tmp_path, "ar", ARABIC)
    messages.write(tmp_path)
    return tmp_path


def _translate(tree: Path, language: str, translations: dict[str, str | list[str]]) -> None:
    path = _po(tree, language)
    catalogue = polib.pofile(str(path), wrapwidth=0)
    for entry in catalogue:
        found = translations[entry.msgid]
        if isinstance(found, list):
            entry.msgstr_plural = dict(enumerate(found))
        else:
            entry.msgstr = found
    catalogue.save(str(path))


def _po(tree: Path, language: str) -> Path:
    return tree / "translations" / language / "LC_MESSAGES" / "messages.po"


def _replace(tree: Path, language: str, old: str, new: str) -> list[str]:
    """Put a fault into a catalogue and compile it; what the check says afterwards."""
    path = _po(tree, language)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    path.with_suffix(".mo").write_bytes(polib.pofile(str(path), wrapwidth=0).to_binary())
    return list(messages.faults(tree))


def test_a_tree_in_order_has_no_fault(tree):
    assert list(messages.faults(tree)) == []


def test_everything_that_is_said_is_extracted_with_its_note(tree):
    text = _po(tree, "fr").read_text()

    assert '#. a greeting at the door\n#, python-format\nmsgid "Hello, %(name)s"' in text
    assert 'msgctxt "selection"\nmsgid "Call"' in text
    assert 'msgid_plural "%(num)s lessons for %(name)s"' in text
    assert 'msgid "A title"' in text


def test_writing_twice_changes_nothing(tree):
    before = {path: path.read_bytes() for path in tree.rglob("messages.*")}

    messages.write(tree)

    assert {path: path.read_bytes() for path in tree.rglob("messages.*")} == before


def test_a_new_sentence_in_the_source_is_found(tree):
    (tree / "lms" / "new.py").write_text('from x import lazy as _l\nNEW = _l("Something new")\n')

    assert "out of date" in "\n".join(messages.faults(tree))


def test_both_forms_of_a_refusal_that_counts_are_extracted(tree):
    (tree / "lms" / "errors.py").write_text(
        'from x import lazy_counted as _ln\nMOST = _ln("%(most)s row is read", "%(most)s rows are read", "most")\n'
    )

    [entry] = [one for one in messages.extract(tree) if one.msgid == "%(most)s row is read"]

    assert entry.msgid_plural == "%(most)s rows are read" and entry.flags == ["python-format"]


def test_a_sentence_that_returns_gets_its_translation_back(tree):
    page = tree / "lms" / "web" / "templates" / "page.html"
    page.write_text("")
    messages.write(tree)

    page.write_text(PAGE)
    messages.write(tree)

    assert list(messages.faults(tree)) == []


def test_a_missing_catalogue_is_found(tree):
    _po(tree, "fr").unlink()

    assert "translations/fr/LC_MESSAGES/messages.po: missing" in "\n".join(messages.faults(tree))


def test_a_stale_compiled_catalogue_is_found(tree):
    path = _po(tree, "ar")
    path.write_text(path.read_text().replace("عنوان", "العنوان"))

    assert list(messages.faults(tree)) == ["translations/ar/LC_MESSAGES/messages.mo: stale; run: make messages"]


@pytest.mark.parametrize(
    ("language", "old", "new", "said"),
    [
        ("fr", "Un titre", "", "empty: 'A title'"),
        ("ar", "درسان لـ %(name)s", "", "empty: '%(num)s lesson for %(name)s'"),
        ("fr", 'msgid "A title"', '#, fuzzy\nmsgid "A title"', "fuzzy: 'A title'"),
        ("fr", "Bonjour, %(name)s", "Bonjour", "placeholders differ (form 0: none instead of name)"),
        ("fr", "Bonjour, %(name)s", "Bonjour, %(nom)s", "placeholders differ (form 0: nom instead of name)"),
        ("ar", "%(num)s درسا لـ %(name)s", "%(num)s درسا", "placeholders differ (form 4: num instead of name, num)"),
        (
            "ar",
            "%(num)s دروس لـ %(name)s",
            "دروس لـ %(name)s",
            "placeholders differ (form 3: name instead of name, num)",
        ),
        ("fr", "%(num)s leçon pour %(name)s", "Leçon pour %(name)s", "placeholders differ (form 0"),
        ("fr", "Bonjour, %(name)s", "Bonjour à 100 %, %(name)s", "a percent sign that is no placeholder"),
        ("fr", "Un titre", "Un <b>titre</b>", "markup inside a sentence"),
        ("fr", "plural=(n > 1)", "plural=(n != 1)", "wrong plural rule"),
        ("ar", "nplurals=6", "nplurals=5", "wrong plural rule"),
    ],
)
def test_each_fault_of_a_catalogue_is_named(tree, language, old, new, said):
    assert said in "\n".join(_replace(tree, language, old, new))


def test_markup_in_a_sentence_of_the_source_is_found(tree):
    (tree / "lms" / "new.py").write_text('NEW = _("Read <a>this</a>")\n')

    assert "source: markup inside a sentence: 'Read <a>this</a>'" in list(messages.faults(tree))
