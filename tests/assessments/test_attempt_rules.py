"""Steps, deadlines, quizzes and receipts: what follows from what."""

import random
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from lms.assessments.errors import AttemptStillOpen, ClosedForNew, NoAttemptLeft, NotNow, TakenBackTooLate
from lms.assessments.rules import attempts, deadlines, quizzes, receipts
from lms.assessments.rules.attempts import MOST_SEQUENCE, MOVES, AttemptState, StepKind
from lms.assessments.rules.deadlines import GRACE, LEASE_LASTS, OUTAGE_CREDIT, Terms, Timeliness
from lms.assessments.rules.items import Score, read_item
from lms.assessments.rules.quizzes import Allowance, Counts, FeedbackAt, QuizSettings, Taken
from lms.assessments.rules.receipts import Received
from tests.assessments.steps import DAY, HOUR, MINUTE, SECOND, START, answered, did, operation

OPEN, HANDED_IN, MARKED, RETURNED, RELEASED = AttemptState
ZERO = timedelta(0)

# --- Steps


def test_the_highest_sequence_stands_whatever_arrived_last():
    newer, older = answered(1, "new", sequence=2), answered(2, "old", sequence=1, received=HOUR)
    assert attempts.heads([newer, older]) == attempts.heads([older, newer]) == {"q1": newer}


def test_of_equal_sequences_the_one_written_later_stands():
    first = answered(1, "a", received=HOUR)
    held = answered(2, "b", received=2 * HOUR, held=90 * MINUTE)
    assert attempts.heads([held, first])["q1"] is first


def test_of_equal_sequences_and_moments_the_higher_operation_stands():
    two = [answered(1, "a", act="x"), answered(2, "b", act="y")]
    highest = max(two, key=lambda step: step.operation.bytes)
    assert attempts.heads(two)["q1"] is attempts.heads(two[::-1])["q1"] is highest


def test_each_question_has_its_own_head():
    steps = [answered(1, question="q1", sequence=9), answered(2, question="q2", sequence=1)]
    assert attempts.heads(steps) == {"q1": steps[0], "q2": steps[1]}


def test_only_answers_stand():
    assert attempts.heads([did(1, StepKind.HAND_IN, HANDED_IN), did(2, StepKind.MARK, MARKED)]) == {}


def test_an_answer_taken_away_stands_as_no_answer():
    steps = [answered(1, "a"), answered(2, None, sequence=2)]
    assert attempts.heads(steps)["q1"].data is None


def test_the_number_received_says_nothing_about_which_stands():
    assert attempts.heads([answered(99, "old", sequence=1), answered(1, "new", sequence=2)])["q1"].number == 1


def test_an_answer_of_the_same_moment_is_a_rival():
    one, two = answered(1, "a", received=MINUTE), answered(2, "b", received=2 * MINUTE)
    assert attempts.rivals([one, two], two) == [one]


def test_a_rival_that_says_the_same_is_none():
    one, two = answered(1, "a"), answered(2, "a", received=MINUTE)
    assert attempts.rivals([one, two], two) == []


def test_a_flag_alone_makes_a_rival():
    one, two = answered(1, "a", flagged=True), answered(2, "a", received=MINUTE)
    assert attempts.rivals([one, two], two) == [one]


def test_rivals_are_over_once_she_answered_knowing_both():
    steps = [answered(1, "a"), answered(2, "b"), answered(3, "a", sequence=2)]
    assert attempts.rivals(steps, attempts.heads(steps)["q1"]) == []


def test_answers_to_other_questions_are_no_rivals():
    one, two = answered(1, "a", question="q1"), answered(2, "b", question="q2")
    assert attempts.rivals([one, two], two) == []


def test_several_rivals_come_highest_first():
    steps = [answered(n, chosen, received=n * MINUTE) for n, chosen in enumerate("abc", 1)]
    assert attempts.rivals(steps, steps[2]) == [steps[1], steps[0]]


@pytest.mark.parametrize(("sequence", "overtaken"), [(1, True), (3, True), (4, False), (9, False)])
def test_a_page_is_overtaken_if_it_did_not_know_what_stands(sequence, overtaken):
    assert attempts.is_overtaken(sequence, answered(1, sequence=3)) is overtaken


def test_the_first_answer_overtakes_nothing():
    assert not attempts.is_overtaken(1, None)
    assert attempts.next_sequence(None) == 1
    assert attempts.next_sequence(answered(1, sequence=7)) == 8


def test_no_page_sends_more_than_is_taken():
    assert attempts.next_sequence(answered(1, sequence=MOST_SEQUENCE - 1)) == MOST_SEQUENCE
    assert attempts.next_sequence(answered(1, sequence=MOST_SEQUENCE)) == MOST_SEQUENCE


