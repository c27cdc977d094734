"""Work of the worker that concerns people coming in: long lists, many invitations, lists that nobody confirmed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from time import sleep
from typing import Any

from lms.kernel.db import transaction

from .services import inviting, uploading

TAKE_OVER = uploading.TAKE_OVER
SEND = inviting.SEND
SWEEP = "cohorts.sweep"
PAUSE_SECONDS = 0.05
"""Between two steps, so that others get to write in SQLite, where one writes at a time."""


def take_over(payload: Mapping[str, Any], at: datetime) -> None:
    """Handler: make the people of a confirmed list, some in each transaction."""
    _in_steps(lambda: uploading.take_over(payload["upload"], at=at))


def send(payload: Mapping[str, Any], at: datetime) -> None:
    """Handler: let the invitations of a confirmed sending go out, some in each transaction."""
    _in_steps(lambda: inviting.send_next(payload["sending"], at=at))


def _in_steps(step: Callable[[], bool]) -> None:
    """Do a step, each in a transaction of its own, until none remains."""
    is_left = True
    while is_left:
        with transaction():
            is_left = step()
        sleep(PAUSE_SECONDS)


def sweep(payload: Mapping[str, Any], at: datetime) -> None:
    """Handler: forget lists that were not confirmed in time."""
    with transaction():
        uploading.sweep(at=at)
