import pytest

from lms.courses.errors import IdMeantSomethingElse
from lms.courses.rules import NodeKind, Told, check_kinds, pick_language, tell

from .versions import VERSION

BEFORE = [("m1", NodeKind.MODULE), ("m1-words", NodeKind.LESSON)]


@pytest.mark.parametrize(("wanted", "expected"), [("ar", "ar"), ("en", "en"), ("fr", "en"), ("de", "en")])
def test_a_reader_gets_her_language_where_there_is_one_else_the_first_required(wanted, expected):
    assert pick_language(wanted, {"ar", "en"}, ["en"]) == expected


def test_a_version_knows_what_its_ids_name():
    assert VERSION.kinds() == {
        "m1": NodeKind.MODULE,
        "m2": NodeKind.MODULE,
        "m1-words": NodeKind.LESSON,
        "m1-types": NodeKind.LESSON,
        "m1-memo": NodeKind.TASK,
        "m1-check": NodeKind.TASK,
        "m2-quiz": NodeKind.TASK,
        "m1-q1": NodeKind.ITEM,
        "m1-q2": NodeKind.ITEM,
        "m2-q1": NodeKind.ITEM,
        "m1-r1": NodeKind.RUBRIC,
        "m2-r1": NodeKind.RUBRIC,
    }


def test_ids_may_come_and_go():
    check_kinds(BEFORE, {"m2": NodeKind.MODULE, "m1-words": NodeKind.LESSON})


def test_an_id_never_names_something_else():
    with pytest.raises(IdMeantSomethingElse) as refused:
        check_kinds(BEFORE, {"m1-words": NodeKind.MODULE})

    assert "named a lesson in an earlier version and cannot name a module" in str(refused.value)


def test_a_title_is_told_in_the_readers_language_or_says_which_it_is_in():
    title = {"en": "Words", "fr": "Mots"}
    assert tell(title, "fr", ["en"]) == Told("Mots", "fr")
    assert tell(title, "ar", ["en"]) == Told("Words", "en")
