import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from lms.accounts.models import Person
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from lms.messaging import jobs, queries, services
from lms.messaging.errors import PutOff, Undeliverable
from lms.messaging.models import Job
from lms.messaging.rules import MessageState, state_of
from tests.cast import DAY, HOUR, NOW

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


def write(person, *, at=NOW, cohort_id=None, **row):
    """A message to somebody, as it may stand in the outbox."""
    job = services.write_to(person, "something_new", at=at, cohort_id=cohort_id)
    for name, value in row.items():
        setattr(job, name, value)
    db.session.flush()
    return job


def claim(*, at=NOW):
    job = services.claim_next(at=at)
    db.session.flush()
    return job


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
    assert sorted(kinds) == sorted(kind for kind, work in in_app.extensions["jobs"].items() if work.every is not None)
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
    assert jobs.run_due(in_app) == len(_all()) > 2
    assert {job.fault for job in _all()} == {None}


def test_a_message_carries_whom_it_is_for_and_of_which_cohort_it_is(in_app):
    job = write(7, cohort_id=3)
    assert (job.person_id, job.cohort_id, job.payload["person"]) == (7, 3, 7)
    assert job.payload.keys() == {"person", "template", "key"}


def test_what_is_written_to_one_person_leaves_in_order(in_app):
    first, second, other = write(1), write(1, at=NOW - MINUTE), write(2)
    assert [claim(), claim(), claim()] == [first, other, None]
    services.finish(first, every=None, at=NOW)
    assert claim() is second


def test_a_message_waits_while_an_older_one_of_the_same_person_is_tried_again(in_app):
    first, second = write(1), write(1)
    services.put_back(claim(), "OSError", at=NOW)
    assert claim() is None
    assert claim(at=NOW + MINUTE) is first
    services.finish(first, every=None, at=NOW + MINUTE)
    assert claim(at=NOW + MINUTE) is second


def test_a_message_that_was_given_up_holds_up_nobody(in_app):
    first, second = write(1, tries=9), write(1)
    services.put_back(claim(), "OSError", at=NOW)
    assert (first.done_at, claim()) == (NOW, second)


def test_a_message_whose_worker_died_is_the_first_to_be_tried_again(in_app):
    first, _second = write(1), write(1)
    assert claim() is first
    assert claim(at=NOW + 9 * MINUTE) is None
    assert claim(at=NOW + 10 * MINUTE) is first


def test_work_for_nobody_in_particular_goes_before_messages(in_app):
    write(1, at=NOW - DAY)
    services.enqueue("assessments.close", at=NOW)
    assert claim().kind == "assessments.close"


def test_work_that_is_put_off_is_not_a_try(in_app):
    job = write(1)
    services.put_off(claim(), until=NOW + DAY)
    assert (job.tries, job.run_at, job.claimed_at, claim()) == (0, NOW + DAY, None, None)
    assert claim(at=NOW + DAY) is job


def test_a_handler_may_ask_for_a_later_time(in_app):
    def not_at_night(payload, at):
        raise PutOff(at + DAY)

    services.handle(in_app, "tests.night", not_at_night)
    with transaction():
        services.enqueue("tests.night", at=NOW)
    assert jobs.run_due(in_app) == 1
    del in_app.extensions["jobs"]["tests.night"]
    (job,) = _all()
    assert (job.tries, job.run_at, job.fault, job.done_at) == (0, NOW + DAY, None, None)


def test_a_message_that_cannot_reach_her_is_over_and_not_given_up(in_app):
    def no_address(payload, at):
        raise Undeliverable

    services.handle(in_app, "tests.nowhere", no_address)
    with transaction():
        services.enqueue("tests.nowhere", at=NOW)
    assert jobs.run_due(in_app) == 1
    del in_app.extensions["jobs"]["tests.nowhere"]
    (job,) = _all()
    assert state_of(is_over=job.done_at is not None, fault=job.fault, tries=job.tries) is MessageState.NO_ADDRESS
    assert db.session.query(Job).filter(queries.is_given_up()).count() == 0


def test_a_message_that_was_given_up_is_sent_again_by_a_person(in_app):
    job = write(1, cohort_id=3, tries=10, done_at=NOW - DAY, fault="OSError")
    assert services.send_again(3, job.payload["key"], by=9, at=NOW) == 1
    assert (job.done_at, job.fault, job.tries, job.run_at) == (None, None, 0, NOW)
    assert claim() is job
    entry = db.session.query(Entry).order_by(Entry.id.desc()).first()
    assert (entry.act, entry.by_id, entry.on_id) == ("messaging.message.sent_again", 9, job.id)


def test_sending_again_twice_is_sending_again_once(in_app):
    job = write(1, cohort_id=3, tries=10, done_at=NOW - DAY, fault="OSError")
    assert [services.send_again(3, job.payload["key"], by=9, at=NOW) for _ in range(2)] == [1, 0]


def test_all_that_a_cohort_gave_up_is_sent_again_and_nothing_else(in_app):
    over = {"done_at": NOW - DAY, "tries": 10}
    given_up = [write(person, cohort_id=3, fault="OSError", **over) for person in (1, 2)]
    rest = [
        write(1, cohort_id=4, fault="OSError", **over),  # of another cohort
        write(3, cohort_id=3, **over),  # sent
        write(4, cohort_id=3, fault="Undeliverable", **over),
    ]
    assert services.send_again(3, None, by=9, at=NOW) == 2
    assert [job.done_at for job in given_up + rest] == [None, None, *[NOW - DAY] * 3]


