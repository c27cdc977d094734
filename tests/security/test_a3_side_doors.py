"""A3: that somebody is here is not told by side doors: what is looked for, typed, counted or taken already.

Each word about Cedar is typed by another participant into every query of every address and every text box that is hers
to fill in. The answer must be the one to a word of the same shape that means nothing.
"""

import ast
import re
import string
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict

from lms.kernel.db import db
from tests.assessments.screen import forms_of
from tests.security.routes import DRAWN_ANEW, every_address, ids_of, settled

LMS = Path(__file__).parents[2] / "lms"
LEFT_OUT = ("/sign-out", "/sessions/lost", "/sessions/travel", "/enrol")
"""Forms with nothing typed in them that end her session; and codes, which are no words about anybody."""


def names_of_queries():
    """Every name that the source reads from the query of an address."""
    return sorted({name for path in LMS.rglob("*.py") for name in _names_in(ast.parse(path.read_text()))})


def _names_in(tree):
    for node in ast.walk(tree):
        is_read = isinstance(node, ast.Call) and ast.unparse(node.func) in ("request.args.get", "request.values.get")
        if is_read and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value


def nonsense(word):
    """A word of the same shape that means nothing: each letter is another, each digit too."""
    letters = string.ascii_lowercase
    turned = str.maketrans(
        letters + letters.upper() + string.digits,
        letters[1:] + "a" + letters[1:].upper() + "A" + string.digits[1:] + "0",
    )
    return (
        re.sub("[g-z](?=[0-9a-f]{2,}-|[0-9a-f]*$)", "b", word.translate(turned))
        if is_id(word)
        else word.translate(turned)
    )


def is_id(word):
    return re.fullmatch(r"[0-9a-f-]{36}", word) is not None


@pytest.fixture
def words(app, scene):
    """What another might look for: names, contact, aliases, what she wrote, and the ids of what is hers."""
    ids = ids_of(app, scene.cast.cedar.id)
    hers = [str(one) for name in ("enrolment_id", "person_id", "submission_id", "report") for one in ids[name][:1]]
    return [*scene.all_of("cedar"), scene.cast.cedar.login, *hers]


@pytest.fixture
def nour(looking_as):
    """A participant of the same cohort and of another group."""
    visitor = looking_as("nour")
    visitor.client.get("/en/")
    return visitor


@pytest.fixture
def undone(app):
    """What is done inside leaves nothing: two acts begin with the same database."""

    @contextmanager
    def doing():
        with app.app_context():
            point = db._app_engines[app][None].begin_nested()
        try:
            yield
        finally:
            point.rollback()

    return doing


def opened(app, scene, visitor):
    """Every page that opens for her, with what it answers."""
    answers = {path: visitor.client.get(path) for _, path in every_address(app, ids_of(app, *scene.numbers))}
    return {
        path: answer for path, answer in answers.items() if answer.status_code == 200 and not path.endswith(DRAWN_ANEW)
    }


def test_a_word_of_the_same_shape_is_another_word():
    assert nonsense("Kanaria Cedar-9 a@b.example") == "Lbobsjb Dfebs-0 b@c.fybnqmf"
    one = "0f3a2b1c-9d8e-4f70-a1b2-c3d4e5f60718"
    assert is_id(nonsense(one)) and nonsense(one) != one


def test_every_query_of_every_page_says_the_same_to_her_name_and_to_none(app, scene, nour, words):
    names, differ = names_of_queries(), []
    pages = opened(app, scene, nour)
    for path in pages:
        for word in words:
            both = [
                settled(nour.client.get(path, query_string=dict.fromkeys(names, one)), one, *quoted(one))
                for one in (word, nonsense(word))
            ]
            if both[0] != both[1]:
                differ.append((path, word))
    assert differ == [] and len(pages) > 20 and len(names) > 12


def quoted(word):
    """How a word may come back in an address."""
    return {word.replace(" ", "+"), word.replace(" ", "%20"), word.replace("@", "%40")} - {word}


def boxes(app, scene, visitor):
    """Every form that is open to her and has something to type in it, once."""
    found = {}
    for path, answer in opened(app, scene, visitor).items():
        for form in forms_of(answer):
            where = form.action or path
            if form.texts and not where.endswith(LEFT_OUT):
                found.setdefault(re.sub(r"[0-9a-f-]{36}", "id", where), (where, form))
    return dict(found.values())


def fill(form, word):
    """Type one word into every box, and leave the rest as it stands."""
    data = MultiDict(form.sent)
    for name in form.texts:
        data[name] = word
    return data


def test_every_box_of_every_form_says_the_same_to_her_name_and_to_none(app, scene, nour, words, undone):
    forms, differ = boxes(app, scene, nour), []
    for path, form in forms.items():
        for word in words:
            if word == "cedar" and path.endswith("/passphrase"):
                continue  # a name that is taken is told to whoever chooses one: tests/accounts/test_factors.py
            both = []
            for one in (word, nonsense(word)):
                with undone():
                    answer = nour.client.post(path, data=fill(form, one))
                    both.append(settled(answer, one, *quoted(one)))
            if both[0] != both[1]:
                differ.append((path, word))
    assert differ == [] and len(forms) > 5


def test_nobody_counts_people_for_a_participant(app, scene, nour):
    """There is no list, no total and no average of others on any page of hers: none changes with how many there are."""
    before = {path: settled(answer) for path, answer in opened(app, scene, nour).items()}
    with app.app_context():
        scene.desk.fill(4)
        db.session.remove()
    after = {path: settled(answer) for path, answer in opened(app, scene, nour).items()}
    assert {path for path in before if before[path] != after[path]} == set() and len(before) > 20


def test_an_observer_is_told_no_number_of_fewer_than_five(app, scene, looking_as):
    """She has no page of any cohort yet: what she opens is what everybody opens who takes part in nothing."""
    observer, stranger = (looking_as(name) for name in ("observer", "stranger"))
    for visitor in (observer, stranger):
        visitor.client.get("/en/")
    assert set(opened(app, scene, observer)) == set(opened(app, scene, stranger))
