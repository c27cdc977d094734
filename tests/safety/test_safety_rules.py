"""Reasons, limits and sides: without a database; and who may do what."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from lms.accounts.rules.roles import Role
from lms.safety import policy, rules
from lms.safety.errors import FactorNotFresh, OpenedMany, ReasonTooShort, ReportEmpty, SidesMeet
from lms.safety.rules import Apart, Field, Subject
from lms.safety.services import opening, parting, reporting
from lms.safety.services.reporting import NewReport
from tests.cast import NOW


def who(*grants):
    roles = [SimpleNamespace(role=role, cohort_id=cohort) for role, cohort in grants]
    return SimpleNamespace(id=1, roles=roles)


@pytest.mark.parametrize("reason", ["", "   ", "too short", " a \n b \n c \n d "])
def test_a_reason_says_something(reason):
    with pytest.raises(ReasonTooShort):
        rules.check_reason(reason)


def test_a_reason_is_kept_in_one_line():
    assert rules.check_reason("  she called \n and asked  ") == "she called and asked"


@pytest.mark.parametrize(("so_far", "more", "may"), [(0, 20, True), (19, 1, True), (20, 1, False), (0, 21, False)])
def test_twenty_records_an_hour(so_far, more, may):
    if may:
        rules.check_openings(so_far, more)
    else:
        with pytest.raises(OpenedMany):
            rules.check_openings(so_far, more)


def test_sides_are_kept_apart_in_both_directions():
    found = rules.kept_apart(
        [Apart(one=frozenset({1, 2}), other=frozenset({3})), Apart(one=frozenset({3}), other=frozenset({4}))]
    )
    assert found == {1: {3}, 2: {3}, 3: {1, 2, 4}, 4: {3}}


def test_a_report_is_read_within_a_day():
    assert rules.due_at(NOW) == NOW + timedelta(hours=24)


def test_focal_points_care_for_their_cohorts_or_for_all():
    everywhere, here = who((Role.SAFETY, None), (Role.SAFETY, 3)), who((Role.SAFETY, 3), (Role.FACILITATOR, 4))
    assert policy.cohorts_of(everywhere) is None and policy.cohorts_of(here) == [3]
    of_three, of_none = SimpleNamespace(cohort_id=3), SimpleNamespace(cohort_id=None)
    assert policy.is_focal_point(here, None) and not policy.is_focal_point(who((Role.COORDINATOR, 3)), None)
    assert policy.is_focal_point_of(here, of_three) and not policy.is_focal_point_of(here, of_none)
    assert policy.is_focal_point_of(everywhere, of_none)
    assert not policy.is_focal_point(None, None) and not policy.is_focal_point_of(None, of_three)


def test_what_has_no_value_is_not_opened():
    with pytest.raises(ValueError, match="has no value"):
        opening.open_values([], Field.LOCK, "a long reason", by=who(), session=None, at=NOW)


def test_without_a_fresh_factor_nothing_is_done():
    stale = SimpleNamespace(proven_at=NOW - timedelta(minutes=5))
    for act in (opening.lock_for, opening.unlock_for, opening.end_travel_for):
        with pytest.raises(FactorNotFresh):
            act(None, "a long reason", by=who(), session=stale, at=NOW)


def test_an_empty_report_is_none():
    new = NewReport(subject=Subject.OTHER, text=" \n ", cohort_id=None, person=None)
    with pytest.raises(ReportEmpty):
        reporting.tell(new, at=NOW)


def test_an_empty_answer_is_none():
    with pytest.raises(ReportEmpty):
        reporting.answer(None, "  ", by=None, at=NOW)


@pytest.mark.parametrize("sides", [((), (1,)), ((1,), ()), ((1,), (1, 2))])
def test_two_sides_are_two(sides):
    with pytest.raises(SidesMeet):
        parting.keep_apart(1, sides, "a long reason", by=None, at=NOW)
