"""What a cohort has counted: one statement at any size."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import Select, bindparam, select

from lms.kernel.db import db

from ..models import Cohort, Tally
from ..rules.enrolment import MAY_READ, EnrolmentState
from ..rules.tally import Count, Places, read_places


@dataclass(frozen=True, kw_only=True)
class Counts:
    """All counts of a cohort. active: people by the day on which a week begins. finished: by module."""

    places: Sequence[Places]
    finished: Mapping[str, int]
    active: Mapping[date, int]

    def of(self, states: Iterable[EnrolmentState], *, has_come: bool | None = None) -> int:
        """How many places are in one of these states; has_come: only whoever came, or only whoever did not."""
        wanted = set(states)
        return sum(one.people for one in self.places if one.state in wanted and has_come in (None, one.has_come))

    def by_language(self) -> dict[str, int]:
        """How many have a place or took part, by language of the course, most first."""
        found: dict[str, int] = defaultdict(int)
        for one in self.places:
            if one.state in MAY_READ and one.people:
                found[one.language] += one.people
        return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def counts_of(cohort: Cohort) -> Counts:
    """What stands now."""
    found: dict[Count, dict[str, int]] = {kind: {} for kind in Count}
    for kind, name, people in db.session.execute(_counts(), {"cohort_id": cohort.id}):
        found[kind][name] = people
    return Counts(
        places=read_places(found[Count.PLACE]),
        finished=found[Count.MODULE],
        active={date.fromisoformat(day): people for day, people in found[Count.WEEK].items()},
    )


@cache
def _counts() -> Select[Count, str, int]:
    return select(Tally.kind, Tally.name, Tally.people).where(Tally.cohort_id == bindparam("cohort_id"))
