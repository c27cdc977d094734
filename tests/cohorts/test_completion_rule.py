"""What a completion rule may say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.cohorts.errors import RuleOutOfBounds
from lms.cohorts.rules.completion import MOST_SESSIONS, CompletionRule, check_rule, rule_from

PERCENTS = ("activities_percent", "quiz_pass_percent", "assignment_meets_percent", "readiness_check_percent")
COUNTS = ("assignments", "live_sessions")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **{name: st.integers(1, 100) for name in PERCENTS},
            **{name: st.integers(1, MOST_SESSIONS) for name in COUNTS},
            "simulation": st.just(True),
        },
    )
)
def test_what_is_stored_comes_back(data):
    assert rule_from(data).as_data() == data


@pytest.mark.parametrize("name", PERCENTS)
@pytest.mark.parametrize("value", [0, -1, 101])
def test_a_percentage_is_one_to_a_hundred(name, value):
    with pytest.raises(RuleOutOfBounds):
        check_rule(CompletionRule(**{name: value}))


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [0, -1, MOST_SESSIONS + 1])
def test_a_count_is_one_that_can_be_meant(name, value):
    with pytest.raises(RuleOutOfBounds):
        rule_from({name: value})


def test_a_part_that_is_not_known_is_refused():
    with pytest.raises(RuleOutOfBounds):
        rule_from({"attendance_percent": 80})
