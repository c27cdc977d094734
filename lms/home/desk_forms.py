"""Forms of a coordinator about one participant, and about a live session."""

from wtforms import DateField, HiddenField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional

from lms.cohorts.rules.completion import MOST_SESSIONS
from lms.cohorts.services.moving import MOST_REASON
from lms.kernel.i18n import lazy as _l
from lms.web.forms import Form, at_most, needed


class MoveForm(Form):
    """What is to become of a place. Choices come from the view. seen: the state that the page showed."""

    move = RadioField(_l("What happens"), validators=[InputRequired(message=_l("Choose one of these."))])
    reason = TextAreaField(
        _l("Reason"),
        description=_l("For: coordinators of this cohort. Sealed, and deleted with her place."),
        validators=[needed(), at_most(MOST_REASON)],
    )
    seen = HiddenField()


class FactForm(Form):
    """Something that the platform does not hold. Choices come from the view."""

    kind = SelectField(_l("What was there"))
    session = IntegerField(
        _l("Number of the live session"),
        description=_l("Leave it empty for the simulation and for the paper."),
        validators=[
            Optional(),
            NumberRange(1, MOST_SESSIONS, _l("Enter a whole number from 1 to %(most)s.", most=MOST_SESSIONS)),
        ],
    )
    on = DateField(_l("Day"), validators=[needed()])


class GroupForm(Form):
    """Which group she is in. Choices come from the view."""

    group = SelectField(_l("Group"))


class AttendanceForm(Form):
    """The day of a live session. Who was there is read from the boxes. shown_on: the day that the page showed."""

    on = DateField(_l("Day of the session"), validators=[needed()])
    shown_on = HiddenField()
