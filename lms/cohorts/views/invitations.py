"""Invitations of a cohort: who has still to come, sending with a second person, sheets to print."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts.session import me
from lms.courses.rules import Naming
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.i18n import speaking
from lms.settings import current_settings
from lms.web.formats import write_moment_in
from lms.web.forms import read_known
from lms.web.http import allow, explain
from lms.web.languages import direction_of, page_of

from ..models import Cohort, Enrolment
from ..policy import CohortPermission
from ..queries import desk as desks
from ..queries import people
from ..queries import sendings as queries
from ..queries.desk import Desk
from ..queries.people import PersonPlace
from ..queries.sendings import ROWS_A_PAGE, SendingPlace
from ..rules.sending import Answer, SendingState, state_of
from ..services import inviting
from ..services.inviting import SHEETS_AT_ONCE, InvitationSheet

bp = Blueprint(
    "invitations", __name__, template_folder="../templates", url_prefix="/<lang:lang>/cohort/<uuid:cohort_id>"
)
CHANGE, ANSWER = CohortPermission.CHANGE, CohortPermission.ANSWER
LOOK_AGAIN_SECONDS = 5


@bp.get("/invitations")
@allow(CHANGE, on=desks.find_desk)
def invitations(desk: Desk) -> ResponseReturnValue:
    """Who has not come yet, and how far her invitation is."""
    return _page(desk, done=request.args.get("done"))


@bp.post("/invitations/ask")
@allow(CHANGE, on=desks.find_desk)
def ask(desk: Desk) -> ResponseReturnValue:
    """Ask that the invitations which have not gone out are sent."""
    seen = read_known(request.form.get("seen"))
    try:
        with transaction():
            inviting.ask_to_send(desk.cohort, seen=seen, by=me(), at=clock.now())
    except Refusal as refusal:
        return _page(desk, refusal=explain(refusal)), 409
    return redirect(url_for(".invitations", cohort_id=desk.cohort.public_id, done="asked"))


@bp.post("/invitations/sheets")
@allow(CHANGE, on=desks.find_desk)
def sheets(desk: Desk) -> ResponseReturnValue:
    """Sheets for all whose invitation was sent and who have not come, some on a page; each printing is noted."""
    after = _plain(request.form.get("after", ""))
    return _sheets_page(desk.cohort, after=after)


@bp.get("/sending/<uuid:sending_id>")
@allow(ANSWER, on=queries.find_sending)
def sending(place: SendingPlace) -> ResponseReturnValue:
    """What somebody asked for, for whoever may be the second person: numbers, nobody's name."""
    return _sending_page(place)


@bp.post("/sending/<uuid:sending_id>/confirm")
@allow(ANSWER, on=queries.find_sending)
def confirm(place: SendingPlace) -> ResponseReturnValue:
    """Let the invitations go out."""
    return _answer(place, Answer.CONFIRMED)


@bp.post("/sending/<uuid:sending_id>/refuse")
@allow(ANSWER, on=queries.find_sending)
def refuse(place: SendingPlace) -> ResponseReturnValue:
    """Let nothing go out; whoever asked takes it back by this."""
    return _answer(place, Answer.REFUSED)


@bp.post("/people/<uuid:enrolment_id>/invitation/renew")
@allow(CHANGE, on=people.find_person)
def renew(person: PersonPlace) -> ResponseReturnValue:
    """Send one invitation again, with a new code."""
    return _change(person, inviting.renew_invitation, done="renewed")


@bp.post("/people/<uuid:enrolment_id>/invitation/withdraw")
@allow(CHANGE, on=people.find_person)
def withdraw(person: PersonPlace) -> ResponseReturnValue:
    """Take one invitation back."""
    return _change(person, inviting.withdraw_invitation, done="withdrawn")


@bp.post("/people/<uuid:enrolment_id>/invitation/sheet")
@allow(CHANGE, on=people.find_person)
def sheet(person: PersonPlace) -> ResponseReturnValue:
    """The sheet of one person."""
    return _sheets_page(person.cohort, only=person.participant.id)


def _page(desk: Desk, *, refusal: str | None = None, done: str | None = None) -> str:
    at = clock.now()
    waiting = queries.waiting_in(desk.cohort, at=at)
    after = _plain(request.args.get("after", ""))
    lines = queries.lines_of(desk.cohort, waiting.sending if waiting else None, at=at, after=after)
    may_send = queries.who_may_send(desk.cohort.id, at=at)
    return render_template(
        "cohorts/invitations.html",
        desk=desk,
        counts=queries.counts_of(desk.cohort, at=at),
        waiting=waiting,
        is_own=waiting is not None and waiting.sending.asked_by_id == me().id,
        is_settled=me().id in may_send,
        has_second=bool(may_send - {me().id}),
        lines=lines[:ROWS_A_PAGE],
        following=lines[ROWS_A_PAGE - 1].alias if len(lines) > ROWS_A_PAGE else None,
        after=after,
        refusal=refusal,
        done=done,
    )


