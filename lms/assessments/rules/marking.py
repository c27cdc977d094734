"""Marks with a rubric, and who gives them. Levels 0 to 4; weights in whole per cent; totals in hundredths of one.

Rule: docs/domain.md 2, "Item notation"; docs/decisions/0014 for what "meets" means.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from lms.courses.rules import ByLanguage

from ..errors import CriterionMissing, FeedbackMissing, NotALevel, QuoteNotThere, TooLong
from .attempts import AttemptState, Step, StepKind, answers, heads, is_aside
from .deadlines import DECISIONS, Terms, Timeliness, counted

LEVELS = range(5)
LEAST_TO_MEET = 2
FULL = 100_00
HOLDS = timedelta(minutes=30)
"""How long somebody who saved a mark keeps others reading only."""

MOST_REMARK = 2_000
MOST_FEEDBACK = 8_000
MOST_QUOTE = 500
"""Characters taken in a remark or comment, in the feedback, and in the words that a comment quotes."""

MOST_COMMENTS = 50


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One line of a rubric. levels: what 0 to 4 look like, or empty. safety: 0 returns the answer for revision."""

    id: str
    weight: int
    safety: bool
    title: ByLanguage
    levels: Sequence[ByLanguage]


@dataclass(frozen=True, kw_only=True)
class Rubric:
    """How an open answer is marked. Weights together are 100."""

    id: str
    criteria: Sequence[Criterion]


def read_rubric(node_id: str, body: Mapping[str, Any]) -> Rubric:
    """A published rubric."""
    return Rubric(
        id=node_id,
        criteria=tuple(
            Criterion(
                id=one["id"],
                weight=one["weight"],
                safety=one.get("safety", False),
                title=one["title"],
                levels=tuple(one.get("levels") or ()),
            )
            for one in body["criteria"]
        ),
    )


Levels = Mapping[str, int]
"""Criterion to level."""


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A remark on a passage. paragraph: from 1. quote: the words it is about, or empty for the whole paragraph."""

    paragraph: int
    quote: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What a marker thinks of one version of an answer."""

    levels: Levels
    remarks: Mapping[str, str]
    comments: Sequence[Comment] = ()
    feedback: str = ""


NO_MARKS = Marks(levels={}, remarks={})


class Act(StrEnum):
    """What a marker wants with what she sends. NEXT finishes what is complete and goes on in either case."""

    DRAFT = "draft"
    COMMENT = "comment"
    NEXT = "next"
    FINISH = "finish"
    RETURN = "return"


def check_quote(comment: Comment, blocks: Sequence[str]) -> None:
    """Refuse words that do not stand in the paragraph they are said to be of. Raises QuoteNotThere."""
    paragraph = min(comment.paragraph, max(len(blocks), 1))
    if find_quote(comment.quote, blocks[paragraph - 1] if blocks else "") is None:
        raise QuoteNotThere(paragraph=paragraph)


def find_quote(quote: str, block: str) -> tuple[int, int] | None:
    """Where words stand in a paragraph, all of it for none; blanks and line breaks are alike. None: nowhere."""
    if not quote:
        return 0, len(block)
    found = re.search(r"\s+".join(re.escape(word) for word in quote.split()), block)
    return found.span() if found else None


def read_marks(data: Mapping[str, Any] | None) -> Marks:
    """Marks as a step holds them, opened."""
    held = data or {}
    return Marks(
        levels=held.get("levels", {}),
        remarks=held.get("remarks", {}),
        comments=tuple(Comment(**comment) for comment in held.get("comments", ())),
        feedback=held.get("feedback", ""),
    )


class Verdict(StrEnum):
    """What marks come to."""

    MEETS = "meets"
    NOT_YET = "not yet"
    REVISE = "revise"


def check_levels(rubric: Rubric, levels: Levels) -> None:
    """Refuse levels that the rubric does not know. Raises NotALevel."""
    known = {criterion.id for criterion in rubric.criteria}
    if not set(levels) <= known or any(level not in LEVELS for level in levels.values()):
        raise NotALevel


def missing(rubric: Rubric, levels: Levels) -> int:
    """How many criteria have no level yet."""
    return sum(criterion.id not in levels for criterion in rubric.criteria)


def check_complete(rubric: Rubric, levels: Levels) -> None:
    """Refuse to finish while a criterion has no level. Raises CriterionMissing."""
    if missing(rubric, levels):
        raise CriterionMissing(missing=missing(rubric, levels))


def compute_total(rubric: Rubric, levels: Levels) -> int:
    """The weighted score so far, in hundredths of a per cent: weight times level over 4, exactly. 10,000 is full."""
    return sum(criterion.weight * levels.get(criterion.id, 0) * 25 for criterion in rubric.criteria)


def whole_percent(total: int) -> int:
    """A total in whole per cent, rounded down once and here: 74.9 is not 75."""
    return total // 100


