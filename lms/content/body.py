"""The text of a lesson: CommonMark with passages, terms, sources and figures, and nothing else."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise, zip_longest

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from .characters import hidden_characters
from .faults import FaultsWithin
from .languages import knows_slanted_type
from .schema import ID_RULE, is_id

PASSAGE_ID = "passage_id"
MOST_LEVELS = 8


class BlockKind(StrEnum):
    """What a block of a lesson is. All but figures are passages."""

    PARAGRAPH = "paragraph"
    BULLETS = "list"
    NUMBERS = "numbered list"
    QUOTATION = "quotation"
    TABLE = "table"
    HEADING_2 = "heading of level 2"
    HEADING_3 = "heading of level 3"
    FIGURE = "figure"


_KINDS = {
    "paragraph_open": BlockKind.PARAGRAPH,
    "bullet_list_open": BlockKind.BULLETS,
    "ordered_list_open": BlockKind.NUMBERS,
    "blockquote_open": BlockKind.QUOTATION,
    "table_open": BlockKind.TABLE,
}
_HEADINGS = {"h1": BlockKind.HEADING_2, "h2": BlockKind.HEADING_2, "h3": BlockKind.HEADING_3}


@dataclass(frozen=True, kw_only=True)
class Use:
    """A term, source or figure where the text refers to it."""

    kind: str
    id: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block: a passage or a figure. `line` is where its id stands; `source` is its text as written."""

    kind: BlockKind
    id: str
    line: int
    tokens: Sequence[Token]
    source: str
    uses: Sequence[Use] = field(default=())

    def ids_of(self, kind: str) -> list[str]:
        """The ids of the terms, sources or figures it refers to, in order."""
        return [use.id for use in self.uses if use.kind == kind]

    @property
    def words(self) -> str:
        """What is read of it, without references: for headings."""
        inline = [token for token in self.tokens if token.type == "inline"]
        return "".join(child.content for token in inline for child in token.children or () if child.content)

    @property
    def text(self) -> str:
        """All words of it as they are read: a reference or the edge of a cell or entry parts them."""
        inline = [token for token in self.tokens if token.type == "inline"]
        return "\n".join("".join(map(_read, token.children or ())) for token in inline)


def _read(child: Token) -> str:
    if child.type in ("softbreak", "hardbreak"):
        return " "
    return "\n" if child.type == "source_open" else child.content


def _passage_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line `{#id}` outside of any list or quotation; it also ends a paragraph that runs into it."""
    line = state.src[state.bMarks[start] : state.eMarks[start]]
    found = re.fullmatch(r"\{#([^{}]*)\}[ ]*", line)
    if not found or (state.level > 0 and not silent):
        return False
    if not silent:
        token = state.push(PASSAGE_ID, "", 0)
        token.meta = {"id": found[1]}
        token.map = [start, start + 1]
        state.line = start + 1
    return True


def _take_heading_ids(state: StateCore) -> None:
    """Move `{#id}` from the end of a heading's words into the heading."""
    for heading, inline in pairwise(state.tokens):
        if heading.type == "heading_open":
            words, mark, name = inline.content.rpartition("{#")
            if mark and name.endswith("}"):
                heading.meta = {"id": name[:-1]}
                inline.content = words.rstrip()


