"""Questions by kind: how a form becomes an answer, what an answer scores, and how both are told in words.

An answer is plain JSON: `{"chosen": ["b"]}`, `{"positions": {"e": 1}}`, `{"pairs": {"left": "right"}}`, both by ids and
perhaps incomplete, `{"texts": ["…", ""]}`, or `{"text": "…"}`. None stands for no answer.
Rule: docs/domain.md 2, item notation; docs/content-packs.md, items.yaml.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from lms.courses.rules import Body, ByLanguage, Told, tell
from lms.kernel.chance import Draw
from lms.kernel.words import fold_digits

from ..errors import NotAnAnswer, TooLong
from .words import normalise, read_date, read_number

Answer: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = Mapping[str, Sequence[str]]
"""Values of a form by part: "" for the slot of the question itself, "-ID" or "-1" for its parts."""

MARK = 100
"""What each question is worth, in hundredths of a mark."""

MOST_LINE = 200
MOST_TEXT = 20_000
"""Characters taken in a line and in a free text."""

BOTH_CONVENTIONS = ("en", "fr")
"""Languages that read `1,234` differently; every other reads it as one of them."""

TRUE: ByLanguage = {"en": "True", "fr": "Vrai", "ar": "صواب"}
FALSE: ByLanguage = {"en": "False", "fr": "Faux", "ar": "خطأ"}
"""Words of the course, as its options are, not of the page. Another language gets the English ones."""


class Kind(StrEnum):
    """The types of items.yaml."""

    SINGLE = "single"
    SCENARIO = "scenario"
    MULTIPLE = "multiple"
    ORDER = "order"
    TRUEFALSE = "truefalse"
    MATCH = "match"
    SHORT = "short"
    DATE = "date"
    NUMBER = "number"
    OPEN = "open"


TYPED = frozenset({Kind.SHORT, Kind.DATE, Kind.NUMBER, Kind.OPEN})
"""Kinds whose answers are words of hers, which are stored sealed."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Points out of how many, in hundredths of a mark."""

    points: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Option:
    """Something to choose. id: the value in a form."""

    id: str
    text: ByLanguage


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of an answer, for a review. Wordings only: letters mean nothing where options are shuffled.

    told: the wording; its language is "" where she typed it. day, number: a right answer, which the page writes for its
    reader. left: what it was put to, in a match. place: from 1, in an order. right: whether this line of hers is right;
    None in the right answer itself and where a person marks.
    """

    told: Told | None = None
    day: date | None = None
    number: Decimal | None = None
    left: Told | None = None
    place: int | None = None
    right: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Item(ABC):
    """What all questions have; one class per kind says how it is answered. Feedback quotes wordings."""

    node_id: str
    kind: Kind
    text: ByLanguage
    title: ByLanguage | None = None
    feedback: ByLanguage | None = None
    formative: bool = False
    partial: bool = False

    @abstractmethod
    def read(self, fields: Fields) -> Answer | None:
        """See `read_answer`."""

    @abstractmethod
    def write(self, answer: Answer) -> dict[str, list[str]]:
        """See `write_fields`."""

    @abstractmethod
    def points(self, answer: Answer) -> int:
        """Hundredths of a mark, where no person gives them: see `score`."""

    def shown(self, draw: Draw) -> list[Option]:
        """See `shown_options`."""
        return []

    @abstractmethod
    def right_lines(self, language: str) -> list[Line]:
        """See `right_answer`."""

    @abstractmethod
    def given_lines(self, answer: Answer, language: str) -> list[Line]:
        """See `given_answer`."""


@dataclass(frozen=True, kw_only=True)
class Choice(Item):
    """Options to choose from. key: the ids of all right ones and no other."""

    options: Sequence[Option]
    key: frozenset[str]

    takes_several = False

    def read(self, fields: Fields) -> Answer | None:
        chosen = set(_values(fields, [""]).get("", []))
        if chosen - {option.id for option in self.options} or (len(chosen) > 1 and not self.takes_several):
            raise NotAnAnswer
        return {"chosen": [option.id for option in self.options if option.id in chosen]} if chosen else None

    def write(self, answer: Answer) -> dict[str, list[str]]:
        return {"": list(_chosen(answer))}

    def points(self, answer: Answer) -> int:
        chosen = set(_chosen(answer))
        if not self.partial:
            return MARK if chosen == self.key else 0
        return share(max(len(chosen & self.key) - len(chosen - self.key), 0), len(self.key))

    def shown(self, draw: Draw) -> list[Option]:
        return draw.shuffled(self.options)

    def right_lines(self, language: str) -> list[Line]:
        return [Line(told=_told(option.text, language)) for option in self.options if option.id in self.key]

    def given_lines(self, answer: Answer, language: str) -> list[Line]:
        return [
            Line(told=_told(option.text, language), right=option.id in self.key)
            for option in self.options
            if option.id in _chosen(answer)
        ]


@dataclass(frozen=True, kw_only=True)
class SingleChoice(Choice):
    """One option is right; a scenario tells a case first."""


@dataclass(frozen=True, kw_only=True)
class MultipleChoice(Choice):
    """All of the key are right, and no other. In part: right ones less wrong ones."""

    takes_several = True


@dataclass(frozen=True, kw_only=True)
class TrueFalse(Choice):
    """A statement to judge: the options are `true` and `false`, always in this order."""

    def shown(self, draw: Draw) -> list[Option]:
        return list(self.options)


def _chosen(answer: Answer) -> Sequence[str]:
    chosen: Sequence[str] = answer.get("chosen", ())
    return chosen


@dataclass(frozen=True, kw_only=True)
class Ordering(Item):
    """The key is all options, first to last."""

    options: Sequence[Option]
    key: Sequence[str]

    def read(self, fields: Fields) -> Answer | None:
        """Two options may stand at one place while she is at it; that is not right, but it is kept."""
        values = _values(fields, [f"-{option.id}" for option in self.options])
        positions = {part[1:]: self._position(_one(found)) for part, found in values.items()}
        return {"positions": positions} if positions else None

    def _position(self, value: str) -> int:
        """Raises NotAnAnswer."""
        digits = fold_digits(value)
        places = {str(place): place for place in range(1, len(self.options) + 1)}
        if digits not in places:
            raise NotAnAnswer
        return places[digits]

    def write(self, answer: Answer) -> dict[str, list[str]]:
        return {f"-{option}": [str(place)] for option, place in _positions(answer).items()}

    def points(self, answer: Answer) -> int:
        return MARK if dict(_positions(answer)) == self._places() else 0

    def _places(self) -> dict[str, int]:
        return {option: place for place, option in enumerate(self.key, start=1)}

    def shown(self, draw: Draw) -> list[Option]:
        """Never in the order of the key, which would be the answer."""
        order = draw.shuffled(self.options)
        return order if [option.id for option in order] != list(self.key) else [*order[1:], order[0]]

    def right_lines(self, language: str) -> list[Line]:
        return self._lines(self._places(), language)

    def given_lines(self, answer: Answer, language: str) -> list[Line]:
        return self._lines(_positions(answer), language, self._places())

    def _lines(self, places: Mapping[str, int], language: str, right: Mapping[str, int] | None = None) -> list[Line]:
        placed = sorted((option for option in self.options if option.id in places), key=lambda one: places[one.id])
        return [
            Line(
                told=_told(option.text, language),
                place=places[option.id],
                right=None if right is None else right.get(option.id) == places[option.id],
            )
            for option in placed
        ]


def _positions(answer: Answer) -> Mapping[str, int]:
    positions: Mapping[str, int] = answer.get("positions", {})
    return positions


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What belongs together."""

    id: str
    left: ByLanguage
    right: ByLanguage


