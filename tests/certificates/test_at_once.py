"""Two people press at the same moment, in two connections of their own: one outcome."""

import pytest
from sqlalchemy import select

from lms.certificates import jobs
from lms.certificates.errors import CertificateIsValid, IssuedMeanwhile, NothingToIssue
from lms.certificates.models import Certificate, Document
from lms.certificates.services import deciding, issuing
from lms.cohorts.errors import MoveNotAllowed
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.kernel.db import db, transaction
from tests.at_once import apart, at_once
from tests.cast import NOW
from tests.certificates.graduates import NAMED, case_of, completion_of, confirm, issue, person, place_of

ACTIVE, COMPLETED = EnrolmentState.ACTIVE, EnrolmentState.COMPLETED
NAMES = ("cedar", "nour", "olivier")


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path, worker):
    with apart(request.param, tmp_path, worker) as app_and_cast:
        yield app_and_cast


def deciding_on(cast, name, move):
    def act(meet):
        case, by = case_of(cast, name), person(cast.coordinator)
        seen = case.participant.state
        meet()
        with transaction():
            deciding.decide(case, deciding.Decision(move=move, seen=seen, reason="Because."), by=by, at=NOW)

    return act


def issuing_of(cast, name, wanted, known=0):
    def act(meet):
        completion, holder = completion_of(cast, name).id, person(getattr(cast, name))
        meet()
        with transaction():
            issuing.issue(completion, wanted, known=known, by=holder, at=NOW)

    return act


def completed(app, cast, name):
    with app.app_context(), transaction():
        confirm(cast, name)


@pytest.mark.parametrize("name", NAMES)
def test_of_two_coordinators_with_two_decisions_one_is_refused(site, name):
    app, cast = site
    outcomes = at_once(app, deciding_on(cast, name, Move.COMPLETE), deciding_on(cast, name, Move.PARTICIPATE))
    assert sorted(map(str, outcomes)) == sorted(map(str, (None, MoveNotAllowed)))
    with app.app_context():
        expected = "completed" if outcomes[0] is None else "participated"
        assert place_of(cast, name).state == expected and completion_of(cast, name).level == expected


@pytest.mark.parametrize("name", NAMES)
def test_two_windows_with_other_choices_issue_one_certificate(site, name):
    app, cast = site
    completed(app, cast, name)
    other = NAMED.__class__(named=NAMED.named, languages=("fr",))
    outcomes = at_once(app, issuing_of(cast, name, NAMED), issuing_of(cast, name, other))
    assert sorted(map(str, outcomes)) == sorted(map(str, (None, IssuedMeanwhile)))
    with app.app_context():
        assert [one.state for one in db.session.scalars(select(Certificate))] == ["valid"]


def test_a_double_click_issues_one(site):
    app, cast = site
    completed(app, cast, "cedar")
    assert at_once(app, *[issuing_of(cast, "cedar", NAMED)] * 4) == [None] * 4
    with app.app_context():
        assert len(db.session.scalars(select(Certificate)).all()) == 1


@pytest.mark.parametrize("name", NAMES)
def test_issuing_and_taking_up_again_at_once_leave_nothing_that_contradicts(site, name):
    app, cast = site
    completed(app, cast, name)
    outcomes = at_once(app, issuing_of(cast, name, NAMED), deciding_on(cast, name, Move.REOPEN))
    with app.app_context():
        certificates = db.session.scalars(select(Certificate)).all()
        if outcomes[0] is None:
            assert outcomes[1] is CertificateIsValid and place_of(cast, name).state is COMPLETED
            assert len(certificates) == 1
        else:
            assert outcomes == [NothingToIssue, None] and certificates == []
            assert place_of(cast, name).state is ACTIVE and completion_of(cast, name) is None


def test_two_workers_make_the_documents_of_one_certificate_once(site):
    app, cast = site
    completed(app, cast, "cedar")
    with app.app_context(), transaction():
        certificate = issue(cast).id

    def make(meet):
        meet()
        jobs.make({"certificate": certificate}, NOW)

    assert at_once(app, make, make, make) == [None] * 3
    with app.app_context():
        assert len(db.session.scalars(select(Document)).all()) == 1
