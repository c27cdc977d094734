"""Every template of a page, and how a browser gets there: what axe, the Nu checker and the screens go through."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from tests.browser import Surfer
from tests.live import Account

LANGUAGES = ("en", "fr", "ar")
HAND_IN = 'form[action$="/hand-in"] button'
TAKE_OVER = 'form[action$="/take-over"] button'
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
            surfer.press(f'main a[href*="{link}"]:not([href$=".xlsx"]) >> nth=0')

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


def _ended(surfer: Surfer, language: str) -> None:
    """An assignment that nobody wrote before its cohort was closed."""
    ((task,),) = surfer.live.rows(
        "SELECT e.public_id FROM cohorts_calendar_entry e JOIN cohorts_cohort c ON c.id = e.cohort_id"
        " JOIN courses_task t ON t.version_id = c.version_id AND t.node_id = e.node_id AND t.kind = 'assignment'"
        " WHERE c.closed_at IS NOT NULL ORDER BY c.starts_on, e.id LIMIT 1"
    )
    _alumna(f"/t/{UUID(str(task))}")(surfer, language)


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
    if surfer.page.locator(TAKE_OVER).count():  # another one opened it in another test
        surfer.press(TAKE_OVER)


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


def _founder(surfer: Surfer, language: str, path: str = "/cohorts") -> None:
    """Coordinators of the demo make cohorts too; they are given the role behind the server's back."""
    surfer.live.rows(
        "INSERT INTO accounts_role_grant (person_id, role, from_at) SELECT person_id, role, min(from_at)"
        " FROM accounts_role_grant WHERE role = 'coordinator' GROUP BY person_id, role"
        " HAVING count(*) = count(cohort_id)"
    )
    _signed_in(path, "coordinator")(surfer, language)


def _frame(page: str) -> Way:
    """A page of the first cohort of the demo, which follows the older of two versions."""

    def go(surfer: Surfer, language: str) -> None:
        assert surfer.live.school.people
        ((cohort,),) = surfer.live.rows("SELECT public_id FROM cohorts_cohort ORDER BY id LIMIT 1")
        _signed_in(f"/cohort/{UUID(str(cohort))}/{page}", "coordinator")(surfer, language)

    return go


def _dates_refused(surfer: Surfer, language: str) -> None:
    _frame("dates")(surfer, language)
    surfer.page.fill("#ends_on", "2024-01-01")
    surfer.press('main button[value="check"]')


def _staff_code(surfer: Surfer, language: str) -> None:
    _frame("staff")(surfer, language)
    surfer.page.fill("#shown_name", "Hoda M.")
    surfer.press('main form[action$="/invite"] button')


def _alumna(path: str) -> Way:
    """Somebody of last year, who has a certificate."""

    def go(surfer: Surfer, language: str) -> None:
        account = next(one for one in surfer.live.people("participant", "en") if one.login.startswith("alumna"))
        _as(surfer, account, language)
        surfer.open(f"/{language}{path}")

    return go


def _completion(*links: str) -> Way:
    """Completion of the cohort that is under way."""

    def go(surfer: Surfer, language: str) -> None:
        cohort = surfer.live.pages["participant.course"].removeprefix("/c/")
        _pressing(f"/cohort/{cohort}/completion", "coordinator", *links)(surfer, language)

    return go


def _year(path: str = "") -> Way:
    """A page of the cohort that is under way, for its coordinators."""

    def go(surfer: Surfer, language: str) -> None:
        cohort = surfer.live.pages["participant.course"].removeprefix("/c/")
        _signed_in(f"/cohort/{cohort}{path}", "coordinator")(surfer, language)

    return go


def _looked_at(who: str, alias: str = "") -> Way:
    """A message to these people of the year, as it is before it is sent."""

    def go(surfer: Surfer, language: str) -> None:
        _year("/messages/new")(surfer, language)
        surfer.page.select_option("[name=what]", index=1)
        surfer.page.select_option("[name=who]", who)
        surfer.page.fill("[name=alias]", alias)
        surfer.press('main form[action$="/preview"] button')

    return go


