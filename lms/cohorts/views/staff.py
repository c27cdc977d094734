"""Who works for a cohort: the list, inviting and adding people, ending roles, groups."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts import choices
from lms.accounts.rules.roles import Role
from lms.accounts.session import me
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.ids import new_id
from lms.web.forms import read_id
from lms.web.http import allow, explain
from lms.web.languages import page_language

from ..founding_forms import AddForm, GroupsForm, InviteForm
from ..policy import READING_ROLES, CohortPermission
from ..queries import desk as desks
from ..queries import staff as queries
from ..queries.desk import Desk
from ..queries.staff import Candidate, StaffMember
from ..services import moving, staffing
from ..services.staffing import Invited, NewStaff

bp = Blueprint(
    "staff", __name__, template_folder="../templates", url_prefix="/<lang:lang>/cohort/<uuid:cohort_id>/staff"
)
CHANGE = CohortPermission.CHANGE


class Page:
    """Everything that the page of a cohort's staff shows, with its three forms; one of them may have been sent."""

    def __init__(self, desk: Desk, *, at: datetime, sent: type[Any] | None = None) -> None:
        self.desk = desk
        self.staff: Sequence[StaffMember] = queries.staff_of(desk.cohort, at=at)
        self.candidates: Sequence[Candidate] = queries.candidates_for(desk.cohort, me(), at=at)
        self.groups = queries.groups_with_people(desk.cohort)
        self.invite = self._invite(sent)
        self.add = self._add(sent)
        self.make = self._groups(sent)

    def _invite(self, sent: type[Any] | None) -> InviteForm:
        defaults = {
            "role": Role.FACILITATOR.value,
            "language": page_language(),
            "zone": self.desk.cohort.zone,
            "op": str(new_id()),
        }
        form = InviteForm() if sent is InviteForm else InviteForm(None, **defaults)
        form.role.choices = [(role.value, role_name(role)) for role in READING_ROLES]
        form.language.choices = choices.languages()
        form.zone.choices = choices.time_zones_with(self.desk.cohort.zone)
        return form

    def _add(self, sent: type[Any] | None) -> AddForm:
        form = AddForm() if sent is AddForm else AddForm(None)
        form.person.choices = [
            (
                f"{one.role}:{one.id}",
                _("%(name)s, %(role)s", name=one.shown_name, role=role_name(one.role)),
            )
            for one in self.candidates
        ]
        return form

    def _groups(self, sent: type[Any] | None) -> GroupsForm:
        form = GroupsForm() if sent is GroupsForm else GroupsForm(None, facilitators=self._with_group())
        form.facilitators.choices = [(str(one.id), one.shown_name) for one in self.facilitators]
        return form

    def _with_group(self) -> list[str]:
        """Who has a group already, or everybody while there is none."""
        leading = {group.facilitator_key for group in self.groups}
        return [str(one.id) for one in self.facilitators if not self.groups or one.key in leading]

    @property
    def facilitators(self) -> list[StaffMember]:
        """Who can be given a group."""
        return [one for one in self.staff if one.role is Role.FACILITATOR]

    def draw(self, *, refusal: str | None = None, done: str | None = None) -> str:
        """The page."""
        return render_template("cohorts/staff.html", page=self, desk=self.desk, refusal=refusal, done=done)


def role_name(role: Role) -> str:
    """A role in a cohort, in words."""
    return _("Coordinator") if role is Role.COORDINATOR else _("Facilitator")


@bp.get("")
@allow(CHANGE, on=desks.find_desk)
def staff(desk: Desk) -> ResponseReturnValue:
    """Who works for the cohort, and how somebody is added."""
    return Page(desk, at=clock.now()).draw(done=request.args.get("done"))


