"""Forms of plans, reports and keeping apart."""

from wtforms import RadioField, StringField, TextAreaField

from lms.kernel.i18n import lazy as _l
from lms.web.forms import Form, at_most, needed

from .rules import PLAN_MOST, REPORT_MOST


class PlanForm(Form):
    """How she wants to be reached, and what is done if nothing is heard of her."""

    channel = TextAreaField(
        _l("How to reach me safely"),
        description=_l("For example: a message by a friend, never a call. Coordinators read it only with a reason."),
        validators=[at_most(PLAN_MOST)],
    )
    hours = StringField(
        _l("When it is safe"), description=_l("For example: weekdays before noon."), validators=[at_most(200)]
    )
    silence = TextAreaField(
        _l("If you do not hear from me"),
        description=_l("What to do, whom to ask, and what never to do. Read after ten days of silence, with a reason."),
        validators=[at_most(PLAN_MOST)],
    )


class ReportForm(Form):
    """Something that made somebody less safe. Choices come from the view."""

    who = RadioField(_l("Who are you here?"))
    subject = RadioField(_l("What is it about?"), validators=[needed()])
    text = TextAreaField(
        _l("What happened?"),
        description=_l(
            "As much as you want. Leave out names of people who could be put at risk. Write in any language."
        ),
        validators=[needed(), at_most(REPORT_MOST)],
    )
    wish = RadioField(_l("What should happen now?"))


class CodeForm(Form):
    """The code that came with a report."""

    code = StringField(_l("Code of the report"), validators=[needed(), at_most(40)])


class AnswerForm(Form):
    """What is told to whoever reported."""

    text = TextAreaField(
        _l("Answer"),
        description=_l("Whoever has the code of the report can read it."),
        validators=[needed(), at_most(REPORT_MOST)],
    )