def test_answers_come_in_the_order_received():
    steps = [answered(3), did(2, StepKind.HAND_IN, HANDED_IN), answered(1)]
    assert [step.number for step in attempts.answers(steps)] == [1, 3]


def test_an_answer_to_what_is_not_open_is_aside():
    assert attempts.is_aside(answered(1, state=HANDED_IN))
    assert not attempts.is_aside(answered(1))
    assert not attempts.is_aside(did(1, StepKind.HAND_IN, HANDED_IN))


def test_the_same_act_has_the_same_id():
    page, attempt = uuid4(), uuid4()
    one = attempts.identify(page, attempt, "q1", {"a": 1, "b": ["ü"]})
    assert one == attempts.identify(page, attempt, "q1", {"b": ["ü"], "a": 1})


@pytest.mark.parametrize("other", ["page", "attempt", "question", "content"])
def test_another_act_has_another_id(other):
    said = {"page": uuid4(), "attempt": uuid4(), "question": "q1", "content": {"text": "a"}}
    changed = {**said, other: "q2" if other == "question" else {"text": "b"} if other == "content" else uuid4()}
    assert attempts.identify(*said.values()) != attempts.identify(*changed.values())


ALL_MOVES = {(state, kind): MOVES[state].get(kind) for state in AttemptState for kind in StepKind}
ALLOWED = {
    (OPEN, StepKind.HAND_IN): HANDED_IN,
    (OPEN, StepKind.TIME_UP): HANDED_IN,
    (HANDED_IN, StepKind.TAKE_BACK): OPEN,
    (HANDED_IN, StepKind.SETTLE): HANDED_IN,
    (HANDED_IN, StepKind.COUNT_LATE): HANDED_IN,
    (HANDED_IN, StepKind.LEAVE_LATE): HANDED_IN,
    (HANDED_IN, StepKind.RESCORE): HANDED_IN,
    (HANDED_IN, StepKind.MARK_DRAFT): HANDED_IN,
    (HANDED_IN, StepKind.MARK): MARKED,
    (HANDED_IN, StepKind.RETURN): RETURNED,
    (MARKED, StepKind.MARK_DRAFT): HANDED_IN,
    (MARKED, StepKind.MARK): MARKED,
    (MARKED, StepKind.RETURN): RETURNED,
    (MARKED, StepKind.RELEASE): RELEASED,
}


@pytest.mark.parametrize(("state", "kind"), ALL_MOVES)
def test_a_step_leads_where_the_table_says_and_nowhere_else(state, kind):
    if kind is StepKind.ANSWER:
        assert attempts.next_state(state, kind) is state
    elif (state, kind) in ALLOWED:
        assert attempts.next_state(state, kind) is ALLOWED[state, kind]
    else:
        with pytest.raises(NotNow):
            attempts.next_state(state, kind)


def test_what_is_released_or_returned_never_moves_again():
    assert MOVES[RELEASED] == MOVES[RETURNED] == {}


def test_marks_are_reached_only_through_a_hand_in():
    from_open = {MOVES[OPEN][kind] for kind in MOVES[OPEN]}
    assert from_open == {OPEN, HANDED_IN}


def take_back(state=HANDED_IN, *, deadline=START, is_being_marked=False, at=START - SECOND):
    attempts.check_take_back(state, deadline=deadline, is_being_marked=is_being_marked, at=at)


def test_a_text_may_be_taken_back_until_the_deadline():
    take_back()
    take_back(deadline=None, at=START + 365 * DAY)


def test_a_text_is_not_taken_back_from_the_deadline_on():
    with pytest.raises(TakenBackTooLate):
        take_back(at=START)


def test_a_text_is_not_taken_back_while_it_is_marked():
    with pytest.raises(TakenBackTooLate):
        take_back(is_being_marked=True)


def test_what_is_marked_is_refused_like_what_is_being_marked():
    """A refusal of its own would tell her before the release that the marks are final."""
    with pytest.raises(TakenBackTooLate):
        take_back(MARKED)


@pytest.mark.parametrize("state", [OPEN, RETURNED, RELEASED])
def test_only_what_is_handed_in_is_taken_back(state):
    with pytest.raises(NotNow):
        take_back(state)


# --- Deadlines

UNTIMED = Terms(opened_at=START, deadline=START + DAY)
TIMED = Terms(opened_at=START, deadline=START + DAY, allowed=30 * MINUTE)


def judge(terms, *, received, held=ZERO, outage=ZERO):
    at = START + received
    return deadlines.judge(terms, received_at=at, written_at=deadlines.written_at(at, held=held), outage=outage)


