"""How she signs in: passkeys, the app of one-time codes, codes on paper, the passphrase; and showing a factor again."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

import segno
from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from lms.accounts import apps, passkeys, proving, queries
from lms.accounts.coming_in import counted, open_session, place, refused, signed_in, trying_of
from lms.accounts.errors import LoginUnfit
from lms.accounts.forms import AppForm, PasskeyForm, PassphraseForm
from lms.accounts.models import Passkey, Person
from lms.accounts.passkeys import Purpose
from lms.accounts.policy import AccountPermission
from lms.accounts.proving import AgainForm
from lms.accounts.rules.factors import Proof
from lms.accounts.rules.roles import Role
from lms.accounts.services import credentials, factors, limiting
from lms.accounts.session import is_proven_now, me, this_session
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.settings import current_settings
from lms.web import csrf, redirects
from lms.web.http import allow, explain

bp = Blueprint("factors", __name__, template_folder="../templates", url_prefix="/<lang:lang>/account")

View = Callable[..., ResponseReturnValue]
QR_SCALE = 5


def proven_now(view: View) -> View:
    """Only with a factor that was shown just now; else she shows it first and comes back to the page of the form."""

    @wraps(view)
    def guarded(*arguments: object, **named: object) -> ResponseReturnValue:
        if is_proven_now():
            return view(*arguments, **named)
        return redirect(url_for("factors.again", next=url_for("factors.factors")))

    return guarded


@bp.get("/sign-in", endpoint="factors")
@allow(AccountPermission.USE)
def factors_page() -> ResponseReturnValue:
    """Everything that lets her in, and what her work still asks for."""
    return _page()


@bp.post("/sign-in/passkey")
@allow(AccountPermission.USE)
@proven_now
def add_passkey() -> ResponseReturnValue:
    """Keep a passkey that her browser just made."""
    form, at = PasskeyForm(), clock.now()
    if not form.validate():
        return _page(form), 422
    try:
        key, question = passkeys.read_new_key(str(form.answer.data), Purpose.ADD, csrf.browser(), at=at)
        with transaction():
            factors.add_passkey(me(), key, question, name=str(form.name.data), at=at)
            factors.note_proof(this_session(), Proof.PASSKEY, at=at)
    except Refusal as refusal:
        return _page(form, refusal=explain(refusal)), 422
    return _to_codes_or_back()


def _passkey(who: Person, passkey: UUID) -> Passkey | None:
    return next((one for one in queries.passkeys_of(who.id) if one.public_id == passkey), None)


@bp.post("/sign-in/passkey/<uuid:passkey>/remove")
@allow(AccountPermission.OWN, on=_passkey)
@proven_now
def remove_passkey(passkey: Passkey) -> ResponseReturnValue:
    """Take one away, unless nothing else would let her in."""
    try:
        with transaction():
            factors.remove_passkey(me(), passkey, roles=_roles(), at=clock.now())
    except Refusal as refusal:
        return _page(refusal=explain(refusal)), 409
    return redirect(url_for(".factors", saved=1, _anchor="saved"))


@bp.get("/sign-in/app")
@allow(AccountPermission.USE)
@proven_now
def app() -> ResponseReturnValue:
    """A new secret as a picture and as text. It counts once a code of it was typed; looking changes nothing."""
    return _app_page(AppForm(None, secret=apps.new_secret()))


@bp.post("/sign-in/app")
@allow(AccountPermission.USE)
@proven_now
def add_app() -> ResponseReturnValue:
    """The app counts from now on: the code that was typed is one of its."""
    form, at = AppForm(), clock.now()
    if not form.validate():
        return _app_page(form), 422
    try:
        attempt = counted(trying_of(f"app of {me().public_id}"))
        with transaction():
            factors.add_app(me(), str(form.secret.data), str(form.code.data), at=at)
            factors.note_proof(this_session(), Proof.CODE, at=at)
            limiting.forgive(attempt)
    except Refusal as refusal:
        return refused(_app_page(form, refusal=explain(refusal)), refusal, 422)
    return _to_codes_or_back()


@bp.post("/sign-in/app/remove")
@allow(AccountPermission.USE)
@proven_now
def remove_app() -> ResponseReturnValue:
    """Let the app count no more, unless nothing else would let her in."""
    try:
        with transaction():
            factors.remove_app(me(), roles=_roles(), at=clock.now())
    except Refusal as refusal:
        return _page(refusal=explain(refusal)), 409
    return redirect(url_for(".factors", saved=1, _anchor="saved"))


@bp.post("/sign-in/codes")
@allow(AccountPermission.USE)
@proven_now
def make_codes() -> ResponseReturnValue:
    """Ten new codes, shown this once; those that she had are void."""
    trying = trying_of(f"codes of {me().public_id}")
    try:
        attempt = counted(trying)
        with place(trying, attempt):
            codes, salt, digests = factors.make_codes()
        with transaction():
            factors.keep_codes(me(), salt, digests, at=clock.now())
            limiting.forgive(attempt)
    except Refusal as refusal:
        return refused(_page(refusal=explain(refusal)), refusal, 409)
    g.has_secret = True
    return render_template("accounts/codes.html", codes=codes)


@bp.get("/sign-in/passphrase")
@allow(AccountPermission.USE)
@proven_now
def passphrase() -> ResponseReturnValue:
    """Choose another sign-in name or passphrase. taken: the name that she sent before is another's."""
    form = PassphraseForm(None)
    if "taken" in request.args:
        form.login.errors = [explain(LoginUnfit())]
    return _passphrase_page(form)


