"""A coordinator's cohorts: the list, a new one, its settings, the version it follows, and its end."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Field

from lms.accounts import choices
from lms.accounts.rules.roles import Role
from lms.accounts.session import me
from lms.courses.models import Version
from lms.courses.rules import Naming, Told, tell
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from lms.web.formats import reader_zone, write_day, write_number, write_percent
from lms.web.forms import read_id, read_known
from lms.web.http import allow, explain
from lms.web.languages import NAMES, page_language

from ..begun import people_who_began
from ..errors import SavedMeanwhile
from ..founding_forms import CloseForm, NewCohortForm, SettingsForm, settings_form, title_name
from ..models import Cohort
from ..policy import CohortPermission
from ..queries import desk as desks
from ..queries import frames, people, staff, versions
from ..queries.desk import Desk
from ..queries.frames import ROWS_A_PAGE, PublishedLine
from ..queries.people import Counts
from ..queries.versions import VersionDesk
from ..rules.completion import CompletionRule, rule_from
from ..rules.planning import Plan, look_over, moments_of, suggest_plan, take_first_of_two
from ..rules.versions import Change, PartChange, PartKind, compare
from ..rules.wallclock import Wall
from ..services import founding
from ..services.founding import PLACES, NewCohort, Settings
from .wording import tell_warning

bp = Blueprint("cohorts", __name__, template_folder="../templates", url_prefix="/<lang:lang>")
CHANGE = CohortPermission.CHANGE
MOST_PAGES = 1_000
AS_THE_PROGRAMME = "programme"
"""Chosen at first: who turns to another programme must not show names by an answer that was given for the first."""


@bp.get("/cohorts")
@allow(CohortPermission.LIST)
def cohorts() -> ResponseReturnValue:
    """The cohorts she runs, and for those who found some what they can be made of."""
    page = min(max(request.args.get("page", 1, type=int), 1), MOST_PAGES)
    lines = frames.cohorts_run_by(me(), page=page)
    may_found = allows(CohortPermission.FOUND, me())
    return render_template(
        "cohorts/cohorts.html",
        lines=lines[:ROWS_A_PAGE],
        page=page,
        has_more=len(lines) > ROWS_A_PAGE,
        may_found=may_found,
        programmes=_by_programme(frames.published()) if may_found else [],
        done=request.args.get("done"),
    )


def _by_programme(lines: Sequence[PublishedLine]) -> list[list[PublishedLine]]:
    """The versions of each programme, newest first."""
    found: dict[int, list[PublishedLine]] = {}
    for line in lines:
        found.setdefault(line.version.programme_id, []).append(line)
    return list(found.values())


@bp.get("/cohorts/new")
@allow(CohortPermission.FOUND)
def new() -> ResponseReturnValue:
    """Where a cohort begins: a version, a year, a place, and the day on which the first module opens."""
    lines = frames.published()
    if not lines:
        return _new_page(None)
    wanted = request.args.get("version", type=UUID)
    chosen = next((line.version for line in lines if line.version.public_id == wanted), _newest(lines))
    form = _new_form(
        lines,
        None,
        version=str(chosen.public_id),
        year=clock.now().astimezone(reader_zone()).year,
        zone=me().time_zone,
        places=PLACES,
        naming=AS_THE_PROGRAMME,
        op=str(new_id()),
    )
    return _new_page(form)


@bp.post("/cohorts/new/save")
@allow(CohortPermission.FOUND)
def save_new() -> ResponseReturnValue:
    """Make the cohort with the dates that are suggested, in one act."""
    lines = frames.published()
    form = _new_form(lines)
    if not form.validate():
        return _new_page(form), 422
    version = next(line.version for line in lines if str(line.version.public_id) == form.version.data)
    plan = _suggested(form, version)
    problems = [warning for warning in look_over(plan) if warning.is_fatal]
    if problems:
        titles = _titles(version)
        of_all_first = sorted(problems, key=lambda warning: warning.node_id is not None)
        form.weeks.errors = [tell_warning(warning, plan, titles) for warning in of_all_first]
        return _new_page(form), 422
    operation, wanted = read_id(form.op.data) or abort(400), _founded(form, version, plan)
    try:
        with transaction():
            cohort = founding.found_cohort(version, wanted, operation=operation, by=me(), at=clock.now())
    except Refusal as refusal:
        form.op.data = str(new_id())
        return _new_page(form, refusal=explain(refusal)), 409
    is_shifted = any(node.opens_asked or node.due_asked for node in plan.nodes)
    done = "founded-shifted" if is_shifted else "founded"
    return redirect(url_for("dates.dates", cohort_id=cohort.public_id, done=done))


def _new_form(lines: Sequence[PublishedLine], *formdata: Any, **values: Any) -> NewCohortForm:
    form = NewCohortForm(*formdata, **values)
    form.version.choices = [(str(line.version.public_id), _version_name(line)) for line in lines]
    form.zone.choices = choices.time_zones_with(me().time_zone)
    form.naming.choices = [(AS_THE_PROGRAMME, _("As the programme does")), *_namings(Naming.ALIAS)]
    return form


def _new_page(form: NewCohortForm | None, refusal: str | None = None) -> str:
    return render_template("cohorts/new.html", form=form, refusal=refusal)


def _version_name(line: PublishedLine) -> str:
    return _(
        "%(title)s, version %(number)s of %(day)s",
        title=line.title(page_language()).text,
        number=write_number(line.version.number),
        day=write_day(line.version.imported_at),
    )


def _namings(*offered: Naming) -> list[tuple[str, str]]:
    words = {Naming.ALIAS: _("An alias that she chooses"), Naming.NAMED: _("Their own name")}
    return [(naming.value, words[naming]) for naming in offered]


def _newest(lines: Sequence[PublishedLine]) -> Version:
    return max((line.version for line in lines), key=lambda version: (version.imported_at, version.id))


def _titles(version: Version) -> dict[str, Told]:
    """What the dated nodes of a version are called on this page."""
    required = version.required_languages
    return {node.node_id: tell(node.title, page_language(), required) for node in frames.dated_nodes(version)}


def _suggested(form: NewCohortForm, version: Version) -> Plan:
    """The dates to begin with; a time that comes twice is the first one, until somebody says otherwise."""
    modules, tasks = frames.to_plan(frames.dated_nodes(version))
    assert form.opens_on.data is not None
    assert form.opens_at.data is not None
    assert form.weeks.data is not None
    first = Wall(day=form.opens_on.data, clock=form.opens_at.data)
    plan = suggest_plan(modules, tasks, zone=str(form.zone.data), first=first, weeks_each=form.weeks.data)
    return take_first_of_two(plan)


def _founded(form: NewCohortForm, version: Version, plan: Plan) -> NewCohort:
    assert form.year.data is not None
    assert form.places.data is not None
    moments = moments_of(plan)
    return NewCohort(
        title=version.title,
        year=form.year.data,
        zone=plan.zone,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        opens={node_id: opens_at for node_id, (opens_at, _due_at) in moments.items() if opens_at is not None},
        dues={node_id: due_at for node_id, (_opens_at, due_at) in moments.items() if due_at is not None},
        places=form.places.data,
        naming=None if form.naming.data == AS_THE_PROGRAMME else Naming(form.naming.data),
    )


@bp.get("/cohort/<uuid:cohort_id>/settings")
@allow(CHANGE, on=desks.find_desk)
def settings(desk: Desk) -> ResponseReturnValue:
    """What holds in this cohort beside its dates."""
    form = _settings_form(desk.cohort, None, **_values_of(desk.cohort))
    return _settings_page(desk, form, done=request.args.get("done"))


@bp.post("/cohort/<uuid:cohort_id>/settings/save")
@allow(CHANGE, on=desks.find_desk)
def save_settings(desk: Desk) -> ResponseReturnValue:
    """Keep the settings, unless somebody else saved meanwhile."""
    form = _settings_form(desk.cohort)
    if not form.validate():
        return _settings_page(desk, form), 422
    try:
        with transaction():
            founding.save_settings(desk.cohort.id, _wanted(form, desk.cohort), by=me(), at=clock.now())
    except Refusal as refusal:
        return _settings_refused(desk, form, refusal), 409
    return redirect(url_for(".settings", cohort_id=desk.cohort.public_id, done="saved"))


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands now of one setting, beside what was typed."""

    label: str
    value: str
    differs: bool