@dataclass(frozen=True, kw_only=True)
class Matching(Item):
    """Each left side gets a right side. An answer names both by the ids of their pairs.

    A form must not give that away: in it a right side bears the id that `partner` gives.
    """

    pairs: Sequence[Pair]

    @property
    def lefts(self) -> list[Option]:
        """The left sides, as written."""
        return [Option(id=pair.id, text=pair.left) for pair in self.pairs]

    def partner(self, pair: Pair) -> Option:
        """A right side as it stands in a form: its id tells nothing of the left one."""
        return Option(id=hashlib.sha256(f"{self.node_id}:{pair.id}".encode()).hexdigest()[:12], text=pair.right)

    def read(self, fields: Fields) -> Answer | None:
        values = _values(fields, [f"-{pair.id}" for pair in self.pairs])
        rights = {self.partner(pair).id: pair.id for pair in self.pairs}
        put = {part[1:]: _one(found) for part, found in values.items()}
        if not set(put.values()) <= rights.keys():
            raise NotAnAnswer
        return {"pairs": {left: rights[right] for left, right in put.items()}} if put else None

    def write(self, answer: Answer) -> dict[str, list[str]]:
        partners = {pair.id: self.partner(pair).id for pair in self.pairs}
        return {f"-{left}": [partners[right]] for left, right in _pairs(answer).items() if right in partners}

    def fits(self, pair: Pair, right: str | None) -> bool:
        """Whether a right side, by the id of its own pair, belongs to this left side. Equal wordings are equal."""
        return any(other.id == right and other.right == pair.right for other in self.pairs)

    def points(self, answer: Answer) -> int:
        right = sum(self.fits(pair, _pairs(answer).get(pair.id)) for pair in self.pairs)
        return share(right, len(self.pairs)) if self.partial or right == len(self.pairs) else 0

    def shown(self, draw: Draw) -> list[Option]:
        """The right sides; the left ones stay as written."""
        return draw.shuffled([self.partner(pair) for pair in self.pairs])

    def right_lines(self, language: str) -> list[Line]:
        return [Line(told=_told(pair.right, language), left=_told(pair.left, language)) for pair in self.pairs]

    def given_lines(self, answer: Answer, language: str) -> list[Line]:
        rights = {pair.id: pair.right for pair in self.pairs}
        given = _pairs(answer)
        return [
            Line(
                told=_told(rights[given[pair.id]], language),
                left=_told(pair.left, language),
                right=self.fits(pair, given[pair.id]),
            )
            for pair in self.pairs
            if given.get(pair.id) in rights
        ]


