"""What invented people answer. Nothing here depends on ids or keys: the same draw gives the same answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lms.assessments.rules.items import Choice, Item, Matching, Open, Ordering
from lms.kernel.chance import Draw

RIGHT_PERCENT = 75


@dataclass(frozen=True, kw_only=True)
class Text:
    """A free text: one of the marked samples by its place, with so many sentences left out at its end."""

    sample: int
    cut: int = 0

    def write(self, item: Open, language: str) -> str:
        """The text in a language of the course."""
        told = item.samples[min(self.sample, len(item.samples) - 1)].text
        sentences = told.get(language, told["en"]).split(". ")
        return ". ".join(sentences[: max(len(sentences) - self.cut, 1)]).rstrip(".") + "."


class Mind:
    """Somebody who answers. text: what she writes where a text is asked for; None for any of the samples."""

    def __init__(
        self, draw: Draw, language: str, *, right_percent: int = RIGHT_PERCENT, text: Text | None = None
    ) -> None:
        self._draw, self._language, self._right, self._text = draw, language, right_percent, text

    def think(self, item: Item) -> Mapping[str, Any]:
        """An answer: the right one as often as she knows it."""
        if isinstance(item, Open):
            text = self._text or Text(sample=self._draw.number(0, 1), cut=self._draw.number(0, 2))
            return {"text": text.write(item, self._language)}
        knows = self._draw.number(0, 99) < self._right
        if isinstance(item, Choice):
            return {"chosen": sorted(item.key) if knows else [self._draw.one_of([one.id for one in item.options])]}
        if isinstance(item, Ordering):
            order = list(item.key) if knows else self._draw.shuffled(list(item.key))
            return {"positions": {option: place for place, option in enumerate(order, 1)}}
        if isinstance(item, Matching):
            ids = [pair.id for pair in item.pairs]
            return {"pairs": dict(zip(ids, ids if knows else self._draw.shuffled(ids), strict=True))}
        return self._type(item, knows=knows)

    def _type(self, item: Item, *, knows: bool) -> Mapping[str, Any]:
        key = getattr(item, "key", None)
        if key is not None:
            return {"text": str(key) if knows else "12"}
        accepted: Sequence[Any] = getattr(item, "accepted", ())
        wordings = [answer.get(self._language, answer["en"])[0] for answer in accepted]
        return {"texts": wordings[: getattr(item, "fields", 1)] if knows else ["–"]}
