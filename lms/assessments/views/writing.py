"""Writing an assignment: the draft, handing in, taking back, earlier texts, the marks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts.models import Person
from lms.accounts.session import me
from lms.cohorts.errors import CourseClosed
from lms.cohorts.rules.opening import check_open
from lms.courses.rules import TaskKind
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from lms.web.formats import write_time
from lms.web.http import allow, explain, wants_json
from lms.web.languages import page_language

from .. import forms
from ..errors import ClosedWhileWriting, NotInAttempt
from ..models import Attempt
from ..policy import AssessmentPermission
from ..queries import sitting as sittings
from ..queries.allowances import allowance_of
from ..queries.catalogue import catalogue
from ..queries.sitting import Handed, Sitting
from ..rules.attempts import AttemptState, StepKind, heads, next_sequence, rivals
from ..rules.items import Open
from ..rules.marking import paragraphs, read_marks
from ..rules.quizzes import later_date
from ..rules.words import count_words
from ..services import taking
from ..services.taking import Outcome

bp = Blueprint("writing", __name__, url_prefix="/<lang:lang>/t/<uuid:task_id>")
TAKE = AssessmentPermission.TAKE
MOST_VERSIONS_SHOWN = 25


def find_assignment(who: Person, task_id: UUID) -> Sitting | None:
    """The assignment of an address; no other kind of task."""
    sitting = sittings.find_sitting(who, task_id)
    return sitting if sitting is not None and sitting.task.kind is TaskKind.ASSIGNMENT else None


@bp.post("/draft/save")
@allow(TAKE, on=find_assignment)
def save(sitting: Sitting) -> ResponseReturnValue:
    """Keep the draft. The first save opens the attempt."""
    at = clock.now()
    try:
        with transaction():
            attempt, outcome = _keep(sitting, at=at)
    except Refusal as refusal:
        return _refused(sitting, refusal)
    if outcome is Outcome.COURSE_CLOSED:
        told = after_closing()
        heading = _("The course is closed")
        return (jsonify(text=told, kept=True) if wants_json() else _aside(sitting, told, heading=heading)), 409
    if outcome is Outcome.ASIDE:
        told = _("This was handed in meanwhile. What you just sent is kept beside it.")
        return (jsonify(text=told), 409) if wants_json() else (_aside(sitting, told), 409)
    if outcome is Outcome.OVERTAKEN:
        return _overtaken(sitting)
    if wants_json():
        return jsonify(text=_("Saved on the server, %(time)s", time=write_time(at)), attempt=str(attempt.public_id))
    task_id, go = sitting.entry.public_id, request.form.get("go")
    if go == "check":
        return redirect(url_for("tasks.check", task_id=task_id))
    return redirect(url_for("tasks.task", task_id=task_id, saved=1, _anchor="saved"))


@bp.post("/take-back")
@allow(TAKE, on=find_assignment)
def take_back(sitting: Sitting) -> ResponseReturnValue:
    """Open again what was handed in, before the deadline and before anybody reads it."""
    try:
        operation = forms.read_operation(request.form.get("op"))
        with transaction():
            taking.take_back(sitting, operation, language=page_language(), by=me(), at=clock.now())
    except Refusal as refusal:
        return page(sittings.find_sitting(me(), sitting.entry.public_id) or sitting, explain(refusal)), 409
    return redirect(url_for("tasks.task", task_id=sitting.entry.public_id))


@bp.post("/new-version")
@allow(TAKE, on=find_assignment)
def new_version(sitting: Sitting) -> ResponseReturnValue:
    """Begin the next version with the text of the one before."""
    try:
        with transaction():
            taking.open_attempt(sitting, by=me(), language=page_language(), at=clock.now())
    except Refusal as refusal:
        return page(sittings.find_sitting(me(), sitting.entry.public_id) or sitting, explain(refusal)), 409
    return redirect(url_for("tasks.task", task_id=sitting.entry.public_id))


@bp.get("/earlier")
@allow(TAKE, on=find_assignment)
def earlier(sitting: Sitting) -> ResponseReturnValue:
    """The texts that were saved before, newest first, so that nothing overwritten is lost."""
    saved = sittings.earlier_answers(sitting, most=MOST_VERSIONS_SHOWN) if sitting.attempt is not None else []
    return render_template("assessments/earlier.html", place=sitting, saved=saved)


def page(sitting: Sitting, refusal: str | None = None) -> str:
    """The assignment: to be written, being read, returned, or marked."""
    attempt = sitting.attempt
    if attempt is not None and attempt.state is not AttemptState.OPEN:
        return _standing(sitting, refusal)
    if not allows(AssessmentPermission.ANSWER, me(), sitting):
        return render_template(
            "assessments/ended.html", place=sitting, attempt=attempt, text=_text(sitting), refusal=refusal
        )
    return _draft(sitting, refusal=refusal)


def after_closing() -> str:
    """What is said of work that came when the course was closed."""
    return _(
        "This course was closed before this arrived. What you sent is kept beside your work, and it does not count. "
        "Tell your coordinator if it should have been read."
    )


def check_page(sitting: Sitting, refusal: str | None = None) -> str:
    """The text once more before it is handed in."""
    text = _text(sitting)
    item = _item(sitting)
    return render_template(
        "assessments/check_text.html",
        place=sitting,
        text=text,
        words=count_words(text),
        fits=item.words.takes(count_words(text)),
        item=item,
        operation=new_id(),
        refusal=refusal,
    )


def result_page(handed: Handed, *, just_received: bool) -> str:
    """One version that was handed in: its text, its receipt, and its marks once they are released."""
    return render_template("assessments/text_result.html", just_received=just_received, **_handed(handed))


def _standing(sitting: Sitting, refusal: str | None) -> str:
    """What is handed in, and what can be done with it."""
    handed = sittings.find_handed(me(), sitting)
    assert handed is not None
    return render_template(
        "assessments/text_result.html", just_received=False, refusal=refusal, operation=new_id(), **_handed(handed)
    )


def _handed(handed: Handed) -> dict[str, Any]:
    attempt, asked = handed.attempt, handed.asked
    item = asked.items[attempt.drawn[0]]
    assert isinstance(item, Open)
    marking = [step for step in handed.steps if step.kind in (StepKind.MARK, StepKind.RETURN)]
    text = _text_of(handed)
    is_latest = attempt is handed.attempts[-1]
    done = attempt.state in (AttemptState.RETURNED, AttemptState.RELEASED)
    may_answer = allows(AssessmentPermission.ANSWER, me(), handed.place)
    may_go_on = attempt.state is AttemptState.RETURNED or len(handed.attempts) < handed.place.task.versions
    return {
        "place": handed.place,
        "attempt": attempt,
        "attempts": handed.attempts,
        "item": item,
        "asked": asked,
        "paragraphs": paragraphs(text),
        "rubric": asked.rubrics[item.rubric],
        "marks": read_marks(marking[-1].data) if marking else None,
        "received": [step for step in handed.steps if step.kind is StepKind.HAND_IN][-1],
        "may_answer": may_answer,
        "may_take_back": may_answer
        and is_latest
        and attempt.state in (AttemptState.HANDED_IN, AttemptState.MARKED)  # which of them, she is not told
        and (attempt.due_at is None or clock.now() < attempt.due_at),
        "may_write_new": may_answer and is_latest and done and may_go_on,
        "meets_percent": asked.meets_percent,
    }


def _keep(sitting: Sitting, *, at: Any) -> tuple[Attempt, Outcome]:
    """Keep what the form holds. Raises what refuses it."""
    check_open(sitting.opening, at=at)
    attempt_id = forms.read_attempt(request.form)
    attempt = sittings.named_attempt(sitting, attempt_id) if attempt_id else sitting.attempt
    if attempt is None and attempt_id:
        raise NotInAttempt
    if attempt is None:
        attempt = _begin(sitting, at=at)
        sitting = sitting.at(attempt)
    item = catalogue(attempt.version).items[attempt.drawn[0]]
    answered = forms.read_slot(1, item, request.form, language=page_language())
    return attempt, taking.save_answer(sitting, attempt, answered, by=me(), at=at)


def _begin(sitting: Sitting, *, at: datetime) -> Attempt:
    """Open the attempt for the first words. Raises what refuses it."""
    try:
        return taking.open_attempt(sitting, by=me(), language=page_language(), at=at)
    except CourseClosed as refusal:
        raise ClosedWhileWriting(**refusal.values) from refusal


def _draft(sitting: Sitting, *, text: str | None = None, refusal: str | None = None, saved: bool = False) -> str:
    attempt, item = sitting.attempt, _item(sitting)
    step = sitting.standing.get(item.node_id)
    return render_template(
        "assessments/assignment.html",
        place=sitting,
        attempt=attempt,
        item=item,
        asked=sitting.catalogue,
        rubric=sitting.catalogue.rubrics[item.rubric],
        text=_text(sitting) if text is None else text,
        words=count_words(_text(sitting) if text is None else text),
        step=step,
        operation=new_id(),
        sequence=next_sequence(step),
        due_at=attempt.due_at if attempt else _due(sitting),
        saved="saved" in request.args,
        refusal=refusal,
        meets_percent=sitting.catalogue.meets_percent,
    )


def _due(sitting: Sitting) -> datetime | None:
    """Her last moment before there is a draft that keeps it."""
    assert sitting.enrolment is not None
    return later_date(sitting.entry.due_at, allowance_of(sitting.enrolment, sitting.entry.node_id).due_at)


def _refused(sitting: Sitting, refusal: Refusal) -> ResponseReturnValue:
    told = explain(refusal)
    if wants_json():
        return jsonify(text=told), 409
    if isinstance(refusal, CourseClosed) or (sitting.attempt is not None and not sitting.is_open):
        words = [text for text in [request.form.get("q1", "")] if text]
        return render_template("assessments/refused.html", place=sitting, refusal=told, words=words), 409
    return _draft(sitting, text=request.form.get("q1", ""), refusal=told), 409


def _aside(sitting: Sitting, told: str, *, heading: str | None = None) -> str:
    text = request.form.get("q1")
    return render_template("assessments/aside.html", place=sitting, told=told, heading=heading, text=text)


def _overtaken(sitting: Sitting) -> ResponseReturnValue:
    """Two devices wrote at one moment: both texts side by side, and a field to join them."""
    told = _("You changed this on another device or in another window. Both versions are kept.")
    if wants_json():
        return jsonify(text=told, reload=True), 409
    now = sittings.find_sitting(me(), sitting.entry.public_id)
    assert now is not None and now.attempt is not None
    if not now.is_open:
        return _aside(sitting, told, heading=_("Two versions of one answer")), 409
    step = now.standing[now.attempt.drawn[0]]
    mine = request.form.get("q1", "")
    said = {str((one.data or {}).get("text", "")): one for one in reversed((step, *rivals(now.steps, step)))}
    others = [one for text, one in reversed(said.items()) if text != mine] or [step]
    return render_template(
        "assessments/conflict_text.html",
        place=now,
        attempt=now.attempt,
        mine=mine,
        others=others,
        operation=new_id(),
        sequence=next_sequence(step),
    ), 409


def _item(sitting: Sitting) -> Open:
    asked = sitting.catalogue if sitting.attempt is None else sitting.attempt_catalogue
    item = asked.items[sitting.task.item]
    assert isinstance(item, Open)
    return item


def _text(sitting: Sitting) -> str:
    step = sitting.standing.get(sitting.task.item)
    return str((step.data or {}).get("text", "")) if step else ""


def _text_of(handed: Handed) -> str:
    from_steps = heads([step for step in handed.steps if step.state is AttemptState.OPEN])
    step = from_steps.get(handed.attempt.drawn[0])
    return str((step.data or {}).get("text", "")) if step else ""
