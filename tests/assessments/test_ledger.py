"""What is kept beside places is what follows from what people did, whatever they did and in whatever order."""

from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm.attributes import set_committed_value

from lms.assessments import jobs
from lms.assessments.queries import record
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.allowing import NewAllowance
from lms.assessments.services import allowing, ledger, taking
from lms.cohorts.models import Cohort, Enrolment, Tally
from lms.cohorts.queries import desk
from lms.cohorts.queries.tallies import counts_of
from lms.cohorts.rules.enrolment import MAY_READ, EnrolmentState, Move
from lms.cohorts.services import founding, moving, tallying
from lms.kernel.db import db, transaction
from lms.kernel.errors import Refusal
from lms.kernel.ids import new_id
from lms.modules import services as lessons
from lms.modules.queries import find_lesson_place
from tests.assessments.taught import answer, begin, hand_in, item, load, publish, take
from tests.cast import DAY, NOW

ESSAY = {"text": "A local truce."}


@pytest.fixture
def course(in_app, taught):
    """A cohort; what is open and what is due in it stands in `tests.assessments.taught`."""
    return taught


def place(course, name="cedar"):
    query = select(Enrolment).where(Enrolment.public_id == course.enrolments[name])
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def kept(course):
    """All that is kept of the cohort."""
    columns = (Enrolment.alias, Enrolment.active_on, Enrolment.quiet_from, Enrolment.late_from, Enrolment.finished)
    places = db.session.execute(select(*columns).where(Enrolment.cohort_id == course.cohort_key).order_by(Enrolment.id))
    counts = db.session.execute(
        select(Tally.kind, Tally.name, Tally.people)
        .where(Tally.cohort_id == course.cohort_key, Tally.people != 0)
        .order_by(Tally.kind, Tally.name)
    )
    return [tuple(row) for row in places], [tuple(row) for row in counts]


def counted_anew(course):
    """The same as it follows from what people did; the database stays as it was."""
    db.session.rollback()
    with suppress(Undone), transaction():
        ledger.count_anew(desk.cohort_for_update(course.cohort_key))
        found = kept(course)
        raise Undone
    return found


class Undone(Exception):
    """Ends an act that is not to stand."""


class Walk:
    """Acts of Cedar and of those who look after her, each at a day; what is refused is no act."""

    def __init__(self, course, cast):
        self.course, self.cast, self.at = course, cast, NOW

    def do(self, act):
        if act in HER_ACTS and place(self.course).state not in MAY_READ:
            return  # whoever has left finds no page on which to do it
        try:
            getattr(self, act)()
        except Refusal:
            db.session.rollback()
        db.session.expire_all()

    def wait_a_day(self):
        self.at += DAY

    def wait_a_week(self):
        self.at += 7 * DAY

    def read_one(self):
        self._read("m1-words")

    def read_the_other(self):
        self._read("m1-types")

    def _read(self, node_id):
        person = load(self.cast.cedar)
        with transaction():
            lessons.mark_read(find_lesson_place(person, self.course.tasks[node_id], "en"), by=person, at=self.at)

    def hand_in_quiz(self):
        take(self.cast.cedar, self.course.tasks["t-quiz"], at=self.at, i_choice={"chosen": ["a"]})

    def hand_in_practice(self):
        take(self.cast.cedar, self.course.tasks["t-later"], at=self.at)

    def begin_timed(self):
        begin(self.cast.cedar, self.course.tasks["t-timed"], at=self.at)

    def answer_timed(self):
        attempt_id = begin(self.cast.cedar, self.course.tasks["t-timed"], at=self.at)
        answer(self.cast.cedar, self.course.tasks["t-timed"], attempt_id, at=self.at, i_true={"value": True})

    def clock_closes(self):
        jobs.close({}, self.at + DAY)

    def hand_in_memo(self):
        take(self.cast.cedar, self.course.tasks["t-memo"], at=self.at, i_essay=ESSAY)

    def take_memo_back(self):
        person = load(self.cast.cedar)
        with transaction():
            sitting = sittings.find_sitting(person, self.course.tasks["t-memo"])
            taking.take_back(sitting, new_id(), language="en", by=person, at=self.at)

    def more_time(self):
        self._allow("t-timed")

    def more_time_for_all(self):
        self._allow(None)

    def _allow(self, node_id):
        book = record.find_participant(
            load(self.cast.facilitator), self.course.cohort_id, self.course.enrolments["cedar"]
        )
        known = len(record.allowances_of(book.enrolment))
        new = NewAllowance(
            node_id=node_id,
            extra_attempts=0,
            extra_minutes=0,
            due_at=self.at + 3 * DAY,
            reason="The line was cut.",
            known=known,
        )
        with transaction():
            allowing.give_allowance(book, new, by=load(self.cast.facilitator), at=self.at)

    def pause(self):
        self._move(Move.PAUSE)

    def resume(self):
        self._move(Move.RESUME)

    def withdraw(self):
        self._move(Move.WITHDRAW)

    def readmit(self):
        self._move(Move.READMIT)

    def _move(self, move):
        one = place(self.course)
        with transaction():
            new = moving.NewMove(move=move, seen=one.state, reason="She asked for it.")
            moving.move_place(one.id, new, by=load(self.cast.coordinator), at=self.at)

    def move_dates(self):
        self._save_dates(timedelta(0))

    def move_weeks(self):
        self._save_dates(3 * DAY)

    def _save_dates(self, moved):
        moments = {
            "t-quiz": (None, self.at - DAY), "m2": (self.at - 2 * DAY, None), "t-memo": (None, self.at + DAY)
        }  # fmt: skip
        with transaction():
            cohort = desk.cohort_for_update(self.course.cohort_key)
            dates = founding.Dates(
                starts_on=cohort.starts_on + moved,
                ends_on=cohort.ends_on + moved,
                moments=moments,
                known=cohort.changes,
            )
            founding.save_dates(cohort.id, dates, by=load(self.cast.coordinator), at=self.at)

    def follow_newer(self):
        with transaction():
            cohort = desk.cohort_for_update(self.course.cohort_key)
            newer = publish(digest="abcdef"[cohort.version.number % 6], i_true=item("i-true", "truefalse", key=False))
            founding.change_version(cohort.id, newer, known=cohort.changes, by=load(self.cast.coordinator), at=self.at)


