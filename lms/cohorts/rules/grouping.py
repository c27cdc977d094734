"""Groups of a cohort: even in number and language, and nobody beside somebody she must be kept apart from.

Rule: docs/domain.md 1.6 ("opposing sides in one room") and the issue of safe people; who is kept apart is seen by
nobody else, so a refusal never says who.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lms.cohorts.errors import CannotKeepApart

MOST_TRIES = 50_000
"""Steps of the search. Thirty people with sixty rules take some hundred; beyond this the rules leave no room."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody who is put into a group. person: a number; language: of her course."""

    person: int
    language: str


@dataclass
class _Room:
    """One group while it is filled."""

    facilitator: int
    people: list[Member] = field(default_factory=list)
    languages: Counter[str] = field(default_factory=Counter)

    def add(self, one: Member) -> None:
        self.people.append(one)
        self.languages[one.language] += 1

    def fits(self, one: Member) -> tuple[int, int]:
        """How little she fits: rooms are filled evenly, and of those alike the one with fewest of her language."""
        return len(self.people), self.languages[one.language]

    def remove(self) -> None:
        self.languages[self.people.pop().language] -= 1


def spread(
    members: Sequence[Member], facilitators: Sequence[int], apart: Mapping[int, Collection[int]]
) -> dict[int, int]:
    """The place of each person's group, by her number, counted from 0.

    facilitators: who looks after each group, by number. apart: whom each person is kept apart from, in both directions.
    Groups differ by one person where the rules allow it, and by no more than they must. Raises CannotKeepApart when no
    such groups exist, or none was found.
    """
    if not facilitators or not members:
        return {}
    bound = sorted((one for one in members if apart.get(one.person)), key=lambda one: -len(apart[one.person]))
    even = -(-len(members) // len(facilitators))
    search = _Search(bound, facilitators, apart)
    found = next((most for most in range(even, max(even, len(bound)) + 1) if search.fill(most)), None)
    if found is None:
        raise CannotKeepApart
    for one in members:
        if not apart.get(one.person):
            min(search.rooms, key=lambda room: room.fits(one)).add(one)
    return {one.person: place for place, room in enumerate(search.rooms) for one in room.people}


class _Search:
    """Puts those with rules into rooms one after another, and takes back what leads nowhere.

    Whoever has none fits anywhere, and comes afterwards.
    """

    def __init__(
        self, members: Sequence[Member], facilitators: Sequence[int], apart: Mapping[int, Collection[int]]
    ) -> None:
        self._members, self._apart, self._tries = members, apart, 0
        self._facilitators = facilitators
        self.rooms: list[_Room] = []

    def fill(self, most: int) -> bool:
        """Whether everybody found a room with at most so many people in each."""
        self.rooms = [_Room(facilitator) for facilitator in self._facilitators]
        return self._place(0, most)

    def _place(self, number: int, most: int) -> bool:
        if number == len(self._members):
            return True
        one = self._members[number]
        for room in self._fitting(one, most):
            self._tries += 1
            if self._tries > MOST_TRIES:
                raise CannotKeepApart
            room.add(one)
            if self._place(number + 1, most):
                return True
            room.remove()
        return False

    def _fitting(self, one: Member, most: int) -> list[_Room]:
        """Rooms that may take her, the best first."""
        avoided = self._apart.get(one.person, ())
        free = [
            room
            for room in self.rooms
            if len(room.people) < most
            and room.facilitator not in avoided
            and not any(other.person in avoided for other in room.people)
        ]
        return sorted(free, key=lambda room: room.fits(one))


def is_kept_apart(
    person: int, others: Collection[int], facilitator: int | None, apart: Mapping[int, Collection[int]]
) -> bool:
    """Whether somebody would meet, among these people or as their facilitator, whom she is kept apart from."""
    avoided = apart.get(person, ())
    return facilitator in avoided or any(other in avoided for other in others)
