"""Checking a certificate: four answers, nothing told that its holder did not choose, nothing kept."""

import io
import re
import string
import unicodedata
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from lms.accounts import vault
from lms.accounts.models import Person, SignInAttempt
from lms.accounts.services.sweeping import sweep
from lms.audit.models import Entry
from lms.certificates import jobs
from lms.certificates.keys import current_keys
from lms.certificates.models import Certificate
from lms.certificates.queries import checking
from lms.certificates.reading import MOST_BYTES, find_token
from lms.certificates.rules.checking import NOT_FOUND, Answer, answer_to
from lms.certificates.rules.choices import NamePrinted, Shown
from lms.certificates.rules.codes import new_code, show_code, write_code
from lms.certificates.rules.facts import Qr, canonical
from lms.certificates.rules.states import CertificateState
from lms.certificates.services import issuing
from lms.certificates.signing import SigningKeys, key_id, read_published, verify
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.messaging.models import Job
from lms.settings import Limits
from tests.cast import CANARY, DAY, NOW
from tests.certificates.graduates import LEGAL, NAMED, act, code_of, graduate, issue, person, place_of
from tests.certificates.papers import FACTS
from tests.client import Visitor

UNKNOWN = "0" * 26


@pytest.fixture
def generous(app, monkeypatch):
    """A site that lets one source check as often as it likes."""
    settings = app.extensions["settings"]
    limits = replace(settings.limits, checks_per_source=10**6)
    monkeypatch.setitem(app.extensions, "settings", replace(settings, limits=limits))


def withdrawn(app, cast):
    with act(app):
        certificate = db.session.query(Certificate).filter_by(state=CertificateState.VALID).one()
        issuing.withdraw(certificate.id, "A mistake.", person(cast.cedar), by=person(cast.coordinator), at=NOW)


def asked(visitor, code, **more):
    return visitor.get("verify.code", code=code, **more)


def bare(page):
    """A page without what differs in every answer: the token of its forms and the number of its scripts."""
    return re.sub(r'(name="csrf_token" value|nonce)="[^"]+"', r"\1", page.text)


def pdf_of(app, cast, language="en"):
    visitor = Visitor(app).signed_in(cast.cedar)
    return visitor.client.get(f"/en/results/certificate/{language}.pdf").data


def upload(visitor, data, name="document.pdf", expect=200, lang="en", to="file"):
    """Send a file. The whole body lies in memory: the client's own way leaves open files behind."""
    sent = {"csrf_token": visitor.token(), "document": FileStorage(io.BytesIO(data), name)}
    boundary, body = encode_multipart(sent)
    answer = visitor.client.post(
        f"/{lang}/verify/{to}", data=body, content_type=f'multipart/form-data; boundary="{boundary}"'
    )
    return visitor._read(answer, expect)


