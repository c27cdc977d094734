"""What the database holds, to be compared with what people were told."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from lms.assessments.models import Attempt, StepRow
from lms.assessments.rules.attempts import StepKind, identify
from lms.kernel.db import db

from .client import Save, Taker
from .site import SQLITE, Site


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Of what was acknowledged: how much is not there, there twice, or replaced by something older."""

    acknowledged: int
    lost: int
    doubled: int
    stale: int

    def __str__(self) -> str:
        return f"{self.acknowledged} acknowledged; lost {self.lost}, doubled {self.doubled}, stale {self.stale}"

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.acknowledged > 0 and not (self.lost or self.doubled or self.stale)


def compare(site: Site, takers: Iterable[Taker]) -> Compared:
    """Compare for each taker. One device a taker: what stands is what she was last told is saved."""
    lost = doubled = stale = count = 0
    with site.inside():
        check_whole(site)
        for taker in takers:
            attempt = attempt_of(taker.attempt)
            rows = answers_of(attempt)
            stored = {row.operation_id for row in rows}
            told = {save.operation: save for save in taker.acknowledged}
            count += len(told)
            lost += sum(operation_of(attempt, save) not in stored for save in told.values())
            doubled += sum(n - 1 for n in Counter((row.question, row.sequence) for row in rows).values())
            newest = {save.number: save for save in sorted(told.values(), key=lambda save: save.sequence)}
            for number, save in newest.items():
                own = [row for row in rows if row.question == attempt.drawn[number - 1]]
                head = max(own, key=lambda row: row.sequence, default=None)
                stale += head is None or (chosen_of(head), head.flagged, head.sequence) != said(save)
    return Compared(acknowledged=count, lost=lost, doubled=doubled, stale=stale)


def attempt_of(public_id: UUID) -> Attempt:
    """An attempt by its address."""
    return db.session.scalars(select(Attempt).where(Attempt.public_id == public_id)).one()


def steps_of(attempt: Attempt) -> list[StepRow]:
    """All steps, in the order received."""
    return list(db.session.scalars(select(StepRow).where(StepRow.attempt_id == attempt.id).order_by(StepRow.number)))


def answers_of(attempt: Attempt) -> list[StepRow]:
    """The answers among them."""
    return [row for row in steps_of(attempt) if row.kind is StepKind.ANSWER]


def operation_of(attempt: Attempt, save: Save) -> UUID:
    """The id under which the site stores this act."""
    content = {"data": {"chosen": list(said(save)[0])}, "flagged": save.flagged, "sequence": save.sequence}
    return identify(save.operation, attempt.public_id, attempt.drawn[save.number - 1], content)


def chosen_of(row: StepRow) -> tuple[str, ...]:
    """What a stored answer chose."""
    return tuple((row.data or {}).get("chosen", ()))


def said(save: Save) -> tuple[tuple[str, ...], bool, int]:
    """What a save chose, with its flag and its number."""
    return tuple(value for _, value in save.answer), save.flagged, save.sequence


def check_whole(site: Site) -> None:
    """The database says that it is in order."""
    if site.kind == SQLITE:
        found = db.session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
        assert found == "ok", f"integrity_check: {found}"
