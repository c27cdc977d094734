"""What every page knows: its reader, its language, its navigation."""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from flask import Flask, g, request
from flask.templating import Environment

from lms.kernel import clock
from lms.settings import current_settings

from . import formats
from .http import who
from .languages import NAMES, direction_of, language_links, page_language


@dataclass(frozen=True, kw_only=True)
class NavigationLink:
    """One of at most five links under the header."""

    label: str
    href: str
    current: bool


class Pages(Environment):
    """Templates that share one table of globals, and cannot change it.

    Jinja lays a table of its own over it for each template, to compare the two at every import of a component: five per
    cent of a page. No template has globals of its own: they would be those of all, as Jinja adds what is given for a
    template to the table that it was loaded with.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The table of all templates, to be read. Raises TypeError for globals of one template."""
        if d:
            raise TypeError("a template has no globals of its own; give them when it is rendered")
        return cast(MutableMapping[str, Any], MappingProxyType(self.globals))  # Jinja only reads it


def init_pages(app: Flask, navigation: Callable[[Any], list[NavigationLink]]) -> None:
    """Give templates their context.

    navigation: the links for a person, from the step that knows all packages.
    """

    def context() -> dict[str, Any]:
        person = None if g.get("no_reader") else who()
        language = page_language()
        return {
            "language": language,
            "direction": direction_of(language),
            "site_name": current_settings().site_name[language],
            "reader": person,
            "language_links": language_links(),
            "main_nav": navigation(person) if person is not None else [],
            "page_zone": formats.write_offset(clock.now()),
        }

    app.context_processor(context)
    app.add_template_filter(formats.write_day, "day")
    app.add_template_filter(formats.write_iso_date, "iso_date")
    app.add_template_filter(formats.write_moment, "moment")
    app.add_template_filter(formats.write_moment_in, "moment_in")
    app.add_template_filter(formats.write_ahead, "ahead")
    app.add_template_filter(formats.write_time, "time")
    app.add_template_filter(formats.write_number, "number")
    # A filter on a fixed number would be worked out once, in the digits of whoever came first.
    app.add_template_global(formats.write_number, "in_digits")
    app.add_template_filter(formats.write_hundredths, "hundredths")
    app.add_template_filter(formats.write_kilobytes, "kilobytes")
    app.add_template_filter(formats.write_percent, "percent")
    app.add_template_global(NAMES.__getitem__, "language_name")
    app.add_template_global(direction_of)
    app.add_template_global(lambda: current_settings().public_url, "site_address")
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def is_within(*blueprints: str) -> bool:
    """Whether the page being drawn belongs to one of these blueprints."""
    return request.blueprint in blueprints


def is_here(endpoint: str) -> bool:
    """Whether the page being drawn belongs to this endpoint."""
    return request.endpoint == endpoint
