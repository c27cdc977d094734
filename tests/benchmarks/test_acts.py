"""Acts against answers that are written down: the right ones pass, each wrong one is refused."""

import asyncio
import json
from urllib.parse import parse_qsl

import pytest

from benchmarks import acts
from benchmarks.acts import BY_NAME, Course, Draft, Visitor, WrongPage, read_paper
from benchmarks.client import Answer, Browser
from tests.benchmarks.lines import Written, page, to

COURSE = Course(
    pages={"today": "/today", "quiz": "/t/7", "assignment": "/t/8"},
    marks={"today": "The course", "quiz": "Sixteen questions", "assignment": "Your statement"},
)
ATTEMPT = "11111111-1111-1111-1111-111111111111"


def _questions(number: int, onwards: str, *, attempt: str = ATTEMPT) -> str:
    """Two questions as the product draws them: one choice, one order."""
    two = number + 1
    return (
        f'<form action="/en/t/7/q/{number}/save" data-work="quiz">'
        f'<input type="hidden" name="csrf_token" value="t"><input type="hidden" name="attempt" value="{attempt}">'
        f'<input type="radio" name="q{number}" value="a"><input type="radio" name="q{number}" value="b">'
        f'<input type="hidden" name="op{number}" value="o{number}"><input type="hidden" name="seq{number}" value="4">'
        f'<select id="q{two}-x" name="q{two}-x" class="place"><option value="">-</option><option value="1">1</option>'
        f'<option value="2">2</option></select><select id="q{two}-y" name="q{two}-y" class="place"></select>'
        f'<input type="hidden" name="op{two}" value="o{two}"><input type="hidden" name="seq{two}" value="1">'
        f'<button data-on="Save and next" data-last="Save" name="go" value="{onwards}"></button></form>'
    )


def _do(name: str, visitor: Visitor, *answers: Answer) -> list[bytes]:
    line = Written(*answers)
    visitor.browser.line = line
    asyncio.run(BY_NAME[name].do(visitor, COURSE))
    return line.asked


def _visitor() -> Visitor:
    return Visitor(browser=Browser(Written()), login="pool1", password="four plain words")


def _with_paper() -> Visitor:
    visitor = _visitor()
    visitor.paper = read_paper(_questions(1, "3"))
    return visitor


def test_every_act_of_the_issue_is_there() -> None:
    assert [act.name for act in acts.ACTS] == [
        "sign-in", "Today", "outline", "lesson", "quiz start", "save and next", "autosave", "hand-in",
        "queue", "mark", "gradebook", "participants", "dashboard",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [page("Sign in"), page("The course", status="503 Busy"), to("/en/sign-in")])
def test_a_page_without_its_mark_is_refused(wrong: Answer) -> None:
    _do("Today", _visitor(), page("<h1>The course</h1>"))
    with pytest.raises(WrongPage):
        _do("Today", _visitor(), wrong)


def test_signing_in_needs_a_session_and_leads_to_today() -> None:
    given = "Location: /en/today\r\nSet-Cookie: sid=abc; HttpOnly\r\n"
    visitor = _visitor()
    asked = _do("sign-in", visitor, page("", status="302 FOUND", headers=given))
    sent = dict(parse_qsl(asked[0].partition(b"\r\n\r\n")[2].decode()))
    assert (sent["login"], sent["password"]) == ("pool1", "four plain words")
    with pytest.raises(WrongPage):
        _do("sign-in", visitor, to("/en/today"))
    with pytest.raises(WrongPage):
        _do("sign-in", visitor, page("Wrong name or passphrase", headers="Set-Cookie: sid=abc\r\n"))


def test_saving_sends_what_the_page_holds_and_notes_what_was_acknowledged() -> None:
    visitor = _with_paper()
    asked = _do("save and next", visitor, to("/en/t/7/q/3"), page(_questions(3, "check")))
    assert parse_qsl(asked[0].partition(b"\r\n\r\n")[2].decode()) == [
        ("csrf_token", "t"), ("attempt", ATTEMPT), ("go", "3"),
        ("op1", "o1"), ("seq1", "4"), ("q1", "a"),
        ("op2", "o2"), ("seq2", "1"), ("q2-x", "1"), ("q2-y", "2"),
    ]  # fmt: skip
    assert {number: one.fields for (_, number), one in visitor.kept.items()} == {
        1: [("q1", "a")],
        2: [("q2-x", "1"), ("q2-y", "2")],
    }
    _do("save and next", visitor, to("/en/t/7/q/1"), page(_questions(1, "3")))
    assert visitor.kept[ATTEMPT, 3].fields == [("q3", "b")], "the next turn chooses something else"


@pytest.mark.parametrize(
    "answers",
    [
        [page(_questions(1, "3"), status="409 CONFLICT")],
        [to("/en/sign-in")],
        [to("/en/t/7/q/5")],
        [to("/en/t/7/q/3"), page("The site is not able to work right now", status="503 Busy")],
        [to("/en/t/7/q/3"), page(_questions(1, "3"))],
        [to("/en/t/7/q/3"), page(_questions(3, "5", attempt=ATTEMPT.replace("1", "2")))],
        [to("/en/t/7/q/3"), page("<h1>Sixteen questions</h1>")],
    ],
)
def test_a_save_that_leads_elsewhere_is_refused(answers: list[Answer]) -> None:
    with pytest.raises(WrongPage):
        _do("save and next", _with_paper(), *answers)


def test_what_was_refused_is_not_noted_as_acknowledged() -> None:
    visitor = _with_paper()
    with pytest.raises(WrongPage):
        _do("save and next", visitor, page("not now", status="503 Busy"))
    assert not visitor.kept


def test_handing_in_needs_a_receipt() -> None:
    visitor = _with_paper()
    visitor.check = {"csrf_token": "t", "op": "o"}
    _do("hand-in", visitor, to("/en/t/7/result?received=1"), page('<p id="received"><span class="code ltr">AB</span>'))
    assert not BY_NAME["hand-in"].is_ready(visitor)
    visitor.check = {"csrf_token": "t", "op": "o"}
    with pytest.raises(WrongPage):
        _do("hand-in", visitor, to("/en/t/7/result?received=1"), page("<h1>Sixteen questions</h1>"))


def test_an_autosave_stays_in_one_attempt() -> None:
    visitor = _visitor()
    visitor.draft = Draft(token="t", attempt="", sequence=1)
    _do("autosave", visitor, page(json.dumps({"text": "Saved", "attempt": ATTEMPT})))
    assert (visitor.draft.attempt, visitor.draft.sequence) == (ATTEMPT, 2)
    with pytest.raises(WrongPage):
        _do("autosave", visitor, page(json.dumps({"text": "Saved", "attempt": ATTEMPT.replace("1", "2")})))
    with pytest.raises(WrongPage):
        _do("autosave", visitor, page(json.dumps({"text": "Kept beside it"}), status="409 CONFLICT"))


def test_a_question_of_a_kind_that_cannot_be_answered_is_refused() -> None:
    with pytest.raises(WrongPage):
        read_paper(_questions(1, "3").replace('type="radio"', 'type="range"'))
