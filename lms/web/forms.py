"""The base of every form. The token against forgery is not its business: `lms.web.csrf` guards every request."""

from typing import Any
from uuid import UUID

from flask import request
from flask_wtf import FlaskForm
from wtforms.validators import DataRequired, Length

from lms.kernel.i18n import lazy as _l

UNKNOWN = -1
"""No page of ours says so: what comes with it is refused."""


class Form(FlaskForm):
    """A form of the product: fields and the shape of input, no look-ups."""

    class Meta:
        csrf = False

    def __init__(self, *formdata: Any, **values: Any) -> None:
        """Read what was sent as fields; a part that claims to be a file is none of ours."""
        FlaskForm.__init__(self, *(formdata or (request.form if request.method == "POST" else None,)), **values)


def needed() -> DataRequired:
    """The field must be filled in."""
    return DataRequired(message=_l("Fill in this field."))


def at_most(characters: int) -> Length:
    """The field takes no more than so many characters."""
    return Length(max=characters, message=_l("Shorten this to %(max)s characters.", max=characters))


def read_id(sent: object) -> UUID | None:
    """A random id that a page carries, of a thing or of an act; None for what is none."""
    try:
        return UUID(str(sent))
    except ValueError:
        return None


def read_known(sent: object) -> int:
    """How much of something a page knew of when it was made; `UNKNOWN` where it does not say."""
    known = str(sent)
    return int(known) if known.isdecimal() and len(known) < 10 else UNKNOWN
