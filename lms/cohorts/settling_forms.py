"""What a person chooses when she takes her place. Choices come from the view."""

from flask_babel import gettext as _
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, ValidationError

from lms.accounts.fields import ZoneField
from lms.kernel.i18n import lazy as _l
from lms.web.forms import Form, at_most

OWN = ""
"""Stands for a name that she types herself."""


class PlaceForm(Form):
    """Name, languages, time zone, agreement. In a course with names there is nothing to choose from."""

    drawn = RadioField(_l("Name others will see"), validate_choice=False)
    own = StringField(
        _l("My own choice"),
        description=_l(
            "A word that has nothing to do with your name. We compare letters with your legal name, but we cannot know"
            " your nicknames. If you type one, it is used."
        ),
        validators=[at_most(200)],
    )
    course_language = SelectField(_l("Language of the course"))
    interface_language = SelectField(_l("Language of pages"))
    time_zone = ZoneField(_l("Time zone"), description=_l("All hours and dates are shown in this zone."))
    agreed = BooleanField(
        _l("I agree to this"),
        validators=[DataRequired(_l("Read the four points and tick the box. Then your place can be set up."))],
    )

    def validate_own(self, field: StringField) -> None:
        """One of both is needed."""
        if not (field.data or "").strip() and not self.drawn.data:
            raise ValidationError(_("Write a name here."))
