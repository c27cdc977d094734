import pytest

from lms.courses import queries
from lms.courses.services import publish_version

from .versions import VERSION, another


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
    assert queries.find_lesson(version, "m9-none") is None
    assert queries.find_text(queries.find_lesson(version, "m1-words"), "ar") is None


def test_the_newest_version_is_found_unless_one_is_named(version, clock):
    newest, _ = publish_version(another(), by=None, at=clock.now())

    assert queries.find_version(version.programme) == newest
    assert queries.find_version(version.programme, 1) == version


def test_files_come_by_path_whatever_the_database_thinks_of_hyphens(version):
    assert [file.path for file in queries.files_of(version)] == sorted(VERSION.files)
    assert {file.path: file.content for file in queries.files_of(version)} == VERSION.files


def test_titles_fall_back_to_the_first_required_language(version):
    assert queries.lesson_titles(version, "ar") == {"m1-words": "Words (en)", "m1-types": "Words (ar)"}
    assert queries.lesson_titles(version, "fr")["m1-words"] == "Words (fr)"


def test_a_lesson_tells_its_languages(version):
    lesson = queries.find_lesson(version, "m1-types")

    assert queries.languages_of(lesson) == ["ar", "en", "fr"]
    assert lesson.module.node_id == "m1"
