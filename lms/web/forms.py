"""The base of every form. The token against forgery is not its business: `lms.web.csrf` guards every request."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length


class Form(FlaskForm):
    """A form of the product: fields and the shape of input, no look-ups."""

    class Meta:
        csrf = False


def needed() -> DataRequired:
    """The field must be filled in."""
    return DataRequired(message=_l("Fill in this field."))


def at_most(characters: int) -> Length:
    """The field takes no more than so many characters."""
    return Length(max=characters, message=_l("Shorten this to %(max)s characters.", max=characters))
