"""Sentences that are written at import and said in the reader's language when they are shown."""

from typing import cast

from flask_babel import lazy_gettext


def lazy(sentence: str, **values: object) -> str:
    """A sentence for labels, refusals and tables; imported as `_l`. It is a string to everything that reads it."""
    return cast(str, lazy_gettext(sentence, **values))
