"""Sentences of templates, said in the language of the page.

The same as Jinja's own functions for escaped templates, which all of ours are: what stands in a template is HTML, what
is put in is escaped, and a sentence is a pattern even where nothing is put in. Jinja's look up themselves and the whole
context anew at each call, a hundred times on a page; these look up a catalogue.
"""

from functools import lru_cache

from babel.support import NullTranslations
from flask import Flask
from markupsafe import Markup

from lms.kernel.i18n import spoken

MOST_KEPT = 8_192
"""More than the sentences of all templates in all languages."""


def init_sentences(app: Flask) -> None:
    """Let templates say sentences."""
    for function in (gettext, ngettext, pgettext, npgettext):
        app.add_template_global(function)
    app.add_template_global(gettext, "_")


def gettext(sentence: str, /, **values: object) -> Markup:
    """A sentence."""
    catalogue = spoken().catalogue
    return _pattern(catalogue, sentence) % values if values else _whole(catalogue, sentence)


def ngettext(one: str, many: str, number: int, /, **values: object) -> Markup:
    """A sentence that counts something; its value is `num` unless it is given."""
    return _html(spoken().catalogue.ungettext(one, many, number)) % {"num": number, **values}


def pgettext(context: str, sentence: str, /, **values: object) -> Markup:
    """A sentence whose English means several things; context says which."""
    catalogue = spoken().catalogue
    return _pattern(catalogue, sentence, context) % values if values else _whole(catalogue, sentence, context)


def npgettext(context: str, one: str, many: str, number: int, /, **values: object) -> Markup:
    """The same for a sentence that counts something."""
    return _html(spoken().catalogue.unpgettext(context, one, many, number)) % {"num": number, **values}


@lru_cache(MOST_KEPT)
def _pattern(catalogue: NullTranslations, sentence: str, context: str | None = None) -> Markup:
    said = catalogue.ugettext(sentence) if context is None else catalogue.upgettext(context, sentence)
    return _html(said)


@lru_cache(MOST_KEPT)
def _whole(catalogue: NullTranslations, sentence: str, context: str | None = None) -> Markup:
    return _pattern(catalogue, sentence, context) % {}


def _html(sentence: str) -> Markup:
    return Markup(sentence)  # noqa: S704 - sentences of ours, and translated by us
