"""Completion of a cohort: who is through, what others lack, and what a person decides."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.accounts.models import Person
from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.policy import allows
from lms.web.http import allow, explain
from lms.web.languages import page_language

from ..errors import BadDecision, NoLongerValid
from ..forms import DecisionForm, WithdrawalForm
from ..policy import CertificatePermission
from ..queries import deciding as queries
from ..queries.deciding import Case, Listing
from ..rules.deciding import decisions_from
from ..rules.states import CertificateState
from ..sealing import DECISION, WITHDRAWAL, open_text
from ..services import deciding, issuing

bp = Blueprint(
    "completion",
    __name__,
    template_folder="../templates",
    url_prefix="/<lang:lang>/cohort/<uuid:cohort_id>/completion",
)


def _listing(who: Person, cohort_id: UUID) -> Listing | None:
    return queries.find_listing(who, cohort_id, after=request.args.get("after", type=UUID))


@bp.get("")
@allow(CertificatePermission.LIST, on=_listing)
def cohort(listing: Listing) -> ResponseReturnValue:
    """Everybody who takes or took part, by alias."""
    return render_template(
        "certificates/cohort.html",
        listing=listing,
        lines=queries.lines_of(listing),
        is_first="after" not in request.args,
    )


@bp.get("/<uuid:enrolment_id>")
@allow(CertificatePermission.DECIDE, on=queries.find_case)
def participant(case: Case) -> ResponseReturnValue:
    """What is there and what is missing, what was decided, and the certificate."""
    return _page(case)


@bp.post("/<uuid:enrolment_id>/decide")
@allow(CertificatePermission.DECIDE, on=queries.find_case)
def decide(case: Case) -> ResponseReturnValue:
    """Confirm completion or participation, or take it up again."""
    form = DecisionForm()
    if not form.validate():
        return _page(case, form=form), 422
    move, seen = form.wanted()
    try:
        if move is None or seen is None:
            raise BadDecision
        wanted = deciding.Decision(move=move, seen=seen, reason=form.reason.data or "")
        with transaction():
            deciding.decide(case, wanted, by=me(), at=clock.now())
    except Refusal as refusal:
        return _after_refusal(case, refusal, form=form)
    return redirect(_address_of(case, done="decided"))


@bp.post("/<uuid:enrolment_id>/withdraw")
@allow(CertificatePermission.DECIDE, on=queries.find_case)
def withdraw(case: Case) -> ResponseReturnValue:
    """Withdraw the certificate that the page showed."""
    form = WithdrawalForm()
    if not form.validate():
        return _page(case, withdrawal=form), 422
    try:
        if case.certificate is None or str(case.certificate.public_id) != form.certificate.data:
            raise NoLongerValid
        with transaction():
            issuing.withdraw(case.certificate.id, form.why.data or "", case.participant.person, by=me(), at=clock.now())
    except Refusal as refusal:
        return _after_refusal(case, refusal, withdrawal=form)
    return redirect(_address_of(case, done="withdrawn"))


def _after_refusal(
    case: Case, refusal: Refusal, *, form: DecisionForm | None = None, withdrawal: WithdrawalForm | None = None
) -> ResponseReturnValue:
    """The page as it stands now, with what she typed."""
    found = queries.find_case(me(), case.cohort.public_id, case.participant.public_id) or case
    return _page(found, form=form, withdrawal=withdrawal, refusal=explain(refusal)), 409


def _page(
    case: Case,
    *,
    form: DecisionForm | None = None,
    withdrawal: WithdrawalForm | None = None,
    refusal: str | None = None,
) -> str:
    decided, newest = case.decided, case.certificate
    requirements = queries.requirements_of(case) if decided is None else queries.stood_then(decided)
    if form is None:
        form = DecisionForm(None)
    form.seen.data = case.participant.state.value
    owner = case.participant.person
    return render_template(
        "certificates/case.html",
        case=case,
        requirements=requirements,
        tasks=queries.titles_of(case.cohort, requirements, page_language()),
        reason=open_text(owner, decided.reason, place=DECISION) if decided is not None else None,
        by=queries.shown_name_of(decided.by_id) if decided is not None and decided.by_id is not None else None,
        why=open_text(owner, newest.reason, place=WITHDRAWAL) if newest is not None else None,
        is_withdrawn=newest is not None and newest.state is CertificateState.WITHDRAWN,
        decisions=decisions_from(case.participant.state, has_valid=case.valid is not None),
        may_decide=allows(CertificatePermission.DECIDE, me(), case) and case.cohort.closed_at is None,
        form=form,
        withdrawal=withdrawal
        or WithdrawalForm(None, certificate=str(case.valid.public_id) if case.valid is not None else ""),
        refusal=refusal,
        done=request.args.get("done"),
    )


def _address_of(case: Case, **more: Any) -> str:
    return url_for(".participant", cohort_id=case.cohort.public_id, enrolment_id=case.participant.public_id, **more)
