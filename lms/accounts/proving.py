"""Showing a factor again before something that is worth asking for it: in a page of its own, or in the form itself.

In the form itself nothing that was typed beside it is lost.
"""

from typing import Any

from wtforms import HiddenField, PasswordField, StringField

from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.i18n import lazy as _l
from lms.web import csrf
from lms.web.forms import Form, at_most

from . import passkeys, passphrases, queries
from .coming_in import counted, place, trying_of
from .errors import WrongCredentials
from .passkeys import Purpose
from .rules.credentials import TYPED_MOST, fold_passphrase, is_hashable
from .rules.factors import Proof, Ways
from .services import factors, limiting
from .session import is_proven_now, me, this_session


class Proving(Form):
    """The fields with which a form asks for a factor. answer: what a passkey says, put there by the script."""

    password = PasswordField(_l("Passphrase"), validators=[at_most(TYPED_MOST)])
    code = StringField(
        _l("One-time code"), description=_l("Six digits, from the app on your phone."), validators=[at_most(20)]
    )
    answer = HiddenField()


class AgainForm(Proving):
    """The same in a page of its own, and where she wants to go then."""

    next = HiddenField()


def asked() -> dict[str, Any]:
    """What a template needs to show these fields: whether they are needed, her ways, and the question for a passkey."""
    ways = queries.ways_of(me().id)
    question = passkeys.new_question(Purpose.AGAIN, csrf.browser(), at=clock.now())
    return {
        "is_proven": is_proven_now(),
        "ways": ways,
        "options": passkeys.options_to_ask(question) if ways.passkeys else None,
    }


def prove(form: Proving) -> None:
    """Take what the form shows, unless a factor was shown just now. Raises what is said of wrong ones.

    A transaction of its own: what is shown counts, also if what comes next is refused.
    """
    if is_proven_now():
        return
    if form.answer.data:
        with transaction():
            factors.use_own_passkey(me(), str(form.answer.data), Purpose.AGAIN, csrf.browser(), at=clock.now())
            factors.note_proof(this_session(), Proof.PASSKEY, at=clock.now())
        return
    trying = trying_of(f"again {me().public_id}")
    attempt = counted(trying)
    typed = str(form.password.data or "")
    with place(trying, attempt):
        is_right = is_hashable(typed) and passphrases.is_right(fold_passphrase(typed), queries.hash_of(me().id))
    if not is_right:
        raise WrongCredentials
    with transaction():
        factors.note_proof(this_session(), _second(queries.ways_of(me().id), str(form.code.data or "")), at=clock.now())
        limiting.forgive(attempt)


def _second(ways: Ways, code: str) -> Proof:
    """The second factor beside her passphrase, where she has one. Raises WrongCode."""
    if ways.has_app:
        factors.use_code(me(), code, at=clock.now())
        return Proof.CODE
    return Proof.PASSPHRASE
