"""Marks, their totals and verdicts, who marks, who holds, what is read, where comments stand."""

from datetime import timedelta
from uuid import uuid4

import pytest

from lms.assessments.errors import CriterionMissing, FeedbackMissing, NotALevel, QuoteNotThere, TooLong
from lms.assessments.rules import marking as rules
from lms.assessments.rules.attempts import AttemptState, Step, StepKind
from lms.assessments.rules.deadlines import Terms, Timeliness
from lms.assessments.rules.marking import (
    Act,
    Comment,
    Holding,
    Marker,
    Marks,
    Piece,
    QueueState,
    Verdict,
)
from tests.cast import DAY, HOUR, NOW

MINUTE = timedelta(minutes=1)
RUBRIC = rules.read_rubric(
    "m1-r1",
    {
        "criteria": [
            {"id": "argument", "weight": 35, "title": {"en": "Argument"}, "levels": [{"en": "0"}] * 5},
            {"id": "wording", "weight": 45, "title": {"en": "Wording"}},
            {"id": "safety", "weight": 20, "title": {"en": "Safety"}, "safety": True},
        ]
    },
)


def levels(argument=3, wording=3, safety=3):
    return {"argument": argument, "wording": wording, "safety": safety}


def marks(given=None, feedback="", remarks=None, comments=()):
    return Marks(
        levels=levels() if given is None else given, remarks=remarks or {}, comments=comments, feedback=feedback
    )


def settle(act, given):
    return rules.settle(act, RUBRIC, given, meets_percent=75)


def test_a_rubric_is_read_with_its_defaults():
    first, second, third = RUBRIC.criteria
    assert (first.weight, len(first.levels), first.safety) == (35, 5, False)
    assert second.levels == () and third.safety


# Totals and verdicts


@pytest.mark.parametrize(
    ("given", "total"),
    [
        ({}, 0),
        (levels(4, 4, 4), 10_000),
        (levels(0, 0, 0), 0),
        (levels(3, 3, 3), 7_500),
        (levels(1, 0, 0), 875),
        (levels(0, 1, 0), 1_125),
        (levels(4, 3, 2), 7_875),
        ({"argument": 2}, 1_750),
    ],
)
def test_a_total_is_weight_times_level_over_four_exactly(given, total):
    assert rules.compute_total(RUBRIC, given) == total


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (levels(3, 3, 3), Verdict.MEETS),
        (levels(4, 4, 2), Verdict.MEETS),
        (levels(4, 4, 1), Verdict.NOT_YET),
        (levels(1, 4, 4), Verdict.NOT_YET),
        (levels(2, 2, 2), Verdict.NOT_YET),
        (levels(2, 3, 4), Verdict.NOT_YET),
        (levels(4, 4, 0), Verdict.REVISE),
        (levels(0, 0, 0), Verdict.REVISE),
        (levels(0, 4, 4), Verdict.NOT_YET),
    ],
)
def test_a_mark_meets_from_75_with_no_criterion_below_two_and_safety_never_zero(given, verdict):
    assert rules.judge(RUBRIC, given, meets_percent=75) is verdict


def test_another_standard_is_another_verdict():
    assert rules.judge(RUBRIC, levels(2, 2, 2), meets_percent=50) is Verdict.MEETS


# What is stored


@pytest.mark.parametrize("given", [{"argument": 5}, {"argument": -1}, {"other": 3}])
def test_only_levels_of_the_rubric_are_taken(given):
    with pytest.raises(NotALevel):
        settle(Act.DRAFT, marks(given))


@pytest.mark.parametrize(
    "given",
    [
        marks(feedback="x" * 8_001),
        marks(remarks={"argument": "x" * 2_001}),
        marks(comments=[Comment(paragraph=1, quote="", text="x" * 2_001)]),
        marks(comments=[Comment(paragraph=1, quote="x" * 501, text="y")]),
    ],
)
def test_too_long_a_text_is_refused_whole(given):
    with pytest.raises(TooLong):
        settle(Act.DRAFT, given)


