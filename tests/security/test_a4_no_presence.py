"""A4: nothing shows to others in the course that somebody is here, was here or is at work: no dots, no "seen".

Another participant, one of another cohort and a stranger look at every page before and after Cedar signs in, reads,
answers, hands in and leaves. Not a byte may change.
"""

import pytest

from lms.accounts.models import Session
from lms.kernel.db import db
from tests.assessments.pupil import Pupil
from tests.cast import HOUR, NOW
from tests.client import Visitor
from tests.security.routes import DRAWN_ANEW, every_address, ids_of, settled

PEERS = ("participant", "nour", "other_cohort", "anonymous")


def look_at_all(app, visitor, asked):
    """Every answer that she gets, without what chance makes; also as our script asks."""
    found = {path: settled(visitor.client.get(path)) for path in asked}
    return found | {
        (path, "json"): settled(visitor.client.get(path, headers={"Accept": "application/json"}))
        for path, (status, _) in found.items()
        if status == 200
    }


@pytest.fixture
def asked(app, scene):
    """Every address with what there is before Cedar comes."""
    paths = [path for _, path in every_address(app, ids_of(app, *scene.numbers))]
    return [path for path in paths if "/verify/" not in path and not path.endswith(DRAWN_ANEW)]


def come_and_work(app, scene):
    """Cedar signs in, reads a lesson, answers, hands in and stays."""
    phone = Visitor(app).signed_in(scene.cast.cedar)
    lesson = scene.cast.nodes["m1-words"]
    phone.get("modules.lesson", lesson_id=lesson)
    phone.post("modules.mark_read", lesson_id=lesson)
    with app.app_context():
        pupil = Pupil(scene.cast.cedar, scene.cast.nodes["m1-quiz"])
        pupil.send("m1-i1", {"chosen": ["b"]})
        pupil.hand_in()
        db.session.remove()
    return phone


@pytest.mark.parametrize("viewer", PEERS)
def test_nothing_changes_for_others_when_she_comes_works_and_leaves(app, scene, looking_as, asked, clock, viewer):
    visitor = looking_as(viewer)
    visitor.client.get("/en/enrol")  # a form: the first gives a stranger her cookie
    before = look_at_all(app, visitor, asked)
    assert before == look_at_all(app, visitor, asked), "what chance makes is not left out"
    phone = come_and_work(app, scene)
    here = look_at_all(app, visitor, asked)
    phone.post("accounts.sign_out")
    gone = look_at_all(app, visitor, asked)
    assert [path for path in before if before[path] != here[path]] == []
    assert [path for path in before if before[path] != gone[path]] == []


def test_she_was_really_here(app, scene, looking_as, asked):
    """Her own pages change: the comparison would find what changed for others."""
    cedar = looking_as("cedar")
    cedar.client.get("/en/")
    before = look_at_all(app, cedar, asked)
    come_and_work(app, scene)
    after = look_at_all(app, cedar, asked)
    changed = {path for path in before if isinstance(path, str) and before[path] != after[path]}
    assert {"/en/today", "/en/results"} <= changed
    with app.app_context():
        assert db.session.query(Session).filter_by(person_id=scene.cast.cedar.id).count() == 2


@pytest.mark.parametrize("hours", [1, 5])
def test_staff_are_told_a_day_and_never_an_hour(app, scene, looking_as, clock, hours):
    """When she comes later on the same day, pages of facilitators and coordinators say what they said before."""
    said = []
    for later in (0, hours):
        clock.at = NOW + later * HOUR
        come_and_read(app, scene)
        clock.at = NOW + 8 * HOUR
        people = looking_as("coordinator").get("desk.participants", cohort_id=scene.cast.cohort_id)
        one = looking_as("coordinator").get(
            "people.person", cohort_id=scene.cast.cohort_id, enrolment_id=scene.enrolments["cedar"]
        )
        help_list = looking_as("facilitator").get("helping.needs_help")
        said.append([page.words() for page in (people, one, help_list)])
    assert said[0] == said[1]


def come_and_read(app, scene):
    phone = Visitor(app).signed_in(scene.cast.cedar)
    phone.post("modules.mark_read", lesson_id=scene.cast.nodes["m1-words"])
    phone.post("accounts.sign_out")
