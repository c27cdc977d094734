"""Tasks, samples and what is published of them."""

import json

import pytest

from lms.content.check import check_pack
from lms.content.services import compare_packs, prepare
from lms.courses.rules import NodeKind, TaskKind

from .packs import FILES, M1, changed, pack

ITEMS, RUBRICS, TASKS = (f"{M1}/{name}.yaml" for name in ("items", "rubrics", "tasks"))
TITLE = '{en: "x", fr: "x", ar: "x"}'
CHECKPOINT = "  - {id: m1-words-check, kind: checkpoint, lesson: m1-words, item: m1-q1}\n"
QUIZ = f"  - {{id: m1-quiz, kind: quiz, title: {TITLE}, items: [m1-q2, m1-q3]}}\n"
MEMO = f"  - {{id: m1-memo, kind: assignment, title: {TITLE}, item: m1-q4}}\n"
WORDS = " ".join(["word"] * 150)
SAMPLES = "".join(
    f"""\
      - id: {name}
        text:
          en: "{WORDS}"
          fr: "{WORDS}"
          ar: "{WORDS}"
        levels: {{type: 4, safety: 3}}
        comment: {TITLE}
"""
    for name in ("strong", "weak")
)
WITH_SAMPLES = {**FILES, ITEMS: FILES[ITEMS] + "    samples:\n" + SAMPLES}


def faults(files):
    return [str(fault) for fault in check_pack(pack(files))]


def with_tasks(*tasks):
    return {**FILES, TASKS: "tasks:\n" + "".join(tasks)}


def test_tasks_and_samples_can_be_written():
    assert faults(with_tasks(CHECKPOINT, QUIZ, MEMO)) == []
    assert faults(WITH_SAMPLES) == []


def test_everything_about_a_quiz_can_be_said():
    every = (
        "graded: false, attempts: 20, counts: last, minutes: 240, order: shuffled, draw: 2, per_page: 0, "
        "feedback: at_once, pass_percent: 70, items"
    )
    assert faults(with_tasks(CHECKPOINT, QUIZ.replace("items", every), MEMO)) == []


