"""Taking a quiz: its front page, its questions, the last look, the result."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
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
from lms.settings import LANGUAGES
from lms.web.formats import write_time
from lms.web.http import allow, explain, wants_json
from lms.web.languages import page_language

from .. import forms, reviewing
from ..errors import NotInAttempt
from ..models import Attempt
from ..policy import AssessmentPermission
from ..queries import sitting as sittings
from ..queries.allowances import allowance_of
from ..queries.catalogue import catalogue
from ..queries.sitting import Sitting, TaskPlace
from ..rules import quizzes
from ..rules.attempts import HandIn
from ..rules.deadlines import compute_outage, ends_at
from ..rules.items import write_fields
from ..services import taking
from ..services.taking import Outcome
from ..slots import Slot, slots_of
from . import writing

bp = Blueprint("tasks", __name__, template_folder="../templates", url_prefix="/<lang:lang>/t/<uuid:task_id>")
TAKE = AssessmentPermission.TAKE
SHORTEST_WORDS = 3
"""Ids of options are shorter than what is worth giving back."""


def sitting_at(who: Person, task_id: UUID, number: int | None = None) -> Sitting | None:
    """The sitting of an address, whichever question it names."""
    return sittings.find_sitting(who, task_id)


def find_quiz(who: Person, task_id: UUID, number: int | None = None) -> Sitting | None:
    """The quiz of an address; no other kind of task."""
    sitting = sittings.find_sitting(who, task_id)
    return sitting if sitting is not None and sitting.task.kind is TaskKind.QUIZ else None


def find_work(who: Person, task_id: UUID) -> Sitting | None:
    """What can be handed in: a checkpoint cannot."""
    sitting = sittings.find_sitting(who, task_id)
    return sitting if sitting is not None and sitting.task.kind is not TaskKind.CHECKPOINT else None


def place_at(who: Person, task_id: UUID, number: int | None = None) -> TaskPlace | None:
    """The task of an address, whichever attempt it names."""
    return sittings.find_task_place(who, task_id)


@bp.get("")
@allow(TAKE, on=sittings.find_sitting)
def task(sitting: Sitting) -> ResponseReturnValue:
    """A task: where she begins, goes on, or sees what became of it."""
    try:
        check_open(sitting.opening, at=clock.now())
    except Refusal as refusal:
        return render_template("assessments/closed.html", place=sitting, refusal=explain(refusal)), 403
    if sitting.task.kind is TaskKind.CHECKPOINT:
        return redirect(url_for("modules.lesson", lesson_id=sittings.lesson_of(sitting), _anchor="check"))
    if sitting.task.kind is TaskKind.ASSIGNMENT:
        return writing.page(sitting)
    return _front(sitting)


@bp.post("/start")
@allow(TAKE, on=sittings.find_task_place)
def start(place: TaskPlace) -> ResponseReturnValue:
    """Open an attempt, or go on with the open one."""
    try:
        with transaction():
            taking.open_attempt(place, by=me(), language=page_language(), at=clock.now())
    except Refusal as refusal:
        return _front(_as_it_is_now(place), explain(refusal)), 409
    return redirect(url_for(".question", task_id=place.entry.public_id, number=1))


@bp.get("/q/<int:number>")
@allow(TAKE, on=sitting_at)
def question(sitting: Sitting) -> ResponseReturnValue:
    """The page that shows this question of the open attempt."""
    if not _goes_on(sitting) or sitting.task.kind is not TaskKind.QUIZ:
        return redirect(url_for(".task", task_id=sitting.entry.public_id))
    assert request.view_args is not None
    return _questions(sitting, request.view_args["number"], per_page=sitting.task.quiz.per_page)


@bp.get("/all")
@allow(TAKE, on=sittings.find_sitting)
def all_questions(sitting: Sitting) -> ResponseReturnValue:
    """All questions of the open attempt on one page: for one cut line, and for our script."""
    if not _goes_on(sitting) or sitting.task.kind is not TaskKind.QUIZ:
        return redirect(url_for(".task", task_id=sitting.entry.public_id))
    return _questions(sitting, 1, per_page=quizzes.ALL)


@bp.post("/q/<int:number>/save")
@allow(TAKE, on=find_quiz)
def save(sitting: Sitting) -> ResponseReturnValue:
    """Keep the answers of one page, then go where she pressed."""
    assert request.view_args is not None
    return _save(sitting, request.view_args["number"], per_page=sitting.task.quiz.per_page)


@bp.post("/all/save")
@allow(TAKE, on=find_quiz)
def save_all(sitting: Sitting) -> ResponseReturnValue:
    """Keep the answers of the page that holds them all."""
    return _save(sitting, 1, per_page=quizzes.ALL)


@bp.get("/check")
@allow(TAKE, on=find_work)
def check(sitting: Sitting) -> ResponseReturnValue:
    """The last look before handing in."""
    if not _goes_on(sitting):
        return redirect(url_for(".task", task_id=sitting.entry.public_id))
    if sitting.task.kind is TaskKind.ASSIGNMENT:
        return writing.check_page(sitting)
    return _check(sitting)


@bp.post("/check/hand-in")
@allow(TAKE, on=find_work)
def hand_in(sitting: Sitting) -> ResponseReturnValue:
    """Hand in; the same again leads to the same receipt."""
    try:
        sent = HandIn(
            operation=forms.read_operation(request.form.get("op")),
            held=forms.read_held(request.form.get("held")),
            language=page_language(),
        )
        with transaction():
            taking.hand_in(sitting, sent, by=me(), at=clock.now())
    except Refusal as refusal:
        return _not_handed_in(sitting, refusal), 409
    return redirect(url_for(".result", task_id=sitting.entry.public_id, received=1))


def _not_handed_in(sitting: Sitting, refusal: Refusal) -> str:
    """The last look again with the sentence; where the course was closed, what she saved."""
    if isinstance(refusal, CourseClosed):
        sitting = _as_it_is_now(sitting)
        show = writing.page if sitting.task.kind is TaskKind.ASSIGNMENT else _front
        return show(sitting, explain(refusal))
    if sitting.task.kind is TaskKind.ASSIGNMENT:
        return writing.check_page(sitting, explain(refusal))
    return (_check if sitting.is_open else _front)(sitting, explain(refusal))


def _as_it_is_now(place: TaskPlace) -> Sitting:
    """Her work read anew after a refusal."""
    sitting = sittings.find_sitting(me(), place.entry.public_id)
    assert sitting is not None
    return sitting


def _goes_on(sitting: Sitting) -> bool:
    """Whether there is an attempt that she can answer."""
    return sitting.is_open and allows(AssessmentPermission.ANSWER, me(), sitting)


@bp.get("/result")
@allow(TAKE, on=sittings.find_task_place)
def result(place: TaskPlace) -> ResponseReturnValue:
    """The latest attempt that she handed in: its receipt, and what became of it as far as she may see."""
    return _result(place, None)


@bp.get("/result/<int:number>")
@allow(TAKE, on=place_at)
def result_of(place: TaskPlace) -> ResponseReturnValue:
    """The same of an earlier attempt."""
    assert request.view_args is not None
    return _result(place, request.view_args["number"])


@bp.post("/result/<int:number>/settle")
@allow(TAKE, on=place_at)
def settle(place: TaskPlace) -> ResponseReturnValue:
    """She has nothing more to send to an attempt that the clock closed: show her the result."""
    assert request.view_args is not None
    handed = sittings.find_handed(me(), place, request.view_args["number"])
    if handed is not None and handed.attempt.kind is TaskKind.QUIZ:
        with transaction():
            taking.settle(handed.attempt, language=page_language(), by=me(), at=clock.now())
    return redirect(url_for(".result_of", task_id=place.entry.public_id, number=request.view_args["number"]))


def _front(sitting: Sitting, refusal: str | None = None) -> str:
    """The quiz before and between attempts."""
    assert sitting.enrolment is not None
    allowance = allowance_of(sitting.enrolment, sitting.entry.node_id)
    attempts, own = sittings.attempts_at(sitting), quizzes.apply_allowance(sitting.task.quiz, allowance)
    at = clock.now()
    return render_template(
        "assessments/quiz.html",
        place=sitting,
        quiz=own,
        due_at=quizzes.later_date(sitting.entry.due_at, allowance.due_at),
        now=at,
        attempts=[reviewing.summary(attempt, own, sitting.cohort, at=at) for attempt in attempts],
        left=quizzes.attempts_left(own, [attempt.taken() for attempt in attempts]),
        may_answer=allows(AssessmentPermission.ANSWER, me(), sitting),
        saved=_saved(sitting),
        is_open=sitting.is_open,
        go_on=_first_unanswered(sitting),
        may_start=reviewing.may_start(sitting, own, allowance, attempts, at=at),
        refusal=refusal,
    )


def _saved(sitting: Sitting) -> list[reviewing.Reviewed]:
    """What she answered in an attempt that the closing of the course left open, to be read."""
    if not sitting.is_open or allows(AssessmentPermission.ANSWER, me(), sitting):
        return []
    required = sitting.attempt_catalogue.required_languages
    return [reviewing.reviewed(slot, required) for slot in _slots(sitting) if slot.is_answered]


def _first_unanswered(sitting: Sitting) -> int:
    """Where to go on: the first question of the open attempt without an answer, or the first of all."""
    if not sitting.is_open or sitting.attempt is None:
        return 1
    unanswered = (
        number
        for number, name in enumerate(sitting.attempt.drawn, 1)
        if (step := sitting.standing.get(name)) is None or step.data is None
    )
    return next(unanswered, 1)


def _questions(sitting: Sitting, number: int, *, per_page: int, **more: Any) -> str:
    """The page with this question. Not found where the attempt has no such question."""
    assert sitting.attempt is not None
    if not 1 <= number <= len(sitting.attempt.drawn):
        abort(404)
    slots = _slots(sitting)
    here = quizzes.page_with(number, sitting.attempt.drawn, per_page)
    terms = sitting.attempt.terms()
    return render_template(
        "assessments/question.html",
        place=sitting,
        attempt=sitting.attempt,
        slots=slots,
        here=more.pop("shown", None) or [slots[one - 1] for one in here],
        is_all=per_page == quizzes.ALL,
        is_last=here[-1] == len(slots),
        reviews=_reviews(sitting, slots) if "checked" in request.args else {},
        at_once=_is_at_once(sitting),
        ends_at=ends_at(terms, outage=compute_outage(sitting.steps, terms)),
        now=clock.now(),
        other_languages=[code for code in LANGUAGES if code != page_language()],
        **more,
    )


def _is_at_once(sitting: Sitting) -> bool:
    return sitting.task.quiz.feedback is quizzes.FeedbackAt.AT_ONCE


def _reviews(sitting: Sitting, slots: list[Slot]) -> Mapping[int, reviewing.Reviewed]:
    """What was right, by question: in a practice that says so at once."""
    if not _is_at_once(sitting):
        return {}
    required = sitting.attempt_catalogue.required_languages
    return {slot.number: reviewing.reviewed(slot, required) for slot in slots if slot.is_answered}


def _slots(sitting: Sitting) -> list[Slot]:
    assert sitting.attempt is not None
    return slots_of(sitting.attempt, sitting.attempt_catalogue, sitting.steps, sitting.standing, page_language())


def _save(sitting: Sitting, number: int, *, per_page: int) -> ResponseReturnValue:
    at, was_open = clock.now(), sitting.is_open
    try:
        with transaction():
            outcomes = keep_all(sitting, at=at)
    except Refusal as refusal:
        told = explain(refusal)
        return _refused(sitting, number, told, per_page=per_page) if was_open else not_kept(sitting, told)
    worst = max(outcomes.values(), default=Outcome.UNCHANGED)
    if worst is Outcome.COURSE_CLOSED:
        return kept_after_closing(sitting)
    if worst is Outcome.ASIDE:
        return kept_aside(sitting)
    if worst is Outcome.OVERTAKEN:
        return overtaken(sitting, [one for one, what in outcomes.items() if what is worst], number)
    if worst is Outcome.COUNTED:
        return counted_late(sitting)
    if wants_json():
        return jsonify(text=_("Saved on the server, %(time)s", time=write_time(at)))
    return redirect(_onwards(sitting, number, per_page=per_page))


def keep_all(sitting: Sitting, *, at: Any) -> Mapping[int, Outcome]:
    """Keep every answer that the form holds; by the number of its question. Raises what refuses any of them."""
    attempt = made_for(sitting)
    numbers = forms.numbers_sent(request.form)
    if any(number > len(attempt.drawn) for number in numbers):
        raise NotInAttempt
    items = catalogue(attempt.version).items
    page = [
        forms.read_slot(number, items[attempt.drawn[number - 1]], request.form, language=page_language())
        for number in numbers
    ]
    outcomes = taking.save_answers(sitting, attempt, page, by=me(), at=at)
    return {number: outcomes[attempt.drawn[number - 1]] for number in numbers}


def made_for(sitting: Sitting) -> Attempt:
    """The attempt that the form was made for. Raises NotInAttempt, BrokenOperation."""
    attempt_id = forms.read_attempt(request.form)
    attempt = sittings.named_attempt(sitting, attempt_id) if attempt_id else None
    if attempt is None:
        raise NotInAttempt
    return attempt


def _onwards(sitting: Sitting, number: int, *, per_page: int) -> str:
    """Where she pressed: a question, the last look, another language; without a sense, where she is."""
    task_id, go = sitting.entry.public_id, request.form.get("go", "")
    if go == "check":
        return url_for(".check", task_id=task_id)
    if go in LANGUAGES:
        return url_for(".question", task_id=task_id, number=number, lang=go)
    if per_page == quizzes.ALL:
        return url_for(".all_questions", task_id=task_id)
    assert sitting.attempt is not None
    if go in map(str, range(1, len(sitting.attempt.drawn) + 1)):
        return url_for(".question", task_id=task_id, number=int(go))
    return url_for(".question", task_id=task_id, number=number, checked=1)


def _refused(sitting: Sitting, number: int, refusal: str, *, per_page: int) -> ResponseReturnValue:
    """The same page with everything that was sent still in it."""
    if wants_json():
        return jsonify(text=refusal), 409
    assert sitting.attempt is not None
    slots = {slot.number: slot for slot in _slots(sitting)}
    here = quizzes.page_with(min(max(number, 1), len(slots)), sitting.attempt.drawn, per_page)
    shown = [
        replace(slots[one], sent=forms.sent_fields(one, request.form), flagged=f"flag{one}" in request.form)
        for one in here
    ]
    return _questions(sitting, here[0], per_page=per_page, shown=shown, refusal=refusal), 409


def not_kept(sitting: Sitting, refusal: str) -> ResponseReturnValue:
    """What was refused and belongs to no open attempt: she gets her words back."""
    if wants_json():
        return jsonify(text=refusal), 409
    words = [value for name, value in request.form.items() if name.startswith("q") and len(value) > SHORTEST_WORDS]
    return render_template("assessments/refused.html", place=sitting, refusal=refusal, words=words), 409


def kept_aside(sitting: Sitting) -> ResponseReturnValue:
    """What came when the attempt was no longer open: it is kept, and she is told."""
    told = _(
        "This attempt was already handed in. What you just sent arrived late: it is kept beside it, and a "
        "facilitator decides whether it counts."
    )
    if wants_json():
        return jsonify(text=told), 409
    return render_template("assessments/aside.html", place=sitting, told=told), 409


def kept_after_closing(sitting: Sitting) -> ResponseReturnValue:
    """What came when the course was closed: it is kept, nobody decides about it, and she is told."""
    told = writing.after_closing()
    if wants_json():
        return jsonify(text=told, kept=True), 409
    return render_template("assessments/aside.html", place=sitting, told=told, heading=_("The course is closed")), 409


def counted_late(sitting: Sitting) -> ResponseReturnValue:
    """What came after the clock closed the attempt, and counts: it was written before."""
    told = _("This arrived after the due date, but was written before it. It is saved, and it counts.")
    if wants_json():
        return jsonify(text=told)
    return render_template("assessments/aside.html", place=sitting, told=told, counts=True)


def overtaken(sitting: Sitting, numbers: list[int], number: int) -> ResponseReturnValue:
    """Two versions of one answer: both are kept, and she chooses."""
    told = _("You changed this on another device or in another window. Both versions are kept.")
    if wants_json():
        return jsonify(text=told, reload=True), 409
    now = sittings.find_sitting(me(), sitting.entry.public_id)
    assert now is not None and now.attempt is not None
    if not now.is_open or now.attempt.public_id != forms.read_attempt(request.form):
        # Nothing can be chosen in what is closed, and the open attempt asks other questions.
        heading = _("Two versions of one answer")
        return render_template("assessments/aside.html", place=sitting, told=told, heading=heading), 409
    slots = {slot.number: slot for slot in _slots(now)}
    pairs = [_versions(slots[one], forms.sent_fields(one, request.form)) for one in numbers]
    return render_template("assessments/conflict.html", place=now, attempt=now.attempt, pairs=pairs, number=number), 409


def _versions(slot: Slot, sent: Mapping[str, Sequence[str]]) -> tuple[Slot, list[Slot]]:
    """What was just sent, and every other answer of the same moment: what was sent may be the one that stands."""
    mine = replace(slot, sent=sent, operation=new_id())
    others: dict[frozenset[tuple[str, str]], Slot] = {}
    for step in (slot.step, *slot.rivals):
        fields = write_fields(slot.item, step.data if step else None)
        if _said(fields) != _said(sent):
            others.setdefault(_said(fields), replace(slot, step=step, flagged=bool(step and step.flagged)))
    return mine, list(others.values()) or [slot]


def _said(fields: Mapping[str, Sequence[str]]) -> frozenset[tuple[str, str]]:
    return frozenset((part, value) for part, values in fields.items() for value in values if value)


def _check(sitting: Sitting, refusal: str | None = None) -> str:
    return render_template(
        "assessments/check.html", place=sitting, slots=_slots(sitting), operation=new_id(), refusal=refusal
    )


def _result(place: TaskPlace, number: int | None) -> ResponseReturnValue:
    handed = sittings.find_handed(me(), place, number)
    if handed is None:
        return redirect(url_for(".task", task_id=place.entry.public_id))
    just_received = "received" in request.args
    if place.task.kind is TaskKind.ASSIGNMENT:
        return writing.result_page(handed, just_received=just_received)
    return render_template(
        "assessments/review.html",
        **reviewing.review(handed, _own_settings(place), at=clock.now()),
        just_received=just_received,
    )


def _own_settings(place: TaskPlace) -> quizzes.QuizSettings:
    """As they hold for her, where the result page asks how many attempts she has left."""
    quiz = place.task.quiz
    if quiz.feedback is not quizzes.FeedbackAt.PASSED:
        return quiz
    assert place.enrolment is not None
    return quizzes.apply_allowance(quiz, allowance_of(place.enrolment, place.entry.node_id))
