"""What items.yaml and rubrics.yaml may say: questions, what is right, and how free writing is marked."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from .schema import Id, Number, Strict, Translated, TranslatedAnswers

Level = Annotated[int, Field(ge=0, le=4)]


class Option(Strict):
    """One choice of a closed question."""

    id: Id
    text: Translated


class Pair(Strict):
    """What belongs together in a match question."""

    id: Id
    left: Translated
    right: Translated


class Question(Strict):
    """What all questions have. formative: does not count. partial: a half-right answer counts in part.

    title: a few words for lists and headings.
    """

    id: Id
    title: Translated | None = None
    text: Translated
    feedback: Translated | None = None
    formative: bool = False
    partial: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether the platform marks it by itself: checkpoints and quizzes take no other."""
        return True

    def key_faults(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the answer: the part of the item, and a sentence."""
        return iter(())


class _WithOptions(Question):
    options: Annotated[list[Option], Field(min_length=2)]

    def _unknown(self, key: list[str]) -> Iterator[tuple[str, str]]:
        ids = {option.id for option in self.options}
        yield from (("key", f"the key names {name}, which is no option") for name in key if name not in ids)
        if len(set(key)) < len(key):
            yield "key", "the key names an option twice"


class SingleChoice(_WithOptions):
    """Exactly one option is right; a scenario tells a case first."""

    type: Literal["single", "scenario"]
    key: Id

    def key_faults(self) -> Iterator[tuple[str, str]]:
        return self._unknown([self.key])


class MultipleChoice(_WithOptions):
    """All options of the key are right, and no other."""

    type: Literal["multiple"]
    key: Annotated[list[Id], Field(min_length=1)]

    def key_faults(self) -> Iterator[tuple[str, str]]:
        return self._unknown(self.key)


class Ordering(_WithOptions):
    """The key is all options, first to last."""

    type: Literal["order"]
    key: list[Id]

    def key_faults(self) -> Iterator[tuple[str, str]]:
        yield from self._unknown(self.key)
        for option in self.options:
            if option.id not in self.key:
                yield "key", f"the key leaves out {option.id}"


class TrueFalse(Question):
    """A statement to judge."""

    type: Literal["truefalse"]
    key: bool


class Matching(Question):
    """Left and right sides of the pairs are shown apart; the pairs are the key."""

    type: Literal["match"]
    pairs: Annotated[list[Pair], Field(min_length=2)]


class Short(Question):
    """Some words. fields: how many of the accepted answers are asked for. by_hand: a person marks it."""

    type: Literal["short"]
    accepted: Annotated[list[TranslatedAnswers], Field(min_length=1)]
    fields: Annotated[int, Field(ge=1, le=10)] = 1
    by_hand: bool = False

    @property
    def is_closed(self) -> bool:
        """Unless a person marks it."""
        return not self.by_hand

    def key_faults(self) -> Iterator[tuple[str, str]]:
        if self.fields > len(self.accepted):
            yield "fields", f"asks for {self.fields} answers but accepts {len(self.accepted)}"


class DateQuestion(Question):
    """A day."""

    type: Literal["date"]
    key: date


class NumberQuestion(Question):
    """A number, give or take the tolerance."""

    type: Literal["number"]
    key: Number
    tolerance: Annotated[Number, Field(ge=0)] = Decimal(0)


class WordCount(Strict):
    """How long an answer should be, in words."""

    min: Annotated[int, Field(ge=0)] = 0
    max: Annotated[int, Field(ge=1, le=5000)]

    def takes(self, count: int) -> bool:
        """Whether an answer of so many words is neither too short nor too long."""
        return self.min <= count <= self.max


class Sample(Strict):
    """An answer that was marked already, so that markers find the same measure. comment: why these levels."""

    id: Id
    text: Translated
    levels: Annotated[dict[Id, Level], Field(min_length=1)]
    comment: Translated


class Open(Question):
    """Free writing, marked by a person with a rubric. One sample shows no measure, so there are two or none."""

    type: Literal["open"]
    words: WordCount
    rubric: Id
    samples: Annotated[list[Sample], Field(min_length=2)] = []

    @property
    def is_closed(self) -> bool:
        """Never: a person reads it."""
        return False

    def key_faults(self) -> Iterator[tuple[str, str]]:
        if self.words.min > self.words.max:
            yield "words", "asks for more words than it allows"


Item: TypeAlias = Annotated[
    SingleChoice | MultipleChoice | Ordering | TrueFalse | Matching | Short | DateQuestion | NumberQuestion | Open,
    Field(discriminator="type"),
]


class ItemsFile(Strict):
    """items.yaml"""

    items: list[Item]


class Criterion(Strict):
    """One line of a rubric. weight: per cent. levels: what 0 to 4 look like. safety: 0 returns the answer."""

    id: Id
    weight: Annotated[int, Field(ge=1, le=100)]
    safety: bool = False
    title: Translated
    levels: Annotated[list[Translated], Field(min_length=5, max_length=5)] | None = None


class Rubric(Strict):
    """How open answers are marked."""

    id: Id
    criteria: Annotated[list[Criterion], Field(min_length=1)]


class RubricsFile(Strict):
    """rubrics.yaml"""

    rubrics: list[Rubric]
