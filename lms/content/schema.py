"""What the YAML files of a pack may say (docs/content-packs.md). Unknown keys and loose types are refused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from .faults import FaultsWithin
from .layout import LANGUAGE, SLUG
from .yamlfile import Document, Loc, NotYaml, read_yaml

ID_MOST = 40


def _fitting(pattern: str, otherwise: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(otherwise)
        return value

    return AfterValidator(check)


def is_id(text: str) -> bool:
    """Whether a text may be the id of a node or passage."""
    return len(text) <= ID_MOST and re.fullmatch(SLUG, text) is not None


def _id(value: str) -> str:
    if not is_id(value):
        raise ValueError(ID_RULE)
    return value


def _as_written(value: object) -> object:
    return str(value) if isinstance(value, int | date) and not isinstance(value, bool) else value


def _exact(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


ID_RULE = "an id is at most 40 lower-case letters, digits and single hyphens"
Id = Annotated[str, AfterValidator(_id)]
Text = Annotated[str, _fitting(r"(?s)\S(?:.*\S)?", "must not be empty, nor begin or end with blanks")]
Language = Annotated[str, _fitting(LANGUAGE, "is no language code")]
Published = Annotated[
    str,
    BeforeValidator(_as_written),
    _fitting(
        r"[12][0-9]{3}(?:-(?:0[1-9]|1[0-2])(?:-[0-3][0-9])?)?",
        "must be a day, a month (2022-09) or a year (2022)",
    ),
]
Url = Annotated[str, _fitting(r"https?://[^\s<>\"'\\]+", "must be an address that begins with https://")]
Percent = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0, le=1000)]
Number = Annotated[Decimal, BeforeValidator(_exact)]


class Strict(BaseModel):
    """Base of everything in a file: no unknown keys, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Translated(RootModel[dict[Language, Text]]):
    """A text by language."""


class TranslatedAnswers(RootModel[dict[Language, Annotated[list[Text], Field(min_length=1)]]]):
    """Accepted wordings of one answer by language."""


class Languages(Strict):
    """required: refused when one is missing anywhere. allowed: may be complete, lesson by lesson."""

    required: list[Language] = Field(min_length=1)
    allowed: list[Language] = []

    @model_validator(mode="after")
    def _once(self) -> "Languages":
        if len(set(self.every)) < len(self.every):
            raise ValueError("a language is named twice")
        return self

    @property
    def every(self) -> list[str]:
        """All languages, required ones first."""
        return [*self.required, *self.allowed]


class Completion(Strict):
    """Defaults of the completion rule. A part that a programme does not have is left out."""

    activities_percent: Percent | None = None
    quiz_pass_percent: Percent | None = None
    assignment_meets_percent: Percent | None = None
    readiness_check_percent: Percent | None = None
    assignments: Count | None = None
    live_sessions: Count | None = None
    simulation: bool | None = None


class CourseFile(Strict):
    """course.yaml"""

    id: Id
    languages: Languages
    title: Translated
    summary: Translated
    naming: Literal["alias", "named"]
    address: dict[Language, Literal["feminine", "neutral"]] = {}
    completion: Completion = Completion()


class ModuleFile(Strict):
    """module.yaml"""

    id: Id
    title: Translated
    summary: Translated
    objectives: list[Translated] = []
    lessons: list[Id] = []


class SourceEntry(Strict):
    """One source in the front matter of a lesson. lang: the language of its title as printed."""

    id: Id
    title: Text
    lang: Language = "en"
    publisher: Text
    published: Published
    url: Url | None = None
    note: Text | None = None
    checked: date
    review: date

    @field_validator("review")
    @classmethod
    def _after_checked(cls, review: date, info: ValidationInfo) -> date:
        checked = info.data.get("checked")
        if checked is not None and review < checked:
            raise ValueError("lies before the day of checking")
        return review


