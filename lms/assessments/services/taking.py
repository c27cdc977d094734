"""What a participant does: open an attempt, answer, hand in, take back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from lms.accounts.models import Person
from lms.cohorts import rules as cohorts
from lms.cohorts.models import Cohort, Enrolment
from lms.courses.rules import TaskKind
from lms.kernel.db import db
from lms.kernel.ids import new_id, new_seed
from lms.modules.queries import enrolment_for_update

from ..errors import NothingToHandIn, NotInAttempt, NoVersionLeft
from ..models import Attempt
from ..queries import sitting as sittings
from ..queries.catalogue import Task, catalogue
from ..queries.keys import items_for
from ..queries.sitting import Sitting, TaskPlace
from ..rules import attempts as rules
from ..rules import quizzes
from ..rules.attempts import Answered, AttemptState, HandIn, Step, StepKind
from ..rules.deadlines import Terms, closes_at, judge_step
from ..rules.items import is_typed
from ..rules.words import count_words
from ..sealing import read_step, seal_typed
from . import allotting
from .receipts import receive
from .steps import NewStep, append, append_if_open


class Outcome(IntEnum):
    """What became of an answer, what needs her eyes most last. Whatever it is, the answer is in the database."""

    UNCHANGED = 1
    SAVED = 2
    OVERTAKEN = 3
    ASIDE = 4


def open_attempt(place: TaskPlace, *, by: Person, language: str, at: datetime) -> Attempt:
    """Open an attempt at a quiz or checkpoint, or the first version of an assignment; the open one, if there is one.

    Raises NotOpenYet, NoDateYet, TakesPartNoMore, NoAttemptLeft, ClosedForNew.
    """
    assert place.enrolment is not None and place.enrolment.person_id == by.id
    cohorts.check_open(place.opening, at=at)
    enrolment = enrolment_for_update(place.enrolment.id)
    cohorts.check_takes_part(enrolment.state)
    before = sittings.attempts_at(place)
    if before and before[-1].state is AttemptState.OPEN:
        return before[-1]
    task, allowance = place.task, sittings.allowance_of(enrolment, place.entry.node_id)
    if task.kind is TaskKind.ASSIGNMENT:
        _check_version(before, task)
    terms = quizzes.terms_of(
        task.quiz,
        allowance,
        opened_at=at,
        due_at=place.entry.due_at,
        grace=timedelta(days=place.cohort.grace_days),
    )
    if task.kind is TaskKind.QUIZ:
        own = quizzes.apply_allowance(task.quiz, allowance)
        quizzes.check_may_start(own, [attempt.taken() for attempt in before], terms, at=at)
    attempt = new_attempt(
        place.cohort, enrolment, task, terms, number=len(before) + 1, language=language, seed=new_seed()
    )
    db.session.add(attempt)
    db.session.flush()  # its steps need its number
    if before:
        _carry_over(before[-1], attempt, by=by, at=at)
    return attempt


def new_attempt(
    cohort: Cohort, enrolment: Enrolment, task: Task, terms: Terms, *, number: int, language: str, seed: int
) -> Attempt:
    """An attempt as it begins, with what was drawn; not stored yet."""
    return Attempt(
        public_id=new_id(),
        enrolment_id=enrolment.id,
        version_id=cohort.version_id,
        version=cohort.version,
        node_id=task.node_id,
        kind=task.kind,
        number=number,
        state=AttemptState.OPEN,
        language=language,
        seed=seed,
        drawn=quizzes.draw_items(task.quiz, seed),
        opened_at=terms.opened_at,
        due_at=terms.deadline,
        allowed_minutes=None if terms.allowed is None else terms.allowed // timedelta(minutes=1),
        grace_days=cohort.grace_days,
        # Work that a person reads is never taken from her hands by the clock: she hands it in, late or not.
        closes_at=closes_at(terms) if task.kind is TaskKind.QUIZ and (task.graded or terms.allowed) else None,
    )


def _check_version(before: Sequence[Attempt], task: Task) -> None:
    """A further version of an assignment may follow one that was returned or released, as long as any are left."""
    if not before:
        return
    done = (AttemptState.RETURNED, AttemptState.RELEASED)
    # What was returned may always be answered: it is asked for.
    may = before[-1].state is AttemptState.RETURNED or len(before) < task.versions
    if before[-1].state not in done or not may:
        raise NoVersionLeft


def _carry_over(before: Attempt, attempt: Attempt, *, by: Person, at: datetime) -> None:
    """A new version of an assignment begins with the text of the one before."""
    if attempt.kind is not TaskKind.ASSIGNMENT:
        return
    steps = [read_step(by, row) for row in sittings.rows_of(before)]
    head = rules.heads(steps).get(attempt.drawn[0])
    if head is not None and head.data:
        answered = Answered(
            question=attempt.drawn[0],
            data=head.data,
            flagged=False,
            operation=new_id(),
            sequence=1,
            held=timedelta(0),
            language=attempt.language,
        )
        append(attempt, answer_step(attempt, answered, by=by, at=at))


def save_answer(sitting: Sitting, attempt: Attempt, answered: Answered, *, by: Person, at: datetime) -> Outcome:
    """Keep one answer. The same act again is the same act; an answer of an older page never replaces a newer one.

    attempt: the one the page was made for. Where that is not the latest, the answer is kept with it, aside.
    Not audited: steps are their own record. Raises NotInAttempt.
    """
    if answered.question not in attempt.drawn:
        raise NotInAttempt
    if attempt is not sitting.attempt:
        return _save_late(attempt, answer_step(attempt, answered, by=by, at=at), by=by, at=at)
    standing = sitting.standing.get(answered.question)
    if sitting.is_open and _is_unchanged(answered, standing) and not _is_disputed(sitting, standing):
        return Outcome.UNCHANGED
    step = answer_step(attempt, answered, by=by, at=at)
    if not append_if_open(attempt, step):
        return _save_late(attempt, step, by=by, at=at)
    return Outcome.OVERTAKEN if rules.is_overtaken(answered.sequence, standing) else Outcome.SAVED


def _is_unchanged(answered: Answered, standing: Step | None) -> bool:
    """Whether this says what stands already; nothing at all says what nobody has answered yet.

    A page that knew more than what stands answers something that is still on its way, so it is kept: else that would
    stand when it comes.
    """
    if answered.sequence > rules.next_sequence(standing):
        return False
    said = standing.data if standing else None
    return (said or None) == (answered.data or None) and answered.flagged == bool(standing and standing.flagged)


def _is_disputed(sitting: Sitting, standing: Step | None) -> bool:
    """Whether two devices answered at one moment; then saying again what stands settles it."""
    return standing is not None and bool(rules.rivals(sitting.steps, standing))


def answer_step(attempt: Attempt, answered: Answered, *, by: Person, at: datetime) -> NewStep:
    """An answer as a step, what was typed sealed. by: the participant, with her key."""
    item = catalogue(attempt.version).items[answered.question]
    typed = is_typed(item.kind)
    content = {"data": answered.data, "flagged": answered.flagged, "sequence": answered.sequence}
    return NewStep(
        operation=rules.identify(answered.operation, attempt.public_id, answered.question, content),
        kind=StepKind.ANSWER,
        by=by.id,
        at=at,
        held=answered.held,
        language=answered.language,
        question=answered.question,
        sequence=answered.sequence,
        data=None if typed or answered.data is None else answered.data,
        sealed=seal_typed(by, answered.data) if typed and answered.data is not None else None,
        flagged=answered.flagged,
    )


def _save_late(attempt: Attempt, step: NewStep, *, by: Person, at: datetime) -> Outcome:
    """The attempt is not open any more, or this was received before. Keep it aside; count it if the rules say so."""
    if sittings.step_of_operation(step.operation) is not None:
        return Outcome.UNCHANGED
    locked = sittings.attempt_for_update(attempt.id)
    if locked.state is AttemptState.OPEN:
        close_by_clock(locked, owner=by, at=at)
    append(locked, step)
    if locked.kind is not TaskKind.ASSIGNMENT:
        rescore(locked, owner=by)
    return Outcome.ASIDE


def hand_in(sitting: Sitting, sent: HandIn, *, by: Person, at: datetime) -> Attempt:
    """Hand in the open attempt; doing it again changes nothing. Raises NothingToHandIn, NotInAttempt, NotNow."""
    if sitting.attempt is None:
        raise NotInAttempt
    attempt = sittings.attempt_for_update(sitting.attempt.id)
    if attempt.state is not AttemptState.OPEN:
        return attempt
    if attempt.closes_at is not None and at >= attempt.closes_at:
        close_by_clock(attempt, owner=by, at=at)
        return attempt
    steps = _steps(attempt, by)
    if _was_done(attempt, steps, sent.operation, StepKind.HAND_IN):
        return attempt  # a page from before she took it back
    if attempt.kind is TaskKind.ASSIGNMENT and not any(step.data for step in rules.heads(steps).values()):
        raise NothingToHandIn
    _finish(attempt, steps, StepKind.HAND_IN, sent, by=by.id, at=at)
    if attempt.kind is TaskKind.ASSIGNMENT:
        allotting.allot(attempt, sitting.cohort, at=at)
    return attempt


def _was_done(attempt: Attempt, steps: Sequence[Step], operation: UUID, kind: StepKind) -> bool:
    """Whether this very act was received before."""
    stored = rules.identify(operation, attempt.public_id, None, kind)
    return any(step.operation == stored for step in steps)


def close_by_clock(attempt: Attempt, *, owner: Person, at: datetime) -> None:
    """Hand in what is there, because the time is over. attempt: locked and open. Nothing is lost and nothing is zero.

    owner: the participant, with her key, since typed answers are scored too.
    """
    sent = HandIn(operation=attempt.public_id, held=timedelta(0), language=attempt.language)
    _finish(attempt, _steps(attempt, owner), StepKind.TIME_UP, sent, by=None, at=at)


def _finish(attempt: Attempt, steps: list[Step], kind: StepKind, sent: HandIn, *, by: int | None, at: datetime) -> None:
    append(attempt, closing_step(attempt, steps, kind, sent, by=by, at=at))
    write_result(attempt, steps, sent, at=at)


def closing_step(
    attempt: Attempt, steps: Sequence[Step], kind: StepKind, sent: HandIn, *, by: int | None, at: datetime
) -> NewStep:
    """A hand-in as a step, with its receipt. steps: all before it."""
    content = {name: step.data for name, step in sorted(rules.heads(steps).items())}
    receipt = receive(attempt, content, at=at)
    timeliness = judge_step(steps, attempt.terms(), received_at=at, held=sent.held)
    return NewStep(
        operation=rules.identify(sent.operation, attempt.public_id, None, kind),
        kind=kind,
        by=by,
        at=at,
        held=sent.held,
        language=sent.language,
        data={"fingerprint": receipt.fingerprint, "timeliness": timeliness, "answers": len(content)},
        receipt=receipt.code,
    )


def write_result(attempt: Attempt, steps: list[Step], sent: HandIn, *, at: datetime) -> None:
    """What lists need of an attempt that was handed in: when, in which language, its length or its score."""
    attempt.handed_in_at, attempt.language = at, sent.language
    if attempt.kind is not TaskKind.ASSIGNMENT:
        attempt.words = None
        _write_score(attempt, steps)
        return
    standing = rules.heads(steps).values()
    attempt.words = sum(count_words(str((step.data or {}).get("text", ""))) for step in standing)


def rescore(attempt: Attempt, *, owner: Person) -> None:
    """Bring the result of a handed-in quiz in line with its steps."""
    _write_score(attempt, _steps(attempt, owner))


def _write_score(attempt: Attempt, steps: list[Step]) -> None:
    score = quizzes.compute_score(items_for(attempt, steps), attempt.drawn, steps, attempt.terms())
    attempt.points, attempt.points_of = score.points, score.of


def _steps(attempt: Attempt, owner: Person) -> list[Step]:
    return [read_step(owner, row) for row in sittings.rows_of(attempt)]


def take_back(sitting: Sitting, operation: UUID, *, language: str, by: Person, at: datetime) -> Attempt:
    """Open again what was handed in. Raises NotInAttempt, NotNow, TakenBackTooLate."""
    if sitting.attempt is None or sitting.attempt.kind is not TaskKind.ASSIGNMENT:
        raise NotInAttempt
    attempt = sittings.attempt_for_update(sitting.attempt.id)
    if attempt.state is AttemptState.OPEN:
        return attempt
    steps = _steps(attempt, by)
    if _was_done(attempt, steps, operation, StepKind.TAKE_BACK):
        return attempt
    is_being_marked = any(step.kind in rules.OF_MARKING for step in steps)
    rules.check_take_back(attempt.state, deadline=attempt.due_at, is_being_marked=is_being_marked, at=at)
    append(
        attempt,
        NewStep(
            operation=rules.identify(operation, attempt.public_id, None, StepKind.TAKE_BACK),
            kind=StepKind.TAKE_BACK,
            by=by.id,
            at=at,
            language=language,
        ),
    )
    attempt.marker_id, attempt.handed_in_at = None, None
    return attempt
