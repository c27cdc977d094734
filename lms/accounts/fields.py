"""A field that several packages ask for: the time zone."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from markupsafe import Markup
from wtforms import SelectField
from wtforms.widgets import Select, html_params

from . import choices


class _DrawnOnce(Select):
    """What is offered to everybody is drawn once: six hundred zones take longer than all else on the page.

    What somebody chose, and a zone that only she has, is drawn for her and not kept.
    """

    @classmethod
    def render_option(cls, choice: Any, **kwargs: Any) -> Markup:  # type: ignore[override]  # the stubs are older
        """One option as HTML."""
        is_plain = not (choice.selected or choice.render_kw or kwargs)
        drawn = _drawn().get((choice.value, choice.label)) if is_plain else None
        return super().render_option(choice, **kwargs) if drawn is None else drawn


@cache
def _drawn() -> Mapping[tuple[str, str], Markup]:
    option = Markup("<option {}>{}</option>")
    return {
        (zone, name): option.format(Markup(html_params(value=zone)), name)  # noqa: S704 - escaped by WTForms
        for zone, name in choices.time_zones()
    }


class ZoneField(SelectField):
    """A choice among all time zones."""

    widget = _DrawnOnce()
