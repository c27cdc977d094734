"""Under which names a place is counted, and by how much counts change."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.cohorts.rules.enrolment import MAY_READ, EnrolmentState
from lms.cohorts.rules.tally import (
    Count,
    Places,
    Standing,
    begins_week,
    counted_as,
    difference,
    read_places,
    week_of,
)

standings = st.builds(
    Standing,
    language=st.sampled_from(["en", "fr", "ar", "pt-BR"]),
    state=st.sampled_from(EnrolmentState),
    has_come=st.booleans(),
    finished=st.lists(st.sampled_from(["m1", "m2", "m3"]), unique=True),
)
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(standings)
def test_a_place_is_counted_once_and_read_back(standing):
    places = {name: 1 for kind, name in counted_as(standing) if kind is Count.PLACE}

    assert read_places(places) == [
        Places(language=standing.language, state=standing.state, has_come=standing.has_come, people=1)
    ]


@given(standings)
def test_modules_are_counted_of_whoever_came_and_takes_or_took_part(standing):
    modules = [name for kind, name in counted_as(standing) if kind is Count.MODULE]

    assert modules == (list(standing.finished) if standing.has_come and standing.state in MAY_READ else [])


@given(st.lists(st.tuples(standings, standings), max_size=8))
def test_differences_lead_from_what_was_to_what_is(places):
    counts = Counter(name for before, _ in places for name in counted_as(before))

    for before, after in places:
        counts.update(difference([before], [after]))

    assert +counts == Counter(name for _, after in places for name in counted_as(after))
    assert not -counts


@given(st.lists(standings, max_size=8), st.lists(standings, max_size=8))
def test_what_stays_is_absent(before, after):
    assert all(difference(before, after).values())
    assert difference(before, before) == {}


@given(days, days)
def test_a_week_of_the_course_begins_on_the_weekday_of_its_first_day(day, starts_on):
    begins_on = week_of(day, starts_on)

    assert begins_on.weekday() == starts_on.weekday()
    assert timedelta(0) <= day - begins_on < timedelta(weeks=1)


@pytest.mark.parametrize(
    ("last", "day", "is_first"),
    [
        (None, "2027-03-10", True),
        ("2027-03-10", "2027-03-10", False),
        ("2027-03-08", "2027-03-14", False),
        ("2027-03-07", "2027-03-08", True),
        ("2027-02-01", "2027-03-14", True),
        ("2027-03-20", "2027-03-14", False),
    ],
)
def test_the_first_time_in_a_week(last, day, is_first):
    last_day = date.fromisoformat(last) if last else None

    assert begins_week(date.fromisoformat(day), last_day, date(2027, 3, 1)) is is_first
