"""Who sees what of mine, and my place as others see it."""

import pytest

from lms.safety.matrix import Sight, matrix
from tests.client import Visitor


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_the_table_says_what_the_matrix_says(as_participant, lang):
    page = as_participant.get("sight.who_sees", lang=lang)
    assert page.text.count("<tr>") == 1 + 9


def test_her_name_in_the_course_stands_there_and_her_legal_name_does_not(as_participant, cast):
    words = as_participant.get("sight.who_sees").words()
    assert "Cedar" in words and "Kanaria" not in words


@pytest.mark.parametrize("viewer", ["participant", "facilitator", "coordinator", "safety", "partner"])
def test_the_preview_shows_a_line_for_each_thing_that_this_viewer_gets(as_participant, viewer):
    page = as_participant.get("sight.who_sees", **{"as": viewer})
    preview = page.text.split('aria-labelledby="preview"')[1]
    seen = [
        column
        for column, cell in matrix()[viewer].items()
        if column not in ("alias", "presence", "application") and cell.given("nominee") is not Sight.NOTHING
    ]
    assert preview.count("<dt>") == len(seen) + 1


def test_another_word_in_the_address_is_the_first_viewer(as_participant):
    assert "Other participants" in as_participant.get("sight.who_sees", **{"as": "admin"}).words()


def test_whoever_takes_part_in_nothing_has_the_table_too(app, cast):
    assert "Who sees what of mine" in Visitor(app).signed_in(cast.stranger).get("sight.who_sees").words()
