"""Whether work came in time. The device's own clock alone never makes work late or on time.

Rule: docs/decisions/0014 (late work), written in her favour: whatever arrives is kept, and what came too late for
these rules is shown to a person who decides; until then it does not count.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from .attempts import Step, StepKind, answers, is_aside

GRACE = timedelta(days=3)
LEASE_LASTS = timedelta(days=14)
OUTAGE_CREDIT = timedelta(minutes=15)
HELD_BACK = timedelta(minutes=1)
"""An answer that its device held longer than this shows that the line was cut."""


HER_END = frozenset({StepKind.HAND_IN, StepKind.SETTLE})
"""After these nothing counts by itself: she said that she is done."""

ENDINGS = HER_END | {StepKind.TIME_UP, StepKind.TAKE_BACK}
DECISIONS = frozenset({StepKind.COUNT_LATE, StepKind.LEAVE_LATE})


class Timeliness(StrEnum):
    """How a piece of work stands to its deadline."""

    ON_TIME = "on time"
    WRITTEN_BEFORE = "written before"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The times under which an attempt was opened, her own allowances included.

    deadline: None where the calendar has no date. allowed: None for work without a time limit.
    """

    opened_at: datetime
    deadline: datetime | None = None
    allowed: timedelta | None = None
    grace: timedelta = field(default=GRACE)
    outage_credit: timedelta = field(default=OUTAGE_CREDIT)


def written_at(received_at: datetime, *, held: timedelta) -> datetime:
    """When work was written, by our clock.

    held: from writing to sending, both by the device's clock, which may be wrong by years but runs evenly. Never in
    the future, never more than the lease of two weeks ago.
    """
    return received_at - min(max(held, timedelta(0)), LEASE_LASTS)


def compute_outage(steps: Iterable[Step], terms: Terms) -> timedelta:
    """The time without a line, as far as it is credited."""
    return max((credited for _, credited in _outages(steps, terms)), default=timedelta(0))


def _outages(steps: Iterable[Step], terms: Terms) -> Iterator[tuple[Step, timedelta]]:
    """Each answer in the order received, with the outage credited until then.

    A gap is the time in which we saw nothing of her before an answer came that its device had held back.
    """
    total, contact = timedelta(0), terms.opened_at
    for step in answers(steps):
        if step.received_at - step.written_at > HELD_BACK:
            total += max(step.received_at - contact, timedelta(0))
        contact = max(contact, step.received_at)
        yield step, min(total, terms.outage_credit)


def ends_at(terms: Terms, *, outage: timedelta) -> datetime | None:
    """When the time of a timed attempt is over, what the line took given back; None for untimed work."""
    return terms.opened_at + terms.allowed + outage if terms.allowed is not None else None


def closes_at(terms: Terms) -> datetime | None:
    """From when on the attempt is closed for her, whatever state it is in; None where nothing closes it.

    A timed one waits for the longest outage that is credited.
    """
    ends = [ends_at(terms, outage=terms.outage_credit)]
    if terms.deadline is not None:
        ends.append(terms.deadline + terms.grace)
    return min((end for end in ends if end is not None), default=None)


def judge(terms: Terms, *, received_at: datetime, written_at: datetime, outage: timedelta) -> Timeliness:
    """Whether an answer or a hand-in is in time."""
    end = ends_at(terms, outage=outage)
    if end is not None and received_at > end:
        return Timeliness.LATE
    if terms.deadline is None or received_at <= terms.deadline + terms.grace:
        return Timeliness.ON_TIME
    # The attempt that we opened is what her device holds: its work counts by when it was written, for two weeks.
    if written_at <= terms.deadline and received_at <= terms.deadline + terms.grace + LEASE_LASTS:
        return Timeliness.WRITTEN_BEFORE
    return Timeliness.LATE


def judge_steps(steps: Iterable[Step], terms: Terms) -> dict[int, Timeliness]:
    """How each answer stands, by its number; each is judged by what was known when it came."""
    return {
        step.number: judge(terms, received_at=step.received_at, written_at=step.written_at, outage=outage)
        for step, outage in _outages(steps, terms)
    }


def counted(steps: Sequence[Step], terms: Terms) -> list[Step]:
    """The answers that count: in time and not after she handed in, or late and counted by a person's decision.

    What comes after the clock closed the attempt counts if it was written before the due date, until she asks for the
    result; what comes after she handed it in herself does not. What was kept beside an attempt that nothing had closed
    came when its cohort was.
    """
    judged = judge_steps(steps, terms)
    decided_at = max((step.number for step in steps if step.kind is StepKind.COUNT_LATE), default=0)
    closing: StepKind | None = None
    found = []
    for step in sorted(steps, key=lambda s: s.number):
        if step.kind in ENDINGS:
            closing = step.kind
        elif step.kind is StepKind.ANSWER:
            came = closing is StepKind.TIME_UP if is_aside(step) else closing not in HER_END
            if (came and judged[step.number] is not Timeliness.LATE) or step.number < decided_at:
                found.append(step)
    return found


def undecided(steps: Sequence[Step], terms: Terms) -> list[Step]:
    """Answers that do not count because they came late or after she handed in, and about which nobody decided yet."""
    counts = {step.number for step in counted(steps, terms)}
    decided_at = max((step.number for step in steps if step.kind in DECISIONS), default=0)
    return [step for step in answers(steps) if step.number not in counts and step.number > decided_at]


def awaits_until(terms: Terms, *, at: datetime) -> datetime | None:
    """Until when answers may still come to an attempt that the clock closes now, and count by themselves.

    None where none can: until then nobody is shown what was right, or she could still answer it.
    """
    last = terms.deadline + terms.grace + LEASE_LASTS if terms.deadline is not None else None
    end = ends_at(terms, outage=terms.outage_credit)
    moments = [moment for moment in (last, end) if moment is not None]
    return min(moments) if moments and min(moments) > at else None


def judge_step(steps: Iterable[Step], terms: Terms, *, received_at: datetime, held: timedelta) -> Timeliness:
    """How an act stands that comes now, after these steps."""
    moment = written_at(received_at, held=held)
    return judge(terms, received_at=received_at, written_at=moment, outage=compute_outage(steps, terms))