@pytest.mark.parametrize(
    ("held", "before"),
    [(ZERO, ZERO), (HOUR, HOUR), (-HOUR, ZERO), (LEASE_LASTS, LEASE_LASTS), (365 * DAY, LEASE_LASTS)],
)
def test_work_was_never_written_in_the_future_nor_before_the_lease(held, before):
    assert deadlines.written_at(START, held=held) == START - before


def test_a_lease_lasts_fourteen_days_and_grace_three():
    assert (LEASE_LASTS, GRACE, OUTAGE_CREDIT) == (14 * DAY, 3 * DAY, 15 * MINUTE)


def test_grace_is_on_time_to_its_last_second():
    assert judge(UNTIMED, received=4 * DAY) is Timeliness.ON_TIME
    assert judge(UNTIMED, received=4 * DAY + SECOND) is Timeliness.LATE


def test_without_a_deadline_nothing_untimed_is_late():
    assert judge(Terms(opened_at=START), received=3650 * DAY) is Timeliness.ON_TIME


def test_what_was_written_before_the_deadline_counts_for_two_weeks():
    assert judge(UNTIMED, received=5 * DAY, held=4 * DAY) is Timeliness.WRITTEN_BEFORE
    assert judge(UNTIMED, received=15 * DAY, held=14 * DAY) is Timeliness.WRITTEN_BEFORE


def test_what_was_written_in_the_days_of_grace_and_came_later_is_late():
    assert judge(UNTIMED, received=5 * DAY, held=4 * DAY - SECOND) is Timeliness.LATE


def test_a_device_that_claims_years_gains_two_weeks_at_most():
    assert judge(UNTIMED, received=15 * DAY + SECOND, held=900 * DAY) is Timeliness.LATE


def test_work_that_comes_after_grace_and_lease_is_late():
    terms = replace(UNTIMED, grace=ZERO)
    assert judge(terms, received=15 * DAY, held=14 * DAY) is Timeliness.WRITTEN_BEFORE
    assert judge(terms, received=15 * DAY + SECOND, held=15 * DAY) is Timeliness.LATE


def test_a_timed_answer_is_in_time_to_its_last_second():
    assert judge(TIMED, received=30 * MINUTE) is Timeliness.ON_TIME
    assert judge(TIMED, received=30 * MINUTE + SECOND) is Timeliness.LATE


def test_an_outage_gives_the_time_back():
    assert judge(TIMED, received=35 * MINUTE, outage=5 * MINUTE) is Timeliness.ON_TIME


def test_that_it_was_written_before_does_not_stretch_a_timed_attempt():
    assert judge(TIMED, received=40 * MINUTE, held=30 * MINUTE) is Timeliness.LATE


def test_a_timed_attempt_opened_in_grace_is_judged_by_both():
    terms = replace(TIMED, opened_at=START + 4 * DAY - 10 * MINUTE)
    assert judge(terms, received=4 * DAY) is Timeliness.ON_TIME
    assert judge(terms, received=4 * DAY + MINUTE) is Timeliness.LATE


def test_an_answer_held_for_a_minute_shows_no_outage():
    assert deadlines.compute_outage([answered(1, received=10 * MINUTE, held=MINUTE)], TIMED) == ZERO


def test_an_answer_held_longer_credits_the_whole_gap():
    steps = [answered(1, received=4 * MINUTE), answered(2, received=12 * MINUTE, held=2 * MINUTE)]
    assert deadlines.compute_outage(steps, TIMED) == 8 * MINUTE


def test_the_first_gap_counts_from_the_opening():
    assert deadlines.compute_outage([answered(1, received=7 * MINUTE, held=2 * MINUTE)], TIMED) == 7 * MINUTE


def test_gaps_add_up_to_the_credit_and_no_further():
    steps = [answered(n, received=n * 6 * MINUTE, held=2 * MINUTE) for n in (1, 2, 3, 4)]
    assert deadlines.compute_outage(steps[:2], TIMED) == 12 * MINUTE
    assert deadlines.compute_outage(steps, TIMED) == OUTAGE_CREDIT


def test_a_gap_without_a_held_answer_is_thinking_and_gives_nothing():
    assert (
        deadlines.compute_outage([answered(1, received=20 * MINUTE), answered(2, received=29 * MINUTE)], TIMED) == ZERO
    )


def test_a_burst_after_one_outage_is_one_gap():
    steps = [answered(n, received=10 * MINUTE, held=5 * MINUTE) for n in (1, 2, 3)]
    assert deadlines.compute_outage(steps, TIMED) == 10 * MINUTE


