"""Forms of opening a sealed value and of locking an account for somebody."""

from wtforms import RadioField, TextAreaField

from lms.accounts.proving import Proving
from lms.kernel.i18n import lazy as _l
from lms.safety.rules import REASON_MOST
from lms.web.forms import at_most, needed


class LockForm(Proving):
    """Why, and a factor."""

    reason = TextAreaField(
        _l("Why"),
        description=_l("In a sentence. The person whose record it is reads it, with your name and the day."),
        validators=[needed(), at_most(REASON_MOST)],
    )


class OpenForm(LockForm):
    """What is opened besides. Choices come from the view."""

    field = RadioField(_l("What do you need?"), validators=[needed()])
