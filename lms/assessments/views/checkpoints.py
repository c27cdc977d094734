"""The question inside a lesson: practice, with the answer to it at once."""

from dataclasses import replace
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask import redirect as to
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.accounts.models import Person
from lms.accounts.session import me
from lms.cohorts.policy import CohortPermission
from lms.courses.rules import TaskKind
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.policy import allows
from lms.modules.queries import LessonPlace
from lms.web.http import allow, explain
from lms.web.languages import page_language

from .. import forms
from ..policy import AssessmentPermission
from ..queries import sitting as sittings
from ..queries.sitting import Checkpoint, Sitting
from ..reviewing import Reviewed, reviewed
from ..rules.attempts import heads
from ..services import taking
from ..slots import Slot, make_slot

bp = Blueprint("checkpoints", __name__, url_prefix="/<lang:lang>/t/<uuid:task_id>")
NO_SEED = 0


def find_checkpoint_sitting(who: Person, task_id: UUID) -> Sitting | None:
    """A checkpoint of an address; no other kind of task."""
    sitting = sittings.find_sitting(who, task_id)
    return sitting if sitting is not None and sitting.task.kind is TaskKind.CHECKPOINT else None


@bp.post("/answer")
@allow(AssessmentPermission.TAKE, on=find_checkpoint_sitting)
def answer(sitting: Sitting) -> ResponseReturnValue:
    """Keep the answer and go back to the lesson, where it says whether that was right."""
    at = clock.now()
    try:
        with transaction():
            attempt = sitting.attempt or taking.open_attempt(sitting, by=me(), language=page_language(), at=at)
            item = sitting.catalogue.items[attempt.drawn[0]]
            answered = forms.read_slot(1, item, request.form, language=page_language())
            here = sitting if sitting.attempt else sitting.at(attempt)
            outcome = taking.save_answer(here, attempt, answered, by=me(), at=at)
    except Refusal as refusal:
        return _refused(sitting, explain(refusal))
    if outcome is taking.Outcome.OVERTAKEN:
        told = _("You answered this in another window meanwhile. Both answers are kept. Answer once more to settle it.")
        return _refused(sittings.find_sitting(me(), sitting.entry.public_id) or sitting, told)
    return to(url_for("modules.lesson", lesson_id=sittings.lesson_of(sitting), _anchor="check"))


def below_lesson(place: LessonPlace) -> Markup:
    """What stands under the text of a lesson: its question, if it has one."""
    checkpoint = sittings.find_checkpoint(me(), place, place.lesson.node_id)
    if checkpoint is None:
        return Markup()
    slot, review = _shown(checkpoint)
    may_answer = allows(CohortPermission.PROGRESS, me(), place)
    page = render_template(
        "assessments/checkpoint.html", checkpoint=checkpoint, slot=slot, review=review, may_answer=may_answer
    )
    return Markup(page)  # noqa: S704 - a template of ours, escaped as every page


def _shown(checkpoint: Checkpoint) -> tuple[Slot, Reviewed | None]:
    name = checkpoint.task.item
    step = heads(checkpoint.steps).get(name)
    slot = make_slot(
        1,
        checkpoint.asked.items[name],
        checkpoint.asked,
        seed=checkpoint.attempt.seed if checkpoint.attempt else NO_SEED,
        steps=checkpoint.steps,
        step=step,
        language=page_language(),
    )
    return slot, reviewed(slot, checkpoint.asked.required_languages) if slot.is_answered else None


def _refused(sitting: Sitting, refusal: str) -> ResponseReturnValue:
    """The question alone, with what was typed still in it."""
    name = sitting.task.item
    slot = make_slot(
        1,
        sitting.catalogue.items[name],
        sitting.catalogue,
        seed=sitting.attempt.seed if sitting.attempt else NO_SEED,
        steps=sitting.steps,
        step=sitting.standing.get(name),
        language=page_language(),
    )
    slot = replace(slot, sent=forms.sent_fields(1, request.form))
    page = render_template("assessments/checkpoint_alone.html", place=sitting, slot=slot, refusal=refusal)
    return page, 409
