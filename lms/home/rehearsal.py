"""Answers, hand-ins and marks of the demo year: the same services that people use, at invented hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from lms.accounts.models import Person
from lms.accounts.queries import find_recipient
from lms.assessments.models import Attempt
from lms.assessments.queries import marking as queries
from lms.assessments.queries import record, releasing
from lms.assessments.queries import sitting as sittings
from lms.assessments.queries.catalogue import Task
from lms.assessments.rules.allowing import NewAllowance
from lms.assessments.rules.attempts import Answered, HandIn
from lms.assessments.rules.marking import Act
from lms.assessments.services import allowing, marking, taking
from lms.assessments.services.marking import Sent
from lms.cohorts.models import Cohort
from lms.cohorts.policy import facilitates
from lms.cohorts.queries.seats import calendar_of
from lms.courses.rules import TaskKind
from lms.kernel.chance import Draw
from lms.kernel.ids import new_id

from . import remarks
from .answering import RIGHT_PERCENT, Mind, Text
from .remarks import Told

AT_ONCE = timedelta(0)
HOUR = timedelta(hours=1)
MORE_TIME = timedelta(weeks=2)


@dataclass(frozen=True, kw_only=True)
class Note:
    """How far somebody is with an assignment. told: what its marker thinks of it; None while it waits."""

    text: Text = field(default_factory=lambda: Text(sample=0, cut=1))
    is_handed_in: bool = True
    told: Told | None = None
    act: Act = Act.FINISH
    is_released: bool = False


WAITING = Note()
DRAFT = Note(is_handed_in=False, text=Text(sample=1, cut=3))
RELEASED = Note(text=Text(sample=0, cut=1), told=remarks.GOOD, is_released=True)
MARKED = Note(told=remarks.PLAIN)
NOTES: Mapping[str, Note] = {
    "en2": RELEASED,
    "fr2": RELEASED,
    "ar2": RELEASED,
    "ar3": Note(text=Text(sample=0), told=remarks.STRONG, is_released=True),
    "fr3": Note(text=Text(sample=1), told=remarks.NOT_YET, is_released=True),
    "en4": MARKED,
    "fr4": MARKED,
    "ar4": MARKED,
    "en5": Note(text=Text(sample=1, cut=4), told=remarks.RETURNED, act=Act.RETURN),
    "fr5": Note(told=remarks.BEGUN, act=Act.DRAFT),
    "ar5": WAITING,
    "en3": WAITING,
    "en6": WAITING,
    "fr6": WAITING,
    "ar6": WAITING,
    "en7": WAITING,
    "fr7": WAITING,
    "ar7": WAITING,
    "en8": DRAFT,
}
"""The note on one ceasefire, by login. Who is not here has not begun it."""

DILIGENT = ("en2", "fr2", "ar2")
IN_CONFLICT = "fr7"
ALLOWED = "en8"


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A participant of the demo. diligence: of 100, how much of what is open she has done."""

    person: Person
    login: str
    diligence: int

    @property
    def language(self) -> str:
        """The language she answers in."""
        return self.person.interface_language

    @property
    def knows(self) -> int:
        """Of 100 questions, how many she answers rightly."""
        return 100 if self.login in DILIGENT else RIGHT_PERCENT