@bp.post("/sign-in/passphrase")
@allow(AccountPermission.USE)
@proven_now
def set_passphrase() -> ResponseReturnValue:
    """They count from now on; all other devices are signed out."""
    form, here = PassphraseForm(), this_session()
    form.has_factor = queries.ways_of(me().id).has_second
    if not form.validate():
        return _passphrase_page(form), 422
    try:
        trying = trying_of(f"passphrase of {me().public_id}")
        attempt = counted(trying)
        with place(trying, attempt):
            chosen = credentials.make_credentials(
                str(form.login.data), str(form.passphrase.data), has_factor=form.has_factor
            )
        with transaction():
            credentials.choose_anew(me(), chosen, at=clock.now())
            tokens = open_session(me(), proof=here.proof, shared=here.shared)
            limiting.forgive(attempt)
    except LoginUnfit:  # the database said so: what was loaded of her before is void in this request
        return redirect(url_for(".passphrase", taken=1))
    except Refusal as refusal:
        return refused(_passphrase_page(form, refusal=explain(refusal)), refusal, 409)
    return signed_in(url_for(".factors", saved=1, _anchor="saved"), tokens)


def _passphrase_page(form: PassphraseForm, *, refusal: str | None = None) -> str:
    has_second = queries.ways_of(me().id).has_second
    return render_template("accounts/passphrase.html", form=form, refusal=refusal, has_second=has_second)


@bp.get("/again")
@allow(AccountPermission.USE)
def again() -> ResponseReturnValue:
    """Show a factor again before something that is worth asking for it."""
    return _again_page(AgainForm(None, next=request.args.get("next")))


@bp.post("/again")
@allow(AccountPermission.USE)
def again_post() -> ResponseReturnValue:
    """A passkey, or the passphrase with a code of the app where she has one."""
    form = AgainForm()
    try:
        proving.prove(form)
    except Refusal as refusal:
        return refused(_again_page(form, refusal=explain(refusal)), refusal, 422)
    return redirect(_wanted(form))


def _wanted(form: AgainForm) -> str:
    wanted = str(form.next.data)
    return wanted if redirects.is_safe(wanted) else url_for(".factors")


def _roles() -> list[Role]:
    return queries.roles_of(me().id, at=clock.now()) if current_settings().needs_factor else []


def _to_codes_or_back() -> ResponseReturnValue:
    """With her first second factor come the codes on paper, without which a lost phone would keep her out."""
    return redirect(
        url_for(".factors", saved=1, codes=None if queries.ways_of(me().id).codes_left else 1, _anchor="saved")
    )


def _page(form: PasskeyForm | None = None, *, refusal: str | None = None) -> str:
    person, at = me(), clock.now()
    question = passkeys.new_question(Purpose.ADD, csrf.browser(), at=at)
    known = queries.passkeys_of(person.id)
    return render_template(
        "accounts/factors.html",
        form=form or PasskeyForm(None),
        refusal=refusal,
        ways=queries.ways_of(person.id),
        passkeys=factors.shown_passkeys(person, known),
        app=queries.app_of(person.id),
        is_fresh=is_proven_now(),
        waiting=factors.roles_waiting(_roles(), this_session().proof),
        options=passkeys.options_to_add(
            question, handle=factors.handle_of(person), known=[one.credential_id for one in known]
        ),
    )


def _app_page(form: AppForm, *, refusal: str | None = None) -> str:
    g.has_secret = True
    secret = str(form.secret.data)
    address = apps.address_of(secret, current_settings().site_name["en"])
    picture = segno.make(address, error="m").svg_inline(
        scale=QR_SCALE, border=4, light="#fff", svgclass="qr", lineclass=None
    )
    return render_template(
        "accounts/app.html",
        form=form,
        refusal=refusal,
        secret=apps.in_groups(secret),
        picture=Markup(picture),  # noqa: S704 - a picture we drew
    )


def _again_page(form: AgainForm, *, refusal: str | None = None) -> str:
    return render_template("accounts/again.html", form=form, refusal=refusal, **proving.asked())
