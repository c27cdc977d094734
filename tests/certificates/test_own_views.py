"""Her own certificate: what is missing, what she chooses, the certificate, its documents."""

import io
import re
import subprocess

import pikepdf
import pytest

from lms.accounts.models import Person
from lms.accounts.services import preferring
from lms.certificates import jobs
from lms.certificates.models import Certificate
from lms.certificates.reading import find_token
from lms.certificates.services import issuing
from lms.cohorts.models import Cohort
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.cohorts.services import enrolling
from lms.kernel.db import db
from tests.cast import CANARY, NOW
from tests.certificates.graduates import (
    LEGAL,
    LESSONS,
    act,
    ask_for,
    completion_of,
    confirm,
    graduate,
    person,
    place_of,
    read,
)
from tests.client import Visitor
from tests.conftest import need

CHOSEN = {"named": "legal", "languages": ["en", "ar"], "says": "title", "qr": "full", "shown": "validity"}


@pytest.fixture
def completed(app, cast):
    """Cedar completed the course."""
    with act(app):
        confirm(cast)


def choices(visitor, **other):
    """What her form would send."""
    return {**visitor.get("certificates.own").fields, **CHOSEN, **other}


def issued(app, visitor, **other):
    """Issue it, and let the worker draw it."""
    visitor.post("certificates.issue", data=choices(visitor, **other))
    with app.app_context():
        newest = db.session.query(Certificate).order_by(Certificate.id.desc()).first()
        jobs.make({"certificate": newest.id}, NOW)
    return visitor.get("certificates.own")


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_before_completion_the_page_says_what_is_there_and_what_is_missing(app, cast, lang):
    with act(app):
        ask_for(cast, activities_percent=80, quiz_pass_percent=70, assignments=1, live_sessions=6, simulation=True)
        read(cast, "cedar", lessons=LESSONS[:2])
    words = Visitor(app).signed_in(cast.cedar).get("certificates.own", lang=lang).words()
    if lang == "en":
        assert "Activities: 25% done, 80% needed" in words and "0 of 2 graded quizzes passed" in words
        assert "Title of m1-quiz" in words and "0 of 1 assignment meets the standard" in words
        assert "0 of 6 live sessions attended, or their written substitute" in words
        assert "The simulation, or the alternative paper" in words
        assert words.count("Still open") == 5 and LEGAL not in words


def test_everything_is_there_and_the_decision_follows(app, cast, as_participant):
    with act(app):
        ask_for(cast, activities_percent=50)
        read(cast, "cedar")
    words = as_participant.get("certificates.own").words()
    assert "Activities: 50% done, 50% needed" in words and "The decision follows soon" in words


def test_where_the_rule_has_no_parts_the_page_says_that_a_person_decides(app, cast, as_participant):
    with act(app):
        ask_for(cast)
    assert "a person decides who completed it" in as_participant.get("certificates.own").words()


def test_who_is_in_no_course_is_told_so(app, cast):
    assert "not part of a course" in Visitor(app).signed_in(cast.stranger).get("certificates.own").words()
    Visitor(app).signed_in(cast.withdrawn).get("certificates.own")


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_the_choices_show_her_legal_name_to_her_and_issue_nothing(app, cast, completed, lang):
    page = Visitor(app).signed_in(cast.cedar).get("certificates.own", lang=lang)
    assert LEGAL in page.words() and "Cedar" in page.words()
    assert page.headers["Cache-Control"] == "no-store"
    with app.app_context():
        assert db.session.query(Certificate).count() == 0
    if lang == "en":
        words = page.words()
        assert "You completed this course; it was decided on 13 April 2027." in words
        assert "What is printed cannot be called back." in words and "What cannot be undone" in words
        assert "completed the online course “Women and ceasefires”, held from 1 April 2027 to 30 June 2027." in words


def test_her_legal_name_stands_on_no_other_page_of_hers(app, cast, completed, as_participant):
    for endpoint in ("home.today", "results.own", "accounts.account", "modules.courses"):
        response = as_participant.client.get(as_participant._address(endpoint, "en", {}), follow_redirects=True)
        assert CANARY not in response.text
    issued(app, as_participant, named="alias")
    assert CANARY not in as_participant.get("certificates.own").text


