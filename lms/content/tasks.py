"""What tasks.yaml may say: what is done with the questions of a module."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from .schema import Id, Strict, Translated
from .yamlfile import Loc


class Checkpoint(Strict):
    """One question at the end of a lesson: practice, never counts, and so named by its lesson alone."""

    id: Id
    kind: Literal["checkpoint"]
    lesson: Id
    item: Id

    def uses(self) -> Sequence[tuple[Loc, str]]:
        """The items it uses, each with its place in the task."""
        return [(("item",), self.item)]

    def own_faults(self) -> Iterator[tuple[str, str]]:
        """What is wrong with it whatever the items are: the part of the task, and a sentence."""
        return iter(())


class Quiz(Strict):
    """Closed questions in a row. graded: counts for completion; else practice.

    attempts, minutes, draw, pass_percent: None is no limit, no limit of time, all items, and the programme's per cent.
    per_page: 0 puts all on one page. feedback: when the reader learns what was right.
    """

    id: Id
    kind: Literal["quiz"]
    title: Translated
    items: Annotated[list[Id], Field(min_length=1, max_length=200)]
    graded: bool = False
    attempts: Annotated[int, Field(ge=1, le=20)] | None = None
    counts: Literal["best", "last", "first"] = "best"
    minutes: Annotated[int, Field(ge=1, le=240)] | None = None
    order: Literal["written", "shuffled"] = "written"
    draw: Annotated[int, Field(ge=1)] | None = None
    per_page: Annotated[int, Field(ge=0, le=200)] = 1
    feedback: Literal["at_once", "hand_in", "passed", "close"] = "hand_in"
    pass_percent: Annotated[int, Field(ge=1, le=100)] | None = None

    def uses(self) -> Sequence[tuple[Loc, str]]:
        """The items it uses, each with its place in the task."""
        return [(("items", place), name) for place, name in enumerate(self.items)]

    def own_faults(self) -> Iterator[tuple[str, str]]:
        """What is wrong with it whatever the items are: the part of the task, and a sentence."""
        if self.draw is not None and self.draw > len(self.items):
            yield "draw", f"draws {self.draw} of {len(self.items)} items"
        if self.graded and self.feedback == "at_once":
            yield "feedback", "a graded quiz gives feedback at hand_in, passed or close, not at_once"
        if not self.graded and self.feedback == "passed":
            yield "feedback", "nobody passes a quiz that does not count"


class Assignment(Strict):
    """Free writing to hand in. graded: counts for completion. versions: how many may be handed in in all."""

    id: Id
    kind: Literal["assignment"]
    title: Translated
    item: Id
    graded: bool = False
    versions: Annotated[int, Field(ge=1, le=5)] = 2

    def uses(self) -> Sequence[tuple[Loc, str]]:
        """The items it uses, each with its place in the task."""
        return [(("item",), self.item)]

    def own_faults(self) -> Iterator[tuple[str, str]]:
        """What is wrong with it whatever the items are: the part of the task, and a sentence."""
        return iter(())


Task: TypeAlias = Annotated[Checkpoint | Quiz | Assignment, Field(discriminator="kind")]


class TasksFile(Strict):
    """tasks.yaml"""

    tasks: list[Task]
