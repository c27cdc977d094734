"""What changed between two states of a pack, passage by passage, in plain text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from pydantic import BaseModel

from .body import BlockKind
from .course import LessonText, ModuleFolder, Term
from .figure import Figure
from .layout import GLOSSARY
from .reading import Reading
from .schema import Read, Translated, TranslatedAnswers

DRAWING = "drawing"
_BLOCK = re.compile(r"(?:passage|figure) ")


@dataclass(frozen=True)
class Node:
    """One part of a pack. places: what can change in it, by name and in order, as text."""

    path: str
    places: Mapping[str, str]


def compare(old: Reading, new: Reading) -> list[str]:
    """The lines to print; none when the two are byte for byte the same."""
    before, after = dict(_nodes(old)), dict(_nodes(new))
    lines: list[str] = []
    told = {figure.drawing_path for reading in (old, new) for figure in reading.course.figures().values()}
    for name in _merged(list(before), list(after)):
        found = list(_node_changes(name, before.get(name), after.get(name)))
        lines += found
        if found:
            told |= {nodes[name].path for nodes in (before, after) if name in nodes}
    for path in sorted(old.pack.files.keys() | new.pack.files.keys()):
        if path not in told and old.pack.files.get(path) != new.pack.files.get(path):
            lines.append(f"{path}: only its layout changed")
    return lines


def _merged(old: list[str], new: list[str]) -> list[str]:
    """The names in the new order, each removed one where it stood."""
    merged: list[str] = []
    for operation, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        merged += [] if operation == "equal" else [name for name in old[i:j] if name not in new]
        merged += new[k:m]
    return merged


def _node_changes(name: str, old: Node | None, new: Node | None) -> Iterator[str]:
    if old is None or new is None:
        verb, node = ("added", new) if old is None else ("removed", old)
        assert node is not None
        yield f"{verb} {name} ({node.path})"
        return
    changes = list(_changes(old.places, new.places))
    if old.path != new.path:
        changes.insert(0, f"  file {old.path} is now {new.path}")
    if changes:
        yield f"{name} ({new.path})"
        yield from changes


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for place in _merged(list(old), list(new)):
        if place not in old:
            yield f"  added {place}"
            yield from _indented(new[place])
        elif place not in new:
            yield f"  removed {place}"
            yield from _indented(old[place])
        elif old[place] != new[place]:
            yield f"  changed {place}"
            yield from () if place == DRAWING else _indented(word_diff(old[place], new[place]))
    for place, previous in moved(_blocks(old), _blocks(new)):
        yield f"  moved {place} to {'the beginning' if previous is None else f'after {previous}'}"


def _indented(text: str) -> Iterator[str]:
    return (f"    {line}" for line in text.split("\n"))


def _blocks(places: Mapping[str, str]) -> list[str]:
    return [place for place in places if _BLOCK.match(place)]


def moved(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str | None]]:
    """Which names stand elsewhere than before, and after which name each stands now. As few as possible."""
    before, after = [name for name in old if name in new], [name for name in new if name in old]
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {name for block in blocks for name in after[block.b : block.b + block.size]}
    previous = dict(zip(new, [None, *new], strict=False))
    return [(name, previous[name]) for name in after if name not in stayed]


def word_diff(old: str, new: str) -> str:
    """The new text with removed words as [-words-] and added ones as {+words+}."""
    before, after = re.findall(r"\s+|\S+", old), re.findall(r"\s+|\S+", new)
    parts: list[str] = []
    for operation, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = "".join(before[i:j]), "".join(after[k:m])
        if operation == "equal":
            parts.append(come)
        else:
            parts.append((f"[-{gone}-]" if gone else "") + (f"{{+{come}+}}" if come else ""))
    return "".join(parts)


def _nodes(reading: Reading) -> Iterator[tuple[str, Node]]:
    course = reading.course
    if course.file:
        yield f"programme {course.file.content.id}", _yaml(course.file)
    for term in course.terms().values():
        yield f"term {term.id}", Node(GLOSSARY, _term_places(term))
    for module in course.modules:
        if module.file:
            yield f"module {module.file.content.id}", _yaml(module.file)
        for text in (text for texts in module.lessons.values() for text in texts.values()):
            yield f"lesson {text.content.id}, {text.language}", Node(text.path, dict(_lesson_places(text)))
        for figure in module.figures:
            yield f"figure {figure.words.id}", _figure(figure, reading.pack.files)
        yield from _question_nodes(module)


def _question_nodes(module: ModuleFolder) -> Iterator[tuple[str, Node]]:
    if module.items:
        for item in module.items.content.items:
            yield f"item {item.id}", Node(module.items.path, dict(_places(item)))
    if module.rubrics:
        for rubric in module.rubrics.content.rubrics:
            yield f"rubric {rubric.id}", Node(module.rubrics.path, dict(_places(rubric)))
    if module.tasks:
        for task in module.tasks.content.tasks:
            yield f"task {task.id}", Node(module.tasks.path, dict(_places(task)))


def _yaml(file: Read[Any]) -> Node:
    return Node(file.path, dict(_places(file.content)))


def _figure(figure: Figure, files: Mapping[str, bytes]) -> Node:
    drawing = files[figure.drawing_path].decode()
    return Node(figure.file.path, {**dict(_places(figure.words)), DRAWING: drawing})


def _term_places(term: Term) -> dict[str, str]:
    places = {f"term ({language})": text for language, text in term.terms.items()}
    return places | {f"definition ({language})": text for language, text in term.definitions.items()}


def _lesson_places(text: LessonText) -> Iterator[tuple[str, str]]:
    for name, value in _places(text.content):
        if not name.startswith("sources"):
            yield name, value
    for source in text.content.sources:
        yield (
            f"source {source.id}",
            "; ".join(f"{name} {value}" for name, value in _places(source) if name != "id"),
        )
    for block in text.blocks:
        yield f"{'figure' if block.kind is BlockKind.FIGURE else 'passage'} {block.id}", block.source


def _places(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """A part of a file as named texts. Entries with an id are named by it, so that order does not matter."""
    if isinstance(value, Translated | TranslatedAnswers):
        for language, text in value.root.items():
            yield f"{name} ({language})", text if isinstance(text, str) else "; ".join(text)
    elif isinstance(value, BaseModel):
        for key in type(value).model_fields:
            yield from _places(getattr(value, key), f"{name} {key}".strip())
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, f"{name} {key}".strip())
    elif isinstance(value, list):
        yield from _list_places(value, name)
    elif value is not None:
        yield name, str(value)


def _list_places(values: list[object], name: str) -> Iterator[tuple[str, str]]:
    if all(isinstance(value, str) for value in values):
        yield name, ", ".join(str(value) for value in values)
        return
    for position, value in enumerate(values, 1):
        yield from _places(value, f"{name} {getattr(value, 'id', position)}")
