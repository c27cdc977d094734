"""What a page shows of a question: its words in the reader's language, and what stands in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from lms.courses.rules import Told, tell
from lms.kernel.ids import new_id

from .models import Attempt
from .queries.catalogue import Catalogue
from .rules.attempts import Step, next_sequence, rivals
from .rules.items import Item, Matching, Option, Short, shown_options, write_fields


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Something to choose, or something to put something to. id: the value in the form."""

    id: str
    told: Told


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One question on a page. A page lists all questions of an attempt and draws some: words come when asked for.

    seed: of the attempt, so that options stay where they were. step: the answer that stands; None before the first.
    operation, sequence: what the page sends along. rivals: other answers of the same moment from another device. sent:
    what a form holds that was not kept, by part; it is shown in place of what stands.
    """

    number: int
    item: Item
    asked: Catalogue
    seed: int
    language: str
    step: Step | None
    flagged: bool
    operation: UUID
    sequence: int
    rivals: Sequence[Step]
    sent: Mapping[str, Sequence[str]] | None = None

    @cached_property
    def text(self) -> Told:
        """The question."""
        return tell(self.item.text, self.language, self.asked.required_languages)

    @cached_property
    def options(self) -> Sequence[Choice]:
        """What can be chosen, in the order of this attempt."""
        return _choices(shown_options(self.item, self.seed), self.asked, self.language)

    @property
    def lefts(self) -> Sequence[Choice]:
        """What something is to be put to."""
        return _choices(self.item.lefts, self.asked, self.language) if isinstance(self.item, Matching) else ()

    @property
    def parts(self) -> Sequence[str]:
        """The parts that a short answer is typed in."""
        return self.item.parts if isinstance(self.item, Short) else ()

    @cached_property
    def fields(self) -> Mapping[str, Sequence[str]]:
        """What is in it, by part of the form."""
        return write_fields(self.item, self.step.data if self.step else None) if self.sent is None else self.sent

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer, complete or not."""
        return self.step is not None and self.step.data is not None

    def value(self, part: str = "") -> str:
        """What stands in one part."""
        return next(iter(self.fields.get(part, ())), "")

    def has(self, value: str) -> bool:
        """Whether a choice is taken."""
        return value in self.fields.get("", ())


def make_slot(
    number: int, item: Item, asked: Catalogue, *, seed: int, steps: Sequence[Step], step: Step | None, language: str
) -> Slot:
    """A question as this attempt shows it. seed: of the attempt; steps: all of it that the page knows."""
    return Slot(
        number=number,
        item=item,
        asked=asked,
        seed=seed,
        language=language,
        step=step,
        flagged=step.flagged if step else False,
        operation=new_id(),
        sequence=next_sequence(step),
        rivals=rivals(steps, step) if step else (),
    )


def slots_of(
    attempt: Attempt, asked: Catalogue, steps: Sequence[Step], standing: Mapping[str, Step], language: str
) -> list[Slot]:
    """All questions of an attempt, in its order."""
    return [
        make_slot(
            number,
            asked.items[name],
            asked,
            seed=attempt.seed,
            steps=steps,
            step=standing.get(name),
            language=language,
        )
        for number, name in enumerate(attempt.drawn, 1)
    ]


def _choices(options: Sequence[Option], asked: Catalogue, language: str) -> list[Choice]:
    return [Choice(id=one.id, told=asked.told(one.text, language)) for one in options]
