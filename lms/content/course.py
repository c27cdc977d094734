"""A course as it was read from a pack: every part with its file and lines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .body import Block, BlockKind
from .figure import Figure
from .layout import Place
from .schema import CourseFile, FrontMatter, ItemsFile, ModuleFile, Read, RubricsFile


@dataclass(frozen=True, kw_only=True)
class LessonText:
    """A lesson in one language."""

    place: Place
    front: Read[FrontMatter]
    blocks: Sequence[Block]
    last_line: int

    @property
    def path(self) -> str:
        """Its file."""
        return self.place.path

    @property
    def language(self) -> str:
        """Its language."""
        return self.place.language

    @property
    def content(self) -> FrontMatter:
        """What its front matter says."""
        return self.front.content

    def headings(self) -> list[Block]:
        """The headings of level 2."""
        return [block for block in self.blocks if block.kind is BlockKind.HEADING_2]


@dataclass(frozen=True)
class Term:
    """One row of the glossary. Words and definitions by language; a language may be missing."""

    id: str
    line: int
    terms: Mapping[str, str]
    definitions: Mapping[str, str]


@dataclass(frozen=True)
class Glossary:
    """The glossary, by id, with the languages that its columns name."""

    languages: Sequence[str]
    terms: Mapping[str, Term]


@dataclass
class ModuleFolder:
    """One folder of a module. lessons: by file name without language, then by language."""

    folder: str
    file: Read[ModuleFile] | None = None
    lessons: dict[str, dict[str, LessonText]] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    items: Read[ItemsFile] | None = None
    rubrics: Read[RubricsFile] | None = None

    def named_lessons(self) -> dict[str, dict[str, LessonText]]:
        """The lessons by their id, in the order of their files."""
        return {next(iter(texts.values())).content.id: texts for texts in self.lessons.values()}


@dataclass
class Course:
    """Everything that could be read. Modules in order."""

    file: Read[CourseFile] | None = None
    glossary: Glossary | None = None
    modules: list[ModuleFolder] = field(default_factory=list)

    @property
    def required(self) -> list[str]:
        """The languages that nothing may be without."""
        return self.file.content.languages.required if self.file else []

    @property
    def languages(self) -> list[str]:
        """All languages that texts may have, required ones first."""
        return self.file.content.languages.every if self.file else []

    def texts(self) -> Iterator[LessonText]:
        """Every lesson in every language, in order."""
        for module in self.modules:
            for texts in module.lessons.values():
                yield from texts.values()

    def figures(self) -> dict[str, Figure]:
        """All figures by id."""
        return {figure.words.id: figure for module in self.modules for figure in module.figures}

    def terms(self) -> Mapping[str, Term]:
        """The glossary by id."""
        return self.glossary.terms if self.glossary else {}

    def yaml_files(self) -> Iterator[Read[Any]]:
        """All files whose texts stand in several languages side by side."""
        if self.file:
            yield self.file
        for module in self.modules:
            yield from (figure.file for figure in module.figures)
            yield from (file for file in (module.file, module.items, module.rubrics) if file is not None)
