"""Who is kept apart in a cohort: the safety focal point's page, and nobody else's."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.accounts.session import me
from lms.cohorts.apart_forms import ApartForm
from lms.cohorts.policy import CohortPermission
from lms.cohorts.queries import apart as rooms
from lms.cohorts.queries.apart import Room, RuleOfRoom
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.safety import queries
from lms.safety.services import parting
from lms.web.http import allow, explain

bp = Blueprint("apart", __name__, template_folder="../templates", url_prefix="/<lang:lang>/apart/<uuid:cohort_id>")


@bp.get("", endpoint="apart")
@allow(CohortPermission.PART, on=rooms.find_room)
def page(room: Room) -> ResponseReturnValue:
    """The rules, where people meet all the same, and a form for one more."""
    return _page(room, _form(room))


@bp.post("/make")
@allow(CohortPermission.PART, on=rooms.find_room)
def make(room: Room) -> ResponseReturnValue:
    """Keep two sides apart from now on."""
    form = _form(room, sent=True)
    if not form.validate():
        return _page(room, form), 422
    numbers = {str(one.public_id): one.number for one in room.people}
    one, other = ([numbers[name] for name in field.data or ()] for field in (form.one, form.other))
    try:
        with transaction():
            parting.keep_apart(room.cohort.id, (one, other), str(form.reason.data), by=me(), at=clock.now())
    except Refusal as refusal:
        return _page(room, form, refusal=explain(refusal)), 422
    return redirect(url_for(".apart", cohort_id=room.cohort.public_id))


@bp.post("/<uuid:rule_id>/take-back")
@allow(CohortPermission.PART, on=rooms.find_rule)
def take_back(found: RuleOfRoom) -> ResponseReturnValue:
    """They may meet again."""
    with transaction():
        parting.take_back(found.rule, by=me(), at=clock.now())
    return redirect(url_for(".apart", cohort_id=found.cohort.public_id))


def _form(room: Room, *, sent: bool = False) -> ApartForm:
    form = ApartForm() if sent else ApartForm(None)
    form.one.choices = form.other.choices = [(str(one.public_id), one.name) for one in room.people]
    return form


def _page(room: Room, form: ApartForm, *, refusal: str | None = None) -> str:
    names = {one.number: one.name for one in room.people}
    rules = [(rule, rooms.sides_of(rule, names), parting.reason_of(rule)) for rule in queries.rules_of(room.cohort.id)]
    return render_template(
        "cohorts/apart.html",
        room=room,
        form=form,
        refusal=refusal,
        rules=rules,
        meeting=rooms.who_meet(room.cohort, queries.apart_in(room.cohort.id), names),
    )
