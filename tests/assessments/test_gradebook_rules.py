from dataclasses import replace

import pytest

from lms.assessments.rules.attempts import AttemptState
from lms.assessments.rules.gradebook import Asked, Done, Lack, Missing, Read, Rule, ToDo, compute_mean, compute_standing
from lms.assessments.rules.items import Score
from lms.assessments.rules.marking import Verdict
from lms.assessments.rules.quizzes import QuizSettings
from lms.courses.rules import TaskKind
from tests.cast import DAY, NOW

QUIZ = Asked(
    node_id="quiz",
    kind=TaskKind.QUIZ,
    graded=True,
    quiz=QuizSettings(items=["a"], graded=True, pass_percent=70),
    is_open=True,
    due_at=NOW - DAY,
)
MEMO = replace(QUIZ, node_id="memo", kind=TaskKind.ASSIGNMENT)
NOTHING = Read(read=0, open=0)


def done(node_id="quiz", state=AttemptState.HANDED_IN, points=None, number=1, verdict=None, of=100):
    score = None if points is None else Score(points=points, of=of)
    return Done(node_id=node_id, number=number, state=state, score=score, verdict=verdict)


def standing(asked, *attempts, lessons=NOTHING, wanted=None):
    return compute_standing(asked, attempts, lessons, rule=Rule(activities_percent=wanted), at=NOW)


def lacks(asked, *attempts):
    return [one.what for one in standing([asked], *attempts).missing]


def test_activities_count_only_what_is_open():
    closed = replace(MEMO, is_open=False)
    assert standing([QUIZ, closed], done(), lessons=Read(read=1, open=2)).activities_percent == 66
    assert standing([closed]).activities_percent is None


def test_an_open_attempt_is_not_handed_in_but_one_before_it_was():
    assert standing([QUIZ], done(state=AttemptState.OPEN)).activities_percent == 0
    assert standing([QUIZ], done(points=10), done(state=AttemptState.OPEN, number=2)).activities_percent == 100


def test_the_mean_is_of_counting_attempts_and_rounded_down_once():
    other = replace(QUIZ, node_id="other")
    best = [done(points=10), done(points=67, number=2), done("other", points=66)]
    assert standing([QUIZ, other], *best).quizzes_percent == 66
    assert compute_mean([Score(points=2, of=3), Score(points=1, of=3)]) == 50
    assert compute_mean([]) is None


def test_practice_changes_no_mean():
    assert standing([replace(QUIZ, graded=False)], done(points=10)).quizzes_percent is None


def test_too_few_activities_are_one_thing():
    assert standing([QUIZ], lessons=Read(read=0, open=1), wanted=80).missing[0] == Missing(
        what=Lack.ACTIVITIES, node_id=None
    )
    assert lacks(replace(QUIZ, due_at=None)) == []


@pytest.mark.parametrize(
    ("asked", "attempts", "expected"),
    [
        (QUIZ, [], [Lack.NOT_HANDED_IN]),
        (replace(QUIZ, due_at=NOW + DAY), [], []),
        (replace(QUIZ, is_open=False), [], []),
        (replace(QUIZ, graded=False), [], []),
        (QUIZ, [done(points=69)], [Lack.NOT_PASSED]),
        (QUIZ, [done(points=70)], []),
        (MEMO, [], [Lack.NOT_HANDED_IN]),
        (MEMO, [done("memo")], []),
        (MEMO, [done("memo", AttemptState.MARKED)], []),
        (MEMO, [done("memo", AttemptState.RETURNED)], [Lack.NEW_VERSION]),
        (MEMO, [done("memo", AttemptState.RETURNED), done("memo", AttemptState.OPEN, number=2)], [Lack.NEW_VERSION]),
        (MEMO, [done("memo", AttemptState.RELEASED, verdict=Verdict.NOT_YET)], [Lack.NOT_MET]),
        (MEMO, [done("memo", AttemptState.RELEASED, verdict=Verdict.MEETS)], []),
    ],
)
def test_what_a_task_lacks(asked, attempts, expected):
    assert lacks(asked, *attempts) == expected


def test_assignments_are_counted_by_where_they_stand():
    more = [replace(MEMO, node_id=name) for name in ("memo", "b", "c", "d")]
    found = standing(
        more,
        done("memo", AttemptState.RELEASED, verdict=Verdict.MEETS),
        done("b"),
        done("c", AttemptState.MARKED),
        done("d", AttemptState.RETURNED),
    )
    assert (found.assignments, found.meets, found.being_marked, found.marked, found.returned) == (4, 1, 1, 1, 1)


def test_what_is_still_hers_to_do_is_counted_by_kind():
    practice, closed = replace(QUIZ, node_id="practice", graded=False), replace(QUIZ, node_id="later", is_open=False)
    memos = [replace(MEMO, node_id=name) for name in ("memo", "b", "c", "d", "e")]
    found = standing(
        [QUIZ, practice, closed, *memos],
        done(points=69),
        done("practice", points=0),
        done("memo", AttemptState.RELEASED, verdict=Verdict.NOT_YET),
        done("b", AttemptState.RETURNED),
        done("c", AttemptState.MARKED),
        done("d", AttemptState.OPEN),
        lessons=Read(read=1, open=3),
    )
    assert found.to_do == ToDo(lessons=2, quizzes=1, assignments=3, with_marker=1)
    assert found.overdue == 2


def test_a_quiz_that_is_passed_or_only_begun_is_told_apart():
    assert standing([QUIZ], done(points=70)).to_do.quizzes == 0
    assert standing([QUIZ], done(state=AttemptState.OPEN)).to_do.quizzes == 1
