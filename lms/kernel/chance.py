"""Chance that can be repeated: a draw takes its seed as an argument. Secrets come from `ids`, never from here."""

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A row of draws that is the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # repeatable on purpose, nothing secret is drawn

    def one_of(self, things: Sequence[T]) -> T:
        """One of the things."""
        return self._random.choice(things)

    def number(self, least: int, most: int) -> int:
        """A whole number between both, ends included."""
        return self._random.randint(least, most)

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """All of the things, in an order by chance."""
        return self._random.sample(things, len(things))

    def sample(self, things: Sequence[T], count: int) -> list[T]:
        """So many of the things, each at most once, in an order by chance."""
        return self._random.sample(things, count)