def _settings_refused(desk: Desk, form: SettingsForm, refusal: Refusal) -> str:
    """What was typed, and what stands now beside it; sent once more it replaces that."""
    now = desks.find_desk(me(), desk.cohort.public_id) or desk
    standing: list[Standing] = []
    if isinstance(refusal, SavedMeanwhile):
        form.known.data = str(now.cohort.changes)
        standing = _standing(form, _settings_form(now.cohort, None, **_values_of(now.cohort)))
    return _settings_page(desk, form, refusal=explain(refusal), standing=standing)


def _settings_page(desk: Desk, form: SettingsForm, **more: Any) -> str:
    version = desk.cohort.version
    return render_template(
        "cohorts/settings.html",
        desk=desk,
        form=form,
        titles=[form[title_name(language)] for language in _languages(version)],
        rule=desk.cohort.rule(),
        refusal=more.get("refusal"),
        standing=more.get("standing", ()),
        done=more.get("done"),
    )


def _languages(version: Version) -> list[str]:
    return [*version.required_languages, *version.allowed_languages]


def _settings_form(cohort: Cohort, *formdata: Any, **values: Any) -> SettingsForm:
    version = cohort.version
    form = settings_form(*formdata, taught=_languages(version), required=version.required_languages, **values)
    form.naming.choices = _namings(*dict.fromkeys((Naming.ALIAS, version.naming, cohort.naming)))
    _describe(form, rule_from(version.completion))
    return form


