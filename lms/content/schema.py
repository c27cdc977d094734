"""What the YAML files of a pack may say (docs/content-packs.md). Unknown keys and loose types are refused.

Questions and rubrics stand in `questions`, what is done with them in `tasks`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

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
    "union_tag_invalid": "{discriminator} must be one of {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing",
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
    if "discriminator" in values:
        values["discriminator"] = values["discriminator"].strip("'")
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
