"""Reading what marking pages send.

`level-ID`, `remark-ID`: by criterion; `feedback`; `comment-1-paragraph`, `-quote`, `-text`, `-remove`: the comments
that the page held, from 1; `new-paragraph`, `new-quote`, `new-text`: one more; `op`, `version`: which act this is and
which marks its page knew; `knows_both`: she was shown two versions.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from werkzeug.datastructures import MultiDict

from lms.settings import LANGUAGES
from lms.web.forms import read_id

from .errors import BrokenOperation, NothingToRelease
from .forms import read_operation
from .queries.releasing import MOST_ROWS
from .rules.marking import LEVELS, MOST_COMMENTS, Act, Comment, Levels, Marks, Rubric, check_levels
from .services.marking import Sent

Form = MultiDict[str, str]
MOST_PARAGRAPH = 10_000
UNKNOWN = -1
"""A level that is none: refused by the rule, and not shown again."""


def read_sent(form: Form, rubric: Rubric, *, language: str) -> Sent:
    """Marks as they were sent. Raises BrokenOperation, NotALevel."""
    levels = {one: _whole(value, most=max(LEVELS)) for one, value in _by_criterion(form, rubric, "level")}
    check_levels(rubric, levels)
    return Sent(
        operation=read_operation(form.get("op")),
        version=read_version(form),
        marks=_marks(form, rubric, levels),
        language=language,
        knows_both="knows_both" in form,
        handed_in_at=_moment(form.get("handed")),
    )


def read_typed(form: Form, rubric: Rubric, *, with_new: bool = True) -> Marks:
    """The same for showing it again, whatever it is worth. with_new: with the comment that is being written."""
    levels = {one: _whole(value, most=max(LEVELS)) for one, value in _by_criterion(form, rubric, "level")}
    marks = _marks(form, rubric, {one: level for one, level in levels.items() if level in LEVELS})
    return marks if with_new or read_new(form) is None else replace(marks, comments=marks.comments[:-1])


def _moment(value: str | None) -> datetime | None:
    """When the text was handed in that the page shows. Raises BrokenOperation."""
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError:
        raise BrokenOperation from None


def read_new(form: Form) -> Comment | None:
    """The comment that is being written."""
    return _comment(form, "new")


def read_version(form: Form) -> int:
    """Which marks the page knew; 0 where it does not say, which is newer than nothing."""
    return max(_whole(form.get("version", ""), most=10**9), 0)


def read_act(form: Form) -> Act:
    """What her button says; a draft where it says nothing."""
    wanted = form.get("do", "")
    return Act(wanted) if wanted in set(Act) else Act.DRAFT


def read_seen(form: Form) -> dict[UUID, int]:
    """The attempts of a list with the version of their marks. Raises NothingToRelease, BrokenOperation."""
    values = form.getlist("mark")
    if len(values) > MOST_ROWS:
        raise BrokenOperation  # no page of ours lists so many, and to leave some out unsaid would be worse
    seen = {}
    for value in values:
        name, _, version = value.partition(".")
        try:
            seen[UUID(name)] = int(version)
        except ValueError:
            raise NothingToRelease from None
    return seen


def read_task(form: Form) -> UUID | None:
    """The task whose marks are to be released; None for none of ours."""
    return read_id(form.get("task"))


def read_languages(form: Form) -> list[str]:
    """The languages that were ticked, of those there are."""
    return [code for code in LANGUAGES if code in form.getlist("language")]


def _marks(form: Form, rubric: Rubric, levels: Levels) -> Marks:
    return Marks(
        levels=levels,
        remarks=dict(_by_criterion(form, rubric, "remark")),
        comments=tuple(_comments(form)),
        feedback=_text(form, "feedback"),
    )


def _by_criterion(form: Form, rubric: Rubric, name: str) -> Iterator[tuple[str, str]]:
    for criterion in rubric.criteria:
        text = _text(form, f"{name}-{criterion.id}")
        if text:
            yield criterion.id, text


def _comments(form: Form) -> Iterator[Comment]:
    names = [f"comment-{number}" for number in range(1, MOST_COMMENTS + 1)]
    for name in [*(name for name in names if f"{name}-remove" not in form), "new"]:
        comment = _comment(form, name)
        if comment is not None:
            yield comment


def _comment(form: Form, name: str) -> Comment | None:
    text = _text(form, f"{name}-text")
    if not text:
        return None
    paragraph = max(_whole(form.get(f"{name}-paragraph", ""), most=MOST_PARAGRAPH), 1)
    return Comment(paragraph=paragraph, quote=_text(form, f"{name}-quote"), text=text)


def _text(form: Form, name: str) -> str:
    return form.get(name, "").replace("\r\n", "\n").strip()


def _whole(value: str, *, most: int) -> int:
    is_number = value.isascii() and value.isdigit() and len(value) < 12 and int(value) <= most
    return int(value) if is_number else UNKNOWN
