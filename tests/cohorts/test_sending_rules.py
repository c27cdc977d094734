"""Two people decide: what the rule says, without a database."""

from datetime import timedelta

import pytest

from lms.cohorts.errors import (
    NobodyToInvite,
    OwnSending,
    RoleTooNew,
    SecondPersonNeeded,
    SeenOtherwise,
    SendingOver,
    SendingWaits,
)
from lms.cohorts.rules.sending import (
    LASTS,
    Answer,
    Asking,
    Circumstances,
    SendingState,
    check_can_answer,
    check_can_ask,
    state_of,
)
from tests.cast import NOW

SECOND = timedelta(seconds=1)
ASKED = Asking(by=1, at=NOW, answer=None)


def circumstances(**other):
    return Circumstances(**{"people": 3, "seen": 3, "is_settled": True, "others": 1, "is_waiting": False} | other)


def test_somebody_else_and_somebody_to_invite_are_all_it_takes():
    check_can_ask(circumstances())


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"is_settled": False, "others": 0}, RoleTooNew),
        ({"others": 0}, SecondPersonNeeded),
        ({"others": 0, "people": 0, "seen": 0, "is_waiting": True}, SecondPersonNeeded),
        ({"is_waiting": True}, SendingWaits),
        ({"people": 0, "seen": 0}, NobodyToInvite),
        ({"people": 0}, NobodyToInvite),
        ({"people": 4}, SeenOtherwise),
        ({"seen": -1}, SeenOtherwise),
    ],
)
def test_what_stands_against_asking_is_told(other, refusal):
    with pytest.raises(refusal):
        check_can_ask(circumstances(**other))


@pytest.mark.parametrize(
    ("answer", "after", "state"),
    [
        (None, timedelta(0), SendingState.WAITING),
        (None, LASTS - SECOND, SendingState.WAITING),
        (None, LASTS, SendingState.LAPSED),
        (None, 9 * LASTS, SendingState.LAPSED),
        (Answer.CONFIRMED, 9 * LASTS, SendingState.CONFIRMED),
        (Answer.REFUSED, timedelta(0), SendingState.REFUSED),
    ],
)
def test_it_waits_for_a_day_and_an_answer_stays(answer, after, state):
    assert state_of(Asking(by=1, at=NOW, answer=answer), at=NOW + after) is state


@pytest.mark.parametrize("answer", list(Answer))
def test_somebody_else_answers_within_a_day(answer):
    check_can_answer(ASKED, answer, by=2, is_settled=True, at=NOW + LASTS - SECOND)


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("by", [1, 2])
@pytest.mark.parametrize(
    ("asking", "at"),
    [
        (ASKED, NOW + LASTS),
        (Asking(by=1, at=NOW, answer=Answer.CONFIRMED), NOW),
        (Asking(by=1, at=NOW, answer=Answer.REFUSED), NOW),
    ],
)
def test_late_or_second_answers_are_told(asking, at, answer, by):
    with pytest.raises(SendingOver):
        check_can_answer(asking, answer, by=by, is_settled=True, at=at)


def test_whoever_asked_may_take_it_back_and_not_confirm_it():
    check_can_answer(ASKED, Answer.REFUSED, by=1, is_settled=False, at=NOW)
    with pytest.raises(OwnSending):
        check_can_answer(ASKED, Answer.CONFIRMED, by=1, is_settled=True, at=NOW)


def test_when_the_asker_is_gone_somebody_may_still_answer():
    check_can_answer(Asking(by=None, at=NOW, answer=None), Answer.CONFIRMED, by=2, is_settled=True, at=NOW)


def test_a_new_role_may_refuse_and_not_confirm():
    check_can_answer(ASKED, Answer.REFUSED, by=2, is_settled=False, at=NOW)
    with pytest.raises(RoleTooNew):
        check_can_answer(ASKED, Answer.CONFIRMED, by=2, is_settled=False, at=NOW)
