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
from lms.safety.rules import Field
from lms.safety.services import opening
from lms.safety.services.planning import Words
from lms.web.http import allow, explain

from .opening_forms import LockForm, OpenForm
from .policy import HomePermission
from .queries import person as files
from .queries.person import PersonFile

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
    form = _open_form(sent=True)
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


def _open_form(*, sent: bool = False) -> OpenForm:
    form = OpenForm() if sent else OpenForm(None)
    form.field.choices = [(one.value, words) for one, words in field_words().items()]
    return form


def _page(
    file: PersonFile,
    form: OpenForm | LockForm | None = None,
    *,
    refusal: str | None = None,
    shown: Field | None = None,
    value: str | Words | None = None,
    done: str | None = None,
) -> str:
    return render_template(
        "home/sealed.html",
        file=file,
        form=form if isinstance(form, OpenForm) else _open_form(),
        lock_form=form if isinstance(form, LockForm) else LockForm(None),
        sent=form,
        refusal=refusal,
        shown=shown,
        value=value,
        words=field_words(),
        done=done,
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