HER_ACTS = {
    "read_one", "read_the_other", "hand_in_quiz", "hand_in_practice", "begin_timed", "answer_timed", "hand_in_memo",
    "take_memo_back",
}  # fmt: skip
ACTS = [name for name in vars(Walk) if not name.startswith("_") and name != "do"]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_they_do_what_is_kept_follows_from_it(course, cast, seed):
    walk = Random(seed).choices(ACTS, k=12)
    walker = Walk(course, cast)
    for act in walk:
        walker.do(act)
        assert kept(course) == counted_anew(course), walk


@pytest.mark.parametrize("act", ACTS)
def test_each_act_can_be_done(course, cast, act):
    """So that the walks above are more than refusals."""
    before = {"clock_closes": "begin_timed", "take_memo_back": "hand_in_memo", "resume": "pause", "readmit": "withdraw"}
    walker = Walk(course, cast)
    if act in before:
        getattr(walker, before[act])()
    getattr(walker, act)()
    db.session.expire_all()

    assert kept(course) == counted_anew(course)


def test_she_is_late_until_everything_that_is_due_is_handed_in(course, cast):
    walker = Walk(course, cast)
    walker.do("move_dates")
    assert place(course).late_from == NOW - DAY

    walker.do("hand_in_quiz")
    assert place(course).late_from == NOW - DAY  # the timed one was due on the same day
    walker.do("answer_timed")
    assert place(course).late_from == NOW - DAY
    hand_in(cast.cedar, course.tasks["t-timed"])
    assert place(course).late_from == NOW + DAY
    walker.do("hand_in_memo")
    assert place(course).late_from is None
    walker.do("take_memo_back")
    assert place(course).late_from == NOW + DAY


def test_more_time_for_one_task_and_for_all(course, cast):
    walker = Walk(course, cast)
    ledger_before = place(course, "nour").late_from
    walker.do("more_time")
    assert place(course).late_from == NOW + DAY  # the quiz is next
    walker.do("more_time_for_all")
    assert place(course).late_from == NOW + 3 * DAY
    assert place(course, "nour").late_from == ledger_before == NOW - DAY