def _pairs(answer: Answer) -> Mapping[str, str]:
    pairs: Mapping[str, str] = answer.get("pairs", {})
    return pairs


@dataclass(frozen=True, kw_only=True)
class Short(Item):
    """Some words. accepted: answers, each with its wordings by language. fields: how many of them are asked for."""

    accepted: Sequence[Mapping[str, Sequence[str]]]
    fields: int = 1
    by_hand: bool = False

    @property
    def parts(self) -> list[str]:
        """The parts of the form, one per field."""
        return [f"-{number}" for number in range(1, self.fields + 1)]

    def read(self, fields: Fields) -> Answer | None:
        """A field left empty keeps its place."""
        values = _values(fields, self.parts)
        texts = [_text(values.get(part, []), MOST_LINE) for part in self.parts]
        return {"texts": texts} if any(texts) else None

    def write(self, answer: Answer) -> dict[str, list[str]]:
        return {part: [text] for part, text in zip(self.parts, _texts(answer), strict=False)}

    def points(self, answer: Answer) -> int:
        """Each text must be another accepted answer, in any language and any order of the fields."""
        right = len(self._matched(_texts(answer)))
        return share(right, self.fields) if self.partial or right >= self.fields else 0

    def _matched(self, texts: Sequence[str]) -> dict[int, int]:
        """As many texts as possible, each with an accepted answer of its own: number of the answer to that of the text.

        Where a text fits two answers, it gives way to a text that fits but one (Kuhn's algorithm).
        """
        fits = [[number for number, answer in enumerate(self.accepted) if is_accepted(text, answer)] for text in texts]
        taken: dict[int, int] = {}

        def place(text: int, tried: set[int]) -> bool:
            for answer in fits[text]:
                if answer in tried:
                    continue
                tried.add(answer)
                if answer not in taken or place(taken[answer], tried):
                    taken[answer] = text
                    return True
            return False

        for text in range(len(texts)):
            place(text, set())
        return taken

    def right_lines(self, language: str) -> list[Line]:
        """The first wording of each accepted answer, also of those beyond the number asked for."""
        return [
            Line(told=_told({name: wordings[0] for name, wordings in answer.items()}, language))
            for answer in self.accepted
        ]

    def given_lines(self, answer: Answer, language: str) -> list[Line]:
        right = set(self._matched(_texts(answer)).values())
        return [
            Line(told=Told(text, ""), right=None if self.by_hand else number in right)
            for number, text in enumerate(_texts(answer))
            if text
        ]


def _texts(answer: Answer) -> Sequence[str]:
    texts: Sequence[str] = answer.get("texts", ())
    return texts


def is_accepted(text: str, answer: Mapping[str, Sequence[str]]) -> bool:
    """Whether a text is one of the wordings of an answer, each compared by the rules of its language.

    A wording that is a day takes that day in every form and in any language of the answer.
    Rule: docs/domain.md 2, item notation.
    """
    accepted = [(wording, language) for language, wordings in answer.items() for wording in wordings]
    if any(normalise(text, language) == normalise(wording, language) != "" for wording, language in accepted):
        return True
    days = {read_date(wording, language) for wording, language in accepted} - {None}
    return any(read_date(text, language) in days for language in answer)


