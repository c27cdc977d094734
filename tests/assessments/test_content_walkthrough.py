"""The questions of the shipped programmes, imported as they are and answered on their pages as they are rendered."""

import re
from datetime import date
from decimal import Decimal

import pytest
from babel.dates import format_date
from sqlalchemy import select

from lms.assessments.models import AllowanceRow, Attempt
from lms.assessments.queries.catalogue import catalogue
from lms.assessments.rules.items import (
    Choice,
    DateQuestion,
    Matching,
    MultipleChoice,
    NumberQuestion,
    Open,
    Ordering,
    Short,
)
from lms.assessments.rules.quizzes import FeedbackAt
from lms.cohorts.models import Cohort
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.services import enrolling, founding
from lms.content.services import import_pack
from lms.courses.rules import TaskKind, tell
from lms.kernel.db import db, transaction
from lms.shipped import shipped
from tests.assessments.screen import form_to, send
from tests.assessments.taught import load
from tests.cast import DAY, NOW

MODULES = [
    ("women-and-ceasefires", "m1"),
    ("women-and-ceasefires", "m2"),
    ("oslo-prework", "o1"),
    ("oslo-prework", "o5"),
]
LANGUAGES = ["en", "fr", "ar"]
MANY = 100


@pytest.fixture(params=MODULES, ids=[module for _, module in MODULES])
def course(request, app, cast):
    """A cohort on a shipped programme with Cedar in it: its key, its tasks and lessons, and what it asks."""
    programme, module = request.param
    with app.app_context(), transaction():
        version, _ = import_pack(shipped("content") / programme, by=None, at=NOW)
        new = founding.NewCohort(
            title=version.title, year=2027, zone="Europe/Oslo", starts_on=NOW.date(),
            ends_on=(NOW + 60 * DAY).date(), opens={module: NOW - DAY},
        )  # fmt: skip
        cohort = founding.make_cohort(version, new, by=None, at=NOW)
        enrolment = enrolling.enrol(load(cast.cedar), cohort, alias="Cedar", course_language="en", by=None, at=NOW)
        db.session.flush()
        db.session.add(
            AllowanceRow(enrolment_id=enrolment.id, extra_attempts=MANY, extra_minutes=0, by_id=None, given_at=NOW)
        )
        nodes = {entry.node_id: entry.public_id for entry in calendar_of(cohort)}
        asked = catalogue(db.session.get_one(Cohort, cohort.id).version)
    return module, nodes, asked


def quizzes_of(course):
    module, nodes, asked = course
    return [(nodes[task.node_id], task) for task in asked.of_module(module) if task.kind is TaskKind.QUIZ]


def told(text, language):
    return tell(text, language, list(text)).text


def wording(accepted, language, which):
    found = accepted.get(language) or next(iter(accepted.values()))
    return found[which % len(found)]


def fill_right(form, name, item, language, which=0):
    """Answer with the key, by the wordings that the page shows. which: of several accepted wordings."""
    RIGHT[_kind(item, RIGHT)](form, name, item, language, which)


def fill_wrong(form, name, item, which):
    """Answer wrongly in one of several ways. which: counts through all of them."""
    WRONG[_kind(item, WRONG)](form, name, item, which)


def _kind(item, ways):
    return next(kind for kind in ways if isinstance(item, kind))


def _choose_right(form, name, item, language, which):
    key = [told(option.text, language) for option in item.options if option.id in item.key]
    form.choose(name, *(form.labelled(name, label) for label in key))


def _order(form, name, options):
    for place, option in enumerate(options, 1):
        form.choose(f"{name}-{option}", str(place))


def _order_right(form, name, item, language, which):
    _order(form, name, item.key)


def _match_right(form, name, item, language, which):
    for pair in item.pairs:
        part = f"{name}-{pair.id}"
        form.choose(part, form.labelled(part, told(pair.right, language)))


