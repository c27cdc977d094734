"""Every template of a page, and how a browser gets there: what axe, the Nu checker and the screens go through."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from tests.browser import Surfer
from tests.live import Account

LANGUAGES = ("en", "fr", "ar")
HAND_IN = 'form[action$="/hand-in"] button'
SEND = """([path, fields]) => {
  const form = document.createElement('form'), token = document.querySelector('[name=csrf_token]');
  form.method = 'post';
  form.action = path;
  for (const [name, value] of Object.entries({...fields, csrf_token: token.value})) {
    const field = document.createElement('input');
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""
Way = Callable[[Surfer, str], None]
TOO_LONG = {
    "en": "The guns fell silent at noon and the road was opened. " * 400,
    "fr": "Les armes se sont tues à midi et la route a été ouverte. " * 400,
    "ar": "صمتت المدافع ظهراً وفُتح الطريق أمام الناس. " * 500,
}
"""More than the 20,000 characters that are taken."""
_cookies: dict[tuple[str, str], list[Any]] = {}


@dataclass(frozen=True)
class Stop:
    """A page. template: which file draws it."""

    name: str
    template: str
    go: Way


def _as(surfer: Surfer, account: Account, language: str) -> None:
    """Be signed in; the form is filled in once per account and server only."""
    key = (surfer.live.base_url, account.login)
    if key in _cookies:
        surfer.context.add_cookies(_cookies[key])
        return
    surfer.sign_in(account, language)
    assert surfer.has_session(), f"{account.login} could not sign in"
    _cookies[key] = [cookie for cookie in surfer.context.cookies() if cookie["name"] == "sid"]


def _plain(path: str) -> Way:
    return lambda surfer, language: surfer.open(f"/{language}{path}")


def _signed_in(path: str, role: str = "participant") -> Way:
    def go(surfer: Surfer, language: str) -> None:
        live = surfer.live
        found = live.people(role, language) or [one for one in live.accounts if one.role == role]
        _as(surfer, found[0], language)
        surfer.open(f"/{language}{path}")

    return go


def _sign_in_errors(surfer: Surfer, language: str) -> None:
    surfer.open(f"/{language}/sign-in")
    surfer.page.eval_on_selector("main form", "form => { form.noValidate = true }")
    surfer.press("main form button")


def _enrol_choose(surfer: Surfer, language: str) -> None:
    surfer.open(f"/{language}/enrol")
    surfer.page.fill("[name=code]", surfer.live.invitation_code)
    surfer.press("main form button")


def _outline(surfer: Surfer, language: str) -> None:
    _signed_in("/c/")(surfer, language)  # somebody in one course is led straight to it


def _lesson(surfer: Surfer, language: str) -> None:
    _outline(surfer, language)
    surfer.press('main a[href*="/l/"] >> nth=0')


def _closed(surfer: Surfer, language: str) -> None:
    account, lesson = surfer.live.waiting
    _as(surfer, account, language)
    surfer.open(f"/{language}{lesson}")


def _pressing(path: str, role: str, *links: str) -> Way:
    """Open a page and go on by links, each by a part of its address."""

    def go(surfer: Surfer, language: str) -> None:
        _signed_in(path, role)(surfer, language)
        for link in links:
            surfer.press(f'main a[href*="{link}"] >> nth=0')

    return go


def _learner(surfer: Surfer, language: str, task: str, path: str = "") -> str:
    """Be a learner of this language who goes through the pages of answering, one task for each; her task's address."""
    school = surfer.live.school
    key = f"{task} {language}"
    if key not in school.learners:
        school.learners[key] = school.newcomer(language)
    address = f"/{language}{school.ten if task.startswith('quiz') else school.memo}"
    _as(surfer, school.learners[key], language)
    surfer.open(address + path)
    return address


def _send(surfer: Surfer, path: str, **fields: str) -> None:
    """Send a form as a page from before would; its token is the one of the page in the window."""
    with surfer.page.expect_navigation():
        surfer.page.evaluate(SEND, [path, fields])


def _begun(surfer: Surfer, language: str, task: str = "quiz") -> str:
    """An attempt at the quiz is open."""
    address = _learner(surfer, language, task)
    if surfer.page.locator('main form[action$="/start"]').count():
        surfer.press('main form[action$="/start"] button')
    return address


def _written(surfer: Surfer, language: str, task: str = "text") -> str:
    """There is a draft."""
    address = _learner(surfer, language, task)
    if surfer.page.locator("#q1").count() and not surfer.page.input_value("#q1"):
        _save_text(surfer, address, "1", "What I wrote first.")
    return address


def _save_text(surfer: Surfer, address: str, sequence: str, text: str) -> None:
    surfer.open(address)
    attempt = surfer.page.input_value("[name=attempt]")
    _send(surfer, f"{address}/draft/save", attempt=attempt, op1=str(uuid4()), seq1=sequence, q1=text)


def _quiz_front(surfer: Surfer, language: str) -> None:
    _learner(surfer, language, "quiz to begin")


def _quiz_page(path: str) -> Way:
    return lambda surfer, language: surfer.open(_begun(surfer, language) + path)


def _text_page(path: str) -> Way:
    return lambda surfer, language: surfer.open(_written(surfer, language) + path)


def _handed_in(make: Callable[[Surfer, str, str], str], task: str) -> Way:
    def go(surfer: Surfer, language: str) -> None:
        address = make(surfer, language, task)
        surfer.open(f"{address}/check")
        if surfer.page.locator(HAND_IN).count():
            surfer.press(HAND_IN)
        surfer.open(f"{address}/result")

    return go


def _conflict(surfer: Surfer, language: str) -> None:
    address = _begun(surfer, language, "quiz in conflict")
    for choice in ("a", "b"):
        surfer.open(f"{address}/q/1")
        attempt = surfer.page.input_value("[name=attempt]")
        _send(surfer, f"{address}/q/1/save", attempt=attempt, op1=str(uuid4()), seq1="1", q1=choice)


def _conflict_text(surfer: Surfer, language: str) -> None:
    address = _written(surfer, language, "text in conflict")
    _save_text(surfer, address, "1", "What I wrote on another device.")


def _aside(surfer: Surfer, language: str) -> None:
    address = _written(surfer, language, "text kept aside")
    attempt = surfer.page.get_attribute("[name=attempt]", "value", timeout=1_000) if _is_draft(surfer) else ""
    known = surfer.live.school.attempts
    known.setdefault(language, attempt or "")
    surfer.open(f"{address}/check")
    if surfer.page.locator(HAND_IN).count():
        surfer.press(HAND_IN)
    surfer.open(address)
    _send(surfer, f"{address}/draft/save", attempt=known[language], op1=str(uuid4()), seq1="9", q1="Too late.")


def _refused(surfer: Surfer, language: str) -> None:
    _handed_in(_written, "text handed in")(surfer, language)
    address = surfer.path.removesuffix("/result")
    surfer.open(address)
    _send(surfer, f"{address}/draft/save", op1=str(uuid4()), seq1="9", q1=TOO_LONG[language])


def _is_draft(surfer: Surfer) -> bool:
    return surfer.page.locator("form[data-work] [name=attempt]").count() > 0


def _closed_task(surfer: Surfer, language: str) -> None:
    account, _ = surfer.live.waiting
    _as(surfer, account, language)
    ((task,),) = surfer.live.rows(
        "SELECT public_id FROM cohorts_calendar_entry WHERE node_id = 'm1-quiz' AND cohort_id ="
        " (SELECT cohort_id FROM cohorts_enrolment GROUP BY cohort_id HAVING count(*) = 1)"
    )
    surfer.open(f"/{language}/t/{UUID(str(task))}")


def _checkpoint_refused(surfer: Surfer, language: str) -> None:
    _lesson(surfer, language)
    action = surfer.page.get_attribute('#check form, form[action$="/answer"]', "action")
    assert action
    _send(surfer, action, op1="no id", seq1="1")


def _marking(path: str = "") -> Way:
    def go(surfer: Surfer, language: str) -> None:
        _as(surfer, surfer.live.school.tutor(language), language)
        surfer.open(f"/{language}/grading{path}")

    return go


def _submission(surfer: Surfer, language: str) -> None:
    _marking()(surfer, language)  # her own: what another holds is read only
    surfer.press('tbody a[href*="/grading/"] >> nth=-1')


def _gone(surfer: Surfer, language: str) -> None:
    """A text that its writer takes back while somebody marks it."""
    school = surfer.live.school
    writer = next(one for one in school.people if one.login == f"writer-{language}1")
    _as(surfer, writer, language)
    surfer.open(f"/{language}{school.marked}")
    if surfer.page.locator('main form[action$="/take-back"]').count():
        surfer.press('main form[action$="/take-back"] button')
    ((text,),) = surfer.live.rows(
        "SELECT a.public_id FROM assessments_attempt a JOIN cohorts_enrolment e ON e.id = a.enrolment_id"
        f" WHERE e.alias = '{writer.login}'"
    )
    surfer.context.clear_cookies(name="sid")  # another person signs in at this browser
    _as(surfer, school.tutor(language), language)
    surfer.open(f"/{language}/account")
    _send(
        surfer,
        f"/{language}/grading/{UUID(str(text))}/save",
        op=str(uuid4()),
        version="0",
        do="draft",
        feedback="My words.",
    )


def _two_versions(surfer: Surfer, language: str) -> None:
    _submission(surfer, language)
    here = surfer.page.get_attribute("form#marks", "action")
    assert here
    if surfer.page.input_value("form#marks [name=version]") == "0":
        _send(surfer, here, op=str(uuid4()), version="0", do="draft", feedback="What one of us saw.")
        surfer.open(here.removesuffix("/save"))
    _send(surfer, here, op=str(uuid4()), version="0", do="draft", feedback="What the other saw.", knows_both="1")


TOUR = {
    stop.name: stop
    for stop in (
        Stop("welcome", "home/welcome.html", _plain("/")),
        Stop("privacy", "home/privacy.html", _plain("/privacy")),
        Stop("accessibility", "home/accessibility.html", _plain("/accessibility")),
        Stop("sign-in", "accounts/sign_in.html", _plain("/sign-in")),
        Stop("sign-in-errors", "accounts/sign_in.html", _sign_in_errors),
        Stop("enrol", "accounts/enrol.html", _plain("/enrol")),
        Stop("enrol-choose", "accounts/enrol.html", _enrol_choose),
        Stop("today", "home/today.html", _signed_in("/today")),
        Stop("courses", "modules/courses.html", _signed_in("/c/", "facilitator")),
        Stop("outline", "modules/outline.html", _outline),
        Stop("lesson", "modules/lesson.html", _lesson),
        Stop("closed", "modules/closed.html", _closed),
        Stop("results", "assessments/own.html", _signed_in("/results")),
        Stop("marks", "assessments/book.html", _pressing("/results", "coordinator", "/marks/")),
        Stop("marks-one", "assessments/participant.html", _pressing("/results", "coordinator", "/marks/", "/marks/")),
        Stop("marks-again", "assessments/again.html", _pressing("/results", "coordinator", "/marks/", "/again")),
        Stop("receipts", "assessments/receipts.html", _pressing("/results", "coordinator", "/receipts")),
        Stop("bank", "assessments/bank.html", _signed_in("/bank", "coordinator")),
        Stop("bank-item", "assessments/item.html", _pressing("/bank", "coordinator", "/bank/")),
        Stop("account", "accounts/account.html", _signed_in("/account")),
        Stop("error-404", "errors/error.html", _plain("/nothing-here")),
        Stop("quiz", "assessments/quiz.html", _quiz_front),
        Stop("question", "assessments/question.html", _quiz_page("/q/1")),
        Stop("question-lists", "assessments/question.html", _quiz_page("/q/7")),
        Stop("questions", "assessments/question.html", _quiz_page("/all")),
        Stop("check", "assessments/check.html", _quiz_page("/check")),
        Stop("review", "assessments/review.html", _handed_in(_begun, "quiz handed in")),
        Stop("conflict", "assessments/conflict.html", _conflict),
        Stop("assignment", "assessments/assignment.html", _text_page("")),
        Stop("check-text", "assessments/check_text.html", _text_page("/check")),
        Stop("earlier", "assessments/earlier.html", _text_page("/earlier")),
        Stop("text-result", "assessments/text_result.html", _handed_in(_written, "text handed in")),
        Stop("conflict-text", "assessments/conflict_text.html", _conflict_text),
        Stop("aside", "assessments/aside.html", _aside),
        Stop("refused", "assessments/refused.html", _refused),
        Stop("closed-task", "assessments/closed.html", _closed_task),
        Stop("checkpoint-refused", "assessments/checkpoint_alone.html", _checkpoint_refused),
        Stop("queue", "assessments/marking/queue.html", _marking()),
        Stop("submission", "assessments/marking/submission.html", _submission),
        Stop("two-versions", "assessments/marking/two_versions.html", _two_versions),
        Stop("gone", "assessments/marking/gone.html", _gone),
        Stop("release", "assessments/marking/release.html", _marking("/release")),
    )
}
STATUS = {
    "sign-in-errors": 422,
    "closed": 403,
    "error-404": 404,
    "closed-task": 403,
    "conflict": 409,
    "conflict-text": 409,
    "aside": 409,
    "refused": 409,
    "checkpoint-refused": 409,
    "two-versions": 409,
    "gone": 409,
}
"""The status of pages that are not simply there."""


def visit(surfer: Surfer, stop: Stop, language: str) -> None:
    """Go to a page and make sure that it is the one."""
    stop.go(surfer, language)
    assert surfer.path.startswith(f"/{language}/"), surfer.path
    assert surfer.last_document is not None
    assert surfer.last_document.status == STATUS.get(stop.name, 200), f"{surfer.path}: {surfer.last_document.status}"
