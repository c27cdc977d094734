"""Who needs help, for facilitators: people and reasons, no figures about anybody."""

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from lms.accounts.session import me
from lms.assessments.policy import AssessmentPermission
from lms.assessments.queries.book import CohortBook
from lms.kernel import clock
from lms.kernel.policy import allows
from lms.web.http import allow

from .policy import HomePermission
from .queries import helping

bp = Blueprint("helping", __name__, template_folder="templates", url_prefix="/<lang:lang>/people")


@bp.get("/help")
@allow(HomePermission.HELP)
def needs_help() -> ResponseReturnValue:
    """The people of her groups who may need help, of one cohort at a time."""
    at, number = clock.now(), request.args.get("page", 1, type=int)
    flocks, wanted = helping.flocks_of(me()), request.args.get("cohort", type=UUID)
    flock = next((one for one in flocks if one.cohort.public_id == wanted), None)
    if flock is None:
        flock = helping.first_in_need(me(), flocks, at=at)
    page = helping.page_of(me(), flock, number=number, at=at) if flock is not None else None
    return render_template(
        "home/help.html",
        flocks=flocks,
        flock=flock,
        book=CohortBook(cohort=flock.cohort) if flock is not None else None,
        page=page,
        may_preview=allows(AssessmentPermission.PREVIEW, me()),
    )
