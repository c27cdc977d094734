"""Asking for more time on a task's own page, and deciding about it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts.models import Person
from lms.accounts.session import me
from lms.cohorts.rules.opening import check_open
from lms.cohorts.rules.wallclock import day_of
from lms.courses.rules import TaskKind
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.policy import allows
from lms.web.formats import write_day
from lms.web.http import allow, explain
from lms.web.languages import page_language

from ..asking_forms import NO_SENTENCE, REFUSE, SHORTER, WHOLE, DecisionForm, MoreTimeForm
from ..policy import AssessmentPermission
from ..queries import book, requests
from ..queries import sitting as sittings
from ..queries.book import CohortBook
from ..queries.requests import AskedTime, Due
from ..queries.sitting import TaskPlace
from ..rules.asking import AT_ONCE_DAYS, MOST_DAYS, Answer
from ..services import asking
from ..services.asking import Decision, NewRequest

bp = Blueprint("asking", __name__, template_folder="../templates", url_prefix="/<lang:lang>")
TAKE = AssessmentPermission.TAKE


def find_dated(who: Person, task_id: UUID) -> TaskPlace | None:
    """The quiz or assignment of an address; a question in a lesson has no date."""
    place = sittings.find_task_place(who, task_id)
    return place if place is not None and place.task.kind is not TaskKind.CHECKPOINT else None


@bp.get("/t/<uuid:task_id>/more-time")
@allow(TAKE, on=find_dated)
def more_time(place: TaskPlace) -> ResponseReturnValue:
    """Until when she may hand in, what became of her asking, and the form to ask."""
    try:
        check_open(place.opening, at=clock.now())
    except Refusal as refusal:
        return render_template("assessments/closed.html", place=place, refusal=explain(refusal)), 403
    return _page(place, MoreTimeForm())


@bp.post("/t/<uuid:task_id>/more-time/ask")
@allow(TAKE, on=find_dated)
def ask(place: TaskPlace) -> ResponseReturnValue:
    """Ask for more time; up to a week it is given at once."""
    form = MoreTimeForm()
    if not form.validate():
        return _page(place, form), 422
    assert form.wanted_on.data is not None
    new = NewRequest(wanted_on=form.wanted_on.data, reason=form.reason.data or "")
    try:
        with transaction():
            outcome = asking.ask(place, new, by=me(), at=clock.now())
    except Refusal as refusal:
        return _page(_as_it_is_now(place), form, explain(refusal)), 409
    return redirect(url_for(".more_time", task_id=place.entry.public_id, done=outcome.value))


@bp.post("/t/<uuid:task_id>/more-time/take-back")
@allow(TAKE, on=find_dated)
def take_back(place: TaskPlace) -> ResponseReturnValue:
    """Take a request back that nobody has decided."""
    try:
        with transaction():
            asking.take_back(place, by=me(), at=clock.now())
    except Refusal as refusal:
        return _page(_as_it_is_now(place), MoreTimeForm(None), explain(refusal)), 409
    return redirect(url_for(".more_time", task_id=place.entry.public_id, done="taken-back"))


@bp.get("/cohort/<uuid:cohort_id>/requests")
@allow(AssessmentPermission.SEE_REQUESTS, on=book.find_cohort)
def waiting(cohort_book: CohortBook) -> ResponseReturnValue:
    """The requests of a cohort that wait for a decision, the oldest first."""
    return _waiting_page(cohort_book)


@bp.post("/cohort/<uuid:cohort_id>/requests/<uuid:request_id>/decide")
@allow(AssessmentPermission.DECIDE, on=requests.find_request)
def decide(asked: AskedTime) -> ResponseReturnValue:
    """Grant a request, as a whole or for fewer days, or refuse it."""
    form = _decision_form(asked.request.public_id, sent=True)
    if not form.validate():
        return _waiting_page(asked, form, asked.request.public_id), 422
    try:
        with transaction():
            asking.decide(asked, _decision(form, asked), by=me(), at=clock.now())
    except Refusal as refusal:
        return _waiting_page(asked, form, asked.request.public_id, explain(refusal)), 409
    return redirect(url_for(".waiting", cohort_id=asked.cohort.public_id, done=form.decision.data))


def _as_it_is_now(place: TaskPlace) -> TaskPlace:
    """The task read anew after a refusal."""
    return sittings.find_task_place(me(), place.entry.public_id) or place


def _page(place: TaskPlace, form: MoreTimeForm, refusal: str | None = None) -> str:
    assert place.enrolment is not None
    due, last = requests.due_of(place.enrolment, place.entry.node_id), requests.latest_of(place)
    bounds = None
    if due.at is not None:
        today = day_of(clock.now(), place.cohort.zone)
        bounds = _bounds(due, today, place.cohort.zone)
        _offer(form, due, today, place.cohort.zone)
    return render_template(
        "assessments/more_time.html",
        place=place,
        form=form,
        may_answer=allows(AssessmentPermission.ANSWER, me(), place),
        due=due,
        last=last,
        is_hers=last is not None and last.by_id == me().id,
        sentence=dict(sentences()).get(last.answer) if last is not None and last.answer is not None else None,
        bounds=bounds,
        refusal=refusal,
        done=request.args.get("done"),
    )


def _offer(form: MoreTimeForm, due: Due, today: date, zone: str) -> None:
    """Say what is given at once, and begin with the last day that is."""
    assert due.first_at is not None
    at_once = day_of(due.first_at, zone) + timedelta(days=AT_ONCE_DAYS)
    least, _most = _bounds(due, today, zone)
    if at_once >= least:
        form.wanted_on.description = _(
            "Until %(day)s it is given at once. For a later day your coordinator decides.", day=write_day(at_once)
        )
    else:
        form.wanted_on.description = _("Your coordinator decides about it, and you read the answer here.")
    if form.wanted_on.data is None and not form.wanted_on.raw_data:
        form.wanted_on.data = max(at_once, least)


def _bounds(due: Due, today: date, zone: str) -> tuple[date, date]:
    """The first and the last day that can be asked for."""
    assert due.at is not None
    after = max(day_of(due.at, zone), today)
    return after + timedelta(days=1), after + timedelta(days=MOST_DAYS)


def _waiting_page(
    cohort_book: CohortBook, form: DecisionForm | None = None, sent_for: UUID | None = None, refusal: str | None = None
) -> str:
    """The list, each request with a form of its own; what was sent stands in the form it came from."""
    number = request.args.get("page", 1, type=int)
    page = requests.waiting_of(me(), cohort_book.cohort, number=number, language=page_language())
    forms: dict[UUID, Any] = {row.id: _decision_form(row.id) for row in page.rows}
    if form is not None and sent_for in forms:
        forms[sent_for] = form
    return render_template(
        "assessments/requests.html",
        book=cohort_book,
        page=page,
        forms=forms,
        sent_for=sent_for,
        refusal=refusal,
        done=request.args.get("done"),
    )


def _decision_form(request_id: UUID, *, sent: bool = False) -> DecisionForm:
    prefix = f"r{request_id.hex}"
    form = DecisionForm(prefix=prefix) if sent else DecisionForm(None, prefix=prefix)
    form.decision.choices = [
        (WHOLE, _("Grant what she asks for")),
        (SHORTER, _("Grant fewer days")),
        (REFUSE, _("Refuse")),
    ]
    form.answer.choices = [(NO_SENTENCE, _("No sentence")), *((answer.value, text) for answer, text in sentences())]
    return form


def sentences() -> list[tuple[Answer, str]]:
    """What a coordinator can say with a decision, as the participant reads it."""
    return [
        (Answer.UNFINISHED, _("Hand in what you have, even if it is not finished. It will be read.")),
        (Answer.OTHER_WAY, _("If this does not help you, tell your coordinator: another way can be found.")),
        (Answer.CONTACT, _("Your coordinator will be in touch with you in the way you agreed on.")),
    ]


def _decision(form: DecisionForm, asked: AskedTime) -> Decision:
    """What the form says."""
    answer = Answer(form.answer.data) if form.answer.data else None
    days = {WHOLE: asked.request.wanted_on, SHORTER: form.granted_on.data, REFUSE: None}
    return Decision(granted_on=days[form.decision.data], answer=answer)
