"""Today, and the pages that everybody may read."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from lms.accounts.session import me
from lms.assessments.queries.queue import at_hand
from lms.audit.dictionary import RETENTION_TEXTS
from lms.cohorts.policy import coordinates, runs_any
from lms.cohorts.queries import seats as cohorts
from lms.cohorts.queries import sendings
from lms.cohorts.queries.seats import Seat
from lms.cohorts.rules.enrolment import ENDED
from lms.cohorts.rules.silence import whole_days
from lms.kernel import clock, migrations
from lms.kernel.db import db
from lms.modules import queries as modules
from lms.modules import rules
from lms.web.formats import reader_zone
from lms.web.http import allow, public
from lms.web.languages import page_language

from .news import news_of
from .policy import HomePermission

bp = Blueprint("home", __name__, template_folder="templates", url_prefix="/<lang:lang>")
machine = Blueprint("machine", __name__)
MOST_COMING_UP = 3
MOST_DUE = 3


@dataclass(frozen=True, kw_only=True)
class CourseToday:
    """One course on the Today page. runs: she coordinates it. is_over: there is nothing to do in it any more."""

    seat: Seat
    runs: bool
    is_over: bool
    step: rules.Step | None
    in_preparation: list[rules.OutlineModule]
    coming_up: list[rules.OutlineModule]
    due: list[rules.Activity]
    progress: rules.Progress


@bp.get("/")
@public
def welcome() -> ResponseReturnValue:
    """The public home."""
    return render_template("home/welcome.html", signed_out="signed_out" in request.args)


@bp.get("/today")
@allow(HomePermission.TODAY)
def today() -> ResponseReturnValue:
    """What she does now, by when, how long it takes."""
    at = clock.now()
    places = cohorts.places_of(me())
    questions = sendings.waiting_for_second(me(), at=at)
    if len(places.waiting) == 1 and not places.seats and not questions:
        return redirect(url_for("places.place", enrolment_id=places.waiting[0].enrolment.public_id))
    work = at_hand(me(), at=at)
    return render_template(
        "home/today.html",
        now=at,
        work=work,
        oldest_days=None if work.oldest_at is None else whole_days(work.oldest_at, at=at, zone=reader_zone().key),
        is_staff=bool(me().roles),
        runs_any=runs_any(me(), None),
        waiting=places.waiting,
        questions=questions,
        part_of_day=rules.part_of_day(at.astimezone(reader_zone())),
        news=news_of(me(), at=at) if any(seat.enrolment for seat in places.seats) else [],  # of her own places alone
        courses=[_course_today(seat, at) for seat in places.seats],
    )


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What is stored, for how long, who sees it, and what Leave now cannot do."""
    return render_template("home/privacy.html", retention=list(RETENTION_TEXTS.values()))


@bp.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """The accessibility statement."""
    return render_template("home/accessibility.html")


@machine.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The process is alive."""
    return Response("alive\n", mimetype="text/plain")


@machine.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """The database answers and is at the newest migration; otherwise the error page's 503, or a plain one."""
    db.session.execute(text("SELECT 1"))
    if not migrations.is_at_head():
        return Response("migrations are missing\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


def _course_today(seat: Seat, at: datetime) -> CourseToday:
    is_over = seat.cohort.closed_at is not None or (seat.enrolment is not None and seat.enrolment.state in ENDED)
    outline = [] if is_over else modules.outline_of(seat, page_language())
    return CourseToday(
        seat=seat,
        runs=coordinates(me(), seat) and seat.cohort.closed_at is None,
        is_over=is_over,
        step=rules.next_step(outline, at=at),
        in_preparation=[m for m in outline if rules.state_of(m, at=at) is rules.ModuleState.IN_PREPARATION],
        coming_up=list(rules.coming_up(outline, at=at, most=MOST_COMING_UP)),
        due=list(rules.due_soon(outline, at=at, most=MOST_DUE)) if seat.enrolment else [],
        progress=rules.compute_progress(outline, at=at),
    )