def test_each_answer_is_judged_by_what_was_known_when_it_came():
    """The outage that came after it would have made the first one timely."""
    steps = [answered(1, received=31 * MINUTE), answered(2, question="q2", received=35 * MINUTE, held=3 * MINUTE)]
    assert deadlines.compute_outage(steps, TIMED) == 4 * MINUTE
    assert deadlines.judge_steps(steps, TIMED) == {1: Timeliness.LATE, 2: Timeliness.LATE}


def test_the_end_of_a_timed_attempt_moves_with_the_outage():
    assert deadlines.ends_at(TIMED, outage=ZERO) == START + 30 * MINUTE
    assert deadlines.ends_at(TIMED, outage=5 * MINUTE) == START + 35 * MINUTE
    assert deadlines.ends_at(UNTIMED, outage=ZERO) is None


@pytest.mark.parametrize(
    ("terms", "closes"),
    [
        (Terms(opened_at=START), None),
        (UNTIMED, 4 * DAY),
        (TIMED, 45 * MINUTE),
        (replace(TIMED, deadline=None), 45 * MINUTE),
        (replace(TIMED, deadline=START - 3 * DAY), ZERO),
        (replace(UNTIMED, grace=ZERO), DAY),
    ],
)
def test_an_attempt_closes_at_the_first_of_its_ends(terms, closes):
    assert deadlines.closes_at(terms) == (None if closes is None else START + closes)


def counted(*steps, terms=UNTIMED):
    return [step.number for step in deadlines.counted(steps, terms)]


def test_answers_in_time_count():
    assert counted(answered(1), answered(2, sequence=2)) == [1, 2]


def test_what_comes_after_she_handed_in_does_not_count():
    assert counted(answered(1), did(2, StepKind.HAND_IN, HANDED_IN), answered(3, sequence=2, state=HANDED_IN)) == [1]


def test_what_comes_after_she_took_it_back_counts():
    steps = [
        answered(1),
        did(2, StepKind.HAND_IN, HANDED_IN),
        did(3, StepKind.TAKE_BACK, OPEN),
        answered(4, sequence=2),
    ]
    assert counted(*steps) == [1, 4]


def test_what_was_written_before_counts_after_the_clock_closed_it():
    steps = [
        answered(1),
        did(2, StepKind.TIME_UP, HANDED_IN, received=4 * DAY),
        answered(3, sequence=2, received=5 * DAY, held=4 * DAY, state=HANDED_IN),
    ]
    assert counted(*steps) == [1, 3]


def test_what_was_written_after_the_clock_closed_it_does_not_count():
    steps = [
        did(1, StepKind.TIME_UP, HANDED_IN, received=4 * DAY),
        answered(2, received=5 * DAY, held=MINUTE, state=HANDED_IN),
    ]
    assert counted(*steps) == []
    assert [step.number for step in deadlines.undecided(steps, UNTIMED)] == [2]


def late_and(*kinds):
    steps = [did(1, StepKind.TIME_UP, HANDED_IN, received=4 * DAY), answered(2, received=5 * DAY, state=HANDED_IN)]
    return [*steps, *(did(n, kind, HANDED_IN, received=6 * DAY) for n, kind in enumerate(kinds, 3))]


def test_late_answers_count_if_a_person_says_so():
    assert counted(*late_and(StepKind.COUNT_LATE)) == [2]
    assert deadlines.undecided(late_and(StepKind.COUNT_LATE), UNTIMED) == []


def test_late_answers_left_out_stay_out_and_are_decided():
    assert counted(*late_and(StepKind.LEAVE_LATE)) == []
    assert deadlines.undecided(late_and(StepKind.LEAVE_LATE), UNTIMED) == []


def test_a_late_answer_after_the_decision_waits_for_the_next_one():
    steps = [*late_and(StepKind.COUNT_LATE), answered(4, sequence=2, received=7 * DAY, state=HANDED_IN)]
    assert counted(*steps) == [2]
    assert [step.number for step in deadlines.undecided(steps, UNTIMED)] == [4]


def closed_and(*steps):
    """Steps after the clock closed an attempt without answers; what comes was written before the due date."""
    return [did(1, StepKind.TIME_UP, HANDED_IN, received=4 * DAY), *steps]


def written_before(number, *, received=6 * DAY, sequence=1):
    return answered(number, sequence=sequence, received=received, held=received, state=HANDED_IN)


def test_once_she_asked_for_the_result_nothing_counts_by_itself():
    settled = did(3, StepKind.SETTLE, HANDED_IN, received=5 * DAY)
    steps = closed_and(written_before(2, received=5 * DAY), settled, written_before(4, sequence=2))
    assert counted(*steps) == [2]
    assert [step.number for step in deadlines.undecided(steps, UNTIMED)] == [4]