# What is planted in the tasks instead of what; and the one fault that the pack then has, with its line.
PLANTED = [
    ("an unknown kind", "kind: quiz", "kind: exam", "6: kind must be one of 'checkpoint', 'quiz', 'assignment'"),
    ("no kind", "    kind: quiz\n", "", "6: kind is missing"),
    ("an unknown key", "graded: true", "marked: true", "10: unknown key tasks[2].marked"),
    ("a checkpoint with a title", "    lesson:", f"    title: {TITLE}\n    lesson:", "4: unknown key tasks[1].title"),
    ("a checkpoint that counts", "    lesson:", "    graded: true\n    lesson:", "4: unknown key tasks[1].graded"),
    ("a checkpoint without a lesson", "    lesson: m1-words\n", "", "2: tasks[1].lesson is missing"),
    ("no title", '    title: {en: "A memo", fr: "Une note", ar: "مذكرة"}\n', "", "13: tasks[3].title is missing"),
    ("a title without a language", ', fr: "Une note"', "", "15: title has no fr"),
    ("a title in another language", "{en: ", '{de: "Quiz", en: ', "8: de is no language of the programme"),
    ("a bad id", "id: m1-quiz", "id: M1", "6: tasks[2].id: an id is at most 40 lower-case letters, digits"),
    ("an id of a lesson", "id: m1-quiz", "id: m1-words", "6: the id m1-words of this task is taken already: lesson"),
    ("an id of another task", "id: m1-memo", "id: m1-quiz", "13: the id m1-quiz of this task is taken already: task"),
    ("no items", "[m1-q2, m1-q3]", "[]", "9: tasks[2].items needs at least 1 entries"),
    ("too many attempts", "attempts: 3", "attempts: 21", "11: tasks[2].attempts must be at most 20"),
    ("no attempts", "attempts: 3", "attempts: 0", "11: tasks[2].attempts must be at least 1"),
    ("too much time", "attempts: 3", "minutes: 241", "11: tasks[2].minutes must be at most 240"),
    ("pages of less than none", "attempts: 3", "per_page: -1", "11: tasks[2].per_page must be at least 0"),
    ("a pass nobody reaches", "attempts: 3", "pass_percent: 101", "11: tasks[2].pass_percent must be at most 100"),
    ("another way to count", "attempts: 3", "counts: mean", "11: tasks[2].counts must be 'best', 'last' or 'first'"),
    ("another order", "attempts: 3", "order: any", "11: tasks[2].order must be 'written' or 'shuffled'"),
    ("feedback never", "close", "never", "12: tasks[2].feedback must be 'at_once', 'hand_in', 'passed' or 'close'"),
    ("too many versions", "item: m1-q4", "item: m1-q4\n    versions: 6", "17: tasks[3].versions must be at most 5"),
    (
        "feedback that gives answers away",
        "feedback: close",
        "feedback: at_once",
        "12: m1-quiz: a graded quiz gives feedback at hand_in, passed or close, not at_once",
    ),
    (
        "practice to be passed",
        "graded: true\n    attempts: 3\n    feedback: close",
        "attempts: 3\n    feedback: passed",
        "11: m1-quiz: nobody passes a quiz that does not count",
    ),
    ("more drawn than there is", "attempts: 3", "draw: 3", "11: m1-quiz: draws 3 of 2 items"),
    ("no such lesson", "lesson: m1-words", "lesson: m2-words", "4: m1-words-check: there is no lesson m2-words in"),
    ("no such item", "[m1-q2, m1-q3]", "[m1-q2, m1-q3, m2-q1]", "9: m1-quiz: there is no item m2-q1 in this module"),
    (
        "an item used by two tasks",
        "[m1-q2, m1-q3]",
        "[m1-q2, m1-q3, m1-q1]",
        "9: m1-quiz: the item m1-q1 is used already: m1-words-check, line 5",
    ),
    (
        "an item twice in a quiz",
        "[m1-q2, m1-q3]",
        "[m1-q2, m1-q3, m1-q2]",
        "9: m1-quiz: the item m1-q2 is used already: m1-quiz, line 9",
    ),
    (
        "two checkpoints in a lesson",
        "  - id: m1-quiz\n    kind: quiz\n",
        "  - {id: m1-c2, kind: checkpoint, lesson: m1-words, item: m1-q3}\n  - id: m1-quiz\n    kind: quiz\n",
        "6: m1-c2: the lesson m1-words has a checkpoint already: m1-words-check, line 4",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in PLANTED], ids=[row[0] for row in PLANTED])
def test_a_planted_fault_is_found_at_its_line(old, new, expected):
    files = changed(TASKS, old, new)
    if "m1-c2" in new:
        files = changed(TASKS, "[m1-q2, m1-q3]", "[m1-q2]", files)

    [found] = faults(files)

    assert found.startswith(f"{TASKS}:{expected}")


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        (
            [CHECKPOINT.replace("m1-q1", "m1-q4"), QUIZ.replace("m1-q2", "m1-q1, m1-q2")],
            "2: m1-words-check: a checkpoint takes no item that a person marks, such as m1-q4",
        ),
        (
            [CHECKPOINT, QUIZ.replace("m1-q3", "m1-q3, m1-q4")],
            "3: m1-quiz: a quiz takes no item that a person marks, such as m1-q4",
        ),
        (
            [MEMO.replace("m1-q4", "m1-q1"), QUIZ, MEMO.replace("m1-memo", "m1-memo2")],
            "2: m1-memo: an assignment takes an open item, and m1-q1 is none",
        ),
    ],
)
def test_a_task_takes_no_item_of_another_kind(tasks, expected):
    assert faults(with_tasks(*tasks))[0] == f"{TASKS}:{expected}"


