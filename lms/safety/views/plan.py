"""Her safety plan, and who opened her record."""

import contextlib

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.safety import queries
from lms.safety.errors import RecoveryOver
from lms.safety.forms import PlanForm
from lms.safety.policy import SafetyPermission
from lms.safety.services import opening, planning, recovering
from lms.safety.services.planning import Words
from lms.web.http import allow

bp = Blueprint("plan", __name__, template_folder="../templates", url_prefix="/<lang:lang>/account")


@bp.get("/safety")
@allow(SafetyPermission.OWN)
def plan() -> ResponseReturnValue:
    """How she wants to be reached."""
    words = planning.read_plan(me())
    form = PlanForm(None, channel=words.channel, hours=words.hours, silence=words.silence)
    return render_template("safety/plan.html", form=form, saved="saved" in request.args)


@bp.post("/safety/save")
@allow(SafetyPermission.OWN)
def save_plan() -> ResponseReturnValue:
    """Keep it, sealed."""
    form = PlanForm()
    if not form.validate():
        return render_template("safety/plan.html", form=form, saved=False), 422
    parts = (form.channel.data, form.hours.data, form.silence.data)
    channel, hours, silence = (str(part or "").strip() for part in parts)
    with transaction():
        planning.save_plan(me(), Words(channel=channel, hours=hours, silence=silence), at=clock.now())
    return redirect(url_for(".plan", saved=1, _anchor="saved"))


@bp.get("/opened")
@allow(SafetyPermission.OWN)
def opened() -> ResponseReturnValue:
    """Who opened which of her sealed values, when and why; and whether she is about to be let in without her factor."""
    recovery = queries.recovery_of(me().id, at=clock.now())
    return render_template("safety/opened.html", openings=opening.read_openings(me()), recovery=recovery)


@bp.post("/opened/stop")
@allow(SafetyPermission.OWN)
def stop_recovery() -> ResponseReturnValue:
    """She did not ask for it: nothing of how she signs in is changed."""
    with contextlib.suppress(RecoveryOver), transaction():
        recovering.stop(me(), by=me(), at=clock.now())
    return redirect(url_for(".opened"))
