import itertools
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.errors import NotAnAnswer, TooLong
from lms.assessments.rules.items import (
    MARK,
    MOST_LINE,
    MOST_TEXT,
    Item,
    Kind,
    Line,
    Matching,
    Open,
    Short,
    given_answer,
    is_answered,
    is_marked_by_hand,
    is_typed,
    read_answer,
    read_item,
    right_answer,
    score,
    shown_options,
    write_fields,
)
from lms.content.faults import Faults
from lms.content.questions import ItemsFile
from lms.content.schema import read_model
from lms.courses.rules import Told

PACK = Path(__file__).parents[2] / "content/women-and-ceasefires/modules/01-what-a-ceasefire-is/items.yaml"
LANGUAGES = ["en", "fr", "ar"]
IN_ALL = {"en": "Name it.", "fr": "Nommez-le.", "ar": "اذكريه."}


def _shipped() -> dict[str, Item]:
    """The questions of module 1, as publishing writes them and JSON brings them back."""
    faults = Faults()
    read = read_model(ItemsFile, PACK.read_text(encoding="utf-8"), faults.within("items.yaml"))
    assert read is not None, faults.sorted()
    bodies = [item.model_dump(mode="json", exclude_none=True) for item in read.content.items]
    return {body["id"]: read_item(body.pop("id"), body.pop("type"), json.loads(json.dumps(body))) for body in bodies}


SHIPPED = _shipped()


def _item(kind: str, **body: Any) -> Item:
    return read_item("m9-q1", kind, {"text": IN_ALL, **body})


def _options(*ids: str) -> list[dict[str, Any]]:
    return [{"id": name, "text": {"en": f"Option {name}", "fr": f"Choix {name}"}} for name in ids]


def _points(item: Item, answer: Mapping[str, Any] | None) -> int:
    result = score(item, answer)
    assert result is not None
    assert result.of == MARK
    return result.points


SINGLE = _item("single", options=_options("a", "b", "c"), key="b")
SCENARIO = _item("scenario", options=_options("a", "b", "c"), key="c")
MULTIPLE = _item("multiple", options=_options("a", "b", "c", "d", "e"), key=["a", "c", "e"])
IN_PART = _item("multiple", options=_options("a", "b", "c", "d", "e"), key=["a", "c", "e"], partial=True)
ORDER = _item("order", options=_options("a", "b", "c", "d"), key=["c", "a", "d", "b"])
STATEMENT = _item("truefalse", key=False)
PAIRS = [
    {"id": "line", "left": {"en": "Line of control"}, "right": {"en": "of actual holding"}},
    {"id": "buffer", "left": {"en": "Buffer zone"}, "right": {"en": "kept clear"}},
    {"id": "camp", "left": {"en": "Cantonment"}, "right": {"en": "declared sites"}},
]
MATCH = _item("match", pairs=PAIRS)
MATCH_IN_PART = _item("match", pairs=PAIRS, partial=True)
TESTS = [
    {
        "en": ["immediate objective", "violence stopped", "fighting stopped as promised"],
        "fr": ["l’objectif immédiat", "la violence a cessé"],
        "ar": ["الهدف المباشر", "توقف العنف"],
    },
    {
        "en": ["underlying purpose", "wider purpose", "wider aim"],
        "fr": ["la finalité sous-jacente"],
        "ar": ["الغرض الأساسي", "الغرض الأوسع"],
    },
]
TWO = _item("short", accepted=TESTS, fields=2)
TWO_IN_PART = _item("short", accepted=TESTS, fields=2, partial=True)
ONE = _item("short", accepted=TESTS)
COUNT = _item("short", accepted=[{"en": ["2,855"], "fr": ["2 855"], "ar": ["2855"]}])
LAST_DAYS = {"en": ["8 January 2019"], "fr": ["8 janvier 2019"], "ar": ["8 كانون الثاني/يناير 2019"]}
LAST_DAY = _item("short", accepted=[LAST_DAYS])
BY_HAND = _item("short", accepted=TESTS, by_hand=True)
DAY = _item("date", key="1953-07-27")
NUMBER = _item("number", key="16.7", tolerance="0.1")
EXACT = _item("number", key="306000", tolerance="0")
OPEN = _item(
    "open",
    words={"min": 150, "max": 200},
    rubric="m9-r1",
    samples=[{"id": "strong", "text": IN_ALL, "levels": {"type": 4}, "comment": IN_ALL}],
)
EACH = [
    SINGLE, SCENARIO, MULTIPLE, IN_PART, ORDER, STATEMENT, MATCH, MATCH_IN_PART, TWO, TWO_IN_PART, ONE, COUNT, LAST_DAY,
    BY_HAND, DAY, NUMBER, EXACT, OPEN, *SHIPPED.values(),
]  # fmt: skip
CLOSED = [item for item in EACH if not is_marked_by_hand(item)]


