"""Results: a participant's own; for staff those of a cohort, of one participant, and marking again with newer keys."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts.policy import AccountPermission
from lms.accounts.session import me
from lms.cohorts.rules.wallclock import day_of
from lms.courses.rules import TaskKind
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from lms.web.forms import read_known
from lms.web.http import allow, explain
from lms.web.languages import page_language
from lms.web.tables import send_table

from .. import forms, tables
from ..policy import AssessmentPermission
from ..queries import book, record, replays, requests
from ..queries import own as own_work
from ..queries.book import CohortBook
from ..queries.record import ParticipantBook
from ..queries.replays import Replay
from ..rules.allowing import NewAllowance
from ..rules.asking import AT_ONCE_DAYS
from ..rules.replay import read_shown, write_shown
from ..services import allowing, late, replaying
from ..services.late import Decision
from ..staff_forms import AllowanceForm

bp = Blueprint("results", __name__, template_folder="../templates", url_prefix="/<lang:lang>")
ALL_TASKS = ""
END_OF_DAY = time(23, 59)


@bp.get("/results")
@allow(AccountPermission.USE)
def own() -> ResponseReturnValue:
    """Her own tasks and what became of them; for staff the way to the cohorts they work for."""
    courses = own_work.results_of(me(), language=page_language(), at=clock.now())
    return render_template(
        "assessments/own.html",
        courses=[course for course in courses if course.seat.enrolment is not None],
        cohorts=[course.seat for course in courses if allows(AssessmentPermission.SEE_MARKS, me(), course.seat)],
        may_look_up=allows(AssessmentPermission.RECEIPT, me()),
    )


@bp.get("/marks/<uuid:cohort_id>")
@allow(AssessmentPermission.SEE_MARKS, on=book.find_cohort)
def cohort(cohort_book: CohortBook) -> ResponseReturnValue:
    """The list of results of a cohort."""
    number = request.args.get("page", 1, type=int)
    page = book.page_of(me(), cohort_book, number=number, at=clock.now())
    return render_template(
        "assessments/book.html",
        book=cohort_book,
        page=page,
        rule=cohort_book.cohort.rule(),
        may_rescore=allows(AssessmentPermission.RESCORE, me(), cohort_book),
    )


@bp.get("/marks/<uuid:cohort_id>/table.xlsx")
@allow(AssessmentPermission.SEE_MARKS, on=book.find_cohort)
def table(cohort_book: CohortBook) -> ResponseReturnValue:
    """The whole list with aliases, to take along."""
    rows = tables.rows(cohort_book.cohort.rule(), book.table_of(me(), cohort_book, at=clock.now()))
    return send_table("results", _("Results"), tables.header(), rows, kind="xlsx")


@bp.get("/marks/<uuid:cohort_id>/<uuid:enrolment_id>")
@allow(AssessmentPermission.READ_WORK, on=record.find_participant)
def participant(person: ParticipantBook) -> ResponseReturnValue:
    """What one participant did, and what she was given. `more` names a task for which she is to get more time."""
    form = _allowance_form(person)
    _choose(form, person, request.args.get("more", type=UUID))
    return _participant_page(person, form, done=request.args.get("done"))


def _choose(form: AllowanceForm, person: ParticipantBook, task_id: UUID | None) -> None:
    """Begin with a task and a day a week after the one that she has, so that only the reason is missing."""
    node_id = record.node_of(person, task_id) if task_id is not None else None
    task = person.catalogue.tasks.get(node_id or "")
    if task is None or task.kind is TaskKind.CHECKPOINT:
        return
    due, today = requests.due_of(person.enrolment, task.node_id), day_of(clock.now(), person.cohort.zone)
    form.task.data = task.node_id
    if due.at is not None:
        form.due_on.data = max(day_of(due.at, person.cohort.zone), today) + timedelta(days=AT_ONCE_DAYS)


@bp.post("/marks/<uuid:cohort_id>/<uuid:enrolment_id>/allow")
@allow(AssessmentPermission.READ_WORK, on=record.find_participant)
def give_allowance(person: ParticipantBook) -> ResponseReturnValue:
    """Give further attempts, further minutes or a later date."""
    form = _allowance_form(person)
    if not form.validate():
        return _participant_page(person, form), 422
    try:
        with transaction():
            allowing.give_allowance(person, _wanted(form, person), by=me(), at=clock.now())
    except Refusal as refusal:
        return _participant_page(_as_it_is_now(person), form, refusal=explain(refusal)), 409
    return redirect(_address_of(person, done="allowed", _anchor="allowed"))


@bp.post("/marks/<uuid:cohort_id>/<uuid:enrolment_id>/late")
@allow(AssessmentPermission.READ_WORK, on=record.find_participant)
def decide_late(person: ParticipantBook) -> ResponseReturnValue:
    """Count the late answers of an attempt at a quiz, or leave them out."""
    try:
        attempt = record.find_attempt(person, forms.read_operation(request.form.get("attempt")))
        decision = Decision(
            counts=request.form.get("decision") == "count",
            seen=request.form.get("seen", 0, type=int),
            operation=forms.read_operation(request.form.get("op")),
            language=page_language(),
        )
        if attempt is None or request.form.get("decision") not in ("count", "leave"):
            abort(404)
        with transaction():
            late.decide(person, attempt.id, decision, by=me(), at=clock.now())
    except Refusal as refusal:
        now = _as_it_is_now(person)
        return _participant_page(now, _allowance_form(now, sent=False), refusal=explain(refusal)), 409
    return redirect(_address_of(person, done="decided"))


@bp.get("/marks/<uuid:cohort_id>/again")
@allow(AssessmentPermission.SEE_MARKS, on=replays.find_replay)
def again(replay: Replay) -> ResponseReturnValue:
    """Who would get another result with the newest keys. Nothing is changed by looking."""
    return _again_page(replay)


@bp.post("/marks/<uuid:cohort_id>/again/apply")
@allow(AssessmentPermission.SEE_MARKS, on=replays.find_replay)
def apply_again(replay: Replay) -> ResponseReturnValue:
    """Apply exactly what was shown."""
    try:
        shown = read_shown(request.form.getlist("change")[: book.PAGE])
        version = int(request.form.get("version", ""))
    except ValueError:
        abort(400)
    try:
        operation = forms.read_operation(request.form.get("op"))
        with transaction():
            replaying.apply_keys(
                replay, shown, version, operation=operation, by=me(), language=page_language(), at=clock.now()
            )
    except Refusal as refusal:
        now = replays.find_replay(me(), replay.cohort.public_id) or replay
        return _again_page(now, refusal=explain(refusal)), 409
    return redirect(url_for(".again", cohort_id=replay.cohort.public_id, done="applied"))


def _again_page(replay: Replay, refusal: str | None = None) -> str:
    after = request.args.get("after", type=UUID)
    found = replays.changes(replay, me(), after=after, most=book.PAGE + 1)
    return render_template(
        "assessments/again.html",
        replay=replay,
        after=after,
        changes=[(change, write_shown(change.shown)) for change in found[: book.PAGE]],
        following=found[book.PAGE - 1].shown.attempt if len(found) > book.PAGE else None,
        may_apply=allows(AssessmentPermission.RESCORE, me(), replay),
        operation=new_id(),
        refusal=refusal,
        done=request.args.get("done") == "applied",
    )


def _as_it_is_now(person: ParticipantBook) -> ParticipantBook:
    """What she did, read anew after a refusal."""
    return record.find_participant(me(), person.cohort.public_id, person.enrolment.public_id) or person


def _participant_page(person: ParticipantBook, form: AllowanceForm, **more: Any) -> str:
    found = record.record_of(person, at=clock.now())
    if form.known.data in (None, "") or "refusal" in more:
        form.known.data = str(len(found.given))
    return render_template(
        "assessments/participant.html",
        book=person,
        record=found,
        form=form,
        may_allow=allows(AssessmentPermission.ALLOW, me(), person),
        operation=new_id(),
        done=more.get("done"),
        refusal=more.get("refusal"),
    )


def _allowance_form(person: ParticipantBook, *, sent: bool = True) -> AllowanceForm:
    form = AllowanceForm() if sent else AllowanceForm(None)
    tasks = [task for task in person.catalogue.tasks.values() if task.kind is not TaskKind.CHECKPOINT]
    form.due_on.description = _(
        "Until 23:59 by the cohort’s clock (%(zone)s). This only gives time: a task whose own date is later keeps it, "
        "and a task without a date keeps none.",
        zone=person.cohort.zone,
    )
    form.task.choices = [(ALL_TASKS, _("All tasks of the course"))]
    form.task.choices += [(task.node_id, person.task_title(task.node_id, page_language()).text) for task in tasks]
    return form


def _wanted(form: AllowanceForm, person: ParticipantBook) -> NewAllowance:
    """What the form asks for; a day ends at 23:59 where the cohort is."""
    day = form.due_on.data
    zone = ZoneInfo(person.cohort.zone)
    return NewAllowance(
        node_id=form.task.data or None,
        extra_attempts=form.attempts.data or 0,
        extra_minutes=form.minutes.data or 0,
        due_at=None if day is None else datetime.combine(day, END_OF_DAY, zone),
        reason=form.reason.data or "",
        known=read_known(form.known.data),
    )


def _address_of(person: ParticipantBook, **more: Any) -> str:
    return url_for(".participant", cohort_id=person.cohort.public_id, enrolment_id=person.enrolment.public_id, **more)
