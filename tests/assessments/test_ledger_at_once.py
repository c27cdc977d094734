"""What is kept beside places while somebody moves dates or counts, or after a page was read that is old by now."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event

from lms.assessments import jobs
from lms.assessments.queries import sitting as sittings
from lms.assessments.services import taking
from lms.cohorts.queries import desk
from lms.cohorts.services import founding
from lms.courses.services import publish_version
from lms.kernel.db import transaction
from lms.kernel.ids import new_id
from lms.modules import services as lessons
from lms.modules.queries import find_lesson_place
from tests.assessments.taught import M1, M2, VERSION, _lesson, answer, begin, hand_in, load, make_taught, take
from tests.assessments.test_ledger import ESSAY, counted_anew, kept
from tests.at_once import apart
from tests.cast import DAY, NOW

A_MOMENT = 1.0
"""Seconds for which an act that is begun beside another is given the chance to come before it."""


class School:
    """An application with a database of its own, in which threads really meet."""

    def __init__(self, app, cast):
        self.app, self.cast = app, cast
        with app.app_context(), transaction():
            self.taught = make_taught(cast)


@pytest.fixture(params=["postgresql"])
def school(request, tmp_path, worker):
    """Only here can somebody act beside another: SQLite has one writer."""
    with apart(request.param, tmp_path, worker) as (app, cast):
        yield School(app, cast)


@contextmanager
def meanwhile(app, words, act):
    """As soon as a statement with these words was executed here, somebody else does something at the same time.

    She has done it by the end of the block; whether she came before the rest of the block is up to the locks.
    """
    here, threads, faults = threading.get_ident(), [], []

    def run():
        try:
            with app.app_context():
                act()
        except BaseException as fault:  # noqa: BLE001 - raised below
            faults.append(fault)

    def begin_beside(connection, cursor, statement, *rest):
        if not threads and threading.get_ident() == here and words in " ".join(statement.split()):
            threads.append(threading.Thread(target=run, daemon=True))
            threads[0].start()
            threads[0].join(A_MOMENT)

    event.listen(Engine, "after_cursor_execute", begin_beside)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", begin_beside)
    assert threads, f"nothing said {words}"
    threads[0].join(60)
    assert not threads[0].is_alive()
    for fault in faults:
        raise fault


def move_dates(cast, taught, moments, moved=timedelta(0)):
    with transaction():
        cohort = desk.cohort_for_update(taught.cohort_key)
        dates = founding.Dates(
            starts_on=cohort.starts_on + moved, ends_on=cohort.ends_on + moved, moments=moments, known=cohort.changes
        )  # fmt: skip
        founding.save_dates(cohort.id, dates, by=load(cast.coordinator), at=NOW)


def follow(cast, taught, module):
    """A newer version, which has another first module."""
    with transaction():
        cohort = desk.cohort_for_update(taught.cohort_key)
        version, _ = publish_version(replace(VERSION, digest="c" * 64, modules=[module, M2]), by=None, at=NOW)
        founding.change_version(cohort.id, version, known=cohort.changes, by=load(cast.coordinator), at=NOW)


def read(member, taught, node_id):
    person = load(member)
    with transaction():
        lessons.mark_read(find_lesson_place(person, taught.tasks[node_id], "en"), by=person, at=NOW)


def check(app, taught):
    with app.app_context():
        assert kept(taught) == counted_anew(taught)


def test_taking_back_goes_by_dates_that_were_moved_since_her_page_was_read(app, cast, taught):
    with app.app_context():
        take(cast.cedar, taught.tasks["t-quiz"], i_choice={"chosen": ["a"]})
        take(cast.cedar, taught.tasks["t-timed"], i_true={"value": True})
        move_dates(cast, taught, {"t-memo": (None, NOW + DAY)})
        take(cast.cedar, taught.tasks["t-memo"], i_essay=ESSAY)
    with app.app_context():
        person = load(cast.cedar)
        sitting = sittings.find_sitting(person, taught.tasks["t-memo"])
        with app.app_context():
            move_dates(cast, taught, {"t-memo": (None, NOW + 2 * DAY)})
        with transaction():
            taking.take_back(sitting, new_id(), language="en", by=person, at=NOW)

    check(app, taught)


def test_a_module_that_got_one_more_lesson_since_her_page_was_read_is_not_finished(app, cast, taught):
    with app.app_context():
        for node_id in ("m1-words", "m1-types"):
            read(cast.cedar, taught, node_id)
        take(cast.cedar, taught.tasks["t-quiz"], i_choice={"chosen": ["a"]})
        take(cast.cedar, taught.tasks["t-timed"], i_true={"value": True})
        take(cast.cedar, taught.tasks["t-later"])
        attempt_id = begin(cast.cedar, taught.tasks["t-memo"])
        answer(cast.cedar, taught.tasks["t-memo"], attempt_id, i_essay=ESSAY)
    with app.app_context():
        person = load(cast.cedar)
        sitting = sittings.find_sitting(person, taught.tasks["t-memo"])
        with app.app_context():
            follow(cast, taught, replace(M1, lessons=[*M1.lessons, _lesson("m1-third")]))
        sent = taking.HandIn(operation=new_id(), held=timedelta(0), language="en")
        with transaction():
            taking.hand_in(sitting, sent, by=person, at=NOW)

    check(app, taught)


def test_dates_are_moved_while_she_hands_in(school):
    cast, taught = school.cast, school.taught
    with school.app.app_context():
        attempt_id = begin(cast.cedar, taught.tasks["t-quiz"])
        answer(cast.cedar, taught.tasks["t-quiz"], attempt_id, i_choice={"chosen": ["a"]})
    words = "UNION ALL SELECT assessments_attempt"
    with school.app.app_context(), meanwhile(school.app, words, lambda: hand_in(cast.cedar, taught.tasks["t-quiz"])):
        move_dates(cast, taught, {"t-quiz": (None, NOW - 3 * DAY)})

    check(school.app, taught)


COUNTING = "SELECT cohorts_enrolment.course_language"


def test_everything_is_counted_while_she_reads(school):
    cast, taught = school.cast, school.taught
    with school.app.app_context(), meanwhile(school.app, COUNTING, lambda: read(cast.nour, taught, "m1-words")):
        jobs.count_cohorts()

    check(school.app, taught)


def test_weeks_begin_on_another_day_while_she_reads(school):
    cast, taught = school.cast, school.taught
    with school.app.app_context(), meanwhile(school.app, COUNTING, lambda: read(cast.nour, taught, "m1-words")):
        move_dates(cast, taught, {}, moved=3 * DAY)

    check(school.app, taught)


def test_the_worker_closes_behind_a_newer_version(school):
    cast, taught = school.cast, school.taught
    with school.app.app_context():
        begin(cast.cedar, taught.tasks["t-timed"])
    fewer = replace(M1, lessons=[], tasks=[task for task in M1.tasks if task.node_id == "t-timed"])
    with (
        school.app.app_context(),
        meanwhile(school.app, "UNION ALL SELECT assessments_attempt", lambda: jobs.close({}, NOW + DAY)),
    ):
        follow(cast, taught, fewer)

    check(school.app, taught)


def test_two_who_count_never_wait_in_a_circle(school):
    with school.app.app_context(), meanwhile(school.app, "DELETE FROM cohorts_tally", jobs.count_cohorts):
        jobs.count_cohorts()

    check(school.app, school.taught)