def _write_right(form, name, item, language, which):
    for part, accepted in zip(item.parts, item.accepted, strict=False):
        form.type(f"{name}{part}", wording(accepted, language, which))


def _day_right(form, name, item, language, which):
    form.type(name, item.key.isoformat() if which else format_date(item.key, "d MMMM y", locale=language))


def _number_right(form, name, item, language, which):
    form.type(name, str(item.key))


def _choose_wrong_ones(form, name, item, which):
    others = [option.id for option in item.options if option.id not in item.key]
    wrong = [[one] for one in others] + [sorted(item.key - {one}) for one in sorted(item.key)]
    wrong += [sorted({*item.key, one}) for one in others]
    form.choose(name, *wrong[which % len(wrong)])


def _choose_wrong(form, name, item, which):
    wrong = [option.id for option in item.options if option.id not in item.key]
    form.choose(name, wrong[which % len(wrong)])


def _order_wrong(form, name, item, which):
    turned, first = list(item.key), which % (len(item.key) - 1)
    turned[first], turned[first + 1] = turned[first + 1], turned[first]
    _order(form, name, turned)


def _match_wrong(form, name, item, which):
    for pair, other in zip(item.pairs, [*item.pairs[1:], item.pairs[0]], strict=True):
        form.choose(f"{name}-{pair.id}", item.partner(other).id)


def _write_wrong(form, name, item, which):
    for part in item.parts:
        form.type(f"{name}{part}", ["nothing of the kind", "?", "0"][which % 3])


def _day_wrong(form, name, item, which):
    form.type(name, [date(1999, 1, 1).isoformat(), "soon", "99/99/9999"][which % 3])


def _number_wrong(form, name, item, which):
    step = item.tolerance + Decimal(1)
    form.type(name, str([item.key + step, item.key - step, "many"][which % 3]))


RIGHT = {
    Choice: _choose_right,
    Ordering: _order_right,
    Matching: _match_right,
    Short: _write_right,
    DateQuestion: _day_right,
    NumberQuestion: _number_right,
}
WRONG = {
    MultipleChoice: _choose_wrong_ones,
    Choice: _choose_wrong,
    Ordering: _order_wrong,
    Matching: _match_wrong,
    Short: _write_wrong,
    DateQuestion: _day_wrong,
    NumberQuestion: _number_wrong,
}


def walk(app, visitor, task_id, task, asked, fill, *, lang):
    """One attempt from the start to the result: how each question was judged, and its item."""
    page = send(visitor, form_to(visitor.get("tasks.task", task_id=task_id, lang=lang), "/start"))
    with app.app_context():
        entry = select(Attempt).order_by(Attempt.id.desc()).limit(1)
        drawn = db.session.scalars(entry).one().drawn
    for number, node in enumerate(drawn, 1):
        page = visitor.get("tasks.question", task_id=task_id, number=number, lang=lang)
        form = form_to(page, "/save")
        fill(form, f"q{number}", asked.items[node])
        send(visitor, form, go=str(number + 1) if number < len(drawn) else "check")
    page = visitor.get("tasks.check", task_id=task_id, lang=lang)
    page = visitor.get(send(visitor, form_to(page, "/hand-in")).location)
    judged = re.findall(r'<h2 id="r\d+".*?class="tag (\w+)"', page.text, re.S)
    if not judged and task.quiz.feedback is FeedbackAt.PASSED:
        return dict.fromkeys(drawn, points_of_last(app))
    assert len(judged) == len(drawn)
    return dict(zip(drawn, judged, strict=True))


def points_of_last(app):
    """The result alone, where the page keeps back which answers were right."""
    with app.app_context():
        attempt = db.session.scalars(select(Attempt).order_by(Attempt.id.desc()).limit(1)).one()
        return "bad" if attempt.points == 0 else "ok"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_gives_full_marks_in_every_language(app, as_participant, course, lang):
    asked = course[2]
    for task_id, task in quizzes_of(course):
        for which in (0, 1):
            judged = walk(
                app,
                as_participant,
                task_id,
                task,
                asked,
                lambda form, name, item, which=which: fill_right(form, name, item, lang, which),
                lang=lang,
            )
            assert set(judged.values()) == {"ok"}, judged


