"""Groups of a cohort: even in number and language, and nobody beside somebody she must be kept apart from.

Rule: docs/domain.md 1.6 ("opposing sides in one room") and the issue of safe people; who is kept apart is seen by
nobody else, so a refusal never says who.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lms.cohorts.errors import CannotKeepApart

MOST_TRIES = 3_000
"""Steps of the search for one size of groups. Thirty people with sixty rules take some hundred."""


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
    Groups differ by one person where the rules allow it; else they are as even as was found. Raises CannotKeepApart
    when no such groups exist, or none was found.
    """
    if not facilitators or not members:
        return {}
    search = _Search(members, facilitators, apart)
    even = -(-len(members) // len(facilitators))
    if not any(search.fill(most) for most in range(even, len(members) + 1) if search.is_worth_it):
        raise CannotKeepApart
    for one in members:
        if not apart.get(one.person):
            min(search.rooms, key=lambda room: room.fits(one)).add(one)
    return {one.person: place for place, room in enumerate(search.rooms) for one in room.people}


class _Search:
    """Puts those with rules into rooms one after another, and takes back what leads nowhere.

    Whoever has none fits anywhere, and comes afterwards. Those with most rules come first, each into the room that
    leaves the others most: so two sides do not begin in every room.
    """

    def __init__(
        self, members: Sequence[Member], facilitators: Sequence[int], apart: Mapping[int, Collection[int]]
    ) -> None:
        bound = [one for one in members if apart.get(one.person)]
        self._members = sorted(bound, key=lambda one: -len(apart[one.person]))
        self._apart, self._facilitators, self._tries = apart, facilitators, 0
        self.rooms: list[_Room] = []
        self.is_worth_it = True
        """Whether larger rooms could help: not where nobody was ever kept out for want of a seat."""

    def fill(self, most: int) -> bool:
        """Whether everybody found a room with at most so many people in each."""
        self.rooms = [_Room(facilitator) for facilitator in self._facilitators]
        self._tries, self.is_worth_it = 0, False
        return self._place(0, most)

    def _place(self, number: int, most: int) -> bool:
        if number == len(self._members):
            return True
        one, later = self._members[number], self._members[number + 1 :]
        for room in self._fitting(one, later, most):
            self._tries += 1
            if self._tries > MOST_TRIES:
                return False
            room.add(one)
            if self._place(number + 1, most):
                return True
            room.remove()
        return False

    def _fitting(self, one: Member, later: Sequence[Member], most: int) -> list[_Room]:
        """Rooms that may take her, the best first."""
        allowed = [room for room in self.rooms if self._may_meet(one, room)]
        free = [room for room in allowed if len(room.people) < most]
        self.is_worth_it = self.is_worth_it or len(free) < len(allowed)
        return sorted(free, key=lambda room: (self._closed_to(one, room, later), room.fits(one)))

    def _may_meet(self, one: Member, room: _Room) -> bool:
        return not is_kept_apart(one.person, [other.person for other in room.people], room.facilitator, self._apart)

    def _closed_to(self, one: Member, room: _Room, later: Sequence[Member]) -> int:
        """How many of those who come later she would keep out of this room."""
        avoided = self._apart[one.person]
        return sum(other.person in avoided and self._may_meet(other, room) for other in later)


def is_kept_apart(
    person: int, others: Collection[int], facilitator: int | None, apart: Mapping[int, Collection[int]]
) -> bool:
    """Whether somebody would meet, among these people or as their facilitator, whom she is kept apart from."""
    avoided = apart.get(person, ())
    return facilitator in avoided or any(other in avoided for other in others)
