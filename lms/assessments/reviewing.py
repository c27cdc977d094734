"""What a participant is shown of her attempts: values for the front page of a quiz and its review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lms.cohorts.models import Cohort
from lms.courses.rules import Told, tell
from lms.kernel.errors import Refusal
from lms.web.languages import page_language

from .models import Attempt
from .queries.keys import items_for
from .queries.sitting import Handed, Sitting, awaited_until
from .rules import quizzes
from .rules.attempts import StepKind, answers, heads
from .rules.deadlines import counted, undecided
from .rules.items import Line, Score, given_answer, right_answer, score
from .rules.quizzes import Allowance, QuizSettings
from .slots import Slot, make_slot


@dataclass(frozen=True, kw_only=True)
class Summary:
    """An attempt in a list. percent, passed: None while she may not see them."""

    attempt: Attempt
    percent: int | None
    passed: bool | None


def summary(attempt: Attempt, quiz: QuizSettings, cohort: Cohort, *, at: datetime) -> Summary:
    """An attempt as its list shows it."""
    result = attempt.score()
    if result is None or not quizzes.may_see_feedback(
        quiz, attempt.state, attempt.terms(), awaits_until=awaited_until(attempt, cohort), at=at
    ):
        return Summary(attempt=attempt, percent=None, passed=None)
    return Summary(attempt=attempt, percent=quizzes.percent(result), passed=quizzes.has_passed(result, quiz))


def may_start(
    sitting: Sitting, own: QuizSettings, allowance: Allowance, attempts: Sequence[Attempt], *, at: datetime
) -> bool:
    """Whether the button to open an attempt would work."""
    grace = timedelta(days=sitting.cohort.grace_days)
    terms = quizzes.terms_of(sitting.task.quiz, allowance, opened_at=at, due_at=sitting.entry.due_at, grace=grace)
    try:
        quizzes.check_may_start(own, [attempt.taken() for attempt in attempts], terms, at=at)
    except Refusal:
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """One question of a review. scored: None where nothing is scored."""

    slot: Slot
    given: Sequence[Line]
    right: Sequence[Line]
    scored: Score | None
    feedback: Told | None

    @property
    def is_right(self) -> bool:
        """Whether it has full points."""
        return self.scored is not None and self.scored.points == self.scored.of


def review(handed: Handed, own: QuizSettings, *, at: datetime) -> dict[str, Any]:
    """What the result page of a quiz shows. Without the questions as long as she may not see them.

    own: the settings as they hold for her.
    """
    attempt, quiz, asked = handed.attempt, handed.place.task.quiz, handed.asked
    terms, awaits_until = attempt.terms(), awaited_until(attempt, handed.place.cohort)
    shows = quizzes.may_see_feedback(quiz, attempt.state, terms, awaits_until=awaits_until, at=at)
    keys = items_for(attempt, handed.steps)
    standing = heads(counted(handed.steps, terms))
    received = [step for step in handed.steps if step.kind in (StepKind.HAND_IN, StepKind.TIME_UP)][-1]
    questions = [
        reviewed(
            make_slot(
                number,
                keys[name],
                asked,
                seed=attempt.seed,
                steps=handed.steps,
                step=standing.get(name),
                language=page_language(),
            ),
            asked.required_languages,
        )
        for number, name in enumerate(attempt.drawn, 1)
    ]
    taken = [one.taken() for one in handed.attempts]
    shows_answers = shows and quizzes.may_see_answers(own, taken, terms, at=at)
    return {
        "place": handed.place,
        "attempt": attempt,
        "attempts": handed.attempts,
        "quiz": quiz,
        "summary": summary(attempt, quiz, handed.place.cohort, at=at),
        "shows": shows,
        "shows_answers": shows_answers,
        "awaits_until": awaits_until,
        "questions": questions if shows_answers else [],
        "received": received,
        "held_back": sum(step.received_at - step.written_at > timedelta(minutes=1) for step in answers(handed.steps)),
        "undecided": len(undecided(handed.steps, terms)),
        "counting": quizzes.counting(taken, quiz),
    }


def reviewed(slot: Slot, required: Sequence[str]) -> Reviewed:
    """A question with what she answered, what is right, and why."""
    given = slot.step.data if slot.step else None
    return Reviewed(
        slot=slot,
        given=given_answer(slot.item, given, page_language()),
        right=right_answer(slot.item, page_language()),
        scored=score(slot.item, given),
        feedback=tell(slot.item.feedback, page_language(), required) if slot.item.feedback else None,
    )