def test_a_preview_shows_what_was_chosen_and_issues_nothing(app, cast, completed, as_participant):
    sent = choices(as_participant, named="none", says="none", languages=["fr"], shown="off")
    page = as_participant.post("certificates.preview", data=sent, expect=200)
    assert "Not found" in page.words() and "Women and ceasefires" not in page.words()
    assert page.fields["named"] == "none" and page.fields["shown"] == "off"
    assert re.search(r'<div class="cert" lang="fr" dir="ltr">', page.text)
    with app.app_context():
        assert db.session.query(Certificate).count() == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("languages", [], "Languages: Choose at least one language."),
        ("named", [], "Which name is printed?: Choose one of these."),
        ("qr", [], "Choose one of these."),
    ],
)
def test_what_was_not_chosen_is_said_and_what_was_chosen_is_kept(cast, completed, as_participant, field, value, said):
    for endpoint in ("certificates.issue", "certificates.preview"):
        page = as_participant.post(endpoint, data=choices(as_participant, **{field: value}), expect=422)
        assert said in page.words() and page.fields["shown"] == "validity"


def test_a_name_cannot_be_shown_that_is_not_printed(cast, completed, as_participant):
    page = as_participant.post(
        "certificates.issue", data=choices(as_participant, named="none", shown="name"), expect=409
    )
    assert "A name can be shown only if one is printed. Nothing was issued." in page.words()


def test_a_name_whose_letters_cannot_be_printed_is_refused_at_once(app, cast, completed, as_participant):
    with act(app):
        place_of(cast).alias = "မြန်မာ"
    page = as_participant.post("certificates.issue", data=choices(as_participant, named="alias"), expect=409)
    assert "Some letters of this name or title cannot be printed." in page.words()
    with app.app_context():
        assert db.session.query(Certificate).count() == 0


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_the_certificate_is_a_page_at_once_and_the_documents_follow(app, cast, completed, as_participant, lang):
    sent = choices(as_participant)
    answer = as_participant.post("certificates.issue", data=sent)
    assert "done=issued" in answer.location
    before = as_participant.get("certificates.own", lang=lang)
    page = issued_now(app, as_participant, lang)
    if lang == "en":
        assert "The documents are being made." in before.words() and ".pdf" not in before.text
        assert f"Certificate of completion{LEGAL}" in page.words().replace(" Kanaria", "Kanaria")
        assert "PDF in English" in page.words() and "PDF in Arabic" in page.words()
    assert f'lang="{lang if lang != "fr" else "en"}"' in page.text
    code = re.search(r'class="code ltr">([0-9A-Z-]+)<', page.text)[1]
    assert len(code) == 32 and code in before.text


def document(visitor, language="en"):
    """The answer to a download."""
    return visitor.client.get(f"/en/results/certificate/{language}.pdf")


def issued_now(app, visitor, lang):
    with app.app_context():
        jobs.make({"certificate": db.session.query(Certificate.id).scalar()}, NOW)
    return visitor.get("certificates.own", lang=lang)


def test_a_saved_page_carries_the_same_signed_facts_as_the_paper(app, cast, completed, as_participant):
    page = issued(app, as_participant)
    pdf = document(as_participant).data
    assert find_token(page.text.encode()) == find_token(pdf)


def test_a_document_is_downloaded_under_a_name_that_says_nothing(app, cast, completed, as_participant):
    issued(app, as_participant)
    for language in ("en", "ar"):
        answer = document(as_participant, language)
        assert answer.data.startswith(b"%PDF-") and answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="document.pdf"'
        assert answer.headers["Cache-Control"] == "no-store"
        with pikepdf.open(io.BytesIO(answer.data)) as pdf:
            assert str(pdf.Root.Lang) == language
    for language in ("fr", "xx"):
        as_participant.get("certificates.document", language=language, expect=404)


def test_the_square_code_of_an_issued_paper_is_read_at_150_dots_an_inch(app, cast, completed, as_participant, tmp_path):
    need("pdftoppm")
    need("zbarimg")
    for qr in ("full", "discreet"):
        known = as_participant.get("certificates.again" if qr == "discreet" else "certificates.own").fields
        as_participant.post("certificates.issue", data={**known, **CHOSEN, "qr": qr})
        with app.app_context():
            newest = db.session.query(Certificate).order_by(Certificate.id.desc()).first()
            jobs.make({"certificate": newest.id}, NOW)
        for language in ("en", "ar"):
            pdf = document(as_participant, language).data
            (tmp_path / "paper.pdf").write_bytes(pdf)
            drawing = ["pdftoppm", "-r", "150", "-png", "-singlefile", tmp_path / "paper.pdf", tmp_path / "paper"]
            subprocess.run(drawing, check=True, capture_output=True)
            reading = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", tmp_path / "paper.png"]
            told = subprocess.run(reading, check=True, capture_output=True).stdout.decode().strip()
            assert told == f"http://localhost:8000/{language}/verify#{find_token(pdf)}"


def test_a_double_click_issues_one(app, cast, completed, as_participant):
    sent = choices(as_participant)
    for _ in range(2):
        as_participant.post("certificates.issue", data=sent)
    with app.app_context():
        assert db.session.query(Certificate).count() == 1


