import base64
import json
import unicodedata
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given
from hypothesis import strategies as st

from lms.certificates.errors import NotGenuine
from lms.certificates.rules.codes import write_code
from lms.certificates.rules.facts import (
    MOST_COURSE,
    MOST_NAME,
    Facts,
    Level,
    Qr,
    canonical,
    clean_text,
    hash_name,
    is_name,
    limit_to,
    parse,
)
from tests.certificates.papers import CODE, FACTS

WRITTEN = (
    b'{"code":"7K2Q9XH4MD6TB3WZ5NCR8VJE1G","course":"Women and ceasefires","hours":40,"issued_on":"2027-06-04",'
    b'"language":"en","level":"completed","name":"Juniper Al-Hajar","site":"learn.example.org","version":1,"year":2027}'
)
DISCREET = limit_to(FACTS, Qr.DISCREET)


def texts(most: int) -> st.SearchStrategy[str]:
    return st.text(min_size=1, max_size=most).map(lambda typed: clean_text(typed)[: most // 4]).map(clean_text)


FACTS_OF_ANY_KIND = st.builds(
    Facts,
    code=st.integers(0, 2**128 - 1).map(write_code),
    level=st.sampled_from(Level),
    year=st.integers(2000, 2199),
    hours=st.none() | st.integers(1, 9_999),
    issued_on=st.dates(date(2000, 1, 1), date(2199, 12, 31)),
    language=st.sampled_from(["en", "fr", "ar"]),
    course=st.none() | texts(MOST_COURSE).filter(bool),
    name=st.none() | texts(MOST_NAME).filter(bool),
    name_hash=st.none(),
    site=st.sampled_from(["localhost", "learn.example.org", "::1"]),
)


def test_the_way_facts_are_written_never_changes():
    assert canonical(FACTS) == WRITTEN, "certificates in people's hands were signed so"


@given(FACTS_OF_ANY_KIND)
def test_facts_that_were_written_are_read_again(facts):
    assert parse(canonical(facts)) == facts


@given(FACTS_OF_ANY_KIND, FACTS_OF_ANY_KIND)
def test_different_facts_are_never_written_alike(one, other):
    assert (canonical(one) == canonical(other)) is (one == other)


def test_text_is_written_in_one_form_of_accents():
    apart = replace(FACTS, name=unicodedata.normalize("NFD", "Genévrier Forêt"))
    assert parse(canonical(apart)).name == unicodedata.normalize("NFC", "Genévrier Forêt")
    assert canonical(apart) == canonical(replace(FACTS, name="Genévrier Forêt"))


@given(FACTS_OF_ANY_KIND, st.data())
def test_a_changed_byte_is_refused_or_says_something_else(facts, data):
    written = bytearray(canonical(facts))
    position = data.draw(st.integers(0, len(written) - 1))
    written[position] ^= data.draw(st.integers(1, 255))
    try:
        found = parse(bytes(written))
    except NotGenuine:
        return
    assert found != facts


def said(**changed: object) -> bytes:
    """The facts with some values changed, written as canonically as any program would."""
    values = {**json.loads(WRITTEN), **changed}
    kept = {key: value for key, value in values.items() if value is not ...}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("nothing", b""),
        ("no object", b"[]"),
        ("a text", b'"facts"'),
        ("a blank", WRITTEN.replace(b":40", b": 40")),
        ("a line break", WRITTEN + b"\n"),
        ("a mark of byte order", b"\xef\xbb\xbf" + WRITTEN),
        ("other bytes than UTF-8", WRITTEN.replace(b"Juniper", b"\xff")),
        ("another order", WRITTEN.replace(b'"version":1,"year":2027', b'"year":2027,"version":1')),
        ("an escaped letter", WRITTEN.replace(b"Juniper", b"\\u004auniper")),
        ("an escaped stroke", WRITTEN.replace(b"Juniper", b"a\\/b")),
        ("a doubled key", WRITTEN.replace(b'"year":2027', b'"year":2026,"year":2027')),
        ("a fraction", WRITTEN.replace(b":40", b":40.0")),
        ("a power", WRITTEN.replace(b":40", b":4e1")),
        ("a number that is none", WRITTEN.replace(b":40", b":NaN")),
        ("a leading nought", WRITTEN.replace(b":40", b":040")),
        ("a nought with a sign", WRITTEN.replace(b":40", b":-0")),
        ("a number of a thousand digits", WRITTEN.replace(b":40", b":" + b"9" * 1_000)),
        ("hours as a text", said(hours="40")),
        ("hours as a truth", said(hours=True)),
        ("hours as nothing", said(hours=None)),
        ("no hours at all", said(hours=0)),
        ("a version to come", said(version=2)),
        ("no version", said(version=...)),
        ("a key that we do not know", said(colour="petrol")),
        ("a name that is a list", said(name=["Juniper"])),
        ("an empty name", said(name="")),
        ("a name with a blank before it", said(name=" Juniper")),
        ("a name that turns the line around", said(name="Juniper \u202eriF")),
        ("a name with a line break", said(name="Juniper\nFir")),
        ("a name without a shape", said(name="\u200b")),
        ("accents in another form", said(name=unicodedata.normalize("NFD", "Genévrier"))),
        ("a name that is too long", said(name="x" * (MOST_NAME + 1))),
        ("a title that is too long", said(course="x" * (MOST_COURSE + 1))),
        ("a name and its hash", said(name_hash=hash_name("Juniper", CODE))),
        ("a hash that is none", said(name=..., name_hash="short")),
        ("another level", said(level="won")),
        ("no level", said(level=...)),
        ("a year long ago", said(year=1999)),
        ("a day that is none", said(issued_on="2027-02-30")),
        ("a day in another form", said(issued_on="20270604")),
        ("a week instead of a day", said(issued_on="2027-W22-5")),
        ("a language in capitals", said(language="EN")),
        ("a code in small letters", said(code=CODE.lower())),
        ("a code with hyphens", said(code="7K2Q-" + CODE[4:])),
        ("a code whose spare bits are set", said(code=CODE[:-1] + "H")),
        ("a site with a blank", said(site="learn. example.org")),
        ("a very deep list", b"[" * 3_900),
        ("very much", WRITTEN.replace(b"Juniper", b"x" * 10_000)),
    ],
)
def test_what_is_not_written_as_we_write_is_refused(what, data):
    with pytest.raises(NotGenuine):
        parse(data)


