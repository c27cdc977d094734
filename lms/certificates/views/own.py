"""Her own certificate: what is missing, what she chooses, the certificate itself and its documents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts.models import Person
from lms.accounts.session import me
from lms.assessments.queries.own import results_of
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.sealed import Sealed
from lms.web.forms import read_id
from lms.web.http import allow, explain
from lms.web.languages import page_language

from ..drawing import Document
from ..errors import NothingToIssue
from ..forms import ChoicesForm, ShownForm
from ..models import Certificate, Completion
from ..policy import CertificatePermission
from ..queries import holding as queries
from ..queries.holding import Holding
from ..rules.choices import Choices, NamePrinted, Shown
from ..rules.states import CertificateState
from ..sealing import TOKEN, WITHDRAWAL, open_page, open_text
from ..services import issuing, making
from ..services.issuing import Names
from ..texts import write_document

bp = Blueprint("certificates", __name__, template_folder="../templates", url_prefix="/<lang:lang>/results/certificate")
PDF = "application/pdf"
FILE_NAME = "document.pdf"


@dataclass(frozen=True, kw_only=True)
class Withdrawn:
    """That a certificate of hers was withdrawn, and why in the coordinator's words. is_hidden: nobody can see it."""

    at: datetime
    reason: str | None
    is_hidden: bool


def _own(who: Person) -> Holding | None:
    """The course that the address or the form names, else the newest."""
    wanted = request.values.get("of")
    return queries.find_holding(who, (read_id(wanted) or abort(404)) if wanted else None)


@bp.get("")
@allow(CertificatePermission.HOLD, on=_own)
def own(holding: Holding) -> ResponseReturnValue:
    """What is missing; or the choices; or the certificate."""
    return _own_page(holding)


@bp.get("/again")
@allow(CertificatePermission.HOLD, on=_own)
def again(holding: Holding) -> ResponseReturnValue:
    """The choices once more, to replace the certificate that is valid."""
    if holding.valid is None or holding.decided is None:
        return redirect(_address_of(holding))
    return _choices_page(holding, issuing.names_of(holding))


@bp.post("/preview")
@allow(CertificatePermission.HOLD, on=_own)
def preview(holding: Holding) -> ResponseReturnValue:
    """How it would look. Nothing is issued and nothing kept."""
    if holding.decided is None:
        return _missing_page(holding), 409
    names = issuing.names_of(holding)
    form = _form(holding, names, sent=True)
    status = 200 if form.validate() else 422
    return _choices_page(holding, names, form=form), status


@bp.post("/issue")
@allow(CertificatePermission.HOLD, on=_own)
def issue(holding: Holding) -> ResponseReturnValue:
    """Issue it as she chose; what was valid is replaced."""
    if holding.decided is None:
        return _missing_page(holding, refusal=explain(NothingToIssue())), 409
    names = issuing.names_of(holding)
    form = _form(holding, names, sent=True)
    if not form.validate():
        return _choices_page(holding, names, form=form), 422
    wanted, at = form.choices(), clock.now()
    try:
        issuing.try_to_print(holding, wanted, names, on=issuing.day_of_issue(me(), at=at))
        with transaction():
            issuing.issue(holding.decided.id, wanted, known=form.known_edition(), by=me(), at=at)
    except Refusal as refusal:
        return _choices_page(holding, names, form=form, refusal=explain(refusal)), 409
    return redirect(_address_of(holding, done="issued"))


@bp.post("/shown")
@allow(CertificatePermission.HOLD, on=_own)
def choose_shown(holding: Holding) -> ResponseReturnValue:
    """Let the check page say more, less or nothing, at once."""
    form = ShownForm(is_valid=holding.valid is not None)
    if holding.certificate is None:
        return redirect(_address_of(holding))
    if not form.validate():
        return _own_page(holding, shown=form), 422
    try:
        with transaction():
            issuing.choose_shown(holding.certificate.completion_id, Shown(form.shown.data), by=me(), at=clock.now())
    except Refusal as refusal:
        return _own_page(holding, shown=form, refusal=explain(refusal)), 409
    return redirect(_address_of(holding, done="shown", _anchor="saved"))


@dataclass(frozen=True, kw_only=True)
class OwnDocument:
    """A document of hers."""

    holder_id: int
    page: Sealed


def _document(who: Person, language: str) -> OwnDocument | None:
    holding = _own(who)
    certificate = holding.valid if holding is not None else None
    found = queries.find_document(certificate, language) if certificate is not None else None
    return None if found is None else OwnDocument(holder_id=who.id, page=found.page)


@bp.get("/<string(length=2):language>.pdf")
@allow(CertificatePermission.HOLD, on=_document)
def document(found: OwnDocument) -> ResponseReturnValue:
    """The document in one language, under a name that says nothing."""
    answer = Response(open_page(me(), found.page), mimetype=PDF)
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer


