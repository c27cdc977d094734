"""Reading what a page of questions sends. Every field carries the number of its question, from 1.

`q3`, `q3-…`: the answer; `flag3`: look at it again; `op3`, `seq3`: which act this is and how much its page knew;
`held3`: milliseconds for which the device held it (script only); `attempt`: which attempt the page was made for.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from werkzeug.datastructures import MultiDict

from lms.web.forms import read_id

from .errors import BrokenOperation
from .rules.attempts import MOST_SEQUENCE, Answered
from .rules.items import Item, read_answer

Sent = MultiDict[str, str]


def read_slot(number: int, item: Item, sent: Sent, *, language: str) -> Answered:
    """One answer. Raises BrokenOperation, NotAnAnswer, TooLong."""
    return Answered(
        question=item.node_id,
        data=read_answer(item, _fields(f"q{number}", sent)),
        flagged=f"flag{number}" in sent,
        operation=read_operation(sent.get(f"op{number}")),
        sequence=_whole(sent.get(f"seq{number}"), least=1, most=MOST_SEQUENCE),
        held=read_held(sent.get(f"held{number}")),
        language=language,
    )


def numbers_sent(sent: Sent) -> list[int]:
    """The questions that a form holds, by the ids of their acts. Raises BrokenOperation."""
    numbers = [name.removeprefix("op") for name in sent if name.startswith("op") and name != "op"]
    return sorted(_whole(number, least=1, most=1000) for number in numbers)


def read_operation(value: str | None) -> UUID:
    """The random id of an act. Raises BrokenOperation."""
    operation = read_id(value)
    if operation is None:
        raise BrokenOperation
    return operation


def read_attempt(sent: Sent) -> UUID | None:
    """The attempt that the page was made for; None for a page on which none was open yet. Raises BrokenOperation."""
    return read_operation(sent["attempt"]) if sent.get("attempt") else None


def read_held(value: str | None) -> timedelta:
    """For how long the device held it; nothing where it does not say. Raises BrokenOperation."""
    return timedelta(milliseconds=_whole(value, least=0, most=10**12)) if value else timedelta(0)


def _fields(prefix: str, sent: Sent) -> Mapping[str, Sequence[str]]:
    """The values of one question by part: "" for `q3`, "-a" for `q3-a`."""
    return {
        name.removeprefix(prefix): sent.getlist(name)
        for name in sent
        if name == prefix or name.startswith(f"{prefix}-")
    }


def _whole(value: str | None, *, least: int, most: int) -> int:
    if value is None or not (value.isascii() and value.isdigit() and len(value) < 15 and least <= int(value) <= most):
        raise BrokenOperation
    return int(value)


def sent_fields(number: int, sent: Sent) -> Mapping[str, Sequence[str]]:
    """What a form says of one question, whatever it is worth: to show it again."""
    return _fields(f"q{number}", sent)
