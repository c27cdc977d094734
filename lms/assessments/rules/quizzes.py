"""How a quiz is taken: what is drawn, how often, what counts, and when she sees what was right."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from lms.kernel.chance import Draw

from ..errors import AttemptStillOpen, ClosedForNew, NoAttemptLeft
from .attempts import AttemptState, Step, heads
from .deadlines import Terms, closes_at, counted
from .items import Item, Score, score

ALL = 0
"""Questions per page: all on one."""


class Counts(StrEnum):
    """Which of several attempts counts."""

    BEST = "best"
    LAST = "last"
    FIRST = "first"


class FeedbackAt(StrEnum):
    """When she sees which answers were right. PASSED: her result at the hand-in, the answers once she needs no more."""

    AT_ONCE = "at_once"
    HAND_IN = "hand_in"
    PASSED = "passed"
    CLOSE = "close"


@dataclass(frozen=True, kw_only=True)
class QuizSettings:
    """The settings of a quiz as published. attempts and minutes: None for no limit. per_page: 0 for all on one."""

    items: Sequence[str]
    graded: bool = False
    attempts: int | None = None
    counts: Counts = Counts.BEST
    minutes: int | None = None
    shuffled: bool = False
    draw: int | None = None
    per_page: int = 1
    feedback: FeedbackAt = FeedbackAt.HAND_IN
    pass_percent: int = 0


def read_settings(body: Mapping[str, Any], *, pass_percent: int) -> QuizSettings:
    """The settings of a published quiz. pass_percent: the programme's, where the quiz has none of its own."""
    return QuizSettings(
        items=tuple(body["items"]),
        graded=body.get("graded", False),
        attempts=body.get("attempts"),
        counts=Counts(body.get("counts", Counts.BEST)),
        minutes=body.get("minutes"),
        shuffled=body.get("order") == "shuffled",
        draw=body.get("draw"),
        per_page=body.get("per_page", 1),
        feedback=FeedbackAt(body.get("feedback", FeedbackAt.HAND_IN)),
        pass_percent=body.get("pass_percent") or pass_percent,
    )


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one person gets beyond the settings. due_at: her own deadline, if it is later than the calendar's."""

    extra_attempts: int = 0
    extra_minutes: int = 0
    due_at: datetime | None = None


def apply_allowance(settings: QuizSettings, allowance: Allowance) -> QuizSettings:
    """The settings as they hold for her."""
    return replace(
        settings,
        attempts=None if settings.attempts is None else settings.attempts + allowance.extra_attempts,
        minutes=None if settings.minutes is None else settings.minutes + allowance.extra_minutes,
    )


def terms_of(
    settings: QuizSettings, allowance: Allowance, *, opened_at: datetime, due_at: datetime | None, grace: timedelta
) -> Terms:
    """The times under which she takes it. A date of her own only ever gives time."""
    own = apply_allowance(settings, allowance)
    return Terms(
        opened_at=opened_at,
        deadline=later_date(due_at, allowance.due_at),
        allowed=None if own.minutes is None else timedelta(minutes=own.minutes),
        grace=grace,
    )


def later_date(due_at: datetime | None, own: datetime | None) -> datetime | None:
    """Her deadline: the later one. Without a date in the calendar there is none."""
    if due_at is None or own is None:
        return due_at
    return max(due_at, own)


def draw_items(settings: QuizSettings, seed: int) -> list[str]:
    """The questions of one attempt, in its order."""
    draw = Draw(spread(seed, "items"))
    drawn = list(settings.items)
    if settings.draw is not None:
        chosen = set(draw.sample(drawn, settings.draw))
        drawn = [item for item in drawn if item in chosen]
    return draw.shuffled(drawn) if settings.shuffled else drawn


