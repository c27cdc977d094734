"""One participant for those who run her cohort: alias, state, what was told of her, never her name or contact."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from lms.accounts.models import Person
from lms.assessments.models import Conflict
from lms.assessments.queries.queue import own_conflict
from lms.cohorts.models import Cohort, Enrolment, FactRow
from lms.cohorts.queries.people import place_of_address
from lms.cohorts.queries.seats import Seat
from lms.courses.rules import Told, tell
from lms.kernel.db import db


@dataclass(frozen=True, kw_only=True)
class PersonFile:
    """A participant as one member of staff gets her, with her key, so that what was typed about her can be read.

    in_conflict: the reader declared a conflict of interest with her.
    """

    cohort: Cohort
    participant: Enrolment
    in_conflict: bool

    @property
    def enrolment(self) -> None:
        """Staff take no part."""
        return None

    @property
    def owner(self) -> Person:
        """The person under whose key things are sealed."""
        return self.participant.person

    @property
    def seat(self) -> Seat:
        """Her place in the course, as she has it herself."""
        return Seat(cohort=self.cohort, enrolment=self.participant)

    def title(self, language: str) -> Told:
        """The cohort's title for a page in this language."""
        return tell(self.cohort.title, language, self.cohort.version.required_languages)


def find_file(who: Person, cohort_id: UUID, enrolment_id: UUID) -> PersonFile | None:
    """The participant of an address: one statement."""
    bound = {"me": who.id, "cohort_id": cohort_id, "enrolment_id": enrolment_id}
    row = db.session.execute(_file(), bound).one_or_none()
    if row is None:
        return None
    participant, cohort, conflict = row
    return PersonFile(cohort=cohort, participant=participant, in_conflict=conflict is not None)


@cache
def _file() -> Select[*tuple[Any, ...]]:
    return place_of_address().outerjoin(Conflict, own_conflict()).add_columns(Conflict.id)


@dataclass(frozen=True, kw_only=True)
class FactFile(PersonFile):
    """One of the things that were entered for her by hand."""

    fact: FactRow


def find_fact(who: Person, cohort_id: UUID, enrolment_id: UUID, fact_id: UUID) -> FactFile | None:
    """The entry of an address."""
    found = find_file(who, cohort_id, enrolment_id)
    if found is None:
        return None
    of_hers = FactRow.enrolment_id == found.participant.id, FactRow.public_id == fact_id
    fact = db.session.scalars(select(FactRow).where(*of_hers)).one_or_none()
    if fact is None:
        return None
    return FactFile(
        cohort=found.cohort,
        participant=found.participant,
        in_conflict=found.in_conflict,
        fact=fact,
    )
