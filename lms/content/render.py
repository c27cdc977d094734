"""A lesson as HTML: once for each version, lesson and language, then stored."""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from lms.courses.sanitise import clean

from .body import MARKDOWN, Block, BlockKind
from .course import LessonText
from .figure import Figure, draw
from .languages import SOURCE_WORDS

Env = MutableMapping[str, Any]


class _Renderer(RendererHTML):
    """Writes our own tokens, and tables that scroll by themselves."""

    def term_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        return f'<a class="term" href="#w-{tokens[idx].meta["id"]}">'

    def term_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        return "</a>"

    def source_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        number = env["numbers"].get(tokens[idx].meta["id"], 0)
        word = SOURCE_WORDS.get(env["language"])
        spoken = f' aria-label="{word} {number}"' if word else ""
        return f'<sup><a href="#s-{number}"{spoken}>[{number}]'

    def source_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Env) -> str:
        return "</a></sup>"


_RENDERER = _Renderer()


def render_lesson(text: LessonText, figures: Mapping[str, Figure]) -> str:
    """The lesson's blocks as clean HTML, without its title and its lists of words and sources.

    Anchors: `p-ID` passages and headings, `f-ID` figures. Links lead to `w-ID` (words), `s-NUMBER` (sources).
    """
    env: Env = {
        "language": text.language,
        "numbers": {source.id: number for number, source in enumerate(text.content.sources, 1)},
    }
    heading = text.content.title
    parts = []
    for block in text.blocks:
        if block.kind in (BlockKind.HEADING_2, BlockKind.HEADING_3):
            heading = block.words
        if block.kind is BlockKind.FIGURE:
            parts.append(draw(figures[block.id], text.language))
        elif block.kind is BlockKind.TABLE:
            parts.append(_table(block, heading, env))
        else:
            parts.append(_passage(block, env))
    return clean("".join(parts))


def _passage(block: Block, env: Env) -> str:
    first, *others = block.tokens
    marked = first.copy(attrs={**first.attrs, "id": anchor(block)})
    return _RENDERER.render([marked, *others], MARKDOWN.options, env)


def _table(block: Block, heading: str, env: Env) -> str:
    """A table in a region that scrolls: reachable by keyboard, named after the heading above it."""
    opening = Token("region_open", "div", 1, attrs={"class": "tbl", "id": anchor(block), "tabindex": "0"})
    opening.attrs.update({"role": "region", "aria-label": heading})
    opening.block = True
    closing = Token("region_close", "div", -1, block=True)
    return _RENDERER.render([opening, *block.tokens, closing], MARKDOWN.options, env)


def anchor(block: Block) -> str:
    """The id of a passage in the page; the letter keeps it apart from the page's own ids."""
    return f"p-{block.id}"
