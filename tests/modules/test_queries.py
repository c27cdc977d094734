import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.accounts.models import Person
from lms.cohorts.errors import NoDateYet, NotOpenYet, TakesPartNoMore
from lms.cohorts.models import Enrolment
from lms.cohorts.queries.seats import find_seat
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.kernel.db import db, transaction
from lms.modules import queries, services
from lms.modules.models import Progress
from tests.cast import DAY, NOW


def load(cast, name="cedar"):
    member = getattr(cast, name)
    return db.session.scalars(select(Person).where(Person.id == member.id).options(selectinload(Person.roles))).one()


def read(cast, node, *, name="cedar", at=NOW):
    person = load(cast, name)
    with transaction():
        services.mark_read(queries.find_lesson_place(person, cast.nodes[node], "en"), by=person, at=at)


def outline(cast, language="en", name="cedar"):
    return queries.outline_of(find_seat(load(cast, name), cast.cohort_id), language)


def test_the_outline_has_modules_and_lessons_in_order(in_app, cast):
    found = [(module.node_id, [lesson.node_id for lesson in module.lessons]) for module in outline(cast)]
    assert found == [("m1", ["m1-words", "m1-types", "m1-success"]), ("m2", ["m2-map"]), ("m3", [])]


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_outline_speaks_the_language_of_the_page(in_app, cast, language):
    first = outline(cast, language)[0].lessons[0]
    assert (first.title, first.language) == (f"m1-words in {language}", language)


def test_a_lesson_without_the_language_is_shown_in_the_first_required_one(in_app, cast):
    first = outline(cast, "sw")[0]
    assert (first.title.text, first.title.language) == ("Title of m1", "en")
    assert [lesson.language for lesson in first.lessons] == ["en", "en", "en"]


def test_progress_is_her_own(in_app, cast):
    read(cast, "m1-types")
    assert [lesson.read_at for lesson in outline(cast)[0].lessons] == [None, NOW, None]
    assert not any(lesson.read_at for lesson in outline(cast, name="nour")[0].lessons)
    assert not any(lesson.read_at for lesson in outline(cast, name="facilitator")[0].lessons)


def test_marking_twice_is_one_act_and_the_first_time_counts(in_app, cast):
    read(cast, "m1-words")
    read(cast, "m1-words", at=NOW + DAY)
    assert [row.read_at for row in db.session.query(Progress)] == [NOW]


def test_a_lesson_opens_with_its_module(in_app, cast):
    person = load(cast)
    assert queries.find_lesson_place(person, cast.nodes["m1-words"], "en").opening.opens_at == NOW - 5 * DAY
    assert queries.find_lesson_place(person, cast.nodes["m2-map"], "en").opening.opens_at == NOW + 2 * DAY


def test_what_is_not_open_cannot_be_marked(in_app, cast):
    with pytest.raises(NotOpenYet):
        read(cast, "m2-map")
    place = queries.find_lesson_place(load(cast), cast.nodes["m2-map"], "en")
    with pytest.raises(NoDateYet), transaction():
        services.mark_read(
            queries.LessonPlace(**{**vars(place), "opening": type(place.opening)(opens_at=None)}), by=load(cast), at=NOW
        )


def test_a_module_is_no_lesson_and_a_stranger_id_is_nothing(in_app, cast):
    assert queries.find_lesson_place(load(cast), cast.nodes["m1"], "en") is None
    assert queries.find_lesson_place(load(cast), cast.cohort_id, "en") is None


def test_the_text_falls_back_like_the_outline(in_app, cast):
    places = {wanted: queries.find_lesson_place(load(cast), cast.nodes["m1-words"], wanted) for wanted in ("ar", "sw")}
    assert [place.text(wanted).language for wanted, place in places.items()] == ["ar", "en"]
    assert set(places["ar"].texts) == {"ar"}, "no more is read than is shown"


def test_who_left_while_the_page_was_open_marks_nothing(in_app, cast):
    person = load(cast)
    place = queries.find_lesson_place(person, cast.nodes["m1-words"], "en")
    with transaction():
        db.session.query(Enrolment).filter_by(id=place.enrolment.id).update({"state": EnrolmentState.WITHDRAWN})
    with pytest.raises(TakesPartNoMore), transaction():
        services.mark_read(place, by=person, at=NOW)
    assert db.session.query(Progress).count() == 0


def test_past_readings_are_stored_together_and_none_is_nothing(in_app, cast):
    enrolment = find_seat(load(cast), cast.cohort_id).enrolment
    with transaction():
        services.add_readings([])
        services.add_readings(
            [
                services.PastReading(enrolment_id=enrolment.id, node_id=node, read_at=NOW)
                for node in ("m1-words", "m1-types")
            ]
        )
    found = db.session.scalars(select(Progress.node_id).order_by(Progress.node_id))
    assert list(found) == ["m1-types", "m1-words"]