class FrontMatter(Strict):
    """What stands between the `---` lines of a lesson.

    numbers: by passage, why its numbers may differ from those of the first language.
    """

    id: Id
    title: Text
    minutes: Annotated[int, Field(ge=1, le=240)]
    safety: bool = False
    content_note: Text | None = None
    sources: list[SourceEntry] = []
    terms: list[Id] = []
    numbers: dict[Id, Text] = {}


class FigureFile(Strict):
    """The words of a figure."""

    id: Id
    alt: Translated
    caption: Translated
    mirror: bool = False
    labels: dict[Id, Translated] = {}


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
    """What all questions have. formative: does not count. partial: a half-right answer counts in part."""

    id: Id
    text: Translated
    feedback: Translated | None = None
    formative: bool = False
    partial: bool = False

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


class Open(Question):
    """Free writing, marked by a person with a rubric."""

    type: Literal["open"]
    words: WordCount
    rubric: Id

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


M = TypeVar("M", bound=Strict)


@dataclass(frozen=True)
class Read(Generic[M]):
    """A YAML file: its path, what it says, and the lines at which it says it."""

    path: str
    content: M
    document: Document

    def line(self, *loc: str | int) -> int:
        """The line of a part of the file."""
        return self.document.line(*loc)


_SENTENCES = {
    "missing": "{name} is missing",
    "extra_forbidden": "unknown key {name}",
    "string_type": "{name} must be text; put it between quotes",
    "int_type": "{name} must be a whole number",
    "bool_type": "{name} must be true or false",
    "date_type": "{name} must be a day such as 2026-11-01",
    "list_type": "{name} must be a list",
    "dict_type": "{name} must be keys and values",
    "model_type": "{name} must be keys and values",
    "model_attributes_type": "{name} must be keys and values",
    "is_instance_of": "{name} must be a number",
    "literal_error": "{name} must be {expected}",
    "union_tag_invalid": "type must be one of {expected_tags}",
    "union_tag_not_found": "type is missing",
    "too_short": "{name} needs at least {min_length} entries",
    "too_long": "{name} takes at most {max_length} entries",
    "greater_than_equal": "{name} must be at least {ge}",
    "less_than_equal": "{name} must be at most {le}",
    "value_error": "{name}: {error}",
}


def read_model(kind: type[M], text: str, faults: FaultsWithin, *, first_line: int = 1) -> Read[M] | None:
    """Read a YAML text as this kind of file; None when it has faults, which are reported."""
    try:
        document = read_yaml(text, first_line=first_line)
    except NotYaml as error:
        faults.add(error.line, error.text)
        return None
    for line, key in document.repeated:
        faults.add(line, f"the key {key} occurs twice")
    try:
        return Read(faults.file, kind.model_validate(document.data), document)
    except ValidationError as error:
        for problem in error.errors():
            loc = problem["loc"]
            faults.add(document.line(*loc), _sentence(problem, document.known(loc), loc))
        return None


def read_languages(text: str) -> Languages | None:
    """What course.yaml says of languages, whatever faults the rest of it has; without it little can be checked."""
    try:
        data = read_yaml(text).data
        return Languages.model_validate(data.get("languages") if isinstance(data, dict) else None)
    except (NotYaml, ValidationError):
        return None


def _sentence(problem: Any, known: Loc, loc: Loc) -> str:
    missing = problem["type"] == "missing"
    name = _path((*known, loc[-1]) if missing else known) or "the file"
    template = _SENTENCES.get(problem["type"], "{name}: {error}")
    values = {"error": problem["msg"], **problem.get("ctx", {})}
    return template.format(name=name, **values)


def _path(loc: Loc) -> str:
    """`sources[2].review`, counted from 1 as people do."""
    parts = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in loc)
    return "".join(parts).removeprefix(".")


def translations(value: object, loc: Loc = ()) -> Iterator[tuple[Loc, Translated | TranslatedAnswers]]:
    """Every text by language inside a file, with its place."""
    if isinstance(value, Translated | TranslatedAnswers):
        yield loc, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from translations(getattr(value, name), (*loc, name))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from translations(inner, (*loc, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from translations(inner, (*loc, position))
