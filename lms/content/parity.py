"""One lesson in several languages: the same passages, sources, figures and facts in each."""

from collections.abc import Sequence

from .body import Block, BlockKind
from .course import LessonText
from .faults import Faults, FaultsWithin
from .schema import FrontMatter, SourceEntry

_SAME = ("id", "minutes", "safety", "terms")
_SAME_OF_SOURCES = ("id", "published", "url", "checked", "review")
"""Title, publisher and note of a source are words and may be translated."""


def check_parity(texts: Sequence[LessonText], faults: Faults) -> None:
    """Compare every text of a lesson with the first one, and report what differs where it differs."""
    first, *others = texts
    for other in others:
        within = faults.within(other.path)
        _check_front(first, other, within)
        _check_blocks(first, other, within)
        _check_uses(first, other, within)


def _check_front(first: LessonText, other: LessonText, faults: FaultsWithin) -> None:
    for name in _SAME:
        if getattr(first.content, name) != getattr(other.content, name):
            faults.add(other.front.line(name), f"{name} differs from {first.path}")
    if (first.content.content_note is None) != (other.content.content_note is None):
        faults.add(other.front.line("content_note"), f"content_note stands in only one of this and {first.path}")
    _check_sources(first, other, faults)


def _check_sources(first: LessonText, other: LessonText, faults: FaultsWithin) -> None:
    ours, theirs = _source_ids(other.content), _source_ids(first.content)
    if ours != theirs:
        faults.add(other.front.line("sources"), f"the sources are not those of {first.path} in the same order")
        return
    for position, pair in enumerate(zip(first.content.sources, other.content.sources, strict=True)):
        for name in _differences(*pair):
            line = other.front.line("sources", position, name)
            faults.add(line, f"{name} of source {ours[position]} differs from {first.path}")


def _source_ids(front: FrontMatter) -> list[str]:
    return [source.id for source in front.sources]


def _differences(one: SourceEntry, other: SourceEntry) -> list[str]:
    return [name for name in _SAME_OF_SOURCES if getattr(one, name) != getattr(other, name)]


def _check_blocks(first: LessonText, other: LessonText, faults: FaultsWithin) -> None:
    theirs, ours = _by_id(first.blocks), _by_id(other.blocks)
    for key, block in ours.items():
        if key not in theirs:
            faults.add(block.line, f"{_name(block)} does not stand in {first.path}")
        elif theirs[key].kind is not block.kind:
            faults.add(block.line, f"{_name(block)} is a {theirs[key].kind} in {first.path}, line {theirs[key].line}")
    for key, block in theirs.items():
        if key not in ours:
            faults.add(_place_for(key, list(theirs), other, ours), f"{_name(block)} of {first.path} is missing")
    _check_order(first, [key for key in theirs if key in ours], ours, faults)


def _check_order(
    first: LessonText,
    expected: list[tuple[bool, str]],
    ours: dict[tuple[bool, str], Block],
    faults: FaultsWithin,
) -> None:
    """Report the first block that does not stand where it stands in the other language."""
    found = [key for key in ours if key in set(expected)]
    for wanted, key in zip(expected, found, strict=True):
        if wanted != key:
            faults.add(ours[key].line, f"{_name(ours[key])} stands in another order than in {first.path}")
            return


def _by_id(blocks: Sequence[Block]) -> dict[tuple[bool, str], Block]:
    return {(block.kind is BlockKind.FIGURE, block.id): block for block in blocks if block.id}


def _place_for(
    key: tuple[bool, str],
    order: list[tuple[bool, str]],
    text: LessonText,
    ours: dict[tuple[bool, str], Block],
) -> int:
    """The line before which a missing block should stand: that of the next one that is there, or the last."""
    following = order[order.index(key) + 1 :]
    return next((ours[other].line for other in following if other in ours), text.last_line)


def _check_uses(first: LessonText, other: LessonText, faults: FaultsWithin) -> None:
    theirs = _by_id(first.blocks)
    known = set(_source_ids(first.content)) | set(_source_ids(other.content))
    for key, block in _by_id(other.blocks).items():
        if key not in theirs:
            continue
        here, there = (set(one.ids_of("source")) & known for one in (block, theirs[key]))
        for name in sorted(there - here):
            faults.add(block.line, f"{_name(block)} does not cite {name}, as it does in {first.path}")
        for use in block.uses:
            if use.kind == "source" and use.id in here - there:
                faults.add(use.line, f"{_name(block)} cites {use.id}, as it does not in {first.path}")


def _name(block: Block) -> str:
    return f"{'figure' if block.kind is BlockKind.FIGURE else 'passage'} {block.id}"
