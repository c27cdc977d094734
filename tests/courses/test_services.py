from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from lms.audit.models import Entry
from lms.courses import queries
from lms.courses.errors import IdMeantSomethingElse, PublishedIsFinal
from lms.courses.models import Item, Lesson, LessonText, Module, Rubric, SourceFile, Task, Version
from lms.courses.rules import TaskKind
from lms.courses.services import publish_version
from lms.kernel.db import db

from .versions import M2, VERSION, another, item, lesson, module, task

FINAL = [Version, Module, Lesson, LessonText, Item, Rubric, Task, SourceFile]


@pytest.fixture
def at(in_app, clock):
    return clock.now()


@pytest.fixture
def version(at):
    return publish_version(VERSION, by=None, at=at)[0]


def of(model, version):
    """A row of this model that belongs to this version."""
    path = {
        Version: lambda: version,
        Module: lambda: version.modules[0],
        Lesson: lambda: version.modules[0].lessons[0],
        LessonText: lambda: version.modules[0].lessons[0].texts[0],
        Item: lambda: version.modules[0].items[0],
        Rubric: lambda: version.modules[0].rubrics[0],
        Task: lambda: version.modules[0].tasks[0],
        SourceFile: lambda: version.files[0],
    }
    return path[model]()


def test_the_first_version_founds_the_programme(at):
    version, is_new = publish_version(VERSION, by=None, at=at)

    assert is_new
    assert (version.number, version.digest, version.imported_at) == (1, "a" * 64, at)
    assert version.programme == queries.find_programme("small-course")
    assert version.naming == "alias"
    assert version.completion == {"activities_percent": 80, "simulation": True}


def test_what_was_handed_over_is_what_is_stored(version):
    db.session.expire_all()

    [first, second] = queries.modules_of(version)
    assert [first.position, second.position] == [1, 2]
    assert [lesson.node_id for lesson in first.lessons] == ["m1-words", "m1-types"]
    text = first.lessons[0].texts[1]
    assert text.title == "Words (fr)"
    assert text.headings == [{"id": "p-one", "title": "One"}]
    assert text.sources[0]["published"] == "1907"
    assert text.content_note is None


def test_tasks_questions_and_rubrics_are_stored_as_they_were_handed_over(version):
    db.session.expire_all()

    memo, check, quiz = queries.tasks_of(version.id)
    assert (memo.kind, memo.title, memo.lesson_id) == (TaskKind.ASSIGNMENT, {"en": "Task m1-memo"}, None)
    assert memo.body == {"item": "m1-q2", "graded": True}
    assert (check.kind, check.title, check.lesson.node_id) == (TaskKind.CHECKPOINT, None, "m1-types")
    assert quiz.body == {"items": ["m2-q1"]}
    number = queries.items_of(version.id)[2]
    assert (number.kind, number.body) == ("number", {"text": {"en": "Is it?"}, "key": "16.70"})
    assert queries.rubrics_of(version.id)[1].body == M2.rubrics[0].body


def test_the_same_pack_again_is_the_same_version_and_writes_nothing(version, at):
    deeds = db.session.query(Entry).count()

    again, is_new = publish_version(VERSION, by=None, at=at)

    assert (again.id, is_new) == (version.id, False)
    assert db.session.query(Entry).count() == deeds
    assert not db.session.dirty
    assert not db.session.new


def test_versions_are_numbered_and_an_older_state_can_come_back(version, at):
    second, _ = publish_version(another(), by=None, at=at)
    third, is_new = publish_version(VERSION, by=None, at=at)

    assert [version.number, second.number, third.number] == [1, 2, 3]
    assert is_new


def test_publishing_is_recorded_with_who_did_it(at, cast):
    version, _ = publish_version(VERSION, by=cast.cedar.id, at=at)

    entry = db.session.scalars(
        select(Entry).where(Entry.act == "courses.version.published", Entry.on_id == version.id)
    ).one()
    assert (entry.by_id, entry.changes) == (cast.cedar.id, {"number": [0, 1]})
    assert version.imported_by_id == cast.cedar.id


def test_an_id_that_named_a_lesson_never_names_a_module(version, at):
    wrong = another(modules=[module("m1-words", lesson("m1-more"))])

    with pytest.raises(IdMeantSomethingElse):
        publish_version(wrong, by=None, at=at)


@pytest.mark.parametrize(("node_id", "before"), [("m1-memo", "task"), ("m1-q1", "question"), ("m1-r1", "rubric")])
def test_an_id_of_a_task_question_or_rubric_never_names_something_else(version, at, node_id, before):
    with pytest.raises(IdMeantSomethingElse) as refused:
        publish_version(another(modules=[module("m1", lesson(node_id))]), by=None, at=at)

    assert f"named a {before} in an earlier version and cannot name a lesson" in str(refused.value)


@pytest.mark.parametrize("model", FINAL)
def test_what_is_published_is_never_changed(version, model):
    column = "title" if hasattr(model, "title") else "version_id" if hasattr(model, "version_id") else "number"
    row = of(model, version)

    setattr(row, column, {"en": "Other"} if column == "title" else 99)

    with pytest.raises(PublishedIsFinal):
        db.session.flush()
    db.session.rollback()


@pytest.mark.parametrize("model", FINAL)
def test_what_is_published_is_never_deleted(version, model):
    db.session.delete(of(model, version))

    with pytest.raises(PublishedIsFinal):
        db.session.flush()
    db.session.rollback()


@pytest.mark.parametrize("statement", [update, delete])
@pytest.mark.parametrize("model", FINAL)
def test_not_even_many_rows_at_once(version, model, statement):
    with pytest.raises(PublishedIsFinal):
        change = statement(model).where(model.id == of(model, version).id)
        db.session.execute(change.values(id=0) if statement is update else change)


def test_the_database_refuses_a_lesson_without_minutes(at):
    with pytest.raises(IntegrityError):
        publish_version(another(modules=[module("m1", lesson("m1-words", minutes=0))]), by=None, at=at)
    db.session.rollback()


def test_the_database_refuses_an_id_twice(at):
    with pytest.raises(IntegrityError):
        publish_version(another(modules=[module("m1"), module("m1")]), by=None, at=at)
    db.session.rollback()


@pytest.mark.parametrize(
    "wrong",
    [
        module("m1", items=[item("m1-q1"), item("m1-q1")]),
        module("m1", tasks=[task("m1-quiz"), task("m1-quiz")]),
        module("m1", lesson("m1-a"), tasks=[task("m1-c1", lesson="m1-a"), task("m1-c2", lesson="m1-a")]),
        module("m1", tasks=[replace(task("m1-quiz"), title=None)]),
        module("m1", lesson("m1-a"), tasks=[replace(task("m1-quiz"), lesson="m1-a")]),
    ],
    ids=["question twice", "task twice", "two checkpoints", "no title", "title and lesson"],
)
def test_the_database_refuses_what_no_pack_may_hold(at, wrong):
    with pytest.raises(IntegrityError):
        publish_version(another(modules=[wrong]), by=None, at=at)
    db.session.rollback()
