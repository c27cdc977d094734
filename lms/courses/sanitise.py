"""The one allow-list for authored HTML: applied when a lesson is published and again when it is shown.

Everything that a lesson may contain is listed here with the values that it may take. All the rest falls away:
scripts, styles, events, addresses, comments.
"""

import re

import nh3

NUMBER = r"-?(?:\d+(?:\.\d+)?|\.\d+)"
NUMBERS = rf"{NUMBER}(?:[\s,]+{NUMBER})*"
COLOUR = "none|currentColor"
ANYTHING = r"[\s\S]*"

_DRAWING = {
    "viewBox": NUMBERS,
    "d": r"[MmLlHhVvCcSsQqTtAaZzeE\d\s,.+-]*",
    "points": NUMBERS,
    **dict.fromkeys(
        ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "font-size"),
        NUMBER,
    ),
    "transform": rf"(?:(?:translate|scale|rotate)\({NUMBERS}\)\s*)+",
    "fill": COLOUR,
    "stroke": COLOUR,
    "fill-rule": "nonzero|evenodd",
    **dict.fromkeys(("opacity", "fill-opacity", "stroke-opacity", "stroke-width"), NUMBER),
    "stroke-dasharray": NUMBERS,
    "stroke-linecap": "butt|round|square",
    "stroke-linejoin": "miter|round|bevel",
    "font-weight": r"normal|bold|[1-9]00",
    "text-anchor": "start|middle|end",
}
DRAWING = {name: re.compile(values, re.ASCII) for name, values in _DRAWING.items()}
"""Attributes of a drawing and the values they may take."""

SHAPES = frozenset({"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text"})
"""Elements of a drawing."""

_ANYWHERE = {"id": "[a-z]-[a-z0-9-]{1,40}", "dir": "ltr|rtl|auto", "lang": "[A-Za-z]{2,3}(-[A-Za-z]{2,4})?"}

_PROSE: dict[str, dict[str, str]] = {
    **dict.fromkeys(("p", "h2", "h3", "ul", "li", "blockquote", "strong", "em", "code", "br", "sup"), {}),
    **dict.fromkeys(("table", "thead", "tbody", "tr", "th", "td"), {}),
    "ol": {"start": r"\d{1,4}"},
    "a": {"href": "#[sw]-[a-z0-9-]{1,40}", "class": "term", "aria-label": ANYTHING},
    "div": {"class": "tbl", "tabindex": "0", "role": "region", "aria-label": ANYTHING},
    "figure": {"class": "card"},
    "figcaption": {"class": "s muted"},
    "title": {},
}
_DRAWN: dict[str, dict[str, str]] = {
    **dict.fromkeys(SHAPES, _DRAWING),
    "svg": {**_DRAWING, "class": "fig", "role": "img", "aria-labelledby": "t-[a-z0-9-]{1,40}"},
}
_VALUES = {
    (tag, name): re.compile(value, re.ASCII)
    for tag, attributes in {**_PROSE, **_DRAWN}.items()
    for name, value in {**_ANYWHERE, **attributes}.items()
}


def _keep(tag: str, name: str, value: str) -> str | None:
    allowed = _VALUES.get((tag, name))
    return value if allowed is not None and allowed.fullmatch(value) else None


_CLEANER = nh3.Cleaner(
    tags={*_PROSE, *_DRAWN},
    attributes={tag: {name for on_tag, name in _VALUES if on_tag == tag} for tag in {tag for tag, _name in _VALUES}},
    attribute_filter=_keep,
    url_schemes=set(),
    link_rel=None,
)


def clean(html: str) -> str:
    """This HTML with nothing in it but what a lesson may contain. Cleaning twice changes nothing."""
    return _CLEANER.clean(html)
