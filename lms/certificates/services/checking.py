"""Checking a certificate: by its code, and by the document that somebody has in hand. Nothing of it is kept."""

from dataclasses import dataclass
from datetime import datetime

from lms.accounts.errors import TooManyAttempts
from lms.accounts.services import limiting

from ..errors import TooManyChecks
from ..keys import current_keys
from ..queries import checking as queries
from ..rules.checking import Found
from ..rules.codes import CHARACTERS, NOBODYS, count_signs, read_code, show_code
from ..rules.facts import MOST_NAME, Facts, is_name
from ..signing import verify

CHECKS = "certificate check"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What is told. code: in groups, as it was read; None where it cannot be one.

    mistyped: how many characters were typed, where a code has another number of them.
    facts: what a document in hand says, its signature being genuine; None where a code was typed. has_name: whether the
    name that was typed to compare is the one of the document; None where none was.
    """

    found: Found
    code: str | None
    facts: Facts | None = None
    has_name: bool | None = None
    mistyped: int | None = None


def check_limit(address: str, *, at: datetime, most: int) -> None:
    """Refuse, without writing, a check that `count` would refuse. Raises TooManyChecks."""
    try:
        limiting.check_use(CHECKS, address, most=most, at=at)
    except TooManyAttempts as refusal:
        raise TooManyChecks(**refusal.values) from None


def count(address: str, *, at: datetime, most: int) -> None:
    """Count one check by where it comes from, before anything is looked at. Raises TooManyChecks."""
    try:
        limiting.count_use(CHECKS, address, most=most, at=at)
    except TooManyAttempts as refusal:
        raise TooManyChecks(**refusal.values) from None


def check_code(typed: str) -> Checked:
    """The answer to a code, however it was typed. The same work for every answer."""
    last = typed.strip().rstrip("/").rpartition("/")[2]
    code, length = read_code(last), count_signs(last)
    return Checked(
        found=queries.find(code or NOBODYS),  # what cannot be a code is looked up like one
        code=show_code(code) if code is not None else None,
        mistyped=length if length != CHARACTERS else None,
    )


def check_token(token: str, *, name: str | None) -> Checked:
    """The answer to a document in hand: whether its signature is genuine, what it says, and what stands here now.

    name: typed to compare, where the document carries a name or its hash. Raises NotGenuine, UnknownKey.
    """
    facts = verify(token, current_keys().public)
    return Checked(
        found=queries.find(facts.code),
        code=show_code(facts.code),
        facts=facts,
        has_name=is_name(name[: MOST_NAME * 2], facts) if name else None,
    )
