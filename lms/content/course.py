"""A course as it was read from a pack: every part with its file and lines."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .body import Block, BlockKind
from .figure import Figure
from .layout import GLOSSARY, Place
from .questions import Item, ItemsFile, Rubric, RubricsFile
from .schema import CourseFile, FrontMatter, Languages, ModuleFile, Read
from .tasks import TasksFile


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

    def is_in(self, language: str) -> bool:
        """Whether a reader of this language finds it."""
        return language in self.terms and language in self.definitions


@dataclass(frozen=True)
class Glossary:
    """The glossary, by id, with the languages that its columns name."""

    languages: Sequence[str]
    terms: Mapping[str, Term]

    def lacks(self, name: str, language: str) -> str | None:
        """What an author is told when a reader of this language would not find this term."""
        if name not in self.terms:
            return f"the term {name} does not stand in {GLOSSARY}"
        term = self.terms[name]
        is_reported = not term.terms or bool(term.terms.get(language)) != bool(term.definitions.get(language))
        return None if is_reported or term.is_in(language) else f"the term {name} has no {language} in {GLOSSARY}"


@dataclass
class ModuleFolder:
    """One folder of a module. lessons: by file name, then by language, first required first."""

    folder: str
    file: Read[ModuleFile] | None = None
    lessons: dict[str, dict[str, LessonText]] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    items: Read[ItemsFile] | None = None
    rubrics: Read[RubricsFile] | None = None
    tasks: Read[TasksFile] | None = None

    def named_lessons(self) -> dict[str, dict[str, LessonText]]:
        """The lessons by their id, in the order of their files."""
        return {next(iter(texts.values())).content.id: texts for texts in self.lessons.values()}

    def named_items(self) -> dict[str, Item]:
        """The questions by their id."""
        return {item.id: item for item in self.items.content.items} if self.items else {}


@dataclass
class Course:
    """Everything that could be read. Modules in order."""

    file: Read[CourseFile] | None = None
    declared: Languages | None = None
    """The languages, known even where the rest of course.yaml has faults."""
    glossary: Glossary | None = None
    modules: list[ModuleFolder] = field(default_factory=list)
    figure_names: set[str] = field(default_factory=set)
    """Ids of figures, those included of which one file could not be read."""

    @property
    def required(self) -> list[str]:
        """The languages that nothing may be without."""
        return self.declared.required if self.declared else []

    @property
    def languages(self) -> list[str]:
        """All languages that texts may have, required ones first."""
        return self.declared.every if self.declared else []

    def texts(self) -> Iterator[LessonText]:
        """Every lesson in every language, in order."""
        for module in self.modules:
            for texts in module.lessons.values():
                yield from texts.values()

    def figures(self) -> dict[str, Figure]:
        """All figures by id."""
        return {figure.words.id: figure for module in self.modules for figure in module.figures}

    def rubrics(self) -> dict[str, Rubric]:
        """The rubrics of all modules by id."""
        files = [module.rubrics for module in self.modules if module.rubrics]
        return {rubric.id: rubric for file in files for rubric in file.content.rubrics}

    def terms(self) -> Mapping[str, Term]:
        """The glossary by id."""
        return self.glossary.terms if self.glossary else {}

    def yaml_files(self) -> Iterator[Read[Any]]:
        """All files whose texts stand in several languages side by side."""
        if self.file:
            yield self.file
        for module in self.modules:
            yield from (figure.file for figure in module.figures)
            files = (module.file, module.items, module.rubrics, module.tasks)
            yield from (file for file in files if file is not None)