def test_a_message_of_another_cohort_is_not_sent_again(in_app):
    job = write(1, cohort_id=4, tries=10, done_at=NOW - DAY, fault="OSError")
    assert services.send_again(3, job.payload["key"], by=9, at=NOW) == 0


def test_messages_that_wait_too_long_are_counted_for_their_cohort(in_app):
    write(1, cohort_id=3, at=NOW - 16 * MINUTE)  # nobody took it
    write(2, cohort_id=3, at=NOW + MINUTE, tries=5, fault="OSError")  # tried for half an hour
    write(3, cohort_id=3, at=NOW - 14 * MINUTE)
    write(4, cohort_id=3, at=NOW + 9 * 60 * MINUTE)  # put off until the morning
    write(4, cohort_id=3, at=NOW - 60 * MINUTE)  # behind it
    write(5, cohort_id=3, at=NOW - DAY, done_at=NOW, fault="OSError", tries=10)
    write(6, cohort_id=3, at=NOW - DAY, done_at=NOW)
    write(7, cohort_id=4, at=NOW - DAY)
    assert queries.late_messages(3, at=NOW) == queries.LateMessages(waiting=2, given_up=1)


def test_a_cohort_without_messages_has_none_that_are_late(in_app):
    assert queries.late_messages(3, at=NOW) == queries.LateMessages(waiting=0, given_up=0)


def test_late_messages_are_found_by_one_statement(in_app, statements):
    with statements() as seen:
        queries.late_messages(3, at=NOW)
    assert len(seen) == 1


def test_it_is_known_since_when_work_waits(in_app):
    assert queries.waiting_since() is None
    write(1, at=NOW - 5 * MINUTE)
    write(2, at=NOW + MINUTE, tries=3, fault="OSError")
    write(3, at=NOW - DAY, done_at=NOW)
    assert queries.waiting_since() == NOW - 6 * MINUTE


def test_a_try_that_is_running_has_not_failed_yet(in_app):
    write(1, at=NOW - MINUTE)
    claim()
    assert queries.waiting_since() == NOW - MINUTE


@pytest.fixture
def alarms(in_app, caplog):
    yield lambda: [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    in_app.extensions.pop(jobs.ALARM, None)


def test_work_that_waits_for_more_than_15_minutes_is_an_alarm(in_app, alarms):
    write(1)
    for minutes in (14, 15, 16):
        jobs.watch({}, NOW + minutes * MINUTE)
    assert alarms() == []
    jobs.watch({}, NOW + 17 * MINUTE)
    assert alarms() == ["work waits since 17 minutes: does the mail server answer?"]


def test_a_worker_that_was_away_does_what_has_gathered_before_anybody_is_alarmed(in_app, alarms):
    job = write(1, at=NOW - DAY)
    jobs.watch({}, NOW)
    services.finish(job, every=None, at=NOW)
    jobs.watch({}, NOW + MINUTE)
    assert alarms() == []


def test_the_alarm_is_said_once_until_all_is_well_again(in_app, alarms):
    job = write(1)
    for minutes in (16, 17, 18, 19):
        jobs.watch({}, NOW + minutes * MINUTE)
    assert len(alarms()) == 1
    services.finish(job, every=None, at=NOW)
    jobs.watch({}, NOW + 20 * MINUTE)
    write(2)
    for minutes in (21, 22):
        jobs.watch({}, NOW + minutes * MINUTE)
    assert len(alarms()) == 2


def test_a_mail_server_that_is_away_is_an_alarm_although_each_message_is_tried_again_in_time(in_app, alarms):
    job, at = write(1), NOW
    while at < NOW + 15 * MINUTE:
        at = job.run_at
        services.put_back(claim(at=at), "ConnectionRefusedError", at=at)
        jobs.watch({}, at)
    assert alarms() == []
    for minutes in (16, 17):
        jobs.watch({}, NOW + minutes * MINUTE)
    assert len(alarms()) == 1


def test_a_message_that_waits_for_the_morning_is_no_alarm(in_app, alarms):
    write(1)
    services.put_off(claim(), until=NOW + DAY / 2)
    for hours in range(12):
        jobs.watch({}, NOW + hours * HOUR)
    assert alarms() == []


def test_work_that_comes_back_can_be_asked_for_now(in_app):
    in_app.extensions["jobs"]["tests.again"] = services.Work(lambda payload, at: None, timedelta(hours=1))
    try:
        services.ensure_all_recurring(at=NOW + HOUR)
        services.hasten("tests.again", at=NOW)
        job = db.session.query(Job).filter_by(recurring="tests.again").one()
        db.session.refresh(job)
        assert job.run_at == NOW
        services.hasten("tests.again", at=NOW + HOUR)
        db.session.refresh(job)
        assert job.run_at == NOW, "never later"
        job.claimed_at, job.run_at = NOW, NOW + HOUR
        db.session.flush()
        services.hasten("tests.again", at=NOW)
        db.session.refresh(job)
        assert job.run_at == NOW + HOUR, "it is under way"
    finally:
        del in_app.extensions["jobs"]["tests.again"]


def test_what_is_over_is_not_met_by_whoever_looks_for_work(in_app):
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL reads a table of a few rows as a whole
    looks = str(queries.looking(at=NOW).compile(db.engine, compile_kwargs={"literal_binds": True}))
    plan = [row.detail for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {looks}"))]
    reads = [line for line in plan if "messaging_job" in line]
    assert len(reads) == 2 and all("messaging_job_waiting_ix" in line for line in reads), plan