@pytest.mark.parametrize(
    ("act", "given", "kind"),
    [
        (Act.DRAFT, marks({}), StepKind.MARK_DRAFT),
        (Act.DRAFT, marks(), StepKind.MARK_DRAFT),
        (Act.COMMENT, marks(), StepKind.MARK_DRAFT),
        (Act.NEXT, marks(), StepKind.MARK),
        (Act.NEXT, marks({"argument": 4}), StepKind.MARK_DRAFT),
        (Act.NEXT, marks(levels(safety=0), feedback="Take out the names."), StepKind.RETURN),
        (Act.FINISH, marks(), StepKind.MARK),
        (Act.FINISH, marks(levels(0, 0, 1)), StepKind.MARK),
        (Act.FINISH, marks(levels(safety=0), feedback="Take out the names."), StepKind.RETURN),
        (Act.RETURN, marks({}, feedback="Write more."), StepKind.RETURN),
    ],
)
def test_what_a_button_comes_to(act, given, kind):
    assert settle(act, given) is kind


@pytest.mark.parametrize(
    ("act", "given", "refusal"),
    [
        (Act.FINISH, marks({"argument": 4}), CriterionMissing),
        (Act.FINISH, marks(levels(safety=0)), FeedbackMissing),
        (Act.NEXT, marks(levels(safety=0), feedback="  "), FeedbackMissing),
        (Act.RETURN, marks(), FeedbackMissing),
    ],
)
def test_what_cannot_be_finished_is_refused(act, given, refusal):
    with pytest.raises(refusal):
        settle(act, given)


def test_how_many_levels_are_missing():
    assert [rules.missing(RUBRIC, given) for given in ({}, {"argument": 0}, levels())] == [3, 2, 0]


def test_marks_are_read_as_they_were_written():
    comments = (Comment(paragraph=2, quote="two", text="Why?"),)
    given = marks(feedback="Good.", remarks={"wording": "Short."}, comments=comments)
    data = rules.write_marks(RUBRIC, given, kind=StepKind.MARK, meets_percent=75)
    assert data == {"levels": levels(), "total": 7_500, "verdict": "meets"}
    assert rules.read_marks({**data, **rules.write_typed(given)}) == given


@pytest.mark.parametrize(("kind", "verdict"), [(StepKind.MARK_DRAFT, None), (StepKind.RETURN, "revise")])
def test_a_draft_has_no_verdict_and_a_return_asks_for_revision(kind, verdict):
    assert rules.write_marks(RUBRIC, marks({}), kind=kind, meets_percent=75).get("verdict") == verdict


def test_marks_of_no_step_are_empty():
    assert rules.read_marks(None).levels == {} and rules.read_marks({}).feedback == ""


BLOCKS = ["The draft asks\nboth forces.", "Two kilometres."]


@pytest.mark.parametrize(
    ("paragraph", "quote"), [(1, ""), (1, "asks  both"), (1, "draft asks\nboth"), (2, "Two"), (9, "kilometres.")]
)
def test_a_comment_quotes_words_of_its_paragraph_however_they_wrap(paragraph, quote):
    rules.check_quote(Comment(paragraph=paragraph, quote=quote, text="Why?"), BLOCKS)


@pytest.mark.parametrize(("blocks", "paragraph", "told"), [(BLOCKS, 2, 2), (BLOCKS, 9, 2), ([], 1, 1)])
def test_words_that_are_not_there_are_refused_with_the_paragraph(blocks, paragraph, told):
    with pytest.raises(QuoteNotThere) as refusal:
        rules.check_quote(Comment(paragraph=paragraph, quote="asks", text="Why?"), blocks)
    assert refusal.value.values == {"paragraph": told}


# Who marks


def marker(number, *languages, waiting=0, in_conflict=False):
    return Marker(id=number, languages=languages, waiting=waiting, in_conflict=in_conflict)


