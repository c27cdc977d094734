"""Checking a certificate: open to everybody, without an account, and nothing is kept about who checks."""

from typing import Any

from flask import Blueprint, Response, current_app, json, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.courses.rules import Told
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.settings import current_settings
from lms.web.bodies import takes_file
from lms.web.http import explain, public
from lms.web.languages import page_language

from .. import reading
from ..errors import NoFacts, SeveralFacts, TooManyChecks, Unreadable
from ..forms import CheckForm
from ..keys import current_keys
from ..reading import MOST_BYTES
from ..services import checking
from ..services.checking import Checked
from ..signing import published
from ..texts import title_in

bp = Blueprint("verify", __name__, template_folder="../templates", url_prefix="/<lang:lang>/verify")
machine = Blueprint("certificate_keys", __name__)
KEYS_KEPT_SECONDS = 3600
SHORTEST_TOKEN = 120
"""Whatever is longer than a code in any way of writing it."""


@bp.get("")
@public
def start() -> ResponseReturnValue:
    """Where a code is typed."""
    return _page(CheckForm(None))


@bp.get("/<string(minlength=26,maxlength=60):code>")
@public
def code(code: str) -> ResponseReturnValue:
    """The answer to a code. That it was asked is counted by where it comes from, and nothing else is kept."""
    form = CheckForm(None, code=code)
    try:
        _count()
        return _page(form, checked=checking.check_code(code))
    except Refusal as refusal:
        return _refused(form, refusal)


@bp.post("/check")
@public
def check() -> ResponseReturnValue:
    """The answer to a code, to a link with signed facts, or to the facts alone."""
    form = CheckForm()
    if not form.validate():
        return _page(form), 422
    typed = str(form.code.data)
    try:
        _count()
        if len(typed) < SHORTEST_TOKEN:
            return _page(form, checked=checking.check_code(typed))
        token = reading.find_token(typed.encode())
        return _page(form, checked=checking.check_token(token, name=form.name.data), token=token)
    except Refusal as refusal:
        return _refused(form, refusal)


@bp.post("/file")
@takes_file(MOST_BYTES, from_anybody=True)
@public
def file() -> ResponseReturnValue:
    """The answer to a document: a PDF, a saved page, a list of facts or a text."""
    form = CheckForm(None)
    sent = request.files.get("document")
    try:
        _count()
        token = reading.find_token(sent.stream.read() if sent is not None else b"")
        return _page(form, checked=checking.check_token(token, name=None), token=token)
    except Refusal as refusal:
        return _refused(form, refusal)


@machine.get("/.well-known/lms-certificate-keys.json")
@public
def keys() -> ResponseReturnValue:
    """The public keys, for checking without us."""
    answer = Response(json.dumps(published(current_keys()), indent=2) + "\n", mimetype="application/json")
    answer.headers["Cache-Control"] = f"public, max-age={KEYS_KEPT_SECONDS}"
    return answer


def _count() -> None:
    address, at, most = request.remote_addr or "", clock.now(), current_settings().limits.checks_per_source
    checking.check_limit(address, at=at, most=most)
    with transaction():
        checking.count(address, at=at, most=most)


def _refused(form: CheckForm, refusal: Refusal) -> ResponseReturnValue:
    if isinstance(refusal, TooManyChecks):
        answer = current_app.make_response((_page(form, refusal=explain(refusal)), 429))
        answer.headers["Retry-After"] = str(current_settings().limits.window_minutes * 60)
        return answer
    is_no_document = isinstance(refusal, (NoFacts, SeveralFacts, Unreadable))
    if is_no_document:
        return _page(form, refusal=explain(refusal), unconfirmed=_("This document could not be confirmed")), 422
    return _page(form, not_genuine=explain(refusal)), 409


def _page(form: CheckForm, **more: Any) -> str:
    """One page for every answer, drawn the same way."""
    known = {"checked": None, "token": None, "refusal": None, "unconfirmed": None, "not_genuine": None, **more}
    return render_template("certificates/verify.html", form=form, title=_title(known["checked"]), **known)


def _title(checked: Checked | None) -> Told | None:
    """The title of the course for a page in this language, where it is told."""
    course = checked.found.course if checked is not None else None
    return Told(*title_in(course, page_language())) if course is not None else None
