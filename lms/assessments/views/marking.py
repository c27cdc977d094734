"""Marking: the queue, one piece of work beside its rubric, two versions of marks, and their release."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.accounts.models import Person
from lms.accounts.session import me
from lms.cohorts.errors import CohortClosed
from lms.kernel import clock
from lms.kernel.db import transaction
from lms.kernel.errors import Refusal
from lms.kernel.ids import new_id
from lms.kernel.policy import allows
from lms.settings import LANGUAGES
from lms.web.formats import ngettext, write_hundredths, write_number, write_time
from lms.web.forms import read_id
from lms.web.http import allow, explain, wants_json
from lms.web.languages import page_language

from .. import marking_forms as forms
from ..errors import (
    BrokenOperation,
    CriterionMissing,
    FeedbackMissing,
    MarkedMeanwhile,
    NotALevel,
    NotNow,
    QuoteNotThere,
    TooLong,
)
from ..forms import read_operation
from ..policy import AssessmentPermission
from ..queries import marking as queries
from ..queries import queue as queues
from ..queries import releasing
from ..queries.marking import Submission
from ..queries.queue import Show
from ..queries.releasing import Release
from ..rules import marking as rules
from ..rules.attempts import AttemptState, StepKind
from ..rules.marking import Act, Comment, Criterion, Marks
from ..services import marking as services

bp = Blueprint("marking", __name__, template_folder="../templates", url_prefix="/<lang:lang>/grading")
READ_WORK = AssessmentPermission.READ_WORK
DONE = {StepKind.MARK: "marked", StepKind.RETURN: "returned", StepKind.MARK_DRAFT: "draft"}
WRONG_INPUT = (NotALevel, TooLong, BrokenOperation, QuoteNotThere)


@bp.get("")
@allow(AssessmentPermission.QUEUE)
def queue() -> ResponseReturnValue:
    """What waits to be marked."""
    return _queue_page()


@bp.post("/languages")
@allow(AssessmentPermission.QUEUE)
def languages() -> ResponseReturnValue:
    """Keep in which languages she marks."""
    chosen = forms.read_languages(request.form)
    if not chosen:
        return _queue_page(refusal=_("Choose at least one language. Nothing was changed.")), 422
    with transaction():
        services.choose_languages(chosen, by=me())
    return redirect(url_for(".queue", done="languages"))


@bp.get("/<uuid:submission_id>")
@allow(READ_WORK, on=queries.find_submission)
def submission(work: Submission) -> ResponseReturnValue:
    """One piece of work beside its rubric."""
    try:
        return _page(work)
    except NotNow:
        return redirect(url_for(".queue", done="taken-back"))


@bp.post("/<uuid:submission_id>/save")
@allow(READ_WORK, on=queries.find_sent)
def save(work: Submission) -> ResponseReturnValue:
    """Keep marks: as a draft, or finished; by hand or every few seconds by the page itself."""
    return _save(work, forms.read_act(request.form))


@bp.post("/<uuid:submission_id>/return")
@allow(READ_WORK, on=queries.find_sent)
def give_back(work: Submission) -> ResponseReturnValue:
    """Return the work for a new version; its writer sees the feedback at once."""
    return _save(work, Act.RETURN)


def _save(work: Submission, act: Act) -> ResponseReturnValue:
    unfinished: Refusal | None = None
    following = _following(work) if act is Act.NEXT else None
    try:
        sent = forms.read_sent(request.form, work.rubric, language=page_language())
        try:
            rules.settle(act, work.rubric, sent.marks, meets_percent=work.meets_percent)
        except (CriterionMissing, FeedbackMissing) as refusal:
            act, unfinished = Act.DRAFT, refusal
        _check_quote(work)
        with transaction():
            kind = services.save(work, sent, act, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused(work, act, refusal)
    if unfinished is not None:
        return _page(work, refusal=unfinished), 409
    return _kept(work, act, kind, following, version=sent.version + 1)


def _check_quote(work: Submission) -> None:
    """Refuse a comment on words that are not there; not in passing, while she may still be writing them.

    Raises QuoteNotThere, NotNow.
    """
    new = forms.read_new(request.form)
    if new is not None and new.quote and not wants_json():
        rules.check_quote(new, queries.read_submission(work, me(), at=clock.now()).paragraphs)


def _following(work: Submission) -> UUID | None:
    """What comes next in her queue."""
    return queues.neighbours_of(work.attempt.public_id, me(), work.reads, at=clock.now()).after


def _kept(work: Submission, act: Act, kind: StepKind, following: UUID | None, *, version: int) -> ResponseReturnValue:
    """Where saved marks lead."""
    if wants_json():
        text = _("Draft saved on the server, %(time)s", time=write_time(clock.now()))
        return jsonify(state="saved", text=text, version=version)
    behind = work.attempt.public_id if kind is StepKind.MARK_DRAFT else None
    if act is Act.NEXT and following is None:
        return redirect(url_for(".queue", done=DONE[kind], was=behind))
    if act is Act.NEXT:
        return redirect(url_for(".submission", submission_id=following, before=DONE[kind], was=behind))
    anchor = "comments" if act is Act.COMMENT else None
    return redirect(url_for(".submission", submission_id=work.attempt.public_id, _anchor=anchor))


def _refused(work: Submission, act: Act, refusal: Refusal) -> ResponseReturnValue:
    """What was not saved, with everything that was typed still in the page."""
    status = 422 if isinstance(refusal, WRONG_INPUT) else 409
    now = _as_it_is_now(work)
    is_conflict = isinstance(refusal, MarkedMeanwhile) and now is not None
    if wants_json():
        text = _gone() if now is None else _in_passing() if is_conflict else explain(refusal)
        return jsonify(state="conflict" if is_conflict else "refused", text=text), status
    new = forms.read_new(request.form) if isinstance(refusal, QuoteNotThere) else None
    typed = forms.read_typed(request.form, work.rubric, with_new=new is None)
    try:
        if now is None:
            return _typed_alone(work, typed), 409
        if is_conflict:
            return _two_versions(now, act, typed, refusal), status
        version = forms.read_version(request.form)
        return _page(now, refusal=refusal, typed=typed, new=new, version=version), status
    except NotNow:
        return _typed_alone(work, typed), 409


def _as_it_is_now(work: Submission) -> Submission | None:
    """The work read anew after a refusal; None where its writer took it back, or it is not hers to read any more."""
    now = queries.find_submission(me(), work.attempt.public_id)
    return now if now is not None and allows(READ_WORK, me(), now) else None


def _gone() -> str:
    return _("The text is no longer here to be marked: its writer took it back, or it was given to somebody else.")


def _typed_alone(work: Submission, typed: Marks) -> str:
    """What she typed, without the text it was about."""
    return render_template("assessments/marking/gone.html", work=work, marks=typed, refusal=_gone())


def _refused_without_marks(work: Submission, refusal: Refusal) -> ResponseReturnValue:
    """The work again with the sentence, or the queue where it is not there to be read any more."""
    now = _as_it_is_now(work)
    try:
        if now is not None:
            return _page(now, refusal=refusal), 409
    except NotNow:
        pass
    return redirect(url_for(".queue", done="taken-back"))


def _in_passing() -> str:
    return _("Not saved: somebody else saved marks for this text. Press “Save draft” to see both versions.")


@bp.post("/<uuid:submission_id>/take-over")
@allow(READ_WORK, on=queries.find_sent)
def take_over(work: Submission) -> ResponseReturnValue:
    """Go on where somebody else is marking."""
    try:
        operation = read_operation(request.form.get("op"))
        reading = queries.read_submission(work, me(), at=clock.now())
        with transaction():
            services.take_over(work, reading, operation, language=page_language(), by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused_without_marks(work, refusal)
    return redirect(url_for(".submission", submission_id=work.attempt.public_id))


@bp.post("/<uuid:submission_id>/conflict-of-interest")
@allow(READ_WORK, on=queries.find_sent)
def conflict_of_interest(work: Submission) -> ResponseReturnValue:
    """Step aside from all work of this participant."""
    try:
        with transaction():
            services.declare_conflict(work, by=me(), at=clock.now())
    except Refusal as refusal:
        return _refused_without_marks(work, refusal)
    return redirect(url_for(".queue", done="conflict"))


@bp.post("/<uuid:submission_id>/late")
@allow(READ_WORK, on=queries.find_sent)
def late(work: Submission) -> ResponseReturnValue:
    """Count what came late, or leave it."""
    try:
        operation, counts = read_operation(request.form.get("op")), request.form.get("do") == "count"
        seen = request.form.get("seen", 0, type=int)
        with transaction():
            services.decide_late(
                work, operation, seen=seen, counts=counts, language=page_language(), by=me(), at=clock.now()
            )
    except Refusal as refusal:
        return _refused_without_marks(work, refusal)
    return redirect(url_for(".submission", submission_id=work.attempt.public_id))


@bp.get("/release")
@allow(AssessmentPermission.QUEUE)
def release() -> ResponseReturnValue:
    """What would be shown to participants, before it is."""
    return _release_page()


def sent_release(who: Person) -> Release | None:
    """The list that a form was made from, as it is now."""
    return releasing.find_release(who, forms.read_task(request.form), page_language())


@bp.post("/release/now")
@allow(AssessmentPermission.SEE_MARKS, on=sent_release)
def release_now(ready: Release) -> ResponseReturnValue:
    """Show finished marks to their participants."""
    try:
        seen = forms.read_seen(request.form)
        operation = read_operation(request.form.get("op"))
        with transaction():
            count = services.release(ready, seen, operation, by=me(), at=clock.now())
    except Refusal as refusal:
        return _release_page(refusal=explain(refusal)), 409
    done = "some" if count < len(seen) else "more" if releasing.finished_of(ready, me()) else "all"
    return redirect(url_for(".release", done=done, task=ready.entry.public_id, _anchor="done"))


def _queue_page(**more: Any) -> str:
    show = _shown()
    page = request.args.get("page", 1, type=int)
    at = clock.now()
    found = queues.queue_of(me(), show, page=min(max(page, 1), 10_000), language=page_language(), at=at)
    return render_template(
        "assessments/marking/queue.html",
        queue=found,
        waited=lambda since: _waited(at - since),
        all_languages=LANGUAGES,
        keys=me().marking_keys,
        done=_known(request.args.get("done"), ("marked", "draft", "returned", "conflict", "languages", "taken-back")),
        behind=_behind(),
        **more,
    )


def _shown() -> Show:
    """The part of the queue that her address asks for; hers where it asks for none that there is."""
    wanted = request.args.get("show", "")
    return Show(everything=True) if wanted == "all" else Show(task=read_id(wanted))


def _behind() -> tuple[Submission, Sequence[Criterion]] | None:
    """The draft from which she went on, with the criteria that have no level; None where it is not hers to read."""
    one = request.args.get("was", type=UUID)
    work = queries.find_submission(me(), one) if one is not None else None
    if work is None or not allows(READ_WORK, me(), work):
        return None
    last = queries.last_marking(work.attempt)
    levels = ((last and last.data) or {}).get("levels", {})
    return work, [criterion for criterion in work.rubric.criteria if criterion.id not in levels]


def _known(word: str | None, known: tuple[str, ...]) -> str | None:
    return word if word in known else None


def _waited(time: timedelta) -> str:
    """How long work has waited, in whole days or hours."""
    hours = max(time, timedelta(0)) // timedelta(hours=1)
    if hours >= 24:
        return ngettext("%(num)s day", "%(num)s days", hours // 24, num=write_number(hours // 24))
    if hours:
        return ngettext("%(num)s hour", "%(num)s hours", hours, num=write_number(hours))
    return _("Less than an hour")


def _page(
    work: Submission,
    *,
    refusal: Refusal | None = None,
    typed: Marks | None = None,
    new: Comment | None = None,
    version: int | None = None,
) -> str:
    """One piece of work. typed: what she sent and could not be saved, made from this version of the marks.

    new: a comment of hers that is not among them, because its words are not in the text.
    """
    reading = queries.read_submission(work, me(), at=clock.now())
    marks = typed or reading.saved.marks
    return render_template(
        "assessments/marking/submission.html",
        reading=reading,
        version=reading.saved.version if version is None else version,
        pieces=rules.place_comments(reading.paragraphs, marks.comments),
        is_open=work.attempt.state in queues.WAITS and allows(AssessmentPermission.MARK, me(), work),
        heading=_("Nothing was saved") if isinstance(refusal, CohortClosed) else _("This is not finished yet"),
        is_held=reading.holder is not None,
        typed=typed,
        new=new,
        refusal=explain(refusal) if refusal is not None else None,
        before=_known(request.args.get("before"), tuple(DONE.values())),
        behind=_behind(),
        **_sheet(work, marks),
    )


def _sheet(work: Submission, marks: Marks) -> dict[str, Any]:
    """What the form of marks shows."""
    missing = rules.missing(work.rubric, marks.levels)
    return {
        "work": work,
        "marks": marks,
        "operation": new_id(),
        "total": rules.compute_total(work.rubric, marks.levels),
        "missing": missing,
        "needs": [_needed(count) for count in range(len(work.rubric.criteria) + 1)],
        "point": write_hundredths(50).strip(write_number(0) + write_number(5)),
        "digits": "".join(write_number(digit) for digit in range(10)),
        "keys": me().marking_keys,
        "states": AttemptState,
        "kinds": StepKind,
    }


def _needed(missing: int) -> str:
    """How many criteria have no level yet."""
    if not missing:
        return _("Every criterion has a level.")
    return ngettext(
        "%(num)s criterion has no level yet.",
        "%(num)s criteria have no level yet.",
        missing,
        num=write_number(missing),
    )


def _two_versions(work: Submission, act: Act, typed: Marks, refusal: Refusal) -> str:
    """Her marks beside those that somebody else saved meanwhile."""
    reading = queries.read_submission(work, me(), at=clock.now())
    return render_template(
        "assessments/marking/two_versions.html",
        reading=reading,
        theirs=reading.saved.marks,
        version=reading.saved.version,
        act=act,
        now=clock.now(),
        refusal=explain(refusal),
        **_sheet(work, typed),
    )


def _release_page(refusal: str | None = None) -> str:
    return render_template(
        "assessments/marking/release.html",
        releases=releasing.releases_of(me(), page_language()),
        operation=new_id(),
        refusal=refusal,
        done=_known(request.args.get("done"), ("all", "some", "more")),
        released=releasing.last_release(me(), request.args.get("task", type=UUID), page_language()),
    )