@pytest.mark.parametrize("state", [None, *CertificateState])
@pytest.mark.parametrize("shown", [None, *Shown])
def test_the_answer_follows_from_state_and_choice(state, shown):
    answer = answer_to(state, shown)
    if state is None or shown in (None, Shown.OFF):
        assert answer is Answer.NOT_FOUND
    else:
        assert answer.value == state.value


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_anybody_finds_where_to_type_a_code(visitor, lang):
    page = visitor.get("verify.start", lang=lang)
    if lang == "en":
        assert "No account is needed, and we do not record who checks." in page.words()


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_a_valid_certificate_says_programme_and_year_and_no_name(app, cast, visitor, lang):
    _, code = graduate(app, cast)
    page = asked(visitor, code, lang=lang)
    assert CANARY not in page.text and show_code(code) in page.text
    title = {"en": "Women and ceasefires", "fr": "Women and ceasefires (fr)", "ar": "Women and ceasefires (ar)"}[lang]
    assert title in page.words() and "2027" in page.words()
    if lang == "en":
        assert (
            "This certificate is valid" in page.words() and "The holder chose to keep the name private" in page.words()
        )


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code,
        lambda code: code.lower(),
        lambda code: " " + show_code(code) + " ",
        lambda code: show_code(code).replace("-", " – "),
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: unicodedata.normalize("NFKD", code),
        lambda code: f"http://localhost:8000/en/verify/{code}",
        lambda code: f"localhost:8000/verify/{show_code(code)}/",
    ],
)
def test_a_code_is_found_however_it_is_typed(app, cast, visitor, typed):
    _, code = graduate(app, cast)
    page = visitor.post("verify.check", data={"code": typed(code)}, expect=200)
    assert "This certificate is valid" in page.words()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("7" * 25, "You typed 25 characters; a code has 26."),
        ("7" * 25 + "-", "You typed 25 characters; a code has 26."),
        ("7", "You typed 1 character; a code has 26."),
        ("٧" * 30, "You typed 30 characters; a code has 26."),
        ("-", "You typed 0 characters; a code has 26."),
        ("7" * 26, None),
        (show_code("0" * 26), None),
        ("!" * 26, None),
    ],
)
def test_who_left_a_character_out_is_told_how_many_she_typed(visitor, typed, told):
    words = visitor.post("verify.check", data={"code": typed}, expect=200).words()
    assert "Not found" in words and (told in words if told else "You typed" not in words)


def test_the_title_is_not_told_where_she_left_it_out(app, cast, visitor):
    _, code = graduate(app, cast, wanted=replace(NAMED, has_title=False))
    words = asked(visitor, code).words()
    assert "This certificate is valid" in words and "Women and ceasefires" not in words and "2027" in words


@pytest.mark.parametrize(("named", "name"), [(NamePrinted.LEGAL, LEGAL), (NamePrinted.ALIAS, "Cedar")])
def test_the_name_is_told_where_she_chose_so(app, cast, visitor, named, name):
    _, code = graduate(app, cast, wanted=replace(NAMED, named=named, shown=Shown.NAME))
    assert f"Name{name}" in asked(visitor, code).words().replace("Name ", "Name")


def test_withdrawn_shows_at_once_and_replaced_too(app, cast, visitor):
    _, first = graduate(app, cast)
    with act(app):
        second = issue(cast, wanted=replace(NAMED, languages=("fr",)), known=1)
    words = asked(visitor, first).words()
    assert "This certificate was replaced" in words and "2027" not in words and CANARY not in words
    withdrawn(app, cast)
    with app.app_context():
        code = code_of(db.session.get_one(Certificate, second.id), cast.cedar)
    words = asked(visitor, code).words()
    assert "This certificate was withdrawn" in words and "Women and ceasefires" not in words


@pytest.mark.parametrize("state", ["valid", "withdrawn", "replaced"])
def test_checking_off_answers_exactly_as_a_code_that_was_never_given(app, cast, visitor, statements, state):
    """The same bytes but for the tokens of forms, the same statements; whatever became of the certificate."""
    asked(visitor, UNKNOWN)
    code = new_code()
    with statements() as before:
        never = asked(visitor, code)
    certificate_id, _ = graduate(app, cast)
    with act(app):
        found = db.session.get_one(Certificate, certificate_id)
        found.shown = Shown.OFF
        found.code_hash = checking.hash_token(code)
    if state == "withdrawn":
        withdrawn(app, cast)
    elif state == "replaced":
        with act(app):
            issue(cast, wanted=replace(NAMED, languages=("fr",)), known=1)
    with statements() as after:
        off = asked(visitor, code)
    assert bare(off) == bare(never) and len(off.text) == len(never.text)
    assert before == after
    assert dict(off.headers).keys() == dict(never.headers).keys()
    posted = [visitor.post("verify.check", data={"code": one}, expect=200) for one in (code, UNKNOWN)]
    assert bare(posted[0]).replace(code, "") == bare(posted[1]).replace(UNKNOWN, "")