def test_what_comes_after_she_asked_for_the_result_counts_if_a_person_says_so():
    steps = closed_and(did(2, StepKind.SETTLE, HANDED_IN, received=5 * DAY), written_before(3))
    assert counted(*steps, did(4, StepKind.COUNT_LATE, HANDED_IN, received=7 * DAY)) == [3]


def test_what_came_in_time_but_after_her_own_hand_in_is_undecided():
    steps = [did(1, StepKind.HAND_IN, HANDED_IN), answered(2, received=MINUTE, state=HANDED_IN)]
    assert counted(*steps) == []
    assert [step.number for step in deadlines.undecided(steps, UNTIMED)] == [2]
    assert counted(*steps, did(3, StepKind.COUNT_LATE, HANDED_IN, received=HOUR)) == [2]


def test_what_is_late_and_came_while_it_was_open_is_undecided_too():
    assert [step.number for step in deadlines.undecided([answered(1, received=31 * MINUTE)], TIMED)] == [1]


def test_what_counts_is_never_undecided():
    steps = closed_and(answered(2, state=HANDED_IN), written_before(3, sequence=2))
    assert deadlines.undecided(steps, UNTIMED) == []


@pytest.mark.parametrize(
    ("terms", "closed", "until"),
    [
        (UNTIMED, 4 * DAY, 18 * DAY),
        (UNTIMED, 17 * DAY, 18 * DAY),
        (UNTIMED, 18 * DAY, None),
        (UNTIMED, 40 * DAY, None),
        (replace(UNTIMED, grace=ZERO), DAY, 15 * DAY),
        (TIMED, 45 * MINUTE, None),
        (TIMED, 44 * MINUTE, 45 * MINUTE),
        (replace(TIMED, opened_at=START + 4 * DAY - MINUTE), 4 * DAY, 4 * DAY + 44 * MINUTE),
        (replace(TIMED, deadline=None), 45 * MINUTE, None),
        (Terms(opened_at=START), 4 * DAY, None),
    ],
)
def test_a_closed_attempt_waits_as_long_as_answers_may_come_and_count(terms, closed, until):
    found = deadlines.awaits_until(terms, at=START + closed)
    assert found == (None if until is None else START + until)


def test_a_hand_in_that_comes_now_is_judged_with_the_outage_until_now():
    steps = [answered(1, received=28 * MINUTE, held=5 * MINUTE)]
    judged = deadlines.judge_step(steps, TIMED, received_at=START + 44 * MINUTE, held=ZERO)
    assert judged is Timeliness.ON_TIME
    assert deadlines.judge_step([], TIMED, received_at=START + 44 * MINUTE, held=HOUR) is Timeliness.LATE


# --- Quizzes

ITEMS = ("q1", "q2", "q3", "q4")
QUIZ = QuizSettings(items=ITEMS, graded=True, attempts=2, pass_percent=70)


def test_settings_have_the_defaults_of_the_format():
    read = quizzes.read_settings({"items": ["a"]}, pass_percent=80)
    assert read == QuizSettings(items=("a",), pass_percent=80)
    assert (read.counts, read.feedback, read.per_page) == (Counts.BEST, FeedbackAt.HAND_IN, 1)


def test_settings_of_the_quiz_come_before_those_of_the_programme():
    body = {
        "items": ["a"],
        "graded": True,
        "attempts": 3,
        "counts": "last",
        "minutes": 20,
        "order": "shuffled",
        "draw": 1,
    }
    read = quizzes.read_settings({**body, "per_page": 0, "feedback": "close", "pass_percent": 75}, pass_percent=80)
    assert read == QuizSettings(
        items=("a",), graded=True, attempts=3, counts=Counts.LAST, minutes=20, shuffled=True, draw=1, per_page=0,
        feedback=FeedbackAt.CLOSE, pass_percent=75,
    )  # fmt: skip


def test_a_quiz_as_written_asks_everything_in_its_order():
    assert quizzes.draw_items(QUIZ, 7) == list(ITEMS)


def test_a_draw_keeps_the_written_order_unless_shuffled():
    for seed in range(40):
        drawn = quizzes.draw_items(replace(QUIZ, draw=2), seed)
        assert len(set(drawn)) == 2
        assert drawn == [item for item in ITEMS if item in drawn]


def test_every_question_is_drawn_sometime_and_one_seed_draws_the_same():
    settings = replace(QUIZ, draw=2, shuffled=True)
    drawn = [quizzes.draw_items(settings, seed) for seed in range(60)]
    assert drawn == [quizzes.draw_items(settings, seed) for seed in range(60)]
    assert {item for one in drawn for item in one} == set(ITEMS)
    assert any(one != sorted(one) for one in drawn)


