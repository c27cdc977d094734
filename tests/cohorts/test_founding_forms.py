"""What coordinators type: days, times and numbers in any digits, and the sentences of what cannot be."""

import re
from datetime import date, time
from itertools import product

import pytest
from flask_babel import force_locale
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from lms.cohorts.errors import NoSuchTime
from lms.cohorts.founding_forms import NewCohortForm, dates_form, field_name, settings_form, written
from lms.cohorts.rules.feasts import Feast, FeastDay, FeastSpan
from lms.cohorts.rules.planning import NodeKind, Part, Plan, PlannedNode, Warning, WarningKind, move
from lms.cohorts.rules.wallclock import Wall
from lms.cohorts.views.wording import FEASTS, SENTENCES, tell_feast, tell_warning
from lms.courses.rules import Told
from lms.web.http import explain

NODES = [
    PlannedNode(node_id="m1", kind=NodeKind.MODULE, module="m1"),
    PlannedNode(node_id="m1-quiz", kind=NodeKind.TASK, module="m1"),
]
TITLES = {"m1": "Module one", "m1-quiz": "Quiz one"}
SENT = {
    "starts_on": "2027-03-01",
    "ends_on": "2027-06-01",
    "opens-m1-day": "2027-03-11",
    "opens-m1-time": "09:00",
    "due-m1-quiz-day": "2027-03-24",
    "due-m1-quiz-time": "18:00",
    "known": "0",
}
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture
def typed(app):
    """The form of dates as it is read from what was sent."""

    def read(**sent):
        form = dates_form(MultiDict({**SENT, **sent}), nodes=NODES, titles=TITLES)
        return form, form.validate()

    with app.test_request_context("/en/"):
        yield read


def test_dates_are_read_as_a_plan(typed):
    form, is_valid = typed()
    assert is_valid
    plan = form.plan(NODES, "Europe/Oslo")
    assert (plan.starts_on, plan.ends_on, plan.zone) == (date(2027, 3, 1), date(2027, 6, 1), "Europe/Oslo")
    assert plan.nodes[0].opens == Wall(day=date(2027, 3, 11), clock=time(9)) and plan.nodes[0].due is None
    assert plan.nodes[1].due == Wall(day=date(2027, 3, 24), clock=time(18)) and plan.nodes[1].opens is None


def test_both_digit_sets_are_read(typed):
    form, is_valid = typed(**{name: value.translate(ARABIC) for name, value in SENT.items()})
    assert is_valid and form.plan(NODES, "UTC") == typed()[0].plan(NODES, "UTC")


@pytest.mark.parametrize(
    ("clock", "read"),
    [
        ("09:05", time(9, 5)),
        ("9:05", time(9, 5)),
        ("9.05", time(9, 5)),
        ("9h05", time(9, 5)),
        ("23:59:00", time(23, 59)),
    ],
)
def test_times_are_read_as_people_write_them(typed, clock, read):
    form, is_valid = typed(**{"opens-m1-time": clock})
    assert is_valid and form["opens-m1-time"].data == read


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("starts_on", "", "Fill in this field."),
        ("starts_on", "14 April", "Enter a day, such as 2027-04-14."),
        ("ends_on", "2027-02-30", "Enter a day, such as 2027-04-14."),
        ("ends_on", "2019-12-31", "Enter a year from 2020 to 2100."),
        ("opens-m1-day", "2101-01-01", "Enter a year from 2020 to 2100."),
        ("opens-m1-day", "", "Enter the day too."),
        ("opens-m1-time", "", "Enter the time too."),
        ("opens-m1-time", "24:00", "Enter a time from 00:00 to 23:59, such as 09:00."),
        ("due-m1-quiz-time", "noon", "Enter a time from 00:00 to 23:59, such as 09:00."),
        ("weeks", "0", "Enter a whole number from 1 to 4."),
        ("by_days", "741", "Enter a whole number from -740 to 740."),
        ("by_days", "a week", "Enter a whole number in digits."),
        ("by_days", "9" * 40, "Enter a whole number in digits."),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_stays_in_it(typed, name, value, sentence):
    form, is_valid = typed(**{name: value})
    assert not is_valid
    assert {field: str(errors[0]) for field, errors in form.errors.items()} == {name: sentence}
    assert form[name]._value() == value


@pytest.mark.parametrize("day", ["2020-01-01", "2100-12-31"])
def test_years_are_taken_up_to_their_bounds(typed, day):
    assert typed(**{"opens-m1-day": day})[1]


