"""The course of the benchmarks is a sound pack of the size that the figures are told for."""

import re
from pathlib import Path

import pytest

from benchmarks.course import ASSIGNMENTS, PER_PAGE, QUIZ, QUIZ_ITEMS, write_course
from lms.content.pack import read_pack
from lms.content.services import prepare, read_sound
from lms.courses.rules import PublishedVersion


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmarks") / "course"
    write_course(folder)
    return folder


@pytest.fixture(scope="module")
def published(folder: Path) -> PublishedVersion:
    return prepare(read_pack(folder))


def test_the_course_passes_the_content_check(folder: Path) -> None:
    read_sound(read_pack(folder))


def test_ten_lessons_have_about_900_words_each(published: PublishedVersion) -> None:
    texts = [text for module in published.modules for lesson in module.lessons for text in lesson.texts]
    words = [len(re.sub(r"<[^>]+>", " ", text.html).split()) for text in texts]
    assert len(words) == 10
    assert all(800 <= count <= 1100 for count in words)
    assert 850 <= sum(words) / len(words) <= 1000


def test_it_has_three_assignments_and_a_quiz_of_sixteen_items_two_to_a_page(published: PublishedVersion) -> None:
    tasks = {task.node_id: task for module in published.modules for task in module.tasks}
    assert sorted(tasks) == sorted([QUIZ, *ASSIGNMENTS])
    quiz = tasks[QUIZ].body
    assert (len(quiz["items"]), quiz["per_page"]) == (QUIZ_ITEMS, PER_PAGE) == (16, 2)
    assert len(set(quiz["items"])) == QUIZ_ITEMS