def judge(rubric: Rubric, levels: Levels, *, meets_percent: int) -> Verdict:
    """What complete marks come to. A safety criterion at 0 returns the answer and is never a public mark."""
    if any(criterion.safety and levels[criterion.id] == 0 for criterion in rubric.criteria):
        return Verdict.REVISE
    enough = compute_total(rubric, levels) >= meets_percent * 100
    return Verdict.MEETS if enough and min(levels.values()) >= LEAST_TO_MEET else Verdict.NOT_YET


def check_texts(marks: Marks) -> None:
    """Refuse more text than is taken. Raises TooLong."""
    _check_lengths(marks.remarks.values(), MOST_REMARK)
    _check_lengths((comment.text for comment in marks.comments), MOST_REMARK)
    _check_lengths((comment.quote for comment in marks.comments), MOST_QUOTE)
    _check_lengths([marks.feedback], MOST_FEEDBACK)


def _check_lengths(texts: Iterable[str], most: int) -> None:
    longest = max((len(text) for text in texts), default=0)
    if longest > most:
        raise TooLong(length=longest, most=most)


def settle(act: Act, rubric: Rubric, marks: Marks, *, meets_percent: int) -> StepKind:
    """What is stored when a marker wants this. A safety criterion at 0 can only return the answer.

    Raises NotALevel and TooLong, which save nothing; CriterionMissing and FeedbackMissing, with which the same marks
    may be saved as a draft.
    Rule: docs/domain.md 2, "Item notation".
    """
    check_levels(rubric, marks.levels)
    check_texts(marks)
    if act in (Act.DRAFT, Act.COMMENT):
        return StepKind.MARK_DRAFT
    if act is Act.RETURN:
        return _returned(marks)
    if act is Act.NEXT and missing(rubric, marks.levels):
        return StepKind.MARK_DRAFT
    check_complete(rubric, marks.levels)
    verdict = judge(rubric, marks.levels, meets_percent=meets_percent)
    return _returned(marks) if verdict is Verdict.REVISE else StepKind.MARK


def _returned(marks: Marks) -> StepKind:
    if not marks.feedback.strip():
        raise FeedbackMissing
    return StepKind.RETURN


def write_marks(rubric: Rubric, marks: Marks, *, kind: StepKind, meets_percent: int) -> dict[str, Any]:
    """What stays in clear of marks: levels, the total so far, and what they come to once they are finished."""
    data: dict[str, Any] = {"levels": dict(marks.levels), "total": compute_total(rubric, marks.levels)}
    if kind is StepKind.RETURN:
        data["verdict"] = Verdict.REVISE
    elif kind is StepKind.MARK:
        data["verdict"] = judge(rubric, marks.levels, meets_percent=meets_percent)
    return data


def write_typed(marks: Marks) -> dict[str, Any]:
    """What was typed, as it is sealed."""
    return {
        "remarks": dict(marks.remarks),
        "comments": [{"paragraph": c.paragraph, "quote": c.quote, "text": c.text} for c in marks.comments],
        "feedback": marks.feedback,
    }


@dataclass(frozen=True, kw_only=True)
class Marker:
    """Somebody who may mark in a cohort. languages: those she reads, her own first. waiting: allotted, not marked.

    looks_after: the writer is in one of her groups, or in none.
    """

    id: int
    languages: Sequence[str]
    waiting: int
    in_conflict: bool = False
    looks_after: bool = True


def allot(language: str, markers: Collection[Marker]) -> int | None:
    """Who marks an answer in this language: of those who read it and look after its writer whoever has least waiting.

    Where none of those reads it, whoever else of the cohort does; where nobody does, whoever looks after her. None
    where everybody who could has a conflict of interest, or there is nobody: a coordinator then sees it, rather than
    somebody who cannot read it.
    """
    readers = [marker for marker in markers if language in marker.languages]
    free = [marker for marker in readers or markers if not marker.in_conflict]
    chosen = [marker for marker in free if marker.looks_after] or (free if readers else [])
    if not chosen:
        return None
    return min(chosen, key=lambda marker: (marker.waiting, _rank(language, marker), marker.id)).id


