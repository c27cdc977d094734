"""Who was in a live session of a cohort: entered by its coordinators, 25 people a page."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.accounts.models import Person
from lms.accounts.session import me
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries import desk as desks
from lms.cohorts.queries.desk import Desk
from lms.cohorts.rules.completion import MOST_SESSIONS
from lms.cohorts.rules.wallclock import day_of
from lms.cohorts.services import attesting
from lms.cohorts.services.attesting import Attendance
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.policy import allows
from lms.web.http import allow, explain

from .desk_forms import AttendanceForm
from .queries import attendance as lists

bp = Blueprint("attendance", __name__, template_folder="templates", url_prefix="/<lang:lang>/cohort/<uuid:cohort_id>")


@dataclass(frozen=True, kw_only=True)
class SessionDesk(Desk):
    """One live session of a cohort."""

    session: int


def find_session(who: Person, cohort_id: UUID, number: int) -> SessionDesk | None:
    """The session of an address."""
    desk = desks.find_desk(who, cohort_id)
    return SessionDesk(cohort=desk.cohort, session=number) if desk and 1 <= number <= MOST_SESSIONS else None


@bp.get("/session/<int:number>")
@allow(CohortPermission.RUN, on=find_session)
def session(desk: SessionDesk) -> ResponseReturnValue:
    """Everybody with a box to tick, 25 a page."""
    return _page(desk)


@bp.post("/session/<int:number>/save")
@allow(CohortPermission.CHANGE, on=find_session)
def save(desk: SessionDesk) -> ResponseReturnValue:
    """Keep what was ticked and unticked on one page."""
    form = AttendanceForm()
    if not form.validate():
        return _page(desk, form), 422
    assert form.on.data is not None
    page = Attendance(
        session=desk.session,
        on=form.on.data,
        present=_ids("present"),
        shown=_ids("shown"),
        shown_on=_day_of(form.shown_on.data),
    )
    try:
        with transaction():
            passed_over = lists.in_conflict_with(me(), desk.cohort)
            attesting.note_attendance(desk.cohort.id, page, besides=passed_over, by=me(), at=clock.now())
    except Refusal as refusal:
        return _page(desk, form, refusal=explain(refusal)), 409
    number = request.args.get("page", 1, type=int)
    return redirect(
        url_for(".session", cohort_id=desk.cohort.public_id, number=desk.session, page=number, done="saved")
    )


def _ids(name: str) -> frozenset[UUID]:
    """The boxes of one name. What is no id of ours is of no page of ours."""
    try:
        return frozenset(UUID(one) for one in request.form.getlist(name)[: 2 * lists.ROWS_A_PAGE])
    except ValueError:
        abort(400)


def _day_of(text: str | None) -> date | None:
    """The day that the page was made with, where it had one."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        abort(400)


def _page(desk: SessionDesk, form: AttendanceForm | None = None, refusal: str | None = None) -> str:
    page = lists.page_of(me(), desk.cohort, session=desk.session, number=request.args.get("page", 1, type=int))
    ticked = {row.id for row in page.rows if row.was_there} if form is None else _ids("present")
    if form is None:
        form = AttendanceForm(None, on=page.on or day_of(clock.now(), desk.cohort.zone), shown_on=page.on)
    return render_template(
        "home/session.html",
        desk=desk,
        form=form,
        page=page,
        ticked=ticked,
        latest=MOST_SESSIONS,
        may_change=allows(CohortPermission.CHANGE, me(), desk),
        refusal=refusal,
        done=request.args.get("done"),
    )