def test_each_answer_takes_the_same_statements(app, cast, visitor, statements):
    _, code = graduate(app, cast, wanted=replace(NAMED, shown=Shown.NAME))
    asked(visitor, UNKNOWN)
    seen = {}
    for name, typed in (("valid", code), ("unknown", new_code()), ("no code at all", "x" * 26)):
        with statements() as found:
            asked(visitor, typed)
        seen[name] = found
    withdrawn(app, cast)
    with statements() as seen["withdrawn"]:
        asked(visitor, code)
    assert seen["valid"] == seen["unknown"] == seen["no code at all"] == seen["withdrawn"]
    assert sum("certificates_certificate" in statement for statement in seen["valid"]) == 1


def test_a_code_is_looked_up_by_an_index(app, cast):
    with app.app_context():
        dialect = db.session.get_bind().dialect.name
        if dialect != "sqlite":
            db.session.execute(text("SET enable_seqscan = off"))
        plan = "EXPLAIN QUERY PLAN" if dialect == "sqlite" else "EXPLAIN"
        asked_for = "SELECT id FROM certificates_certificate WHERE code_hash = :hash AND shown <> 'off'"
        told = str(db.session.execute(text(f"{plan} {asked_for}"), {"hash": b"x"}).all())
    assert "INDEX" in told.upper() and "code_hash" in told


def test_ten_thousand_codes_by_chance_are_no_certificate(app, cast, generous):
    graduate(app, cast)
    with app.app_context():
        found = [checking.find(write_code(new_id().int)) for _ in range(10_000)]
    assert all(one == NOT_FOUND for one in found)


def test_who_tries_many_codes_is_told_to_wait_and_others_are_not(app, cast, visitor, clock):
    _, code = graduate(app, cast)
    most = Limits().checks_per_source
    for _ in range(most):
        assert "Not found" in asked(visitor, new_code()).words()
    for _ in range(20):
        page = asked(visitor, new_code(), expect=429)
    assert "Many certificates were checked from your network" in page.words()
    assert page.headers["Retry-After"] == "900"
    asked(visitor, code, expect=429)
    visitor.post("verify.check", data={"code": code}, expect=429)
    upload(visitor, b"x", expect=429)
    other = Visitor(app)
    other.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert "This certificate is valid" in asked(other, code).words()
    clock.at = NOW + DAY / 24
    assert "This certificate is valid" in asked(visitor, code).words()


def test_who_checked_too_much_still_signs_in(app, cast, visitor):
    for _ in range(Limits().checks_per_source + 1):
        visitor.client.get(f"/en/verify/{new_code()}")
    sent = {"login": cast.cedar.login, "password": cast.cedar.passphrase}
    visitor.post("accounts.sign_in_post", data=sent)


def test_nothing_is_kept_about_who_checks_but_a_count_that_goes_within_the_hour(app, cast, visitor):
    _, code = graduate(app, cast)

    def rows():
        with app.app_context():
            return [db.session.scalar(select(func.count()).select_from(one)) for one in (Entry, Job, SignInAttempt)]

    before = rows()
    asked(visitor, code)
    after = rows()
    assert after[:2] == before[:2] and after[2] == before[2] + 1
    with app.app_context():
        kept = db.session.query(SignInAttempt).order_by(SignInAttempt.id.desc()).first()
        assert kept.account_key == kept.source_key and b"127.0.0.1" not in kept.source_key
        with transaction():
            sweep(at=NOW + DAY / 24)
    assert rows()[2] == before[2]


def test_a_document_in_hand_is_genuine_and_says_what_it_carries(app, cast, visitor):
    graduate(app, cast, wanted=replace(NAMED, qr=Qr.FULL, languages=("en", "fr", "ar")))
    for language in ("en", "fr", "ar"):
        words = upload(visitor, pdf_of(app, cast, language)).words()
        assert "The signature is genuine" in words and LEGAL in words and "This certificate is valid" in words
        assert "Women and ceasefires" in words


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_a_document_is_checked_in_every_language(app, cast, visitor, lang):
    graduate(app, cast)
    assert "2027" in upload(visitor, pdf_of(app, cast), lang=lang).words()


