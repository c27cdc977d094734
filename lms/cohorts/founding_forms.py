"""Forms of a cohort's frame: making one, its settings, its dates, its staff. Choices come from views."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import DataRequired, Email, InputRequired, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from lms.accounts.fields import ZoneField
from lms.kernel.i18n import lazy as _l
from lms.kernel.words import fold_digits
from lms.web.forms import Form, at_most, needed
from lms.web.languages import NAMES

from .rules.completion import MOST_SESSIONS, CompletionRule
from .rules.planning import NodeKind, Part, Plan, PlannedNode
from .rules.wallclock import Wall

YEARS = range(2020, 2101)
MOST_PLACES = 500
MOST_HOURS = 1_000
MOST_GRACE = 60
MOST_WEEKS = 4
MOST_DAYS = 740
MOST_TITLE = 120
MOST_NAME = 60
MOST_EMAIL = 254
CLOCK = re.compile(r"(\d{1,2}) ?[:.hH] ?(\d{2})(?::\d{2})?")
FIRST, SECOND = "first", "second"


class DayField(DateField):
    """A day, in the digits of any script, in a year that can be meant."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what the field was sent; raises ValueError with the sentence for it."""
        self.data = None
        typed = " ".join(valuelist).strip()
        if not typed:
            return
        try:
            day = date.fromisoformat(fold_digits(typed))
        except ValueError:
            raise ValueError(_("Enter a day, such as 2027-04-14.")) from None
        if day.year not in YEARS:
            raise ValueError(_years())
        self.data = day


class ClockField(TimeField):
    """A time on a clock, in the digits of any script."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what the field was sent; raises ValueError with the sentence for it."""
        self.data = None
        typed = " ".join(valuelist).strip()
        if not typed:
            return
        try:
            self.data = _read_clock(fold_digits(typed))
        except ValueError:
            raise ValueError(_("Enter a time from 00:00 to 23:59, such as 09:00.")) from None


def _read_clock(typed: str) -> time:
    """A time as people and browsers write it. Raises ValueError."""
    found = CLOCK.fullmatch(typed)
    if found is None:
        raise ValueError
    return time(int(found[1]), int(found[2]))


class WholeField(IntegerField):
    """A whole number, in the digits of any script."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what the field was sent; raises ValueError with the sentence for it."""
        self.data = None
        typed = " ".join(valuelist).strip()
        if typed:
            try:
                self.data = int(fold_digits(typed).replace("\u2212", "-")) if len(typed) < 10 else None
            except ValueError:
                self.data = None
            if self.data is None:
                raise ValueError(_("Enter a whole number in digits."))


