"""Figures: drawings without words, and the words that are put into them for each language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from xml.parsers import expat

from lms.courses.sanitise import DRAWING, SHAPES

from .faults import FaultsWithin
from .languages import is_right_to_left
from .schema import FigureFile, Read

MOST_BYTES = 30 * 1024
NAMESPACE = "http://www.w3.org/2000/svg"
LABEL = "data-label"
ANCHOR = "text-anchor"
_OPPOSITE = {"start": "end", "end": "start", "middle": "middle"}


@dataclass
class Element:
    """One element of a drawing."""

    name: str
    attributes: dict[str, str]
    line: int
    children: list["Element"] = field(default_factory=list)

    def within(self) -> Iterator["Element"]:
        """This element and everything in it, in order."""
        yield self
        for child in self.children:
            yield from child.within()

    @property
    def has_words(self) -> bool:
        """Whether a label stands in it."""
        return any(element.name == "text" for element in self.within())

    @property
    def is_geometry(self) -> bool:
        """Whether something is drawn in it."""
        return any(element.name not in ("text", "g") for element in self.within())


@dataclass(frozen=True)
class Figure:
    """A drawing, the path of its file, and the file of its words."""

    drawing_path: str
    drawing: Element
    file: Read[FigureFile]

    @property
    def words(self) -> FigureFile:
        """What the file of words says."""
        return self.file.content


class _Drawing:
    """Builds the tree from what the parser announces."""

    def __init__(self, faults: FaultsWithin) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._faults = faults
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._words
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.ProcessingInstructionHandler = self._instruction

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = Element(name, attributes, self.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _words(self, words: str) -> None:
        if words.strip():
            self._faults.add(self.parser.CurrentLineNumber, "words in a drawing; they belong into the labels")

    def _doctype(self, *declaration: object) -> None:
        raise _Forbidden("a DOCTYPE has no place in a drawing")

    def _instruction(self, target: str, data: str) -> None:
        self._faults.add(self.parser.CurrentLineNumber, f"the instruction <?{target}?> has no place in a drawing")


class _Forbidden(Exception):
    pass


def read_drawing(text: str, faults: FaultsWithin) -> Element | None:
    """Read an SVG file and report everything that it must not contain; None when it cannot be read."""
    if len(text.encode()) > MOST_BYTES:
        faults.add(1, f"the drawing has more than {MOST_BYTES:,} bytes")
    drawing = _Drawing(faults)
    try:
        drawing.parser.Parse(text.encode(), True)
    except (expat.ExpatError, _Forbidden) as error:
        last = text.rstrip("\n").count("\n") + 1
        faults.add(min(drawing.parser.CurrentLineNumber, last), _reason(error))
        return None
    root = drawing.root
    assert root is not None, "a document that was parsed has a root"
    _check_root(root, faults)
    for element in root.within():
        _check_element(element, faults)
    return root


def _reason(error: Exception) -> str:
    return f"not XML: {expat.ErrorString(error.code)}" if isinstance(error, expat.ExpatError) else str(error)


def _check_root(root: Element, faults: FaultsWithin) -> None:
    if root.name != "svg" or root.attributes.pop("xmlns", None) != NAMESPACE:
        faults.add(root.line, f'a drawing begins with <svg xmlns="{NAMESPACE}">')
    if len(root.attributes.get("viewBox", "").replace(",", " ").split()) != 4:
        faults.add(root.line, "the drawing needs a viewBox of four numbers")
    for name in ("width", "height", "x", "y"):
        if root.attributes.pop(name, None) is not None:
            faults.add(root.line, f"{name} on <svg>: the page decides on the size")


def _check_element(element: Element, faults: FaultsWithin) -> None:
    if element.name not in SHAPES:
        faults.add(element.line, f"<{element.name}> has no place in a drawing")
        return
    for name, value in element.attributes.items():
        if name == LABEL and element.name == "text":
            continue
        if name not in DRAWING:
            faults.add(element.line, f"{name} on <{element.name}> has no place in a drawing")
        elif not DRAWING[name].fullmatch(value):
            faults.add(element.line, f'{name}="{value}" is not allowed{_HINTS.get(name, "")}')
    if element.name == "text":
        _check_label(element, faults)
    elif element.has_words and "transform" in element.attributes:
        faults.add(element.line, f"transform on a <{element.name}> with words: words are not turned or moved")


_HINTS = dict.fromkeys(("fill", "stroke"), "; currentColor and none are the only colours")


def _check_label(element: Element, faults: FaultsWithin) -> None:
    if LABEL not in element.attributes:
        faults.add(element.line, "a <text> without data-label")
    if not {"x", "y"} <= element.attributes.keys():
        faults.add(element.line, "a <text> needs x and y")
    if "transform" in element.attributes:
        faults.add(element.line, "transform on a <text>: words are not turned or moved")
    if element.children:
        faults.add(element.line, "a <text> contains nothing; its words come from the labels")


def check_labels(figure: Figure, words: FaultsWithin, drawing: FaultsWithin) -> None:
    """Every label has its place in the drawing, and every place its label."""
    used = set()
    for element in figure.drawing.within():
        label = element.attributes.get(LABEL) if element.name == "text" else None
        if label is not None:
            used.add(label)
            if label not in figure.words.labels:
                drawing.add(element.line, f"the label {label} has no words in {figure.file.path}")
    for label in figure.words.labels:
        if label not in used:
            words.add(figure.file.line("labels", label), f"the label {label} stands nowhere in the drawing")


def draw(figure: Figure, language: str) -> str:
    """The figure as HTML in one language: an image with its replacement text, and a caption.

    In a language written from right to left a drawing that may be mirrored is, words excepted. There a label
    that starts at a point extends to the left of it, because `text-anchor` follows the direction of the text.
    So a mirrored place keeps its anchor, and a place that stays where it was swaps it.
    """
    words = figure.words
    labels = {label: text.root[language] for label, text in words.labels.items()}
    look = figure.drawing.attributes
    if not is_right_to_left(language):
        inside = _Plan(labels).write_all(figure.drawing)
    elif words.mirror:
        inside = _mirrored(figure.drawing, labels)
    else:
        inside = _Plan(labels, swaps_anchors=True).write_all(figure.drawing)
        look = {**look, ANCHOR: _OPPOSITE[look.get(ANCHOR, "start")]}
    name = words.id
    return (
        f'<figure class="card" id="f-{name}">'
        f'<svg class="fig"{_attributes(look)} role="img" aria-labelledby="t-{name}">'
        f'<title id="t-{name}">{escape(words.alt.root[language])}</title>{inside}</svg>'
        f'<figcaption class="s muted">{escape(words.caption.root[language])}</figcaption></figure>\n'
    )


def _mirrored(root: Element, labels: Mapping[str, str]) -> str:
    left, _top, width, _height = (Decimal(n) for n in root.attributes["viewBox"].replace(",", " ").split())
    axis = 2 * left + width
    shapes = _Plan(labels, words=False)
    words = _Plan(labels, geometry=False, axis=axis)
    turned = f'<g transform="translate({_number(axis)}) scale(-1 1)">{shapes.write_all(root)}</g>'
    return turned + words.write_all(root)


@dataclass(frozen=True)
class _Plan:
    """What of a drawing is written, and how. axis: words are moved to the other side of its half."""

    labels: Mapping[str, str]
    geometry: bool = True
    words: bool = True
    axis: Decimal | None = None
    swaps_anchors: bool = False

    def write_all(self, root: Element) -> str:
        """Everything inside the drawing."""
        return "".join(self.write(child) for child in root.children)

    def write(self, element: Element) -> str:
        """The element as SVG, or nothing where the plan leaves it out."""
        if element.name == "text":
            return self._text(element) if self.words else ""
        if not (self.geometry and element.is_geometry) and not (self.words and element.has_words):
            return ""
        attributes = element.attributes
        if self.swaps_anchors and ANCHOR in attributes:
            attributes = {**attributes, ANCHOR: _OPPOSITE[attributes[ANCHOR]]}
        return f"<{element.name}{_attributes(attributes)}>{self.write_all(element)}</{element.name}>"

    def _text(self, element: Element) -> str:
        attributes = {name: value for name, value in element.attributes.items() if name != LABEL}
        if self.swaps_anchors and ANCHOR in attributes:
            attributes[ANCHOR] = _OPPOSITE[attributes[ANCHOR]]
        if self.axis is not None:
            attributes["x"] = _number(self.axis - Decimal(attributes["x"]))
        return f"<text{_attributes(attributes)}>{escape(self.labels[element.attributes[LABEL]])}</text>"


def _attributes(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}"