def _named(item: Item) -> str:
    return f"{item.node_id}-{item.kind}"


SHIPPED_KEYS: dict[str, Mapping[str, Any]] = {
    "m1-q1": {"chosen": ["a"]},
    "m1-q2": {
        "pairs": {
            name: name for name in ["humanitarian-pause", "armistice", "preliminary-ceasefire", "peace-agreement"]
        }
    },
    "m1-q3": {"chosen": ["false"]},
    "m1-q4": {"chosen": ["a", "c"]},
    "m1-q5": {"chosen": ["a", "c"]},
    "m1-q6": {"positions": {"e": 1, "b": 2, "c": 3, "a": 4, "d": 5}},
}


@pytest.mark.parametrize("name", SHIPPED_KEYS)
def test_the_key_of_a_shipped_question_gives_the_whole_mark(name):
    assert _points(SHIPPED[name], SHIPPED_KEYS[name]) == MARK


def _every_choice(ids: str) -> list[list[str]]:
    return [list(some) for size in range(1, len(ids) + 1) for some in itertools.combinations(ids, size)]


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        *[("m1-q1", [option]) for option in "bcd"],
        ("m1-q3", ["true"]),
        *[(name, some) for name in ("m1-q4", "m1-q5") for some in _every_choice("abcd") if some != ["a", "c"]],
    ],
)
def test_every_other_choice_of_a_shipped_question_gives_nothing(name, chosen):
    assert _points(SHIPPED[name], {"chosen": chosen}) == 0


@pytest.mark.parametrize("order", [order for order in itertools.permutations("abcde") if order != tuple("ebcad")])
def test_every_other_order_of_the_shipped_steps_gives_nothing(order):
    positions = {option: place for place, option in enumerate(order, start=1)}
    assert _points(SHIPPED["m1-q6"], {"positions": positions}) == 0


@pytest.mark.parametrize("rights", list(itertools.permutations(SHIPPED_KEYS["m1-q2"]["pairs"]))[1:])
def test_every_other_match_of_the_shipped_terms_gives_nothing(rights):
    pairs = dict(zip(SHIPPED_KEYS["m1-q2"]["pairs"], rights, strict=True))
    assert _points(SHIPPED["m1-q2"], {"pairs": pairs}) == 0