def _take_references(state: StateCore) -> None:
    """Make links to terms and sources tokens of their own. All other links stay, and are refused."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = list(_references(token.children or []))


def _references(children: Sequence[Token]) -> Iterator[Token]:
    closing: list[str] = []
    for child in children:
        if child.type == "link_open":
            scheme, _, name = str(child.attrs.get("href", "")).partition(":")
            known = scheme in ("term", "source") and child.attrs.keys() == {"href"} and child.markup != "autolink"
            closing.append(scheme if known else "link")
            yield (child if not known else Token(f"{scheme}_open", "a", 1, meta={"id": name}, level=child.level))
        elif child.type == "link_close":
            yield Token(f"{closing.pop()}_close", "a", -1, level=child.level)
        else:
            yield child


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["reference", "lheading"])
    ends = ["paragraph", "blockquote", "list", "table"]
    parser.block.ruler.before("table", PASSAGE_ID, _passage_rule, {"alt": ends})
    parser.core.ruler.after("block", "heading_ids", _take_heading_ids)
    parser.core.ruler.push("references", _take_references)
    # Every link is parsed as one, so that it can be refused by name instead of standing there as odd text.
    parser.validateLink = lambda url: True  # the library's own way to set it
    return parser


MARKDOWN = _parser()


def read_blocks(body: str, *, first_line: int, language: str, faults: FaultsWithin) -> list[Block]:
    """The blocks of a lesson's text in order, with everything reported that a lesson must not contain.

    first_line: the line of the file at which the body begins.
    """
    return _BlockReader(body, first_line, language, faults).read()


def _top_level(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    group: list[Token] = []
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0 and token.type != "inline":
            yield group
            group = []


class _BlockReader:
    def __init__(self, body: str, first_line: int, language: str, faults: FaultsWithin) -> None:
        self._lines = body.split("\n")
        self._first_line = first_line
        self._language = language
        self._faults = faults
        self._waiting: Token | None = None
        self._tokens = MARKDOWN.parse(body)

    def read(self) -> list[Block]:
        blocks = [block for group in _top_level(self._tokens) if (block := self._block(group)) is not None]
        self._no_id_waits("a passage id without a passage after it")
        self._report_repeated(blocks)
        return blocks

    def _block(self, group: list[Token]) -> Block | None:
        first = group[0]
        if first.type == PASSAGE_ID:
            self._no_id_waits("a passage id without a passage after it")
            self._waiting = first
            return None
        if _is_figure(group):
            self._no_id_waits("a figure takes no passage id")
            return self._figure(group)
        if first.type == "heading_open":
            self._no_id_waits("a heading carries its id at the end of its own line")
            return self._heading(group)
        waiting, self._waiting = self._waiting, None
        kind = _KINDS.get(first.type)
        if kind is None:
            self._faults.add(self._line(first), _OTHERS.get(first.type, "a block of this kind has no place here"))
            return None
        if waiting is None:
            self._faults.add(self._line(first), f"this {kind} has no passage id: write {{#id}} on the line before it")
        return self._passage(kind, waiting or first, group)

    def _passage(self, kind: BlockKind, marked: Token, group: list[Token]) -> Block:
        name = str(marked.meta.get("id", ""))
        if "id" in marked.meta and not is_id(name):
            self._faults.add(self._line(marked), f"{{#{name}}}: {ID_RULE}")
        first, last = group[0].map or [0, 0]
        return Block(
            kind=kind,
            id=name,
            line=self._line(marked),
            tokens=group,
            source="\n".join(self._lines[first:last]).strip(),
            uses=tuple(self._uses(group)),
        )

    def _heading(self, group: list[Token]) -> Block:
        heading = group[0]
        if heading.tag not in ("h2", "h3"):
            self._faults.add(self._line(heading), "headings are of level 2 or 3; the title is the only level 1")
        if "id" not in heading.meta:
            self._faults.add(self._line(heading), "this heading has no id: write {#id} at the end of its line")
        return self._passage(_HEADINGS.get(heading.tag, BlockKind.HEADING_3), heading, group)

    def _figure(self, group: list[Token]) -> Block:
        image = (group[1].children or [])[0]
        name = str(image.attrs["src"]).removeprefix("figure:")
        line = self._line(group[0])
        if image.content or "title" in image.attrs:
            self._faults.add(line, "a figure is placed by ![](figure:id) alone; its words stand in its yaml file")
        use = Use(kind="figure", id=name, line=line)
        return Block(kind=BlockKind.FIGURE, id=name, line=line, tokens=(), source=f"![](figure:{name})", uses=(use,))

    def _uses(self, group: list[Token]) -> Iterator[Use]:
        for token in group:
            if token.level > MOST_LEVELS:
                self._faults.add(self._line(token), "lists and quotations inside each other: too many levels")
            if token.type == "inline":
                yield from self._inline_uses(token)
            elif token.level > 0 and token.type in _OTHERS:
                self._faults.add(self._line(token), _OTHERS[token.type])

    def _inline_uses(self, inline: Token) -> Iterator[Use]:
        line = self._line(inline)
        for child, following in zip_longest(inline.children or [], (inline.children or [])[1:]):
            if child.type in ("softbreak", "hardbreak"):
                line += 1
            elif child.type in ("term_open", "source_open"):
                kind = child.type.removesuffix("_open")
                is_empty = following is not None and following.type == f"{kind}_close"
                if is_empty != (kind == "source"):
                    self._faults.add(line, _BRACKETS[kind])
                yield Use(kind=kind, id=str(child.meta["id"]), line=line)
            else:
                for fault in self._inline_faults(child):
                    self._faults.add(line, fault)

    def _inline_faults(self, child: Token) -> Iterator[str]:
        if child.type in ("text", "text_special", "code_inline"):
            yield from _words_faults(child.content)
        elif child.type == "em_open" and not knows_slanted_type(self._language):
            yield "emphasis: this language has no slanted type; use **strong words** or none"
        elif child.type == "link_open" and child.markup == "autolink":
            yield _ADDRESS
        elif child.type == "link_open":
            yield "a link to something else than a term or a source; addresses stand in sources"
        elif child.type == "image":
            yield "an image inside a text; a figure is placed by ![](figure:id) on a line of its own"

    def _no_id_waits(self, otherwise: str) -> None:
        if self._waiting is not None:
            self._faults.add(self._line(self._waiting), otherwise)
            self._waiting = None

    def _report_repeated(self, blocks: Sequence[Block]) -> None:
        seen: dict[tuple[bool, str], int] = {}
        for block in blocks:
            key = (block.kind is BlockKind.FIGURE, block.id)
            if block.id and key in seen:
                what = "figure" if block.kind is BlockKind.FIGURE else "passage id"
                self._faults.add(block.line, f"the {what} {block.id} occurs twice, first in line {seen[key]}")
            seen.setdefault(key, block.line)

    def _line(self, token: Token) -> int:
        return self._first_line + (token.map[0] if token.map else 0)


_OTHERS = {
    "hr": "a line across the page has no place in a lesson",
    "fence": "a block of code has no place in a lesson",
    "code_block": "a block of code has no place in a lesson; was it indented by four blanks?",
    "heading_open": "a heading inside a list or a quotation",
}
_ADDRESS = "an address in the text; addresses stand in sources"
_BRACKETS = {
    "term": "a term without words: [words](term:id)",
    "source": "a source is cited without words: [](source:id)",
}


def _is_figure(group: Sequence[Token]) -> bool:
    if group[0].type != "paragraph_open":
        return False
    children = group[1].children or []
    return (
        len(children) == 1
        and children[0].type == "image"
        and str(children[0].attrs.get("src", "")).startswith("figure:")
    )


def _words_faults(words: str) -> Iterator[str]:
    if re.search(r"<[A-Za-z/!?]", words):
        yield "HTML is not allowed"
    if re.search(r"https?:|//[a-z]|www\.", words, re.IGNORECASE):
        yield _ADDRESS
    if "{#" in words:
        yield "{#id} stands on a line of its own before its passage, or at the end of a heading"
    if "](" in words:
        yield "brackets that make no link"
    for character in hidden_characters(words):
        yield f"hidden character U+{ord(character):04X}"
