"""The time, asked for at the edge and handed down as `at=`."""

from datetime import UTC, datetime
from typing import Protocol, cast

from flask import current_app


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's own clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved, for tests and rehearsals."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def now() -> datetime:
    """The time by the clock of the running application, aware, in UTC."""
    return cast(Clock, current_app.extensions["clock"]).now()