def _calendar_made(surfer: Surfer, language: str) -> None:
    _signed_in("/account/calendar")(surfer, language)
    surfer.press('main form[action$="/make"] button')


def _participant(surfer: Surfer, language: str) -> None:
    _year("/people")(surfer, language)
    surfer.press("tbody a >> nth=0")


def _ready(surfer: Surfer, language: str) -> None:
    ((cohort,),) = surfer.live.rows("SELECT public_id FROM cohorts_cohort WHERE naming = 'named' ORDER BY id LIMIT 1")
    _signed_in(f"/cohort/{UUID(str(cohort))}/ready", "coordinator")(surfer, language)


def _more_time(surfer: Surfer, language: str) -> None:
    _signed_in(f"{surfer.live.pages['participant.assignment']}/more-time")(surfer, language)


def _requests(surfer: Surfer, language: str) -> None:
    """A participant asks for longer than is given at once; then a coordinator looks."""
    _more_time(surfer, language)
    if surfer.page.locator("#wanted_on").count():
        surfer.page.fill("#wanted_on", surfer.page.get_attribute("#wanted_on", "max") or "")
        surfer.press('main form[action$="/ask"] button')
    surfer.context.clear_cookies(name="sid")  # another person signs in at this browser
    _year("/requests")(surfer, language)


def _check_answer(surfer: Surfer, language: str) -> None:
    surfer.open(f"/{language}{surfer.live.pages['public.certificate']}")


LIST = """legal_name,interface_language,course_language,time_zone,remark
Kanaria Testperson,{language},en,UTC,{once}
Kanaria Other,{language},en,Mars,
"""


def _small_cohort(surfer: Surfer) -> str:
    """The cohort of the demo that has free places."""
    ((cohort,),) = surfer.live.rows(
        "SELECT c.public_id FROM cohorts_cohort c JOIN cohorts_enrolment e ON e.cohort_id = c.id"
        " WHERE c.closed_at IS NULL GROUP BY c.id HAVING count(*) BETWEEN 2 AND 16 ORDER BY c.id LIMIT 1"
    )
    return f"/cohort/{UUID(str(cohort))}"


def _people(path: str) -> Way:
    def go(surfer: Surfer, language: str) -> None:
        _signed_in(_small_cohort(surfer) + path, "coordinator")(surfer, language)

    return go


def _list(surfer: Surfer, language: str) -> None:
    _people("/people/upload")(surfer, language)
    text = LIST.format(language=language, once=uuid4())  # the very same file would bring nobody
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": text.encode()}
    surfer.page.set_input_files("#file", file)
    surfer.press('main form[action$="/read"] button')


def _sending(surfer: Surfer, language: str) -> None:
    """Somebody waits for her invitation, and one coordinator has asked. There are few places: nobody is made twice."""
    ((unused,),) = surfer.live.rows(
        "SELECT count(*) FROM accounts_invitation i JOIN cohorts_enrolment e ON e.person_id = i.person_id"
        " WHERE i.used_at IS NULL AND e.agreed_at IS NULL"
    )
    if unused:
        _people("/invitations")(surfer, language)
    else:
        _list(surfer, language)
        surfer.press('main form[action$="/confirm"] button')
    surfer.open(f"/{language}{_small_cohort(surfer)}/invitations")
    if surfer.page.locator('main form[action$="/ask"]').count():
        surfer.press('main form[action$="/ask"] button')
    ((sending,),) = surfer.live.rows("SELECT public_id FROM cohorts_sending ORDER BY id DESC LIMIT 1")
    surfer.open(f"/{language}{_small_cohort(surfer)}/sending/{UUID(str(sending))}")


def _sheets(surfer: Surfer, language: str) -> None:
    _sending(surfer, language)
    here = surfer.path
    for coordinator in [one for one in surfer.live.accounts if one.role == "coordinator"]:
        surfer.context.clear_cookies(name="sid")  # another person signs in at this browser: it takes two
        _as(surfer, coordinator, language)
        surfer.open(here)
        if surfer.page.locator('main form[action$="/confirm"]').count():
            surfer.press('main form[action$="/confirm"] button')
    surfer.open(f"/{language}{_small_cohort(surfer)}/invitations")
    surfer.press('main form[action$="/sheets"] button')


