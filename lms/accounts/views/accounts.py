"""Signing in and out, accepting an invitation, one's own account page."""

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import choices, passkeys
from lms.accounts.coming_in import Tokens, counted, open_session, place, refused, signed_in, trying_of, welcome
from lms.accounts.errors import InvitationUsed, LoginUnfit, PasskeyRefused
from lms.accounts.forms import AccountForm, CodeForm, EnrolForm, PasskeyEnrolForm, SignInForm
from lms.accounts.models import Person
from lms.accounts.passkeys import Purpose
from lms.accounts.policy import AccountPermission
from lms.accounts.rules.factors import Proof
from lms.accounts.rules.preferences import Digits, Theme
from lms.accounts.rules.roles import MARKING_ROLES
from lms.accounts.rules.sessions import LocksAfter
from lms.accounts.services import codes, credentials, factors, limiting, preferring, sessions
from lms.accounts.services.limiting import Trying
from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.web import cookies, csrf, redirects
from lms.web.cookies import Cookie
from lms.web.http import allow, explain, public, who

bp = Blueprint("accounts", __name__, template_folder="../templates", url_prefix="/<lang:lang>")


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The form; somebody who is signed in already goes on."""
    if who() is not None:
        return redirect(url_for("home.today"))
    form = SignInForm(None, next=request.args.get("next"))
    return _sign_in_page(form, was_signed_out="signed_out" in request.args)


@bp.post("/sign-in")
@public
def sign_in_post() -> ResponseReturnValue:
    """Sign in. The same answer, and the same work, for an unknown name and a wrong passphrase."""
    form = SignInForm()
    if not form.validate():
        return _sign_in_page(form), 422
    login, passphrase, shared = str(form.login.data), str(form.password.data), bool(form.shared.data)
    try:
        trying = trying_of(login)
        attempt = counted(trying)
        with place(trying, attempt):
            person = credentials.check_credentials(login, passphrase, at=clock.now())
            renewal = credentials.renew_hash(person, passphrase)
        with transaction():
            limiting.forgive(attempt)
            if renewal is not None:
                credentials.keep_renewed(person, renewal)
            if factors.needs_second(person):
                return _to_second_step(person, shared=shared, wanted=str(form.next.data))
            tokens = open_session(person, proof=Proof.PASSPHRASE, shared=shared)
    except Refusal as refusal:
        return refused(_sign_in_page(form, refusal=explain(refusal)), refusal, 422)
    return signed_in(welcome(person, str(form.next.data), proof=Proof.PASSPHRASE), tokens)


@bp.post("/sign-in/passkey")
@public
def sign_in_by_passkey() -> ResponseReturnValue:
    """Sign in by a passkey alone: nothing is typed, so nothing can be guessed, and no limit stands before it."""
    form = SignInForm()
    try:
        with transaction():
            person = factors.use_passkey(str(form.answer.data), Purpose.SIGN_IN, csrf.browser(), at=clock.now()).person
            if person.locked_at is not None:
                raise PasskeyRefused
            tokens = open_session(person, proof=Proof.PASSKEY, shared=bool(form.shared.data))
    except Refusal as refusal:
        return refused(_sign_in_page(form, refusal=explain(refusal)), refusal, 422)
    return signed_in(welcome(person, str(form.next.data), proof=Proof.PASSKEY), tokens)


def _sign_in_page(form: SignInForm, *, refusal: str | None = None, was_signed_out: bool = False) -> str:
    question = passkeys.new_question(Purpose.SIGN_IN, csrf.browser(), at=clock.now())
    return render_template(
        "accounts/sign_in.html",
        form=form,
        refusal=refusal,
        was_signed_out=was_signed_out,
        options=passkeys.options_to_ask(question),
    )


def _to_second_step(person: Person, *, shared: bool, wanted: str) -> ResponseReturnValue:
    token = sessions.begin_second_step(person, shared=shared, at=clock.now())
    answer = make_response(redirect(url_for("second.step", next=wanted if redirects.is_safe(wanted) else None)))
    cookies.give(answer, Cookie.STEP, token)
    return answer


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
        attempt = counted(trying_of(code))
        person = codes.look_at_code(code, at=clock.now()).person
        with transaction():
            limiting.forgive(attempt)
    except Refusal as refusal:
        return refused(render_template("accounts/enrol.html", form=form, refusal=explain(refusal)), refusal, 409)
    g.has_secret = True
    question = passkeys.new_question(Purpose.ADD, csrf.browser(), at=clock.now())
    options = passkeys.options_to_add(question, handle=factors.handle_of(person), known=[])
    return render_template(
        "accounts/enrol.html", form=EnrolForm(None, code=code), invitation_code=code, options=options
    )


@bp.post("/enrol/passkey")
@public
def enrol_by_passkey() -> ResponseReturnValue:
    """Use the code: her browser made a passkey, which lets her in from now on, and she is signed in."""
    form, at = PasskeyEnrolForm(), clock.now()
    code = str(form.code.data)
    try:
        attempt = counted(trying_of(code))
        codes.look_at_code(code, at=at)
        key, question = passkeys.read_new_key(str(form.answer.data), Purpose.ADD, csrf.browser(), at=at)
        with transaction():
            person = codes.use_invitation_by_passkey(code, key, question, at=at)
            limiting.forgive(attempt)
            tokens = open_session(person, proof=Proof.PASSKEY, shared=False)
    except Refusal as refusal:
        page = render_template("accounts/enrol.html", form=CodeForm(None), refusal=explain(refusal))
        return refused(page, refusal, 409)
    return signed_in(welcome(person, "", proof=Proof.PASSKEY), tokens)


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
        person, tokens = _use_code(code, login, passphrase, trying_of(code))
    except LoginUnfit:
        form.login.errors = [_name_again()]
        return render_template("accounts/enrol.html", form=form, invitation_code=code), 409
    except Refusal as refusal:
        page = render_template("accounts/enrol.html", form=form, invitation_code=code, refusal=explain(refusal))
        return refused(page, refusal, 409)
    return signed_in(welcome(person, "", proof=Proof.PASSPHRASE), tokens)


def _name_again() -> str:
    """Of a taken name as of an unfit one: what she types again, since no page sends a passphrase back."""
    return _(
        "This sign-in name cannot be used. Choose another of 3 to 64 characters, and type your passphrase twice again."
        " The invitation is not used up."
    )


def _use_code(code: str, login: str, passphrase: str, trying: Trying) -> tuple[Person, Tokens]:
    """Use an invitation, or sign in whoever used it with the very same words a moment ago: the button pressed twice."""
    attempt = counted(trying)
    try:
        codes.look_at_code(code, at=clock.now())
        with place(trying, attempt):
            chosen = credentials.make_credentials(login, passphrase)
        with transaction():
            person = codes.use_invitation(code, chosen, at=clock.now())
            limiting.forgive(attempt)
            return person, open_session(person, proof=Proof.PASSPHRASE, shared=False)
    except InvitationUsed:
        with place(trying, attempt):
            person = codes.check_who_used(code, login, passphrase, at=clock.now())
    with transaction():
        limiting.forgive(attempt)
        return person, open_session(person, proof=Proof.PASSPHRASE, shared=False)


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
        locks_after=LocksAfter(int(form.locks_after.data)),
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
    form.locks_after.choices = choices.locks()
    if not any(grant.role in MARKING_ROLES for grant in person.roles):
        del form.marking_keys
    return form