def test_the_helper_of_these_tests_writes_as_we_write():
    assert said() == WRITTEN


@pytest.mark.parametrize("wrong", [{"year": 1}, {"hours": 0}, {"code": "x"}, {"name": "a\nb"}, {"site": ""}])
def test_facts_that_could_not_be_read_again_cannot_be_made(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        replace(FACTS, **wrong)


@given(st.text(max_size=80))
def test_a_cleaned_text_can_be_signed(typed):
    clean = clean_text(typed)
    assert clean_text(clean) == clean
    if clean:
        assert parse(canonical(replace(FACTS, name=clean))).name == clean


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  Juniper \t Al-Hajar\n", "Juniper Al-Hajar"),
        ("\u202eJuniper\u202c\u200f", "Juniper"),
        ("سمن\u200cبر", "سمن\u200cبر"),
        ("Gene\u0301vrier", "Genévrier"),
        ("\u200b \ue000", ""),
    ],
)
def test_a_text_loses_what_cannot_be_seen_and_keeps_what_spells_it(typed, clean):
    assert clean_text(typed) == clean


def test_a_full_code_tells_everything():
    assert limit_to(FACTS, Qr.FULL) is FACTS


def test_a_discreet_code_tells_neither_name_nor_title():
    told = canonical(DISCREET).decode()
    assert "Juniper" not in told and "ceasefires" not in told
    assert (DISCREET.year, DISCREET.hours, DISCREET.level) == (2027, 40, Level.COMPLETED)
    assert parse(told.encode()) == DISCREET


def test_a_discreet_code_without_a_name_holds_no_hash_either():
    unnamed = limit_to(replace(FACTS, name=None), Qr.DISCREET)
    assert unnamed.name is None and unnamed.name_hash is None


def test_the_hash_of_a_name_never_changes():
    derived = Scrypt(salt=CODE.encode(), length=16, n=2**14, r=8, p=1).derive(b"juniper al-hajar")
    assert DISCREET.name_hash == base64.urlsafe_b64encode(derived).decode().rstrip("=") == "XgUaeV_6-TgOTTF9XdH-Tg"


def test_one_name_has_another_hash_on_every_certificate():
    assert hash_name("Juniper", CODE) != hash_name("Juniper", write_code(1))


@pytest.mark.parametrize("facts", [FACTS, DISCREET], ids=["full", "discreet"])
@pytest.mark.parametrize(
    "typed", ["Juniper Al-Hajar", " juniper  AL-HAJAR ", "Juniper\u00a0Al-Hajar", "Ｊuniper Al-Hajar"]
)
def test_the_name_is_known_however_case_and_blanks_are_written(facts, typed):
    assert is_name(typed, facts)


@pytest.mark.parametrize("facts", [FACTS, DISCREET], ids=["full", "discreet"])
@pytest.mark.parametrize("typed", ["", "Juniper", "Juniper Al-Hajjar", "Al-Hajar Juniper", "عرعر", "x" * 100_000])
def test_another_name_is_not_taken_for_it(facts, typed):
    assert not is_name(typed, facts)


@pytest.mark.parametrize(
    ("printed", "typed"),
    [("عرعر الحجر", "عَرعَر الحَجَر"), ("عـرعـر الحجر", "عرعر الحجر"), ("سمن\u200cبر", "سمنبر"), ("Straße", "STRASSE")],
)
def test_vowel_marks_strokes_and_joiners_make_no_difference(printed, typed):
    facts = replace(FACTS, name=printed)
    assert is_name(typed, facts) and is_name(typed, limit_to(facts, Qr.DISCREET))


def test_no_name_is_the_name_of_a_certificate_without_one():
    assert not is_name("", replace(FACTS, name=None))
