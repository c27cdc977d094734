"""Results of a cohort's quizzes beside those that the newest keys give."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import contains_eager, defer

from lms.accounts.models import Person, PersonKey
from lms.accounts.queries import NOT_FOR_PAGES
from lms.cohorts.models import Enrolment
from lms.courses.models import Version
from lms.courses.rules import TaskKind
from lms.kernel.db import db

from ..models import Attempt, Conflict, StepRow
from ..rules import quizzes
from ..rules.attempts import OF_MARKING, AttemptState, Step, StepKind
from ..rules.items import Item, Score
from ..rules.replay import Shown, changed, rekeyed
from ..sealing import read_step
from . import keys
from .book import CohortBook, find_cohort
from .catalogue import catalogue

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


def find_replay(who: Person, cohort_id: UUID) -> Replay | None:
    """The cohort of an address."""
    book = find_cohort(who, cohort_id)
    return None if book is None else Replay(cohort=book.cohort, newest=keys.newest(book.cohort.version))


def changes(replay: Replay, who: Person, *, start: int, most: int) -> list[Change]:
    """Results that would change, from a place on, by number of the attempt. In batches: memory stays flat.

    Those of participants with whom this reader has a conflict of interest are not looked at.
    """
    return list(islice(_changes(replay, who), start, start + most))


def _changes(replay: Replay, who: Person) -> Iterator[Change]:
    last = 0
    while True:
        batch = _batch(replay, who, after=last)
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
    owners = {attempt.id: person for attempt, person, _ in found}
    if not owners:
        return {}
    rows = db.session.scalars(
        select(StepRow).where(StepRow.attempt_id.in_(owners), StepRow.kind.not_in(OF_MARKING)).order_by(StepRow.number)
    )
    steps: dict[int, list[Step]] = {}
    for row in rows:
        steps.setdefault(row.attempt_id, []).append(read_step(owners[row.attempt_id], row))
        db.session.expunge(row)
    return steps


def _attempts(replay: Replay, who: Person) -> Select[Attempt, Person, str]:
    return (
        select(Attempt, Person, Enrolment.alias)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Attempt.version)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(PersonKey, PersonKey.person_id == Person.public_id)
        .outerjoin(Conflict, and_(Conflict.enrolment_id == Enrolment.id, Conflict.person_id == who.id))
        .where(
            Enrolment.cohort_id == replay.cohort.id,
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


def _batch(replay: Replay, who: Person, *, after: int) -> list[Found]:
    query = _attempts(replay, who).where(Attempt.id > after).limit(BATCH)
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
