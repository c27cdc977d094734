"""What stands on a certificate, in each language."""

from dataclasses import replace
from datetime import date

import pytest
from flask import g
from flask_babel import gettext

from lms.certificates.drawing import draw
from lms.certificates.rules.codes import show_code
from lms.certificates.rules.facts import Level
from lms.certificates.texts import Certified, title_in, write_document
from tests.certificates.papers import CODE, TOKEN

SAID = Certified(
    code=CODE,
    level=Level.COMPLETED,
    course={"en": "Women and ceasefires", "fr": "Femmes et cessez-le-feu", "ar": "النساء ووقف إطلاق النار"},
    year=2027,
    hours=40,
    held_from=date(2027, 3, 8),
    held_to=date(2027, 6, 4),
    issued_on=date(2027, 6, 4),
    name="Juniper Al-Hajar",
)
HELD = "held from 8 March 2027 to 4 June 2027"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, f"completed the online course “Women and ceasefires”, {HELD}: about 40 hours of study."),
        ({"hours": 1}, f"completed the online course “Women and ceasefires”, {HELD}: about 1 hour of study."),
        ({"hours": None}, f"completed the online course “Women and ceasefires”, {HELD}."),
        ({"course": None}, "completed an online course of about 40 hours in 2027."),
        ({"course": None, "hours": None}, "completed an online course in 2027."),
        (
            {"level": Level.PARTICIPATED},
            f"took part in the online course “Women and ceasefires”, {HELD}: about 40 hours of study.",
        ),
        (
            {"level": Level.PARTICIPATED, "hours": None},
            f"took part in the online course “Women and ceasefires”, {HELD}.",
        ),
        ({"level": Level.PARTICIPATED, "course": None}, "took part in an online course of about 40 hours in 2027."),
        ({"level": Level.PARTICIPATED, "course": None, "hours": None}, "took part in an online course in 2027."),
    ],
)
def test_the_sentence_says_what_was_chosen_and_no_more(in_app, changed, sentence):
    document = write_document(replace(SAID, **changed), "en", TOKEN)
    assert document.statement == sentence
    is_completed = changed.get("level") is not Level.PARTICIPATED
    assert document.heading == f"Certificate of {'completion' if is_completed else 'participation'}"


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_document_is_in_its_own_language_whatever_the_page_is_in(app, language):
    with app.test_request_context("/ar/results/certificate"):
        g.digits = "arab"
        document = write_document(SAID, language, TOKEN)
        assert gettext("Sign out") != "Sign out" and g.digits == "arab", "the page goes on in its own"
    assert document.language == language and document.course == SAID.course[language]
    assert document.issuer == {"en": "Madar", "fr": "Madar", "ar": "مدار"}[language]
    assert {"en": "4 June 2027", "fr": "4 juin 2027", "ar": "4 حزيران/يونيه 2027"}[language] in document.issued_line
    assert document.link == f"http://localhost:8000/{language}/verify#{TOKEN}"
    assert document.check_address == "localhost:8000/verify" and document.code == show_code(CODE)
    assert document.statement.partition(SAID.course[language])[0][-2:].strip()[-1] in "“«", "the title is set in quotes"
    assert draw(document).startswith(b"%PDF-")


@pytest.mark.parametrize("quoted", ["“%s”", "«%s»", "«\u202f%s\u202f»"])
def test_the_quotes_of_each_language_can_be_printed(in_app, quoted):
    document = write_document(SAID, "fr", TOKEN)
    title = SAID.course["fr"]
    assert draw(replace(document, statement=f"a achevé le cours {quoted % title}.")).startswith(b"%PDF-")


def test_no_member_of_staff_and_no_topic_stands_in_the_title_of_the_file(in_app):
    document = write_document(SAID, "en", TOKEN)
    assert document.title == "Document" and document.signatory_name == "Madar"
    assert document.signatory_role == "Course coordination"


@pytest.mark.parametrize(
    ("course", "language", "found"),
    [
        ({"en": "A", "fr": "B"}, "fr", ("B", "fr")),
        ({"en": "A", "fr": "B"}, "ar", ("A", "en")),
        ({"fr": "B"}, "ar", ("B", "fr")),
        ({"en": "A  \u202etitle\n"}, "en", ("A title", "en")),
        ({"en": "x" * 300}, "en", ("x" * 200, "en")),
    ],
)
def test_a_title_is_told_in_a_language_that_there_is_and_as_it_can_be_signed(course, language, found):
    assert title_in(course, language) == found


def test_what_is_signed_is_what_is_printed(in_app):
    facts = SAID.facts("fr")
    assert (facts.course, facts.name, facts.hours) == ("Femmes et cessez-le-feu", "Juniper Al-Hajar", 40)
    assert replace(SAID, course=None).facts("fr").course is None
    assert facts.site == "localhost" and facts.code == CODE
