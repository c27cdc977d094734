"""What markers do: save and finish marks, return, take over, step aside, decide about late work, release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.cohorts.queries.closing import closed_at_of
from lms.cohorts.rules.opening import check_not_closed
from lms.cohorts.rules.telling import News, Subject
from lms.cohorts.services import telling
from lms.kernel import events
from lms.kernel.db import db
from lms.modules.queries import enrolment_for_update

from ..errors import (
    BeingMarked,
    ClosedWhileMarking,
    LateMeanwhile,
    MarkedMeanwhile,
    NothingLate,
    NothingToRelease,
    NotNow,
    TextChanged,
)
from ..models import Attempt, Conflict, MarkerLanguages, StepRow
from ..queries import marking as queries
from ..queries import queue, releasing
from ..queries.marking import Reading, Submission
from ..queries.releasing import Release
from ..queries.sitting import attempt_for_update, attempt_to_change, step_of_operation
from ..rules import marking
from ..rules.attempts import AttemptState, StepKind, identify, next_state
from ..rules.events import MarksReleased
from ..rules.marking import Act, Marks
from ..rules.words import count_words
from ..sealing import seal_typed
from . import allotting
from .steps import NewStep, append

MARKED = audit.act("assessments.attempt.marked", "state")
RETURNED = audit.act("assessments.attempt.returned", "state")
RELEASED = audit.act("assessments.attempt.released", "state")
CONFLICT_DECLARED = audit.act("assessments.conflict.declared", "passed_on")
FINAL = {StepKind.MARK: MARKED, StepKind.RETURN: RETURNED}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Marks as a page sends them.

    operation: the random id that the page was made with. version: of the marks that the page was made from.
    knows_both: she was shown two versions and chose, so that whoever is marking does not keep her out. handed_in_at: of
    the text that she read; None where no page was read.
    """

    operation: UUID
    version: int
    marks: Marks
    language: str
    knows_both: bool = False
    handed_in_at: datetime | None = None


def save(submission: Submission, sent: Sent, act: Act, *, by: Person, at: datetime) -> StepKind:
    """Save marks as a draft, finish them, or return the work; what it came to.

    A draft is not audited: steps are their own record. Raises NotALevel, TooLong, CriterionMissing, FeedbackMissing,
    MarkedMeanwhile, TextChanged, BeingMarked, NotNow, CohortClosed.
    """
    kind = marking.settle(act, submission.rubric, sent.marks, meets_percent=submission.meets_percent)
    attempt, closed_at = attempt_to_change(submission.attempt.id)
    if closed_at is not None:
        raise ClosedWhileMarking(closed_at=closed_at)
    step = step_of(submission, sent, kind, by=by, at=at)
    last = queries.last_marking(attempt)
    if last is not None and last.operation_id == step.operation:
        return kind
    if (last.sequence if last else 0) != sent.version:
        if step_of_operation(step.operation) is not None:
            return kind
        raise MarkedMeanwhile
    if sent.handed_in_at is not None and attempt.handed_in_at not in (None, sent.handed_in_at):
        raise TextChanged
    if not sent.knows_both:
        _check_free(attempt, last, by=by, at=at)
    _append(attempt, step, by=by)
    if kind is StepKind.RETURN:
        telling.tell_of_act([submission.enrolment], Subject(news=News.RETURNED), at=at)
    return kind


def _open_attempt(submission: Submission) -> Attempt:
    """The attempt, locked, while its cohort is open. Raises CohortClosed."""
    attempt, closed_at = attempt_to_change(submission.attempt.id)
    check_not_closed(closed_at)
    return attempt


def step_of(submission: Submission, sent: Sent, kind: StepKind, *, by: Person, at: datetime) -> NewStep:
    """Marks as a step, what was typed sealed. kind: as they were settled."""
    rubric, typed = submission.rubric, marking.write_typed(sent.marks)
    data = marking.write_marks(rubric, sent.marks, kind=kind, meets_percent=submission.meets_percent)
    return NewStep(
        operation=identify(sent.operation, submission.attempt.public_id, None, [kind, sent.version, data, typed]),
        kind=kind,
        by=by.id,
        at=at,
        language=sent.language,
        sequence=sent.version + 1,
        data=data,
        sealed=seal_typed(submission.owner, typed),
    )


def _check_free(attempt: Attempt, last: StepRow | None, *, by: Person, at: datetime) -> None:
    if marking.holder(queries.holding_of(last), reader=by.id, at=at) is not None:
        name, since = queries.held_by(attempt)
        raise BeingMarked(name=name, since=since)


def _append(attempt: Attempt, step: NewStep, *, by: Person) -> None:
    before = attempt.state
    append(attempt, step)
    if step.kind in FINAL:
        attempt.marker_id = by.id
        audit.record(FINAL[step.kind], by=by.id, on=attempt.id, at=step.at, state=(before, attempt.state))


def take_over(
    submission: Submission, reading: Reading, operation: UUID, *, language: str, by: Person, at: datetime
) -> None:
    """Go on where somebody else is marking: her draft is kept and continued, and the work is now allotted here.

    Not audited: the steps tell it. Raises MarkedMeanwhile, NotNow, CohortClosed.
    """
    attempt = _open_attempt(submission)
    last = queries.last_marking(attempt)
    version, marks = reading.saved.version, reading.saved.marks
    name = identify(operation, attempt.public_id, None, ["take over", version])
    if last is not None and last.operation_id == name:
        return
    if (last.sequence if last else 0) != version:
        raise MarkedMeanwhile
    if attempt.state is not AttemptState.HANDED_IN:
        raise NotNow
    draft = Sent(operation=operation, version=version, marks=marks, language=language)
    step = step_of(submission, draft, StepKind.MARK_DRAFT, by=by, at=at)
    append(attempt, replace(step, operation=name))
    attempt.marker_id = by.id