class BoxesField(SelectMultipleField):
    """Several of a few, each with a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _years() -> str:
    return _("Enter a year from %(least)s to %(most)s.", least=YEARS.start, most=YEARS.stop - 1)


def _filled() -> InputRequired:
    """The same as `needed` for what is read from text: 0 is an answer, and what cannot be read keeps its sentence."""
    return InputRequired(message=_l("Fill in this field."))


def _whole(least: int, most: int) -> NumberRange:
    message = _l("Enter a whole number from %(least)s to %(most)s.", least=least, most=most)
    return NumberRange(least, most, message=message)


class CloseForm(Form):
    """That it is meant, asked for while somebody is under way."""

    sure = BooleanField(
        _l("Close the cohort all the same"),
        validators=[DataRequired(_l("Decide about these people first, or tick the box. The cohort is still open."))],
    )


class NewCohortForm(Form):
    """What a cohort begins with. Its dates are suggested from the day on which the first module opens."""

    version = SelectField(_l("Programme and version"))
    year = WholeField(_l("Year"), description=_l("The year by which the cohort is called."), validators=[_filled()])
    zone = ZoneField(_l("Time zone of the cohort"), description=_l("Its days begin and end by the clocks there."))
    opens_on = DayField(_l("The first module opens on"), validators=[_filled()])
    opens_at = ClockField(_l("At"), validators=[_filled()], default=time(9))
    weeks = WholeField(
        _l("Weeks from one module to the next"), validators=[_filled(), _whole(1, MOST_WEEKS)], default=1
    )
    places = WholeField(_l("Places"), validators=[_filled(), _whole(1, MOST_PLACES)])
    naming = RadioField(_l("What others see of a participant"))
    op = HiddenField()

    def validate_year(self, field: WholeField) -> None:
        """A slip in the year is told before dates are made of it."""
        if field.data is not None and field.data not in YEARS:
            raise ValidationError(_years())

    def validate_opens_on(self, field: DayField) -> None:
        """A cohort may begin in the year before or end in the one after, and never farther off."""
        day, year = field.data, self.year.data
        if day is not None and year is not None and year in YEARS and abs(day.year - year) > 1:
            raise ValidationError(_("This day and the year of the cohort are far apart. Look at both."))


class SettingsForm(Form):
    """The settings of a cohort without its titles, which `settings_form` adds. What is left empty is switched off."""

    places = WholeField(_l("Places"), validators=[_filled(), _whole(1, MOST_PLACES)])
    languages = BoxesField(
        _l("Course languages offered here"),
        description=_l("Whoever takes part in another language keeps it."),
    )
    naming = RadioField(_l("What others see of a participant"))
    hours = WholeField(
        _l("Hours on the certificate"),
        description=_l("Leave empty to name no hours."),
        validators=[Optional(), _whole(1, MOST_HOURS)],
    )
    grace_days = WholeField(
        _l("Days of grace after a deadline"),
        description=_l("So long work still counts as on time, and nobody has to ask."),
        validators=[_filled(), _whole(0, MOST_GRACE)],
    )
    activities_percent = WholeField(_l("Activities done, in per cent"), validators=[Optional(), _whole(1, 100)])
    quiz_pass_percent = WholeField(_l("Graded quizzes, in per cent"), validators=[Optional(), _whole(1, 100)])
    assignments = WholeField(
        _l("Assignments that meet the standard"), validators=[Optional(), _whole(1, MOST_SESSIONS)]
    )
    assignment_meets_percent = WholeField(
        _l("The standard of an assignment, in per cent"), validators=[Optional(), _whole(1, 100)]
    )
    live_sessions = WholeField(
        _l("Live sessions attended or substituted"), validators=[Optional(), _whole(1, MOST_SESSIONS)]
    )
    simulation = BooleanField(_l("The simulation, or the paper that stands for it"))
    readiness_check_percent = WholeField(_l("Readiness check, in per cent"), validators=[Optional(), _whole(1, 100)])
    known = HiddenField()

    def validate_languages(self, field: BoxesField) -> None:
        """A course without a language could be read by nobody."""
        if not field.data:
            raise ValidationError(_("Choose at least one language."))

    def rule(self) -> CompletionRule:
        """The completion rule as typed."""
        return CompletionRule(
            activities_percent=self.activities_percent.data,
            quiz_pass_percent=self.quiz_pass_percent.data,
            assignments=self.assignments.data,
            assignment_meets_percent=self.assignment_meets_percent.data,
            live_sessions=self.live_sessions.data,
            simulation=bool(self.simulation.data),
            readiness_check_percent=self.readiness_check_percent.data,
        )


def settings_form(*formdata: Any, taught: Sequence[str], required: Sequence[str], **values: Any) -> SettingsForm:
    """The form with a title in each language of the programme; those that it requires must be filled.

    taught: these languages, in order.
    """
    titles = {title_name(language): _title(language, is_required=language in required) for language in taught}
    form: SettingsForm = type("SettingsForm", (SettingsForm,), titles)(*formdata, **values)
    # Fields that a class adds come last; the summary of errors goes in the order of the page.
    form._fields = {**{name: form[name] for name in titles}, **form._fields}
    form.languages.choices = [(language, NAMES.get(language, language)) for language in taught]
    return form


def title_name(language: str) -> str:
    """How the field of a title is called."""
    return f"title_{language}"


def _title(language: str, *, is_required: bool) -> StringField:
    label = _l("Title in this language: %(language)s", language=NAMES.get(language, language))
    return StringField(label, validators=[needed() if is_required else Optional(), at_most(MOST_TITLE)])


class DatesForm(Form):
    """The calendar of a cohort: its first and last day, and a day and a time for each date, which `dates_form` adds.

    The day of a date is called `opens-ID-day` or `due-ID-day`, its time `…-time`; `…-which` says which of two moments
    is meant where clocks show the time twice.
    """

    starts_on = DayField(_l("First day of the course"), validators=[_filled()])
    ends_on = DayField(_l("Last day of the course"), validators=[_filled()])
    weeks = WholeField(
        _l("Weeks from one module to the next"), validators=[Optional(), _whole(1, MOST_WEEKS)], default=1
    )
    by_days = WholeField(
        _l("Days by which all dates move"),
        description=_l("With a minus before it they come earlier. A multiple of 7 keeps the weekdays."),
        validators=[Optional(), _whole(-MOST_DAYS, MOST_DAYS)],
    )
    known = HiddenField()

    def plan(self, nodes: Sequence[PlannedNode], zone: str) -> Plan:
        """What was typed, as a plan. nodes: what the calendar dates; their own dates do not matter."""
        assert self.starts_on.data is not None
        assert self.ends_on.data is not None
        return Plan(
            zone=zone,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            nodes=[self._planned(node) for node in nodes],
        )

    def _planned(self, node: PlannedNode) -> PlannedNode:
        return PlannedNode(
            node_id=node.node_id,
            kind=node.kind,
            module=node.module,
            opens=self.wall(node, Part.OPENS) if part_of(node) is Part.OPENS else None,
            due=self.wall(node, Part.DUE) if part_of(node) is Part.DUE else None,
        )

    def wall(self, node: PlannedNode, part: Part) -> Wall | None:
        """One date as typed; None where it is left empty."""
        day, clock, which = (self[field_name(node.node_id, part, name)].data for name in ("day", "time", "which"))
        if day is None or clock is None:
            return None
        return Wall(day=day, clock=clock, second={FIRST: False, SECOND: True}.get(which))


def part_of(node: PlannedNode) -> Part:
    """Modules open, tasks are due."""
    return Part.OPENS if node.kind is NodeKind.MODULE else Part.DUE


def field_name(node_id: str, part: Part, name: str) -> str:
    """How one field of a date is called."""
    return f"{part}-{node_id}-{name}"


def dates_form(*formdata: Any, nodes: Sequence[PlannedNode], titles: Mapping[str, str], **values: Any) -> DatesForm:
    """The form with the fields of each date. titles: of the nodes, for labels."""
    added: dict[str, Field] = {}
    for node in nodes:
        part, title = part_of(node), titles[node.node_id]
        day, clock, which = (field_name(node.node_id, part, name) for name in ("day", "time", "which"))
        added[day] = DayField(_("%(title)s: day", title=title), validators=[_together(clock, _l("Enter the day too."))])
        added[clock] = ClockField(
            _("%(title)s: time", title=title), validators=[_together(day, _l("Enter the time too."))]
        )
        added[which] = StringField(_("%(title)s: which of the two", title=title))
    form: DatesForm = type("DatesForm", (DatesForm,), added)(*formdata, **values)
    return form


def _together(other: str, sentence: str) -> Any:
    """A day without a time is half a date, and the other way round."""

    def check(form: DatesForm, field: Field) -> None:
        is_typed = any(typed.strip() for typed in form[other].raw_data or ())
        if field.data is None and not field.errors and is_typed:
            raise ValidationError(sentence)

    return check


def written(plan: Plan) -> dict[str, Any]:
    """The values with which a form shows a plan."""
    values: dict[str, date | time | str | None] = {"starts_on": plan.starts_on, "ends_on": plan.ends_on}
    for node in plan.nodes:
        part = part_of(node)
        wall = node.opens if part is Part.OPENS else node.due
        values[field_name(node.node_id, part, "day")] = wall.day if wall is not None else None
        values[field_name(node.node_id, part, "time")] = wall.clock if wall is not None else None
        second = wall.second if wall is not None else None
        values[field_name(node.node_id, part, "which")] = None if second is None else SECOND if second else FIRST
    return values


class InviteForm(Form):
    """Somebody who was not here before."""

    shown_name = StringField(
        _l("Name that others see"),
        description=_l("As she wants to be called here. A first name and an initial are enough."),
        validators=[needed(), at_most(MOST_NAME)],
    )
    role = RadioField(_l("Role"))
    language = SelectField(_l("Language of pages"))
    zone = ZoneField(_l("Time zone"))
    email = EmailField(
        _l("E-mail, if she wants messages"),
        filters=[lambda typed: typed.strip() if typed else typed],
        description=_l("Sealed. The invitation is not sent there: you hand over the code yourself."),
        validators=[Optional(), at_most(MOST_EMAIL), Email(message=_l("Look at this address: it cannot be one."))],
    )
    op = HiddenField()


class AddForm(Form):
    """Somebody who works for another cohort, with the role that she has there."""

    person = SelectField(_l("Person and role"))


class GroupsForm(Form):
    """Who looks after a group each."""

    facilitators = BoxesField(_l("Facilitators with a group of their own"))

    def validate_facilitators(self, field: BoxesField) -> None:
        """Without a facilitator there is no group."""
        if not field.data:
            raise ValidationError(_("Choose at least one facilitator."))
