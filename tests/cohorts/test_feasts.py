from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.cohorts.rules.feasts import Feast, FeastDay, feasts_between, feasts_on, is_known

DAY = timedelta(days=1)
MOON_DATED = {
    Feast.RAMADAN,
    Feast.EID_AL_FITR,
    Feast.EID_AL_ADHA,
    Feast.ISLAMIC_NEW_YEAR,
    Feast.MAWLID,
    Feast.ASHURA,
}
FIRST_KNOWN, LAST_KNOWN = date(1924, 8, 1), date(2077, 11, 16)
KNOWN_DAYS = st.dates(min_value=FIRST_KNOWN, max_value=LAST_KNOWN)

SPANS = [
    (Feast.RAMADAN, "2025-03-01", "2025-03-29"),
    (Feast.EID_AL_FITR, "2025-03-30", "2025-04-01"),
    (Feast.EID_AL_ADHA, "2025-06-06", "2025-06-09"),
    (Feast.ISLAMIC_NEW_YEAR, "2025-06-26", "2025-06-26"),
    (Feast.ASHURA, "2025-07-05", "2025-07-05"),
    (Feast.MAWLID, "2025-09-04", "2025-09-04"),
    (Feast.RAMADAN, "2026-02-18", "2026-03-19"),
    (Feast.EID_AL_FITR, "2026-03-20", "2026-03-22"),
    (Feast.EID_AL_ADHA, "2026-05-27", "2026-05-30"),
    (Feast.RAMADAN, "2027-02-08", "2027-03-08"),
    (Feast.RAMADAN, "2028-01-28", "2028-02-25"),
    (Feast.EID_AL_ADHA, "2028-05-05", "2028-05-08"),
    (Feast.EASTER, "2025-04-18", "2025-04-21"),
    (Feast.EASTER, "2026-04-03", "2026-04-06"),
    (Feast.EASTER, "2027-03-26", "2027-03-29"),
    (Feast.EASTER, "2028-04-14", "2028-04-17"),
    (Feast.ORTHODOX_EASTER, "2024-05-03", "2024-05-06"),
    (Feast.ORTHODOX_EASTER, "2025-04-18", "2025-04-21"),
    (Feast.ORTHODOX_EASTER, "2026-04-10", "2026-04-13"),
    (Feast.ORTHODOX_EASTER, "2027-04-30", "2027-05-03"),
    (Feast.ORTHODOX_EASTER, "2028-04-14", "2028-04-17"),
    (Feast.ETHIOPIAN_NEW_YEAR, "2003-09-12", "2003-09-12"),
    (Feast.ETHIOPIAN_NEW_YEAR, "2015-09-12", "2015-09-12"),
    (Feast.ETHIOPIAN_NEW_YEAR, "2026-09-11", "2026-09-11"),
    (Feast.ETHIOPIAN_NEW_YEAR, "2027-09-12", "2027-09-12"),
    (Feast.ORTHODOX_CHRISTMAS, "2027-01-07", "2027-01-07"),
    (Feast.NOWRUZ, "2027-03-20", "2027-03-21"),
    (Feast.CHRISTMAS, "2027-12-24", "2027-12-26"),
    (Feast.NEW_YEAR, "2026-12-31", "2027-01-01"),
]


def named(day):
    return {feast.feast for feast in feasts_on(day)}


@pytest.mark.parametrize(("feast", "first_on", "last_on"), SPANS)
def test_a_feast_falls_where_public_calendars_have_it(feast, first_on, last_on):
    first_on, last_on = date.fromisoformat(first_on), date.fromisoformat(last_on)
    (span,) = (span for span in feasts_between(first_on, last_on) if span.feast is feast)
    assert (span.first_on, span.last_on) == (first_on, last_on)


@pytest.mark.parametrize(("feast", "first_on", "last_on"), SPANS)
def test_the_moon_gives_a_day_before_and_after_and_the_sun_gives_none(feast, first_on, last_on):
    first_on, last_on = date.fromisoformat(first_on), date.fromisoformat(last_on)
    slack = DAY if feast in MOON_DATED else timedelta(0)
    assert feast in named(first_on - slack) & named(first_on) & named(last_on) & named(last_on + slack)
    assert feast not in named(first_on - slack - DAY) | named(last_on + slack + DAY)


def test_where_the_moon_was_seen_a_day_later_the_feast_is_named_too():
    # In 2025 Egypt and the Emirates kept Mawlid on 5 September, in 2026 much of Asia began Ramadan on 19 February.
    assert FeastDay(feast=Feast.MAWLID, is_moon_dated=True) in feasts_on(date(2025, 9, 5))
    assert FeastDay(feast=Feast.RAMADAN, is_moon_dated=True) in feasts_on(date(2026, 2, 19))


