"""What people do: each act asks for pages as a browser does and looks in every answer for what only the right page has.

An act is one line of the table. Some need something first (an open attempt, a form at hand): `prepare` does that and is
not measured. Some use somebody up: an attempt is begun and handed in once; `is_ready` says who can still do it.
"""

import html
import json
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lms.kernel.ids import new_id

from .client import JSON, Answer, Browser, Fields

LANGUAGE = "en"
MOST_ATTEMPTS = 3
MOST_SAVES, MOST_AUTOSAVES = 24, 24
"""Of one person in one attempt, as a diligent one would: each step that she saved is kept and makes pages dearer."""

FLOOR_END = "the end of the floor"
"""What only a whole page of a floor has."""

WORDS = "The parties agree on a line and on who watches it. "


class WrongPage(Exception):
    """An answer without what only the right page has."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """What is walked through: addresses without language, and what only the right page has, by name of the page."""

    pages: Mapping[str, str]
    marks: Mapping[str, str]

    def address(self, page: str) -> str:
        """The address of a page."""
        return f"/{LANGUAGE}{self.pages[page]}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One question on a page: how it is answered, and what a save of it sends along."""

    number: int
    operation: str
    sequence: str
    kind: str
    parts: Mapping[str, Sequence[str]]
    """Names of fields, each with the values that can be chosen."""

    def answer(self, turn: int) -> list[tuple[str, str]]:
        """Another answer at each turn."""
        if self.kind == "order":
            places = len(self.parts)
            return [(name, str((place + turn) % places + 1)) for place, name in enumerate(self.parts)]
        return [(name, self._value(place + turn, values)) for place, (name, values) in enumerate(self.parts.items())]

    def _value(self, turn: int, values: Sequence[str]) -> str:
        if self.kind == "number":
            return str(turn)
        if self.kind == "date":
            return f"2020-05-{turn % 28 + 1:02}"
        return values[turn % len(values)] if values else f"answer {turn}"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A page of questions of an open attempt."""

    attempt: str
    token: str
    asked: Sequence[Asked]
    onwards: str


@dataclass(kw_only=True)
class Draft:
    """A text that is being written."""

    token: str
    attempt: str
    sequence: int
    saves: int = 0


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Of one question: what the server said that it keeps."""

    attempt: str
    number: int
    fields: Fields


@dataclass(kw_only=True)
class Visitor:
    """Somebody in front of a browser, and what lies on her screen."""

    browser: Browser
    login: str = ""
    password: str = ""
    paper: Paper | None = None
    draft: Draft | None = None
    check: dict[str, str] | None = None
    token: str = ""
    begun: int = 0
    saves: int = 0
    kept: dict[tuple[str, int], Kept] = field(default_factory=dict)
    """The last that was acknowledged, by attempt and number of the question."""


Step = Callable[[Visitor, Course], Coroutine[Any, Any, None]]


