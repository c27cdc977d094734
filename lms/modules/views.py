"""The course outline and its lessons."""

from functools import cache
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.accounts.models import Person
from lms.accounts.policy import AccountPermission
from lms.accounts.session import me
from lms.cohorts.errors import CourseClosed
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries import seats as cohorts
from lms.cohorts.queries.seats import Seat
from lms.cohorts.rules.opening import check_open
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.policy import allows
from lms.web.http import allow, explain
from lms.web.languages import page_language
from lms.web.pieces import drawn_once

from . import queries, rules, services
from .activities import below_lesson
from .queries import LessonPlace

bp = Blueprint("modules", __name__, template_folder="templates", url_prefix="/<lang:lang>")


def lesson_at(who: Person, lesson_id: UUID) -> LessonPlace | None:
    """The lesson of an address, in the language of the page."""
    return queries.find_lesson_place(who, lesson_id, page_language())


@bp.get("/c/")
@allow(AccountPermission.USE)
def courses() -> ResponseReturnValue:
    """Her courses; the only one at once."""
    places = cohorts.places_of(me())
    if len(places.seats) == 1 and not places.waiting:
        return redirect(url_for(".outline", course_id=places.seats[0].cohort.public_id))
    return render_template("modules/courses.html", seats=places.seats, waiting=places.waiting)


@bp.get("/c/<uuid:course_id>")
@allow(CohortPermission.READ, on=cohorts.find_seat)
def outline(seat: Seat) -> ResponseReturnValue:
    """The modules of a course with their lessons, what was read and what opens when."""
    at = clock.now()
    modules = queries.outline_of(seat, page_language())
    return render_template(
        "modules/outline.html",
        seat=seat,
        now=at,
        modules=[(module, rules.state_of(module, at=at), rules.is_readable(module, at=at)) for module in modules],
        step=rules.next_step(modules, at=at),
        progress=rules.compute_progress(modules, at=at),
        just_read="read" in request.args,
    )


@bp.get("/l/<uuid:lesson_id>")
@allow(CohortPermission.READ, on=lesson_at)
def lesson(place: LessonPlace) -> ResponseReturnValue:
    """One lesson to read."""
    try:
        check_open(place.opening, at=clock.now())
    except Refusal as refusal:
        return render_template("modules/closed.html", place=place, refusal=explain(refusal)), 403
    return _lesson_page(place)


@bp.post("/l/<uuid:lesson_id>/read")
@allow(CohortPermission.TAKE_PART, on=lesson_at)
def mark_read(place: LessonPlace) -> ResponseReturnValue:
    """Note the lesson as read and go on: to the next lesson, or back to the outline after the last."""
    try:
        with transaction():
            services.mark_read(place, by=me(), at=clock.now())
    except Refusal as refusal:
        is_over = isinstance(refusal, CourseClosed)
        return render_template("modules/closed.html", place=place, refusal=explain(refusal), is_over=is_over), 409
    beside = queries.lessons_of_module(place, page_language())
    following = rules.following(beside, place.entry.public_id)
    if following is None:
        return redirect(url_for(".outline", course_id=place.cohort.public_id, read=1))
    return redirect(url_for(".lesson", lesson_id=following.id, read=1))


def _lesson_page(place: LessonPlace) -> str:
    text = place.text(page_language())
    around = cache(lambda: queries.around(text))
    name = place.cohort.version.public_id, place.lesson.node_id, text.language  # a version never changes
    beside = queries.lessons_of_module(place, page_language())
    number = rules.number_of(beside, place.entry.public_id)
    return render_template(
        "modules/lesson.html",
        place=place,
        this=beside[number - 1],
        text=text,
        sources=drawn_once("modules/sources.html", name, around),
        contents=drawn_once("modules/contents.html", name, around),
        below=below_lesson(place),
        number=number,
        total=len(beside),
        previous=beside[number - 2] if number > 1 else None,
        following=rules.following(beside, place.entry.public_id),
        may_mark=allows(CohortPermission.PROGRESS, me(), place),
        just_read="read" in request.args,
    )