def test_shuffling_loses_and_repeats_nothing():
    for seed in range(40):
        assert sorted(quizzes.draw_items(replace(QUIZ, shuffled=True), seed)) == sorted(ITEMS)


def test_allowances_only_ever_give():
    own = quizzes.apply_allowance(replace(QUIZ, minutes=30), Allowance(extra_attempts=1, extra_minutes=10))
    assert (own.attempts, own.minutes) == (3, 40)


def test_allowances_limit_nothing_that_is_free():
    own = quizzes.apply_allowance(replace(QUIZ, attempts=None), Allowance(extra_attempts=1, extra_minutes=10))
    assert (own.attempts, own.minutes) == (None, None)


@pytest.mark.parametrize(
    ("due", "own", "deadline"),
    [(None, None, None), (DAY, None, DAY), (DAY, 2 * DAY, 2 * DAY), (DAY, HOUR, DAY), (None, DAY, None)],
)
def test_a_date_of_her_own_never_takes_time(due, own, deadline):
    def day(after):
        return None if after is None else START + after

    terms = quizzes.terms_of(QUIZ, Allowance(due_at=day(own)), opened_at=START, due_at=day(due), grace=GRACE)
    assert terms.deadline == day(deadline)


def test_extra_minutes_are_in_her_terms():
    settings = replace(QUIZ, minutes=30)
    terms = quizzes.terms_of(settings, Allowance(extra_minutes=15), opened_at=START, due_at=None, grace=DAY)
    assert (terms.allowed, terms.grace, terms.opened_at) == (45 * MINUTE, DAY, START)


def taken(*results):
    return [
        Taken(
            number=n,
            state=OPEN if points is None else HANDED_IN,
            score=points and Score(points=points[0], of=points[1]),
        )
        for n, points in enumerate(results, 1)
    ]


def may_start(*results, settings=QUIZ, terms=UNTIMED, at=START):
    quizzes.check_may_start(settings, taken(*results), terms, at=at)


def test_she_may_start_while_attempts_are_left():
    may_start()
    may_start((1, 2))
    may_start(*[(1, 2)] * 50, settings=replace(QUIZ, attempts=None))


def test_an_open_attempt_comes_first():
    with pytest.raises(AttemptStillOpen):
        may_start((1, 2), None)


def test_no_attempt_beyond_the_last():
    with pytest.raises(NoAttemptLeft) as refused:
        may_start((1, 2), (1, 2))
    assert refused.value.values["most"] == 2


def test_nothing_new_after_deadline_and_grace():
    may_start(at=START + 4 * DAY)
    with pytest.raises(ClosedForNew):
        may_start(at=START + 4 * DAY + SECOND)
    may_start(terms=Terms(opened_at=START), at=START + 999 * DAY)


@pytest.mark.parametrize(("used", "left"), [(0, 2), (1, 1), (2, 0), (3, 0)])
def test_what_is_left_is_never_negative(used, left):
    assert quizzes.attempts_left(QUIZ, taken(*[(1, 2)] * used)) == left
    assert quizzes.attempts_left(replace(QUIZ, attempts=None), taken(*[(1, 2)] * used)) is None


@pytest.mark.parametrize(("counts", "number"), [(Counts.BEST, 2), (Counts.LAST, 3), (Counts.FIRST, 1)])
def test_the_attempt_that_counts(counts, number):
    found = quizzes.counting(taken((100, 300), (300, 300), (200, 300), None), replace(QUIZ, counts=counts))
    assert found.number == number


def test_best_is_by_share_not_by_points():
    assert quizzes.counting(taken((200, 400), (150, 200)), QUIZ).number == 2


def test_of_equal_ones_the_first_counts():
    assert quizzes.counting(taken((100, 200), (200, 400)), QUIZ).number == 1


def test_nothing_counts_before_a_hand_in():
    assert quizzes.counting(taken(None), QUIZ) is None
    assert quizzes.counting([], QUIZ) is None


def test_the_order_of_the_list_does_not_matter_for_what_counts():
    attempts_of_hers = taken((100, 300), (300, 300), (200, 300))
    random.Random(1).shuffle(attempts_of_hers)
    assert quizzes.counting(attempts_of_hers, replace(QUIZ, counts=Counts.FIRST)).number == 1


@pytest.mark.parametrize(("points", "of", "percent"), [(0, 0, 0), (0, 3, 0), (2, 3, 66), (699, 1000, 69), (3, 3, 100)])
def test_per_cent_is_rounded_down(points, of, percent):
    assert quizzes.percent(Score(points=points, of=of)) == percent


