"""Who is kept apart: made by the safety focal point, seen by nobody else, kept by groups and by marking."""

import re

import pytest

from lms.accounts.rules.roles import Role
from lms.assessments.models import Attempt
from lms.assessments.queries.markers import markers_of
from lms.audit.models import Entry
from lms.cohorts.errors import CannotKeepApart
from lms.cohorts.models import Cohort, Enrolment, Group
from lms.cohorts.services import moving
from lms.kernel.db import db, transaction
from lms.safety import queries as safety
from lms.safety.models import ApartRule
from tests.assessments.taught import begin, load
from tests.cast import NOW
from tests.client import Visitor
from tests.safety.test_opening import appoint

REASON = "Their families are on opposite sides of the same case."
LANGUAGES = ["en", "fr", "ar"]


@pytest.fixture
def focal_point(app, cast, taught):
    appoint(app, cast.stranger, Role.SAFETY, taught.cohort_key)
    return Visitor(app).signed_in(cast.stranger)


def ids_on(page):
    """Who can be chosen, by name."""
    options = re.findall(r'<option value="([0-9a-f-]{36})">([^<]+)</option>', page.text)
    return {name: number for number, name in options}


def keep_apart(visitor, taught, one, other, *, reason=REASON, expect=302):
    names = ids_on(visitor.get("apart.apart", cohort_id=taught.cohort_id))
    data = {"one": [names[name] for name in one], "other": [names[name] for name in other], "reason": reason}
    return visitor.post("apart.make", cohort_id=taught.cohort_id, data=data, expect=expect)


def aliases(app, taught, cast):
    with app.app_context():
        rows = db.session.query(Enrolment).filter_by(cohort_id=taught.cohort_key)
        found = {row.person_id: row.alias for row in rows}
        return {name: found[getattr(cast, name).id] for name in ("cedar", "nour", "olivier")}


def make_groups(cast, taught, facilitators):
    with transaction():
        return moving.make_groups(taught.cohort_key, facilitators, by=load(cast.coordinator), at=NOW)


def test_groups_keep_two_people_apart(app, cast, taught, focal_point):
    names = aliases(app, taught, cast)
    keep_apart(focal_point, taught, [names["cedar"]], [names["nour"], names["olivier"]])
    with app.app_context():
        make_groups(cast, taught, [cast.facilitator.id, cast.coordinator.id])
        group = {
            row.person_id: row.group_id for row in db.session.query(Enrolment).filter_by(cohort_id=taught.cohort_key)
        }
        assert group[cast.cedar.id] not in (group[cast.nour.id], group[cast.olivier.id])
        with pytest.raises(CannotKeepApart), transaction():
            target = db.session.get_one(Group, group[cast.nour.id])
            hers = db.session.query(Enrolment).filter_by(cohort_id=taught.cohort_key, person_id=cast.cedar.id).one()
            moving.put_into_group(hers.id, target, by=load(cast.coordinator), at=NOW)


def test_one_group_for_two_who_must_not_meet_is_refused_without_saying_who(app, cast, taught, focal_point):
    names = aliases(app, taught, cast)
    keep_apart(focal_point, taught, [names["cedar"]], [names["nour"]])
    with app.app_context(), pytest.raises(CannotKeepApart) as refused:
        make_groups(cast, taught, [cast.facilitator.id])
    assert names["cedar"] not in str(refused.value) and names["nour"] not in str(refused.value)


def test_the_focal_point_is_told_where_people_meet_already(app, cast, taught, focal_point):
    names = aliases(app, taught, cast)
    with app.app_context():
        make_groups(cast, taught, [cast.facilitator.id])
    keep_apart(focal_point, taught, [names["cedar"]], [names["nour"]])
    words = focal_point.get("apart.apart", cohort_id=taught.cohort_id).words()
    assert "These people are in one group all the same" in words


def test_a_marker_is_kept_apart_from_a_writer(app, cast, taught, focal_point):
    names = aliases(app, taught, cast)
    keep_apart(focal_point, taught, [names["cedar"]], [cast.facilitator.shown_name])
    with app.app_context():
        begin(cast.cedar, taught.tasks["t-quiz"])
        attempt, cohort = db.session.query(Attempt).one(), db.session.get_one(Cohort, taught.cohort_key)
        (marker,) = markers_of(cohort, attempt, at=NOW)
        assert marker.in_conflict


@pytest.mark.parametrize("name", ["facilitator", "coordinator", "cedar", "stranger"])
def test_nobody_else_sees_or_makes_a_rule(app, cast, taught, name):
    visitor = Visitor(app).signed_in(getattr(cast, name))
    visitor.get("apart.apart", cohort_id=taught.cohort_id, expect=404)
    visitor.post("apart.make", cohort_id=taught.cohort_id, data={"reason": REASON}, expect=404)


def test_the_reason_is_sealed_and_gone_with_the_rule(app, cast, taught, focal_point):
    names = aliases(app, taught, cast)
    keep_apart(focal_point, taught, [names["cedar"]], [names["nour"]])
    assert REASON in focal_point.get("apart.apart", cohort_id=taught.cohort_id).words()
    with app.app_context():
        rule = db.session.query(ApartRule).one()
        assert REASON.encode() not in rule.reason.box
        rule_id = rule.public_id
        assert all(REASON not in str(entry.changes) for entry in db.session.query(Entry))
    focal_point.post("apart.take_back", cohort_id=taught.cohort_id, rule_id=rule_id)
    with app.app_context():
        assert safety.apart_in(taught.cohort_key) == {}


@pytest.mark.parametrize("sides", [([], ["nour"]), (["cedar"], []), (["cedar"], ["cedar"])])
def test_a_rule_needs_two_sides(app, cast, taught, focal_point, sides):
    names = aliases(app, taught, cast)
    one, other = ([names[name] for name in side] for side in sides)
    page = keep_apart(focal_point, taught, one, other, expect=422)
    assert "Choose at least one person for each side" in page.words() and page.fields["reason"].strip() == REASON


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_in_each_language(app, cast, taught, focal_point, lang):
    names = aliases(app, taught, cast)
    keep_apart(focal_point, taught, [names["cedar"]], [names["nour"]])
    focal_point.get("apart.apart", cohort_id=taught.cohort_id, lang=lang)
