"""YAML with lines: what a file says, and at which line it says it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

import yaml

Loc: TypeAlias = tuple[str | int, ...]
"""Where in a document: keys and positions from the outside in."""

MOST_LEVELS = 12
_OTHER_LINE_ENDS = dict.fromkeys((0x85, 0x2028, 0x2029), " ")
"""YAML counts these as line ends, and editors do not. They are reported as hidden characters."""


class NotYaml(Exception):
    """The text is not the YAML that a pack may use."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@dataclass(frozen=True)
class Document:
    """Plain data, the line of each part of it, and keys that occur twice (line, key)."""

    data: Any
    lines: dict[Loc, int]
    repeated: list[tuple[int, str]] = field(default_factory=list)

    def known(self, loc: Loc) -> Loc:
        """The part of `loc` that stands in the file, without missing keys and a checker's own marks."""
        path: Loc = ()
        for step in loc:
            if (*path, step) in self.lines:
                path = (*path, step)
        return path

    def line(self, *loc: str | int) -> int:
        """The line of a part: where its key stands; of the nearest part around it when it is missing."""
        return self.lines[self.known(loc)]


def read_yaml(text: str, *, first_line: int = 1) -> Document:
    """Read one YAML document that starts at this line of its file. Raises NotYaml.

    Numbers with a point come as Decimal, days as `date`. No anchors, no tags, no second document.
    """
    text = text.translate(_OTHER_LINE_ENDS)
    loader = yaml.CSafeLoader(text)
    try:
        node = loader.get_single_node()
        document = Document(data=None, lines={(): first_line})
        if node is None:
            return document
        document.lines[()] = first_line + node.start_mark.line
        reader = _Reader(loader, document, first_line)
        return Document(reader.value(node, ()), document.lines, document.repeated)
    except yaml.MarkedYAMLError as error:
        last = text.rstrip("\n").count("\n")
        raise NotYaml(first_line + min(_line(error), last), f"not YAML: {error.problem}") from None
    except yaml.YAMLError:
        raise NotYaml(first_line, "not YAML: a character that cannot stand there") from None
    finally:
        loader.dispose()


def _line(error: yaml.MarkedYAMLError) -> int:
    """Where an author should look: at the beginning of what was not closed, else where reading stopped."""
    unclosed = any(kind in (error.context or "") for kind in ("flow", "quoted", "simple key"))
    marks = (error.context_mark, error.problem_mark)
    mark = next(filter(None, marks if unclosed else reversed(marks)), None)
    return mark.line if mark else 0


class _Reader:
    """Turns nodes into data and notes their lines."""

    def __init__(self, loader: Any, document: Document, first_line: int) -> None:
        self._loader = loader
        self._document = document
        self._first_line = first_line
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, loc: Loc) -> Any:
        line = self._line(node)
        if id(node) in self._seen:
            raise NotYaml(line, "not YAML of a pack: write the value out, without & and *")
        if len(loc) > MOST_LEVELS:
            raise NotYaml(line, "not YAML of a pack: too many levels")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, loc))
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*loc, position)) for position, item in enumerate(node.value)]
        if node.tag == "tag:yaml.org,2002:float":
            return self._decimal(node)
        try:
            return self._loader.construct_object(node)
        except ValueError:
            raise NotYaml(line, f"not YAML: {node.value} is no possible value") from None

    def _pairs(self, node: yaml.MappingNode, loc: Loc) -> Iterator[tuple[str, Any]]:
        names: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in names:
                self._document.repeated.append((self._line(key), name))
            names.add(name)
            self._document.lines[(*loc, name)] = self._line(key)
            yield name, self.value(value, (*loc, name))

    def _item(self, node: yaml.Node, loc: Loc) -> Any:
        self._document.lines[loc] = self._line(node)
        return self.value(node, loc)

    def _decimal(self, node: yaml.Node) -> Decimal | str:
        text = str(node.value).replace("_", "")
        return Decimal(text) if text.replace(".", "", 1).lstrip("+-").isdigit() else text

    def _line(self, node: yaml.Node) -> int:
        return self._first_line + int(node.start_mark.line)