@pytest.mark.parametrize(("points", "passes"), [(700, True), (699, False), (1000, True), (0, False)])
def test_passing_is_exact_at_the_mark(points, passes):
    assert quizzes.has_passed(Score(points=points, of=1000), QUIZ) is passes


def test_two_thirds_do_not_pass_sixty_seven():
    assert not quizzes.has_passed(Score(points=200, of=300), replace(QUIZ, pass_percent=67))
    assert quizzes.has_passed(Score(points=200, of=300), replace(QUIZ, pass_percent=66))


@pytest.mark.parametrize(
    ("feedback", "state", "after", "sees"),
    [
        (FeedbackAt.AT_ONCE, OPEN, ZERO, True),
        (FeedbackAt.AT_ONCE, HANDED_IN, ZERO, True),
        (FeedbackAt.HAND_IN, OPEN, 99 * DAY, False),
        (FeedbackAt.HAND_IN, HANDED_IN, ZERO, True),
        (FeedbackAt.PASSED, OPEN, 99 * DAY, False),
        (FeedbackAt.PASSED, HANDED_IN, ZERO, True),
        (FeedbackAt.CLOSE, OPEN, 99 * DAY, False),
        (FeedbackAt.CLOSE, HANDED_IN, 4 * DAY - SECOND, False),
        (FeedbackAt.CLOSE, HANDED_IN, 4 * DAY, True),
    ],
)
@pytest.mark.parametrize("terms", [UNTIMED, TIMED])
def test_she_sees_what_was_right_when_the_quiz_says(feedback, state, after, sees, terms):
    settings = replace(QUIZ, feedback=feedback)
    assert quizzes.may_see_feedback(settings, state, terms, awaits_until=None, at=START + after) is sees


@pytest.mark.parametrize(
    ("feedback", "after", "sees"),
    [
        (FeedbackAt.AT_ONCE, 4 * DAY, True),
        (FeedbackAt.HAND_IN, 4 * DAY, False),
        (FeedbackAt.HAND_IN, 18 * DAY - SECOND, False),
        (FeedbackAt.HAND_IN, 18 * DAY, True),
        (FeedbackAt.PASSED, 18 * DAY - SECOND, False),
        (FeedbackAt.PASSED, 18 * DAY, True),
        (FeedbackAt.CLOSE, 18 * DAY - SECOND, False),
        (FeedbackAt.CLOSE, 18 * DAY, True),
    ],
)
def test_while_answers_may_come_and_count_she_does_not_see_what_was_right(feedback, after, sees):
    settings = replace(QUIZ, feedback=feedback)
    until = START + 18 * DAY
    found = quizzes.may_see_feedback(settings, HANDED_IN, UNTIMED, awaits_until=until, at=START + after)
    assert found is sees


def test_what_never_closes_is_explained_at_the_hand_in():
    settings = replace(QUIZ, feedback=FeedbackAt.CLOSE)
    assert quizzes.may_see_feedback(settings, HANDED_IN, Terms(opened_at=START), awaits_until=None, at=START)


@pytest.mark.parametrize(
    ("tenths", "extra", "after", "sees"),
    [
        ([6], 0, ZERO, False),
        ([6], 0, 4 * DAY - SECOND, False),
        ([6], 0, 4 * DAY, True),
        ([7], 0, ZERO, True),
        ([7, 2], 0, ZERO, True),
        ([6, 2], 0, ZERO, True),
        ([6, 2], 1, ZERO, False),
        ([6, None], 0, 99 * DAY, False),
        ([7, None], 0, 99 * DAY, False),
    ],
)
def test_what_was_right_is_kept_back_while_it_would_help_a_further_attempt(tenths, extra, after, sees):
    settings = quizzes.apply_allowance(replace(QUIZ, feedback=FeedbackAt.PASSED), Allowance(extra_attempts=extra))
    taken = [
        Taken(number=number, state=OPEN, score=None)
        if points is None
        else Taken(number=number, state=HANDED_IN, score=Score(points=points, of=10))
        for number, points in enumerate(tenths, 1)
    ]
    assert quizzes.may_see_answers(settings, taken, UNTIMED, at=START + after) is sees
    for other in set(FeedbackAt) - {FeedbackAt.PASSED}:
        assert quizzes.may_see_answers(replace(settings, feedback=other), taken, UNTIMED, at=START + after)


def test_what_never_closes_keeps_back_what_was_right_until_she_passed():
    settings, terms = replace(QUIZ, feedback=FeedbackAt.PASSED), Terms(opened_at=START)
    taken = [Taken(number=1, state=HANDED_IN, score=Score(points=6, of=10))]
    assert not quizzes.may_see_answers(settings, taken, terms, at=START + 99 * DAY)