def _place(surfer: Surfer, language: str) -> None:
    _sheets(surfer, language)
    code = surfer.page.locator(".leaf .code").first.inner_text()
    surfer.context.clear_cookies()
    surfer.open(f"/{language}/enrol")
    surfer.page.fill("[name=code]", code)
    surfer.press("main form button")
    surfer.page.fill("[name=login]", f"newcomer {language} {uuid4()}")
    for field in ("passphrase", "again"):
        surfer.page.fill(f"[name={field}]", "seven words that nobody would guess")
    surfer.press("main form button")
    surfer.open(surfer.path.replace("/en/", f"/{language}/", 1))


def _second(surfer: Surfer, language: str) -> None:
    """Between the passphrase and the second step."""
    surfer.begin_sign_in(next(one for one in surfer.live.accounts if one.totp_secret), language)


def _proven(surfer: Surfer, language: str) -> None:
    """How she signs in, with a factor that was shown just now."""
    account = surfer.live.people("participant", language)[1]
    _as(surfer, account, language)
    surfer.open(f"/{language}/account/again")
    surfer.page.fill("[name=password]", account.password)
    surfer.press('main form[action$="/again"] button')


def _app(surfer: Surfer, language: str) -> None:
    _proven(surfer, language)
    surfer.open(f"/{language}/account/sign-in/app")


def _passphrase(surfer: Surfer, language: str) -> None:
    _proven(surfer, language)
    surfer.open(f"/{language}/account/sign-in/passphrase")


def _codes(surfer: Surfer, language: str) -> None:
    _proven(surfer, language)
    surfer.press('main form[action$="/codes"] button')


def _report_sent(surfer: Surfer, language: str) -> None:
    _signed_in("/report")(surfer, language)
    surfer.page.check("[name=subject] >> nth=0")
    surfer.page.fill("[name=text]", "Somebody knows.")
    surfer.press('main form[action$="/send"] button')


def _sealed(surfer: Surfer, language: str) -> None:
    _participant(surfer, language)
    surfer.open(f"{surfer.path}/sealed")


