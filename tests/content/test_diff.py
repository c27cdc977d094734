"""What changed is told passage by passage, in plain text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.content.diff import moved, word_diff
from lms.content.errors import NotComparable
from lms.content.services import compare_packs

from .packs import AR, EN, FILES, FR, M1, changed, pack

FIGURE, SVG = f"{M1}/figures/three-designs.yaml", f"{M1}/figures/three-designs.svg"


def diff(new, old=FILES):
    return compare_packs(pack(old), pack(new))


def test_the_same_pack_has_no_differences():
    assert diff(FILES) == []


def test_a_changed_passage_shows_its_changed_words():
    assert diff(changed(EN, "No treaty defines it.", "No law defines it.")) == [
        f"lesson m1-words, en ({EN})",
        "  changed passage word-law",
        "    No [-treaty-]{+law+} defines it.[](source:guidance) An [Armistice](term:armistice) is **older**."
        "[](source:regulations)",
    ]


def test_an_added_and_a_removed_passage_are_shown_whole():
    new = changed(EN, "{#word-said}\n> Somebody said so.\n", "{#word-more}\nMore.\n\nto come\n")
    new = changed(EN, "\n\nto come", "", new)

    assert diff(new) == [
        f"lesson m1-words, en ({EN})",
        "  removed passage word-said",
        "    > Somebody said so.",
        "  added passage word-more",
        "    More.",
    ]


def test_a_moved_passage_is_not_shown_as_removed_and_added():
    new = changed(EN, "{#word-list}\n- one thing\n- another thing\n\n", "")
    new = changed(EN, "## One word", "{#word-list}\n- one thing\n- another thing\n\n## One word", new)

    assert diff(new) == [f"lesson m1-words, en ({EN})", "  moved passage word-list to after passage start"]


def test_a_passage_can_move_to_the_beginning():
    new = changed(EN, "{#word-said}\n> Somebody said so.\n", "")
    new = changed(EN, "{#start}", "{#word-said}\n> Somebody said so.\n\n{#start}", new)

    assert "  moved passage word-said to the beginning" in diff(new)


def test_titles_facts_and_sources_are_compared_by_name():
    new = changed(FR, "title: Ce que disent les mots", "title: Ce que les mots disent")
    new = changed(FR, "minutes: 8", "minutes: 9", new)
    new = changed(FR, "checked: 2026-11-01", "checked: 2026-12-01", new)

    assert diff(new) == [
        f"lesson m1-words, fr ({FR})",
        "  changed title",
        "    Ce que [-disent -]les mots{+ disent+}",
        "  changed minutes",
        "    [-8-]{+9+}",
        "  changed source guidance",
        "    title Guidance on Mediation; lang en; publisher A publisher; published 2022-09-14; url "
        "https://example.org/guidance; checked [-2026-11-01;-]{+2026-12-01;+} review 2027-11-01",
    ]


def test_figures_are_compared_by_words_and_drawing():
    new = changed(FIGURE, "What it shows.", "What it says.")
    new = changed(SVG, 'opacity=".2"', 'opacity=".3"', new)

    assert diff(new) == [
        f"figure three-designs ({FIGURE})",
        "  changed caption (en)",
        "    What it [-shows.-]{+says.+}",
        "  changed drawing",
    ]


def test_terms_items_and_rubrics_are_compared_by_id():
    new = changed("glossary.csv", "Stops fire.", "Ends fire.")
    new = changed(f"{M1}/items.yaml", "key: a", "key: b", new)
    new = changed(f"{M1}/rubrics.yaml", "weight: 60", "weight: 50", new)

    assert [line for line in diff(new) if not line.startswith("    ")] == [
        "term ceasefire (glossary.csv)",
        "  changed definition (en)",
        f"item m1-q1 ({M1}/items.yaml)",
        "  changed key",
        f"rubric m1-r1 ({M1}/rubrics.yaml)",
        "  changed criteria type weight",
    ]


def test_a_new_language_of_a_lesson_and_a_lost_module_are_named():
    new = {path: text for path, text in FILES.items() if not path.startswith("modules/02")}
    new = {**new, f"{M1}/lessons/01-words.es.md": FILES[EN]}

    assert diff(new) == [
        f"added lesson m1-words, es ({M1}/lessons/01-words.es.md)",
        "removed module m2 (modules/02-later/module.yaml)",
    ]


def test_a_renamed_file_is_still_the_same_lesson():
    new = {path.replace("01-words", "01-terms"): text for path, text in FILES.items()}

    assert f"  file {AR} is now {AR.replace('01-words', '01-terms')}" in diff(new)
    assert len(diff(new)) == 6


def test_a_change_of_layout_alone_is_said_to_be_one():
    assert diff(changed(EN, "{#start}", "\n{#start}")) == [f"{EN}: only its layout changed"]


def test_a_pack_with_faults_can_be_compared():
    assert len(diff(changed(EN, "minutes: 8", "minutes: 9"))) == 3


def test_a_pack_that_cannot_be_read_is_not_compared_by_halves():
    with pytest.raises(NotComparable, match="course.yaml cannot be read"):
        diff(changed("course.yaml", "title: {", "title: {{"))


words = st.text(st.sampled_from("ab \n"), max_size=30)


@given(words, words)
def test_the_new_and_the_old_text_can_be_read_from_a_word_diff(old, new):
    shown = word_diff(old, new)

    assert re.sub(r"\[-[^]]*-\]", "", shown).replace("{+", "").replace("+}", "") == new
    assert re.sub(r"\{\+[^}]*\+\}", "", shown).replace("[-", "").replace("-]", "") == old


names = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(names, names)
def test_what_did_not_move_keeps_its_order(old, new):
    gone = {name for name, _previous in moved(old, new)}
    stayed_old = [name for name in old if name in new and name not in gone]
    stayed_new = [name for name in new if name in old and name not in gone]

    assert stayed_old == stayed_new