@pytest.mark.parametrize(
    ("markers", "chosen"),
    [
        ([], None),
        ([marker(1, "fr")], 1),
        ([marker(1, "en"), marker(2, "fr")], 2),
        ([marker(1, "fr", waiting=3), marker(2, "fr", waiting=2)], 2),
        ([marker(1, "en", "fr"), marker(2, "fr")], 2),
        ([marker(2, "fr"), marker(1, "fr")], 1),
        ([marker(1, "en", waiting=1), marker(2, "ar")], 2),
        ([marker(1, "fr", in_conflict=True), marker(2, "fr", waiting=9)], 2),
        ([marker(1, "fr", in_conflict=True), marker(2, "en")], None),
        ([marker(1, "en", in_conflict=True), marker(2, "en", waiting=9)], 2),
        ([marker(1, "fr", in_conflict=True)], None),
    ],
)
def test_work_goes_to_a_reader_of_its_language_with_least_waiting(markers, chosen):
    assert rules.allot("fr", markers) == chosen


# Who holds


def held(by, ago, *, is_final=False):
    return Holding(by=by, at=NOW - ago, is_final=is_final)


@pytest.mark.parametrize(
    ("last", "is_held"),
    [
        (None, False),
        (held(2, MINUTE), True),
        (held(2, 29 * MINUTE), True),
        (held(2, 30 * MINUTE), False),
        (held(1, MINUTE), False),
        (held(2, MINUTE, is_final=True), False),
        (held(None, MINUTE), False),
    ],
)
def test_a_draft_of_somebody_else_holds_for_half_an_hour(last, is_held):
    assert (rules.holder(last, reader=1, at=NOW) is not None) is is_held


@pytest.mark.parametrize(
    ("holdings", "ago"),
    [
        ([held(2, MINUTE)], MINUTE),
        ([held(2, 20 * MINUTE), held(2, 10 * MINUTE), held(2, MINUTE)], 20 * MINUTE),
        ([held(3, 20 * MINUTE), held(2, 10 * MINUTE)], 10 * MINUTE),
        ([held(2, 50 * MINUTE), held(2, 10 * MINUTE)], 10 * MINUTE),
        ([held(2, 20 * MINUTE, is_final=True), held(2, 10 * MINUTE)], 10 * MINUTE),
    ],
)
def test_since_when_somebody_is_marking_counts_without_longer_pauses(holdings, ago):
    assert rules.marking_since(holdings) == NOW - ago


# What is read


def step(number, kind, *, at, state=AttemptState.OPEN, sequence=0, data=None):
    return Step(
        number=number, operation=uuid4(), kind=kind, question="q" if kind is StepKind.ANSWER else None,
        sequence=sequence, written_at=at, received_at=at, language="en", data=data, flagged=False, state=state,
    )  # fmt: skip


TERMS = Terms(opened_at=NOW - 9 * DAY, deadline=NOW, grace=3 * DAY)
EARLY = step(1, StepKind.ANSWER, at=NOW - DAY, sequence=1)
LATER = step(2, StepKind.ANSWER, at=NOW + 4 * DAY, sequence=2)
LATE_IN = step(3, StepKind.HAND_IN, at=NOW + 4 * DAY, state=AttemptState.HANDED_IN, data={"timeliness": "late"})
ASIDE = step(4, StepKind.ANSWER, at=NOW + 4 * DAY, sequence=3, state=AttemptState.HANDED_IN)
COUNTS = step(5, StepKind.COUNT_LATE, at=NOW + 5 * DAY, state=AttemptState.HANDED_IN)
LEAVES = step(5, StepKind.LEAVE_LATE, at=NOW + 5 * DAY, state=AttemptState.HANDED_IN)


@pytest.mark.parametrize(
    ("steps", "number"),
    [
        ([], None),
        ([EARLY], 1),
        ([EARLY, LATER, LATE_IN], 2),
        ([EARLY, LATER, LATE_IN, ASIDE], 2),
        ([EARLY, LATER, LATE_IN, ASIDE, COUNTS], 4),
        ([EARLY, LATER, LATE_IN, ASIDE, LEAVES], 1),
        ([LATER, LATE_IN, LEAVES], 2),
    ],
)
def test_what_was_handed_in_is_read_until_somebody_decides_about_late_work(steps, number):
    found = rules.text_step(steps, TERMS)
    assert (found.number if found else None) == number


