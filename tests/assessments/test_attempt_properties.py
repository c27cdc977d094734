"""Whatever arrives, in whatever order, however often and however late: the same answers stand."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations, product

from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.rules import attempts, deadlines, quizzes
from lms.assessments.rules.attempts import AttemptState, Step, StepKind
from lms.assessments.rules.deadlines import LEASE_LASTS, OUTAGE_CREDIT, Terms, Timeliness
from lms.assessments.rules.items import read_item
from tests.assessments.steps import DAY, HOUR, MINUTE, SECOND, START, did, operation

QUESTIONS = ("q1", "q2")
BANK = {
    "q1": read_item(
        "q1", "single", {"text": {"en": "?"}, "options": [{"id": o, "text": {"en": o}} for o in "abc"], "key": "a"}
    ),
    "q2": read_item(
        "q2",
        "multiple",
        {
            "text": {"en": "?"},
            "options": [{"id": o, "text": {"en": o}} for o in "abc"],
            "key": ["a", "b"],
            "partial": True,
        },
    ),
}
UNTIMED = Terms(opened_at=START, deadline=START + DAY)
TIMED = Terms(opened_at=START, deadline=START + DAY, allowed=30 * MINUTE)


@dataclass(frozen=True)
class Act:
    """What a device sends. written: by our clock, which nobody but the test knows."""

    name: int
    question: str
    chosen: str | None
    sequence: int
    written: timedelta


@st.composite
def acts_of_two_devices(draw, most=7):
    """Each device knows some of what was said before, and answers with a sequence one higher than the highest of it."""
    acts, known, now = [], (dict.fromkeys(QUESTIONS, 0), dict.fromkeys(QUESTIONS, 0)), timedelta(0)
    for name in range(draw(st.integers(1, most))):
        device, question = draw(st.integers(0, 1)), draw(st.sampled_from(QUESTIONS))
        if draw(st.booleans()):  # the device reloads its page
            for one in QUESTIONS:
                known[device][one] = max(known[0][one], known[1][one])
        known[device][question] += 1
        now += timedelta(seconds=draw(st.integers(0, 120)))
        chosen = draw(st.sampled_from(["a", "b", "c", None]))
        acts.append(Act(name, question, chosen, known[device][question], now))
    return acts


def receive(acts, *, gaps=None, terms=UNTIMED):
    """The steps that the server has: repeated acts are one, everything else is a step, in the order of arrival."""
    steps, seen, at = [], set(), START + max(act.written for act in acts)
    for place, act in enumerate(acts):
        at += gaps[place] if gaps else SECOND
        if act.name in seen:
            continue
        seen.add(act.name)
        steps.append(step_of(act, len(steps) + 1, at))
    return steps


def step_of(act, number, at):
    return Step(
        number=number,
        operation=operation(act.name),
        kind=StepKind.ANSWER,
        question=act.question,
        sequence=act.sequence,
        written_at=deadlines.written_at(at, held=at - (START + act.written)),
        received_at=at,
        language="en",
        data=None if act.chosen is None else {"chosen": [act.chosen]},
        flagged=False,
        state=AttemptState.OPEN,
    )


def standing(steps):
    return {question: (step.operation, step.data) for question, step in attempts.heads(steps).items()}


def result(steps, terms=UNTIMED):
    return quizzes.compute_score(BANK, QUESTIONS, steps, terms)


@given(acts_of_two_devices(), st.data())
def test_what_stands_does_not_depend_on_the_order_of_arrival(acts, data):
    in_order, in_any = receive(acts), receive(data.draw(st.permutations(acts)))
    assert standing(in_order) == standing(in_any)
    assert result(in_order) == result(in_any)


@given(acts_of_two_devices(), st.data())
def test_repeats_change_nothing(acts, data):
    repeated = data.draw(st.permutations(acts + data.draw(st.lists(st.sampled_from(acts), max_size=6))))
    assert standing(receive(repeated)) == standing(receive(acts))
    assert len(receive(repeated)) == len(acts)


@given(acts_of_two_devices(), st.data())
def test_an_older_step_never_overwrites_a_newer_one(acts, data):
    before = {}
    steps = receive(data.draw(st.permutations(acts)))
    for upto in range(1, len(steps) + 1):
        now = attempts.heads(steps[:upto])
        for question, step in before.items():
            assert now[question].precedence >= step.precedence
        before = now


@given(acts_of_two_devices(), st.data())
def test_nothing_ever_disappears(acts, data):
    steps = receive(data.draw(st.permutations(acts)))
    assert {step.operation for step in steps} == {operation(act.name) for act in acts}
    for head in attempts.heads(steps).values():
        same_moment = [s for s in steps if s.question == head.question and s.sequence == head.sequence]
        shown = [head, *attempts.rivals(steps, head)]
        assert {repr(attempts.says(step)) for step in same_moment} == {repr(attempts.says(step)) for step in shown}


@given(acts_of_two_devices(), st.data())
def test_a_page_that_knows_what_stands_settles_it(acts, data):
    steps = receive(data.draw(st.permutations(acts)))
    head = attempts.heads(steps)[acts[0].question]
    act = Act(99, head.question, "c", attempts.next_sequence(head), timedelta(0))
    steps.append(step_of(act, len(steps) + 1, START))
    assert not attempts.is_overtaken(act.sequence, head)
    assert attempts.heads(steps)[head.question] is steps[-1]
    assert attempts.rivals(steps, steps[-1]) == []


@given(acts_of_two_devices(), st.data(), st.sampled_from([UNTIMED, TIMED]))
def test_scores_are_within_their_bounds_and_replay_gives_what_was_given_live(acts, data, terms):
    gaps = data.draw(
        st.lists(st.integers(0, 6 * 86400).map(lambda s: timedelta(seconds=s)), min_size=len(acts), max_size=len(acts))
    )
    steps = receive(data.draw(st.permutations(acts)), gaps=gaps)
    live = [result(steps[:upto], terms) for upto in range(len(steps) + 1)]
    assert all(0 <= one.points <= one.of == 200 for one in live)
    assert all(0 <= quizzes.percent(one) <= 100 for one in live)
    assert result(list(reversed(steps)), terms) == live[-1]
    assert result([replace(step) for step in steps], terms) == live[-1]


@given(acts_of_two_devices(), st.data())
def test_what_counted_once_counts_on(acts, data):
    """No answer that comes later takes an earlier one out of what counts."""
    gaps = [timedelta(minutes=data.draw(st.integers(0, 20))) for _ in acts]
    steps = receive(data.draw(st.permutations(acts)), gaps=gaps)
    so_far = set()
    for upto in range(1, len(steps) + 1):
        now = {step.number for step in deadlines.counted(steps[:upto], TIMED)}
        assert so_far <= now
        so_far = now


@given(
    st.integers(0, 40 * 86400),
    st.integers(0, 40 * 86400),
    st.integers(-(10**9), 10**9),
    st.sampled_from([UNTIMED, TIMED]),
)
def test_timeliness_does_not_depend_on_the_clock_of_the_device(received, held, wrong_by, terms):
    """The device tells a difference of two readings of one clock: however wrong that is, the difference is the same."""
    reading_when_written = START + timedelta(seconds=wrong_by)
    reading_when_sent = reading_when_written + timedelta(seconds=held)
    told, at = reading_when_sent - reading_when_written, START + timedelta(seconds=received)
    judged = [deadlines.judge_step([], terms, received_at=at, held=one) for one in (told, timedelta(seconds=held))]
    assert judged[0] is judged[1]


@given(st.integers(0, 40 * 86400), st.integers(-(10**9), 10**9))
def test_forging_the_time_held_gains_no_more_than_the_credit(received, claimed):
    at, held = START + timedelta(seconds=received), timedelta(seconds=claimed)
    act = Act(1, "q1", "a", 1, timedelta(0))
    step = replace(step_of(act, 1, at), written_at=deadlines.written_at(at, held=held))
    assert at - LEASE_LASTS <= step.written_at <= at
    if at > START + 30 * MINUTE + OUTAGE_CREDIT:
        assert deadlines.judge_steps([step], TIMED)[1] is Timeliness.LATE
    if at <= START + 4 * DAY:
        assert deadlines.judge_steps([step], UNTIMED)[1] is Timeliness.ON_TIME


@given(st.integers(0, 30 * 86400), st.integers(0, 30 * 86400), st.integers(0, 86400))
def test_holding_longer_never_makes_work_later(received, held, more):
    at = START + timedelta(seconds=received)
    order = [Timeliness.ON_TIME, Timeliness.WRITTEN_BEFORE, Timeliness.LATE]
    one, other = (
        deadlines.judge_step([], UNTIMED, received_at=at, held=timedelta(seconds=s)) for s in (held, held + more)
    )
    assert order.index(other) <= order.index(one)


SOME_TERMS = [
    UNTIMED,
    TIMED,
    replace(TIMED, opened_at=START + 4 * DAY - 20 * MINUTE),
    replace(UNTIMED, grace=timedelta(0)),
    replace(TIMED, deadline=None),
]
MINUTES = st.integers(0, 30 * 24 * 60).map(lambda minutes: minutes * MINUTE)


@given(st.sampled_from(SOME_TERMS), MINUTES, MINUTES, MINUTES, MINUTES)
def test_nobody_who_saw_what_was_right_can_still_send_an_answer_that_counts(terms, closing, seen, sent, claimed):
    """Whatever time her device claims to have held it."""
    closed = deadlines.closes_at(terms) + closing
    seen_at = closed + seen
    sent_at = seen_at + sent + SECOND
    until = deadlines.awaits_until(terms, at=closed)
    sees = quizzes.may_see_feedback(
        quizzes.QuizSettings(items=QUESTIONS), AttemptState.HANDED_IN, terms, awaits_until=until, at=seen_at
    )
    answer = Step(
        number=2,
        operation=operation(2),
        kind=StepKind.ANSWER,
        question="q1",
        sequence=1,
        written_at=max(deadlines.written_at(sent_at, held=claimed), terms.opened_at),
        received_at=sent_at,
        language="en",
        data={"chosen": ["a"]},
        flagged=False,
        state=AttemptState.HANDED_IN,
    )
    steps = [did(1, StepKind.TIME_UP, AttemptState.HANDED_IN, received=closed - START), answer]
    assert not (sees and deadlines.counted(steps, terms))
    assert len(deadlines.counted(steps, terms)) + len(deadlines.undecided(steps, terms)) == 1


@given(acts_of_two_devices(), st.data(), st.sampled_from([StepKind.HAND_IN, StepKind.SETTLE]))
def test_after_her_own_end_nothing_counts_by_itself_and_nothing_is_forgotten(acts, data, end):
    """What came before counts as before; every other answer waits for a person, until one decides."""
    before, after = acts[: (cut := data.draw(st.integers(0, len(acts))))], acts[cut:]
    steps = receive(before) if before else []
    handed = AttemptState.HANDED_IN
    steps.append(did(len(steps) + 1, end, handed, received=HOUR))
    for act in after:
        number = len(steps) + 1
        steps.append(replace(step_of(act, number, START + HOUR + number * MINUTE), state=handed))
    late = {step.number for step in steps if attempts.is_aside(step)}
    assert {step.number for step in deadlines.counted(steps, UNTIMED)} == {n + 1 for n in range(len(before))}
    assert {step.number for step in deadlines.undecided(steps, UNTIMED)} == late
    decided = [*steps, did(len(steps) + 1, StepKind.COUNT_LATE, handed, received=DAY)]
    assert len(deadlines.counted(decided, UNTIMED)) == len(acts)
    assert deadlines.undecided(decided, UNTIMED) == []


@given(st.integers(1, attempts.MOST_SEQUENCE))
def test_the_next_page_always_sends_what_is_taken(sequence):
    known = step_of(Act(1, "q1", "a", sequence, timedelta(0)), 1, START)
    assert sequence <= attempts.next_sequence(known) <= attempts.MOST_SEQUENCE


FIVE = (
    Act(0, "q1", "b", 1, timedelta(0)),
    Act(1, "q1", "a", 2, 1 * MINUTE),
    Act(2, "q1", "c", 2, 2 * MINUTE),  # the other device, at the same moment
    Act(3, "q2", "a", 1, 3 * MINUTE),
    Act(4, "q2", "b", 2, 4 * MINUTE),
)


def test_every_order_of_five_acts_with_repeats_leaves_the_same():
    expected = {"q1": (operation(2), {"chosen": ["c"]}), "q2": (operation(4), {"chosen": ["b"]})}
    for order in permutations(FIVE):
        for repeated in order:
            steps = receive([*order, repeated, order[0]])
            assert standing(steps) == expected
            assert len(steps) == 5
            assert result(steps).points == 50


def test_every_order_of_five_acts_some_three_days_late_leaves_the_same():
    """The clock has closed the attempt meanwhile; what was written before the deadline counts, whenever it comes."""
    late = 5 * DAY
    for order, held_back in product(permutations(FIVE), range(6)):
        steps, number = [], 0
        for place, act in enumerate(order):
            if place == held_back:
                number += 1
                steps.append(did(number, StepKind.TIME_UP, AttemptState.HANDED_IN, received=4 * DAY))
            at = START + (late if place >= held_back else 5 * MINUTE) + place * SECOND
            number += 1
            state = AttemptState.HANDED_IN if place >= held_back else AttemptState.OPEN
            steps.append(replace(step_of(act, number, at), state=state))
        assert attempts.heads(deadlines.counted(steps, UNTIMED)).keys() == {"q1", "q2"}
        assert standing(steps) == {"q1": (operation(2), {"chosen": ["c"]}), "q2": (operation(4), {"chosen": ["b"]})}
        assert result(steps).points == 50