async def _nothing(visitor: Visitor, course: Course) -> None:
    """Nothing is needed first."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """One line of the table. requests: how many it sends; role: who does it; writes: it changes what is there.

    repeats: the same person does it again and again.
    """

    name: str
    role: str
    do: Step
    requests: int = 1
    prepare: Step = _nothing
    is_ready: Callable[[Visitor], bool] = lambda visitor: True
    writes: bool = False
    repeats: bool = False


def expect(answer: Answer, status: int, *marks: str, of: str) -> None:
    """Refuse what is not the page of this name. Raises WrongPage."""
    if answer.status != status:
        raise WrongPage(f"{of}: {answer.status} instead of {status}: {plain(answer)}")
    for mark in marks:
        if mark not in answer.text:
            raise WrongPage(f"{of}: without {mark!r}: {plain(answer)}")


def expect_target(answer: Answer, path: str, *, of: str) -> None:
    """Refuse what does not send to this address. Raises WrongPage."""
    if answer.status != 302 or answer.path != path:
        raise WrongPage(f"{of}: {answer.status} to {answer.path!r} instead of {path!r}: {plain(answer)}")


def plain(answer: Answer) -> str:
    """The first words of a page, for whoever reads about the fault."""
    text = re.sub(r"(?s)<(style|script|head)\b.*?</\1>|<[^>]+>", " ", answer.text)
    return " ".join(text.split())[:300]


def hidden(page: str, name: str) -> str:
    """The value of a hidden field. Raises WrongPage."""
    found = re.search(rf'name="{re.escape(name)}"[^>]* value="([^"]*)"', page)
    if found is None:
        raise WrongPage(f"no field {name} in the page")
    return html.unescape(found[1])


def reading(name: str, page: str, role: str) -> Act:
    """Opening a page."""

    async def do(visitor: Visitor, course: Course) -> None:
        expect(await visitor.browser.get(course.address(page)), 200, course.marks[page], of=name)

    return Act(name=name, role=role, do=do)


# Signing in


async def open_sign_in(visitor: Visitor, course: Course) -> None:
    """The form, with which one browser can sign in again and again."""
    if not visitor.token:
        page = await visitor.browser.get(f"/{LANGUAGE}/sign-in")
        expect(page, 200, 'name="password"', of="sign-in")
        visitor.token = hidden(page.text, "csrf_token")


async def sign_in(visitor: Visitor, course: Course) -> None:
    """Send name and passphrase from a browser in which nobody is signed in; the answer is a session and a way on."""
    for cookie in ("sid", "known"):
        visitor.browser.cookies.pop(cookie, None)
    fields = {"csrf_token": visitor.token, "login": visitor.login, "password": visitor.password}
    answer = await visitor.browser.post(f"/{LANGUAGE}/sign-in", fields)
    if answer.status not in (302, 303) or not answer.path.endswith("/today") or "sid" not in visitor.browser.cookies:
        raise WrongPage(f"sign-in: {answer.status} to {answer.path!r}: {plain(answer)}")


# The quiz

NUMBERED = re.compile(r'name="op(\d+)" value="([^"]+)"><input type="hidden" name="seq\d+" value="(\d+)"')
CHOICE = re.compile(r'<input type="(radio|checkbox)" name="q(\d+)" value="([^"]*)"')
SELECT = re.compile(r'<select [^>]*?name="(q(\d+)-[^"]+)"( class="place")?>(.*?)</select>', re.DOTALL)
TYPED = re.compile(r'<input id="[^"]*" name="(q(\d+)[^"]*)" class="w-m"([^>]*)>')
OPTION = re.compile(r'<option value="([^"]+)"')
ONWARDS = re.compile(r'<button data-on="[^>]*? name="go" value="(\d+|check)"')


def read_paper(page: str) -> Paper:
    """A page of questions. Raises WrongPage."""
    onwards = ONWARDS.search(page)
    numbered = NUMBERED.findall(page)
    if onwards is None or not numbered or 'data-work="quiz"' not in page:
        raise WrongPage("quiz: no page of questions")
    found: dict[str, tuple[str, dict[str, list[str]]]] = {}
    for kind, number, value in CHOICE.findall(page):
        found.setdefault(number, (kind, {}))[1].setdefault(f"q{number}", []).append(html.unescape(value))
    for name, number, is_place, options in SELECT.findall(page):
        kind = "order" if is_place else "match"
        found.setdefault(number, (kind, {}))[1][name] = [html.unescape(one) for one in OPTION.findall(options)]
    for name, number, rest in TYPED.findall(page):
        kind = "number" if "decimal" in rest else "date" if "aria-describedby" in rest else "short"
        found.setdefault(number, (kind, {}))[1][name] = []
    asked = [
        Asked(number=int(number), operation=operation, sequence=sequence, kind=found[number][0], parts=found[number][1])
        for number, operation, sequence in numbered
        if number in found
    ]
    if len(asked) != len(numbered):
        raise WrongPage("quiz: a question without fields")
    token, attempt = hidden(page, "csrf_token"), hidden(page, "attempt")
    return Paper(attempt=attempt, token=token, asked=asked, onwards=onwards[1])


async def open_quiz(visitor: Visitor, course: Course) -> None:
    """The front page, with the button that begins."""
    front = await visitor.browser.get(course.address("quiz"))
    expect(front, 200, course.marks["quiz"], f'action="{course.address("quiz")}/start"', of="quiz")
    visitor.token = hidden(front.text, "csrf_token")


async def start(visitor: Visitor, course: Course) -> None:
    """Begin an attempt, and read its first questions."""
    quiz = course.address("quiz")
    begun = await visitor.browser.post(f"{quiz}/start", {"csrf_token": visitor.token})
    expect_target(begun, f"{quiz}/q/1", of="quiz start")
    page = await visitor.browser.get(begun.target)
    expect(page, 200, f'action="{quiz}/q/1/save"', of="quiz start")
    visitor.paper = read_paper(page.text)
    visitor.begun, visitor.saves = visitor.begun + 1, 0


async def save_and_next(visitor: Visitor, course: Course) -> None:
    """Save the answers of a page, and read the next page; after the last one the first."""
    assert visitor.paper is not None
    onwards = "1" if visitor.paper.onwards == "check" else visitor.paper.onwards
    page = await save(visitor, course, onwards)
    attempt = visitor.paper.attempt
    visitor.paper = read_paper(page.text)
    if visitor.paper.attempt != attempt or visitor.paper.asked[0].number != int(onwards):
        raise WrongPage("save and next: another attempt or another question")


async def save_and_check(visitor: Visitor, course: Course) -> None:
    """Save the last page, and read all answers once more."""
    check = await save(visitor, course, "check")
    expect(check, 200, f'action="{course.address("quiz")}/check/hand-in"', of="check")
    visitor.check = {name: hidden(check.text, name) for name in ("csrf_token", "op")}


async def save(visitor: Visitor, course: Course, onwards: str) -> Answer:
    """Save the page at hand and open the page that this leads to. What was acknowledged is noted."""
    paper, quiz = visitor.paper, course.address("quiz")
    assert paper is not None
    fields = [("csrf_token", paper.token), ("attempt", paper.attempt), ("go", onwards)]
    answers = {one.number: one.answer(visitor.saves) for one in paper.asked}
    for one in paper.asked:
        fields += [(f"op{one.number}", one.operation), (f"seq{one.number}", one.sequence), *answers[one.number]]
    saved = await visitor.browser.post(f"{quiz}/q/{paper.asked[0].number}/save", fields)
    expect_target(saved, f"{quiz}/check" if onwards == "check" else f"{quiz}/q/{onwards}", of="save")
    for number, answer in answers.items():
        visitor.kept[paper.attempt, number] = Kept(attempt=paper.attempt, number=number, fields=answer)
    visitor.saves += 1
    page = await visitor.browser.get(saved.target)
    expect(page, 200, of="save")
    return page


async def prepare_paper(visitor: Visitor, course: Course) -> None:
    """An open attempt; a new one where the last was handed in."""
    if visitor.paper is None and visitor.begun < MOST_ATTEMPTS:
        await open_quiz(visitor, course)
        await start(visitor, course)


async def prepare_check(visitor: Visitor, course: Course) -> None:
    """The last look, from which is handed in."""
    await prepare_paper(visitor, course)
    check = await visitor.browser.get(f"{course.address('quiz')}/check")
    expect(check, 200, f'action="{course.address("quiz")}/check/hand-in"', of="check")
    visitor.check = {name: hidden(check.text, name) for name in ("csrf_token", "op")}


async def hand_in(visitor: Visitor, course: Course) -> None:
    """Hand in, and read the receipt."""
    assert visitor.check is not None
    quiz = course.address("quiz")
    done = await visitor.browser.post(f"{quiz}/check/hand-in", visitor.check)
    visitor.paper = visitor.check = None
    expect_target(done, f"{quiz}/result", of="hand-in")
    expect(await visitor.browser.get(done.target), 200, 'id="received"', '<span class="code ltr">', of="hand-in")


# The assignment


async def prepare_draft(visitor: Visitor, course: Course) -> None:
    """The page on which is written."""
    if visitor.draft is None:
        page = await visitor.browser.get(course.address("assignment"))
        expect(page, 200, course.marks["assignment"], 'data-work="text"', of="assignment")
        token, attempt, sequence = (hidden(page.text, name) for name in ("csrf_token", "attempt", "seq1"))
        visitor.draft = Draft(token=token, attempt=attempt, sequence=int(sequence))


async def autosave(visitor: Visitor, course: Course) -> None:
    """What the page sends by itself while she writes."""
    draft = visitor.draft
    assert draft is not None
    fields = {
        "csrf_token": draft.token,
        "attempt": draft.attempt,
        "op1": str(new_id()),
        "seq1": str(draft.sequence),
        "q1": f"{draft.sequence}. {WORDS * 16}",
    }
    answer = await visitor.browser.post(f"{course.address('assignment')}/draft/save", fields, accept=JSON)
    expect(answer, 200, of="autosave")
    attempt = str(UUID(json.loads(answer.text)["attempt"]))
    if draft.attempt not in ("", attempt):
        raise WrongPage("autosave: another attempt")
    draft.attempt, draft.sequence, draft.saves = attempt, draft.sequence + 1, draft.saves + 1


# The floors


async def prepare_member(visitor: Visitor, course: Course) -> None:
    """A session with the second floor."""
    if "session" not in visitor.browser.cookies:
        answer = await visitor.browser.get("/enter/1")
        if answer.status != 204 or "session" not in visitor.browser.cookies:
            raise WrongPage(f"floor: {answer.status}, and no session")


def floor(number: int) -> Act:
    """A page of a floor, read to its end."""

    async def do(visitor: Visitor, course: Course) -> None:
        answer = await visitor.browser.get(course.pages["floor"])
        expect(answer, 200, course.marks["floor"], of=f"floor {number}")

    return Act(name=f"floor {number}", role="visitor", do=do, prepare=prepare_member if number == 2 else _nothing)


FLOORS = (floor(1), floor(2))
ACTS = (
    Act(name="sign-in", role="stranger", do=sign_in, prepare=open_sign_in, writes=True),
    reading("Today", "today", "reader"),
    reading("outline", "outline", "reader"),
    reading("lesson", "lesson", "reader"),
    Act(
        name="quiz start",
        role="participant",
        do=start,
        requests=2,
        prepare=open_quiz,
        is_ready=lambda visitor: visitor.paper is None and bool(visitor.token) and visitor.begun < MOST_ATTEMPTS,
        writes=True,
    ),
    Act(
        name="save and next",
        role="participant",
        do=save_and_next,
        requests=2,
        prepare=prepare_paper,
        is_ready=lambda visitor: visitor.paper is not None and visitor.saves < MOST_SAVES,
        writes=True,
        repeats=True,
    ),
    Act(
        name="autosave",
        role="participant",
        do=autosave,
        prepare=prepare_draft,
        is_ready=lambda visitor: visitor.draft is not None and visitor.draft.saves < MOST_AUTOSAVES,
        writes=True,
        repeats=True,
    ),
    Act(
        name="hand-in",
        role="participant",
        do=hand_in,
        requests=2,
        prepare=prepare_check,
        is_ready=lambda visitor: visitor.check is not None,
        writes=True,
    ),
    reading("queue", "queue", "facilitator"),
    reading("mark", "mark", "facilitator"),
    reading("gradebook", "gradebook", "facilitator"),
    reading("participants", "participants", "coordinator"),
    reading("dashboard", "dashboard", "coordinator"),
)
BY_NAME = {act.name: act for act in (*ACTS, *FLOORS)}
STAFF_PAGES = ("queue", "mark", "gradebook", "participants", "dashboard")
