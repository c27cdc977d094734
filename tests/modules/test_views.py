from uuid import uuid4

import pytest

from lms.kernel.db import db
from lms.modules.models import Progress
from tests.cast import DAY, NOW
from tests.client import Visitor

LANGUAGES = ("en", "fr", "ar")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_lesson_is_read_in_the_language_of_the_page(as_participant, cast, lang):
    page = as_participant.get("modules.lesson", lang=lang, lesson_id=cast.nodes["m1-words"])
    assert f"m1-words in {lang}" in page.words() and f"Text of m1-words in {lang}" in page.words()
    assert 'id="w-truce"' in page.text and 'id="s-1"' in page.text


def test_a_lesson_with_hard_content_begins_with_a_note(as_participant, cast):
    text = as_participant.get("modules.lesson", lesson_id=cast.nodes["m1-success"]).words()
    assert text.index("It speaks of detention") < text.index("Text of m1-success")


def test_marking_as_read_goes_on_to_the_next_and_from_the_last_to_the_outline(app, as_participant, cast):
    for node, following in (("m1-words", "m1-types"), ("m1-types", "m1-success"), ("m1-success", None)):
        answer = as_participant.post("modules.mark_read", lesson_id=cast.nodes[node])
        expected = f"/en/l/{cast.nodes[following]}" if following else f"/en/c/{cast.cohort_id}"
        assert answer.location == f"{expected}?read=1"
    page = as_participant.get("modules.outline", course_id=cast.cohort_id)
    assert "3 of 3 open lessons read" in page.words()
    assert "In progress" in page.words(), "its tasks wait"


def test_pressing_twice_is_one_act(app, as_participant, cast):
    for _ in range(2):
        as_participant.post("modules.mark_read", lesson_id=cast.nodes["m1-words"])
    with app.app_context():
        assert db.session.query(Progress).count() == 1


def test_a_read_lesson_says_so(as_participant, cast):
    as_participant.post("modules.mark_read", lesson_id=cast.nodes["m1-words"])
    page = as_participant.get("modules.lesson", lesson_id=cast.nodes["m1-words"])
    assert "Marked as read on 13 April 2027. Saved on the server." in page.words()


def test_what_is_not_open_says_when_it_will_be_in_her_zone(as_participant, cast):
    page = as_participant.get("modules.lesson", lesson_id=cast.nodes["m2-map"], expect=403)
    assert "This opens on Thursday 15 April 2027, 14:00 (UTC+2)." in page.words()
    page = as_participant.post("modules.mark_read", lesson_id=cast.nodes["m2-map"], expect=409)
    assert "This opens on Thursday 15 April 2027" in page.words()


def test_the_outline_shows_states_and_dates(as_participant, cast):
    text = as_participant.get("modules.outline", course_id=cast.cohort_id).words()
    assert "Not started" in text and "Opens 15 April" in text and "Not open yet" in text and "You are here." in text


def test_a_module_whose_day_came_without_lessons_is_in_preparation(as_participant, cast, clock, app):
    from lms.cohorts.models import CalendarEntry

    with app.app_context():
        db.session.query(CalendarEntry).filter_by(public_id=cast.nodes["m3"]).one().opens_at = NOW - DAY
        db.session.commit()
    assert "In preparation" in as_participant.get("modules.outline", course_id=cast.cohort_id).words()


def test_the_only_course_opens_at_once_and_none_is_said_kindly(app, as_participant, cast):
    assert as_participant.get("modules.courses", expect=302).location == f"/en/c/{cast.cohort_id}"
    page = Visitor(app).signed_in(cast.stranger).get("modules.courses")
    assert "You are not part of a course at the moment." in page.words()


def test_staff_read_without_progress(app, cast):
    facilitator = Visitor(app).signed_in(cast.facilitator)
    page = facilitator.get("modules.lesson", lesson_id=cast.nodes["m1-words"])
    assert "Mark as read" not in page.words()
    facilitator.post("modules.mark_read", lesson_id=cast.nodes["m1-words"], expect=404)
    assert "In this course you are" not in facilitator.get("modules.outline", course_id=cast.cohort_id).words()


@pytest.mark.parametrize("name", ["stranger", "withdrawn", "other_cohort"])
def test_not_hers_and_not_there_look_the_same(app, cast, name):
    """Threat A2: the answer about somebody else's course equals that about an id which does not exist."""
    visitor = Visitor(app).signed_in(getattr(cast, name))
    visitor.get("home.today")  # from now on the style sheet is a link
    for endpoint, key, real in (
        ("modules.outline", "course_id", cast.cohort_id),
        ("modules.lesson", "lesson_id", cast.nodes["m1-words"]),
        ("modules.lesson", "lesson_id", cast.nodes["m2-map"]),
    ):
        hers = visitor.get(endpoint, expect=404, **{key: real})
        nobodys = visitor.get(endpoint, expect=404, **{key: uuid4()})
        assert hers.words() == nobodys.words()
        assert len(hers.text) == len(nobodys.text)
        assert sorted(hers.headers.keys()) == sorted(nobodys.headers.keys())
    visitor.post("modules.mark_read", lesson_id=cast.nodes["m1-words"], expect=404)


def test_a_stranger_is_asked_to_sign_in_before_anything_is_looked_up(visitor, cast, statements):
    with statements() as seen:
        real = visitor.get("modules.lesson", lesson_id=cast.nodes["m1-words"], expect=302)
        visitor.get("modules.lesson", lesson_id=uuid4(), expect=302)
    assert seen == [] and real.location.startswith("/en/sign-in?next=/en/l/")


def test_pages_stay_within_their_statements(as_participant, cast, statements):
    """The second request of each page; the frame of transactions is not counted."""
    budgets = {
        ("modules.lesson", "lesson_id", cast.nodes["m1-words"]): 4,
        ("modules.outline", "course_id", cast.cohort_id): 5,
        ("home.today", None, None): 6,
    }
    for (endpoint, key, value), most in budgets.items():
        arguments = {key: value} if key else {}
        as_participant.get(endpoint, **arguments)
        with statements() as seen:
            as_participant.get(endpoint, **arguments)
        assert len(seen) <= most, f"{endpoint}: {len(seen)} statements"
