import pytest

from lms.cohorts.errors import NoDateYet, NotOpenYet, TakesPartNoMore
from lms.cohorts.rules import enrolment, opening
from tests.cast import DAY, NOW


@pytest.mark.parametrize(("opens_at", "is_open"), [(None, False), (NOW - DAY, True), (NOW, True), (NOW + DAY, False)])
def test_a_node_is_open_from_its_moment_on(opens_at, is_open):
    assert opening.is_open(opening.Opening(opens_at=opens_at), at=NOW) is is_open


def test_what_is_not_open_says_when_it_will_be():
    with pytest.raises(NotOpenYet) as refusal:
        opening.check_open(opening.Opening(opens_at=NOW + DAY), at=NOW)
    assert refusal.value.values == {"opens_at": NOW + DAY}


def test_without_a_date_nothing_is_promised():
    with pytest.raises(NoDateYet):
        opening.check_open(opening.Opening(opens_at=None), at=NOW)


def test_what_is_open_is_not_refused():
    opening.check_open(opening.Opening(opens_at=NOW), at=NOW)


def test_a_pause_lets_her_read_and_leaving_does_not():
    assert enrolment.EnrolmentState.PAUSED in enrolment.MAY_READ
    assert enrolment.EnrolmentState.WITHDRAWN not in enrolment.MAY_READ
    assert enrolment.EnrolmentState.DEFERRED not in enrolment.MAY_READ


@pytest.mark.parametrize("state", list(enrolment.EnrolmentState))
def test_who_was_deferred_or_has_left_takes_part_no_more(state):
    if state in enrolment.MAY_READ:
        enrolment.check_takes_part(state)
    else:
        with pytest.raises(TakesPartNoMore):
            enrolment.check_takes_part(state)