def test_no_wrong_answer_gives_full_marks(app, as_participant, course):
    asked = course[2]
    for task_id, task in quizzes_of(course):
        for which in range(6):
            judged = walk(
                app,
                as_participant,
                task_id,
                task,
                asked,
                lambda form, name, item, which=which: fill_wrong(form, name, item, which),
                lang="en",
            )
            assert "ok" not in judged.values(), (which, judged)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_checkpoint_knows_right_from_wrong(as_participant, course, lang):
    module, nodes, asked = course
    checkpoints = [task for task in asked.by_lesson.values() if task.module == module]
    assert checkpoints
    for task in checkpoints:
        item = asked.items[task.item]
        for wrong in (*range(4 if lang == "en" else 1), None):
            page = as_participant.get("modules.lesson", lesson_id=nodes[task.lesson], lang=lang)
            form = form_to(page, "/answer")
            if wrong is None:
                fill_right(form, "q1", item, lang)
            else:
                fill_wrong(form, "q1", item, wrong)
            page = as_participant.get(send(as_participant, form).location.split("#")[0])
            check = page.text[page.text.index('id="check"') :]
            assert ('class="notice ok' in check) is (wrong is None), (task.node_id, check[:2000])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_assignment_is_written_and_handed_in(as_participant, course, lang):
    module, nodes, asked = course
    tasks = [task for task in asked.of_module(module) if task.kind is TaskKind.ASSIGNMENT]
    assert tasks or module in ("o1", "o5")
    for task in tasks:
        item = asked.items[task.item]
        assert isinstance(item, Open)
        page = as_participant.get("tasks.task", task_id=nodes[task.node_id], lang=lang)
        for criterion in asked.rubrics[item.rubric].criteria:
            assert told(criterion.title, lang) in page.words()
        form = form_to(page, "/draft/save").type("q1", told(item.samples[0].text, lang) if item.samples else "Text")
        page = as_participant.get(send(as_participant, form, go="check").location)
        page = as_participant.get(send(as_participant, form_to(page, "/hand-in")).location)
        assert 'id="received"' in page.text


@pytest.mark.parametrize("course", [("oslo-prework", "o5")], ids=["o5"], indirect=True)
def test_the_readiness_check_keeps_the_right_answers_back_until_it_is_passed(app, as_participant, course):
    (task_id, task), asked = quizzes_of(course)[0], course[2]
    missed = [asked.items[node] for node in task.quiz.items[:2]]

    def fill(form, name, item):
        return fill_wrong(form, name, item, 0) if item in missed else fill_right(form, name, item, "en")

    walk(app, as_participant, task_id, task, asked, fill, lang="en")
    words = as_participant.get("tasks.result", task_id=task_id, lang="en").words()
    assert "Not passed yet: 66%" in words and "when you have passed" in words
    assert "Question 1" not in words and "Why:" not in words
    walk(app, as_participant, task_id, task, asked, lambda *answer: fill_right(*answer, "en"), lang="en")
    words = as_participant.get("tasks.result_of", task_id=task_id, number=1, lang="en").words()
    assert words.count("Why:") == len(task.quiz.items)


@pytest.mark.parametrize("course", [("oslo-prework", "o5")], ids=["o5"], indirect=True)
def test_only_a_lesson_with_sources_has_a_list_of_them(as_participant, course):
    nodes = course[1]
    for lesson, has_sources in (("o5-simulation", False), ("o5-ready", True)):
        page = as_participant.get("modules.lesson", lesson_id=nodes[lesson], lang="en")
        assert ("Sources" in page.words()) is has_sources, lesson
