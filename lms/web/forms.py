"""The base of every form. The token against forgery is not its business: `lms.web.csrf` guards every request."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import request
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import SelectField
from wtforms.validators import DataRequired, Length
from wtforms.widgets import Select, html_params

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


class _DrawnOnce(Select):
    """Options that are the same on every page are drawn once: six hundred of them take longer than all else."""

    @classmethod
    def render_option(cls, choice: Any, **kwargs: Any) -> Markup:  # type: ignore[override]  # the stubs are older
        """One option as HTML."""
        return _drawn(choice.value, choice.label, is_selected=choice.selected)


@lru_cache(maxsize=2_000)
def _drawn(value: str, label: str, *, is_selected: bool) -> Markup:
    return Markup("<option {}>{}</option>").format(Markup(html_params(value=value, selected=is_selected)), label)  # noqa: S704 - escaped by WTForms


class ZoneField(SelectField):
    """A choice among all time zones."""

    widget = _DrawnOnce()


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
