"""Reports: with a name or without, read by the focal point alone, answered under a code."""

import re

import pytest

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.audit.models import Entry
from lms.cohorts.models import Cohort
from lms.kernel.db import db
from lms.safety.models import Report
from tests.cast import NOW
from tests.client import Visitor
from tests.safety.test_opening import appoint

TEXT = "Somebody at the market knew which course I take."
LANGUAGES = ["en", "fr", "ar"]


def send(visitor, *, who="nameless", expect=200, **more):
    data = {"who": who, "subject": "known", "text": TEXT, "wish": "nothing", **more}
    return visitor.post("reports.send", data=data, expect=expect)


def code_on(page):
    return re.search(r'<span class="code ltr">([^<]+)</span>', page.text)[1]


def one(app):
    with app.app_context():
        return db.session.query(Report).one()


@pytest.fixture
def focal_point(app, cast):
    appoint(app, cast.stranger, Role.SAFETY)
    return Visitor(app).signed_in(cast.stranger)


def test_without_a_name_nothing_leads_to_her(app, cast, as_participant):
    send(as_participant)
    report = one(app)
    assert report.person_id is None and report.cohort_id == cast.cohort_key and report.day == NOW.date()
    assert TEXT.encode() not in report.text.box
    with app.app_context():
        assert [entry.by_id for entry in db.session.query(Entry).filter_by(act="safety.report.told")] == [None]


def test_with_her_name_the_focal_point_can_lock_her_account(app, cast, as_participant, focal_point):
    send(as_participant, who="named")
    report = one(app)
    assert report.person_id == cast.cedar.id
    assert TEXT not in focal_point.get("reports.one", report=report.public_id).words()
    assert one(app).state == "new", "looking changes nothing"
    for _ in range(2):
        page = focal_point.post("reports.open_text", report=report.public_id, expect=200)
        assert TEXT in page.words() and cast.cedar.shown_name in page.words()
    assert one(app).state == "read"
    with app.app_context():
        assert db.session.query(Entry).filter_by(act="safety.report.read", by_id=cast.stranger.id).count() == 2
    focal_point.post("reports.lock", report=report.public_id)
    assert as_participant.client.get("/en/today").status_code == 302


def test_she_may_have_her_account_locked_with_the_report(app, cast, as_participant):
    send(as_participant, who="named", wish="lock")
    with app.app_context():
        assert db.session.get_one(Person, cast.cedar.id).locked_at == NOW


def test_whoever_is_not_signed_in_can_report_and_has_no_name(app, visitor):
    send(visitor)
    assert one(app).person_id is None and one(app).cohort_id is None
    send(visitor, who="named", expect=422)


def test_an_answer_is_found_by_its_code_and_by_no_other(app, visitor, focal_point):
    code = code_on(send(visitor))
    report = one(app)
    focal_point.post("reports.send_answer", report=report.public_id, data={"text": "The list was taken down."})
    assert "The list was taken down." in visitor.post("reports.answer", data={"code": code.lower()}, expect=200).words()
    other = visitor.post("reports.answer", data={"code": "AAAA-BBBB-CCCC-DDDD"}, expect=200).words()
    assert "taken down" not in other and "no answer under this code, or not yet" in other


def test_codes_are_not_guessed_for_ever(visitor):
    for _ in range(10):
        visitor.post("reports.answer", data={"code": "AAAA-BBBB-CCCC-DDDD"}, expect=200)
    visitor.post("reports.answer", data={"code": "AAAA-BBBB-CCCC-DDDD"}, expect=429)


@pytest.mark.parametrize("name", ["facilitator", "coordinator", "cedar"])
def test_nobody_else_reads_a_report(app, cast, visitor, name):
    send(visitor)
    reader = Visitor(app).signed_in(getattr(cast, name))
    reader.get("reports.reports", expect=404)
    reader.get("reports.one", report=one(app).public_id, expect=404)
    reader.post("reports.open_text", report=one(app).public_id, expect=404)


def test_the_focal_point_of_another_cohort_reads_none_of_this(app, cast, as_participant):
    send(as_participant)
    with app.app_context():
        elsewhere = db.session.query(Cohort.id).filter_by(public_id=cast.other_cohort_id).scalar()
    appoint(app, cast.other_cohort, Role.SAFETY, elsewhere)
    reader = Visitor(app).signed_in(cast.other_cohort)
    assert "There are no reports." in reader.get("reports.reports").words()
    reader.get("reports.one", report=one(app).public_id, expect=404)


def test_an_empty_report_is_refused_with_what_was_chosen_kept(visitor):
    page = send(visitor, text="  ", expect=422)
    assert 'value="known" checked' in page.text or "checked" in page.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_of_reports_in_each_language(app, cast, visitor, focal_point, lang):
    visitor.get("reports.report", lang=lang)
    visitor.get("reports.answer_form", lang=lang)
    send(visitor)
    focal_point.get("reports.reports", lang=lang)
    focal_point.get("reports.one", report=one(app).public_id, lang=lang)
    focal_point.post("reports.close", report=one(app).public_id)
    focal_point.get("reports.reports", lang=lang)