def _apart(surfer: Surfer, language: str) -> None:
    _signed_in(surfer.live.pages["safety.apart"], "safety")(surfer, language)


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
        Stop("upload", "cohorts/upload.html", _people("/people/upload")),
        Stop("list", "cohorts/list.html", _list),
        Stop("invitations", "cohorts/invitations.html", _people("/invitations")),
        Stop("sending", "cohorts/sending.html", _sending),
        Stop("sheets", "cohorts/sheets.html", _sheets),
        Stop("place", "cohorts/place.html", _place),
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
        Stop("second", "accounts/second.html", _second),
        Stop("factors", "accounts/factors.html", _proven),
        Stop("app", "accounts/app.html", _app),
        Stop("codes", "accounts/codes.html", _codes),
        Stop("passphrase", "accounts/passphrase.html", _passphrase),
        Stop("who-sees", "home/who_sees.html", _signed_in("/account/who-sees")),
        Stop("again", "accounts/again.html", _signed_in("/account/again")),
        Stop("devices", "accounts/devices.html", _signed_in("/account/sessions")),
        Stop("lost", "accounts/lost.html", _signed_in("/account/sessions/lost")),
        Stop("plan", "safety/plan.html", _signed_in("/account/safety")),
        Stop("opened", "safety/opened.html", _signed_in("/account/opened")),
        Stop("report", "safety/report.html", _plain("/report")),
        Stop("report-sent", "safety/sent.html", _report_sent),
        Stop("report-answer", "safety/answer.html", _plain("/report/answer")),
        Stop("reports", "safety/reports.html", _signed_in("/reports", "safety")),
        Stop("report-one", "safety/one_report.html", _pressing("/reports", "safety", "/reports/")),
        Stop("sealed", "home/sealed.html", _sealed),
        Stop("apart", "cohorts/apart.html", _apart),
        Stop("admin", "home/admin/people.html", _signed_in("/admin", "admin")),
        Stop("admin-person", "home/admin/person.html", _pressing("/admin", "admin", "/admin/person/")),
        Stop("admin-jobs", "home/admin/jobs.html", _signed_in("/admin/jobs", "admin")),
        Stop("admin-settings", "home/admin/settings.html", _signed_in("/admin/settings", "admin")),
        Stop("admin-audit", "home/admin/audit.html", _signed_in("/admin/audit", "admin")),
        Stop("calendar", "home/calendar.html", _signed_in("/account/calendar")),
        Stop("calendar-made", "home/calendar.html", _calendar_made),
        Stop("messages", "cohorts/messages/list.html", _year("/messages")),
        Stop("message", "cohorts/messages/new.html", _year("/messages/new")),
        Stop("message-looked-at", "cohorts/messages/new.html", _looked_at("under way")),
        Stop("message-to-nobody", "cohorts/messages/new.html", _looked_at("one", "Nobody of this name")),
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
        Stop("ended", "assessments/ended.html", _ended),
        Stop("checkpoint-refused", "assessments/checkpoint_alone.html", _checkpoint_refused),
        Stop("queue", "assessments/marking/queue.html", _marking()),
        Stop("submission", "assessments/marking/submission.html", _submission),
        Stop("two-versions", "assessments/marking/two_versions.html", _two_versions),
        Stop("gone", "assessments/marking/gone.html", _gone),
        Stop("release", "assessments/marking/release.html", _marking("/release")),
        Stop("certificate-missing", "certificates/missing.html", _signed_in("/results/certificate")),
        Stop("certificate", "certificates/certificate.html", _alumna("/results/certificate")),
        Stop("certificate-choices", "certificates/choices.html", _alumna("/results/certificate/again")),
        Stop("completion", "certificates/cohort.html", _completion()),
        Stop("completion-one", "certificates/case.html", _completion("/completion/")),
        Stop("verify", "certificates/verify.html", _plain("/verify")),
        Stop("verify-answer", "certificates/verify.html", _check_answer),
        Stop("cohort", "home/cohort.html", _year()),
        Stop("participants", "home/people.html", _year("/people")),
        Stop("participant", "home/person.html", _participant),
        Stop("session", "home/session.html", _year("/session/1")),
        Stop("ready", "home/ready.html", _ready),
        Stop("help", "home/help.html", _signed_in("/people/help", "facilitator")),
        Stop("more-time", "assessments/more_time.html", _more_time),
        Stop("requests", "assessments/requests.html", _requests),
        Stop("cohorts", "cohorts/cohorts.html", _founder),
        Stop("cohort-new", "cohorts/new.html", lambda surfer, language: _founder(surfer, language, "/cohorts/new")),
        Stop("cohort-settings", "cohorts/settings.html", _frame("settings")),
        Stop("cohort-dates", "cohorts/dates.html", _frame("dates")),
        Stop("cohort-dates-refused", "cohorts/dates.html", _dates_refused),
        Stop("cohort-staff", "cohorts/staff.html", _frame("staff")),
        Stop("cohort-staff-code", "cohorts/code.html", _staff_code),
        Stop("cohort-version", "cohorts/version.html", _frame("version")),
        Stop("cohort-close", "cohorts/close.html", _frame("close")),
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
    "message-to-nobody": 409,
    "cohort-dates-refused": 422,
}
"""The status of pages that are not simply there."""


def visit(surfer: Surfer, stop: Stop, language: str) -> None:
    """Go to a page and make sure that it is the one."""
    stop.go(surfer, language)
    assert surfer.path.startswith(f"/{language}/"), surfer.path
    assert surfer.last_document is not None
    assert surfer.last_document.status == STATUS.get(stop.name, 200), f"{surfer.path}: {surfer.last_document.status}"
