"""Marking again with a corrected key: which keys hold for an attempt, and what comes out with newer ones.

A rescore is a step that names the number of the version whose keys were used. Whoever scores the attempt later reads
that step first, so replaying the steps of an attempt always gives its result.
Rule: docs/house-style.md 16: correcting a question replays the steps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from .attempts import Step, StepKind
from .items import Choice, Item, Matching, Ordering, Score, Short


def version_of_keys(steps: Iterable[Step]) -> int | None:
    """The number of the version whose keys hold since the last rescore; None for those of the attempt's own version."""
    applied = [step for step in steps if step.kind is StepKind.RESCORE and step.data is not None]
    return int(max(applied, key=lambda step: step.number).data["version"]) if applied else None  # type: ignore[index] # data is not None above


def is_comparable(old: Item, new: Item) -> bool:
    """Whether an answer to one question can be scored with the key of the other: same id, kind and options."""
    return old.node_id == new.node_id and old.kind is new.kind and shape(old) == shape(new)


def shape(item: Item) -> object:
    """What an answer refers to: the ids that can be chosen, or how many texts are asked for and who marks them."""
    if isinstance(item, Choice | Ordering):
        return frozenset(option.id for option in item.options)
    if isinstance(item, Matching):
        return frozenset(pair.id for pair in item.pairs)
    return (item.fields, item.by_hand) if isinstance(item, Short) else None


def rekeyed(items: Mapping[str, Item], newer: Mapping[str, Item]) -> dict[str, Item]:
    """The questions of one version, with the keys of another where an answer means the same in both."""
    return {
        name: newer[name] if name in newer and is_comparable(item, newer[name]) else item
        for name, item in items.items()
    }


def changed(items: Mapping[str, Item], newer: Mapping[str, Item]) -> frozenset[str]:
    """The questions whose result may differ with the keys of another version."""
    used = rekeyed(items, newer)
    return frozenset(name for name, item in items.items() if used[name] != item)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A change as somebody saw it: the result there is, and the one with the newer keys."""

    attempt: UUID
    before: Score
    after: Score


def write_shown(change: Shown) -> str:
    """A change as a form carries it."""
    scores = (change.before.points, change.before.of, change.after.points, change.after.of)
    return ":".join([str(change.attempt), *map(str, scores)])


def read_shown(values: Sequence[str]) -> list[Shown]:
    """The changes that a form carries. Raises ValueError."""
    found = []
    for value in values:
        attempt, *numbers = value.split(":")
        points, of, new_points, new_of = (int(number) for number in numbers)
        before, after = Score(points=points, of=of), Score(points=new_points, of=new_of)
        found.append(Shown(attempt=UUID(attempt), before=before, after=after))
    return found