def _describe(form: SettingsForm, default: CompletionRule) -> None:
    """Say beside each part of the rule what the programme asks for."""
    for name, value in asdict(default).items():
        if value is None or value is False:
            form[name].description = _("The programme does not ask for it.")
        elif value is True:
            form[name].description = _("The programme asks for it.")
        else:
            told = write_percent(value) if name.endswith("percent") else write_number(value)
            form[name].description = _("The programme asks for %(value)s.", value=told)


def _values_of(cohort: Cohort) -> dict[str, Any]:
    titles = {title_name(language): cohort.title.get(language, "") for language in _languages(cohort.version)}
    return {
        **titles,
        **asdict(cohort.rule()),
        "places": cohort.places,
        "languages": cohort.languages,
        "naming": cohort.naming.value,
        "hours": cohort.hours,
        "grace_days": cohort.grace_days,
        "known": str(cohort.changes),
    }


def _wanted(form: SettingsForm, cohort: Cohort) -> Settings:
    assert form.places.data is not None
    assert form.grace_days.data is not None
    typed = {language: str(form[title_name(language)].data or "").strip() for language in _languages(cohort.version)}
    others = {language: title for language, title in cohort.title.items() if language not in typed}
    return Settings(
        title=others | {language: title for language, title in typed.items() if title},
        places=form.places.data,
        languages=[language for language in _languages(cohort.version) if language in (form.languages.data or ())],
        naming=Naming(form.naming.data),
        completion=form.rule(),
        hours=form.hours.data,
        grace_days=form.grace_days.data,
        known=read_known(form.known.data),
    )


def _standing(typed: SettingsForm, now: SettingsForm) -> list[Standing]:
    return [
        Standing(label=str(field.label.text), value=_told(field), differs=_value(field) != _value(typed[field.name]))
        for field in now
        if field.name != now.known.name
    ]


def _value(field: Field) -> Any:
    """What was chosen or typed; of boxes which ones, in no order."""
    return frozenset(field.data) if isinstance(field.data, list) else field.data


