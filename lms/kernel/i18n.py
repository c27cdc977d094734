"""Sentences that are written at import and said in the reader's language when they are shown."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from babel.support import NullTranslations
from flask import g
from flask_babel import force_locale, get_locale, get_translations, lazy_gettext


@dataclass(frozen=True)
class Spoken:
    """A language with its catalogue."""

    language: str
    catalogue: NullTranslations


AS_WRITTEN = Spoken("en", NullTranslations())
"""What is said where there is no application: the sentences themselves."""


def spoken() -> Spoken:
    """What is said now: on a page hundreds of times, so it is looked up once."""
    try:
        found: Spoken | None = g.get("spoken")
    except RuntimeError:  # no application
        return AS_WRITTEN
    if found is None:
        locale = get_locale()
        assert locale is not None, "there is a default"
        found = g.spoken = Spoken(locale.language, get_translations())
    return found


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in this language meanwhile, whatever the language of the page is."""
    before = g.pop("spoken", None)
    try:
        with force_locale(language):
            yield
    finally:
        g.spoken = before


@dataclass(frozen=True)
class Counted:
    """A sentence that counts something: many languages write it in more than the two forms of English.

    by: the value that is counted, by the name of its place in the sentence.
    """

    one: str
    many: str
    by: str

    def of(self, number: int) -> str:
        """Its form for this number in the reader's language, with its values still to be put in."""
        return str(spoken().catalogue.ungettext(self.one, self.many, number))


def lazy(sentence: str, **values: object) -> str:
    """A sentence for labels, refusals and tables; imported as `_l`. It is a string to everything that reads it."""
    return cast(str, lazy_gettext(sentence, **values))


def lazy_counted(one: str, many: str, by: str) -> Counted:
    """The same for a sentence that counts; imported as `_ln`. `choose` says it."""
    return Counted(one, many, by)


def choose(sentence: str | Counted, values: Mapping[str, object]) -> str:
    """A lazy sentence as it is said with these values, which are still to be put in. What is counted comes raw."""
    if not isinstance(sentence, Counted):
        return str(sentence)
    number = values[sentence.by]
    assert isinstance(number, int)
    return sentence.of(number)
