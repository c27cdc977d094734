"""What the platform does not hold and a person enters: for one participant, or for all who were in a session."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from lms.accounts.models import Person
from lms.audit import services as audit
from lms.kernel.db import db
from lms.kernel.ids import new_id

from ..models import Cohort, FactRow
from ..queries import desk, people
from ..rules.facts import Fact, FactKind, check_fact
from ..rules.opening import check_not_closed

FACT_ENTERED = audit.act("cohorts.fact.entered", "kind", "session")
FACT_WITHDRAWN = audit.act("cohorts.fact.withdrawn", "kind", "session")


def enter_fact(enrolment_id: int, fact: Fact, *, by: Person, at: datetime) -> FactRow:
    """Enter what the platform does not hold. Raises BadFact, CohortClosed."""
    cohort = desk.cohort_of_for_update(enrolment_id)
    check_not_closed(cohort.closed_at)
    known = [row.fact() for row in people.facts_of(enrolment_id)]
    _check(cohort, fact, known, at=at)
    return _enter(enrolment_id, fact, by=by, at=at)


def withdraw_fact(fact: FactRow, *, by: Person, at: datetime) -> None:
    """Take back what was entered by mistake; doing it again changes nothing. Raises CohortClosed."""
    check_not_closed(desk.cohort_of_for_update(fact.enrolment_id).closed_at)
    row = people.fact_for_update(fact.id)
    if row.withdrawn_at is None:
        _withdraw(row, by=by, at=at)


@dataclass(frozen=True, kw_only=True)
class Attendance:
    """One page of the list of a live session. present: whose box is ticked. shown: whose was when the page was made.

    Both are public ids of places. shown_on: the day that the page was made with. Only what differs is changed, so that
    two people who tick at once undo nothing of each other's.
    """

    session: int
    on: date
    present: Collection[UUID]
    shown: Collection[UUID]
    shown_on: date | None = None

    def takes_back(self, public_id: UUID, entered_on: date) -> bool:
        """Whether what it showed stands no more: the tick was taken away, or the day corrected."""
        is_corrected = self.on not in (self.shown_on, entered_on)
        return public_id in self.shown and (public_id not in self.present or is_corrected)


def note_attendance(cohort_id: int, page: Attendance, *, besides: Collection[UUID], by: Person, at: datetime) -> None:
    """Enter who was in a live session, and take back whose tick was taken away. Raises BadFact, CohortClosed.

    A corrected day takes back what was entered and enters it anew. Sending the same page again changes nothing. Nobody
    enters anything for herself: her own place is passed over. besides: others about whom she enters nothing, because
    of a conflict of interest, by public id.
    """
    cohort = desk.cohort_for_update(cohort_id)
    check_not_closed(cohort.closed_at)
    fact = Fact(kind=FactKind.ATTENDED, on=page.on, session=page.session)
    known = people.attended(cohort, page.session)
    places = people.places_by_id(cohort, {*page.present, *page.shown}.difference(besides), besides=by)
    leaving = {key: row for one, key in places.items() if (row := known.get(key)) and page.takes_back(one, row.on)}
    fresh = {key for one, key in places.items() if key not in known and one not in page.shown}
    coming = [key for one, key in places.items() if one in page.present and (key in leaving or key in fresh)]
    if coming:
        _check(cohort, fact, (), at=at)
    for row in leaving.values():
        _withdraw(row, by=by, at=at)
    db.session.flush()  # one fact of a session counts at a time
    for enrolment_id in coming:
        _enter(enrolment_id, fact, by=by, at=at)


def _check(cohort: Cohort, fact: Fact, known: Collection[Fact], *, at: datetime) -> None:
    today = at.astimezone(ZoneInfo(cohort.zone)).date()
    check_fact(fact, known=known, starts_on=cohort.starts_on, today=today)


def _enter(enrolment_id: int, fact: Fact, *, by: Person, at: datetime) -> FactRow:
    row = FactRow(
        public_id=new_id(),
        enrolment_id=enrolment_id,
        kind=fact.kind,
        session=fact.session or 0,
        on=fact.on,
        by_id=by.id,
        at=at,
    )
    db.session.add(row)
    kind, session = (None, fact.kind.value), (None, fact.session)
    audit.record(FACT_ENTERED, by=by.id, on=enrolment_id, at=at, kind=kind, session=session)
    return row


def _withdraw(row: FactRow, *, by: Person, at: datetime) -> None:
    row.withdrawn_at = at
    kind, session = (row.kind.value, None), (row.session or None, None)
    audit.record(FACT_WITHDRAWN, by=by.id, on=row.enrolment_id, at=at, kind=kind, session=session)
