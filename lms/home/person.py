"""One participant for the coordinators of her cohort."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext

from lms.accounts.queries import shown_names_of
from lms.accounts.session import me
from lms.assessments.queries.completion import records_of
from lms.cohorts.models import Group, MoveRow
from lms.cohorts.queries import desk as desks
from lms.cohorts.queries import people as places
from lms.cohorts.queries import sendings
from lms.cohorts.rules.completion import is_complete, judge
from lms.cohorts.rules.enrolment import BY_HAND, EnrolmentState, Move, moves_from
from lms.cohorts.rules.facts import Fact, FactKind
from lms.cohorts.rules.silence import whole_days
from lms.cohorts.rules.wallclock import day_of
from lms.cohorts.sealing import open_background, open_reasons
from lms.cohorts.services import attesting, moving
from lms.cohorts.services.moving import NewMove
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.policy import allows
from lms.modules import queries as modules
from lms.modules.rules import ActivityState, OutlineModule
from lms.web.formats import write_number
from lms.web.http import allow, explain
from lms.web.languages import page_language

from .desk_forms import FactForm, GroupForm, MoveForm
from .policy import HomePermission
from .queries import person as files
from .queries import ready
from .queries.activity import begin_of
from .queries.person import FactFile, PersonFile

bp = Blueprint("people", __name__, template_folder="templates", url_prefix="/<lang:lang>/cohort/<uuid:cohort_id>")
NO_GROUP = ""


@bp.get("/people/<uuid:enrolment_id>")
@allow(HomePermission.PERSON, on=files.find_file)
def person(file: PersonFile) -> ResponseReturnValue:
    """Where she stands, what is missing, and what may be done with her place."""
    return _page(file, done=request.args.get("done"))


@bp.post("/people/<uuid:enrolment_id>/move")
@allow(HomePermission.MOVE, on=files.find_file)
def move(file: PersonFile) -> ResponseReturnValue:
    """Pause, resume, defer, withdraw or readmit."""
    form = _move_form(file, sent=True)
    if not form.validate():
        return _page(file, form), 422
    try:
        wanted = NewMove(move=Move(form.move.data), seen=_seen(form), reason=form.reason.data or "")
        with transaction():
            moving.move_place(file.participant.id, wanted, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused(file, refusal, form)
    return redirect(_address_of(file, done=wanted.move.value))


def _seen(form: MoveForm) -> EnrolmentState:
    """The state that the page showed; a damaged one is of no page of ours."""
    try:
        return EnrolmentState(form.seen.data or "")
    except ValueError:
        abort(400)


@bp.post("/people/<uuid:enrolment_id>/fact")
@allow(HomePermission.ATTEST, on=files.find_file)
def fact(file: PersonFile) -> ResponseReturnValue:
    """Enter what the platform does not hold."""
    form = _fact_form(file, sent=True)
    if not form.validate():
        return _page(file, form), 422
    assert form.on.data is not None
    entered = Fact(kind=FactKind(form.kind.data), on=form.on.data, session=form.session.data)
    try:
        with transaction():
            attesting.enter_fact(file.participant.id, entered, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused(file, refusal, form)
    return redirect(_address_of(file, done="entered", _anchor="facts"))


@bp.post("/people/<uuid:enrolment_id>/fact/<uuid:fact_id>/withdraw")
@allow(HomePermission.ATTEST, on=files.find_fact)
def withdraw_fact(file: FactFile) -> ResponseReturnValue:
    """Take back what was entered by mistake."""
    try:
        with transaction():
            attesting.withdraw_fact(file.fact, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused(file, refusal)
    return redirect(_address_of(file, done="taken-back", _anchor="facts"))


@bp.post("/people/<uuid:enrolment_id>/group")
@allow(HomePermission.MOVE, on=files.find_file)
def group(file: PersonFile) -> ResponseReturnValue:
    """Put her into another group, or into none."""
    groups = desks.groups_of(file.cohort)
    form = _group_form(file, groups, sent=True)
    if not form.validate():
        return _page(file, form), 422
    chosen = next((one for one in groups if str(one.public_id) == form.group.data), None)
    try:
        with transaction():
            moving.put_into_group(file.participant.id, chosen, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused(file, refusal, form)
    return redirect(_address_of(file, done="grouped"))


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One line of the history of a place. by: shown name of staff; None for who is gone."""

    row: MoveRow
    reason: str
    by: str | None


@dataclass(frozen=True, kw_only=True)
class ModuleLine:
    """How far she is in one module. tasks: how many there are, and how many of them are handed in."""

    module: OutlineModule
    read: int
    handed_in: int


OPEN_TASKS = frozenset({ActivityState.NOT_STARTED, ActivityState.IN_PROGRESS})


def _page(
    file: PersonFile,
    form: MoveForm | FactForm | GroupForm | None = None,
    *,
    refusal: str | None = None,
    done: str | None = None,
) -> str:
    """The page; form: the one that was sent and comes back filled in."""
    at, groups = clock.now(), desks.groups_of(file.cohort)
    seen = begin_of(file.participant.active_on, file.cohort)
    is_shown = not file.in_conflict and file.participant.person_id != me().id
    return render_template(
        "home/person.html",
        file=file,
        now=at,
        state_words=state_words(),
        move_words=move_words(),
        moved_words=moved_words(),
        quiet_days=None if seen is None else whole_days(seen, at=at, zone=file.cohort.zone),
        background=open_background(file.owner, file.participant.background),
        history=_history(file),
        invitation=_invitation(file),
        is_shown=is_shown,
        **(_work(file) if is_shown else {}),
        forms={
            "move": form if isinstance(form, MoveForm) else _move_form(file),
            "fact": form if isinstance(form, FactForm) else _fact_form(file),
            "group": form if isinstance(form, GroupForm) else _group_form(file, groups),
        },
        sent=form,
        may_move=allows(HomePermission.MOVE, me(), file),
        may_attest=allows(HomePermission.ATTEST, me(), file),
        may_open=allows(HomePermission.OPEN, me(), file),
        refusal=refusal,
        done=done,
    )


