"""Sentences that are written at import and said in the reader's language when they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from flask_babel import get_translations, lazy_gettext


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
        return str(get_translations().ungettext(self.one, self.many, number))


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
