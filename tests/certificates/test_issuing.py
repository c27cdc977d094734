"""Issuing: one valid certificate of a completion, drawn by the worker, sealed under its holder's key."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from lms.accounts import vault
from lms.accounts.models import Person, PersonKey
from lms.audit.models import Entry
from lms.certificates import jobs
from lms.certificates.errors import (
    BadChoice,
    CannotBePrinted,
    IssuedMeanwhile,
    NoLongerValid,
    NothingToIssue,
)
from lms.certificates.keys import current_keys
from lms.certificates.models import Certificate, Completion, Document
from lms.certificates.queries import checking
from lms.certificates.queries import holding as queries
from lms.certificates.reading import find_token
from lms.certificates.rules.checking import NOT_FOUND, Answer
from lms.certificates.rules.choices import Choices, NamePrinted, Shown, check_choices
from lms.certificates.rules.facts import Level, Qr, is_name
from lms.certificates.sealing import TOKEN, WITHDRAWAL, open_page, open_text, seal
from lms.certificates.services import issuing, making
from lms.certificates.signing import verify
from lms.cohorts.errors import ReasonNeeded
from lms.cohorts.models import Cohort
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.home import checkup
from lms.kernel.db import db, transaction
from lms.kernel.ids import hash_token
from lms.kernel.sealed import CannotOpen, Sealed
from lms.messaging import services as messaging
from lms.messaging.jobs import run_due
from lms.messaging.models import Job
from lms.messaging.rules import CLAIM_LASTS
from lms.settings import current_settings
from tests.cast import CANARY, DAY, NOW
from tests.certificates.graduates import (
    LEGAL,
    NAMED,
    code_of,
    completion_of,
    confirm,
    holding_of,
    issue,
    person,
    place_of,
)

ALL = replace(NAMED, languages=("en", "fr", "ar"))


@pytest.fixture
def graduate(in_app, cast):
    """Cedar, who completed the course."""
    confirm(cast)
    db.session.commit()
    return person(cast.cedar)


def make(certificate):
    jobs.make({"certificate": certificate.id}, NOW)


def documents_of(certificate):
    return db.session.scalars(
        select(Document).where(Document.certificate_id == certificate.id).order_by(Document.id)
    ).all()


def facts_of(certificate, holder, language="en"):
    (found,) = (one for one in documents_of(certificate) if one.language == language)
    return verify(open_text(holder, found.token, place=TOKEN), current_keys().public)


@pytest.mark.parametrize(
    ("named", "has_legal", "shown", "languages"),
    list(product(NamePrinted, (True, False), Shown, ((), ("en",), ("en", "ar"), ("en", "de")))),
)
def test_choices_hold_together(named, has_legal, shown, languages):
    fits = (
        bool(languages)
        and "de" not in languages
        and (has_legal or named is not NamePrinted.LEGAL)
        and (named is not NamePrinted.NONE or shown is not Shown.NAME)
    )
    choices = Choices(named=named, shown=shown, languages=languages)
    if fits:
        check_choices(choices, offered=("en", "fr", "ar"), has_legal_name=has_legal)
    else:
        with pytest.raises(BadChoice):
            check_choices(choices, offered=("en", "fr", "ar"), has_legal_name=has_legal)


def test_a_certificate_is_issued_and_drawn_by_the_worker_in_each_language(graduate, cast):
    certificate = issue(cast, wanted=ALL)
    db.session.commit()
    assert certificate.made_at is None and documents_of(certificate) == []
    make(certificate)
    found = documents_of(certificate)
    assert [one.language for one in found] == ["en", "fr", "ar"] and certificate.made_at == NOW
    for one in found:
        page = open_page(graduate, one.page)
        assert page.startswith(b"%PDF-") and len(page) == one.size_bytes
        assert find_token(page) == open_text(graduate, one.token, place=TOKEN)
        assert CANARY.encode() not in one.page.box + one.token.box
    facts = facts_of(certificate, graduate, "fr")
    assert (facts.level, facts.year, facts.hours, facts.language) == (Level.COMPLETED, 2027, None, "fr")


@pytest.mark.parametrize("qr", Qr)
@pytest.mark.parametrize("has_title", [True, False])
def test_the_square_code_tells_what_was_chosen_and_no_more(graduate, cast, qr, has_title):
    certificate = issue(cast, wanted=replace(NAMED, qr=qr, has_title=has_title))
    db.session.commit()
    make(certificate)
    facts = facts_of(certificate, graduate)
    assert facts.course == ("Women and ceasefires" if has_title and qr is Qr.FULL else None)
    assert facts.name == (LEGAL if qr is Qr.FULL else None)
    assert is_name("kanaria  LEGALNAME cedar", facts) and not is_name("Kanaria Legalname", facts)


@pytest.mark.parametrize(
    ("named", "printed"),
    [(NamePrinted.LEGAL, LEGAL), (NamePrinted.ALIAS, "Cedar"), (NamePrinted.NONE, None)],
)
def test_the_name_is_the_one_that_she_chose(graduate, cast, named, printed):
    certificate = issue(cast, wanted=replace(NAMED, named=named, qr=Qr.FULL))
    db.session.commit()
    make(certificate)
    assert facts_of(certificate, graduate).name == printed


def test_hours_are_stated_where_the_cohort_states_them(in_app, cast):
    db.session.get_one(Cohort, cast.cohort_key).hours = 40
    confirm(cast, move=Move.PARTICIPATE)
    certificate = issue(cast)
    db.session.commit()
    make(certificate)
    facts = facts_of(certificate, person(cast.cedar))
    assert (facts.hours, facts.level) == (40, Level.PARTICIPATED)


def test_what_a_cohort_is_called_later_does_not_change_what_was_completed(graduate, cast):
    db.session.get_one(Cohort, cast.cohort_key).hours = 99
    certificate = issue(cast)
    db.session.commit()
    make(certificate)
    assert facts_of(certificate, graduate).hours is None


def test_the_same_act_twice_is_one_certificate(graduate, cast):
    first = issue(cast)
    db.session.commit()
    assert issue(cast).id == first.id
    db.session.commit()
    jobs_asked = db.session.scalar(select(func.count()).select_from(Job).where(Job.kind == issuing.MAKE))
    assert jobs_asked == 1 and db.session.scalar(select(func.count()).select_from(Certificate)) == 1


@pytest.mark.parametrize("known", [-1, 1, 2])
def test_a_page_from_before_issues_nothing(graduate, cast, known):
    with pytest.raises(IssuedMeanwhile):
        issue(cast, known=known)


def test_other_choices_from_an_old_page_are_refused(graduate, cast):
    issue(cast)
    with pytest.raises(IssuedMeanwhile):
        issue(cast, wanted=ALL, known=0)


def test_a_new_certificate_replaces_the_old_one_whose_documents_are_deleted(graduate, cast):
    first = issue(cast)
    db.session.commit()
    make(first)
    second = issue(cast, wanted=ALL, known=1, at=NOW + DAY)
    db.session.commit()
    assert first.state == "replaced" and first.ended_at == NOW + DAY and documents_of(first) == []
    assert second.state == "valid" and second.edition == 2
    assert code_of(first, cast.cedar) != code_of(second, cast.cedar)


def test_the_database_holds_no_two_valid_certificates_of_one_completion(graduate, cast):
    first = issue(cast)
    db.session.commit()
    copy = {column.name: getattr(first, column.name) for column in Certificate.__table__.columns if column.name != "id"}
    db.session.add(Certificate(**{**copy, "public_id": cast.cedar.public_id, "edition": 2, "code_hash": b"x"}))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_nothing_is_issued_without_a_completion_that_holds(graduate, cast):
    completion = completion_of(cast)
    place_of(cast).state = EnrolmentState.ACTIVE
    db.session.commit()
    with pytest.raises(NothingToIssue):
        issuing.issue(completion.id, NAMED, known=0, by=graduate, at=NOW)
    with pytest.raises(NothingToIssue):
        issuing.issue(completion.id + 99, NAMED, known=0, by=graduate, at=NOW)


def test_a_certificate_can_be_issued_after_the_place_was_deleted(graduate, cast):
    completion = completion_of(cast)
    db.session.delete(place_of(cast))
    db.session.commit()
    db.session.expire_all()
    holding = holding_of(cast)
    assert holding.decided.id == completion.id and holding.cohort is None and holding.id is not None
    assert queries.find_holding(graduate, holding.id).completion.id == completion.id
    made = issuing.issue(completion.id, replace(NAMED, named=NamePrinted.ALIAS), known=0, by=graduate, at=NOW)
    db.session.commit()
    make(made)
    assert facts_of(made, graduate).name is None


def test_who_has_no_legal_name_prints_her_alias_or_none(graduate, cast):
    db.session.get_one(Person, cast.cedar.id).legal_name = None
    db.session.flush()
    with pytest.raises(BadChoice):
        issue(cast)
    assert issue(cast, wanted=replace(NAMED, named=NamePrinted.ALIAS)).named is NamePrinted.ALIAS


def test_a_name_that_cannot_be_printed_is_refused_before_anything_is_issued(graduate, cast):
    holding = holding_of(cast)
    unknown = issuing.Names(alias="Cedar", legal="မြန်မာ")
    for legal in ("မြန်မာ", "x" * 121):
        with pytest.raises(CannotBePrinted):
            issuing.try_to_print(holding, NAMED, replace(unknown, legal=legal), on=NOW.date())
    issuing.try_to_print(holding, replace(NAMED, named=NamePrinted.ALIAS), unknown, on=NOW.date())


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Asia/Aden", date(2027, 4, 15)), ("UTC", date(2027, 4, 14)), ("America/Port-au-Prince", date(2027, 4, 14))],
)
def test_it_bears_the_day_on_which_she_asked_for_it(graduate, cast, zone, day):
    db.session.get_one(Person, cast.cedar.id).time_zone = zone
    db.session.commit()
    assert issue(cast, at=datetime(2027, 4, 14, 22, 30, tzinfo=UTC)).issued_on == day


def test_only_its_hash_and_a_sealed_form_of_a_code_are_kept(graduate, cast):
    certificate = issue(cast)
    db.session.commit()
    code = code_of(certificate, cast.cedar)
    assert certificate.code_hash == hash_token(code) and code.encode() not in certificate.code.box


def test_making_twice_keeps_one_document_in_each_language(graduate, cast):
    certificate = issue(cast, wanted=ALL)
    db.session.commit()
    for _ in range(3):
        make(certificate)
    assert len(documents_of(certificate)) == 3
    acts = db.session.scalars(select(Entry.act).where(Entry.act == "certificates.certificate.made")).all()
    assert len(acts) == 1


def test_of_two_workers_with_one_certificate_the_second_keeps_nothing(graduate, cast):
    """The first was thought dead: both drew, and both want to keep it."""
    certificate = issue(cast, wanted=ALL)
    db.session.commit()
    drawn = [making.draw(queries.find_to_make(certificate.id)) for _ in range(2)]
    assert drawn[0] == drawn[1], "the same documents to the byte"
    for place, pages in enumerate(drawn):
        with transaction():
            assert making.keep(certificate.id, graduate, pages, at=NOW) is (place == 0)
    assert len(documents_of(certificate)) == 3


def test_a_worker_that_dies_before_it_could_keep_is_followed_by_another(app, cast, clock, monkeypatch):
    """Everything was drawn; the process ends before the commit."""
    with app.app_context():
        confirm(cast)
        certificate = issue(cast, wanted=ALL)
        db.session.commit()
    keep, dying = making.keep, [True]

    def killed(*arguments, **more):
        done = keep(*arguments, **more)
        if dying.pop() if dying else False:
            raise SystemExit  # as the end of a process: nothing after it is done, nothing before it is committed
        return done

    monkeypatch.setattr(making, "keep", killed)
    with pytest.raises(SystemExit):
        run_due(app)
    with app.app_context():
        db.session.remove()
        assert documents_of(certificate) == [] and db.session.get_one(Certificate, certificate.id).made_at is None
    clock.at = NOW + CLAIM_LASTS
    run_due(app)
    with app.app_context():
        found = db.session.get_one(Certificate, certificate.id)
        assert len(documents_of(found)) == 3 and found.made_at == clock.at
        asked = db.session.scalars(select(Job).where(Job.kind == issuing.MAKE)).one()
        assert asked.done_at is not None and asked.tries == 2


def test_what_was_withdrawn_while_it_was_drawn_keeps_no_documents(graduate, cast):
    certificate = issue(cast)
    db.session.commit()
    drawn = making.draw(queries.find_to_make(certificate.id))
    with transaction():
        issuing.withdraw(certificate.id, "A mistake.", graduate, by=person(cast.coordinator), at=NOW)
    with transaction():
        assert making.keep(certificate.id, graduate, drawn, at=NOW) is False
    make(certificate)
    assert documents_of(certificate) == []


def test_a_withdrawal_has_a_reason_that_the_holder_reads_and_is_not_undone(graduate, cast):
    certificate = issue(cast)
    db.session.commit()
    make(certificate)
    by = person(cast.coordinator)
    for reason in ("", "  ", "x" * 2001):
        with pytest.raises(ReasonNeeded):
            issuing.withdraw(certificate.id, reason, graduate, by=by, at=NOW)
    issuing.withdraw(certificate.id, " The name was wrong. ", graduate, by=by, at=NOW)
    db.session.commit()
    assert certificate.state == "withdrawn" and documents_of(certificate) == []
    assert open_text(graduate, certificate.reason, place=WITHDRAWAL) == "The name was wrong."
    with pytest.raises(NoLongerValid):
        issuing.withdraw(certificate.id, "Again.", graduate, by=by, at=NOW)
    with pytest.raises(NoLongerValid):
        issuing.withdraw(certificate.id + 99, "Nothing there.", graduate, by=by, at=NOW)


def show(certificate, shown, graduate):
    issuing.choose_shown(certificate.completion_id, shown, by=graduate, at=NOW)


def shown_changes():
    kept = db.session.scalars(select(Entry.changes).where(Entry.act == "certificates.certificate.shown_changed"))
    return [one["shown"] for one in kept]


def test_who_can_check_is_changed_while_it_is_valid(graduate, cast):
    certificate = issue(cast)
    for shown in (Shown.OFF, Shown.OFF, Shown.NAME):
        show(certificate, shown, graduate)
        assert certificate.shown is shown
    assert shown_changes() == [["validity", "off"], ["off", "name"]]


def test_who_can_check_is_changed_after_it_was_withdrawn_too(graduate, cast):
    certificate = issue(cast)
    code = code_of(certificate, cast.cedar)
    issuing.withdraw(certificate.id, "A mistake.", graduate, by=None, at=NOW)
    show(certificate, Shown.OFF, graduate)
    assert checking.find(code) == NOT_FOUND
    show(certificate, Shown.VALIDITY, graduate)
    assert checking.find(code).answer is Answer.WITHDRAWN
    with pytest.raises(BadChoice):
        show(certificate, Shown.NAME, graduate)


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_switched_off_it_is_off_for_all_codes_that_were_ever_given_for_the_course(graduate, cast, is_withdrawn):
    editions = [issue(cast, wanted=replace(NAMED, has_title=bool(number)), known=number) for number in range(3)]
    codes = [code_of(one, cast.cedar) for one in editions]
    if is_withdrawn:
        issuing.withdraw(editions[2].id, "A mistake.", graduate, by=None, at=NOW)
    show(editions[2], Shown.OFF, graduate)
    assert [checking.find(code) for code in codes] == [NOT_FOUND] * 3
    assert shown_changes() == [["validity", "off"]] * 3


def test_a_new_certificate_that_nobody_can_check_hides_those_before_it(graduate, cast):
    first = issue(cast)
    code = code_of(first, cast.cedar)
    issue(cast, wanted=replace(NAMED, shown=Shown.OFF), known=1)
    assert checking.find(code) == NOT_FOUND


def test_what_was_hidden_stays_so_when_a_newer_certificate_can_be_checked(graduate, cast):
    first = issue(cast, wanted=replace(NAMED, shown=Shown.OFF))
    second = issue(cast, known=1)
    show(second, Shown.NAME, graduate)
    assert checking.find(code_of(first, cast.cedar)) == NOT_FOUND
    assert checking.find(code_of(second, cast.cedar)).answer is Answer.VALID


def test_where_nothing_was_issued_nothing_is_switched_off(graduate, cast):
    with pytest.raises(NothingToIssue):
        issuing.choose_shown(completion_of(cast).id, Shown.OFF, by=graduate, at=NOW)


def test_a_certificate_without_a_name_shows_none(graduate, cast):
    certificate = issue(cast, wanted=replace(NAMED, named=NamePrinted.NONE))
    with pytest.raises(BadChoice):
        show(certificate, Shown.NAME, graduate)


def test_no_audit_entry_holds_a_name_a_code_or_a_reason(graduate, cast):
    certificate = issue(cast)
    code = code_of(certificate, cast.cedar)
    issuing.withdraw(certificate.id, "A secret reason.", graduate, by=person(cast.coordinator), at=NOW)
    db.session.commit()
    told = str([entry.changes for entry in db.session.scalars(select(Entry))])
    assert CANARY not in told and code not in told and "secret" not in told
    payloads = str([job.payload for job in db.session.scalars(select(Job))])
    assert CANARY not in payloads and code not in payloads


def test_with_her_key_everything_of_it_is_gone(graduate, cast):
    certificate = issue(cast)
    db.session.commit()
    make(certificate)
    page = documents_of(certificate)[0].page
    vault.destroy_key(cast.cedar.public_id)
    db.session.commit()
    assert db.session.get(PersonKey, cast.cedar.public_id) is None
    with pytest.raises(CannotOpen):
        open_page(person(cast.cedar), page)


def test_with_the_person_everything_of_it_is_deleted(graduate, cast):
    certificate = issue(cast)
    db.session.commit()
    make(certificate)
    db.session.expunge_all()
    db.session.execute(Person.__table__.delete().where(Person.id == cast.cedar.id))
    for one in (Completion, Certificate, Document):
        assert db.session.scalar(select(func.count()).select_from(one)) == 0


def test_the_worker_knows_both_kinds_of_work(in_app):
    assert messaging.work_of(jobs.MAKE).every is None
    assert messaging.work_of(jobs.DECIDE).every is not None


def test_a_document_whose_key_is_gone_is_counted(graduate, cast):
    certificate = issue(cast, wanted=ALL)
    db.session.commit()
    make(certificate)
    counted = checking.Uncheckable
    known = current_keys().public.keys()
    assert checking.uncheckable_documents(known) == counted(of_unknown_keys=0, unreadable=0)
    assert checking.uncheckable_documents(["0" * 16]) == counted(of_unknown_keys=3, unreadable=0)


def test_a_document_that_cannot_be_read_is_counted_and_the_others_are_looked_at(graduate, cast):
    certificate = issue(cast, wanted=ALL)
    db.session.commit()
    make(certificate)
    broken, foreign, _whole = db.session.scalars(select(Document).order_by(Document.id))
    broken.token = Sealed(broken.token.box[:-1] + bytes([broken.token.box[-1] ^ 1]))
    foreign.token = seal(graduate, "no signed text", place=TOKEN)
    db.session.flush()
    counted = checking.uncheckable_documents(current_keys().public.keys())
    assert counted == checking.Uncheckable(of_unknown_keys=0, unreadable=2)
    assert checking.uncheckable_documents([]) == checking.Uncheckable(of_unknown_keys=1, unreadable=2)
    found = {one.text: one.is_fault for one in checkup.findings(current_settings(), at=NOW)}
    assert found["certificates that cannot be read: 2"] is True


def test_nothing_is_tried_on_paper_without_a_decision(in_app, cast):
    holding = holding_of(cast)
    names = issuing.Names(alias="Cedar", legal=None)
    with pytest.raises(NothingToIssue):
        issuing.try_to_print(holding, replace(NAMED, named=NamePrinted.ALIAS), names, on=NOW.date())
