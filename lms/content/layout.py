"""Which file may lie where in a pack."""

import re
from dataclasses import dataclass
from enum import StrEnum

SLUG = "[a-z0-9]+(?:-[a-z0-9]+)*"
LANGUAGE = "[a-z]{2,3}(?:-[A-Za-z]{2,4})?"
COURSE = "course.yaml"
GLOSSARY = "glossary.csv"
MODULE = "module.yaml"
ITEMS = "items.yaml"
TASKS = "tasks.yaml"


class Kind(StrEnum):
    """What a file of a pack holds."""

    COURSE = "course"
    GLOSSARY = "glossary"
    MODULE = "module"
    LESSON = "lesson"
    DRAWING = "drawing"
    FIGURE = "figure"
    ITEMS = "items"
    RUBRICS = "rubrics"
    TASKS = "tasks"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A file of the pack by what its path says: `folder` of its module, `name` without ending, `language`."""

    path: str
    kind: Kind
    folder: str = ""
    name: str = ""
    language: str = ""


_IN_MODULE = rf"(?P<folder>modules/[0-9]{{2}}-{SLUG})"
_PATHS = {
    Kind.COURSE: re.compile(re.escape(COURSE)),
    Kind.GLOSSARY: re.compile(re.escape(GLOSSARY)),
    Kind.MODULE: re.compile(rf"{_IN_MODULE}/{re.escape(MODULE)}"),
    Kind.LESSON: re.compile(rf"{_IN_MODULE}/lessons/(?P<name>[0-9]{{2}}-{SLUG})\.(?P<language>{LANGUAGE})\.md"),
    Kind.DRAWING: re.compile(rf"{_IN_MODULE}/figures/(?P<name>{SLUG})\.svg"),
    Kind.FIGURE: re.compile(rf"{_IN_MODULE}/figures/(?P<name>{SLUG})\.yaml"),
    Kind.ITEMS: re.compile(rf"{_IN_MODULE}/{re.escape(ITEMS)}"),
    Kind.RUBRICS: re.compile(rf"{_IN_MODULE}/rubrics\.yaml"),
    Kind.TASKS: re.compile(rf"{_IN_MODULE}/{re.escape(TASKS)}"),
}
_MODULE_FOLDER = re.compile(rf"modules/[0-9]{{2}}-{SLUG}/")


def find_place(path: str) -> Place | None:
    """What lies at this path, with `/` between its parts; None when nothing may."""
    for kind, pattern in _PATHS.items():
        if found := pattern.fullmatch(path):
            return Place(path=path, kind=kind, **found.groupdict())
    return None


def why_not(path: str) -> str:
    """What to tell an author about a path at which nothing may lie."""
    if path.startswith("modules/") and path.count("/") > 1 and not _MODULE_FOLDER.match(path):
        return "the folder of a module is named by two digits, a hyphen and lower-case words: 01-what-it-is"
    if "/lessons/" in path:
        return "a lesson is named by two digits, a hyphen, lower-case words and its language: 01-words.en.md"
    return "a file of this name has no place in a pack"
