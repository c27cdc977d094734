"""Marking again with the keys of the newest published version."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.cohorts.queries.closing import closed_at_of
from lms.cohorts.rules.opening import check_not_closed

from ..errors import ChangedMeanwhile
from ..models import Attempt
from ..queries import keys, replays
from ..queries.replays import Replay
from ..rules.attempts import StepKind
from ..rules.replay import Shown
from . import steps
from .steps import NewStep

RESCORED = audit.act("assessments.attempt.rescored", "version")


def apply_keys(
    replay: Replay, shown: Sequence[Shown], version: int, *, operation: UUID, by: Person, language: str, at: datetime
) -> None:
    """Apply exactly what was shown, or nothing: each attempt is locked and computed again first.

    version: the number of the version whose keys were shown. The same form twice is one act.
    Raises ChangedMeanwhile, CohortClosed.
    """
    check_not_closed(closed_at_of(replay.cohort.id))
    locked = replays.attempts_for_update(replay, [change.attempt for change in shown], by)
    if len(locked) != len(shown) or keys.newest(replay.cohort.version).number != version:
        raise ChangedMeanwhile
    found = {attempt.public_id: attempt for attempt, _, _ in locked}
    if all(_is_done(found[change.attempt], change) for change in shown):
        return
    now = {change.attempt: change for change in replays.compare(replay, locked)}
    if any(now.get(change.attempt) != change for change in shown):
        raise ChangedMeanwhile
    for change in shown:
        _apply(found[change.attempt], change, version, operation=operation, by=by, language=language, at=at)


def _is_done(attempt: Attempt, change: Shown) -> bool:
    return attempt.score() == change.after


def _apply(
    attempt: Attempt, change: Shown, version: int, *, operation: UUID, by: Person, language: str, at: datetime
) -> None:
    step = NewStep(
        operation=uuid5(operation, str(attempt.public_id)),
        kind=StepKind.RESCORE,
        by=by.id,
        at=at,
        language=language,
        data={"points": change.after.points, "of": change.after.of, "version": version},
    )
    steps.append(attempt, step)
    attempt.points, attempt.points_of = change.after.points, change.after.of
    audit.record(RESCORED, by=by.id, on=attempt.id, at=at, version=(attempt.version.number, version))
