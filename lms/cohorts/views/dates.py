"""The calendar of a cohort on one page: looked over, moved, suggested anew, saved. Nothing typed is ever lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Field

from lms.accounts.session import me
from lms.courses.rules import Told, tell
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.web.formats import write_clock, write_day, write_offset_in
from lms.web.forms import read_known
from lms.web.http import allow, explain
from lms.web.languages import page_language

from ..errors import SavedMeanwhile
from ..founding_forms import MOST_WEEKS, DatesForm, dates_form, field_name, part_of, written
from ..policy import CohortPermission
from ..queries import desk as desks
from ..queries import frames, seats
from ..queries.desk import Desk
from ..queries.frames import DatedNode
from ..rules.feasts import feasts_between, is_known
from ..rules.planning import (
    LONGEST,
    NodeKind,
    Part,
    Plan,
    PlannedNode,
    Warning,
    look_over,
    moments_of,
    move,
    suggest_plan,
    weeks_between,
)
from ..rules.wallclock import Wall, moments_at
from ..services import founding
from ..services.founding import Dates
from .wording import tell_feast, tell_warning

bp = Blueprint("dates", __name__, template_folder="../templates", url_prefix="/<lang:lang>")
CHANGE = CohortPermission.CHANGE
NOON = time(12)
ENDS_ON = "ends_on"


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """A cohort with what its calendar dates. saved: the plan that stands. titles: of the nodes, for this page."""

    desk: Desk
    nodes: Sequence[DatedNode]
    saved: Plan
    titles: dict[str, Told]

    def form(self, *formdata: Any, **values: Any) -> DatesForm:
        """The form with the fields of each date."""
        titles = {node_id: told.text for node_id, told in self.titles.items()}
        return dates_form(*formdata, nodes=self.saved.nodes, titles=titles, **values)

    def form_of(self, plan: Plan, *, known: str, weeks: int) -> DatesForm:
        """The same, filled in with a plan."""
        return self.form(None, **written(plan), known=known, weeks=min(weeks, MOST_WEEKS))


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A sentence about one field."""

    field: str
    sentence: Markup


@dataclass(frozen=True, kw_only=True)
class DateRow:
    """One date of the page.

    asks_which: clocks show the time twice on that day. problems: why it cannot be. is_warned: the list above names it.
    stands: what stands now, where somebody else saved something else.
    """

    node: DatedNode
    part: Part
    title: Told
    day: Field
    clock: Field
    which: Field
    asks_which: bool
    problems: Sequence[Markup]
    is_warned: bool
    stands: str | None


@bp.get("/cohort/<uuid:cohort_id>/dates")
@allow(CHANGE, on=desks.find_desk)
def dates(desk: Desk) -> ResponseReturnValue:
    """The calendar as it stands."""
    calendar = _calendar(desk)
    form = calendar.form_of(calendar.saved, known=str(desk.cohort.changes), weeks=weeks_between(calendar.saved))
    return _page(calendar, form, calendar.saved, done=request.args.get("done"))


@bp.post("/cohort/<uuid:cohort_id>/dates/save")
@allow(CHANGE, on=desks.find_desk)
def save(desk: Desk) -> ResponseReturnValue:
    """Save the calendar, or look it over, move it or suggest it anew without saving anything."""
    calendar = _calendar(desk)
    form, wanted = calendar.form(), request.form.get("do")
    if not form.validate():
        return _page(calendar, form), 422
    plan = form.plan(calendar.saved.nodes, desk.cohort.zone)
    if wanted == "suggest":
        return _suggest(calendar, form)
    if wanted == "move":
        return _move(calendar, form, plan)
    if any(warning.is_fatal for warning in look_over(plan)):
        return _page(calendar, form, plan), 422
    if wanted != "save":
        return _page(calendar, form, plan, state="checked")
    return _save(calendar, form, plan)