def _told(field: Field) -> str:
    """The value of a setting in words."""
    if isinstance(field.data, list):
        return " · ".join(NAMES.get(language, str(language)) for language in field.data)
    if isinstance(field.data, bool):
        return _("On") if field.data else _("Off")
    if isinstance(field.data, int):
        return write_number(field.data)
    by_choice = dict(getattr(field, "choices", None) or ())
    return str(by_choice.get(field.data) or field.data or _("Empty"))


@bp.get("/cohort/<uuid:cohort_id>/version")
@allow(CHANGE, on=versions.find_version_desk)
def version(desk: VersionDesk) -> ResponseReturnValue:
    """Which version the cohort follows, and what would change with a newer one."""
    return _version_page(desk)


@bp.post("/cohort/<uuid:cohort_id>/version/follow")
@allow(CHANGE, on=versions.find_version_desk)
def follow_version(desk: VersionDesk) -> ResponseReturnValue:
    """Follow exactly the version whose changes were shown."""
    wanted = request.form.get("version", type=UUID)
    followed = versions.find_version(wanted) if wanted is not None else None
    if followed is None or followed.programme_id != desk.cohort.version.programme_id:
        abort(404)
    try:
        with transaction():
            founding.change_version(
                desk.cohort.id, followed, known=read_known(request.form.get("known")), by=me(), at=clock.now()
            )
    except Refusal as refusal:
        now = versions.find_version_desk(me(), desk.cohort.public_id) or desk
        return _version_page(now, refusal=explain(refusal)), 409
    return redirect(url_for("dates.dates", cohort_id=desk.cohort.public_id, done="followed"))


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """One change in the reader's language. people: how many began what is gone."""

    kind: PartKind
    title: Told
    was: Told | None
    people: int


def _version_page(desk: VersionDesk, refusal: str | None = None) -> str:
    changes = compare(*versions.parts_of(desk.cohort.version, desk.newest)) if desk.has_newer else []
    gone = [one.node_id for one in changes if one.change is Change.GONE]
    begun = people_who_began(desk.cohort.id, gone)
    return render_template(
        "cohorts/version.html",
        desk=desk,
        changes={
            change: [_line(one, desk, begun.get(one.node_id, 0)) for one in changes if one.change is change]
            for change in Change
        },
        refusal=refusal,
    )


def _line(one: PartChange, desk: VersionDesk, began: int) -> ChangeLine:
    version = desk.cohort.version if one.change is Change.GONE else desk.newest
    required = version.required_languages
    return ChangeLine(
        kind=one.kind,
        title=tell(one.title, page_language(), required),
        was=tell(one.was, page_language(), desk.cohort.version.required_languages) if one.was is not None else None,
        people=began,
    )


@bp.get("/cohort/<uuid:cohort_id>/close")
@allow(CHANGE, on=desks.find_desk)
def close(desk: Desk) -> ResponseReturnValue:
    """What it means to close the cohort, and what is still under way."""
    return _close_page(desk, CloseForm(None), people.counts_of(desk.cohort))


def _close_page(desk: Desk, form: CloseForm, counts: Counts) -> str:
    working = staff.staff_of(desk.cohort, at=clock.now())
    return render_template(
        "cohorts/close.html",
        desk=desk,
        form=form,
        counts=counts,
        facilitators=sum(one.role is Role.FACILITATOR for one in working),
    )


@bp.post("/cohort/<uuid:cohort_id>/close/now")
@allow(CohortPermission.RUN, on=desks.find_desk)
def close_now(desk: Desk) -> ResponseReturnValue:
    """Close it; a cohort that is closed stays so, whoever presses once more.

    While somebody is under way it takes a tick: nothing brings the cohort back.
    """
    counts, form = people.counts_of(desk.cohort), CloseForm()
    if desk.cohort.closed_at is None and counts.under_way and not form.validate():
        return _close_page(desk, form, counts), 422
    with transaction():
        founding.close_cohort(desk.cohort.id, by=me(), at=clock.now())
    return redirect(url_for(".cohorts", done="closed"))
