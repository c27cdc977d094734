"""Signing in and out, accepting an invitation, one's own account page."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.web import cookies, redirects
from lms.web.cookies import KNOWN_SECONDS, Cookie
from lms.web.http import allow, explain, public, who

from . import choices
from .errors import InvitationUsed, LoginUnfit, ManySignIns, TooManyAttempts
from .forms import AccountForm, CodeForm, EnrolForm, SignInForm
from .models import Person, SignInAttempt
from .places import current_places
from .policy import AccountPermission
from .rules.preferences import Digits, Theme
from .rules.roles import MARKING_ROLES
from .services import codes, credentials, limiting, preferring, sessions
from .services.credentials import Renewal
from .services.limiting import Source, Trying
from .session import me

TURN_SECONDS = 10
"""After so long whoever found all places taken comes again."""

bp = Blueprint("accounts", __name__, template_folder="templates", url_prefix="/<lang:lang>")


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The form; somebody who is signed in already goes on."""
    if who() is not None:
        return redirect(url_for("home.today"))
    return render_template(
        "accounts/sign_in.html",
        form=SignInForm(None, next=request.args.get("next")),
        was_signed_out="signed_out" in request.args,
    )


@bp.post("/sign-in")
@public
def sign_in_post() -> ResponseReturnValue:
    """Sign in. The same answer, and the same work, for an unknown name and a wrong passphrase."""
    form = SignInForm()
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    login, passphrase, shared = str(form.login.data), str(form.password.data), bool(form.shared.data)
    try:
        trying = _trying(login)
        attempt = _counted(trying)
        with _place(trying, attempt):
            person = credentials.check_credentials(login, passphrase)
            renewal = credentials.renew_hash(person, passphrase)
        with transaction():
            tokens = _open_session(person, attempt, renewal, shared=shared)
    except Refusal as refusal:
        return _refused(render_template("accounts/sign_in.html", form=form, refusal=explain(refusal)), refusal, 422)
    wanted = str(form.next.data)
    target = wanted if redirects.is_safe(wanted) else url_for("home.today", lang=person.interface_language)
    return _signed_in(target, *tokens)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End this browser's session on the server, and forget the cookie."""
    token = cookies.read(Cookie.SESSION)
    if token is not None:
        with transaction():
            sessions.end_session(token)
    response = make_response(redirect(url_for("home.welcome", signed_out=1)))
    cookies.take_back(response, Cookie.SESSION)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@bp.get("/enrol")
@public
def enrol() -> ResponseReturnValue:
    """Where the code of an invitation is typed. Opening this uses nothing up."""
    return render_template("accounts/enrol.html", form=CodeForm(None))


@bp.post("/enrol")
@public
def enrol_code() -> ResponseReturnValue:
    """Look at a code; the next page asks how she wants to sign in. Still uses nothing up."""
    form = CodeForm()
    if not form.validate():
        return render_template("accounts/enrol.html", form=form), 422
    code = str(form.code.data)
    try:
        attempt = _counted(_trying(code))
        codes.look_at_code(code, at=clock.now())
        with transaction():
            limiting.forgive(attempt)
    except Refusal as refusal:
        return _refused(render_template("accounts/enrol.html", form=form, refusal=explain(refusal)), refusal, 409)
    g.has_secret = True
    return render_template("accounts/enrol.html", form=EnrolForm(None, code=code), invitation_code=code)


@bp.post("/enrol/accept")
@public
def enrol_accept() -> ResponseReturnValue:
    """Use the code: she chose her login and passphrase, and is signed in."""
    form, g.has_secret = EnrolForm(), True
    is_complete = form.validate()
    code, login, passphrase = str(form.code.data), str(form.login.data), str(form.passphrase.data)
    if not is_complete:
        return render_template("accounts/enrol.html", form=form, invitation_code=code), 422
    try:
        tokens = _use_code(code, login, passphrase, _trying(code))
    except LoginUnfit:
        form.login.errors = [_name_again()]
        return render_template("accounts/enrol.html", form=form, invitation_code=code), 409
    except Refusal as refusal:
        page = render_template("accounts/enrol.html", form=form, invitation_code=code, refusal=explain(refusal))
        return _refused(page, refusal, 409)
    return _signed_in(url_for("home.today"), *tokens)


def _refused(page: str, refusal: Refusal, otherwise: int) -> Response:
    """The page again with the status that a program reads. otherwise: that of what was typed."""
    if isinstance(refusal, ManySignIns):
        return make_response(page, 503, {"Retry-After": str(TURN_SECONDS)})
    return make_response(page, 429 if isinstance(refusal, TooManyAttempts) else otherwise)


