import pytest
from flask import g
from flask_babel import force_locale
from jinja2 import ChoiceLoader, DictLoader

from lms.accounts.models import Person
from lms.accounts.rules.preferences import Digits
from lms.kernel.db import db
from lms.web import pieces
from tests.client import Visitor

TEMPLATE = '{{ _("Sources") }} {{ name }} {{ year|iso_date }} {{ reader is defined }}'


@pytest.fixture
def draw(app):
    """Draws a piece for a reader; what it was drawn from is noted."""
    app.jinja_env.loader = ChoiceLoader([DictLoader({"piece.html": TEMPLATE}), app.jinja_env.loader])
    asked = []

    def values(name):
        asked.append(name)
        return {"name": name, "year": "2027"}

    def drawn(of, name="<Oak>", lang="en", digits="latn"):
        with app.test_request_context(f"/{lang}/"), force_locale(lang):
            g.digits = digits
            return pieces.drawn_once("piece.html", of, lambda: values(name))

    drawn.asked = asked
    return drawn


def test_a_piece_is_drawn_once_escaped_and_sees_nobody_who_reads(draw):
    assert draw(1) == draw(1) == "Sources &lt;Oak&gt; 2027 False"
    assert draw.asked == ["<Oak>"]


def test_each_language_each_kind_of_digits_and_each_thing_has_its_own(draw):
    assert "2027" in draw(1)
    assert draw(1, lang="ar").split()[0] == "المصادر" and "٢" not in draw(1, lang="ar")
    assert "٢" in draw(1, lang="ar", digits="arab")
    assert draw(2, name="Elm") != draw(1)


def test_no_more_are_kept_than_fit(draw, monkeypatch):
    monkeypatch.setattr(pieces, "MOST_KEPT", 2)
    for name in "ABCCA":
        draw(name, name)
    assert "".join(draw.asked) == "ABCA"


def test_two_readers_of_a_lesson_each_get_their_digits(app, as_participant, cast):
    def lesson(visitor):
        return visitor.get("modules.lesson", lang="ar", lesson_id=cast.nodes["m1-words"]).text

    assert "2026" in lesson(as_participant) and "٢٠٢٦" not in lesson(as_participant)
    with app.app_context():
        db.session.get_one(Person, cast.nour.id).digits = Digits.ARABIC
        db.session.commit()
    other = Visitor(app).signed_in(cast.nour)
    assert "٢٠٢٦" in lesson(other) and "٢٠٢٦" not in lesson(as_participant)
