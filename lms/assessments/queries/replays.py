"""Results of a cohort's quizzes beside those that the newest keys give."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import contains_eager, defer

from lms.accounts.models import Person, PersonKey
from lms.accounts.queries import NOT_FOR_PAGES
from lms.cohorts.models import Enrolment
from lms.cohorts.policy import looked_after_by
from lms.courses.models import Version
from lms.courses.rules import TaskKind
from lms.kernel.db import db

from ..models import Attempt, Conflict, StepRow
from ..rules import quizzes
from ..rules.attempts import OF_MARKING, AttemptState, Step, StepKind
from ..rules.items import Item, Score
from ..rules.replay import Shown, changed, rekeyed
from ..sealing import read_steps
from . import keys
from .book import CohortBook, find_cohort
from .catalogue import catalogue
from .queue import own_conflict

BATCH = 250

Found: TypeAlias = tuple[Attempt, Person, str]
"""An attempt, the participant with her key, and her alias."""


@dataclass(frozen=True, kw_only=True)
class Replay(CohortBook):
    """A cohort with the newest published version of its programme."""

    newest: Version

    @cached_property
    def newer(self) -> dict[str, Item]:
        """The newest keys."""
        return dict(catalogue(self.newest).items)


@dataclass(frozen=True, kw_only=True)
class Change:
    """Whose result would change, at which task."""

    alias: str
    node_id: str
    number: int
    shown: Shown

    @property
    def percents(self) -> tuple[int, int]:
        """Per cent before and after."""
        return quizzes.percent(self.shown.before), quizzes.percent(self.shown.after)


def find_replay(who: Person, cohort_id: UUID) -> Replay | None:
    """The cohort of an address."""
    book = find_cohort(who, cohort_id)
    return None if book is None else Replay(cohort=book.cohort, newest=keys.newest(book.cohort.version))


def changes(replay: Replay, who: Person, *, after: UUID | None, most: int) -> list[Change]:
    """Results that would change, by number of the attempt, those after one of them. In batches: memory stays flat.

    Those of participants whom this reader does not look after, or has a conflict of interest with, are not looked at.
    """
    return list(islice(_changes(replay, who, after=_number_of(after)), most))


def _number_of(attempt_id: UUID | None) -> int:
    found = None if attempt_id is None else db.session.scalar(select(Attempt.id).where(Attempt.public_id == attempt_id))
    return found or 0


def _changes(replay: Replay, who: Person, *, after: int) -> Iterator[Change]:
    last, tasks = after, _touched_tasks(replay)
    while True:
        batch = _batch(replay, who, tasks, after=last)
        if not batch:
            return
        last = batch[-1][0].id
        rescored = _rescored(batch)
        touched = [found for found in batch if found[0].id in rescored or _is_touched(replay, found[0])]
        told = {attempt.public_id: (attempt, alias) for attempt, _, alias in touched}
        for shown in compare(replay, touched):
            attempt, alias = told[shown.attempt]
            yield Change(alias=alias, node_id=attempt.node_id, number=attempt.number, shown=shown)
        for attempt, person, _ in batch:
            db.session.expunge(attempt)
            if person is not who and person in db.session:
                db.session.expunge(person)


def _touched_tasks(replay: Replay) -> list[tuple[int, str]]:
    """The quizzes of each version on which attempts stand that ask something whose key differs: one statement."""
    versions = db.session.scalars(
        select(Version).where(
            exists()
            .where(Attempt.version_id == Version.id, Attempt.kind == TaskKind.QUIZ)
            .where(Enrolment.id == Attempt.enrolment_id, Enrolment.cohort_id == replay.cohort.id)
        )
    )
    found = []
    for version in versions:
        asked = catalogue(version)
        differ = changed(asked.items, replay.newer)
        found += [(version.id, task.node_id) for task in asked.tasks.values() if differ & set(task.quiz.items)]
    return found


def _is_touched(replay: Replay, attempt: Attempt) -> bool:
    """Whether a key of what was drawn for it differs."""
    return bool(changed(catalogue(attempt.version).items, replay.newer) & set(attempt.drawn))


def _rescored(batch: Sequence[Found]) -> set[int]:
    """Attempts that have the keys of another version than their own already: the newest may be as the first was."""
    of_batch = StepRow.attempt_id.in_([attempt.id for attempt, _, _ in batch])
    return set(db.session.scalars(select(StepRow.attempt_id).where(of_batch, StepRow.kind == StepKind.RESCORE)))


def compare(replay: Replay, found: Sequence[Found]) -> list[Shown]:
    """Of these attempts those whose result would be another: one statement."""
    steps = _steps_of(found)
    compared = []
    for attempt, _, _ in found:
        live = attempt.score() or Score(points=0, of=0)
        items = rekeyed(catalogue(attempt.version).items, replay.newer)
        again = quizzes.compute_score(items, attempt.drawn, steps.get(attempt.id, []), attempt.terms())
        if again != live:
            compared.append(Shown(attempt=attempt.public_id, before=live, after=again))
    return compared


def _steps_of(found: Iterable[Found]) -> dict[int, list[Step]]:
    """Their steps by attempt, opened with the key of each owner, which is unwrapped once."""
    owners = {attempt.id: person for attempt, person, _ in found}
    if not owners:
        return {}
    rows = db.session.scalars(
        select(StepRow).where(StepRow.attempt_id.in_(owners), StepRow.kind.not_in(OF_MARKING)).order_by(StepRow.number)
    )
    by_owner: dict[Person, list[StepRow]] = {}
    for row in rows:
        by_owner.setdefault(owners[row.attempt_id], []).append(row)
    steps: dict[int, list[Step]] = {}
    for owner, of_owner in by_owner.items():
        for row, step in zip(of_owner, read_steps(owner, of_owner), strict=True):
            steps.setdefault(row.attempt_id, []).append(step)
            db.session.expunge(row)
    return steps


def _attempts(replay: Replay, who: Person) -> Select[Attempt, Person, str]:
    return (
        select(Attempt, Person, Enrolment.alias)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Attempt.version)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .outerjoin(Conflict, own_conflict(who))
        .where(
            Enrolment.cohort_id == replay.cohort.id,
            looked_after_by(who),
            Enrolment.person_id != who.id,
            Conflict.id.is_(None),
            Attempt.kind == TaskKind.QUIZ,
            Attempt.state == AttemptState.HANDED_IN,
        )
        .options(
            contains_eager(Attempt.version),
            contains_eager(Person.key),
            *(defer(column, raiseload=True) for column in NOT_FOR_PAGES),
        )
        .order_by(Attempt.id)
    )


def _batch(replay: Replay, who: Person, tasks: Sequence[tuple[int, str]], *, after: int) -> list[Found]:
    """Attempts after one whose result may be another: with another key now, or keys of another version already."""
    of_task = [and_(Attempt.version_id == version_id, Attempt.node_id == node_id) for version_id, node_id in tasks]
    rescored = exists().where(StepRow.attempt_id == Attempt.id, StepRow.kind == StepKind.RESCORE)
    query = _attempts(replay, who).where(Attempt.id > after, or_(*of_task, rescored)).limit(BATCH)
    return [(attempt, person, alias) for attempt, person, alias in db.session.execute(query)]


def attempts_for_update(replay: Replay, wanted: Sequence[UUID], who: Person) -> list[Found]:
    """These attempts of the cohort, locked and read anew; those that are not hers to see are left out."""
    query = (
        _attempts(replay, who)
        .where(Attempt.public_id.in_(wanted))
        .with_for_update(of=Attempt)
        .execution_options(populate_existing=True)
    )
    return [(attempt, person, alias) for attempt, person, alias in db.session.execute(query)]
