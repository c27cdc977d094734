import threading
from datetime import timedelta

import pytest

from lms.accounts.models import Person
from lms.kernel.db import db, transaction
from lms.messaging import jobs, services
from lms.messaging.models import Job
from tests.cast import DAY, NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def done(in_app):
    """A kind of work that notes what it was asked for."""
    seen = []
    services.handle(in_app, "tests.note", lambda payload, at: seen.append(dict(payload)))
    yield seen
    del in_app.extensions["jobs"]["tests.note"]


def _all():
    return db.session.query(Job).order_by(Job.id).all()


def test_work_is_claimed_once_and_in_order(in_app):
    services.enqueue("a", at=NOW, person=1), services.enqueue("b", at=NOW - MINUTE)
    db.session.flush()
    assert [services.claim_next(at=NOW).kind, services.claim_next(at=NOW).kind] == ["b", "a"]
    assert services.claim_next(at=NOW) is None


def test_work_of_the_future_waits(in_app):
    services.enqueue("a", at=NOW + MINUTE)
    assert services.claim_next(at=NOW) is None
    assert services.claim_next(at=NOW + MINUTE).kind == "a"


def test_the_work_of_a_worker_that_died_is_free_again_after_ten_minutes(in_app):
    services.enqueue("a", at=NOW)
    assert services.claim_next(at=NOW)
    assert services.claim_next(at=NOW + 9 * MINUTE) is None
    assert services.claim_next(at=NOW + 10 * MINUTE).tries == 2


def test_done_work_is_not_done_again(in_app):
    services.enqueue("a", at=NOW)
    services.finish(services.claim_next(at=NOW), every=None, at=NOW)
    assert services.claim_next(at=NOW + DAY) is None


def test_recurring_work_has_one_row_and_comes_back(in_app):
    services.ensure_all_recurring(at=NOW)
    services.ensure_all_recurring(at=NOW)
    db.session.flush()
    kinds = [job.kind for job in _all()]
    assert sorted(kinds) == ["accounts.sweep", "assessments.close", "messaging.sweep"]
    job = services.claim_next(at=NOW)
    services.finish(job, every=MINUTE, at=NOW)
    assert (job.done_at, job.run_at, job.tries) == (None, NOW + MINUTE, 0)


def test_failed_work_is_put_back_and_given_up_in_the_end(in_app):
    job = services.enqueue("a", at=NOW)
    job.tries = 1
    services.put_back(job, "OSError", at=NOW)
    assert (job.run_at, job.fault) == (NOW + MINUTE, "OSError")
    job.tries = 10
    services.put_back(job, "OSError", at=NOW)
    assert (job.done_at, job.fault) == (NOW, "OSError")


def test_work_that_comes_back_is_never_given_up(in_app):
    services.ensure_all_recurring(at=NOW)
    job = db.session.query(Job).filter_by(kind="accounts.sweep").one()
    job.tries = 10
    services.put_back(job, "OSError", at=NOW)
    assert (job.done_at, job.run_at, job.tries) == (None, NOW + MINUTE, 0)


def test_work_that_kills_its_workers_is_given_up_and_the_next_is_claimed(in_app):
    deadly, next_one = services.enqueue("a", at=NOW - MINUTE), services.enqueue("b", at=NOW)
    deadly.tries = 10
    db.session.flush()
    assert services.claim_next(at=NOW) is next_one
    assert (deadly.fault, deadly.done_at) == ("WorkerDied", NOW)


def test_what_a_handler_left_half_done_is_not_kept(in_app, cast):
    def broken(payload, at):
        db.session.get_one(Person, cast.cedar.id).shown_name = "Half done"
        raise OSError

    services.handle(in_app, "tests.broken", broken)
    with transaction():
        services.enqueue("tests.broken", at=NOW)
    assert jobs.run_due(in_app) == 1
    del in_app.extensions["jobs"]["tests.broken"]
    db.session.expire_all()
    assert db.session.get_one(Person, cast.cedar.id).shown_name == "Cedar"


def test_a_worker_that_is_told_to_stop_begins_nothing_more(in_app):
    with transaction():
        services.enqueue("a", at=NOW)
    stop = threading.Event()
    stop.set()
    assert jobs.run_due(in_app, stop) == 0


def test_rows_of_work_done_long_ago_are_deleted(in_app):
    for days in (29, 30, 31):
        services.finish(services.enqueue("a", at=NOW), every=None, at=NOW - days * DAY)
    services.enqueue("waiting", at=NOW - 99 * DAY)
    db.session.flush()
    services.sweep(at=NOW)
    assert [job.kind for job in _all()] == ["a", "waiting"]


def test_the_worker_does_what_is_due_and_goes_on_after_a_failure(in_app, done):
    with transaction():
        services.enqueue("nobody.knows.this", at=NOW), services.enqueue("tests.note", at=NOW, person=7)
    assert jobs.run_due(in_app) == 2
    assert done == [{"person": 7}]
    failed, finished = _all()
    assert (failed.fault, failed.done_at) == ("KeyError", None)
    assert finished.done_at == NOW


def test_the_sweep_is_a_job_like_any_other(in_app):
    with transaction():
        services.ensure_all_recurring(at=NOW)
    assert jobs.run_due(in_app) == 3
    assert [job.fault for job in _all()] == [None, None, None]