def test_no_quiz_takes_an_answer_that_a_person_marks():
    by_hand = changed(ITEMS, "    accepted:", "    by_hand: true\n    accepted:")

    assert faults(by_hand) == [f"{TASKS}:9: m1-quiz: a quiz takes no item that a person marks, such as m1-q2"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("graded: true, items", ["3: m1-quiz: a graded quiz takes no formative item, such as m1-q2"]),
        ("draw: 1, items", ["3: m1-quiz: a quiz that draws takes no formative item, such as m1-q2"]),
        ("items", []),
    ],
)
def test_a_formative_item_stands_in_practice_that_shows_all(more, expected):
    formative = changed(ITEMS, "    accepted:", "    formative: true\n    accepted:")
    tasks = with_tasks(CHECKPOINT, QUIZ.replace("items", more), MEMO)[TASKS]

    assert faults({**formative, TASKS: tasks}) == [f"{TASKS}:{fault}" for fault in expected]


def test_every_item_is_used():
    assert faults(with_tasks(CHECKPOINT, MEMO, QUIZ.replace("m1-q2, ", ""))) == [
        f"{ITEMS}:10: no task of {TASKS} uses the item m1-q2"
    ]


def test_questions_need_tasks():
    files = {path: text for path, text in FILES.items() if path != TASKS}

    assert faults(files) == [f"{TASKS}:1: missing: it says what is done with the questions of items.yaml"]


def test_tasks_need_questions():
    files = {path: text for path, text in FILES.items() if path != ITEMS}

    assert faults(files)[0] == f"{TASKS}:5: m1-words-check: there is no item m1-q1 in this module"
    assert len(faults(files)) == 4


@pytest.mark.parametrize("path", [ITEMS, TASKS])
def test_a_file_that_cannot_be_read_is_not_held_against_the_other(path):
    assert {fault.split(":")[0] for fault in faults({**FILES, path: "x"})} == {path}


def test_a_lesson_that_is_listed_and_has_no_file_is_reported_once():
    files = {path: text for path, text in FILES.items() if "/lessons/" not in path}

    assert [fault for fault in faults(files) if "m1-words" in fault] == [
        f"{M1}/module.yaml:6: the lesson m1-words has no file in this module"
    ]


SPOILT = [
    ("a level of five", "type: 4", "type: 5", "31: items[4].samples[1].levels.type must be at most 4"),
    ("a level below none", "type: 4", "type: -1", "31: items[4].samples[1].levels.type must be at least 0"),
    ("a criterion without level", "type: 4, ", "", "31: m1-q4: the sample strong has no level for type of m1-r1"),
    (
        "a level without criterion",
        "type: 4",
        "type: 4, style: 2",
        "31: m1-q4: the sample strong names style, which is no criterion of m1-r1",
    ),
    ("a comment without a language", f"comment: {TITLE}", 'comment: {en: "x", ar: "x"}', "32: comment has no fr"),
    ("no comment", f"        comment: {TITLE}\n", "", "26: items[4].samples[1].comment is missing"),
    ("a sample twice", "id: weak", "id: strong", "33: m1-q4: the id strong occurs twice"),
    (
        "a sample that is too short",
        f'fr: "{WORDS}',
        'fr: "word',
        "29: m1-q4: the sample strong has 1 words in fr, not 150 to 200",
    ),
    (
        "a sample that is too long",
        f'ar: "{WORDS}',
        f'ar: "{WORDS} {WORDS}',
        "30: m1-q4: the sample strong has 300 words in ar, not 150 to 200",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in SPOILT], ids=[r[0] for r in SPOILT])
def test_a_fault_of_a_sample_is_found_at_its_line(old, new, expected):
    assert faults(changed(ITEMS, old, new, WITH_SAMPLES)) == [f"{ITEMS}:{expected}"]