def _save(calendar: Calendar, form: DatesForm, plan: Plan) -> ResponseReturnValue:
    cohort = calendar.desk.cohort
    new = Dates(
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        moments=moments_of(plan),
        known=read_known(form.known.data),
    )
    try:
        with transaction():
            founding.save_dates(cohort.id, new, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused(calendar, form, plan, refusal), 409
    return redirect(url_for(".dates", cohort_id=cohort.public_id, done="saved"))


def _refused(calendar: Calendar, form: DatesForm, plan: Plan, refusal: Refusal) -> str:
    """What was typed, and what stands now beside it; sent once more it replaces that."""
    found = desks.find_desk(me(), calendar.desk.cohort.public_id)
    stands: Plan | None = None
    if isinstance(refusal, SavedMeanwhile) and found is not None:
        stands = _calendar(found).saved
        form.known.data = str(found.cohort.changes)
    return _page(calendar, form, plan, refusal=explain(refusal), stands=stands)


def _suggest(calendar: Calendar, form: DatesForm) -> ResponseReturnValue:
    """Dates that follow from the first opening as it was typed."""
    modules = [node for node in calendar.saved.nodes if node.kind is NodeKind.MODULE]
    first = form.wall(modules[0], Part.OPENS) if modules else None
    if first is None:
        sentence = _("Enter when the first module opens. The other dates follow from it.")
        form[field_name(modules[0].node_id, Part.OPENS, "day") if modules else ENDS_ON].errors = [sentence]
        return _page(calendar, form), 422
    weeks = form.weeks.data or 1
    wanted = frames.to_plan(calendar.nodes)
    plan = suggest_plan(*wanted, zone=calendar.saved.zone, first=first, weeks_each=weeks)
    return _page(calendar, calendar.form_of(plan, known=str(form.known.data), weeks=weeks), plan, state="suggested")


def _move(calendar: Calendar, form: DatesForm, plan: Plan) -> ResponseReturnValue:
    """Everything that was typed, so many days later."""
    if form.by_days.data is None:
        form.by_days.errors = [_("Enter by how many days.")]
        return _page(calendar, form, plan), 422
    moved = move(plan, by_days=form.by_days.data)
    filled = calendar.form_of(moved, known=str(form.known.data), weeks=form.weeks.data or 1)
    return _page(calendar, filled, moved, state="moved")


def _calendar(desk: Desk) -> Calendar:
    nodes = frames.dated_nodes(desk.cohort.version)
    required = desk.cohort.version.required_languages
    return Calendar(
        desk=desk,
        nodes=nodes,
        saved=frames.plan_of(desk.cohort, nodes, seats.calendar_of(desk.cohort)),
        titles={node.node_id: tell(node.title, page_language(), required) for node in nodes},
    )


def _page(calendar: Calendar, form: DatesForm, plan: Plan | None = None, **more: Any) -> str:
    """The page. plan: what stands in the form; None where it cannot be read, and nothing can be said about it."""
    warnings = look_over(plan) if plan is not None else []
    shown = plan or calendar.saved
    cohort, stands = calendar.desk.cohort, more.get("stands")
    last_shown = min(shown.ends_on, shown.starts_on + LONGEST)
    return render_template(
        "cohorts/dates.html",
        desk=calendar.desk,
        form=form,
        rows=_rows(calendar, form, plan, stands=stands),
        stands_from_to=(stands.starts_on, stands.ends_on) if stands is not None else None,
        problems=[_problem(one, shown, calendar.titles) for one in warnings if one.is_fatal],
        warnings=[_problem(one, shown, calendar.titles) for one in warnings if not one.is_fatal],
        feasts=[tell_feast(span) for span in feasts_between(shown.starts_on, last_shown)],
        moon_is_known=is_known(shown.starts_on) and is_known(last_shown),
        offsets=[_offset(day, cohort.zone) for day in (shown.starts_on, last_shown)],
        refusal=more.get("refusal"),
        state=more.get("state"),
        done=more.get("done"),
    )


def _problem(warning: Warning, plan: Plan, titles: dict[str, Told]) -> Problem:
    return Problem(field=_field_of(warning, plan), sentence=tell_warning(warning, plan, titles))


def _field_of(warning: Warning, plan: Plan) -> str:
    """Where a warning is mended: at its date, or at the last day of the course."""
    if warning.node_id is None or warning.part is None:
        return ENDS_ON
    return field_name(warning.node_id, warning.part, "day")


def _offset(day: date, zone: str) -> str:
    return write_offset_in(datetime.combine(day, NOON, ZoneInfo(zone)), zone)


def _rows(calendar: Calendar, form: DatesForm, plan: Plan | None, *, stands: Plan | None) -> list[DateRow]:
    warnings = look_over(plan) if plan is not None else []
    now = {node.node_id: node for node in stands.nodes} if stands is not None else {}
    rows = []
    for node, planned in zip(calendar.nodes, calendar.saved.nodes, strict=True):
        part = part_of(planned)
        wall = form.wall(planned, part)
        about = [one for one in warnings if (one.node_id, one.part) == (node.node_id, part)]
        rows.append(
            DateRow(
                node=node,
                part=part,
                title=calendar.titles[node.node_id],
                day=form[field_name(node.node_id, part, "day")],
                clock=form[field_name(node.node_id, part, "time")],
                which=form[field_name(node.node_id, part, "which")],
                asks_which=wall is not None and len(moments_at(wall.day, wall.clock, calendar.saved.zone)) > 1,
                problems=[tell_warning(one, plan, calendar.titles) for one in about if plan and one.is_fatal],
                is_warned=any(not one.is_fatal for one in about),
                stands=_stands(now[node.node_id], part, wall) if node.node_id in now else None,
            )
        )
    return rows


def _stands(node: PlannedNode, part: Part, typed: Wall | None) -> str | None:
    """What stands now, if it is not what was typed."""
    wall = node.opens if part is Part.OPENS else node.due
    if wall == typed:
        return None
    if wall is None:
        return _("Stands now: no date")
    return _("Stands now: %(day)s, %(time)s", day=write_day(wall.day, weekday=True), time=write_clock(wall.clock))