def spread(seed: int, name: str) -> int:
    """A seed of its own for each thing that is drawn from one seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8])


@dataclass(frozen=True, kw_only=True)
class Taken:
    """An attempt at a quiz, as far as counting needs it. score: None while it is open."""

    number: int
    state: AttemptState
    score: Score | None


def check_may_start(settings: QuizSettings, taken: Sequence[Taken], terms: Terms, *, at: datetime) -> None:
    """Refuse unless she may open one more attempt. settings, terms: as they hold for her.

    Raises AttemptStillOpen, NoAttemptLeft, ClosedForNew.
    """
    if any(attempt.state is AttemptState.OPEN for attempt in taken):
        raise AttemptStillOpen
    if settings.attempts is not None and len(taken) >= settings.attempts:
        raise NoAttemptLeft(most=settings.attempts)
    if terms.deadline is not None and at > terms.deadline + terms.grace:
        raise ClosedForNew(closed_at=terms.deadline + terms.grace)


def attempts_left(settings: QuizSettings, taken: Sequence[Taken]) -> int | None:
    """How many more she may open; None for as many as she likes."""
    return None if settings.attempts is None else max(settings.attempts - len(taken), 0)


def compute_score(items: Mapping[str, Item], drawn: Sequence[str], steps: Sequence[Step], terms: Terms) -> Score:
    """The score of an attempt: a pure function of its steps, so replaying it gives what was given live.

    items: of the version whose keys are to be used. In hundredths of a mark.
    """
    standing = heads(counted(steps, terms))
    scores = [score(items[name], step.data if (step := standing.get(name)) else None) for name in drawn]
    return Score(
        points=sum(one.points for one in scores if one is not None),
        of=sum(one.of for one in scores if one is not None),
    )


def percent(result: Score) -> int:
    """Per cent of a score, rounded down once and here: 69.9 is not 70."""
    return result.points * 100 // result.of if result.of else 0


def has_passed(result: Score, settings: QuizSettings) -> bool:
    """Whether it reaches the pass mark. Compared exactly, not by the rounded per cent."""
    return result.points * 100 >= settings.pass_percent * result.of


def counting(taken: Iterable[Taken], settings: QuizSettings) -> Taken | None:
    """The attempt that counts, of those that are handed in."""
    done = sorted((attempt for attempt in taken if attempt.score is not None), key=lambda attempt: attempt.number)
    if not done:
        return None
    if settings.counts is Counts.BEST:
        return max(done, key=_exactly)
    return done[0] if settings.counts is Counts.FIRST else done[-1]


def _exactly(attempt: Taken) -> tuple[int, int]:
    """By share, not by points: attempts may have drawn other questions. Of equal ones the first."""
    assert attempt.score is not None
    share = attempt.score.points * 1_000_000 // attempt.score.of if attempt.score.of else 0
    return share, -attempt.number


def may_see_feedback(
    settings: QuizSettings, state: AttemptState, terms: Terms, *, awaits_until: datetime | None, at: datetime
) -> bool:
    """Whether she sees now how it went. Which answers were right, unless `may_see_answers` still keeps them back.

    awaits_until: until when answers may still come to an attempt that the clock closed, and count.
    """
    if settings.feedback is FeedbackAt.AT_ONCE:
        return True
    if state is AttemptState.OPEN or (awaits_until is not None and at < awaits_until):
        return False
    closing = _closing(terms)
    return settings.feedback is not FeedbackAt.CLOSE or closing is None or at >= closing


def may_see_answers(settings: QuizSettings, taken: Sequence[Taken], terms: Terms, *, at: datetime) -> bool:
    """Whether the right answers help no further attempt of hers. settings: as they hold for her. taken: all of hers."""
    if settings.feedback is not FeedbackAt.PASSED:
        return True
    if any(attempt.state is AttemptState.OPEN for attempt in taken):
        return False
    best = counting(taken, settings)
    has_enough = best is not None and best.score is not None and has_passed(best.score, settings)
    closing = _closing(terms)
    return has_enough or attempts_left(settings, taken) == 0 or (closing is not None and at >= closing)


def _closing(terms: Terms) -> datetime | None:
    """From when on the quiz is closed for her, however long an attempt takes; None where nothing closes it."""
    return closes_at(replace(terms, allowed=None))


def pages(drawn: Sequence[str], per_page: int) -> list[list[int]]:
    """The numbers of the questions, from 1, page by page."""
    numbers = list(range(1, len(drawn) + 1))
    size = per_page or len(numbers) or 1
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def page_with(number: int, drawn: Sequence[str], per_page: int) -> list[int]:
    """The numbers of the questions on the page that shows this one. Raises StopIteration for no such question."""
    return next(page for page in pages(drawn, per_page) if number in page)