def test_a_link_a_token_a_saved_page_and_json_are_checked_alike(app, cast, visitor):
    graduate(app, cast)
    token = find_token(pdf_of(app, cast))
    saved = Visitor(app).signed_in(cast.cedar).get("certificates.own").text
    for typed in (token, f"http://localhost:8000/en/verify#{token}", f"  {token[:80]}\r\n{token[80:]}"):
        assert "The signature is genuine" in visitor.post("verify.check", data={"code": typed}, expect=200).words()
    for name, data in (
        ("page.html", saved),
        ("facts.json", f'{{"token": "{token}"}}'),
        ("note.txt", f"My certificate:\n{token}\n"),
    ):
        assert "The signature is genuine" in upload(visitor, data.encode(), name).words()


def test_a_discreet_document_lets_the_checker_compare_a_name(app, cast, visitor):
    graduate(app, cast)
    page = upload(visitor, pdf_of(app, cast))
    assert "Type the name that is printed, to compare it." in page.words() and CANARY not in page.text
    token = find_token(pdf_of(app, cast))
    right = visitor.post("verify.check", data={"code": token, "name": LEGAL.upper()}, expect=200)
    assert "The name that you typed is the name of this certificate." in right.words()
    for other in ("Somebody Else", "x" * 100_000, LEGAL + "x"):
        wrong = visitor.post("verify.check", data={"code": token, "name": other}, expect=200)
        assert "is not the name of this certificate." in wrong.words()


@pytest.mark.parametrize("became", ["withdrawn", "replaced"])
def test_of_a_document_that_is_no_longer_good_the_list_speaks_first(app, cast, visitor, became):
    graduate(app, cast)
    pdf = pdf_of(app, cast)
    if became == "withdrawn":
        withdrawn(app, cast)
    else:
        with act(app):
            issue(cast, wanted=replace(NAMED, languages=("fr",)), known=1)
    page = upload(visitor, pdf)
    words = page.words()
    now, issued = f"This certificate was {became}", f"We issued this document, but it was {became} since."
    assert words.index(now) < words.index(issued) and "2027" in words
    assert "genuine" not in words and "notice ok" not in page.text


def test_of_a_valid_document_the_signature_comes_first(app, cast, visitor):
    graduate(app, cast)
    words = upload(visitor, pdf_of(app, cast)).words()
    assert words.index("The signature is genuine") < words.index("This certificate is valid")


def test_a_genuine_document_whose_holder_switched_checking_off_says_no_more_than_itself(app, cast, visitor):
    certificate_id, _ = graduate(app, cast)
    pdf = pdf_of(app, cast)
    with act(app):
        db.session.get_one(Certificate, certificate_id).shown = Shown.OFF
    page = upload(visitor, pdf)
    words = page.words()
    assert words.index("What our list says now Not found") < words.index("The signature is genuine")
    assert "notice ok" not in page.text


