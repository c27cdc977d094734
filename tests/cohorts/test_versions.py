"""What another version of its programme changes for a cohort."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.accounts.models import Person
from lms.cohorts.begun import people_who_began
from lms.cohorts.errors import NotANewerVersion
from lms.cohorts.models import Cohort
from lms.cohorts.queries.versions import find_version_desk, parts_of
from lms.cohorts.rules.versions import Change, CoursePart, PartKind, check_newer, compare
from lms.courses.rules import TaskKind
from lms.courses.services import publish_version
from lms.kernel.db import db
from lms.modules import services as progress
from lms.modules.queries import find_lesson_place
from tests.cast import NOW
from tests.courses.versions import M1, M2, VERSION, item, lesson, task, text


def part(node_id, title="A title", *, kind=PartKind.LESSON, rest=None):
    return CoursePart(node_id=node_id, kind=kind, title={"en": title}, rest=rest)


def test_what_is_gone_is_told_before_what_is_new_and_what_changed():
    before = [part("a"), part("b"), part("c", "Old"), part("d", rest=1)]
    after = [part("n"), part("c", "New"), part("d", rest=2), part("a")]
    told = compare(before, after)
    assert [(one.change, one.node_id) for one in told] == [
        (Change.GONE, "b"),
        (Change.ADDED, "n"),
        (Change.CHANGED, "c"),
        (Change.CHANGED, "d"),
    ]
    assert [one.was for one in told] == [None, None, {"en": "Old"}, None]
    assert told[2].title == {"en": "New"}


PARTS = st.lists(
    st.builds(part, st.sampled_from("abcdef"), st.sampled_from(["One", "Two"]), rest=st.integers(0, 1)),
    unique_by=lambda one: one.node_id,
)


@given(PARTS)
def test_a_version_does_not_differ_from_itself(parts):
    assert compare(parts, parts) == []


@given(PARTS, PARTS)
def test_each_part_is_told_once_and_from_the_other_side_the_other_way_round(before, after):
    there, back = compare(before, after), compare(after, before)
    assert len({one.node_id for one in there}) == len(there)
    turned = {Change.GONE: Change.ADDED, Change.ADDED: Change.GONE, Change.CHANGED: Change.CHANGED}
    assert {(one.node_id, turned[one.change]) for one in there} == {(one.node_id, one.change) for one in back}


def test_a_lesson_that_moves_to_another_module_has_changed():
    assert [one.change for one in compare([part("a", rest=("m1",))], [part("a", rest=("m2",))])] == [Change.CHANGED]


@pytest.mark.parametrize("number", [1, 2])
def test_a_cohort_never_goes_back(number):
    with pytest.raises(NotANewerVersion):
        check_newer(number=number, followed=2)


def test_a_cohort_goes_on_to_any_newer_version():
    check_newer(number=3, followed=2)
    check_newer(number=9, followed=2)


def publish(digest, *modules):
    return publish_version(replace(VERSION, digest=digest * 64, modules=modules), by=None, at=NOW)[0]


def told(before, after):
    return [(one.change, one.kind, one.node_id) for one in compare(*parts_of(before, after))]


def test_both_versions_are_read_in_the_order_of_the_course(in_app):
    version = publish("a", M1, M2)
    before, after = parts_of(version, version)
    assert before == after
    assert [(one.kind, one.node_id) for one in before] == [
        (PartKind.MODULE, "m1"), (PartKind.LESSON, "m1-words"), (PartKind.LESSON, "m1-types"),
        (PartKind.CHECKPOINT, "m1-check"), (PartKind.ASSIGNMENT, "m1-memo"),
        (PartKind.QUESTION, "m1-q2"), (PartKind.QUESTION, "m1-q1"),
        (PartKind.MODULE, "m2"), (PartKind.QUIZ, "m2-quiz"), (PartKind.QUESTION, "m2-q1"),
    ]  # fmt: skip


def test_parts_are_called_by_their_titles_and_questions_by_their_words(in_app):
    version = publish("a", M1, M2)
    titles = {one.node_id: one.title for one in parts_of(version, version)[0]}
    assert titles["m1"] == {"en": "Module m1"} and titles["m1-memo"] == {"en": "Task m1-memo"}
    assert titles["m1-types"] == {code: f"Words ({code})" for code in ("en", "fr", "ar")}
    assert titles["m1-check"] == titles["m1-types"] and titles["m1-q1"] == {"en": "Is it?"}


def test_every_kind_of_change_is_found(in_app):
    before = publish("a", M1, M2)
    words = replace(lesson("m1-words"), texts=[text("en", "Other words"), text("fr")])
    types = lesson("m1-types", "en", "fr", "ar")
    types = replace(types, texts=[replace(types.texts[0], html='<p id="p-start">Other.</p>'), *types.texts[1:]])
    first = replace(
        M1,
        title={"en": "Renamed"},
        lessons=[words, types, lesson("m1-new")],
        tasks=[
            task("m1-memo", TaskKind.ASSIGNMENT, item="m1-q2", graded=False),
            task("m1-check", TaskKind.CHECKPOINT, lesson="m1-types", item="m1-q1"),
        ],
        items=[replace(M1.items[0]), item("m1-q1", key=False)],
    )
    assert told(before, publish("b", first)) == [
        (Change.GONE, PartKind.MODULE, "m2"),
        (Change.GONE, PartKind.QUIZ, "m2-quiz"),
        (Change.GONE, PartKind.QUESTION, "m2-q1"),
        (Change.ADDED, PartKind.LESSON, "m1-new"),
        (Change.CHANGED, PartKind.MODULE, "m1"),
        (Change.CHANGED, PartKind.LESSON, "m1-words"),
        (Change.CHANGED, PartKind.LESSON, "m1-types"),
        (Change.CHANGED, PartKind.ASSIGNMENT, "m1-memo"),
        (Change.CHANGED, PartKind.QUESTION, "m1-q1"),
    ]


def test_a_text_that_only_one_language_has_changed_is_a_change(in_app):
    before = publish("a", M1, M2)
    types = lesson("m1-types", "en", "fr", "ar")
    types = replace(types, texts=[*types.texts[:2], replace(types.texts[2], html='<p id="p-start">X.</p>')])
    after = publish("b", replace(M1, lessons=[M1.lessons[0], types]), M2)
    assert told(before, after) == [(Change.CHANGED, PartKind.LESSON, "m1-types")]


def test_two_versions_are_read_in_one_statement(in_app, statements):
    before, after = publish("a", M1, M2), publish("b", M1)
    db.session.flush()
    with statements() as seen:
        parts_of(before, after)
    assert len(seen) == 1


def test_the_newest_version_is_found_with_the_cohort(in_app, cast):
    who = db.session.get_one(Person, cast.coordinator.id)
    assert not find_version_desk(who, cast.cohort_id).has_newer
    publish("z", M1)  # of another programme
    assert not find_version_desk(who, cast.cohort_id).has_newer
    newer = publish_version(
        replace(VERSION, programme="women-and-ceasefires", digest="f" * 64, modules=[M2]), by=None, at=NOW
    )[0]
    desk = find_version_desk(who, cast.cohort_id)
    assert desk.has_newer and desk.newest.id == newer.id and desk.cohort.version_id == cast.version_key


def test_people_are_counted_who_began_what_is_gone(in_app, cast):
    cohort = db.session.get_one(Cohort, cast.cohort_key)
    for name in ("cedar", "nour"):
        person = db.session.get_one(Person, getattr(cast, name).id)
        place = find_lesson_place(person, cast.nodes["m1-words"], "en")
        progress.mark_read(place, by=person, at=NOW)
    db.session.flush()
    assert people_who_began(cohort.id, ["m1-words", "m1-types", "m1-quiz"]) == {"m1-words": 2}
    assert people_who_began(cohort.id, []) == {}
    other = db.session.query(Cohort).filter_by(public_id=cast.other_cohort_id).one()
    assert people_who_began(other.id, ["m1-words"]) == {}
