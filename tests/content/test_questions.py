"""Items and rubrics: every type of question, and what each must have."""

import pytest

from lms.content.check import check_pack
from lms.content.diff import compare
from lms.content.reading import read_course

from .packs import FILES, M1, pack

ITEMS, TASKS = f"{M1}/items.yaml", f"{M1}/tasks.yaml"
TEXT = '{en: "x", fr: "x", ar: "x"}'
OPTIONS = "".join(f"      - {{id: {name}, text: {TEXT}}}\n" for name in "abc")

PAIRS = "".join(f"      - {{id: {name}, left: {TEXT}, right: {TEXT}}}\n" for name in "ab")

TYPES = {
    "single": f"    options:\n{OPTIONS}    key: a\n",
    "scenario": f"    options:\n{OPTIONS}    key: c\n    feedback: {TEXT}\n",
    "multiple": f"    options:\n{OPTIONS}    key: [a, c]\n    partial: true\n",
    "order": f"    options:\n{OPTIONS}    key: [b, a, c]\n    formative: true\n",
    "truefalse": "    key: false\n",
    "match": f"    pairs:\n{PAIRS}",
    "short": '    accepted: [{en: ["x", "y"], fr: ["x"], ar: ["x"]}]\n    by_hand: false\n',
    "date": "    key: 1953-07-27\n",
    "number": "    key: 12\n    tolerance: 0.5\n",
    "open": "    words: {max: 200}\n    rubric: m1-r1\n",
}


def item(kind, more=None):
    return f"items:\n  - id: m1-q9\n    type: {kind}\n    text: {TEXT}\n{TYPES[kind] if more is None else more}"


def tasks(kind):
    if kind == "open":
        return f"tasks:\n  - {{id: m1-memo, kind: assignment, title: {TEXT}, item: m1-q9}}\n"
    return f"tasks:\n  - {{id: m1-quiz, kind: quiz, title: {TEXT}, items: [m1-q9]}}\n"


def faults(items, kind="single"):
    found = check_pack(pack({**FILES, ITEMS: items, TASKS: tasks(kind)}))
    return [f"{fault.line}: {fault.text}" for fault in found]


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_of_question_can_be_written(kind):
    assert faults(item(kind), kind) == []


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_of_question_may_have_a_title(kind):
    assert faults(item(kind, f"    title: {TEXT}\n{TYPES[kind]}"), kind) == []


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_of_question_needs_its_answer(kind):
    assert faults(item(kind, ""))


@pytest.mark.parametrize("kind", TYPES)
def test_no_type_takes_what_belongs_to_another(kind):
    assert "5: unknown key items[1].colour" in faults(item(kind, f"    colour: red\n{TYPES[kind]}"))


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("order", f"    options:\n{OPTIONS}    key: [b, a]\n", "9: m1-q9: the key leaves out c"),
        ("order", f"    options:\n{OPTIONS}    key: [b, a, c, a]\n", "9: m1-q9: the key names an option twice"),
        ("multiple", f"    options:\n{OPTIONS}    key: [a, d]\n", "9: m1-q9: the key names d, which is no option"),
        ("multiple", f"    options:\n{OPTIONS}    key: []\n", "9: items[1].key needs at least 1 entries"),
        ("truefalse", "    key: 'no'\n", "5: items[1].key must be true or false"),
        ("number", "    key: twelve\n", "5: items[1].key must be a number"),
        ("number", "    key: true\n", "5: items[1].key must be a number"),
        ("number", "    key: .inf\n", "5: items[1].key must be a number"),
        ("number", "    key: 12\n    tolerance: -1\n", "6: items[1].tolerance must be at least 0"),
        ("date", "    key: tomorrow\n", "5: items[1].key must be a day such as 2026-11-01"),
        (
            "short",
            "    accepted: [{en: [], fr: [x], ar: [x]}]\n",
            "5: items[1].accepted[1].en needs at least 1 entries",
        ),
    ],
)
def test_an_answer_that_cannot_be_meant_is_refused(kind, more, expected):
    assert faults(item(kind, more), kind) == [expected]


def test_the_words_of_an_answer_can_be_compared():
    old = read_course(pack({**FILES, ITEMS: item("short")}))
    new = read_course(pack({**FILES, ITEMS: item("short").replace('"y"', '"z"')}))

    assert compare(old, new) == [
        f"item m1-q9 ({ITEMS})",
        "  changed accepted 1 (en)",
        "    x; [-y-]{+z+}",
    ]