def test_both_easters_of_one_day_are_both_named():
    assert feasts_on(date(2028, 4, 14)) == (
        FeastDay(feast=Feast.EASTER, is_moon_dated=False),
        FeastDay(feast=Feast.ORTHODOX_EASTER, is_moon_dated=False),
    )


def test_the_end_of_ramadan_may_be_the_feast_after_it():
    assert feasts_on(date(2027, 3, 8)) == (
        FeastDay(feast=Feast.RAMADAN, is_moon_dated=True),
        FeastDay(feast=Feast.EID_AL_FITR, is_moon_dated=True),
    )


def test_an_ordinary_day_is_no_feast():
    assert feasts_on(date(2026, 10, 15)) == ()


def test_the_feasts_of_a_year_stand_in_the_order_in_which_they_begin():
    spans = feasts_between(date(2028, 1, 1), date(2028, 12, 31))
    assert [span.feast for span in spans] == [
        Feast.NEW_YEAR,
        Feast.ORTHODOX_CHRISTMAS,
        Feast.RAMADAN,
        Feast.EID_AL_FITR,
        Feast.NOWRUZ,
        Feast.EASTER,
        Feast.ORTHODOX_EASTER,
        Feast.EID_AL_ADHA,
        Feast.ISLAMIC_NEW_YEAR,
        Feast.ASHURA,
        Feast.MAWLID,
        Feast.ETHIOPIAN_NEW_YEAR,
        Feast.CHRISTMAS,
        Feast.NEW_YEAR,
    ]


def test_what_begins_within_ramadan_comes_after_it():
    spans = feasts_between(date(2025, 3, 20), date(2025, 3, 21))
    assert [span.feast for span in spans] == [Feast.RAMADAN, Feast.NOWRUZ]


@pytest.mark.parametrize(
    ("day", "known"),
    [
        (FIRST_KNOWN - DAY, False),
        (FIRST_KNOWN, True),
        (date(2027, 3, 9), True),
        (LAST_KNOWN, True),
        (LAST_KNOWN + DAY, False),
        (date.min, False),
        (date.max, False),
    ],
)
def test_moon_dated_feasts_are_told_as_far_as_their_calendar_is_published(day, known):
    assert is_known(day) is known


def test_an_islamic_new_year_just_outside_the_calendar_is_not_guessed():
    assert named(FIRST_KNOWN) == {Feast.ISLAMIC_NEW_YEAR}
    assert named(FIRST_KNOWN - DAY) == set()
    assert named(LAST_KNOWN) == set()


@given(st.dates())
@example(date.min)
@example(date.max)
@example(LAST_KNOWN)
@example(LAST_KNOWN + DAY)
def test_every_day_has_an_answer_and_no_moon_where_it_is_not_known(day):
    moon = {feast.feast for feast in feasts_on(day) if feast.is_moon_dated}
    assert moon <= MOON_DATED
    assert is_known(day) or not moon


@given(st.integers(2078, 2098))
def test_feasts_of_the_sun_are_told_beyond_the_calendar_of_the_moon(year):
    spans = feasts_between(date(year, 1, 1), date(year, 12, 31))
    assert {span.feast for span in spans} == set(Feast) - MOON_DATED


@given(st.integers(1925, 2076))
def test_every_year_has_every_feast(year):
    # An Islamic year has 354 days and may leave one out of a calendar year, never out of 13 months.
    spans = feasts_between(date(year, 1, 1), date(year, 12, 31) + 31 * DAY)
    assert {span.feast for span in spans} == set(Feast)


@given(st.integers(1950, 2076))  # before, a month of 28 days stands in the calendar
def test_ramadan_has_29_or_30_days_and_eid_al_fitr_follows_it(year):
    spans = feasts_between(date(year, 1, 1), date(year, 12, 31) + 31 * DAY)
    eids = {span.first_on for span in spans if span.feast is Feast.EID_AL_FITR}
    first = next(span for span in spans if span.feast is Feast.RAMADAN)
    assert first.last_on - first.first_on in (28 * DAY, 29 * DAY)
    assert first.last_on + DAY in eids


@given(st.integers(1901, 2099))
def test_both_easters_run_from_friday_to_monday_and_the_orthodox_never_comes_first(year):
    western, orthodox = (
        next(span for span in feasts_between(date(year, 3, 1), date(year, 5, 31)) if span.feast is feast)
        for feast in (Feast.EASTER, Feast.ORTHODOX_EASTER)
    )
    for span in (western, orthodox):
        assert (span.first_on.weekday(), span.last_on.weekday()) == (4, 0)
        assert span.last_on - span.first_on == 3 * DAY
    assert orthodox.first_on >= western.first_on


@given(KNOWN_DAYS, st.integers(0, 60))
def test_a_range_has_the_feasts_of_its_days_and_no_others(first_on, days):
    each = {feast for number in range(days + 1) for feast in feasts_on(first_on + number * DAY)}
    assert {span.day() for span in feasts_between(first_on, first_on + days * DAY)} == each
