"""The second step of signing in: a one-time code, a passkey or a code from paper, after a right passphrase."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.accounts import passkeys, queries
from lms.accounts.coming_in import counted, open_session, place, refused, signed_in, trying_of, welcome
from lms.accounts.errors import PasskeyRefused, SecondStepOver, WrongCode
from lms.accounts.forms import SecondStepForm
from lms.accounts.models import FirstStep
from lms.accounts.passkeys import Purpose
from lms.accounts.rules.factors import Proof
from lms.accounts.services import closing, factors, limiting, sessions
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.web import cookies, csrf
from lms.web.cookies import Cookie
from lms.web.http import explain, public

bp = Blueprint("second", __name__, template_folder="../templates", url_prefix="/<lang:lang>/sign-in/second")


@bp.get("")
@public
def step() -> ResponseReturnValue:
    """What she may show. Without a right passphrase before it there is no such page."""
    try:
        found = sessions.find_first_step(cookies.read(Cookie.STEP), at=clock.now())
    except SecondStepOver:
        return redirect(url_for("accounts.sign_in", next=request.args.get("next")))
    return _page(found, SecondStepForm(None, next=request.args.get("next")))


@bp.post("/code")
@public
def by_code() -> ResponseReturnValue:
    """Go on with a one-time code of her app."""

    def show(found: FirstStep, form: SecondStepForm) -> Proof:
        if found.person.locked_at is not None:
            raise WrongCode
        factors.use_code(found.person, str(form.code.data), at=clock.now())
        return Proof.CODE

    return _go_on(show)


@bp.post("/passkey")
@public
def by_passkey() -> ResponseReturnValue:
    """Go on with a passkey of hers."""

    def show(found: FirstStep, form: SecondStepForm) -> Proof:
        passkey = factors.use_passkey(str(form.answer.data), Purpose.SIGN_IN, csrf.browser(), at=clock.now())
        if passkey.person_id != found.person_id or found.person.locked_at is not None:
            raise PasskeyRefused
        return Proof.PASSKEY

    return _go_on(show)


@bp.post("/recovery")
@public
def by_recovery() -> ResponseReturnValue:
    """Go on with one of the ten codes on paper; it also opens what a lost device had locked."""
    form = SecondStepForm()
    try:
        found = sessions.find_first_step(cookies.read(Cookie.STEP), at=clock.now())
        trying = trying_of(_name(found))
        attempt = counted(trying)
        with place(trying, attempt):
            digest = factors.digest_of_code(found.person_id, str(form.paper.data))
    except Refusal as refusal:
        return _refused(refusal, form)

    def show(found: FirstStep, form: SecondStepForm) -> Proof:
        factors.use_recovery_code(found.person, digest, at=clock.now())
        closing.unlock(found.person, by=found.person, at=clock.now())
        limiting.forgive(attempt)
        return Proof.RECOVERY

    return _go_on(show, is_counted=True)


def _go_on(show: Callable[[FirstStep, SecondStepForm], Proof], *, is_counted: bool = False) -> ResponseReturnValue:
    """Sign her in with what she shows. Codes that are typed are counted like tries, for this person alone."""
    form = SecondStepForm()
    try:
        found = sessions.find_first_step(cookies.read(Cookie.STEP), at=clock.now())
        attempt = None if is_counted or form.answer.data else counted(trying_of(_name(found)))
        with transaction():
            found = sessions.find_first_step(cookies.read(Cookie.STEP), at=clock.now())
            proof = show(found, form)
            if attempt is not None:
                limiting.forgive(attempt)
            person, shared = found.person, found.shared
            sessions.end_first_step(found)
            tokens = open_session(person, proof=proof, shared=shared)
    except Refusal as refusal:
        return _refused(refusal, form)
    return signed_in(welcome(person, str(form.next.data), proof=proof), tokens)


def _name(found: FirstStep) -> str:
    """Whose limit a typed code counts against: hers, which nobody reaches who does not know her passphrase."""
    return f"second step of {found.person.public_id}"


def _refused(refusal: Refusal, form: SecondStepForm) -> ResponseReturnValue:
    try:
        found = sessions.find_first_step(cookies.read(Cookie.STEP), at=clock.now())
    except SecondStepOver:
        return redirect(url_for("accounts.sign_in", next=form.next.data or None))
    return refused(_page(found, form, refusal=explain(refusal)), refusal, 422)


def _page(found: FirstStep, form: SecondStepForm, *, refusal: str | None = None) -> str:
    ways, is_locked = queries.ways_of(found.person_id), found.person.locked_at is not None
    question = passkeys.new_question(Purpose.SIGN_IN, csrf.browser(), at=clock.now())
    return render_template(
        "accounts/second.html",
        form=form,
        refusal=refusal,
        ways=ways,
        is_locked=is_locked,
        options=passkeys.options_to_ask(question) if ways.passkeys and not is_locked else None,
    )
