"""The published questions: a list, and each as a participant sees it, to be tried."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from lms.accounts.session import me
from lms.courses.rules import Told
from lms.kernel.errors import Refusal
from lms.kernel.i18n import speaking
from lms.settings import LANGUAGES
from lms.web.http import allow, explain
from lms.web.languages import page_language

from .. import forms
from ..policy import AssessmentPermission
from ..queries import bank
from ..queries.bank import ItemPlace
from ..rules.items import Answer, Line, Open, Score, Short, given_answer, read_answer, right_answer, score
from ..rules.marking import Rubric
from ..rules.quizzes import percent
from ..slots import Slot, make_slot

bp = Blueprint("bank", __name__, template_folder="../templates", url_prefix="/<lang:lang>/bank")
PREVIEW = AssessmentPermission.PREVIEW
SEED = 1


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of an answer that was tried; nothing of it is stored."""

    given: Sequence[Line]
    right: Sequence[Line]
    scored: Score | None
    feedback: Told | None
    is_right: bool

    @property
    def percent(self) -> int | None:
        """Per cent of the score; None where a person marks it."""
        return None if self.scored is None else percent(self.scored)


@dataclass(frozen=True, kw_only=True)
class Face:
    """A question in one language. question: as a participant sees it, our own words in that language too."""

    language: str
    question: Markup
    key: Sequence[Line]
    accepted: Sequence[Sequence[str]]
    tried: Tried | None
    refusal: str | None


@bp.get("")
@allow(PREVIEW)
def items() -> ResponseReturnValue:
    """All questions of the newest versions."""
    page = bank.page_of_bank(me(), number=request.args.get("page", 1, type=int), language=page_language())
    return render_template("assessments/bank.html", page=page)


@bp.get("/<uuid:item_id>")
@allow(PREVIEW, on=bank.find_item)
def item(place: ItemPlace) -> ResponseReturnValue:
    """One question in each of its languages, with its key and what markers read."""
    return _page(place, [_face(place, language) for language in place.languages])


@bp.post("/<uuid:item_id>/try")
@allow(PREVIEW, on=bank.find_item)
def try_item(place: ItemPlace) -> ResponseReturnValue:
    """Try an answer in one language. Nothing is stored."""
    language = request.form.get("in", "")
    if language not in place.languages:
        abort(400)
    fields = forms.sent_fields(_number(place, language), request.form)
    try:
        more: dict[str, Any] = {"tried": _try(place, read_answer(place.item, fields), language)}
    except Refusal as refusal:
        more = {"refusal": explain(refusal)}
    faces = [
        _face(place, code, fields=fields, **more) if code == language else _face(place, code)
        for code in place.languages
    ]
    return _page(place, faces), 409 if "refusal" in more else 200


def _page(place: ItemPlace, faces: Sequence[Face]) -> str:
    return render_template(
        "assessments/item.html",
        place=place,
        item=place.item,
        faces=faces,
        uses=place.uses(page_language()),
        rubric=_rubric(place),
        samples=place.item.samples if isinstance(place.item, Open) else (),
    )


def _rubric(place: ItemPlace) -> Rubric | None:
    return place.asked.rubrics.get(place.item.rubric) if isinstance(place.item, Open) else None


def _number(place: ItemPlace, language: str) -> int:
    """Each language has a number of its own, so that three forms fit on one page."""
    return list(place.languages).index(language) + 1


def _face(place: ItemPlace, language: str, *, fields: Any = None, **more: Any) -> Face:
    slot = make_slot(
        _number(place, language), place.item, place.asked, seed=SEED, steps=(), step=None, language=language
    )
    return Face(
        language=language,
        question=_question(replace(slot, sent=fields), language),
        key=right_answer(place.item, language),
        accepted=_accepted(place, language),
        tried=more.get("tried"),
        refusal=more.get("refusal"),
    )


def _question(slot: Slot, language: str) -> Markup:
    """The fields in the language of the question; a language without pages of ours gets those of this page."""
    spoken = language if language in LANGUAGES else page_language()
    with speaking(spoken):
        return Markup(render_template("assessments/item_face.html", slot=slot, language=spoken))  # noqa: S704 - made by our own template, which escapes


def _accepted(place: ItemPlace, language: str) -> list[Sequence[str]]:
    """Every wording that is taken in this language, for each answer of a short question."""
    if not isinstance(place.item, Short):
        return []
    return [answer.get(language, ()) for answer in place.item.accepted]


def _try(place: ItemPlace, answer: Answer | None, language: str) -> Tried:
    scored = score(place.item, answer)
    feedback = (place.item.feedback or {}).get(language)
    return Tried(
        given=given_answer(place.item, answer, language),
        right=right_answer(place.item, language),
        scored=scored,
        feedback=Told(feedback, language) if feedback else None,
        is_right=scored is not None and scored.points == scored.of,
    )
