"""Opening a sealed value: a reason, a fresh factor, a limit, and an entry that she reads."""

from datetime import timedelta

import pytest

from lms.accounts.models import Person
from lms.accounts.rules.factors import Proof
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from lms.safety.models import Opening
from lms.safety.rules import OPENINGS_AN_HOUR
from tests.cast import CANARY, DAY, HOUR, NOW
from tests.client import Visitor

MINUTE = timedelta(minutes=1)
LEGAL = f"{CANARY} Cedar"
REASON = "She asked me to write her name on a letter."
LANGUAGES = ["en", "fr", "ar"]


def hers(taught, name="cedar"):
    return {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments[name]}


def open_value(visitor, taught, *, field="legal_name", reason=REASON, expect=200, **more):
    return visitor.post(
        "sealed.open_value", **hers(taught), data={"field": field, "reason": reason, **more}, expect=expect
    )


def openings(app):
    with app.app_context():
        return db.session.query(Opening).count()


def appoint(app, member, role, cohort_key=None):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, member.id)
        persons.grant_role(person, role, cohort_id=cohort_key, by=None, at=NOW - DAY)


@pytest.fixture
def coordinator(app, cast, taught):
    return Visitor(app).signed_in(cast.coordinator)


def test_she_reads_who_opened_what_and_why(app, cast, taught, coordinator, as_participant):
    page = open_value(coordinator, taught)
    assert LEGAL in page.words()
    words = as_participant.get("plan.opened").words()
    assert REASON in words and "Legal name" in words and cast.coordinator.shown_name in words
    with app.app_context():
        (opening,) = db.session.query(Opening)
        assert REASON.encode() not in opening.reason.box
        entries = db.session.query(Entry).filter_by(act="safety.record.opened").all()
        assert [(entry.by_id, entry.on_id, entry.changes) for entry in entries] == [
            (cast.coordinator.id, cast.cedar.id, {"field": [None, "legal_name"]})
        ]


def test_the_value_is_shown_once(cast, taught, coordinator):
    open_value(coordinator, taught)
    assert LEGAL not in coordinator.get("sealed.sealed", **hers(taught)).text


@pytest.mark.parametrize("reason", ["", "because", "x" * 501])
def test_without_a_reason_nothing_is_opened(app, cast, taught, coordinator, reason):
    page = open_value(coordinator, taught, reason=reason, expect=422)
    assert LEGAL not in page.text and openings(app) == 0


def test_a_factor_of_six_minutes_ago_is_asked_for_again_and_the_reason_stays(app, cast, clock, taught, coordinator):
    clock.at = NOW + 6 * MINUTE
    page = open_value(coordinator, taught, expect=422)
    assert page.fields["reason"].strip() == REASON and openings(app) == 0
    open_value(coordinator, taught, password="wrong words", expect=422)
    page = open_value(coordinator, taught, password=cast.coordinator.passphrase)
    assert LEGAL in page.words() and openings(app) == 1


@pytest.mark.parametrize("name", ["facilitator", "nour", "cedar", "stranger"])
def test_nobody_else_opens_anything(app, cast, taught, name):
    visitor = Visitor(app).signed_in(getattr(cast, name))
    visitor.get("sealed.sealed", **hers(taught), expect=404)
    open_value(visitor, taught, expect=404)
    assert openings(app) == 0


def test_a_coordinator_who_showed_a_passphrase_only_is_none(app, cast, taught):
    visitor = Visitor(app).signed_in(cast.coordinator, proof=Proof.PASSPHRASE)
    visitor.get("sealed.sealed", **hers(taught), expect=404)


def test_the_safety_focal_point_opens_the_plan(app, cast, taught, as_participant):
    as_participant.post("plan.save_plan", data={"channel": "a note at the library", "hours": "", "silence": "nothing"})
    appoint(app, cast.stranger, Role.SAFETY, taught.cohort_key)
    page = open_value(Visitor(app).signed_in(cast.stranger), taught, field="plan")
    assert "a note at the library" in page.words() and "nothing" in page.words()


def test_bulk_reading_stops_and_raises_an_alarm(app, cast, clock, taught, coordinator, caplog):
    for _ in range(OPENINGS_AN_HOUR):
        open_value(coordinator, taught)
    page = open_value(coordinator, taught, expect=422)
    assert "You can open 20 records in an hour" in page.words() and openings(app) == OPENINGS_AN_HOUR
    assert "the limit of opened records is reached" in caplog.text and LEGAL not in caplog.text
    clock.at = NOW + HOUR
    open_value(coordinator, taught, password=cast.coordinator.passphrase)


def test_a_coordinator_locks_her_account_after_a_call_and_she_reads_why(app, cast, taught, coordinator, as_participant):
    coordinator.post("sealed.lock", **hers(taught), data={"reason": "She called: the phone was taken."})
    assert as_participant.client.get("/en/today").status_code == 302
    with app.app_context():
        assert db.session.get_one(Person, cast.cedar.id).locked_at == NOW
        assert [one.field for one in db.session.query(Opening)] == ["lock"]


def test_a_coordinator_lets_her_in_again_who_has_no_codes(app, cast, taught, coordinator, as_participant):
    as_participant.post("devices.lock")
    coordinator.get("sealed.sealed", **hers(taught))
    coordinator.post("sealed.unlock", **hers(taught), data={"reason": "She called, and has her phone back."})
    with app.app_context():
        assert db.session.get_one(Person, cast.cedar.id).locked_at is None


def test_a_plan_is_changed_and_emptied(app, cast, as_participant):
    for words in ("a note at the library", "a friend", ""):
        as_participant.post("plan.save_plan", data={"channel": words, "hours": words, "silence": words})
        page = as_participant.get("plan.plan")
        assert {page.fields[name].strip() for name in ("channel", "hours", "silence")} == {words}
    as_participant.post("plan.save_plan", data={"channel": "x" * 2_001}, expect=422)


def test_a_coordinator_ends_travel_mode_after_a_call(app, cast, taught, coordinator, as_participant):
    as_participant.post("devices.travel", data={"until": (NOW + 5 * DAY).date().isoformat()})
    coordinator.get("sealed.sealed", **hers(taught))
    coordinator.post("sealed.end_travel", **hers(taught), data={"reason": "She called as her plan says."})
    with app.app_context():
        assert db.session.get_one(Person, cast.cedar.id).closed_until is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_of_sealed_values_in_each_language(app, cast, clock, taught, coordinator, lang):
    coordinator.get("sealed.sealed", **hers(taught), lang=lang)
    for field in ("legal_name", "contact", "plan"):
        open_value(coordinator, taught, field=field)
    nour = Visitor(app).signed_in(cast.nour)
    nour.get("plan.plan", lang=lang)
    nour.get("plan.opened", lang=lang)
