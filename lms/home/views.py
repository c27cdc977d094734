"""Today, and the pages that everybody may read."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from lms.accounts.session import me
from lms.audit.dictionary import RETENTION_TEXTS
from lms.cohorts import queries as cohorts
from lms.cohorts.queries import Seat
from lms.kernel import clock, migrations
from lms.kernel.db import db
from lms.modules import queries as modules
from lms.modules import rules
from lms.web.formats import reader_zone
from lms.web.http import allow, public
from lms.web.languages import page_language

from .policy import HomePermission

bp = Blueprint("home", __name__, template_folder="templates", url_prefix="/<lang:lang>")
machine = Blueprint("machine", __name__)
MOST_COMING_UP = 3
MOST_DUE = 3


@dataclass(frozen=True, kw_only=True)
class CourseToday:
    """One course on the Today page."""

    seat: Seat
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
    return render_template(
        "home/today.html",
        now=at,
        part_of_day=rules.part_of_day(at.astimezone(reader_zone())),
        courses=[_course_today(seat, at) for seat in cohorts.seats_of(me())],
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
    outline = modules.outline_of(seat, page_language())
    return CourseToday(
        seat=seat,
        step=rules.next_step(outline, at=at),
        in_preparation=[m for m in outline if rules.state_of(m, at=at) is rules.ModuleState.IN_PREPARATION],
        coming_up=list(rules.coming_up(outline, at=at, most=MOST_COMING_UP)),
        due=list(rules.due_soon(outline, at=at, most=MOST_DUE)) if seat.enrolment else [],
        progress=rules.compute_progress(outline, at=at),
    )