def test_each_of_fifty_changes_of_one_letter_is_refused(app, cast, visitor, generous):
    graduate(app, cast)
    token = find_token(pdf_of(app, cast))
    start, end = token.index(".", 2) + 1, token.rindex(".")
    places = [start + (end - start) * number // 50 for number in range(50)]
    for place in places:
        other = next(letter for letter in string.ascii_letters if letter != token[place])
        changed = token[:place] + other + token[place + 1 :]
        page = visitor.post("verify.check", data={"code": changed}, expect=409)
        assert "This was changed: the signature does not fit the words." in page.words()
        assert "This document could not be confirmed" in page.words() and "genuine" not in page.words()


def test_a_document_signed_by_somebody_else_is_of_an_unknown_key(app, visitor):
    private = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    strange = SigningKeys(private, {key_id(private.public_key()): private.public_key()})
    page = visitor.post("verify.check", data={"code": str(strange.sign(canonical(FACTS)))}, expect=409)
    assert "The key of this signature is not known here." in page.words()


def test_a_genuine_document_of_another_site_with_our_key_is_not_in_our_list(app, visitor):
    with app.app_context():
        token = str(current_keys().sign(canonical(FACTS)))
    words = visitor.post("verify.check", data={"code": token}, expect=200).words()
    assert "The signature is genuine" in words and "Not found" in words


@pytest.mark.parametrize("data", [b"", b"nothing here", b"%PDF-1.7\nbroken", b"\x00" * 1000])
def test_a_file_without_anything_signed_is_said_to_be_none(visitor, data):
    page = upload(visitor, data, expect=422)
    is_pdf = data.startswith(b"%PDF")
    assert ("in this PDF" if is_pdf else "Nothing signed was found here.") in page.words()
    assert "This document could not be confirmed" in page.words() and "could not be sent" not in page.words()
    assert "at most 1 MB" in page.words()


def test_a_form_without_a_file_or_a_code_is_sent_back(visitor):
    visitor.post("verify.file", expect=422)
    assert "Fill in this field." in visitor.post("verify.check", data={"code": ""}, expect=422).words()
    visitor.post("verify.check", data={"code": "x" * 10_000}, expect=422)
    visitor.post("verify.check", data={"code": "x" * 500}, expect=422)


def test_a_file_of_one_megabyte_is_taken_and_a_larger_one_is_not(app, cast, visitor):
    graduate(app, cast)
    token = find_token(pdf_of(app, cast)).encode()
    assert "genuine" in upload(visitor, token.ljust(MOST_BYTES, b" "), "note.txt").words()
    assert "larger than 1 MB" in upload(visitor, token.ljust(MOST_BYTES + 1, b" "), expect=422).words()
    upload(visitor, b" " * (MOST_BYTES + 100_000), expect=413)


def test_no_other_form_takes_so_much(visitor):
    upload(visitor, b" " * 2_000_000, to="check", expect=413)


@pytest.mark.parametrize("path", ["check", "file", "x" * 25, "x" * 61])
def test_what_cannot_be_a_code_is_no_page(visitor, path):
    visitor.get(f"/en/verify/{path}", expect=404)


def test_the_address_without_a_language_leads_to_ones_own(visitor):
    assert visitor.client.get(f"/verify/{UNKNOWN}").location == f"/en/verify/{UNKNOWN}"
    assert visitor.client.get("/verify").location == "/en/verify"


def test_the_public_keys_are_published_for_everybody_to_keep(app, cast, visitor):
    graduate(app, cast)
    answer = visitor.client.get("/.well-known/lms-certificate-keys.json")
    assert answer.mimetype == "application/json" and answer.headers["Cache-Control"] == "public, max-age=3600"
    assert "PRIVATE" not in answer.text and set(answer.json["keys"][0]) == {"kty", "crv", "use", "alg", "kid", "x"}
    facts = verify(find_token(pdf_of(app, cast)), read_published(answer.json))
    assert facts.site == "localhost" and facts.year == 2027


def test_erasing_the_holder_makes_the_code_unknown(app, cast, visitor):
    _, code = graduate(app, cast)
    with act(app):
        db.session.execute(Person.__table__.delete().where(Person.id == cast.cedar.id))
    assert "Not found" in asked(visitor, code).words()


def test_a_name_whose_key_is_gone_is_not_told(app, cast, visitor):
    _, code = graduate(app, cast, wanted=replace(NAMED, shown=Shown.NAME))
    with act(app):
        vault.destroy_key(cast.cedar.public_id)
    words = asked(visitor, code).words()
    assert "This certificate is valid" in words and "keep the name private" in words


def test_the_certificate_of_a_deleted_place_is_still_valid(app, cast, visitor):
    _, code = graduate(app, cast)
    with act(app):
        db.session.delete(place_of(cast))
    assert "This certificate is valid" in asked(visitor, code).words()


def test_the_worker_makes_nothing_for_a_certificate_that_is_not_there(in_app):
    jobs.make({"certificate": 99}, NOW)