def test_an_old_page_issues_nothing_and_keeps_what_was_chosen(app, cast, completed, as_participant):
    sent = choices(as_participant)
    issued(app, as_participant)
    page = as_participant.post("certificates.issue", data={**sent, "qr": "discreet"}, expect=409)
    assert "Another certificate was made" in page.words() and page.fields["qr"] == "discreet"


def test_a_certificate_is_replaced_by_one_with_other_choices(app, cast, completed, as_participant):
    issued(app, as_participant)
    page = as_participant.get("certificates.again")
    assert "The new certificate replaces the one you have." in page.words() and page.fields["known"] == "1"
    as_participant.post("certificates.issue", data={**page.fields, **CHOSEN, "named": "alias", "languages": ["fr"]})
    with app.app_context():
        states = [one.state.value for one in db.session.query(Certificate).order_by(Certificate.id)]
    assert states == ["replaced", "valid"]
    assert "Cedar" in as_participant.get("certificates.own").words()


def test_nothing_is_replaced_where_nothing_was_issued(cast, completed, as_participant):
    assert as_participant.get("certificates.again", expect=302).location.endswith(f"?of={cast.cohort_id}")
    assert as_participant.post("certificates.choose_shown", data={"shown": "off"}).location


def test_who_can_check_is_changed_on_the_page_of_the_certificate(app, cast, completed, as_participant):
    page = issued(app, as_participant)
    as_participant.post("certificates.choose_shown", data={**page.fields, "shown": "off"})
    again = as_participant.get("certificates.own", done="shown")
    assert again.fields["shown"] == "off" and "Saved. The check page answers so" in again.words()
    refused = as_participant.post("certificates.choose_shown", data={**page.fields, "shown": "x"}, expect=422)
    assert "This could not be sent yet" in refused.words()


def test_a_name_that_is_not_printed_cannot_be_shown_later_either(app, cast, completed, as_participant):
    page = issued(app, as_participant, named="none")
    refused = as_participant.post("certificates.choose_shown", data={**page.fields, "shown": "name"}, expect=409)
    assert "A name can be shown only if one is printed." in refused.words()


def test_a_withdrawn_certificate_says_so_with_its_reason_and_a_new_one_may_be_made(app, cast, as_participant):
    graduate(app, cast)
    with act(app):
        certificate = db.session.query(Certificate).one()
        by, holder = person(cast.coordinator), person(cast.cedar)
        issuing.withdraw(certificate.id, "The name was mistyped.", holder, by=by, at=NOW)
    page = as_participant.get("certificates.own")
    assert "Your certificate was withdrawn on 13 April 2027" in page.words()
    assert "The name was mistyped." in page.words() and page.fields["known"] == "1"
    as_participant.get("certificates.document", language="en", expect=404)
    as_participant.post("certificates.issue", data={**page.fields, **CHOSEN})
    assert "Certificate of completion" in as_participant.get("certificates.own").words()


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
@pytest.mark.parametrize("then", ["decided", "taken up again", "left"])
def test_the_code_of_a_withdrawn_certificate_can_be_hidden_and_shown_again(app, cast, as_participant, then, lang):
    _, code = graduate(app, cast)
    with act(app):
        certificate = db.session.query(Certificate).one()
        by, holder = person(cast.coordinator), person(cast.cedar)
        issuing.withdraw(certificate.id, "The name was mistyped.", holder, by=by, at=NOW)
    if then != "decided":
        with act(app):
            confirm(cast, move=Move.REOPEN, seen=EnrolmentState.COMPLETED)
    if then == "left":
        with act(app):
            place_of(cast).state = EnrolmentState.WITHDRAWN
    for shown, said in (("off", "Not found"), ("validity", "This certificate was withdrawn")):
        page = as_participant.get("certificates.own", lang=lang, of=cast.cohort_id)
        assert "The name was mistyped." in page.words() and 'value="name"' not in page.text.split("choose-shown")[1]
        sent = {"of": page.fields["of"], "shown": shown}
        assert "done=shown" in as_participant.post("certificates.choose_shown", data=sent).location
        assert said in Visitor(app).get("verify.code", code=code).words()
        if lang == "en":
            after = as_participant.get("certificates.own", of=cast.cohort_id, done="shown").words()
            assert ("Nobody sees this on the check page." in after) is (shown == "off")
            assert "Saved. The check page answers so" in after
    refused = as_participant.post("certificates.choose_shown", data={**sent, "shown": "name"}, expect=422)
    assert "This could not be sent yet" in refused.words()