def _own_page(holding: Holding, *, shown: ShownForm | None = None, refusal: str | None = None) -> str:
    if holding.valid is not None:
        return _certificate_page(holding, holding.valid, form=shown, refusal=refusal)
    if holding.decided is not None:
        return _choices_page(holding, issuing.names_of(holding), shown=shown, refusal=refusal)
    return _missing_page(holding, shown=shown, refusal=refusal)


def _missing_page(holding: Holding, *, shown: ShownForm | None = None, refusal: str | None = None) -> str:
    """What is missing, as her results say it: by what she may know already."""
    courses = results_of(me(), language=page_language(), at=clock.now()) if holding.enrolment is not None else []
    course = next((one for one in courses if one.seat.enrolment is holding.enrolment), None)
    return render_template(
        "certificates/missing.html",
        holding=holding,
        course=course,
        withdrawn=_withdrawn(holding),
        shown=shown or _shown_form(holding),
        refusal=refusal,
        done=request.args.get("done"),
    )


def _choices_page(
    holding: Holding,
    names: Names,
    *,
    form: ChoicesForm | None = None,
    shown: ShownForm | None = None,
    refusal: str | None = None,
) -> str:
    completion = holding.decided
    assert completion is not None, "choices are offered on a completion"
    form = form or _form(holding, names)
    wanted = None if form.errors else form.choices()
    return render_template(
        "certificates/choices.html",
        holding=holding,
        completion=completion,
        form=form,
        names=names,
        wanted=wanted,
        preview=_preview(completion, wanted, names) if wanted is not None else None,
        withdrawn=_withdrawn(holding),
        shown=shown or _shown_form(holding),
        refusal=refusal,
        done=request.args.get("done"),
    )


def _preview(completion: Completion, wanted: Choices, names: Names) -> Document:
    """How it would look in the language of the page, or in the first that she chose."""
    on = issuing.day_of_issue(me(), at=clock.now())
    said = issuing.sample(completion, wanted, names.printed(wanted.named), on=on)
    return write_document(said, _language(wanted.languages), "")


def _certificate_page(
    holding: Holding, certificate: Certificate, *, form: ShownForm | None = None, refusal: str | None = None
) -> str:
    completion = holding.completion
    assert completion is not None, "a certificate rests on a completion"
    downloads = queries.downloads_of(certificate)
    language = _language(certificate.languages)
    token = next((open_text(me(), one.token, place=TOKEN) for one in downloads if one.language == language), None)
    said = making.open_certificate(certificate, completion, me())
    return render_template(
        "certificates/certificate.html",
        holding=holding,
        certificate=certificate,
        paper=write_document(said, language, token or ""),
        token=token,
        downloads=downloads,
        form=form or _shown_form(holding),
        refusal=refusal,
        done=request.args.get("done"),
    )


def _shown_form(holding: Holding) -> ShownForm | None:
    """Who can check her newest certificate, valid or withdrawn; None where there never was one."""
    newest = holding.certificate
    if newest is None:
        return None
    is_valid = holding.valid is not None
    shown = newest.shown if is_valid or newest.shown is Shown.OFF else Shown.VALIDITY
    return ShownForm(None, is_valid=is_valid, of=str(holding.id), shown=shown.value)


def _withdrawn(holding: Holding) -> Withdrawn | None:
    """That her newest certificate was withdrawn, and why."""
    newest = holding.certificate
    if newest is None or newest.state is not CertificateState.WITHDRAWN or newest.ended_at is None:
        return None
    reason = open_text(me(), newest.reason, place=WITHDRAWAL)
    return Withdrawn(at=newest.ended_at, reason=reason, is_hidden=newest.shown is Shown.OFF)


def _form(holding: Holding, names: Names, *, sent: bool = False) -> ChoicesForm:
    form = ChoicesForm() if sent else ChoicesForm(None, of=str(holding.id), known=str(holding.edition))
    form.named.choices = [
        *([(NamePrinted.LEGAL.value, names.legal)] if names.legal is not None else []),
        (NamePrinted.ALIAS.value, names.alias),
        (NamePrinted.NONE.value, _("No name")),
    ]
    if not sent:
        form.fill_in(_chosen_before(holding, names))
    return form


def _chosen_before(holding: Holding, names: Names) -> Choices:
    """What she chose last; else what is offered first, in the language of her course."""
    if holding.certificate is not None:
        before = queries.choices_of(holding.certificate)
        is_gone = before.named is NamePrinted.LEGAL and names.legal is None
        return replace(before, named=NamePrinted.ALIAS) if is_gone else before
    language = holding.enrolment.course_language if holding.enrolment is not None else page_language()
    named = NamePrinted.LEGAL if names.legal is not None else NamePrinted.ALIAS
    return Choices(named=named, languages=(language,))


def _language(offered: Sequence[str]) -> str:
    """The language of this page where there is a document in it, else the first."""
    return page_language() if page_language() in offered else offered[0]


def _address_of(holding: Holding, **more: Any) -> str:
    return url_for(".own", of=holding.id, **more)
