"""The form by which a coordinator tells participants something: a text from the list, and whom."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext
from markupsafe import Markup
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectFieldBase
from wtforms.validators import DataRequired, ValidationError
from wtforms.widgets import Select

from lms.kernel.i18n import lazy as _l
from lms.web.forms import Form, at_most

from .rules.telling import Audience, Circle

MOST_ALIAS = 60


class AskingSelect(Select):
    """A list that nothing is chosen from at first: a text to everybody must not be two presses away."""

    def __call__(self, field: SelectFieldBase, **attributes: Any) -> Markup:
        """The list with a line to choose by."""
        head, end, options = super().__call__(field, **attributes).partition(">")
        line = Markup('<option value="">{}</option>').format(pgettext("select", "Choose"))
        return Markup("").join([head, end, line, options])


def _chosen() -> DataRequired:
    return DataRequired(_l("Choose one of these."))


class TellingForm(Form):
    """Choices come from the view. op: made with each look at what would be sent."""

    what = SelectField(_l("What to tell"), validators=[_chosen()], widget=AskingSelect())
    who = SelectField(_l("Whom"), validators=[_chosen()], widget=AskingSelect())
    alias = StringField(
        _l("Alias of the one participant"),
        description=_l("Only if you chose one participant above."),
        validators=[at_most(MOST_ALIAS)],
    )
    op = HiddenField()

    def validate_alias(self, field: StringField) -> None:
        """One participant has a name."""
        if self.who.data == Circle.ONE and not (field.data or "").strip():
            raise ValidationError(_("Enter the alias of the participant."))

    def audience(self) -> Audience:
        """Whom the form means."""
        circle, _colon, group = str(self.who.data).partition(":")
        return Audience(
            circle=Circle(circle),
            group=int(group) if group else None,
            alias=(self.alias.data or "").strip() or None,
        )


def written_group(number: int) -> str:
    """How the form names a group."""
    return f"{Circle.GROUP}:{number}"
