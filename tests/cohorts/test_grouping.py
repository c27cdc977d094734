"""Groups are even and mixed, and nobody meets whom she must not: pure, with hundreds of drawn cohorts."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.cohorts.errors import CannotKeepApart
from lms.cohorts.rules.grouping import Member, is_kept_apart, spread


def members(*languages):
    return [Member(person=number, language=language) for number, language in enumerate(languages, 1)]


def both_ways(*pairs):
    found = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return found


def sizes(places, groups):
    return sorted(Counter(places.values()).get(group, 0) for group in range(groups))


@pytest.mark.parametrize(
    ("people", "groups", "expected"),
    [(24, 3, [8, 8, 8]), (25, 3, [8, 8, 9]), (2, 3, [0, 1, 1]), (0, 2, [0, 0]), (5, 1, [5])],
)
def test_groups_differ_by_one_at_the_most(people, groups, expected):
    assert sizes(spread(members(*["en"] * people), range(100, 100 + groups), {}), groups) == expected


def test_each_language_is_spread_over_the_groups():
    places = spread(members(*["en"] * 9, *["fr"] * 6, *["ar"] * 9), [100, 101, 102], {})
    of_language = Counter((places[one.person], one.language) for one in members(*["en"] * 9, *["fr"] * 6, *["ar"] * 9))
    assert set(of_language.values()) <= {2, 3}


def test_without_groups_nobody_is_in_one():
    assert spread(members("en"), [], {}) == {}


def test_two_who_are_kept_apart_are_in_two_groups():
    places = spread(members("en", "en"), [100, 101], both_ways((1, 2)))
    assert places[1] != places[2]


def test_nobody_is_put_under_a_facilitator_she_is_kept_apart_from():
    assert spread(members("en"), [100, 101], both_ways((1, 100))) == {1: 1}


@pytest.mark.parametrize(
    ("people", "facilitators", "pairs"),
    [
        (2, [100], [(1, 2)]),
        (3, [100, 101], [(1, 2), (2, 3), (1, 3)]),
        (1, [100, 101], [(1, 100), (1, 101)]),
        (2, [100, 101], [(1, 2), (1, 100), (2, 100)]),
    ],
)
def test_rules_that_leave_no_room_are_refused(people, facilitators, pairs):
    with pytest.raises(CannotKeepApart):
        spread(members(*["en"] * people), facilitators, both_ways(*pairs))


def test_two_sides_of_twelve_fill_three_groups_as_they_must():
    """One side has one group or two: they cannot be even, and are no more uneven than that."""
    sides = [(one, other) for one in range(1, 13) for other in range(13, 25)]
    places = spread(members(*["en"] * 24), [100, 101, 102], both_ways(*sides))
    assert sizes(places, 3) == [6, 6, 12]


def test_a_cohort_of_ten_thousand_is_spread_too():
    places = spread(members(*["en", "fr"] * 5_000), range(20_000, 20_010), both_ways((1, 2), (3, 20_000)))
    assert sizes(places, 10) == [1_000] * 10 and places[1] != places[2] and places[3] != 0


def test_a_search_without_end_is_ended():
    """Eleven people who all avoid one another do not fit into ten groups, and that is not tried ten factorial times."""
    everybody = [(one, other) for one in range(1, 12) for other in range(1, one)]
    with pytest.raises(CannotKeepApart):
        spread(members(*["en"] * 11), range(100, 110), both_ways(*everybody))


PEOPLE = st.integers(min_value=1, max_value=30)


@given(people=PEOPLE, groups=st.integers(min_value=1, max_value=6), data=st.data())
def test_whatever_is_drawn_nobody_meets_whom_she_must_not(people, groups, data):
    numbers = st.integers(min_value=1, max_value=people) | st.integers(min_value=100, max_value=99 + groups)
    pairs = data.draw(st.lists(st.tuples(st.integers(min_value=1, max_value=people), numbers), max_size=20))
    apart = both_ways(*((one, other) for one, other in pairs if one != other))
    languages = data.draw(st.lists(st.sampled_from(["en", "fr", "ar"]), min_size=people, max_size=people))
    facilitators = list(range(100, 100 + groups))
    try:
        places = spread(members(*languages), facilitators, apart)
    except CannotKeepApart:
        return
    assert places.keys() == set(range(1, people + 1))
    for person, place in places.items():
        others = [other for other, there in places.items() if there == place and other != person]
        assert not is_kept_apart(person, others, facilitators[place], apart)


@given(people=PEOPLE, groups=st.integers(min_value=1, max_value=6))
def test_without_rules_groups_are_always_even(people, groups):
    found = sizes(spread(members(*["en"] * people), range(100, 100 + groups), {}), groups)
    assert found[-1] - found[0] <= 1