def test_a_module_is_finished_with_its_last_lesson_and_task(course, cast):
    walker = Walk(course, cast)
    for act in ("read_one", "read_the_other", "hand_in_quiz", "hand_in_practice", "hand_in_memo"):
        walker.do(act)
    assert place(course).finished == []
    walker.do("begin_timed")
    walker.do("clock_closes")

    cohort = desk.cohort_for_update(course.cohort_key)
    assert place(course).finished == ["m1"] and counts_of(cohort).finished == {"m1": 1}
    walker.do("withdraw")
    assert not any(counts_of(cohort).finished.values())


def test_a_week_counts_each_person_once_and_keeps_whoever_left(course, cast):
    walker = Walk(course, cast)
    for act in ("read_one", "wait_a_day", "read_the_other", "hand_in_quiz", "wait_a_week", "hand_in_memo", "withdraw"):
        walker.do(act)

    active = counts_of(desk.cohort_for_update(course.cohort_key)).active
    assert sorted(active.values()) == [1, 1] and sum(active.values()) == 2


def test_two_devices_that_come_back_at_one_moment_count_once(course, cast):
    read_before = place(course)
    Walk(course, cast).do("hand_in_quiz")
    set_committed_value(read_before, "active_on", None)  # as the other device had read it

    with transaction():
        tallying.note_act(db.session.merge(read_before, load=False), desk.cohort_for_update(course.cohort_key), at=NOW)

    assert kept(course) == counted_anew(course)
    assert sum(counts_of(desk.cohort_for_update(course.cohort_key)).active.values()) == 1


def test_a_cohort_without_counts_is_counted(course, cast):
    Walk(course, cast).do("hand_in_quiz")
    before = kept(course)
    forget_counts()

    assert jobs.count_cohorts(uncounted=True) >= 1

    assert kept(course) == before
    assert jobs.count_cohorts(uncounted=True) == 0


def forget_counts():
    """As it is after the migration."""
    with transaction():
        db.session.execute(delete(Tally))
        db.session.execute(update(Cohort).values(is_counted=False))
        db.session.execute(update(Enrolment).values(active_on=None, quiet_from=None, late_from=None, finished=[]))


def test_a_cohort_in_which_somebody_moved_before_it_was_counted_is_counted_whole(course, cast):
    walker = Walk(course, cast)
    walker.do("hand_in_quiz")
    forget_counts()
    walker.do("pause")

    jobs.count_cohorts(uncounted=True)

    assert kept(course) == counted_anew(course)


def test_whatever_went_wrong_can_be_counted_anew(course, cast):
    Walk(course, cast).do("hand_in_quiz")
    before = kept(course)
    with transaction():
        db.session.execute(update(Tally).values(people=99))

    jobs.count_cohorts()

    assert kept(course) == before


@pytest.mark.parametrize("is_undone", [True, False])
def test_a_savepoint_takes_along_what_was_counted_in_it_and_nothing_else(course, cast, is_undone):
    here, other = place(course), place(course, "nour")
    with transaction():
        pause(here, cast)
        savepoint = db.session.begin_nested()
        pause(other, cast)
        db.session.flush()
        if is_undone:
            savepoint.rollback()
        else:
            savepoint.commit()
    db.session.expire_all()

    states = {name: place(course, name).state for name in ("cedar", "nour")}
    assert states["cedar"] is EnrolmentState.PAUSED and (states["nour"] is EnrolmentState.PAUSED) is not is_undone
    assert kept(course) == counted_anew(course)


def pause(one, cast):
    new = moving.NewMove(move=Move.PAUSE, seen=one.state, reason="She asked for it.")
    moving.move_place(one.id, new, by=load(cast.coordinator), at=NOW)


def test_what_a_rule_moves_is_silent_from_then_on(course):
    with transaction():
        moving.move_by_rule(place(course), Move.COMPLETE, zone="UTC", at=NOW + 3 * DAY)

    assert kept(course) == counted_anew(course)


def test_what_comes_after_the_closing_changes_nothing_of_a_cohort(course, cast):
    attempt_id = begin(cast.cedar, course.tasks["t-quiz"])
    with transaction():
        founding.close_cohort(course.cohort_key, by=load(cast.coordinator), at=NOW)
    db.session.expire_all()
    before = kept(course)

    answer(cast.cedar, course.tasks["t-quiz"], attempt_id, at=NOW + 30 * DAY, i_choice={"chosen": ["a"]})

    db.session.expire_all()
    assert kept(course) == before
