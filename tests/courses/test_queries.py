import pytest

from lms.courses import queries
from lms.courses.rules import NodeKind
from lms.courses.services import publish_version
from lms.kernel.db import db

from .versions import VERSION, another, module


@pytest.fixture
def version(in_app, clock):
    return publish_version(VERSION, by=None, at=clock.now())[0]


def test_programmes_stand_by_slug(version):
    slugs = [programme.slug for programme in queries.programmes()]

    assert "small-course" in slugs
    assert slugs == sorted(slugs)


def test_nobody_finds_what_is_not_there(version):
    assert queries.find_programme("nothing") is None
    assert queries.find_version(version.programme, 7) is None


def test_the_newest_version_is_found_unless_one_is_named(version, clock):
    newest, _ = publish_version(another(), by=None, at=clock.now())

    assert queries.find_version(version.programme) == newest
    assert queries.find_version(version.programme, 1) == version


def test_files_come_by_path_whatever_the_database_thinks_of_hyphens(version):
    assert [file.path for file in queries.files_of(version)] == sorted(VERSION.files)
    assert {file.path: file.content for file in queries.files_of(version)} == VERSION.files


def test_tasks_stand_in_the_order_of_modules_each_with_its_lesson(version):
    db.session.expunge_all()

    tasks = queries.tasks_of(version.id)

    assert [(task.module.node_id, task.node_id, task.position) for task in tasks] == [
        ("m1", "m1-memo", 1),
        ("m1", "m1-check", 2),
        ("m2", "m2-quiz", 1),
    ]
    assert [task.lesson and task.lesson.node_id for task in tasks] == [None, "m1-types", None]


def test_questions_stand_in_the_order_of_modules(version):
    items = queries.items_of(version.id)

    assert [(item.module.node_id, item.node_id, item.kind) for item in items] == [
        ("m1", "m1-q2", "open"),
        ("m1", "m1-q1", "truefalse"),
        ("m2", "m2-q1", "number"),
    ]


def test_rubrics_of_all_modules_stand_by_id(version):
    assert [rubric.node_id for rubric in queries.rubrics_of(version.id)] == ["m1-r1", "m2-r1"]


def test_another_version_has_tasks_questions_and_rubrics_of_its_own(version, clock):
    newer, _ = publish_version(another(modules=[module("m1")]), by=None, at=clock.now())

    for of in (queries.tasks_of, queries.items_of, queries.rubrics_of):
        assert (of(newer.id), len(of(version.id)) > 1) == ([], True)


def test_every_id_of_every_version_is_known_with_what_it_named(version, clock):
    publish_version(another(modules=[module("m3")]), by=None, at=clock.now())

    assert dict(queries.node_kinds(version.programme)) == {**VERSION.kinds(), "m3": NodeKind.MODULE}
