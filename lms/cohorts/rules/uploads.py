"""A list of people between being read and being taken over."""

from enum import StrEnum

from ..errors import UploadOver


class UploadState(StrEnum):
    """Where an uploaded list stands. CHECKED: read, nothing taken over yet. CONFIRMED: the worker takes it over.

    REPLACED: dropped, since another list of the cohort was confirmed.
    """

    CHECKED = "checked"
    CONFIRMED = "confirmed"
    DONE = "done"
    DROPPED = "dropped"
    REPLACED = "replaced"


class RowState(StrEnum):
    """What becomes of one row. KNOWN: she is in the cohort already, nothing is changed."""

    NEW = "new"
    KNOWN = "known"
    FAULTY = "faulty"
    TAKEN = "taken"


KEPT_DAYS = 7
"""How long a list waits for confirmation before it is deleted."""

AT_ONCE = 50
"""How many rows are taken over in the request itself; more are the worker's, in steps of as many."""


def check_waits(state: UploadState) -> None:
    """Refuse to confirm or drop what is confirmed or dropped already. Raises UploadOver."""
    if state is not UploadState.CHECKED:
        raise UploadOver