def _sending_page(place: SendingPlace, refusal: str | None = None) -> ResponseReturnValue:
    state = state_of(place.sending.asking(), at=clock.now())
    released = queries.released_of(place.sending) if state is SendingState.CONFIRMED else 0
    page = render_template(
        "cohorts/sending.html",
        place=place,
        sending=place.sending,
        state=state,
        released=released,
        is_own=place.sending.asked_by_id == me().id,
        refusal=refusal,
    )
    is_going_on = state is SendingState.CONFIRMED and released < place.sending.people
    return page, 409 if refusal else 200, {"Refresh": str(LOOK_AGAIN_SECONDS)} if is_going_on and not refusal else {}


def _answer(place: SendingPlace, answer: Answer) -> ResponseReturnValue:
    try:
        with transaction():
            inviting.answer_sending(place.cohort, place.sending.id, answer, by=me(), at=clock.now())
    except Refusal as refusal:
        now = queries.find_sending(me(), place.cohort.public_id, place.sending.public_id)
        return _sending_page(now or place, refusal=explain(refusal))
    return redirect(url_for(".sending", cohort_id=place.cohort.public_id, sending_id=place.sending.public_id))


def _change(person: PersonPlace, act: Callable[..., Enrolment], *, done: str) -> ResponseReturnValue:
    """Do something with one invitation, and go back to the list, or to her own page if that is where it was pressed."""
    try:
        with transaction():
            act(person.participant.id, by=me(), at=clock.now())
    except Refusal as refusal:
        desk = desks.find_desk(me(), person.cohort.public_id)
        assert desk is not None
        return _page(desk, refusal=explain(refusal)), 409
    if "list" in request.form:
        return redirect(url_for(".invitations", cohort_id=person.cohort.public_id, done=done))
    return redirect(f"{page_of(request.path)}?done={done}")


@dataclass(frozen=True, kw_only=True)
class PrintedSheet:
    """One sheet in the language of whoever is given it. code, alias, until, address: what stands beside the labels.

    alias: None in a course with names, where she is called nothing until she writes hers. own_code: for the
    coordinator, on a strip that she cuts off.
    """

    language: str
    direction: str
    own_code: str | None
    heading: str
    lead: str
    labels: Sequence[str]
    address: str
    code: str
    until: str
    alias: str | None
    notes: Sequence[str]


def _sheets_page(cohort: Cohort, *, after: str = "", only: int | None = None) -> ResponseReturnValue:
    try:
        with transaction():
            found = inviting.print_sheets(cohort, by=me(), at=clock.now(), after=after, only=only)
    except Refusal as refusal:
        desk = desks.find_desk(me(), cohort.public_id)
        assert desk is not None
        return _page(desk, refusal=explain(refusal)), 409
    g.has_secret = True
    return render_template(
        "cohorts/sheets.html",
        cohort=cohort,
        sheets=[_drawn(sheet, has_names=cohort.naming is Naming.NAMED) for sheet in found],
        following=found[-1].alias if only is None and len(found) == SHEETS_AT_ONCE else None,
    )


def _drawn(sheet: InvitationSheet, *, has_names: bool) -> PrintedSheet:
    with speaking(sheet.language):
        return PrintedSheet(
            language=sheet.language,
            direction=direction_of(sheet.language),
            own_code=sheet.own_code,
            heading=_("An invitation for you"),
            lead=_("With this code you open an account of your own on the site below. It works once, for you alone."),
            labels=[
                _("Open this page"),
                _("Type this code there"),
                _("Open until"),
                _("What you are called there until you choose"),
            ],
            address=f"{current_settings().public_url}/{sheet.language}/enrol",
            code=sheet.code,
            until=write_moment_in(sheet.until, sheet.zone),
            alias=None if has_names else sheet.alias,
            notes=[
                _("It does nothing by being opened. It is used up when you have chosen how you sign in."),
                _("Nobody will ask you for this code by telephone, e-mail or chat."),
                _("Keep this sheet where others do not read it, and destroy it when you have signed in."),
                _("If it is lost, or somebody else saw it, ask the person who gave it to you for a new one."),
            ],
        )


def _plain(alias: str) -> str:
    """A name out of an address, as databases take it."""
    return alias.replace("\0", "")
