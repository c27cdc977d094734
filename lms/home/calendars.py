"""Her dates for a calendar program: the page where she makes the address, and the address itself."""

import hashlib
from uuid import UUID

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.accounts.policy import AccountPermission
from lms.accounts.session import me
from lms.cohorts.queries import feeds
from lms.cohorts.services import feeds as services
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.ids import new_id
from lms.settings import current_settings
from lms.web.http import allow, public
from lms.web.languages import page_language

from .queries.appointments import appointments_of
from .rules.appointments import Feed, write_calendar

bp = Blueprint("calendars", __name__, template_folder="templates", url_prefix="/<lang:lang>")
machine = Blueprint("calendar_feed", __name__)
FILE_NAME = "appointments.ics"


@bp.get("/account/calendar")
@allow(AccountPermission.USE)
def calendar() -> ResponseReturnValue:
    """What a calendar program would show, and whether it may."""
    return _page(done=request.args.get("done"))


@bp.post("/account/calendar/make")
@allow(AccountPermission.USE)
def make() -> ResponseReturnValue:
    """Make an address, or another one in its place. It is shown in this answer and never again."""
    operation = request.form.get("op", type=UUID)
    if operation is None:
        abort(400)
    with transaction():
        token = services.make_feed(me(), operation, at=clock.now())
    g.has_secret = True
    return _page(address=current_settings().public_url + url_for("calendar_feed.feed", token=token))


@bp.post("/account/calendar/take-back")
@allow(AccountPermission.USE)
def take_back() -> ResponseReturnValue:
    """The address opens nothing any more."""
    with transaction():
        services.take_back(me(), at=clock.now())
    return redirect(url_for(".calendar", done="taken-back"))


def _page(*, address: str | None = None, done: str | None = None) -> str:
    return render_template(
        "home/calendar.html",
        address=address,
        feed=feeds.feed_of(me()),
        appointments=appointments_of(me(), page_language()),
        operation=new_id(),
        done=done,
    )


@machine.get("/cal/<token>.ics")
@public
def feed(token: str) -> ResponseReturnValue:
    """Her dates. An address that was taken back and one that never was get the same answer, after one statement."""
    found = feeds.find_feed(token)
    if found is None:
        abort(404)
    row, person = found
    mine = Feed(
        secret=row.token_hash,
        made_at=row.created_at,
        zone=person.time_zone,
        language=person.interface_language,
        name=current_settings().site_name["en"],
    )
    body = write_calendar(mine, [one.appointment for one in appointments_of(person, person.interface_language)])
    response = Response(body, mimetype="text/calendar")
    response.headers["Content-Disposition"] = f"inline; filename={FILE_NAME}"
    response.headers["Cache-Control"] = "private, no-cache"  # kept by her program, which asks each time if it changed
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    return response.make_conditional(request)
