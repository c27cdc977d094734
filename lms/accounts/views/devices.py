"""Where she is signed in, closing the account for a journey, and one step for a lost device."""

from datetime import date
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.accounts import queries, vault
from lms.accounts.forms import DeviceForm, LockForm, TravelForm
from lms.accounts.models import Session
from lms.accounts.policy import AccountPermission
from lms.accounts.rules.sessions import is_alive
from lms.accounts.services import closing, sessions
from lms.accounts.session import me, this_session
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.web import cookies
from lms.web.cookies import Cookie
from lms.web.http import allow, explain

bp = Blueprint("devices", __name__, template_folder="../templates", url_prefix="/<lang:lang>/account/sessions")


def _session(who: object, name: UUID) -> Session | None:
    return sessions.find_hers(queries.sessions_of(me().id), name)


@bp.get("", endpoint="devices")
@allow(AccountPermission.USE)
def devices() -> ResponseReturnValue:
    """Her signed-in browsers, by the day and by what she called them."""
    return _page()


@bp.post("/<uuid:name>/name")
@allow(AccountPermission.OWN, on=_session)
def rename(session: Session) -> ResponseReturnValue:
    """Call a device something that she knows it by."""
    form = DeviceForm()
    if not form.validate():
        return _page(refusal=str(next(iter(form.name.errors)))), 422
    with transaction():
        sessions.call_device(me(), session, str(form.name.data or "").strip())
    return redirect(url_for(".devices"))


@bp.post("/<uuid:name>/end")
@allow(AccountPermission.OWN, on=_session)
def end(session: Session) -> ResponseReturnValue:
    """Sign one browser out; it is dead with its next request."""
    with transaction():
        sessions.end_one(session)
    return redirect(url_for(".devices"))


@bp.post("/end-others")
@allow(AccountPermission.USE)
def end_others() -> ResponseReturnValue:
    """Sign out every browser but this one."""
    with transaction():
        sessions.end_others(me(), but=this_session().id)
    return redirect(url_for(".devices", ended=1))


@bp.post("/travel")
@allow(AccountPermission.USE)
def travel() -> ResponseReturnValue:
    """Close the account until a day; she is signed out here too."""
    form = TravelForm()
    if not form.validate():
        return _page(travel_form=form), 422
    until = form.until.data
    assert isinstance(until, date)
    try:
        with transaction():
            closing.close_until(me(), until, by=me(), at=clock.now())
    except Refusal as refusal:
        form.until.errors = [explain(refusal)]
        return _page(travel_form=form), 422
    return _gone()


@bp.get("/lost")
@allow(AccountPermission.USE)
def lost() -> ResponseReturnValue:
    """What happens when a device is lost, step by step, as a rehearsal: it changes nothing."""
    return render_template("accounts/lost.html", form=LockForm(None), ways=queries.ways_of(me().id))


@bp.post("/lost")
@allow(AccountPermission.USE)
def lock() -> ResponseReturnValue:
    """Lock everything now: nothing is asked before it."""
    with transaction():
        closing.lock(me(), by=me(), at=clock.now())
    return _gone()


def _gone() -> ResponseReturnValue:
    """She is signed out, and this browser forgets what it kept for us."""
    answer = make_response(redirect(url_for("home.welcome", signed_out=1)))
    for cookie in (Cookie.SESSION, Cookie.KNOWN):
        cookies.take_back(answer, cookie)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _page(*, travel_form: TravelForm | None = None, refusal: str | None = None) -> str:
    person, at, here = me(), clock.now(), this_session().id
    alive = [one for one in queries.sessions_of(person.id) if is_alive(one.times(), at=at)]
    names = vault.open_all(person, [one.name for one in alive], place=vault.SESSION_NAME)
    return render_template(
        "accounts/devices.html",
        form=travel_form or TravelForm(None),
        refusal=refusal,
        sessions=[(one, name, sessions.name_of(one.id)) for one, name in zip(alive, names, strict=True)],
        here=here,
        ways=queries.ways_of(person.id),
    )
