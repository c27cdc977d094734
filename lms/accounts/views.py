"""Signing in and out, accepting an invitation, one's own account page."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.web import cookies, redirects
from lms.web.cookies import KNOWN_SECONDS, Cookie
from lms.web.http import allow, explain, public, who

from . import choices, services
from .errors import TooManyAttempts
from .forms import AccountForm, CodeForm, EnrolForm, SignInForm
from .models import Person, SignInAttempt
from .policy import AccountPermission
from .rules import Digits, Theme
from .services import Source
from .session import me

bp = Blueprint("accounts", __name__, template_folder="templates", url_prefix="/<lang:lang>")


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The form; somebody who is signed in already goes on."""
    if who() is not None:
        return redirect(url_for("home.today"))
    return render_template("accounts/sign_in.html", form=SignInForm(request.args))


@bp.post("/sign-in")
@public
def sign_in_post() -> ResponseReturnValue:
    """Sign in. The same answer, and the same work, for an unknown name and a wrong passphrase."""
    form = SignInForm()
    if not form.validate():
        return render_template("accounts/sign_in.html", form=form), 422
    login, passphrase, shared = str(form.login.data), str(form.password.data), bool(form.shared.data)
    try:
        attempt = _counted(login)
        person = services.check_credentials(login, passphrase)
        with transaction():
            services.forgive(attempt)
            token = services.start_session(person, passphrase, shared=shared, at=clock.now())
    except Refusal as refusal:
        status = 429 if isinstance(refusal, TooManyAttempts) else 422
        return render_template("accounts/sign_in.html", form=form, refusal=explain(refusal)), status
    wanted = str(form.next.data)
    target = wanted if redirects.is_safe(wanted) else url_for("home.today", lang=person.interface_language)
    return _signed_in(target, token, login, shared=shared)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End this browser's session on the server, and forget the cookie."""
    token = cookies.read(Cookie.SESSION)
    if token is not None:
        with transaction():
            services.end_session(token)
    response = make_response(redirect(url_for("home.welcome")))
    cookies.take_back(response, Cookie.SESSION)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@bp.get("/enrol")
@public
def enrol() -> ResponseReturnValue:
    """Where the code of an invitation is typed. Opening this uses nothing up."""
    return render_template("accounts/enrol.html", form=CodeForm())


@bp.post("/enrol")
@public
def enrol_code() -> ResponseReturnValue:
    """Look at a code; the next page asks how she wants to sign in. Still uses nothing up."""
    form = CodeForm()
    if not form.validate():
        return render_template("accounts/enrol.html", form=form), 422
    code = str(form.code.data)
    try:
        attempt = _counted(code)
        services.look_at_code(code, at=clock.now())
        with transaction():
            services.forgive(attempt)
    except Refusal as refusal:
        return render_template("accounts/enrol.html", form=form, refusal=explain(refusal)), 409
    return render_template("accounts/enrol.html", form=EnrolForm(data={"code": code}), invitation_code=code)


@bp.post("/enrol/accept")
@public
def enrol_accept() -> ResponseReturnValue:
    """Use the code: she chose her login and passphrase, and is signed in."""
    form = EnrolForm()
    complete = form.validate()
    if complete and form.passphrase.data != form.again.data:
        form.again.errors = [_("The two passphrases differ. Type the second one again.")]
        complete = False
    code, login, passphrase = str(form.code.data), str(form.login.data), str(form.passphrase.data)
    if not complete:
        return render_template("accounts/enrol.html", form=form, invitation_code=code), 422
    try:
        attempt, at = _counted(code), clock.now()
        with transaction():
            person = services.use_invitation(code, login, passphrase, at=at)
            services.forgive(attempt)
            token = services.start_session(person, passphrase, shared=False, at=at)
    except Refusal as refusal:
        page = render_template("accounts/enrol.html", form=form, invitation_code=code, refusal=explain(refusal))
        return page, 409
    return _signed_in(url_for("home.today"), token, login, shared=False)


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
    wanted = services.Preferences(
        interface_language=form.interface_language.data,
        time_zone=form.time_zone.data,
        theme=Theme(form.theme.data),
        digits=Digits(form.digits.data),
        leave_to=form.leave_to.data,
        exit_keys=bool(form.exit_keys.data),
    )
    with transaction():
        services.save_preferences(me(), wanted)
    return redirect(url_for(".account", lang=wanted.interface_language, saved=1))


def _account_form(person: Person) -> AccountForm:
    form = AccountForm(obj=person)
    form.interface_language.choices = choices.languages()
    form.time_zone.choices = choices.time_zones_with(person.time_zone)
    form.theme.choices = choices.themes()
    form.digits.choices = choices.digits()
    form.leave_to.choices = choices.exits()
    return form


def _counted(name: str) -> SignInAttempt:
    """One try with this login or code, counted and kept whatever comes of it."""
    known = cookies.read(Cookie.KNOWN)
    device = known if known == services.known_device(name) else None
    with transaction():
        return services.begin_attempt(name, Source(address=request.remote_addr or "", device=device), at=clock.now())


def _signed_in(target: str, token: str, login: str, *, shared: bool) -> Response:
    answer = make_response(redirect(target))
    cookies.give(answer, Cookie.SESSION, token)
    if not shared:
        cookies.give(answer, Cookie.KNOWN, services.known_device(login), seconds=KNOWN_SECONDS)
    return answer