@dataclass(frozen=True, kw_only=True)
class OneText(Item):
    """Everything that is answered by one text."""

    most = MOST_LINE

    def read(self, fields: Fields) -> Answer | None:
        text = _text(_values(fields, [""]).get("", []), self.most)
        return {"text": text} if text else None

    def write(self, answer: Answer) -> dict[str, list[str]]:
        return {"": [_typed(answer)]}

    def points(self, answer: Answer) -> int:
        return MARK if self.is_right(_typed(answer)) else 0

    @abstractmethod
    def is_right(self, text: str) -> bool | None:
        """None where a person says so."""

    def given_lines(self, answer: Answer, language: str) -> list[Line]:
        text = _typed(answer)
        return [Line(told=Told(text, ""), right=self.is_right(text))] if text else []


def _typed(answer: Answer) -> str:
    text: str = answer.get("text", "")
    return text


@dataclass(frozen=True, kw_only=True)
class DateQuestion(OneText):
    """A day, which she may write in any language of the question."""

    key: date

    def is_right(self, text: str) -> bool | None:
        return any(read_date(text, language) == self.key for language in self.text)

    def right_lines(self, language: str) -> list[Line]:
        return [Line(day=self.key)]


@dataclass(frozen=True, kw_only=True)
class NumberQuestion(OneText):
    """A number, give or take the tolerance. One that reads in two ways, as `1,234` does, is right if either is."""

    key: Decimal
    tolerance: Decimal = Decimal(0)

    def is_right(self, text: str) -> bool | None:
        readings = (read_number(text, language) for language in BOTH_CONVENTIONS)
        least, most = self.key - self.tolerance, self.key + self.tolerance
        return any(reading is not None and least <= reading <= most for reading in readings)

    def right_lines(self, language: str) -> list[Line]:
        return [Line(number=self.key)]


@dataclass(frozen=True, kw_only=True)
class WordCount:
    """How many words are asked for, ends included."""

    least: int
    most: int

    def takes(self, words: int) -> bool:
        """Whether a text of so many words is neither too short nor too long."""
        return self.least <= words <= self.most


@dataclass(frozen=True, kw_only=True)
class Sample:
    """An answer that was marked already, for markers. levels: 0 to 4 by criterion. comment: why these."""

    id: str
    text: ByLanguage
    levels: Mapping[str, int]
    comment: ByLanguage


@dataclass(frozen=True, kw_only=True)
class Open(OneText):
    """Free writing. rubric: node id."""

    words: WordCount
    rubric: str
    samples: Sequence[Sample] = ()

    most = MOST_TEXT

    def is_right(self, text: str) -> bool | None:
        return None

    def right_lines(self, language: str) -> list[Line]:
        return []


def read_item(node_id: str, kind: str, body: Body) -> Item:
    """A question from its published form. body: as items.yaml has it, as plain JSON, without id and type."""
    common = {
        "node_id": node_id,
        "kind": Kind(kind),
        "text": body["text"],
        "title": body.get("title"),
        "feedback": body.get("feedback"),
        "formative": body.get("formative", False),
        "partial": body.get("partial", False),
    }
    return _READERS[Kind(kind)](body, common)


def read_answer(item: Item, fields: Fields) -> Answer | None:
    """What a form answers; None where nothing is. Blank values are no answer.

    fields: `{"": [...]}` for a choice, a day, a number and free writing; `{"-OPTION": [place]}` for an order;
    `{"-LEFT": [partner]}` for a match, with ids of `shown_options`; `{"-1": [text]}` for short answers, from 1.
    Raises NotAnAnswer, TooLong.
    """
    return item.read(fields)


def write_fields(item: Item, answer: Answer | None) -> dict[str, list[str]]:
    """The values of a form that shows this answer: what `read_answer` reads back as the same."""
    return {} if answer is None else item.write(answer)


def is_answered(answer: Answer | None) -> bool:
    """Whether there is anything in it; an order or a match may be incomplete."""
    if answer is None:
        return False
    return any(any(value) if isinstance(value, list) else bool(value) for value in answer.values())


def is_typed(kind: str) -> bool:
    """Whether answers of this kind are words of hers, which are stored sealed."""
    return kind in TYPED


def is_marked_by_hand(item: Item) -> bool:
    """Whether a person marks it."""
    return isinstance(item, Open) or (isinstance(item, Short) and item.by_hand)


