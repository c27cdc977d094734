"""Forms of the technical administrator."""

from wtforms import HiddenField

from lms.accounts.proving import Proving
from lms.web.forms import at_most


class EndForm(Proving):
    """Which role ends, and a factor."""

    role = HiddenField(validators=[at_most(200)])