def _rank(language: str, marker: Marker) -> int:
    return list(marker.languages).index(language) if language in marker.languages else len(marker.languages)


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One time that marks of an answer were saved. by: None where nobody is marking any more."""

    by: int | None
    at: datetime
    is_final: bool


def holder(last: Holding | None, *, reader: int, at: datetime) -> Holding | None:
    """Whoever else is marking this now; None where the reader may mark it."""
    if last is None or last.by in (None, reader) or last.is_final or at - last.at >= HOLDS:
        return None
    return last


def marking_since(holdings: Sequence[Holding]) -> datetime:
    """Since when whoever saved last has been at it, without a longer pause. holdings: one or more, oldest first."""
    since = holdings[-1]
    for earlier in reversed(holdings[:-1]):
        if earlier.by != since.by or earlier.is_final or since.at - earlier.at >= HOLDS:
            break
        since = earlier
    return since.at


# What is read


def text_step(steps: Sequence[Step], terms: Terms) -> Step | None:
    """The answer that a marker reads: what was handed in, until somebody decides about what came late.

    Counting it brings in what arrived afterwards; leaving it goes back to what was written in time, if there is any.
    """
    decisions = [step for step in steps if step.kind in DECISIONS]
    decided = max(decisions, key=lambda step: step.number).kind if decisions else None
    handed_in = [step for step in steps if not is_aside(step)]
    chosen = handed_in if decided is None else counted(steps, terms) or handed_in
    return max(heads(chosen).values(), key=lambda step: step.number, default=None)


def undecided_texts(steps: Sequence[Step]) -> list[Step]:
    """Texts that arrived after the hand-in and about which nobody has decided, in the order received."""
    return [step for step in answers(steps) if is_aside(step) and step.number > _decided_at(steps)]


def lateness(steps: Sequence[Step]) -> Timeliness | None:
    """How late work stands about which a person has still to decide; None where there is nothing to decide."""
    if undecided_texts(steps):
        return Timeliness.LATE
    handed_in = [step for step in steps if step.kind is StepKind.HAND_IN]
    if not handed_in or handed_in[-1].number < _decided_at(steps):
        return None
    found = Timeliness((handed_in[-1].data or {}).get("timeliness", Timeliness.ON_TIME))
    return None if found is Timeliness.ON_TIME else found


def late_number(steps: Sequence[Step]) -> int:
    """The number of the last late text or hand-in about which nobody has decided; 0 where there is none."""
    if lateness(steps) is None:
        return 0
    texts, handed_in = undecided_texts(steps), [step for step in steps if step.kind is StepKind.HAND_IN]
    return max(step.number for step in (*texts, *handed_in[-1:]))


def _decided_at(steps: Sequence[Step]) -> int:
    return max((step.number for step in steps if step.kind in DECISIONS), default=0)


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a typed text, to which comments are anchored. Line breaks inside one stay."""
    blocks = re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n"))
    return [block.strip("\n") for block in blocks if block.strip()]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of a paragraph. comment: the number of the comment it is marked for, from 1; empty text is an anchor."""

    text: str
    comment: int | None = None


def place_comments(blocks: Sequence[str], comments: Sequence[Comment]) -> list[list[Piece]]:
    """The paragraphs in pieces, each comment at the words it quotes.

    A comment on a whole paragraph marks all of it. Where its words are not found or overlap others, the comment stands
    at the end of its paragraph, and at the end of the text where the paragraph is gone.
    """
    last = max(len(blocks), 1)
    found = [_pieces(block, _about(comments, number, last)) for number, block in enumerate(blocks, 1)]
    return found or [_pieces("", _about(comments, 1, 1))]


def _about(comments: Sequence[Comment], paragraph: int, last: int) -> list[tuple[int, Comment]]:
    return [(n, c) for n, c in enumerate(comments, 1) if min(max(c.paragraph, 1), last) == paragraph]


def _pieces(block: str, comments: Sequence[tuple[int, Comment]]) -> list[Piece]:
    spans: list[tuple[int, int, int]] = []
    anchors = []
    for number, comment in sorted(comments, key=lambda pair: not pair[1].quote):
        start, end = find_quote(comment.quote, block) or (0, 0)
        if start == end or any(start < there and begin < end for begin, there, _ in spans):
            anchors.append(number)
        else:
            spans.append((start, end, number))
    pieces, done = [], 0
    for start, end, number in sorted(spans):
        pieces += [Piece(text=block[done:start]), Piece(text=block[start:end], comment=number)]
        done = end
    pieces += [Piece(text=block[done:]), *(Piece(text="", comment=number) for number in sorted(anchors))]
    return [piece for piece in pieces if piece.text or piece.comment is not None]


# The queue


class QueueState(StrEnum):
    """How a row of the queue stands for one reader."""

    NEW = "new"
    STARTED = "started"
    MARKED = "marked"
    CONFLICT = "conflict"


def queue_state(state: AttemptState, *, is_started: bool, in_conflict: bool) -> QueueState:
    """A conflict of interest hides everything else."""
    if in_conflict:
        return QueueState.CONFLICT
    if state is AttemptState.MARKED:
        return QueueState.MARKED
    return QueueState.STARTED if is_started else QueueState.NEW


def around(place: int | None, waiting: int) -> tuple[int | None, int | None]:
    """The places before and after one in a queue of so many, from 1; whoever is not in it goes on with its first.

    After the last comes the first again, as long as that is another.
    """
    if place is None:
        return None, 1 if waiting else None
    after = place + 1 if place < waiting else 1
    return place - 1 or None, after if after != place else None
