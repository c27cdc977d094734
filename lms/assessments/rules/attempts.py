"""An attempt is a list of steps that only grows; its state and its answers follow from them.

Two devices may send the same step twice, late, or in any order. Which answer counts must not depend on that, so each
answer carries how much its page knew (`sequence`), and the highest counts, whatever arrived last.
Rule: docs/house-style.md 16, docs/decisions/0013.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from ..errors import NotNow, TakenBackTooLate

MOST_SEQUENCE = 1_000_000
"""An answer that claims more than this was not made by our pages."""


class AttemptState(StrEnum):
    """Where an attempt stands. A quiz stays handed in; only an assignment is marked, returned and released."""

    OPEN = "open"
    HANDED_IN = "handed in"
    MARKED = "marked"
    RETURNED = "returned"
    RELEASED = "released"


class StepKind(StrEnum):
    """What was done. Marks are steps too."""

    ANSWER = "answer"
    HAND_IN = "hand in"
    TIME_UP = "time up"
    TAKE_BACK = "take back"
    SETTLE = "settle"
    COUNT_LATE = "count late"
    LEAVE_LATE = "leave late"
    RESCORE = "rescore"
    MARK_DRAFT = "mark draft"
    MARK = "mark"
    RETURN = "return"
    RELEASE = "release"


OPEN, HANDED_IN, MARKED, RETURNED, RELEASED = AttemptState

MOVES: Mapping[AttemptState, Mapping[StepKind, AttemptState]] = {
    OPEN: {StepKind.ANSWER: OPEN, StepKind.HAND_IN: HANDED_IN, StepKind.TIME_UP: HANDED_IN},
    HANDED_IN: {
        StepKind.TAKE_BACK: OPEN,
        StepKind.SETTLE: HANDED_IN,
        StepKind.COUNT_LATE: HANDED_IN,
        StepKind.LEAVE_LATE: HANDED_IN,
        StepKind.RESCORE: HANDED_IN,
        StepKind.MARK_DRAFT: HANDED_IN,
        StepKind.MARK: MARKED,
        StepKind.RETURN: RETURNED,
    },
    # A mark may be mended until it is released; saving it as a draft takes it off the list of what will be released.
    MARKED: {
        StepKind.MARK_DRAFT: HANDED_IN,
        StepKind.MARK: MARKED,
        StepKind.RETURN: RETURNED,
        StepKind.RELEASE: RELEASED,
    },
    RETURNED: {},
    RELEASED: {},
}
"""Every move there is. An answer that comes to an attempt that is not open is kept aside and moves nothing."""

OF_MARKING = frozenset({StepKind.MARK_DRAFT, StepKind.MARK, StepKind.RETURN})
"""Steps that say what a marker thinks. Nobody who is marked may load them before the release."""


def next_state(state: AttemptState, kind: StepKind) -> AttemptState:
    """Where a step leads. Raises NotNow."""
    if kind is StepKind.ANSWER:
        return state
    try:
        return MOVES[state][kind]
    except KeyError:
        raise NotNow from None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step, as rules see it.

    number: grows in the order in which the steps of one attempt were received. sequence: one more than the highest
    sequence that the page knew for this question (Lamport's clock). written_at: when she wrote it, by our clock less
    the time her device held it. data: an answer, opened; None where nothing is answered. state: that of the attempt
    after the step, so an answer with another state than open was kept aside.
    """

    number: int
    operation: UUID
    kind: StepKind
    question: str | None
    sequence: int
    written_at: datetime
    received_at: datetime
    language: str
    data: Mapping[str, Any] | None
    flagged: bool
    state: AttemptState
    receipt: str | None = None

    @property
    def precedence(self) -> tuple[int, datetime, bytes]:
        """The highest counts. Nothing in it depends on the order of arrival."""
        return self.sequence, self.written_at, self.operation.bytes


def identify(operation: UUID, attempt: UUID, question: str | None, content: object) -> UUID:
    """The id under which an act is stored: the same act sent twice has the same one.

    The page's own id is mixed with what was sent, so a page that reuses its id for other words does not lose them. The
    page's id is random and not stored, so the result does not give the words away.
    """
    said = json.dumps([str(attempt), question, content], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return uuid5(operation, said)


def is_aside(step: Step) -> bool:
    """Whether an answer came when the attempt was no longer open."""
    return step.kind is StepKind.ANSWER and step.state is not AttemptState.OPEN


def answers(steps: Iterable[Step]) -> list[Step]:
    """The answers among the steps, in the order received."""
    return sorted((step for step in steps if step.kind is StepKind.ANSWER), key=lambda step: step.number)


def heads(steps: Iterable[Step]) -> dict[str, Step]:
    """The answer that stands for each question, of these steps; whoever scores gives those that count."""
    standing: dict[str, Step] = {}
    for step in steps:
        if step.kind is not StepKind.ANSWER or step.question is None:
            continue
        known = standing.get(step.question)
        if known is None or step.precedence > known.precedence:
            standing[step.question] = step
    return standing


def rivals(steps: Iterable[Step], head: Step) -> list[Step]:
    """Other answers to the same question whose pages knew as much as the one that stands: two devices, one moment.

    Empty again as soon as she has answered once more, knowing both.
    """
    return sorted(
        (
            step
            for step in steps
            if step.question == head.question
            and step.kind is StepKind.ANSWER
            and step.sequence == head.sequence
            and step.operation != head.operation
            and says(step) != says(head)
        ),
        key=lambda step: step.precedence,
        reverse=True,
    )


def says(step: Step) -> tuple[object, bool]:
    """What an answer says, whoever sent it and when."""
    return step.data, step.flagged


def is_overtaken(sequence: int, head: Step | None) -> bool:
    """Whether a page that answers with this sequence did not know the answer that stands."""
    return head is not None and sequence <= head.sequence


def next_sequence(head: Step | None) -> int:
    """What the next page that shows this question sends along."""
    return min(head.sequence + 1, MOST_SEQUENCE) if head is not None else 1


def check_take_back(state: AttemptState, *, deadline: datetime | None, is_being_marked: bool, at: datetime) -> None:
    """Refuse unless she may still take back what she handed in. Raises NotNow, TakenBackTooLate.

    Rule: docs/decisions/0014: until the deadline, and not once somebody has begun to mark it.
    """
    if state is not AttemptState.MARKED:
        next_state(state, StepKind.TAKE_BACK)
    if state is AttemptState.MARKED or is_being_marked or (deadline is not None and at >= deadline):
        raise TakenBackTooLate


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer as a page sends it.

    operation: the random id that the page was made with. held: how long the device held it before sending.
    """

    question: str
    data: Mapping[str, Any] | None
    flagged: bool
    operation: UUID
    sequence: int
    held: timedelta
    language: str


@dataclass(frozen=True, kw_only=True)
class HandIn:
    """A hand-in as its page sends it."""

    operation: UUID
    held: timedelta
    language: str
