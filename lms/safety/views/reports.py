"""Telling that something made somebody less safe; and the pages on which the safety focal point answers."""

from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts.models import Person
from lms.accounts.services import closing, limiting
from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.safety import queries
from lms.safety.courses import cohort_of, cohorts_by
from lms.safety.forms import AnswerForm, CodeForm, ReportForm
from lms.safety.models import Report
from lms.safety.policy import SafetyPermission, cohorts_of
from lms.safety.rules import Subject, Wish, due_at
from lms.safety.services import reporting
from lms.safety.services.reporting import NewReport
from lms.web.http import allow, explain, public, who

bp = Blueprint("reports", __name__, template_folder="../templates", url_prefix="/<lang:lang>")

NAMED, NAMELESS = "named", "nameless"
REPORTS_MOST = 10
"""Reports from one source in the usual window; nobody who is signed in is ever refused."""


@bp.get("/report")
@public
def report() -> ResponseReturnValue:
    """The form. Whoever is not signed in has no name here."""
    return render_template("safety/report.html", form=_form())


@bp.post("/report/send")
@public
def send() -> ResponseReturnValue:
    """Keep the report; the next page shows its code once."""
    form, at = _form(sent=True), clock.now()
    if not form.validate():
        return render_template("safety/report.html", form=form), 422
    reader = who()
    person = reader if form.who.data == NAMED else None
    new = NewReport(
        subject=Subject(form.subject.data),
        text=str(form.text.data),
        cohort_id=cohort_of(reader.id) if reader is not None else None,
        person=person,
        wish=Wish(form.wish.data) if person is not None and form.wish.data else Wish.NOTHING,
    )
    try:
        if reader is None:
            with transaction():
                limiting.count_use("report", request.remote_addr or "", most=REPORTS_MOST, at=at)
        with transaction():
            code = reporting.tell(new, at=at)
    except Refusal as refusal:
        return render_template("safety/report.html", form=form, refusal=explain(refusal)), 422
    g.has_secret = True
    return render_template("safety/sent.html", code=code, due=due_at(at), is_locked=new.wish is Wish.LOCK)


@bp.get("/report/answer")
@public
def answer_form() -> ResponseReturnValue:
    """Where the code of a report is typed."""
    return render_template("safety/answer.html", form=CodeForm(None))


@bp.post("/report/answer")
@public
def answer() -> ResponseReturnValue:
    """What was answered to the report of this code; an unknown code and no answer yet look alike to a guesser."""
    form, at = CodeForm(), clock.now()
    if not form.validate():
        return render_template("safety/answer.html", form=form), 422
    try:
        with transaction():
            limiting.count_use("report code", request.remote_addr or "", most=REPORTS_MOST, at=at)
    except Refusal as refusal:
        return render_template("safety/answer.html", form=form, refusal=explain(refusal)), 429
    found = queries.find_report_by_code(str(form.code.data))
    text = reporting.read_answer(found) if found is not None else None
    g.has_secret = True
    return render_template("safety/answer.html", form=CodeForm(None), answer=text, was_asked=True)


@bp.get("/reports")
@allow(SafetyPermission.REPORTS)
def reports() -> ResponseReturnValue:
    """All reports of whom she cares for: by day, what it is about and where it stands; the text on its own page."""
    hers = cohorts_of(me())
    return render_template(
        "safety/reports.html", reports=queries.reports(hers), subjects=subjects(), cohorts=cohorts_by(hers)
    )


def _find(person: Person, report: UUID) -> Report | None:
    return queries.find_report(report)


@bp.get("/reports/<uuid:report>")
@allow(SafetyPermission.REPORT, on=_find)
def one(report: Report) -> ResponseReturnValue:
    """One report: what it is about and what was answered. Its text is opened by a press, and that is on record."""
    return _one(report)


@bp.post("/reports/<uuid:report>/open")
@allow(SafetyPermission.REPORT, on=_find)
def open_text(report: Report) -> ResponseReturnValue:
    """Show the text this once."""
    with transaction():
        text = reporting.read(report, by=me(), at=clock.now())
    g.has_secret = True
    return _one(report, text=text)


@bp.post("/reports/<uuid:report>/answer")
@allow(SafetyPermission.REPORT, on=_find)
def send_answer(report: Report) -> ResponseReturnValue:
    """Tell whoever has the code what was done."""
    form = AnswerForm()
    if not form.validate():
        return _one(report, form), 422
    with transaction():
        reporting.answer(report, str(form.text.data), by=me(), at=clock.now())
    return redirect(url_for(".one", report=report.public_id, saved=1, _anchor="saved"))


@bp.post("/reports/<uuid:report>/close")
@allow(SafetyPermission.REPORT, on=_find)
def close(report: Report) -> ResponseReturnValue:
    """Nothing more is to be done."""
    with transaction():
        reporting.close(report, by=me(), at=clock.now())
    return redirect(url_for(".reports"))


@bp.post("/reports/<uuid:report>/lock")
@allow(SafetyPermission.REPORT, on=_find)
def lock(report: Report) -> ResponseReturnValue:
    """Lock the account of whoever reported with her name."""
    with transaction():
        if report.person is not None:
            closing.lock(report.person, by=me(), at=clock.now())
    return redirect(url_for(".one", report=report.public_id, saved=1, _anchor="saved"))


def _one(report: Report, form: AnswerForm | None = None, *, text: str | None = None) -> str:
    form = form or AnswerForm(None, text=reporting.read_answer(report))
    return render_template("safety/one_report.html", report=report, text=text, form=form, subjects=subjects())


def subjects() -> dict[Subject, str]:
    """What a report may be about, in words."""
    return {
        Subject.KNOWN: _("Somebody knows that I take part"),
        Subject.PRESSURE: _("Pressure, threat or harassment by a person in the course"),
        Subject.DEVICE: _("A device or account in other hands"),
        Subject.IDENTIFIES: _("Text or picture that can identify a person"),
        Subject.OTHER: _("Something else"),
    }


def _form(*, sent: bool = False) -> ReportForm:
    form = ReportForm() if sent else ReportForm(None)
    person = who()
    nameless = (NAMELESS, _("Somebody without a name: we cannot answer, unless you keep the code that you get"))
    form.who.choices = (
        [(NAMED, _("I, with my name here: the focal point can answer me")), nameless] if person else [nameless]
    )
    form.subject.choices = [(one.value, words) for one, words in subjects().items()]
    form.wish.choices = [
        (Wish.NOTHING.value, _("Nothing yet, I want it to be known")),
        (Wish.LOCK.value, _("Lock my account")),
    ]
    if not sent:
        form.who.data, form.wish.data = NAMELESS, Wish.NOTHING.value
    return form