IN_TIME = step(3, StepKind.HAND_IN, at=NOW, state=AttemptState.HANDED_IN, data={"timeliness": "on time"})
BEFORE = step(3, StepKind.HAND_IN, at=NOW, state=AttemptState.HANDED_IN, data={"timeliness": "written before"})


@pytest.mark.parametrize(
    ("steps", "late"),
    [
        ([EARLY], None),
        ([EARLY, IN_TIME], None),
        ([EARLY, BEFORE], Timeliness.WRITTEN_BEFORE),
        ([LATER, LATE_IN], Timeliness.LATE),
        ([LATER, LATE_IN, COUNTS], None),
        ([LATER, LATE_IN, LEAVES], None),
        ([EARLY, IN_TIME, ASIDE], Timeliness.LATE),
        ([EARLY, IN_TIME, ASIDE, LEAVES], None),
    ],
)
def test_late_work_stays_late_until_somebody_decides(steps, late):
    assert rules.lateness(steps) is late


# Comments in the text


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("", []),
        ("One.", ["One."]),
        ("One.\n\nTwo.", ["One.", "Two."]),
        ("One.\r\n\r\nTwo.", ["One.", "Two."]),
        ("One.\n  \n\nTwo.\n", ["One.", "Two."]),
        ("One,\nstill one.", ["One,\nstill one."]),
    ],
)
def test_paragraphs_are_parted_by_empty_lines(text, blocks):
    assert rules.paragraphs(text) == blocks


def about(paragraph, quote=""):
    return Comment(paragraph=paragraph, quote=quote, text="?")


@pytest.mark.parametrize(
    ("comments", "pieces"),
    [
        ([], [[("One two three.", None)], [("Four.", None)]]),
        ([about(1, "two")], [[("One ", None), ("two", 1), (" three.", None)], [("Four.", None)]]),
        ([about(2)], [[("One two three.", None)], [("Four.", 1)]]),
        ([about(1, "absent")], [[("One two three.", None), ("", 1)], [("Four.", None)]]),
        (
            [about(1, "two"), about(1, "two three")],
            [[("One ", None), ("two", 1), (" three.", None), ("", 2)], [("Four.", None)]],
        ),
        ([about(1), about(1, "One")], [[("One", 2), (" two three.", None), ("", 1)], [("Four.", None)]]),
        ([about(9, "Four")], [[("One two three.", None)], [("Four", 1), (".", None)]]),
        ([about(0)], [[("One two three.", 1)], [("Four.", None)]]),
    ],
)
def test_each_comment_stands_at_the_words_it_quotes(comments, pieces):
    expected = [[Piece(text=text, comment=number) for text, number in block] for block in pieces]
    assert rules.place_comments(["One two three.", "Four."], comments) == expected


def test_comments_on_an_empty_text_are_not_lost():
    assert rules.place_comments([], [about(1)]) == [[Piece(text="", comment=1)]]


# The queue


@pytest.mark.parametrize(
    ("state", "is_started", "in_conflict", "expected"),
    [
        (AttemptState.HANDED_IN, False, False, QueueState.NEW),
        (AttemptState.HANDED_IN, True, False, QueueState.STARTED),
        (AttemptState.MARKED, True, False, QueueState.MARKED),
        (AttemptState.MARKED, True, True, QueueState.CONFLICT),
    ],
)
def test_a_conflict_of_interest_hides_how_a_row_stands(state, is_started, in_conflict, expected):
    assert rules.queue_state(state, is_started=is_started, in_conflict=in_conflict) is expected


@pytest.mark.parametrize(
    ("place", "waiting", "found"),
    [
        (None, 0, (None, None)),
        (1, 1, (None, None)),
        (None, 1, (None, 1)),
        (2, 3, (1, 3)),
        (2, 2, (1, 1)),
        (1, 2, (None, 2)),
    ],
)
def test_the_next_in_a_queue_comes_round_to_its_first(place, waiting, found):
    assert rules.around(place, waiting) == found


def test_half_an_hour_is_half_an_hour():
    assert HOUR / 2 == rules.HOLDS