def _work(file: PersonFile) -> dict[str, Any]:
    """What she did and what is missing; for those without a conflict of interest only."""
    record = records_of(file.cohort, [file.participant.id])[file.participant.id]
    requirements = judge(file.cohort.rule(), record)
    lines = [
        ModuleLine(
            module=module,
            read=sum(lesson.read_at is not None for lesson in module.lessons),
            handed_in=sum(activity.state not in OPEN_TASKS for activity in module.activities),
        )
        for module in modules.outline_of(file.seat, page_language())
    ]
    return {
        "requirements": requirements,
        "is_complete": is_complete(requirements),
        "titles": ready.titles_of(file.cohort, page_language()),
        "modules": [line for line in lines if line.module.lessons],
        "facts": places.facts_of(file.participant.id),
        "fact_words": fact_words(),
    }


def _history(file: PersonFile) -> list[Moved]:
    rows = places.moves_of(file.participant.id)
    names = shown_names_of([row.by_id for row in rows])
    reasons = open_reasons(file.owner, [row.reason for row in rows])
    return [
        Moved(row=row, reason=reason, by=names.get(row.by_id or 0)) for row, reason in zip(rows, reasons, strict=True)
    ]


def _invitation(file: PersonFile) -> sendings.InvitationLine | None:
    """Where her invitation stands; None for who has come."""
    if file.participant.agreed_at is not None or file.cohort.closed_at is not None:
        return None
    return sendings.line_of(file.participant, file.cohort, at=clock.now())


def _refused(
    file: PersonFile, refusal: Refusal, form: MoveForm | FactForm | GroupForm | None = None
) -> ResponseReturnValue:
    """The page as it stands now, with what she typed; sent once more it is judged by that."""
    found = files.find_file(me(), file.cohort.public_id, file.participant.public_id) or file
    if isinstance(form, MoveForm):
        chosen = form.move.data
        form.move.choices = _move_choices(found)
        form.seen.data = found.participant.state.value
        form.move.data = chosen if chosen in moves_from(found.participant.state) else None
    return _page(found, form, refusal=explain(refusal)), 409


def _move_form(file: PersonFile, *, sent: bool = False) -> MoveForm:
    form = MoveForm() if sent else MoveForm(None, seen=file.participant.state.value)
    # What came from an older page is judged by the rule, which says why it is no longer possible.
    form.move.choices = [(move.value, move_words()[move]) for move in BY_HAND] if sent else _move_choices(file)
    return form


def _move_choices(file: PersonFile) -> list[tuple[str, str]]:
    return [(move.value, move_words()[move]) for move in moves_from(file.participant.state)]


def _fact_form(file: PersonFile, *, sent: bool = False) -> FactForm:
    form = FactForm() if sent else FactForm(None, on=day_of(clock.now(), file.cohort.zone))
    form.kind.choices = [(kind.value, word) for kind, word in fact_words().items()]
    return form


def _group_form(file: PersonFile, groups: Sequence[Group], *, sent: bool = False) -> GroupForm:
    here = file.participant.group
    form = GroupForm() if sent else GroupForm(None, group=NO_GROUP if here is None else str(here.public_id))
    form.group.choices = [(NO_GROUP, _("No group"))]
    form.group.choices += [
        (str(one.public_id), _("Group %(number)s", number=write_number(one.number))) for one in groups
    ]
    return form


def _address_of(file: PersonFile, **more: Any) -> str:
    return url_for(".person", cohort_id=file.cohort.public_id, enrolment_id=file.participant.public_id, **more)


def state_words() -> dict[EnrolmentState, str]:
    """The states of a place, for its staff."""
    return {
        EnrolmentState.ACTIVE: _("Active"),
        EnrolmentState.PAUSED: _("Paused"),
        EnrolmentState.DEFERRED: _("Deferred"),
        EnrolmentState.WITHDRAWN: pgettext("person", "Withdrawn"),
        EnrolmentState.COMPLETED: _("Completed"),
        EnrolmentState.PARTICIPATED: _("Took part"),
    }


def move_words() -> dict[Move, str]:
    """What can become of a place, as a coordinator chooses it and reads it in the history."""
    return {
        Move.PAUSE: _("Pause: she goes on reading, nobody expects anything"),
        Move.RESUME: _("Resume after the pause"),
        Move.DEFER: _("Defer to a later cohort: her place is free"),
        Move.WITHDRAW: _("Withdraw: her place is free"),
        Move.READMIT: _("Readmit: she has her place and her work again"),
        Move.COMPLETE: _("Completed"),
        Move.PARTICIPATE: _("Took part without completing"),
        Move.REOPEN: _("Taken up again"),
    }


def moved_words() -> dict[Move, str]:
    """What is so now, after a coordinator's move."""
    return {
        Move.PAUSE: _("She is paused now."),
        Move.RESUME: _("She takes part again."),
        Move.DEFER: _("She is deferred to a later cohort; her place is free now."),
        Move.WITHDRAW: _("She has left the course; her place is free now."),
        Move.READMIT: _("She takes part again."),
    }


def fact_words() -> dict[FactKind, str]:
    """What can be entered by hand."""
    return {
        FactKind.ATTENDED: _("Was in a live session"),
        FactKind.SUBSTITUTE: _("Written substitute for a live session"),
        FactKind.SIMULATION: _("Took part in the simulation"),
        FactKind.PAPER: _("Alternative paper"),
    }
