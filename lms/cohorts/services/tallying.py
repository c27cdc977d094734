"""Keeping the counts of a cohort true: with each place that changes, in the same transaction.

It listens to the session, because a place changes in many acts and none of them may forget it. Counts are written
last of all, right before the commit: many people share them, and nobody is to wait for them longer than a commit
takes. Whatever is stored past the session, as for a demo, is counted anew.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Date, Select, Table, bindparam, delete, event, exists, inspect, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.orm.attributes import set_committed_value

from lms.kernel.db import db

from ..models import Cohort, Enrolment, Tally
from ..rules.tally import Count, Name, Standing, begins_week, counted_as, difference, week_of
from ..rules.wallclock import day_of

PENDING, BEFORE = "changes of counts", "changes of counts before savepoints"


def note_act(place: Enrolment, cohort: Cohort, *, at: datetime) -> None:
    """Note that she read, saved or handed in something today; the first time in a week she is counted in it.

    place: as it was read; where her other device was here a moment ago, that has noted it. Called before anything else
    of hers is locked, so an answer that is delivered once more counts too: her device was here. What comes after the
    closing changes nothing of a cohort. Two statements on the first act of a day, else none.
    """
    today, last = day_of(at, cohort.zone), place.active_on
    if last is not None and last >= today:
        return
    if db.session.execute(_noting(), {"place": place.id, "last": last, "today": today}).first() is None:
        return
    set_committed_value(place, "active_on", today)
    set_committed_value(place, "quiet_from", today)
    starts_on = db.session.execute(_beginning(), {"cohort_id": cohort.id}).scalar_one()
    if begins_week(today, last, starts_on):
        _change(db.session(), cohort.id, {(Count.WEEK, week_of(today, starts_on).isoformat()): 1})


@cache
def _noting() -> Any:
    table = cast(Table, Enrolment.__table__)
    is_as_read = table.c.active_on.is_not_distinct_from(bindparam("last", type_=Date))
    is_open = exists().where(Cohort.id == table.c.cohort_id, Cohort.closed_at.is_(None))
    today = bindparam("today", type_=Date)
    return (
        update(table)
        .where(table.c.id == bindparam("place"), is_as_read, is_open)
        .values(active_on=today, quiet_from=today)
        .returning(table.c.id)
    )


@cache
def _beginning() -> Select[date]:
    """As it is now that her place is locked: whoever moves it locks all places."""
    return select(Cohort.starts_on).where(Cohort.id == bindparam("cohort_id"))


def count_anew(cohort: Cohort, *, active: Mapping[date, int]) -> None:
    """Count all places of a cohort as they stand. active: how many people were, by the day on which a week begins.

    All its places are locked: else somebody could be counted between the looking and the writing, and be lost.
    """
    counts: Counter[Name] = Counter({(Count.WEEK, day.isoformat()): people for day, people in active.items()})
    columns = (Enrolment.course_language, Enrolment.state, Enrolment.agreed_at.is_not(None), Enrolment.finished)
    for language, state, has_come, finished in db.session.execute(
        select(*columns).where(Enrolment.cohort_id == cohort.id)
    ):
        counts.update(counted_as(Standing(language=language, state=state, has_come=has_come, finished=finished)))
    _pending(db.session()).pop(cohort.id, None)
    db.session.execute(delete(Tally).where(Tally.cohort_id == cohort.id))
    _add(db.session(), cohort.id, counts)


def _count_changes(session: Session, _flush: object) -> None:
    """After a flush: the counts follow the places that it stored."""
    before: dict[int, list[Standing]] = defaultdict(list)
    after: dict[int, list[Standing]] = defaultdict(list)
    for place in _places(session.new):
        after[place.cohort_id].append(_stands(place))
    for place in _places(session.dirty):
        before[place.cohort_id].append(_stood(place))
        after[place.cohort_id].append(_stands(place))
    for place in _places(session.deleted):
        before[place.cohort_id].append(_stood(place))
    for cohort_id in {*before, *after}:
        _change(session, cohort_id, difference(before[cohort_id], after[cohort_id]))


def _places(rows: Iterable[object]) -> Iterable[Enrolment]:
    return (row for row in rows if isinstance(row, Enrolment))


def _stands(place: Enrolment) -> Standing:
    return Standing(
        language=place.course_language,
        state=place.state,
        has_come=place.agreed_at is not None,
        finished=place.finished,
    )


def _stood(place: Enrolment) -> Standing:
    """The same before the flush."""

    def was(name: str) -> Any:
        gone = inspect(place).attrs[name].history.deleted
        return gone[0] if gone else getattr(place, name)

    return Standing(
        language=was("course_language"),
        state=was("state"),
        has_come=was("agreed_at") is not None,
        finished=was("finished"),
    )


def _pending(session: Session) -> dict[int, Counter[Name]]:
    """What is still to be added to counts in this transaction, by number of the cohort."""
    found: dict[int, Counter[Name]] = session.info.setdefault(PENDING, {})
    return found


def _change(session: Session, cohort_id: int, changes: Mapping[Name, int]) -> None:
    _pending(session).setdefault(cohort_id, Counter()).update(changes)


def _write_changes(session: Session) -> None:
    """Before a commit. In one order everywhere, so that two who count never wait for each other."""
    if session.in_nested_transaction():
        return  # a savepoint is no end
    session.flush()
    pending = session.info.pop(PENDING, {})
    for cohort_id in sorted(pending):
        _add(session, cohort_id, pending[cohort_id])


def _remember(session: Session, transaction: SessionTransaction) -> None:
    """At a savepoint: what was counted before it stays if it is undone."""
    if transaction.nested:
        before = {cohort_id: Counter(changes) for cohort_id, changes in _pending(session).items()}
        session.info.setdefault(BEFORE, []).append(before)


def _undo(session: Session) -> None:
    if session.in_nested_transaction():
        session.info[PENDING] = {cohort_id: Counter(changes) for cohort_id, changes in session.info[BEFORE][-1].items()}
    else:
        session.info.pop(PENDING, None)


def _forget_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info[BEFORE].pop()


def _add(session: Session, cohort_id: int, changes: Mapping[Name, int]) -> None:
    rows = [
        {"cohort_id": cohort_id, "kind": kind, "name": name, "people": changes[kind, name]}
        for kind, name in sorted(changes)
        if changes[kind, name]
    ]
    if rows:
        session.connection().execute(_adding(session.get_bind().dialect.name), rows)


@cache
def _adding(dialect: str) -> Any:
    table = cast(Table, Tally.__table__)  # not the class: the unit of work has no part in it
    new: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return new.on_conflict_do_update(
        index_elements=[table.c.cohort_id, table.c.kind, table.c.name],
        set_={"people": table.c.people + new.excluded.people},
    )


event.listen(db.session, "after_flush", _count_changes)
event.listen(db.session, "before_commit", _write_changes)
event.listen(db.session, "after_transaction_create", _remember)
event.listen(db.session, "after_rollback", _undo)
event.listen(db.session, "after_transaction_end", _forget_savepoint)