@pytest.mark.parametrize("days", ["-7", "\u22127", "-٧"])
def test_dates_move_back_with_any_minus(typed, days):
    form, is_valid = typed(by_days=days)
    assert is_valid and form.by_days.data == -7


def test_a_date_that_is_left_empty_is_none(typed):
    form, is_valid = typed(**{"opens-m1-day": "", "opens-m1-time": ""})
    assert is_valid and form.plan(NODES, "UTC").nodes[0].opens is None


@given(
    st.dates(date(2021, 1, 1), date(2099, 1, 1)),
    st.times().map(lambda clock: clock.replace(second=0, microsecond=0, fold=0)),
    st.sampled_from([None, False, True]),
    st.integers(-300, 300),
)
@example(date(2026, 10, 25), time(2, 30), True, 0)
@hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_plan_that_is_written_is_read_as_the_same(app, day, clock, second, by_days):
    opens = PlannedNode(
        node_id="m1", kind=NodeKind.MODULE, module="m1", opens=Wall(day=day, clock=clock, second=second)
    )
    plan = move(Plan(zone="UTC", starts_on=day, ends_on=day, nodes=[opens, NODES[1]]), by_days=by_days)
    with app.test_request_context("/en/"):
        shown = dates_form(None, nodes=plan.nodes, titles=TITLES, **written(plan))
        sent = {field.name: field._value() for field in shown}
        again = dates_form(MultiDict(sent), nodes=plan.nodes, titles=TITLES)
        assert again.validate(), again.errors
        assert again.plan(plan.nodes, "UTC") == plan


def new(**sent):
    form = NewCohortForm(
        MultiDict(
            {
                "version": "v", "year": "2028", "zone": "UTC", "opens_on": "2028-03-09", "opens_at": "09:00",
                "weeks": "1", "places": "24", "naming": "alias", "op": "x", **sent,
            }
        )
    )  # fmt: skip
    form.version.choices, form.zone.choices, form.naming.choices = [("v", "V")], [("UTC", "UTC")], [("alias", "A")]
    form.validate()
    return {name: str(errors[0]) for name, errors in form.errors.items()}


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({}, {}),
        ({"opens_on": "2027-12-30"}, {}),
        ({"opens_on": "2026-12-30"}, {"opens_on": "This day and the year of the cohort are far apart. Look at both."}),
        ({"year": "2208"}, {"year": "Enter a year from 2020 to 2100."}),
        ({"year": "soon"}, {"year": "Enter a whole number in digits."}),
        ({"opens_on": ""}, {"opens_on": "Fill in this field."}),
        ({"weeks": "5"}, {"weeks": "Enter a whole number from 1 to 4."}),
        ({"places": "0"}, {"places": "Enter a whole number from 1 to 500."}),
    ],
)
def test_a_new_cohort_begins_with_numbers_that_can_be_meant(app, sent, wrong):
    with app.test_request_context("/en/"):
        assert new(**sent) == wrong


def settings(**sent):
    form = settings_form(
        MultiDict({"title_en": "A", "places": "24", "naming": "alias", "grace_days": "0", **sent}),
        taught=["en", "fr"],
        required=["en"],
    )
    form.naming.choices = [("alias", "A")]
    form.validate()
    return form


def test_parts_of_the_rule_that_are_left_empty_are_switched_off(app):
    with app.test_request_context("/en/"):
        form = settings(languages="fr", live_sessions="6", simulation="y")
        assert form.errors == {} and form.rule().as_data() == {"live_sessions": 6, "simulation": True}
        assert settings(languages="fr").rule().as_data() == {}


@pytest.mark.parametrize(
    ("sent", "name", "sentence"),
    [
        ({"languages": "fr", "title_en": " "}, "title_en", "Fill in this field."),
        ({"languages": "fr", "title_fr": "x" * 121}, "title_fr", "Shorten this to 120 characters."),
        ({}, "languages", "Choose at least one language."),
        ({"languages": "fr", "quiz_pass_percent": "101"}, "quiz_pass_percent", "Enter a whole number from 1 to 100."),
        ({"languages": "fr", "grace_days": "-1"}, "grace_days", "Enter a whole number from 0 to 60."),
        ({"languages": "fr", "grace_days": ""}, "grace_days", "Fill in this field."),
        ({"languages": "fr", "hours": "0"}, "hours", "Enter a whole number from 1 to 1000."),
    ],
)
def test_settings_that_cannot_be_are_told(app, sent, name, sentence):
    with app.test_request_context("/en/"):
        form = settings(**sent)
        assert {field: str(errors[0]) for field, errors in form.errors.items()} == {name: sentence}


