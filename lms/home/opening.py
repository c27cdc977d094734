"""Opening a sealed value of a participant, and locking her account for her: with a reason that she reads."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import proving
from lms.accounts.coming_in import refused
from lms.accounts.session import me, this_session
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.safety import queries as recoveries
from lms.safety.matrix import opened_by
from lms.safety.rules import Field, recovery_state
from lms.safety.services import opening, recovering
from lms.safety.services.planning import Words
from lms.web.http import allow, explain

from .opening_forms import LockForm, OpenForm
from .policy import HomePermission
from .queries import person as files
from .queries.person import PersonFile
from .sight import conditions_of

ADDRESS = "/<lang:lang>/cohort/<uuid:cohort_id>/people/<uuid:enrolment_id>/sealed"
bp = Blueprint("sealed", __name__, template_folder="templates", url_prefix=ADDRESS)


@bp.get("", endpoint="sealed")
@allow(HomePermission.OPEN, on=files.find_file)
def page(file: PersonFile) -> ResponseReturnValue:
    """What can be opened, and what it takes."""
    return _page(file, done=request.args.get("done"))


@bp.post("/open")
@allow(HomePermission.OPEN, on=files.find_file)
def open_value(file: PersonFile) -> ResponseReturnValue:
    """Open one value: shown this once, on record for her."""
    form = _open_form(file, sent=True)
    if not form.validate():
        return _page(file, form), 422
    field = Field(form.field.data)
    try:
        proving.prove(form)
        with transaction():
            (value,) = opening.open_values(
                [file.owner], field, str(form.reason.data), by=me(), session=this_session(), at=clock.now()
            )
    except Refusal as refusal:
        return refused(_page(file, form, refusal=explain(refusal)), refusal, 422)
    g.has_secret = True
    return _page(file, shown=field, value=value)


@bp.post("/lock")
@allow(HomePermission.OPEN, on=files.find_file)
def lock(file: PersonFile) -> ResponseReturnValue:
    """Lock her account after a call: she has no device at hand to do it herself."""
    return _act(file, opening.lock_for, done="locked")


@bp.post("/unlock")
@allow(HomePermission.OPEN, on=files.find_file)
def unlock(file: PersonFile) -> ResponseReturnValue:
    """Let her in again after a call: she has no codes on paper."""
    return _act(file, opening.unlock_for, done="unlocked")


@bp.post("/end-travel")
@allow(HomePermission.OPEN, on=files.find_file)
def end_travel(file: PersonFile) -> ResponseReturnValue:
    """End travel mode after a call in the way that her safety plan says."""
    return _act(file, opening.end_travel_for, done="opened")


@bp.post("/recovery/ask")
@allow(HomePermission.OPEN, on=files.find_file)
def ask_recovery(file: PersonFile) -> ResponseReturnValue:
    """Ask that she be let in without the factor that she lost."""
    return _act(file, recovering.ask_for, done="asked")


@bp.post("/recovery/confirm")
@allow(HomePermission.OPEN, on=files.find_file)
def confirm_recovery(file: PersonFile) -> ResponseReturnValue:
    """Confirm it, as a second person."""
    return _act(file, recovering.confirm_for, done="confirmed")


@bp.post("/recovery/finish")
@allow(HomePermission.OPEN, on=files.find_file)
def finish_recovery(file: PersonFile) -> ResponseReturnValue:
    """Do it, when her day is over; a code for her is shown this once, where she has no passphrase."""
    codes: list[str | None] = []

    def finish(*arguments: Any, **named: Any) -> None:
        codes.append(recovering.finish_for(*arguments, **named))

    answer = _act(file, finish, done="recovered")
    if not codes or codes[0] is None:
        return answer
    g.has_secret = True
    return _page(file, done="recovered", code=codes[0])


@bp.post("/recovery/stop")
@allow(HomePermission.OPEN, on=files.find_file)
def stop_recovery(file: PersonFile) -> ResponseReturnValue:
    """It is not needed any more."""
    try:
        with transaction():
            recovering.stop(file.owner, by=me(), at=clock.now())
    except Refusal as refusal:
        return _page(file, refusal=explain(refusal)), 409
    return redirect(_address(file))


def _act(file: PersonFile, act: Callable[..., None], *, done: str) -> ResponseReturnValue:
    """Something that is done to her account, with a reason and a factor."""
    form = LockForm()
    if not form.validate():
        return _page(file, form), 422
    try:
        proving.prove(form)
        with transaction():
            act(file.owner, str(form.reason.data), by=me(), session=this_session(), at=clock.now())
    except Refusal as refusal:
        return refused(_page(file, form, refusal=explain(refusal)), refusal, 422)
    return redirect(_address(file, done=done))


def _open_form(file: PersonFile, *, sent: bool = False) -> OpenForm:
    """What the reader's roles in this cohort may open, and nothing else: another value is no choice."""
    form, words = OpenForm() if sent else OpenForm(None), field_words()
    roles = [grant.role for grant in me().roles if grant.cohort_id in (None, file.cohort.id)]
    form.field.choices = [(one.value, words[one]) for one in opened_by(roles, *conditions_of(file.seat))]
    return form


def _page(
    file: PersonFile,
    form: OpenForm | LockForm | None = None,
    *,
    refusal: str | None = None,
    shown: Field | None = None,
    value: str | Words | None = None,
    done: str | None = None,
    code: str | None = None,
) -> str:
    at = clock.now()
    recovery = recoveries.recovery_of(file.owner.id, at=at)
    return render_template(
        "home/sealed.html",
        file=file,
        form=form if isinstance(form, OpenForm) else _open_form(file),
        lock_form=form if isinstance(form, LockForm) else LockForm(None),
        sent=form,
        refusal=refusal,
        shown=shown,
        value=value,
        words=field_words(),
        done=done,
        code=code,
        recovery=recovery,
        recovery_state=recovery_state(recovery.times(), at=at) if recovery is not None else None,
        is_mine=recovery is not None and recovery.asked_by_id == me().id,
        **proving.asked(),
    )


def _address(file: PersonFile, **more: Any) -> str:
    return url_for(".sealed", cohort_id=file.cohort.public_id, enrolment_id=file.participant.public_id, **more)


def field_words() -> dict[Field, str]:
    """What can be opened, in words."""
    return {
        Field.LEGAL_NAME: _("Legal name"),
        Field.CONTACT: _("How to reach her"),
        Field.PLAN: _("Safety plan"),
    }
