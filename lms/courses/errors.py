"""Refusals of publishing, and the bug of changing what is published."""

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l


class IdMeantSomethingElse(Refusal):
    message = _l(
        "The id %(node_id)s named a %(before)s in an earlier version and cannot name a %(now)s, because "
        "progress refers to it. Choose a new id. Nothing was changed."
    )


class PublishedIsFinal(Exception):
    """Code tried to change or delete a part of a published version: a bug, never a person's mistake."""