def _typed_keys(item: Item, language: str) -> Mapping[str, Any] | None:
    """The answer that the key of a question is, in one language."""
    lines = right_answer(item, language)
    match item.kind:
        case Kind.SINGLE | Kind.SCENARIO | Kind.MULTIPLE | Kind.TRUEFALSE:
            return {"chosen": [option.id for option in shown_options(item, 0) if option.id in item.key]}
        case Kind.ORDER:
            return {"positions": {option: place for place, option in enumerate(item.key, start=1)}}
        case Kind.MATCH:
            return {"pairs": {option.id: option.id for option in item.lefts}}
        case Kind.SHORT:
            return {"texts": [line.told.text for line in lines[: item.fields]]}
        case Kind.DATE:
            return {"text": f"{lines[0].day}"}
        case _:
            return {"text": f"{lines[0].number}"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("item", CLOSED, ids=_named)
def test_the_right_answer_that_is_told_gives_the_whole_mark_in_every_language(item, language):
    assert _points(item, _typed_keys(item, language)) == MARK


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHIPPED_KEYS)
def test_a_shipped_key_is_told_as_what_she_gave_in_each_language(name, language):
    item = SHIPPED[name]
    right = right_answer(item, language)
    given = given_answer(item, SHIPPED_KEYS[name], language)
    assert [line.told for line in right] == [line.told for line in given]
    assert {line.told.language for line in right if line.told} == {language}
    assert all(line.right for line in given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shipped_feedback_never_names_an_option_by_its_letter(language):
    feedback = [item.feedback[language] for item in SHIPPED.values() if item.feedback]
    assert not any(f"{letter})" in text for text in feedback for letter in "ABCDabcd")


def test_a_question_keeps_what_was_published():
    item = _item("single", options=_options("a", "b"), key="a", title={"en": "T"}, feedback={"en": "F"}, formative=True)
    assert (item.node_id, item.kind, item.text, item.title, item.feedback) == (
        "m9-q1", Kind.SINGLE, IN_ALL, {"en": "T"}, {"en": "F"},
    )  # fmt: skip
    assert item.formative
    assert not item.partial


def test_what_was_left_out_is_none_or_false():
    assert (SINGLE.title, SINGLE.feedback, SINGLE.formative, SINGLE.partial) == (None, None, False, False)


def test_free_writing_knows_its_length_its_rubric_and_its_samples():
    assert isinstance(OPEN, Open)
    assert (OPEN.words.least, OPEN.words.most, OPEN.rubric) == (150, 200, "m9-r1")
    assert [(sample.id, sample.levels) for sample in OPEN.samples] == [("strong", {"type": 4})]


@pytest.mark.parametrize(("words", "taken"), [(0, False), (149, False), (150, True), (200, True), (201, False)])
def test_a_length_is_taken_between_both_ends(words, taken):
    assert isinstance(OPEN, Open)
    assert OPEN.words.takes(words) is taken


def test_an_unknown_kind_is_a_bug():
    with pytest.raises(ValueError, match="essay"):
        _item("essay")


@pytest.mark.parametrize("kind", ["short", "date", "number", "open"])
def test_words_of_hers_are_typed(kind):
    assert is_typed(kind)
    assert is_typed(Kind(kind))


@pytest.mark.parametrize("kind", ["single", "scenario", "multiple", "order", "truefalse", "match"])
def test_choices_are_not_typed(kind):
    assert not is_typed(kind)


@pytest.mark.parametrize("item", [OPEN, BY_HAND, SHIPPED["m1-q7"]], ids=_named)
def test_a_person_marks_free_writing_and_what_says_so(item):
    assert is_marked_by_hand(item)
    assert score(item, None) is None
    assert score(item, {"text": "immediate objective"}) is None
    assert score(item, {"texts": ["immediate objective"]}) is None


GIVEN = [
    (SINGLE, {"": ["b"]}, {"chosen": ["b"]}),
    (SINGLE, {"": ["b", "b"]}, {"chosen": ["b"]}),
    (SCENARIO, {"": ["a"]}, {"chosen": ["a"]}),
    (STATEMENT, {"": ["true"]}, {"chosen": ["true"]}),
    (STATEMENT, {"": ["false"]}, {"chosen": ["false"]}),
    (MULTIPLE, {"": ["e", "a"]}, {"chosen": ["a", "e"]}),
    (MULTIPLE, {"": ["", "c"]}, {"chosen": ["c"]}),
    (ORDER, {"-c": ["1"], "-b": ["4"]}, {"positions": {"c": 1, "b": 4}}),
    (ORDER, {"-c": ["١"], "-b": ["۴"]}, {"positions": {"c": 1, "b": 4}}),
    (ORDER, {"-c": ["1"], "-b": ["1"], "-a": [""]}, {"positions": {"c": 1, "b": 1}}),
    (TWO, {"-1": [" one "], "-2": ["two"]}, {"texts": ["one", "two"]}),
    (TWO, {"-2": ["two"]}, {"texts": ["", "two"]}),
    (TWO, {"-1": ["one"], "-2": [""]}, {"texts": ["one", ""]}),
    (ONE, {"-1": ["one"]}, {"texts": ["one"]}),
    (DAY, {"": [" ٢٧ تموز ١٩٥٣ "]}, {"text": "٢٧ تموز ١٩٥٣"}),
    (NUMBER, {"": ["16,7"]}, {"text": "16,7"}),
    (OPEN, {"": ["First.\r\n\r\nSecond.\r\n"]}, {"text": "First.\n\nSecond."}),
]
WRONG = [
    (SINGLE, {"": ["z"]}),
    (SINGLE, {"": ["a", "b"]}),
    (SINGLE, {"-a": ["1"]}),
    (SINGLE, {"": ["B"]}),
    (SCENARIO, {"": ["a", "c"]}),
    (STATEMENT, {"": ["yes"]}),
    (STATEMENT, {"": ["true", "false"]}),
    (MULTIPLE, {"": ["a", "z"]}),
    (ORDER, {"": ["a"]}),
    (ORDER, {"-z": ["1"]}),
    (ORDER, {"-a": ["0"]}),
    (ORDER, {"-a": ["5"]}),
    (ORDER, {"-a": ["-1"]}),
    (ORDER, {"-a": ["01"]}),
    (ORDER, {"-a": ["first"]}),
    (ORDER, {"-a": ["1", "2"]}),
    (MATCH, {"-line": ["line"]}),
    (MATCH, {"-line": ["z"]}),
    (MATCH, {"-z": ["line"]}),
    (MATCH, {"": ["line"]}),
    (TWO, {"-3": ["three"]}),
    (TWO, {"": ["one"]}),
    (TWO, {"-1": ["one", "two"]}),
    (DAY, {"-1": ["1953"]}),
    (NUMBER, {"": ["1", "2"]}),
    (OPEN, {"-2": ["text"]}),
]


@pytest.mark.parametrize(("item", "fields", "answer"), GIVEN)
def test_a_form_becomes_an_answer(item, fields, answer):
    assert read_answer(item, fields) == answer


@pytest.mark.parametrize("fields", [{}, {"": []}, {"": [""]}, {"": [" \r\n"]}, {"-1": [""]}, {"-a": []}, {"-z": [" "]}])
@pytest.mark.parametrize("item", EACH, ids=_named)
def test_a_blank_form_is_no_answer(item, fields):
    assert read_answer(item, fields) is None


@pytest.mark.parametrize(("item", "fields"), WRONG)
def test_a_value_that_belongs_to_nothing_is_refused_and_she_is_told_what_is_kept(item, fields):
    with pytest.raises(NotAnAnswer) as refused:
        read_answer(item, fields)

    assert "Your earlier answer is kept" in str(refused.value)


@pytest.mark.parametrize(
    ("item", "part", "most"),
    [
        (ONE, "-1", MOST_LINE),
        (TWO, "-2", MOST_LINE),
        (DAY, "", MOST_LINE),
        (NUMBER, "", MOST_LINE),
        (OPEN, "", MOST_TEXT),
    ],
)
def test_a_text_may_be_as_long_as_the_limit_and_no_longer(item, part, most):
    assert read_answer(item, {part: ["ن" * most]}) is not None
    with pytest.raises(TooLong) as refused:
        read_answer(item, {part: ["x" * (most + 1)]})

    assert refused.value.values == {"length": most + 1, "most": most}


def test_a_line_end_counts_as_one_character_as_it_does_in_her_browser():
    assert read_answer(OPEN, {"": ["a\r\n" * (MOST_TEXT // 2 - 1) + "ab"]}) is not None


def test_the_right_sides_of_a_match_give_nothing_away_in_a_form():
    values = {option.id for option in shown_options(MATCH, 1)}
    assert values.isdisjoint({"line", "buffer", "camp"})
    assert len(values) == 3


def test_a_match_is_read_by_what_it_showed():
    kept_clear = next(option for option in shown_options(MATCH, 1) if option.text == {"en": "kept clear"})
    assert read_answer(MATCH, {"-line": [kept_clear.id], "-camp": [""]}) == {"pairs": {"line": "buffer"}}


@pytest.mark.parametrize("item", EACH, ids=_named)
def test_no_answer_fills_no_form(item):
    assert write_fields(item, None) == {}


@pytest.mark.parametrize(
    ("answer", "answered"),
    [
        (None, False),
        ({}, False),
        ({"chosen": []}, False),
        ({"chosen": ["a"]}, True),
        ({"positions": {}}, False),
        ({"positions": {"a": 1}}, True),
        ({"pairs": {"line": "camp"}}, True),
        ({"texts": ["", ""]}, False),
        ({"texts": ["", "two"]}, True),
        ({"text": ""}, False),
        ({"text": "x"}, True),
    ],
)
def test_an_answer_has_something_in_it(answer, answered):
    assert is_answered(answer) is answered


@pytest.mark.parametrize(
    "answer", [None, {}, {"chosen": []}, {"positions": {}}, {"pairs": {}}, {"texts": [""]}, {"text": ""}]
)
@pytest.mark.parametrize("item", CLOSED, ids=_named)
def test_no_answer_scores_nothing(item, answer):
    assert _points(item, answer) == 0


@pytest.mark.parametrize(("item", "right"), [(SINGLE, "b"), (SCENARIO, "c"), (STATEMENT, "false")])
def test_one_choice_is_right_or_not(item, right):
    for option in item.options:
        assert _points(item, {"chosen": [option.id]}) == (MARK if option.id == right else 0)


@pytest.mark.parametrize(
    "chosen", [["a"], ["a", "c"], ["a", "c", "e", "b"], ["b"], ["a", "b", "c", "d", "e"], ["a", "c", "gone"]]
)
def test_without_partial_credit_all_of_the_key_and_no_other_is_right(chosen):
    assert _points(MULTIPLE, {"chosen": chosen}) == 0
    assert _points(MULTIPLE, {"chosen": ["a", "c", "e"]}) == MARK


@pytest.mark.parametrize(
    ("chosen", "points"),
    [
        ("ace", 100), ("ac", 66), ("a", 33), ("ab", 0), ("aceb", 66), ("abcde", 33), ("b", 0), ("bd", 0), ("abd", 0),
        ("acb", 33), ("acbd", 0),
    ],
)  # fmt: skip
def test_with_partial_credit_wrong_choices_take_away_from_right_ones(chosen, points):
    assert _points(IN_PART, {"chosen": list(chosen)}) == points


@pytest.mark.parametrize(
    "positions",
    [
        {"c": 1, "a": 2, "d": 3},
        {"c": 1, "a": 2, "d": 3, "b": 3},
        {"a": 1, "b": 2, "c": 3, "d": 4},
        {"c": 1, "a": 2, "d": 3, "b": 4, "gone": 5},
    ],
)
def test_an_order_is_right_as_a_whole_or_not_at_all(positions):
    assert _points(ORDER, {"positions": positions}) == 0
    assert _points(ORDER, {"positions": {"c": 1, "a": 2, "d": 3, "b": 4}}) == MARK


@pytest.mark.parametrize(
    ("pairs", "whole", "in_part"),
    [
        ({"line": "line", "buffer": "buffer", "camp": "camp"}, 100, 100),
        ({"line": "line", "buffer": "buffer"}, 0, 66),
        ({"line": "line", "buffer": "camp", "camp": "buffer"}, 0, 33),
        ({"line": "camp", "buffer": "line", "camp": "buffer"}, 0, 0),
        ({"line": "camp", "buffer": "camp", "camp": "camp"}, 0, 33),
        ({"line": "gone"}, 0, 0),
    ],
)
def test_a_match_is_right_as_a_whole_or_by_pairs(pairs, whole, in_part):
    assert _points(MATCH, {"pairs": pairs}) == whole
    assert _points(MATCH_IN_PART, {"pairs": pairs}) == in_part


def test_two_right_sides_with_one_wording_may_be_exchanged():
    item = _item("match", pairs=[*PAIRS, {"id": "zone", "left": {"en": "Zone"}, "right": {"en": "kept clear"}}])
    assert _points(item, {"pairs": {"line": "line", "buffer": "zone", "camp": "camp", "zone": "buffer"}}) == MARK


RIGHT_PAIRS = [
    ("immediate objective", "wider purpose"),
    ("Wider purpose.", "The immediate objective"),
    ("violence stopped", "the wider aim"),
    ("Fighting stopped, as promised!", "UNDERLYING PURPOSE"),
    ("objectif immediat", "Finalité sous‑jacente"),
    ("L'objectif immédiat", "wider purpose"),
    ("الهدف المباشر", "الغرض الاوسع"),
    ("هدف مباشر", "غرض أساسي"),
    ("الغَرَضُ الأَوسَع", "توقّف العنف"),
    ("immediate objective", "الغرض الأساسي"),
]
WRONG_PAIRS = [
    ("immediate objective", "violence stopped"),
    ("immediate objective", "immediate objective"),
    ("immediate objective", "الهدف المباشر"),
    ("immediate objective", "peace"),
    ("immediate objective", ""),
    ("", "wider purpose"),
    ("immediate objective wider purpose", "x"),
]


@pytest.mark.parametrize("texts", RIGHT_PAIRS)
def test_two_accepted_answers_count_in_any_order_and_language(texts):
    assert _points(TWO, {"texts": list(texts)}) == _points(TWO_IN_PART, {"texts": list(texts)}) == MARK


@pytest.mark.parametrize("texts", WRONG_PAIRS)
def test_one_accepted_answer_said_twice_or_alone_is_half(texts):
    assert _points(TWO, {"texts": list(texts)}) == 0
    assert _points(TWO_IN_PART, {"texts": list(texts)}) == (0 if texts[1] == "x" else 50)


def test_a_text_that_fits_two_answers_gives_way_to_one_that_fits_one():
    item = _item("short", accepted=[{"en": ["red", "blue"]}, {"en": ["red"]}], fields=2)
    assert _points(item, {"texts": ["red", "blue"]}) == _points(item, {"texts": ["blue", "red"]}) == MARK


def test_any_of_more_accepted_answers_will_do():
    colours = [{"en": [colour]} for colour in ("red", "blue", "green", "white")]
    item = _item("short", accepted=colours, fields=2, partial=True)
    assert _points(item, {"texts": ["white", "blue"]}) == MARK
    assert _points(item, {"texts": ["white", "white"]}) == 50


@pytest.mark.parametrize("text", ["2,855", "2855", "2 855", "2\u202f855", "٢٨٥٥", "٢٬٨٥٥", "۲۸۵۵", "2.855", "2855."])
def test_an_accepted_number_counts_however_it_is_written(text):
    assert _points(COUNT, {"texts": [text]}) == MARK


@pytest.mark.parametrize("text", ["2856", "285", "2.85", "two thousand eight hundred and fifty-five", "28 55"])
def test_number_words_count_only_where_they_are_listed(text):
    assert _points(COUNT, {"texts": [text]}) == 0


@pytest.mark.parametrize(
    "text",
    [
        "8 January 2019", "8 Jan 2019", "2019-01-08", "January 8, 2019", "8 janvier 2019", "08/01/2019", "8.1.2019",
        "8 كانون الثاني 2019", "٨ يناير ٢٠١٩", "8 جانفي 2019", "٢٠١٩-٠١-٠٨",
    ],
)  # fmt: skip
def test_an_accepted_day_counts_in_every_form(text):
    assert _points(LAST_DAY, {"texts": [text]}) == MARK


@pytest.mark.parametrize(
    "text", ["7 January 2019", "8 January", "2019-01-07", "01/08/2019", "8 كانون الأول 2019", "8 Jan 19"]
)
def test_another_day_does_not_count(text):
    assert _points(LAST_DAY, {"texts": [text]}) == 0


@pytest.mark.parametrize("text", ["?", "…", "-", "٫"])
def test_marks_alone_never_count(text):
    item = _item("short", accepted=[{"en": ["?"]}])
    assert _points(item, {"texts": [text]}) == 0


@pytest.mark.parametrize(
    "text",
    [
        "1953-07-27",
        "27 July 1953",
        "July 27, 1953",
        "27 juillet 1953",
        "٢٧ تموز/يوليو ١٩٥٣",
        "27 يوليه 1953",
        "27.7.1953",
    ],
)
def test_a_day_may_be_written_in_any_language(text):
    assert _points(DAY, {"text": text}) == MARK


@pytest.mark.parametrize(
    "text", ["1953-07-28", "28 July 1953", "27 June 1953", "27 حزيران 1953", "1953", "27/7/53", "x"]
)
def test_another_day_or_none_is_wrong(text):
    assert _points(DAY, {"text": text}) == 0


@pytest.mark.parametrize("text", ["16.7", "16,7", "١٦٫٧", "16.6", "16.8", "16.7 %", "16.70", "16.65", "+16.7"])
def test_a_number_within_the_tolerance_is_right(text):
    assert _points(NUMBER, {"text": text}) == MARK


@pytest.mark.parametrize(
    "text", ["16.59", "16.81", "16.800000000000000000000000000000001", "167", "-16.7", "sixteen", "1.67"]
)
def test_a_number_outside_the_tolerance_is_wrong(text):
    assert _points(NUMBER, {"text": text}) == 0


@pytest.mark.parametrize("text", ["306,000", "306.000", "306 000", "306000", "٣٠٦٬٠٠٠", "٣٠٦،٠٠٠", "306000.0"])
def test_a_number_that_can_be_read_in_two_ways_is_right_if_one_is(text):
    assert _points(EXACT, {"text": text}) == MARK


@pytest.mark.parametrize("text", ["306", "305,999", "306,001", "306000.5"])
def test_without_tolerance_only_the_number_is_right(text):
    assert _points(EXACT, {"text": text}) == 0


@pytest.mark.parametrize("seed", range(40))
def test_an_order_is_never_shown_already_in_order(seed):
    assert [option.id for option in shown_options(ORDER, seed)] != ["c", "a", "d", "b"]


@pytest.mark.parametrize("seed", range(10))
def test_an_order_of_two_is_always_shown_the_wrong_way_round(seed):
    item = _item("order", options=_options("a", "b"), key=["a", "b"])
    assert [option.id for option in shown_options(item, seed)] == ["b", "a"]


def test_an_order_may_be_shown_in_every_other_order():
    shown = {"".join(option.id for option in shown_options(ORDER, seed)) for seed in range(600)}
    assert len(shown) == 23


def test_choices_are_shown_in_every_order():
    assert len({tuple(option.id for option in shown_options(SINGLE, seed)) for seed in range(200)}) == 6


def test_questions_of_one_attempt_are_shuffled_each_in_its_own_way():
    body = {"text": IN_ALL, "options": _options(*"abcdef"), "key": "a"}
    twins = [read_item(f"m9-q{number}", "single", body) for number in range(9)]
    assert len({tuple(option.id for option in shown_options(item, 7)) for item in twins}) > 6


@pytest.mark.parametrize("seed", range(5))
def test_true_stands_before_false(seed):
    assert [option.text["en"] for option in shown_options(STATEMENT, seed)] == ["True", "False"]


def test_the_left_sides_of_a_match_stand_as_written():
    assert isinstance(MATCH, Matching)
    assert [(option.id, option.text["en"]) for option in MATCH.lefts] == [
        ("line", "Line of control"),
        ("buffer", "Buffer zone"),
        ("camp", "Cantonment"),
    ]


@pytest.mark.parametrize("item", [TWO, ONE, DAY, NUMBER, OPEN], ids=_named)
def test_where_something_is_typed_there_are_no_options(item):
    assert shown_options(item, 1) == []


def test_short_answers_have_a_part_of_the_form_for_each_field():
    assert isinstance(TWO, Short)
    assert TWO.parts == ["-1", "-2"]


def test_the_order_shown_stays_the_same_in_later_releases():
    assert [option.id for option in shown_options(MULTIPLE, 1)] == ["d", "a", "c", "b", "e"]


def test_a_right_choice_is_told_by_its_wording_in_her_language_or_the_first_there_is():
    assert right_answer(SINGLE, "fr") == [Line(told=Told("Choix b", "fr"))]
    assert right_answer(SINGLE, "ar") == [Line(told=Told("Option b", "en"))]


def test_true_and_false_are_told_in_words():
    assert right_answer(STATEMENT, "fr") == [Line(told=Told("Faux", "fr"))]
    assert given_answer(STATEMENT, {"chosen": ["true"]}, "ar") == [Line(told=Told("صواب", "ar"), right=False)]


def test_an_order_is_told_with_its_places():
    assert [(line.place, line.told.text) for line in right_answer(ORDER, "en")] == [
        (1, "Option c"),
        (2, "Option a"),
        (3, "Option d"),
        (4, "Option b"),
    ]


def test_an_order_she_gave_is_told_as_far_as_it_goes():
    lines = given_answer(ORDER, {"positions": {"b": 4, "c": 2, "gone": 1}}, "en")
    assert lines == [
        Line(told=Told("Option c", "en"), place=2, right=False),
        Line(told=Told("Option b", "en"), place=4, right=True),
    ]


def test_a_match_is_told_by_both_sides():
    left, right = Told("Line of control", "en"), Told("of actual holding", "en")
    assert right_answer(MATCH, "en")[0] == Line(told=right, left=left)
    assert given_answer(MATCH, {"pairs": {"line": "line"}}, "fr") == [Line(told=right, left=left, right=True)]
    assert given_answer(MATCH, {"pairs": {"line": "gone"}}, "fr") == []


def test_short_answers_are_told_by_their_first_wording():
    assert [line.told for line in right_answer(TWO, "fr")] == [
        Told("l’objectif immédiat", "fr"),
        Told("la finalité sous-jacente", "fr"),
    ]


def test_what_she_typed_is_told_as_typed_and_in_no_language():
    assert given_answer(TWO, {"texts": ["peace", "Wider aim."]}, "en") == [
        Line(told=Told("peace", ""), right=False),
        Line(told=Told("Wider aim.", ""), right=True),
    ]
    assert given_answer(DAY, {"text": "27.7.1953"}, "en") == [Line(told=Told("27.7.1953", ""), right=True)]


@pytest.mark.parametrize(("item", "answer"), [(OPEN, {"text": "words"}), (BY_HAND, {"texts": ["words"]})])
def test_what_a_person_marks_is_told_as_neither_right_nor_wrong(item, answer):
    assert given_answer(item, answer, "en") == [Line(told=Told("words", ""))]


def test_days_and_numbers_are_told_raw_for_the_page_to_write():
    assert right_answer(DAY, "ar") == [Line(day=date(1953, 7, 27))]
    assert right_answer(NUMBER, "ar") == [Line(number=Decimal("16.7"))]


def test_free_writing_has_no_right_answer():
    assert right_answer(OPEN, "en") == []


@pytest.mark.parametrize("item", EACH, ids=_named)
def test_nothing_given_is_told_as_nothing(item):
    assert given_answer(item, None, "en") == []


TEXTS = st.text(max_size=60).filter(lambda text: "\r" not in text)


def _some_of(values: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(st.sampled_from(values), unique=True).map(lambda some: {"": some})


def _forms(item: Item) -> st.SearchStrategy[dict[str, Any]]:
    """Forms that our pages can send for a question."""
    values = [option.id for option in shown_options(item, 1)]
    match item.kind:
        case Kind.MULTIPLE:
            return _some_of(values)
        case Kind.SINGLE | Kind.SCENARIO | Kind.TRUEFALSE:
            return st.sampled_from(["", *values]).map(lambda one: {"": [one]})
        case Kind.ORDER:
            parts, filled = values, ["", *map(str, range(1, len(values) + 1))]
        case Kind.MATCH:
            parts, filled = [option.id for option in item.lefts], ["", *values]
        case Kind.SHORT:
            return st.fixed_dictionaries({part: st.tuples(TEXTS) for part in item.parts})
        case _:
            return st.fixed_dictionaries({"": st.tuples(TEXTS)})
    return st.fixed_dictionaries({f"-{part}": st.sampled_from(filled).map(lambda one: [one]) for part in parts})


@given(st.data(), st.sampled_from(EACH))
def test_what_a_form_says_fills_the_same_form_again(data, item):
    answer = read_answer(item, data.draw(_forms(item)))
    assert read_answer(item, write_fields(item, answer)) == answer
    assert is_answered(answer) == (answer is not None)


@given(st.data(), st.sampled_from(EACH))
def test_an_answer_survives_json(data, item):
    answer = read_answer(item, data.draw(_forms(item)))
    assert json.loads(json.dumps(answer)) == answer


@given(st.data(), st.sampled_from(CLOSED))
def test_a_score_lies_between_nothing_and_the_mark(data, item):
    result = score(item, read_answer(item, data.draw(_forms(item))))
    assert result is not None
    assert 0 <= result.points <= result.of == MARK


@given(st.data(), st.sampled_from(CLOSED))
def test_the_whole_mark_means_that_every_line_is_right(data, item):
    answer = read_answer(item, data.draw(_forms(item)))
    if _points(item, answer) == MARK:
        assert all(line.right for line in given_answer(item, answer, "en"))


@given(st.data(), st.sampled_from(EACH))
def test_parts_that_are_not_there_are_refused_or_blank(data, item):
    fields = data.draw(st.dictionaries(st.sampled_from(["-none", "x", "-99"]), st.lists(TEXTS, max_size=2), min_size=1))
    if any(value.strip() for values in fields.values() for value in values):
        with pytest.raises(NotAnAnswer):
            read_answer(item, fields)
    else:
        assert read_answer(item, fields) is None


@given(st.sampled_from(EACH), st.integers())
def test_options_shown_are_all_options_once_and_the_same_for_the_same_seed(item, seed):
    shown = shown_options(item, seed)
    assert shown == shown_options(item, seed)
    assert sorted(option.id for option in shown) == sorted(option.id for option in shown_options(item, 0))


@given(st.sampled_from(EACH), st.integers())
def test_every_option_shown_can_be_sent(item, seed):
    for option in shown_options(item, seed):
        part = {Kind.ORDER: f"-{option.id}"}.get(item.kind, "")
        if isinstance(item, Matching):
            part = f"-{item.lefts[0].id}"
        assert read_answer(item, {part: ["1" if item.kind is Kind.ORDER else option.id]}) is not None