def test_what_was_taken_up_again_while_her_page_was_open_is_not_certified(app, cast, completed, as_participant):
    sent = choices(as_participant)
    with act(app):
        confirm(cast, move=Move.REOPEN, seen=EnrolmentState.COMPLETED)
    page = as_participant.post("certificates.issue", data=sent, expect=409)
    assert "There is nothing to certify yet, or it was taken up again." in page.words()
    as_participant.post("certificates.preview", data=sent, expect=409)


def test_participation_has_a_certificate_of_its_own(app, cast, as_participant):
    with act(app):
        confirm(cast, move=Move.PARTICIPATE)
        completion_of(cast).hours = 12
    assert "You took part in this course" in as_participant.get("certificates.own").words()
    page = issued(app, as_participant)
    assert "Certificate of participation" in page.words()
    assert "took part in the online course “Women and ceasefires”" in page.words()
    assert "about 12 hours of study" in page.words()


def test_a_named_cohort_works_the_same(app, cast, as_participant):
    with act(app):
        db.session.get_one(Cohort, cast.cohort_key).naming = "named"
        confirm(cast)
    assert LEGAL in issued(app, as_participant).words()


def test_somebody_with_two_courses_chooses_of_which(app, cast, as_participant):
    with act(app):
        other = db.session.query(Cohort).filter_by(public_id=cast.other_cohort_id).one()
        holder = db.session.get_one(Person, cast.cedar.id)
        enrolling.enrol(holder, other, alias="Larch", course_language="en", by=None, at=NOW)
        confirm(cast)
    page = as_participant.get("certificates.own")
    assert "Which name is printed?" in page.words() and f"of={cast.other_cohort_id}" in page.text
    older = as_participant.get("certificates.own", of=cast.other_cohort_id)
    assert "There is no certificate yet." in older.words() and f"of={cast.cohort_id}" in older.text


@pytest.mark.parametrize("name", ["nour", "stranger", "facilitator", "coordinator", "other_cohort"])
def test_nobody_else_sees_any_of_it(app, cast, name):
    graduate(app, cast)
    visitor = Visitor(app).signed_in(getattr(cast, name))
    page = visitor.get("certificates.own", of=cast.cohort_id, expect=200 if name == "nour" else 404)
    assert "Cedar" not in page.words() and CANARY not in page.text
    visitor.get("certificates.document", language="en", of=cast.cohort_id, expect=404)
    answer = visitor.post(
        "certificates.choose_shown",
        data={"of": str(cast.cohort_id), "shown": "off"},
        expect=302 if name == "nour" else 404,
    )
    assert answer.status
    with app.app_context():
        assert db.session.query(Certificate).one().shown == "validity"


def test_a_visitor_is_sent_to_sign_in(app, cast, visitor):
    for endpoint, more in (("certificates.own", {}), ("certificates.document", {"language": "en"})):
        assert "/sign-in" in visitor.get(endpoint, expect=302, **more).location


@pytest.mark.parametrize("of", ["x", "0" * 32])
def test_an_address_that_names_nothing_of_hers_is_not_found(cast, completed, as_participant, of):
    as_participant.get("certificates.own", of=of, expect=404)


def test_the_pages_ask_little_of_the_database(app, cast, as_participant, statements):
    with act(app):
        ask_for(cast, activities_percent=80, quiz_pass_percent=70)
    for expected in (9, 4, 4):
        as_participant.get("certificates.own")
        with statements() as seen:
            as_participant.get("certificates.own")
        assert len(seen) <= expected, seen
        if expected == 9:
            with act(app):
                confirm(cast)
        else:
            issued(app, as_participant) if not _has_certificate(app) else None


def _has_certificate(app):
    with app.app_context():
        return db.session.query(Certificate).count() > 0


def test_who_moves_to_another_zone_moves_no_day_of_issue(app, cast, completed, as_participant):
    issued(app, as_participant)
    with act(app):
        db.session.get_one(Person, cast.cedar.id).time_zone = "Pacific/Auckland"
    assert "Issued on 13 April 2027" in as_participant.get("certificates.own").words()


def test_digits_of_her_pages_are_not_those_of_the_certificate(app, cast, completed):
    """She reads ٠-٩ on Arabic pages; the page of the certificate says the same as the paper."""
    with act(app):
        holder = db.session.get_one(Person, cast.cedar.id)
        wanted = preferring.Preferences(
            interface_language="ar",
            time_zone="UTC",
            theme=holder.theme,
            digits="arab",
            leave_to="search",
            exit_keys=False,
            locks_after=holder.locks_after,
        )
        preferring.save_preferences(holder, wanted)
    visitor = Visitor(app).signed_in(cast.cedar)
    page = issued(app, visitor, languages=["ar"])
    page = visitor.get("certificates.own", lang="ar")
    assert "13 نيسان/أبريل 2027" in page.words()
