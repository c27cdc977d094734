"""Forms around more time: what a participant asks for, what a coordinator decides."""

from wtforms import DateField, RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Optional, StopValidation

from lms.kernel.i18n import lazy as _l
from lms.web.formats import lazy_number
from lms.web.forms import Form, at_most, needed

from .rules.asking import MOST_REASON

WHOLE, SHORTER, REFUSE = "whole", "shorter", "refuse"
NO_SENTENCE = ""


class MoreTimeForm(Form):
    """Until when she needs it. The hint of the day comes from the view."""

    wanted_on = DateField(_l("New last day"), validators=[needed()])
    reason = TextAreaField(
        _l("Reason, if you like"),
        description=_l(
            "You do not have to give one. For: the staff of this course who mark or decide. Sealed, and deleted"
            " %(months)s months after the course ends.",
            months=lazy_number(6),
        ),
        validators=[at_most(MOST_REASON)],
    )


def _if_shorter(form: Form, field: DateField) -> None:
    """The day is asked for only where fewer days are granted."""
    if form["decision"].data == SHORTER:
        DataRequired(message=_l("Enter the last day that you grant."))(form, field)
    else:
        field.errors = []
        raise StopValidation


class DecisionForm(Form):
    """What is decided about a request. Choices come from the view; a prefix keeps several apart on one page."""

    decision = RadioField(_l("Decision"), validators=[InputRequired(message=_l("Choose one of these."))])
    granted_on = DateField(_l("Last day, if it is to be earlier"), validators=[_if_shorter])
    answer = RadioField(_l("She reads with it"), validators=[Optional()])
