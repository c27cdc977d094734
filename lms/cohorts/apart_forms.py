"""The form of who is kept apart."""

from wtforms import SelectMultipleField, TextAreaField

from lms.kernel.i18n import lazy as _l
from lms.safety.rules import REASON_MOST
from lms.web.forms import Form, at_most, needed


class ApartForm(Form):
    """Two sides that must not meet, and why. Choices come from the view."""

    one = SelectMultipleField(_l("One side"))
    other = SelectMultipleField(_l("The other side"))
    reason = TextAreaField(
        _l("Why"), description=_l("Only safety focal points can read it."), validators=[needed(), at_most(REASON_MOST)]
    )
