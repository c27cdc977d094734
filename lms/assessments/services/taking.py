"""What a participant does: open an attempt, answer, hand in, take back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from lms.accounts.models import Person
from lms.cohorts.models import Cohort, Enrolment
from lms.cohorts.queries import seats
from lms.cohorts.rules.enrolment import check_takes_part
from lms.cohorts.rules.opening import check_goes_on, check_open
from lms.cohorts.services import tallying
from lms.courses.rules import TaskKind
from lms.kernel import events
from lms.kernel.db import db
from lms.kernel.ids import new_id, new_seed
from lms.modules.queries import enrolment_for_update

from ..errors import NothingToHandIn, NotInAttempt, NoVersionLeft
from ..models import Attempt
from ..queries import sitting as sittings
from ..queries.allowances import allowance_of
from ..queries.catalogue import Task, catalogue
from ..queries.keys import items_for
from ..queries.sitting import Sitting, TaskPlace
from ..rules import attempts as rules
from ..rules import quizzes
from ..rules.attempts import Answered, AttemptState, HandIn, Step, StepKind
from ..rules.deadlines import Terms, awaits_until, closes_at, counted, judge_step
from ..rules.events import QuizPassed
from ..rules.items import is_typed
from ..rules.receipts import content_of
from ..rules.words import count_words
from ..sealing import read_steps, seal_typed
from . import allotting, ledger
from .receipts import receive
from .steps import NewStep, append, append_aside, append_if_open


class Outcome(IntEnum):
    """What became of an answer, what needs her eyes most last. Whatever it is, the answer is in the database.

    COUNTED: it came after the clock had closed the attempt, and counts because it was written before. COURSE_CLOSED: it
    came after the cohort was closed, is kept beside the attempt, and nobody decides about it any more.
    """

    UNCHANGED = 1
    SAVED = 2
    COUNTED = 3
    OVERTAKEN = 4
    ASIDE = 5
    COURSE_CLOSED = 6


def open_attempt(place: TaskPlace, *, by: Person, language: str, at: datetime) -> Attempt:
    """Open an attempt at a quiz or checkpoint, or the next version of an assignment; the open one, if there is one.

    Raises NotOpenYet, NoDateYet, CourseClosed, TakesPartNoMore, NoAttemptLeft, ClosedForNew, NoVersionLeft.
    """
    assert place.enrolment is not None and place.enrolment.person_id == by.id
    check_open(place.opening, at=at)
    enrolment, closed_at = enrolment_for_update(place.enrolment.id)
    check_goes_on(closed_at)
    check_takes_part(enrolment.state)
    before = sittings.attempts_at(place)
    if before and before[-1].state is AttemptState.OPEN:
        return before[-1]
    task, allowance = place.task, allowance_of(enrolment, place.entry.node_id)
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
    for earlier in (attempt for attempt in before if attempt.awaits_until is not None):
        settle(earlier, language=language, by=by, at=at)  # else a key could be seen here and answered there
    attempt = new_attempt(
        place.cohort, enrolment, task, terms, number=len(before) + 1, language=language, seed=new_seed()
    )
    db.session.add(attempt)
    db.session.flush()  # its steps need its number
    if before and attempt.kind is TaskKind.ASSIGNMENT:
        tallying.note_act(enrolment, place.cohort, at=at)
        _carry_over(before[-1], attempt, by=by, at=at)
    return attempt


def new_attempt(
    cohort: Cohort, enrolment: Enrolment, task: Task, terms: Terms, *, number: int, language: str, seed: int
) -> Attempt:
    """An attempt as it begins, with what was drawn; not stored yet."""
    return Attempt(
        public_id=new_id(),
        enrolment_id=enrolment.id,
        cohort_id=cohort.id,
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
    text = rules.heads(_steps(before, by))[attempt.drawn[0]].data  # nothing empty was ever handed in
    answered = Answered(
        question=attempt.drawn[0],
        data=text,
        flagged=False,
        operation=new_id(),
        sequence=1,
        held=timedelta(0),
        language=attempt.language,
    )
    append(attempt, answer_step(attempt, answered, by=by, at=at))


def save_answers(
    sitting: Sitting, attempt: Attempt, page: Sequence[Answered], *, by: Person, at: datetime
) -> dict[str, Outcome]:
    """Keep the answers of a page; what became of each, by question.

    The same act again is the same act; an answer of an older page never replaces a newer one. attempt: the one the page
    was made for. Where that is not the latest, or not open, they are kept with it, aside. Not audited: steps are their
    own record. Raises NotInAttempt.
    """
    if not {answered.question for answered in page} <= set(attempt.drawn):
        raise NotInAttempt
    new = [one for one in page if attempt is not sitting.attempt or not _is_kept(sitting, one)]
    outcomes, late = {one.question: Outcome.UNCHANGED for one in page if one not in new}, []
    if new:
        _note_act(sitting, at=at)
    for answered in new:
        step = answer_step(attempt, answered, by=by, at=at)
        outcome = _save(sitting, attempt, answered, step) if attempt is sitting.attempt else None
        if outcome is None:
            late.append(step)
        else:
            outcomes[answered.question] = outcome
    return outcomes | (_save_late(sitting, attempt, late, by=by, at=at) if late else {})


def save_answer(sitting: Sitting, attempt: Attempt, answered: Answered, *, by: Person, at: datetime) -> Outcome:
    """The same for one answer."""
    return save_answers(sitting, attempt, [answered], by=by, at=at)[answered.question]


def _note_act(sitting: Sitting, *, at: datetime) -> None:
    assert sitting.enrolment is not None
    tallying.note_act(sitting.enrolment, sitting.cohort, at=at)


def _is_kept(sitting: Sitting, answered: Answered) -> bool:
    """Whether the open attempt says this already, so that nothing has to be stored."""
    standing = sitting.standing.get(answered.question)
    counts = sitting.is_open and (standing is None or not rules.is_aside(standing))
    return counts and _is_unchanged(answered, standing) and not _is_disputed(sitting, standing)


def _save(sitting: Sitting, attempt: Attempt, answered: Answered, step: NewStep) -> Outcome | None:
    """Keep an answer in the open attempt; None where it is not open any more, or this was received before."""
    if not append_if_open(attempt, step):
        return None
    standing = sitting.standing.get(answered.question)
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


def _save_late(
    sitting: Sitting, attempt: Attempt, late: Sequence[NewStep], *, by: Person, at: datetime
) -> dict[str, Outcome]:
    """Answers to an attempt that is not open, or that were received before: keep them, count what the rules count."""
    place = seats.place_for_update(attempt.enrolment_id)
    locked, closed_at = sittings.attempt_to_change(attempt.id)
    if closed_at is not None:
        return _save_after_closing(locked, late, by=by, at=at)
    if locked.state is AttemptState.OPEN and is_over(locked, at=at):
        close_by_clock(locked, owner=by, at=at)
        ledger.renew(place)
    for step in late:
        append(locked, step)
    steps = _steps(locked, by)
    if locked.state is not AttemptState.OPEN and locked.kind is not TaskKind.ASSIGNMENT:
        _write_score(locked, steps)
    return {str(step.question): _what_became(step, locked, steps) for step in late}


def _save_after_closing(locked: Attempt, late: Sequence[NewStep], *, by: Person, at: datetime) -> dict[str, Outcome]:
    """Answers that come after the cohort was closed: keep them beside the attempt, and change nothing of it."""
    if locked.awaits_until is not None:
        _settle(locked, language=locked.language, by=None, at=at)  # else what comes now would count by itself
    for step in late:
        append_aside(locked, step)
    steps = _steps(locked, by)
    became = {str(step.question): _what_became(step, locked, steps) for step in late}
    return {name: Outcome.COURSE_CLOSED if one is Outcome.ASIDE else one for name, one in became.items()}


def _what_became(sent: NewStep, attempt: Attempt, steps: Sequence[Step]) -> Outcome:
    """What stands of an answer that is in the table by now, whenever it came."""
    stored = next((step for step in steps if step.operation == sent.operation), None)
    if stored is None or stored.question is None:  # a draft that later ones have overtaken
        return Outcome.OVERTAKEN
    is_aside = rules.is_aside(stored)
    counting = [] if attempt.kind is TaskKind.ASSIGNMENT else counted(steps, attempt.terms())
    if is_aside and stored not in counting:
        return Outcome.ASIDE
    # Of several answers that count one stands; of another it would be wrong to say that it counts.
    head = rules.heads(counting if is_aside else [step for step in steps if not rules.is_aside(step)])[stored.question]
    if rules.says(head) != rules.says(stored):
        return Outcome.OVERTAKEN
    return Outcome.COUNTED if is_aside else Outcome.SAVED


def hand_in(sitting: Sitting, sent: HandIn, *, by: Person, at: datetime) -> Attempt:
    """Hand in the open attempt; doing it again changes nothing.

    Raises NothingToHandIn, NotInAttempt, NotNow, CourseClosed.
    """
    if sitting.attempt is None:
        raise NotInAttempt
    place = seats.place_for_update(sitting.attempt.enrolment_id)
    attempt, closed_at = sittings.attempt_to_change(sitting.attempt.id)
    if attempt.state is not AttemptState.OPEN:
        return attempt
    check_goes_on(closed_at)
    if is_over(attempt, at=at):
        close_by_clock(attempt, owner=by, at=at)
        ledger.renew(place)
        return attempt
    steps = _steps(attempt, by)
    if _was_done(attempt, steps, sent.operation, StepKind.HAND_IN):
        return attempt  # a page from before she took it back
    if attempt.kind is TaskKind.ASSIGNMENT and not any(step.data for step in rules.heads(steps).values()):
        raise NothingToHandIn
    tallying.note_act(place, sitting.cohort, at=at)
    _finish(attempt, steps, StepKind.HAND_IN, sent, by=by.id, at=at)
    ledger.renew(place)
    if attempt.kind is TaskKind.ASSIGNMENT:
        allotting.allot(attempt, sitting.cohort, at=at)
    elif _has_passed(attempt, sitting.task):
        events.publish(QuizPassed(at=at))
    return attempt


def _has_passed(attempt: Attempt, task: Task) -> bool:
    score = attempt.score()
    return task.graded and score is not None and quizzes.has_passed(score, task.quiz)


def _was_done(attempt: Attempt, steps: Sequence[Step], operation: UUID, kind: StepKind) -> bool:
    """Whether this very act was received before."""
    stored = rules.identify(operation, attempt.public_id, None, kind)
    return any(step.operation == stored for step in steps)


def is_over(attempt: Attempt, *, at: datetime) -> bool:
    """Whether the clock closes this attempt now. Asked of a locked row: its end may just have been moved."""
    return attempt.closes_at is not None and at >= attempt.closes_at


def close_by_clock(attempt: Attempt, *, owner: Person, at: datetime) -> None:
    """Hand in what is there, because the time is over. attempt: locked and open. Nothing is lost and nothing is zero.

    owner: the participant, with her key, since typed answers are scored too.
    """
    sent = HandIn(operation=attempt.public_id, held=timedelta(0), language=attempt.language)
    attempt.awaits_until = awaits_until(attempt.terms(), at=at)
    _finish(attempt, _steps(attempt, owner), StepKind.TIME_UP, sent, by=None, at=at)


def _finish(attempt: Attempt, steps: list[Step], kind: StepKind, sent: HandIn, *, by: int | None, at: datetime) -> None:
    append(attempt, closing_step(attempt, steps, kind, sent, by=by, at=at))
    write_result(attempt, steps, sent, at=at)


def closing_step(
    attempt: Attempt, steps: Sequence[Step], kind: StepKind, sent: HandIn, *, by: int | None, at: datetime
) -> NewStep:
    """A hand-in as a step, with its receipt. steps: all before it."""
    content = content_of(steps)
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
    attempt.handed_in_at, attempt.closes_at, attempt.language = at, None, sent.language
    if attempt.kind is not TaskKind.ASSIGNMENT:
        attempt.words = None
        _write_score(attempt, steps)
        return
    standing = rules.heads(steps).values()
    attempt.words = sum(count_words(str((step.data or {}).get("text", ""))) for step in standing)


def settle(attempt: Attempt, *, language: str, by: Person, at: datetime) -> None:
    """She has nothing more to send to an attempt that the clock closed, and wants its result; again is one act."""
    locked = sittings.attempt_for_update(attempt.id)
    if locked.awaits_until is not None:
        _settle(locked, language=language, by=by.id, at=at)


def _settle(locked: Attempt, *, language: str, by: int | None, at: datetime) -> None:
    append(
        locked,
        NewStep(
            operation=rules.identify(locked.public_id, locked.public_id, None, StepKind.SETTLE),
            kind=StepKind.SETTLE,
            by=by,
            at=at,
            language=language,
        ),
    )
    locked.awaits_until = None


def rescore(attempt: Attempt, *, owner: Person) -> None:
    """Bring the result of a handed-in quiz in line with its steps."""
    _write_score(attempt, _steps(attempt, owner))


def _write_score(attempt: Attempt, steps: list[Step]) -> None:
    score = quizzes.compute_score(items_for(attempt, steps), attempt.drawn, steps, attempt.terms())
    attempt.points, attempt.points_of = score.points, score.of


def _steps(attempt: Attempt, owner: Person) -> list[Step]:
    """What rules need of an attempt: every step of a quiz, and of an assignment's hundreds of drafts the last."""
    rows = sittings.last_rows_of(attempt) if attempt.kind is TaskKind.ASSIGNMENT else sittings.rows_of(attempt)
    return read_steps(owner, rows)


def take_back(sitting: Sitting, operation: UUID, *, language: str, by: Person, at: datetime) -> Attempt:
    """Open again what was handed in. Raises NotInAttempt, NotNow, TakenBackTooLate, CourseClosed."""
    if sitting.attempt is None or sitting.attempt.kind is not TaskKind.ASSIGNMENT:
        raise NotInAttempt
    place = seats.place_for_update(sitting.attempt.enrolment_id)
    attempt, closed_at = sittings.attempt_to_change(sitting.attempt.id)
    check_goes_on(closed_at)
    if attempt.state is AttemptState.OPEN:
        return attempt
    steps = _steps(attempt, by)
    if _was_done(attempt, steps, operation, StepKind.TAKE_BACK):
        return attempt
    is_being_marked = any(step.kind in rules.OF_MARKING for step in steps)
    rules.check_take_back(attempt.state, deadline=attempt.due_at, is_being_marked=is_being_marked, at=at)
    tallying.note_act(place, sitting.cohort, at=at)
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
    ledger.renew(place)
    return attempt