class Rehearsal:
    """Does the work of a cohort inside the running transaction."""

    def __init__(self, cohort: Cohort, *, draw: Draw, at: datetime) -> None:
        self._cohort, self._draw, self._at = cohort, draw, at
        self._places: Mapping[str, UUID] = {entry.node_id: entry.public_id for entry in calendar_of(cohort)}

    def work(self, workers: Sequence[Worker], tasks: Sequence[Task]) -> None:
        """Let everybody work on these tasks as far as she got, each hour by hour."""
        for worker in workers:
            find_recipient(worker.person.id)  # her key comes with it: what she types is sealed
            for place, task in enumerate(tasks):
                if self._has_begun(worker, task):
                    self._do(worker, task, self._hour(place, len(tasks)))

    def _has_begun(self, worker: Worker, task: Task) -> bool:
        if task.kind is TaskKind.ASSIGNMENT:
            return worker.login in NOTES
        return self._draw.number(0, 99) < worker.diligence

    def _hour(self, place: int, total: int) -> datetime:
        """Some time from six days to one and a half ago, later tasks later."""
        return self._at - (total - place) * 4 * 24 * HOUR // total - timedelta(minutes=self._draw.number(720, 2000))

    def _do(self, worker: Worker, task: Task, at: datetime) -> None:
        place = sittings.find_task_place(worker.person, self._places[task.node_id])
        assert place is not None
        taking.open_attempt(place, by=worker.person, language=worker.language, at=at)
        sitting = self._sitting(worker, task)
        for name in sitting.attempt.drawn:
            self._answer(worker, sitting, name, at + timedelta(minutes=self._draw.number(1, 9)))
        if self._hands_in(worker, task):
            sent = HandIn(operation=new_id(), held=AT_ONCE, language=worker.language)
            taking.hand_in(sitting, sent, by=worker.person, at=at + timedelta(minutes=20))

    def _hands_in(self, worker: Worker, task: Task) -> bool:
        if task.kind is TaskKind.ASSIGNMENT:
            return NOTES[worker.login].is_handed_in
        return task.kind is TaskKind.QUIZ and (worker.login in DILIGENT or self._draw.number(0, 9) > 0)

    def _sitting(self, worker: Worker, task: Task) -> Any:
        return sittings.find_sitting(worker.person, self._places[task.node_id])

    def _answer(self, worker: Worker, sitting: Any, name: str, at: datetime) -> None:
        note = NOTES.get(worker.login, WAITING)
        mind = Mind(self._draw, worker.language, right_percent=worker.knows, text=note.text)
        answered = Answered(
            question=name,
            data=mind.think(sitting.attempt_catalogue.items[name]),
            flagged=self._draw.number(0, 9) == 0,
            operation=new_id(),
            sequence=1,
            held=AT_ONCE,
            language=worker.language,
        )
        taking.save_answer(sitting, sitting.attempt, answered, by=worker.person, at=at)

    def mark(self, workers: Sequence[Worker], task: Task, markers: Mapping[int, Person]) -> UUID:
        """Let the facilitators do their part: mark, return, begin, step aside, allow, release. markers: by number.

        The public id of a piece of work that still waits for the first of them.
        """
        attempts = {worker.login: self._sitting(worker, task) for worker in workers if worker.login in NOTES}
        self._step_aside(attempts[IN_CONFLICT].attempt, markers)
        self._allow(attempts[ALLOWED].enrolment.public_id, task, markers)
        for worker in workers:
            note = NOTES.get(worker.login)
            if note is not None and note.told is not None:
                self._mark(attempts[worker.login].attempt, note, note.told, markers)
        released = [attempts[login].attempt for login, note in NOTES.items() if note.is_released]
        for marker in markers.values():
            self._release([attempt for attempt in released if attempt.marker_id == marker.id], task, marker)
        waiting = (attempts[login].attempt for login, note in NOTES.items() if note is WAITING)
        first: UUID = next(attempt.public_id for attempt in waiting if attempt.marker_id == next(iter(markers)))
        return first

    def _mark(self, attempt: Attempt, note: Note, told: Told, markers: Mapping[int, Person]) -> None:
        marker = markers[attempt.marker_id or 0]
        submission = queries.find_submission(marker, attempt.public_id)
        assert submission is not None
        language = attempt.language
        marks = told.marks(submission.rubric, note.text.write(submission.item, language), language)
        at = self._at - (18 if note.is_released else 3) * HOUR - timedelta(minutes=self._draw.number(0, 180))
        sent = Sent(operation=new_id(), version=0, marks=marks, language=marker.interface_language)
        marking.save(submission, sent, note.act, by=marker, at=at)

    def _release(self, attempts: Sequence[Attempt], task: Task, by: Person) -> None:
        """What she marked of these alone; what was marked later waits for the next release."""
        release = releasing.find_release(by, self._places[task.node_id], by.interface_language)
        assert release is not None
        seen = {attempt.public_id: 1 for attempt in attempts}
        marking.release(release, seen, new_id(), by=by, at=self._at - 12 * HOUR)

    def _step_aside(self, attempt: Attempt, markers: Mapping[int, Person]) -> None:
        marker = markers[attempt.marker_id or 0]
        submission = queries.find_submission(marker, attempt.public_id)
        assert submission is not None
        marking.declare_conflict(submission, by=marker, at=self._at - 20 * HOUR)

    def _allow(self, enrolment_id: UUID, task: Task, markers: Mapping[int, Person]) -> None:
        """Whoever facilitates her group gives her more time."""
        found = [(by, record.find_participant(by, self._cohort.public_id, enrolment_id)) for by in markers.values()]
        by, book = next((by, book) for by, book in found if book is not None and facilitates(by, book))
        until = self._at + MORE_TIME
        new = NewAllowance(
            node_id=task.node_id, extra_attempts=0, extra_minutes=0, due_at=until, reason=remarks.REASON, known=0
        )
        allowing.give_allowance(book, new, by=by, at=self._at - 20 * HOUR)