@bp.post("/invite")
@allow(CHANGE, on=desks.find_desk)
def invite(desk: Desk) -> ResponseReturnValue:
    """Make somebody new with a role; her code is shown once."""
    at = clock.now()
    page = Page(desk, at=at, sent=InviteForm)
    form = page.invite
    if not form.validate():
        return page.draw(), 422
    new = NewStaff(
        shown_name=str(form.shown_name.data).strip(),
        language=form.language.data,
        zone=form.zone.data,
        role=Role(form.role.data),
        email=form.email.data or None,
        operation=read_id(form.op.data) or abort(400),
    )
    try:
        with transaction():
            invited = staffing.invite_staff(desk.cohort.id, new, by=me(), at=at)
    except Refusal as refusal:
        form.op.data = str(new_id())
        return page.draw(refusal=explain(refusal)), 409
    return _code_page(desk, invited)


@bp.post("/code")
@allow(CHANGE, on=desks.find_desk)
def code(desk: Desk) -> ResponseReturnValue:
    """Another code for somebody who has not come; the one before opens nothing any more."""
    at = clock.now()
    try:
        with transaction():
            invited = staffing.new_code(desk.cohort.id, _person(), by=me(), at=at)
    except Refusal as refusal:
        return Page(desk, at=at).draw(refusal=explain(refusal)), 409
    return _code_page(desk, invited)


@bp.post("/add")
@allow(CHANGE, on=desks.find_desk)
def add(desk: Desk) -> ResponseReturnValue:
    """Give a role to somebody who holds it elsewhere."""
    at = clock.now()
    page = Page(desk, at=at, sent=AddForm)
    chosen = next((one for one in page.candidates if f"{one.role}:{one.id}" == page.add.person.data), None)
    person = queries.find_person(chosen.id) if chosen is not None else None
    if chosen is None or person is None:
        page.add.person.errors = [_("Choose somebody of the list. She may have been added already.")]
        return page.draw(), 422
    try:
        with transaction():
            staffing.add_staff(desk.cohort.id, person, chosen.role, by=me(), at=at)
    except Refusal as refusal:
        return page.draw(refusal=explain(refusal)), 409
    return redirect(url_for(".staff", cohort_id=desk.cohort.public_id, done="added"))


@bp.post("/end")
@allow(CHANGE, on=desks.find_desk)
def end(desk: Desk) -> ResponseReturnValue:
    """End a role from now on."""
    at, person_id = clock.now(), _person()
    role = next((one for one in READING_ROLES if one.value == request.form.get("role")), None)
    if role is None:
        abort(404)
    try:
        with transaction():
            staffing.end_staff(desk.cohort.id, person_id, role, by=me(), at=at)
    except Refusal as refusal:
        return Page(desk, at=at).draw(refusal=explain(refusal)), 409
    if person_id == me().public_id and role is Role.COORDINATOR:
        return redirect(url_for("cohorts.cohorts", done="ended"))
    return redirect(url_for(".staff", cohort_id=desk.cohort.public_id, done="ended"))


@bp.post("/groups")
@allow(CHANGE, on=desks.find_desk)
def groups(desk: Desk) -> ResponseReturnValue:
    """Make a group for each chosen facilitator, and put everybody with a place into one."""
    at = clock.now()
    page = Page(desk, at=at, sent=GroupsForm)
    if not page.make.validate():
        return page.draw(), 422
    chosen = [one.key for one in page.facilitators if str(one.id) in (page.make.facilitators.data or ())]
    try:
        with transaction():
            moving.make_groups(desk.cohort.id, chosen, by=me(), at=at)
    except Refusal as refusal:
        return page.draw(refusal=explain(refusal)), 409
    return redirect(url_for(".staff", cohort_id=desk.cohort.public_id, done="groups", _anchor="groups"))


def _person() -> UUID:
    """Whom a button is about."""
    found = request.form.get("person", type=UUID)
    return found if found is not None else abort(404)


def _code_page(desk: Desk, invited: Invited) -> str:
    g.has_secret = True
    return render_template("cohorts/code.html", desk=desk, invited=invited, role=role_name(invited.role))
