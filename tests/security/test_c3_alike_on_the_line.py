"""C3: who watches the line learns nothing of an answer from sizes: right and wrong ones are received alike, and nothing
is sent for each key that is pressed.
"""

import re

import pytest

from lms.kernel.ids import new_id
from tests.cast import LANGUAGES
from tests.client import Visitor
from tests.journeys.answering import expect_saved, resume

ANSWERS = {1: ("b", "a"), 2: ("a", "b"), 3: ("truce", "grace")}
"""Of each question of the quiz a right and a wrong answer that are as long as each other."""

KEYS = "Two villages stopped shooting at noon. "


def save(app, member, lang, number, said, *, as_script):
    """Answer one question in a quiz that was just begun; what is sent and what comes back, by their length."""
    visitor, task = Visitor(app).signed_in(member), app.extensions["quiz"]
    visitor.client.get(f"/{lang}/today")
    page = visitor.get("tasks.question", task_id=task, number=number, lang=lang)
    field = next((name for name in page.fields if name.startswith(f"q{number}")), f"q{number}")
    data = {**page.fields, field: said, f"op{number}": str(new_id()), "go": "stay"}
    headers = {"Accept": "application/json"} if as_script else {}
    answer = visitor.client.post(f"/{lang}/t/{task}/q/{number}/save", data=data, headers=headers)
    assert answer.status_code in (200, 302), answer.text
    return len(said), answer.status_code, len(answer.data), sizes(answer), answer.location


def sizes(answer):
    return {name: len(value) for name, value in answer.headers if name != "Set-Cookie"}


@pytest.fixture
def begun(app, cast, monkeypatch):
    """A quiz that Cedar has begun."""
    monkeypatch.setitem(app.extensions, "quiz", cast.nodes["m1-quiz"])
    Visitor(app).signed_in(cast.cedar).post("tasks.start", task_id=cast.nodes["m1-quiz"])


@pytest.mark.parametrize("as_script", [True, False], ids=["script", "form"])
@pytest.mark.parametrize("number", ANSWERS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_right_answer_is_received_like_a_wrong_one(app, cast, begun, lang, number, as_script):
    right, wrong = ANSWERS[number]
    first = save(app, cast.cedar, lang, number, right, as_script=as_script)
    second = save(app, cast.cedar, lang, number, wrong, as_script=as_script)
    third = save(app, cast.cedar, lang, number, right, as_script=as_script)
    assert first == third == second


def test_every_question_of_a_page_is_asked_for_at_once_and_none_when_it_is_looked_at(app, cast, begun):
    """The next question comes from the page: that she goes on, and how fast, is not on the line."""
    page = Visitor(app).signed_in(cast.cedar).get("tasks.all_questions", task_id=cast.nodes["m1-quiz"])
    assert len(set(re.findall(r'data-number="(\d+)"', page.text))) == 3


@pytest.mark.browser
def test_nothing_is_sent_while_she_types_and_one_request_when_she_stops(open_browser, live):
    account = live.school.newcomer("en")
    with open_browser() as surfer:
        resume(surfer, account, "en", live.school.memo)
        sent = []
        surfer.page.on("request", lambda request: sent.append(request.method))
        surfer.page.locator("#q1").evaluate(
            """(field, keys) => {
              for (const key of keys) {
                field.value += key;
                field.dispatchEvent(new InputEvent('input', {bubbles: true, data: key}));
              }
            }""",
            KEYS,
        )
        assert sent == []
        expect_saved(surfer)
        surfer.page.wait_for_function("() => !document.querySelector('form .save').className.includes('device')")
        surfer.page.wait_for_timeout(3_000)
        assert sent == ["POST"]
