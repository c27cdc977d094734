"""What participants are told, whom it concerns, and what they are told without anybody asking.

Rule: docs/decisions/0020 (messages and notices).
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

NEAR = timedelta(days=2)
"""So long before its last moment a task is a near date."""

LATELY = timedelta(days=2)
"""So long after it opened a module is news; what is told later comes from a worker that stood."""

CALENDAR = "calendar"
"""The mark under which it stands which dates she was told last."""


class News(StrEnum):
    """What she may be told. Its sentences: `lms.cohorts.notices`."""

    BEGINS = "begins"
    MODULE = "module"
    DATE_NEAR = "date near"
    RETURNED = "returned"
    MARKED = "marked"
    RELEASED = "released"
    CALENDAR = "calendar"
    SILENT = "silent"
    CERTIFICATE = "certificate"
    WITHDRAWN = "certificate withdrawn"
    MORE_TIME = "more time"


OF_A_NODE = frozenset({News.MODULE, News.DATE_NEAR})
"""News about one module or one task, which a coordinator may tell before their date."""

OF_AN_ACT = frozenset({News.WITHDRAWN, News.MORE_TIME})
"""News that come with what somebody did, and that nobody chooses from a list."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a message is about. node_id: the module or task; None for all other news."""

    news: News
    node_id: str | None = None

    def __str__(self) -> str:
        """As a form carries it."""
        return self.news.value if self.node_id is None else f"{self.news.value}:{self.node_id}"


class Circle(StrEnum):
    """Whom a message may go to."""

    UNDER_WAY = "under way"
    NOT_COME = "not come"
    SILENT = "silent"
    DONE = "done"
    GROUP = "group"
    ONE = "one"


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Whom a message goes to. group: its number. alias: of the one person."""

    circle: Circle
    group: int | None = None
    alias: str | None = None


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One thing that one person is told. mark: by which it is known later that she was."""

    subject: Subject
    mark: str


def mark_of_sending(operation: UUID) -> str:
    """The mark of what a coordinator sends: the same form twice is one sending."""
    return f"sent:{operation.hex}"


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task as it stands for one person. due_at: with what she was allowed; None for no date."""

    node_id: str
    opens_at: datetime | None
    due_at: datetime | None
    is_handed_in: bool


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A participant with a place who has come.

    is_paused: she takes a pause, and nobody expects anything of her. since: when she came. knows: the marks of what she
    was told. told_calendar: the dates that she was told last, as `digest_of` writes them; None before she was told any.
    today: by her own clock.
    """

    since: datetime
    knows: Collection[str]
    told_calendar: str | None
    today: date
    is_paused: bool = False


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What a cohort's calendar says to everybody. modules: those that have something to read, by node, when they open.

    digest: of all its dates.
    """

    modules: Mapping[str, datetime]
    digest: str


def digest_of(dates: Mapping[str, tuple[datetime | None, datetime | None]]) -> str:
    """All dates of a calendar in one word: the same dates give the same word, in whatever order they come.

    dates: of each node, when it opens and when it is due.
    """
    lines = [
        f"{node} {_written(opens_at)} {_written(due_at)}"
        for node, (opens_at, due_at) in sorted(dates.items())
        if opens_at is not None or due_at is not None
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def news_for(reader: Reader, calendar: Calendar, tasks: Sequence[Task], *, at: datetime) -> list[Telling]:
    """What she is to be told now without anybody asking: each date once, changes of the calendar once a day.

    In a pause only the latter: it tells her when to come back, and reminds her of nothing.
    """
    due = [] if reader.is_paused else [*_dates(tasks, at), *_openings(reader, calendar, at)]
    found = [*due, *_changes(reader, calendar)]
    return [telling for telling in found if telling.mark not in reader.knows]


def has_to_learn(reader: Reader, calendar: Calendar) -> bool:
    """Whether the dates that she knows are not those that stand now; the first ones she learns without a message."""
    if reader.told_calendar is None:
        return True
    return reader.told_calendar != calendar.digest and _mark_of_change(reader) not in reader.knows


def _dates(tasks: Sequence[Task], at: datetime) -> Iterator[Telling]:
    for task in tasks:
        is_open = task.opens_at is not None and task.opens_at <= at
        if is_open and not task.is_handed_in and task.due_at is not None and at < task.due_at <= at + NEAR:
            subject = Subject(news=News.DATE_NEAR, node_id=task.node_id)
            yield Telling(subject=subject, mark=f"due:{task.node_id}:{_written(task.due_at)}")


def _openings(reader: Reader, calendar: Calendar, at: datetime) -> Iterator[Telling]:
    """Modules that opened after she came: what was open before she saw when she came."""
    for node_id, opens_at in calendar.modules.items():
        if max(reader.since, at - LATELY) < opens_at <= at:
            subject = Subject(news=News.MODULE, node_id=node_id)
            yield Telling(subject=subject, mark=f"opened:{node_id}:{_written(opens_at)}")


def _changes(reader: Reader, calendar: Calendar) -> Iterator[Telling]:
    if reader.told_calendar not in (None, calendar.digest):
        yield Telling(subject=Subject(news=News.CALENDAR), mark=_mark_of_change(reader))


def _mark_of_change(reader: Reader) -> str:
    return f"changed:{reader.today.isoformat()}"


def _written(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}"