def _name_again() -> str:
    """Of a taken name as of an unfit one: what she types again, since no page sends a passphrase back."""
    return _(
        "This sign-in name cannot be used. Choose another of 3 to 64 characters, and type your passphrase twice again."
        " The invitation is not used up."
    )


def _use_code(code: str, login: str, passphrase: str, trying: Trying) -> tuple[str, str | None]:
    """Use an invitation, or sign in whoever used it with the very same words a moment ago: the button pressed twice."""
    attempt = _counted(trying)
    try:
        codes.look_at_code(code, at=clock.now())
        with _place(trying, attempt):
            chosen = credentials.make_credentials(login, passphrase)
        with transaction():
            person = codes.use_invitation(code, chosen, at=clock.now())
            return _open_session(person, attempt, None, shared=False)
    except InvitationUsed:
        with _place(trying, attempt):
            person = codes.check_who_used(code, login, passphrase)
    with transaction():
        return _open_session(person, attempt, None, shared=False)


@bp.get("/account")
@allow(AccountPermission.USE)
def account() -> ResponseReturnValue:
    """Her own settings."""
    return render_template("accounts/account.html", form=_account_form(me()), saved="saved" in request.args)


@bp.post("/account/save")
@allow(AccountPermission.USE)
def save_account() -> ResponseReturnValue:
    """Keep her settings; the next page is already in the language she chose."""
    form = _account_form(me())
    if not form.validate():
        return render_template("accounts/account.html", form=form, saved=False), 422
    wanted = preferring.Preferences(
        interface_language=form.interface_language.data,
        time_zone=form.time_zone.data,
        theme=Theme(form.theme.data),
        digits=Digits(form.digits.data),
        leave_to=form.leave_to.data,
        exit_keys=bool(form.exit_keys.data),
        marking_keys=bool(form.marking_keys.data) if "marking_keys" in form else me().marking_keys,
    )
    with transaction():
        preferring.save_preferences(me(), wanted)
    return redirect(url_for(".account", lang=wanted.interface_language, saved=1, _anchor="saved"))


def _account_form(person: Person) -> AccountForm:
    form = AccountForm(obj=person)
    form.interface_language.choices = choices.languages()
    form.time_zone.choices = choices.time_zones_with(person.time_zone)
    form.theme.choices = choices.themes()
    form.digits.choices = choices.digits()
    form.leave_to.choices = choices.exits()
    if not any(grant.role in MARKING_ROLES for grant in person.roles):
        del form.marking_keys
    return form


def _trying(name: str) -> Trying:
    """Who tries this login or code. Whoever would be refused anyway is so here, before anything is written."""
    trying = limiting.limit_of(name, Source(address=request.remote_addr or "", device=cookies.read(Cookie.KNOWN)))
    limiting.check_limit(trying, at=clock.now())
    return trying


def _counted(trying: Trying) -> SignInAttempt:
    """One try, counted and kept whatever comes of it; none while nobody could look at it."""
    current_places().check_room(trying.whose, is_known=trying.is_known)
    with transaction():
        return limiting.begin_attempt(trying, at=clock.now())


@contextmanager
def _place(trying: Trying, attempt: SignInAttempt) -> Iterator[None]:
    """A place at the hash, and nothing else in it that takes time. Who waits for one in vain has not tried."""
    try:
        with current_places().take(trying.whose, is_known=trying.is_known):
            yield
    except ManySignIns:
        with transaction():
            limiting.take_back(attempt)
        raise


def _open_session(
    person: Person, attempt: SignInAttempt, renewal: Renewal | None, *, shared: bool
) -> tuple[str, str | None]:
    """What the browser gets: the session's token, and one by which it is known later unless it is shared."""
    before, at = cookies.read(Cookie.SESSION), clock.now()
    limiting.forgive(attempt)
    if before is not None:
        sessions.end_session(before)
    if renewal is not None:
        credentials.keep_renewed(person, renewal)
    token = sessions.start_session(person, shared=shared, at=at)
    return token, None if shared else limiting.remember_device(person, at=at)


def _signed_in(target: str, token: str, known: str | None) -> Response:
    answer = make_response(redirect(target))
    g.signed_in_now = True
    cookies.take_back(answer, Cookie.LEFT)
    cookies.give(answer, Cookie.SESSION, token)
    if known is not None:
        cookies.give(answer, Cookie.KNOWN, known, seconds=KNOWN_SECONDS)
    return answer
