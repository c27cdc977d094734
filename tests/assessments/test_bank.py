import re
from uuid import uuid4

import pytest

from lms.accounts.models import Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import Attempt, StepRow
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.courses.models import Item, Version
from lms.kernel.db import db, transaction
from tests.assessments.taught import enrolment_of, item, options, publish
from tests.cast import DAY, NOW
from tests.client import Visitor


@pytest.fixture
def as_editor(app, cast, taught):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.stranger.id)
        persons.grant_role(person, Role.EDITOR, cohort_id=None, by=None, at=NOW - DAY)
    return Visitor(app).signed_in(cast.stranger)


def id_of(app, node_id, number=1):
    with app.app_context():
        query = db.session.query(Item.public_id).join(Version, Version.id == Item.version_id)
        return query.filter(Item.node_id == node_id, Version.number == number).one()[0]


def test_the_list_shows_where_each_question_is_used(as_editor):
    words = as_editor.get("bank.items").words()
    assert re.search(r"(\d+) of \1 questions", words)
    assert "Question i-choice?" in words and "Task t-quiz (graded)" in words and "EN FR AR" in words
    assert "Question in a lesson" in words and "Free writing" in words


def test_only_the_newest_version_is_listed(app, as_editor):
    with app.app_context(), transaction():
        publish(
            digest="2", i_choice=item("i-choice", "single", options=options("a", "b"), key="b", title={"en": "Newer"})
        )
    words = as_editor.get("bank.items").words()
    assert words.count("i-choice") == 1 and "Newer" in words
    as_editor.get("bank.item", item_id=id_of(app, "i-choice"))  # the older one can still be opened


@pytest.mark.parametrize("node_id", ["i-choice", "i-true", "i-short", "i-pairs", "i-essay", "i-second"])
@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_each_type_is_shown_in_every_language_side_by_side(app, as_editor, node_id, lang):
    page = as_editor.get("bank.item", item_id=id_of(app, node_id), lang=lang)
    for text in (f"Question {node_id}?", f"Question {node_id}? (fr)", f"Question {node_id}? (ar)"):
        assert text in page.words()
    assert '<div lang="ar" dir="rtl">' in page.text


def test_the_key_the_wordings_and_what_markers_read_are_there(app, as_editor):
    assert "a local one" in as_editor.get("bank.item", item_id=id_of(app, "i-short")).words()
    choice = as_editor.get("bank.item", item_id=id_of(app, "i-choice")).words()
    assert "Right answer" in choice and "Option a." in choice
    essay = as_editor.get("bank.item", item_id=id_of(app, "i-essay")).words()
    assert "The type · 100%" in essay and "Level 4" in essay and "A good one (ar)" in essay and "Because." in essay


def test_an_answer_can_be_tried_and_nothing_is_stored(app, as_editor):
    item_id = id_of(app, "i-short")
    page = as_editor.post("bank.try_item", data={"in": "en", "q1-1": "Local"}, expect=200, item_id=item_id)
    assert "Score: 100%" in page.words()
    page = as_editor.post("bank.try_item", data={"in": "ar", "q3-1": "لا"}, expect=200, item_id=item_id)
    assert "Score: 0%" in page.words() and page.fields["q3-1"] == "لا"
    with app.app_context():
        assert db.session.query(Attempt).count() == db.session.query(StepRow).count() == 0


def test_what_is_no_answer_is_refused_in_words(app, as_editor):
    item_id = id_of(app, "i-choice")
    page = as_editor.post("bank.try_item", data={"in": "en", "q1": "z"}, expect=409, item_id=item_id)
    assert "does not belong to the question" in page.words()
    as_editor.post("bank.try_item", data={"in": "de"}, expect=400, item_id=item_id)
    page = as_editor.post("bank.try_item", data={"in": "en"}, expect=200, item_id=item_id)
    assert "Score: 0%" in page.words()


def test_markers_look_and_participants_do_not(app, cast, taught):
    item_id = id_of(app, "i-choice")
    Visitor(app).signed_in(cast.facilitator).get("bank.item", item_id=item_id)
    for name in ("cedar", "other_cohort"):
        visitor = Visitor(app).signed_in(getattr(cast, name))
        visitor.get("bank.items", expect=404)
        visitor.get("bank.item", expect=404, item_id=item_id)
        visitor.post("bank.try_item", expect=404, item_id=item_id)


def test_an_unknown_question_is_not_found(as_editor):
    as_editor.get("bank.item", expect=404, item_id=uuid4())


def test_pages_stay_within_their_statements(app, as_editor, statements):
    for endpoint, more, most in (("bank.items", {}, 4), ("bank.item", {"item_id": id_of(app, "i-essay")}, 2)):
        as_editor.get(endpoint, **more)
        with statements() as seen:
            as_editor.get(endpoint, **more)
        assert len(seen) <= most, f"{endpoint}: {len(seen)} statements"


@pytest.mark.parametrize(("state", "may"), [("active", False), ("paused", False), ("deferred", False),
                                            ("completed", True), ("withdrawn", True)])  # fmt: skip
def test_a_facilitator_who_takes_part_does_not_see_what_she_will_be_asked(app, cast, taught, state, may):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        persons.grant_role(person, Role.FACILITATOR, cohort_id=cast.cohort_key, by=None, at=NOW - DAY)
        enrolment_of(taught.enrolments["cedar"]).state = EnrolmentState(state)
    cedar = Visitor(app).signed_in(cast.cedar)
    expect = 200 if may else 404
    cedar.get("bank.item", item_id=id_of(app, "i-choice"), expect=expect)
    cedar.post("bank.try_item", data={"in": "en"}, item_id=id_of(app, "i-choice"), expect=expect)
    assert ("Question i-choice?" in cedar.get("bank.items").words()) is may


def test_who_writes_the_questions_sees_them_in_any_case(app, cast, taught):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        persons.grant_role(person, Role.EDITOR, cohort_id=None, by=None, at=NOW - DAY)
    cedar = Visitor(app).signed_in(cast.cedar)
    cedar.get("bank.item", item_id=id_of(app, "i-choice"))
    assert "Question i-choice?" in cedar.get("bank.items").words()
