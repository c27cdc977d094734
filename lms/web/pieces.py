"""Pieces of pages that are the same for everybody: drawn once for each language and each kind of digits.

A piece is a template of its own. It is given what it draws and sees nothing else of the page: no reader, no token.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from flask import current_app
from markupsafe import Markup

from lms.kernel.i18n import spoken

from .formats import has_arabic_digits

MOST_KEPT = 1_024
"""Some kilobytes each; the lessons of two programmes in all languages are fewer."""


def drawn_once(template: str, of: Hashable, values: Callable[[], Mapping[str, Any]]) -> Markup:
    """A piece as it was drawn before, or drawn now.

    of: what it shows, by a name that never comes to mean something else. values: what the template is given; asked for
    only when it is drawn.
    """
    kept: dict[Hashable, Markup] = current_app.extensions.setdefault("pieces", {})
    name = template, of, spoken().language, has_arabic_digits()
    found = kept.get(name)
    if found is None:
        while len(kept) >= MOST_KEPT:
            kept.pop(next(iter(kept)), None)
        drawn = current_app.jinja_env.get_template(template).render(values(), language=spoken().language)
        found = kept[name] = Markup(drawn)  # noqa: S704 - drawn by a template, which escapes
    return found