@pytest.mark.parametrize(
    ("per_page", "expected"),
    [(1, [[1], [2], [3], [4]]), (3, [[1, 2, 3], [4]]), (4, [[1, 2, 3, 4]]), (0, [[1, 2, 3, 4]]), (9, [[1, 2, 3, 4]])],
)
def test_questions_are_dealt_to_pages(per_page, expected):
    assert quizzes.pages(ITEMS, per_page) == expected
    assert [quizzes.page_with(n, ITEMS, per_page) for n in (1, 4)] == [expected[0], expected[-1]]


def test_a_quiz_without_questions_has_no_pages():
    assert quizzes.pages([], 0) == quizzes.pages([], 3) == []


def test_there_is_no_page_with_a_question_that_is_not_there():
    with pytest.raises(StopIteration):
        quizzes.page_with(5, ITEMS, 2)


def item(name):
    options = [{"id": one, "text": {"en": one}} for one in "ab"]
    return read_item(name, "single", {"text": {"en": "?"}, "options": options, "key": "a"})


BANK = {name: item(name) for name in ITEMS}


def scored(*steps, drawn=ITEMS, terms=UNTIMED):
    result = quizzes.compute_score(BANK, drawn, steps, terms)
    return result.points, result.of


def test_a_score_is_the_sum_over_what_was_drawn():
    assert scored() == (0, 400)
    assert scored(answered(1, "a", question="q1"), answered(2, "b", question="q2")) == (100, 400)
    assert scored(answered(1, "a", question="q1"), drawn=("q2", "q3")) == (0, 200)


def test_a_late_answer_does_not_replace_one_in_time():
    late = answered(2, "b", sequence=2, received=9 * DAY)
    assert scored(answered(1, "a"), late, drawn=("q1",)) == (100, 100)


def test_a_late_answer_that_is_counted_replaces_the_earlier_one():
    steps = [answered(1, "b"), answered(2, "a", sequence=2, received=9 * DAY, state=HANDED_IN)]
    assert scored(*steps, drawn=("q1",)) == (0, 100)
    assert scored(*steps, did(3, StepKind.COUNT_LATE, HANDED_IN, received=10 * DAY), drawn=("q1",)) == (100, 100)


def test_an_older_written_before_answer_does_not_replace_a_newer_one():
    steps = [
        answered(1, "a", sequence=3),
        did(2, StepKind.TIME_UP, HANDED_IN, received=4 * DAY),
        answered(3, "b", sequence=2, received=5 * DAY, held=5 * DAY, state=HANDED_IN),
    ]
    assert scored(*steps, drawn=("q1",)) == (100, 100)


# --- Receipts

SECRET = b"a secret of thirty-two characters"
PRINT = receipts.fingerprint({"q1": {"chosen": ["a"]}}, secret=SECRET)
RECEIVED = Received(attempt=operation("attempt"), received_at=START, fingerprint=PRINT)


def test_a_receipt_is_three_groups_of_four_without_doubtful_letters():
    groups = receipts.sign(RECEIVED, secret=SECRET).split("-")
    assert [len(group) for group in groups] == [4, 4, 4]
    assert not set("".join(groups)) & set("ILOU")


def test_a_receipt_vouches_for_exactly_what_it_was_made_for():
    assert receipts.is_genuine(receipts.sign(RECEIVED, secret=SECRET), RECEIVED, secret=SECRET)


@pytest.mark.parametrize(
    "other",
    [
        {"attempt": operation("x")},
        {"received_at": START + timedelta(microseconds=1)},
        {"fingerprint": PRINT[:-1] + "x"},
    ],
)
def test_a_receipt_does_not_vouch_for_anything_else(other):
    code = receipts.sign(RECEIVED, secret=SECRET)
    assert not receipts.is_genuine(code, replace(RECEIVED, **other), secret=SECRET)


def test_another_installation_makes_another_receipt():
    code = receipts.sign(RECEIVED, secret=SECRET)
    assert not receipts.is_genuine(code, RECEIVED, secret=b"another")
    assert receipts.fingerprint({"q1": {"chosen": ["a"]}}, secret=b"another") != PRINT


def test_a_fingerprint_depends_on_what_was_said_and_not_on_the_order_of_keys():
    one = receipts.fingerprint({"a": {"text": "x"}, "b": None}, secret=SECRET)
    assert one == receipts.fingerprint({"b": None, "a": {"text": "x"}}, secret=SECRET)
    assert one != receipts.fingerprint({"a": {"text": "y"}, "b": None}, secret=SECRET)
    assert len(one) == 64