def test_one_sample_alone_shows_no_measure():
    one = {**FILES, ITEMS: FILES[ITEMS] + "    samples:\n" + SAMPLES.partition("      - id: weak")[0]}

    assert faults(one) == [f"{ITEMS}:25: items[4].samples needs at least 2 entries"]


def test_samples_of_an_unknown_rubric_are_blamed_for_nothing():
    assert faults(changed(ITEMS, "m1-r1", "m1-r2", WITH_SAMPLES)) == [f"{ITEMS}:24: m1-q4: there is no rubric m1-r2"]


def test_tasks_and_samples_are_compared_by_id():
    new = changed(TASKS, "attempts: 3", "attempts: 4\n    draw: 1", WITH_SAMPLES)
    new = changed(TASKS, "Une note", "Une lettre", new)
    new = changed(ITEMS, "type: 4", "type: 2", new)

    assert compare_packs(pack(WITH_SAMPLES), pack(new)) == [
        f"item m1-q4 ({ITEMS})",
        "  changed samples strong levels type",
        "    [-4-]{+2+}",
        f"task m1-quiz ({TASKS})",
        "  changed attempts",
        "    [-3-]{+4+}",
        "  added draw",
        "    1",
        f"task m1-memo ({TASKS})",
        "  changed title (fr)",
        "    Une [-note-]{+lettre+}",
    ]


@pytest.fixture(scope="module")
def published():
    return prepare(pack(WITH_SAMPLES)).modules[0]


def test_tasks_are_published_in_order_each_with_its_lesson_or_title(published):
    assert [(task.node_id, task.kind, task.lesson, task.title) for task in published.tasks] == [
        ("m1-words-check", TaskKind.CHECKPOINT, "m1-words", None),
        ("m1-quiz", TaskKind.QUIZ, None, {"en": "A quiz", "fr": "Un questionnaire", "ar": "اختبار"}),
        ("m1-memo", TaskKind.ASSIGNMENT, None, {"en": "A memo", "fr": "Une note", "ar": "مذكرة"}),
    ]


def test_the_body_of_a_task_says_its_defaults_and_leaves_out_what_there_is_none_of(published):
    assert [task.body for task in published.tasks] == [
        {"item": "m1-q1"},
        {
            "items": ["m1-q2", "m1-q3"],
            "graded": True,
            "attempts": 3,
            "counts": "best",
            "order": "written",
            "per_page": 1,
            "feedback": "close",
        },
        {"item": "m1-q4", "graded": False, "versions": 2},
    ]


def test_questions_and_rubrics_are_published_as_plain_json(published):
    number = published.items[2]

    assert [item.kind for item in published.items] == ["single", "short", "number", "open"]
    assert number.body == {
        "text": {"en": "How many?", "fr": "Combien ?", "ar": "كم؟"},
        "formative": False,
        "partial": False,
        "key": "16.7",
        "tolerance": "0.1",
    }
    assert published.items[3].body["samples"][1]["levels"] == {"type": 4, "safety": 3}
    assert [criterion["weight"] for criterion in published.rubrics[0].body["criteria"]] == [60, 40]
    for part in (*published.items, *published.rubrics, *published.tasks):
        assert json.loads(json.dumps(part.body)) == part.body


def test_a_date_is_published_as_iso_text():
    dated = changed(ITEMS, "type: number", "type: date")
    dated = changed(ITEMS, "key: 16.7\n    tolerance: 0.1", "key: 1953-07-27", dated)

    assert prepare(pack(dated)).modules[0].items[2].body["key"] == "1953-07-27"


def test_a_version_knows_what_the_ids_of_its_tasks_and_questions_name(published):
    kinds = dict(published.kinds())

    assert kinds["m1-quiz"] is NodeKind.TASK
    assert kinds["m1-q1"] is NodeKind.ITEM
    assert kinds["m1-r1"] is NodeKind.RUBRIC
