"""One lesson in several languages: the same passages, sources, figures, numbers and facts in each."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .body import Block, BlockKind
from .course import LessonText
from .faults import Faults, FaultsWithin
from .numbers import numbers_of
from .schema import FrontMatter, SourceEntry

Key: TypeAlias = tuple[bool, str]
"""Whether it is a figure, and its id: the two may share one."""

_SAME = ("id", "minutes", "safety", "terms")
_SAME_OF_SOURCES = ("id", "published", "url", "checked", "review")
"""Title (with its language), publisher and note of a source are words and may be translated."""


def check_parity(texts: Sequence[LessonText], faults: Faults) -> None:
    """Compare every text of a lesson with the first one, and report what differs where it differs."""
    first, *others = texts
    for name in first.content.numbers:
        line = first.front.line("numbers", name)
        faults.add(first.path, line, "numbers: the other languages are compared with this one; say it there")
    for other in others:
        within = faults.within(other.path)
        _check_front(first, other, within)
        pair = _pair(first, other)
        _check_blocks(pair, within)
        _check_uses(pair, within)
        _check_numbers(pair, within)


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


@dataclass(frozen=True)
class _Pair:
    """Two texts and their blocks by id. An id that one of them repeats says nothing about the other's block."""

    first: LessonText
    other: LessonText
    theirs: dict[Key, Block]
    ours: dict[Key, Block]
    repeated: Collection[Key]

    def shared(self) -> list[tuple[Block, Block]]:
        """The blocks that stand in both, the first text's in front, in the other's order."""
        keys = [key for key in self.ours if key in self.theirs and key not in self.repeated]
        return [(self.theirs[key], self.ours[key]) for key in keys]


def _pair(first: LessonText, other: LessonText) -> _Pair:
    groups = [*_repetitions(first.blocks), *_repetitions(other.blocks)]
    repeated = {_key(group[0]) for group in groups}
    return _Pair(first, other, _by_id(first.blocks), _by_id(other.blocks), repeated)


def _check_blocks(pair: _Pair, faults: FaultsWithin) -> None:
    theirs, ours, path = pair.theirs, pair.ours, pair.first.path
    excused = _displaced(pair.first.blocks, pair.other.blocks, theirs)
    for key, block in ours.items():
        if key not in theirs and key not in excused:
            faults.add(block.line, f"{_name(block)} does not stand in {path}")
    for there, here in pair.shared():
        if there.kind is not here.kind:
            faults.add(here.line, f"{_name(here)} is a {there.kind} in {path}, line {there.line}")
    excused = _displaced(pair.other.blocks, pair.first.blocks, ours)
    for key, block in theirs.items():
        if key not in ours and key not in excused:
            faults.add(_place_for(key, list(theirs), pair.other, ours), f"{_name(block)} of {path} is missing")
    _check_order(pair, faults)


def _displaced(repeating: Sequence[Block], whole: Sequence[Block], known: Collection[Key]) -> set[Key]:
    """Blocks of the whole text that are missing where ids are repeated, because a repeated id took their place.

    One for each repetition: of a kind with a block of this id, and nearest to where one of them stands.
    """
    missing = [(place, block) for place, block in enumerate(whole) if block.id and _key(block) not in known]
    excused: set[Key] = set()
    for group in _repetitions(repeating):
        places = [place for place, block in enumerate(repeating) if _key(block) == _key(group[0])]
        kinds = {block.kind for block in group}
        fitting = [
            (min(abs(place - other) for other in places), place, _key(block))
            for place, block in missing
            if block.kind in kinds and _key(block) not in excused
        ]
        excused |= {key for _distance, _place, key in sorted(fitting)[: len(group) - 1]}
    return excused


def _check_order(pair: _Pair, faults: FaultsWithin) -> None:
    """Report the first block that does not stand where it stands in the other language."""
    found = [_key(here) for _there, here in pair.shared()]
    expected = [key for key in pair.theirs if key in set(found)]
    for wanted, key in zip(expected, found, strict=True):
        if wanted != key:
            block = pair.ours[key]
            faults.add(block.line, f"{_name(block)} stands in another order than in {pair.first.path}")
            return


def _key(block: Block) -> Key:
    return block.kind is BlockKind.FIGURE, block.id


def _by_id(blocks: Sequence[Block]) -> dict[Key, Block]:
    """The blocks by id; of a repeated one the first."""
    return {key: group[0] for key, group in _groups(blocks).items()}


def _groups(blocks: Sequence[Block]) -> dict[Key, list[Block]]:
    groups: dict[Key, list[Block]] = {}
    for block in blocks:
        if block.id:
            groups.setdefault(_key(block), []).append(block)
    return groups


def _repetitions(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks of every id that occurs more than once."""
    return [group for group in _groups(blocks).values() if len(group) > 1]


def _place_for(key: Key, order: list[Key], text: LessonText, ours: dict[Key, Block]) -> int:
    """The line before which a missing block should stand: that of the next one that is there, or the last."""
    following = order[order.index(key) + 1 :]
    return next((ours[other].line for other in following if other in ours), text.last_line)


def _check_uses(pair: _Pair, faults: FaultsWithin) -> None:
    path = pair.first.path
    known = set(_source_ids(pair.first.content)) | set(_source_ids(pair.other.content))
    for there, here in pair.shared():
        ours, theirs = (set(block.ids_of("source")) & known for block in (here, there))
        for name in sorted(theirs - ours):
            faults.add(here.line, f"{_name(here)} does not cite {name}, as it does in {path}")
        for use in here.uses:
            if use.kind == "source" and use.id in ours - theirs:
                faults.add(use.line, f"{_name(here)} cites {use.id}, as it does not in {path}")


def _check_numbers(pair: _Pair, faults: FaultsWithin) -> None:
    """The numbers in digits are the same, each as often, unless the front matter says why not."""
    front = pair.other.front
    differing: set[str] = set()
    for there, here in pair.shared():
        theirs, ours = numbers_of(there.text, pair.first.language), numbers_of(here.text, pair.other.language)
        if theirs != ours:
            differing.add(here.id)
            if here.id not in front.content.numbers:
                odd = "; ".join(filter(None, (_odd("here", ours - theirs), _odd("there", theirs - ours))))
                faults.add(
                    here.line,
                    f"the numbers of {_name(here)} are not those of {pair.first.path}, line {there.line}: {odd}",
                )
    for name in front.content.numbers:
        if name not in differing and (False, name) not in pair.repeated:
            line = front.line("numbers", name)
            faults.add(line, f"numbers: {name} is no passage whose numbers differ from {pair.first.path}")


def _odd(where: str, numbers: Counter[str]) -> str:
    return f"only {where} {', '.join(sorted(numbers.elements()))}" if numbers else ""


def _name(block: Block) -> str:
    return f"{'figure' if block.kind is BlockKind.FIGURE else 'passage'} {block.id}"