def declare_conflict(submission: Submission, *, by: Person, at: datetime) -> None:
    """Step aside from all work of this participant, for good; doing it again changes nothing.

    What is allotted to her goes to another marker. Marks of hers that are not released are set aside: whoever comes
    after her begins anew. Raises CohortClosed.
    """
    enrolment, closed_at = enrolment_for_update(submission.enrolment.id)
    check_not_closed(closed_at)
    if queries.find_conflict(enrolment, by) is not None:
        return
    db.session.add(Conflict(person_id=by.id, enrolment_id=enrolment.id, declared_at=at))
    db.session.flush()  # allotting asks for it
    for attempt in queries.marked_by(enrolment, by):
        _set_aside(attempt_for_update(attempt.id), by=by, at=at)
    passed_on = queries.unreleased_of(enrolment, by)
    for attempt in passed_on:
        allotting.allot(attempt, submission.cohort, at=at)
    audit.record(CONFLICT_DECLARED, by=by.id, on=enrolment.id, at=at, passed_on=(None, len(passed_on)))


def _set_aside(attempt: Attempt, *, by: Person, at: datetime) -> None:
    """Begin anew with what still waits and is still hers. attempt: locked."""
    last = queries.last_marking(attempt)
    if attempt.state not in queue.WAITS or last is None or last.by_id != by.id:
        return
    version = last.sequence
    append(
        attempt,
        NewStep(
            operation=identify(attempt.public_id, attempt.public_id, None, ["set aside", version]),
            kind=StepKind.MARK_DRAFT,
            by=None,
            at=at,
            language=attempt.language,
            sequence=version + 1,
            data={"levels": {}, "total": 0},
        ),
    )


def decide_late(
    submission: Submission, operation: UUID, *, seen: int, counts: bool, language: str, by: Person, at: datetime
) -> None:
    """Count what came late, or leave it; deciding the same again changes nothing.

    seen: number of the last late text that the page showed. Raises NothingLate, LateMeanwhile, NotNow,
    CohortClosed. Not audited: the step is its own record. Rule: docs/domain.md 1.8: a person decides, and it is never
    zero by rule.
    """
    attempt = _open_attempt(submission)
    kind = StepKind.COUNT_LATE if counts else StepKind.LEAVE_LATE
    name = identify(operation, attempt.public_id, None, [kind])
    if step_of_operation(name) is not None:
        return
    next_state(attempt.state, kind)
    late = marking.late_number(queries.steps_to_decide(attempt))
    if not late:
        raise NothingLate
    if late > seen:
        raise LateMeanwhile
    append(attempt, NewStep(operation=name, kind=kind, by=by.id, at=at, language=language))
    attempt.words = count_words(queries.text_that_counts(submission, attempt))


def release(release: Release, seen: Mapping[UUID, int], operation: UUID, *, by: Person, at: datetime) -> int:
    """Show finished marks to their participants: those on the list as it was shown, and no others; how many.

    seen: which attempts the list held, and the version of the marks of each. Raises NothingToRelease, CohortClosed.
    """
    check_not_closed(closed_at_of(release.cohort.id))
    names = {one: identify(operation, one, None, [StepKind.RELEASE, version]) for one, version in seen.items()}
    marked = releasing.marked_for_update(release, by, seen)
    if not marked:
        return _released_before(list(names.values()))
    for attempt, mark in marked:
        _release(attempt, mark, names[attempt.public_id], by=by, at=at)
    whose = {attempt.enrolment_id: attempt.enrolment for attempt, _mark in marked}
    telling.tell_of_act(list(whose.values()), Subject(news=News.RELEASED), at=at)
    events.publish(MarksReleased(at=at))
    return len(marked)


def _released_before(names: Sequence[UUID]) -> int:
    done = releasing.released_by(names)
    if not done:
        raise NothingToRelease
    return done


def _release(attempt: Attempt, mark: StepRow, name: UUID, *, by: Person, at: datetime) -> None:
    before = attempt.state
    append(attempt, release_step(mark.data or {}, name, language=mark.language, by=by, at=at))
    write_result(attempt, mark.data or {}, at=at)
    record_release(attempt, before=before, by=by, at=at)


def release_step(mark: Mapping[str, Any], name: UUID, *, language: str, by: Person, at: datetime) -> NewStep:
    """A release as a step. mark: what stands in clear of the marks."""
    result = {"total": mark["total"], "verdict": mark["verdict"]}
    return NewStep(operation=name, kind=StepKind.RELEASE, by=by.id, at=at, language=language, data=result)


def write_result(attempt: Attempt, mark: Mapping[str, Any], *, at: datetime) -> None:
    """From here on her own pages show the marks. mark: what stands in clear of them."""
    attempt.total, attempt.verdict = mark["total"], marking.Verdict(mark["verdict"])
    attempt.released_at = at


def record_release(attempt: Attempt, *, before: AttemptState, by: Person, at: datetime) -> None:
    """Write the release into the audit."""
    audit.record(RELEASED, by=by.id, on=attempt.id, at=at, state=(before, attempt.state))


def choose_languages(languages: Sequence[str], *, by: Person) -> None:
    """Keep in which languages she marks, the language of her pages first. Not audited: it concerns nobody else."""
    own_first = sorted(languages, key=lambda code: code != by.interface_language)
    row = queue.languages_row(by)
    if row is None:
        db.session.add(MarkerLanguages(person_id=by.id, languages=own_first))
    else:
        row.languages = own_first