def test_a_language_that_the_programme_does_not_have_is_refused(app):
    with app.test_request_context("/en/"):
        assert "languages" in settings(languages="ar").errors


PLAN = Plan(zone="Europe/Oslo", starts_on=date(2027, 3, 1), ends_on=date(2027, 6, 1), nodes=NODES)
TOLD = {node_id: Told(f"<{title}>", "fr") for node_id, title in TITLES.items()}
FULL = {
    "other_id": "m1",
    "feasts": (FeastDay(feast=Feast.NOWRUZ, is_moon_dated=False), FeastDay(feast=Feast.EASTER, is_moon_dated=False)),
    "clock": time(2, 30),
    "instead": Wall(day=date(2027, 3, 28), clock=time(3)),
    "until": date(2027, 3, 9),
    "dates": 2,
}
OF_THE_PLAN = {WarningKind.ENDS_BEFORE_START, WarningKind.RAMADAN}
WITH_OPENS_ONLY, WITH_DUE_ONLY = {WarningKind.OUT_OF_ORDER}, {WarningKind.DUE_BEFORE_OPEN, WarningKind.DUE_SOON}


def may_be(kind, part):
    if kind in OF_THE_PLAN:
        return part is None
    if kind is WarningKind.TOO_LONG:
        return True
    excluded = {Part.OPENS: WITH_DUE_ONLY, Part.DUE: WITH_OPENS_ONLY}
    return part is not None and kind not in excluded[part]


KINDS = [(kind, part) for kind, part in product(WarningKind, (None, *Part)) if may_be(kind, part)]


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
@pytest.mark.parametrize(("kind", "part"), KINDS)
def test_every_warning_has_whole_sentences(app, kind, part, lang):
    warning = Warning(kind=kind, node_id="m1-quiz" if part else None, day=date(2027, 3, 28), part=part, **FULL)
    with app.test_request_context(f"/{lang}/"), force_locale(lang):
        told = tell_warning(warning, PLAN, TOLD)
    assert not re.search(r"%\(|: \.|  |, ,", told)
    assert part is None or '<bdi lang="fr">&lt;Quiz one&gt;</bdi>' in told
    assert "<Quiz" not in told


def test_no_sentence_is_without_its_warning():
    assert set(SENTENCES) == {(kind, part) for kind, part in KINDS if kind is not WarningKind.RAMADAN}


def test_the_moon_is_named_where_it_decides_only(app):
    with app.test_request_context("/en/"):
        told = []
        for feast, is_moon_dated in ((Feast.NOWRUZ, False), (Feast.EID_AL_FITR, True)):
            feasts = (FeastDay(feast=feast, is_moon_dated=is_moon_dated),)
            warning = Warning(kind=WarningKind.FEAST, node_id="m1", day=PLAN.starts_on, part=Part.OPENS, feasts=feasts)
            told.append("The moon decides" in tell_warning(warning, PLAN, TOLD))
    assert told == [False, True]


def test_every_feast_has_a_name():
    assert set(FEASTS) == set(Feast)


@pytest.mark.parametrize(
    ("last_on", "is_moon_dated", "days"),
    [
        (date(2026, 12, 31), False, "31 December 2026"),
        (date(2026, 12, 31), True, "About 31 December 2026"),
        (date(2027, 1, 1), False, "31 December 2026 to 1 January 2027"),
        (date(2027, 1, 1), True, "About 31 December 2026 to 1 January 2027"),
    ],
)
def test_a_feast_is_told_as_exactly_as_it_is_known(app, last_on, is_moon_dated, days):
    span = FeastSpan(feast=Feast.NEW_YEAR, is_moon_dated=is_moon_dated, first_on=date(2026, 12, 31), last_on=last_on)
    with app.test_request_context("/en/"):
        assert tell_feast(span).days == days and tell_feast(span).name == "New Year"


def test_fields_of_dates_are_named_by_their_node():
    assert field_name("m1-quiz", Part.DUE, "day") == "due-m1-quiz-day"


def test_a_refusal_names_times_as_clocks_show_them(app):
    refusal = NoSuchTime(
        day=date(2027, 3, 28), time=time(2, 30), zone="Europe/Oslo", next_day=date(2027, 3, 28), next_time=time(3)
    )
    with app.test_request_context("/en/"):
        assert explain(refusal) == (
            "On 28 March 2027 the clocks in Europe/Oslo skip 02:30. Choose 03:00 on 28 March 2027 or later."
            " Nothing was changed."
        )