def score(item: Item, answer: Answer | None) -> Score | None:
    """What an answer scores; 0 without one. None where a person marks it. Options that are gone are wrong."""
    if is_marked_by_hand(item):
        return None
    return Score(points=item.points(answer) if answer is not None and is_answered(answer) else 0, of=MARK)


def share(right: int, total: int) -> int:
    """Points for so many right of a total, in hundredths of a mark. The one place where points are rounded: down."""
    return MARK * right // total


def shown_options(item: Item, seed: int) -> list[Option]:
    """The options in the order in which an attempt shows them: always the same for one seed and one question.

    An order is never shown as its key. True comes before false. For a match the right sides; `lefts` has the left ones.
    Empty where something is typed.
    """
    return item.shown(Draw(int.from_bytes(hashlib.sha256(f"{seed}:{item.node_id}".encode()).digest()[:8])))


def right_answer(item: Item, language: str) -> list[Line]:
    """The key in words, in her language or the first there is; empty for free writing."""
    return item.right_lines(language)


def given_answer(item: Item, answer: Answer | None, language: str) -> list[Line]:
    """What she answered, in words; empty for no answer. Options that are gone are left out."""
    return [] if answer is None else item.given_lines(answer, language)


def _values(fields: Fields, parts: Sequence[str]) -> dict[str, list[str]]:
    """The values that are not blank, by part. Raises NotAnAnswer where one stands in another part."""
    given = {part: [value for value in values if value.strip()] for part, values in fields.items()}
    given = {part: values for part, values in given.items() if values}
    if not given.keys() <= set(parts):
        raise NotAnAnswer
    return given


def _one(values: Sequence[str]) -> str:
    """The one value. Raises NotAnAnswer where there are several."""
    if len(set(values)) != 1:
        raise NotAnAnswer
    return values[0].strip()


def _text(values: Sequence[str], most: int) -> str:
    """A text without blanks around it; line ends as her page counts them. Raises NotAnAnswer, TooLong."""
    text = _one(values).replace("\r\n", "\n").replace("\r", "\n") if values else ""
    if len(text) > most:
        raise TooLong(length=len(text), most=most)
    return text


def _told(text: ByLanguage, language: str) -> Told:
    return tell(text, language, list(text))


def _options(body: Body) -> list[Option]:
    return [Option(id=option["id"], text=option["text"]) for option in body["options"]]


Common: TypeAlias = Mapping[str, Any]


def _single(body: Body, common: Common) -> Item:
    return SingleChoice(**common, options=_options(body), key=frozenset({body["key"]}))


def _multiple(body: Body, common: Common) -> Item:
    return MultipleChoice(**common, options=_options(body), key=frozenset(body["key"]))


def _truefalse(body: Body, common: Common) -> Item:
    options = [Option(id="true", text=TRUE), Option(id="false", text=FALSE)]
    return TrueFalse(**common, options=options, key=frozenset({"true" if body["key"] else "false"}))


def _order(body: Body, common: Common) -> Item:
    return Ordering(**common, options=_options(body), key=tuple(body["key"]))


def _match(body: Body, common: Common) -> Item:
    return Matching(**common, pairs=[Pair(**pair) for pair in body["pairs"]])


def _short(body: Body, common: Common) -> Item:
    fields, by_hand = body.get("fields", 1), body.get("by_hand", False)
    return Short(**common, accepted=body["accepted"], fields=fields, by_hand=by_hand)


def _date(body: Body, common: Common) -> Item:
    return DateQuestion(**common, key=date.fromisoformat(body["key"]))


def _number(body: Body, common: Common) -> Item:
    return NumberQuestion(**common, key=Decimal(body["key"]), tolerance=Decimal(body.get("tolerance", "0")))


def _open(body: Body, common: Common) -> Item:
    words = WordCount(least=body["words"].get("min", 0), most=body["words"]["max"])
    samples = [Sample(**sample) for sample in body.get("samples", [])]
    return Open(**common, words=words, rubric=body["rubric"], samples=samples)


_READERS: Mapping[Kind, Callable[[Body, Common], Item]] = {
    Kind.SINGLE: _single,
    Kind.SCENARIO: _single,
    Kind.MULTIPLE: _multiple,
    Kind.ORDER: _order,
    Kind.TRUEFALSE: _truefalse,
    Kind.MATCH: _match,
    Kind.SHORT: _short,
    Kind.DATE: _date,
    Kind.NUMBER: _number,
    Kind.OPEN: _open,
}
