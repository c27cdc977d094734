"""Short ways to make steps, for tests of rules."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from lms.assessments.rules.attempts import AttemptState, Step, StepKind

START = datetime(2027, 4, 13, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86400))
SPACE = UUID(int=2027)


def operation(name):
    """The id of an act, by a name."""
    return uuid5(SPACE, str(name))


def answered(
    number, chosen="a", *, question="q1", sequence=1, received=timedelta(0), held=timedelta(0), act=None, flagged=False,
    state=AttemptState.OPEN,
):  # fmt: skip
    """An answer. number: in the order received. received: after the start. act: its id; the number if none is given."""
    at = START + received
    return Step(
        number=number,
        operation=operation(number if act is None else act),
        kind=StepKind.ANSWER,
        question=question,
        sequence=sequence,
        written_at=at - held,
        received_at=at,
        language="en",
        data=None if chosen is None else {"chosen": [chosen]},
        flagged=flagged,
        state=state,
    )


def did(number, kind, state, *, received=timedelta(0), data=None):
    """A step that is no answer."""
    at = START + received
    return Step(
        number=number,
        operation=operation(number),
        kind=kind,
        question=None,
        sequence=0,
        written_at=at,
        received_at=at,
        language="en",
        data=data,
        flagged=False,
        state=state,
    )
