"""Taking quizzes, writing and checkpoints over HTTP: good input, bad input, and what it costs."""

import os
from datetime import timedelta
from uuid import uuid4

import brotli
import pytest
from sqlalchemy import event, func, select

from lms.assessments import jobs
from lms.assessments.models import Attempt, StepRow
from lms.assessments.queries import sitting as sittings
from lms.assessments.rules.attempts import AttemptState, StepKind
from lms.assessments.services.steps import NewStep, append
from lms.kernel.db import WRITES, db, transaction
from tests.assessments.screen import form_to, forms_of, send
from tests.assessments.taught import in_context
from tests.cast import DAY, HOUR, NOW
from tests.client import Visitor

MINUTE, MILLISECOND = timedelta(minutes=1), timedelta(milliseconds=1)
COUNTS = "This arrived after the due date, but was written before it. It is saved, and it counts."
LANGUAGES = ["en", "fr", "ar"]
MOST_BYTES_OF_A_QUESTION = 6_000


@pytest.fixture
def quiz(cast):
    return cast.nodes["m1-quiz"]


@pytest.fixture
def memo(cast):
    return cast.nodes["m1-memo"]


@pytest.fixture
def taking(as_participant, quiz):
    """Cedar with an open attempt at the quiz."""
    as_participant.post("tasks.start", task_id=quiz)
    return as_participant


def question(visitor, quiz, number, *, lang="en"):
    """The page of a question and its form."""
    page = visitor.get("tasks.question", task_id=quiz, number=number, lang=lang)
    return page, form_to(page, "/save")


def said(app, node_id="m1-quiz"):
    """All answers of a task that are stored in clear."""
    with app.app_context():
        rows = db.session.scalars(
            select(StepRow)
            .join(Attempt, Attempt.id == StepRow.attempt_id)
            .where(Attempt.node_id == node_id)
            .order_by(StepRow.number)
        )
        return [(row.kind.value, row.question, row.data, row.state.value) for row in rows]


def count(app, table=StepRow):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table))


# --- The ordinary way


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_quiz_from_the_start_to_the_receipt(as_participant, quiz, lang):
    page = as_participant.get("tasks.task", task_id=quiz, lang=lang)
    page = send(as_participant, form_to(page, "/start"))
    page = as_participant.get(page.location)
    for number, fill in enumerate(
        (
            lambda form: form.choose("q1", "b"),
            lambda form: form.choose("q2", "a", "c"),
            lambda form: form.type("q3-1", "truce"),
        ),
        1,
    ):
        form = form_to(page, "/save")
        fill(form)
        page = as_participant.get(send(as_participant, form, go=str(number + 1) if number < 3 else "check").location)
    page = as_participant.get(send(as_participant, form_to(page, "/hand-in")).location)
    assert "100" in page.words() or "١٠٠" in page.words()
    if lang == "en":
        assert "You passed: 100%" in page.words() and "Received by the server" in page.words()
        assert (
            "Check code of what was received" in page.words() and "Write the code of the receipt down" in page.words()
        )


def test_a_question_keeps_what_was_answered(taking, quiz):
    _, form = question(taking, quiz, 2)
    send(taking, form.choose("q2", "a", "d"), go="3")
    _, again = question(taking, quiz, 2)
    assert again.sent.getlist("q2") == ["a", "d"] or set(again.sent.getlist("q2")) == {"a", "d"}


def test_two_presses_of_one_button_are_one_step(app, taking, quiz):
    _, form = question(taking, quiz, 1)
    form.choose("q1", "a")
    locations = {send(taking, form, go="2").location for _ in range(2)}
    assert len(locations) == 1
    assert len(said(app)) == 1


def test_handing_in_twice_leads_to_one_receipt(taking, quiz):
    form = form_to(taking.get("tasks.check", task_id=quiz), "/hand-in")
    pages = [taking.get(send(taking, form).location).words() for _ in range(2)]
    assert pages[0] == pages[1]


def test_the_language_changes_in_the_middle_and_nothing_else(taking, quiz):
    english, form = question(taking, quiz, 1)
    page = taking.get(send(taking, form.choose("q1", "c"), go="fr").location)
    assert 'lang="fr"' in page.text
    french = form_to(page, "/save")
    assert french.sent.getlist("q1") == ["c"]
    assert [value for value, _ in french.choices["q1"]] == [value for value, _ in form.choices["q1"]]


def test_options_of_another_attempt_may_stand_elsewhere_but_stay_in_it(app, taking, quiz):
    orders = {tuple(value for value, _ in question(taking, quiz, 1, lang=lang)[1].choices["q1"]) for lang in LANGUAGES}
    assert len(orders) == 1


def test_all_questions_stand_on_one_page_and_are_saved_together(app, taking, quiz):
    page = taking.get("tasks.all_questions", task_id=quiz)
    form = form_to(page, "/all/save")
    form.choose("q1", "b").choose("q2", "a").type("q3-1", "truce")
    assert send(taking, form, go="check").location.endswith("/check")
    assert len(said(app)) == 3


def test_a_practice_of_two_on_a_page_says_at_once_what_is_right(as_participant, cast):
    task = cast.nodes["m1-practice"]
    as_participant.post("tasks.start", task_id=task)
    page, form = question(as_participant, task, 1)
    assert {name.split("-")[0] for name in form.names("q")} == {"q1", "q2"}
    page = as_participant.get(send(as_participant, form.choose("q2", "a"), go="stay").location)
    assert "Because of b." in page.words()
    assert "Option b" in page.words()


def test_what_is_right_is_not_in_a_page_of_a_quiz_that_counts(taking, quiz):
    _, form = question(taking, quiz, 1)
    page = taking.get(send(taking, form.choose("q1", "a"), go="2").location)
    for number in (1, 2, 3):
        page, _ = question(taking, quiz, number)
        assert "Because of b." not in page.text and "truce" not in page.text


def test_the_second_page_of_two_holds_the_rest(as_participant, cast):
    task = cast.nodes["m1-practice"]
    as_participant.post("tasks.start", task_id=task)
    _, form = question(as_participant, task, 3)
    assert {name.split("-")[0] for name in form.names("q")} == {"q3"}


def test_a_cohort_that_asks_all_on_one_page(as_participant, taught):
    task = taught.tasks["t-quiz"]
    as_participant.post("tasks.start", task_id=task)
    _, form = question(as_participant, task, 2)
    assert {name.split("-")[0] for name in form.names("q")} == {"q1", "q2"}
    assert send(as_participant, form.choose("q1", "a"), expect=302).location


# --- The script


def test_the_script_gets_one_sentence(taking, quiz):
    _, form = question(taking, quiz, 1)
    answer = send(taking, form.choose("q1", "a"), expect=200, script=True)
    assert set(answer.response.json) == {"text"}
    assert answer.response.json["text"].startswith("Saved on the server")


def test_the_script_is_told_of_two_versions_and_of_a_closed_attempt(taking, quiz):
    _, old = question(taking, quiz, 1)
    _, new = question(taking, quiz, 1)
    send(taking, new.choose("q1", "a"), go="2")
    answer = send(taking, old.choose("q1", "b"), expect=409, script=True).response.json
    assert answer["reload"] is True and "another device" in answer["text"]
    hand_in(taking, quiz)
    old.sent["op1"] = str(uuid4())
    assert "already handed in" in send(taking, old, expect=409, script=True).response.json["text"]


def test_the_script_is_told_that_what_came_late_counts(taking, quiz, clock):
    _, form = question(taking, quiz, 1)
    form.choose("q1", "b").sent["held1"] = str(5 * DAY // MILLISECOND)
    clock.at = NOW + 5 * DAY
    answers = [send(taking, form, expect=200, script=True).response.json for _ in range(2)]
    assert answers[0] == answers[1] == {"text": COUNTS}


def test_the_script_is_not_told_saved_of_what_was_overtaken(taking, quiz):
    _, form = question(taking, quiz, 1)
    send(taking, form.choose("q1", "a"), expect=200, script=True)
    _, newer = question(taking, quiz, 1)
    send(taking, newer.choose("q1", "b"), expect=200, script=True)
    answer = send(taking, form, expect=409, script=True).response.json
    assert answer["reload"] is True and "another device" in answer["text"]


def test_the_script_is_told_that_a_save_of_something_closed_was_refused(taking, quiz):
    _, form = question(taking, quiz, 1)
    hand_in(taking, quiz)
    form.sent["op1"] = "broken"
    assert "damaged or out of date" in send(taking, form, expect=409, script=True).response.json["text"]


def test_the_script_is_told_why_something_is_refused(taking, quiz):
    _, form = question(taking, quiz, 3)
    form.type("q3-1", "x" * 300)
    assert "300 characters" in send(taking, form, expect=409, script=True).response.json["text"]


def test_the_script_saves_a_draft_and_learns_its_attempt(app, as_participant, memo):
    form = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    answer = send(as_participant, form.type("q1", "Some words"), expect=200, script=True).response.json
    with app.app_context():
        assert answer["attempt"] == str(db.session.scalars(select(Attempt.public_id)).one())


# --- Two devices


def test_a_conflict_shows_both_answers_and_either_can_be_kept(taking, quiz):
    _, old = question(taking, quiz, 1)
    _, new = question(taking, quiz, 1)
    send(taking, new.choose("q1", "a"), go="2")
    page = send(taking, old.choose("q1", "b"), go="2", expect=409)
    mine, theirs = [form for form in forms_of(page) if form.action.endswith("/save")]
    assert [mine.sent.getlist("q1"), theirs.sent.getlist("q1")] in ([["b"], ["a"]], [["b"], ["b"]])
    send(taking, mine)
    assert question(taking, quiz, 1)[1].sent.getlist("q1") == ["b"]


def test_what_stands_can_be_kept_from_a_conflict(taking, quiz, clock):
    _, old = question(taking, quiz, 1)
    _, new = question(taking, quiz, 1)
    send(taking, new.choose("q1", "a"), go="2")
    page = send(taking, old.choose("q1", "b"), go="2", expect=409)
    _, theirs = [form for form in forms_of(page) if form.action.endswith("/save")]
    assert theirs.sent.getlist("q1") == ["a"], "she is shown the other answer, not her own twice"
    send(taking, theirs)
    assert question(taking, quiz, 1)[1].sent.getlist("q1") == ["a"]


def test_two_texts_stand_side_by_side_and_can_be_joined(as_participant, memo):
    first = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    second = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    send(as_participant, first.type("q1", "Text of the phone"), go="stay")
    page = send(as_participant, second.type("q1", "Text of the laptop"), go="stay", expect=409)
    assert "Text of the phone" in page.words() and "Text of the laptop" in page.words()
    joined = next(form for form in forms_of(page) if form.sent.get("q1") == "Text of the laptop")
    joined.type("q1", "Text of both")
    send(as_participant, joined)
    assert "Text of both" in as_participant.get("tasks.task", task_id=memo).text
    earlier = as_participant.get("writing.earlier", task_id=memo).words()
    assert all(text in earlier for text in ("phone", "laptop", "both"))


def test_a_repeated_act_of_an_older_attempt_is_never_put_into_the_open_one(app, taking, quiz, clock):
    """What was overtaken there stays there: the open attempt may ask something else under that number."""
    _, old = question(taking, quiz, 1)
    send(taking, old.choose("q1", "a"), go="2")
    _, newer = question(taking, quiz, 1)
    send(taking, newer.choose("q1", "b"), go="2")
    hand_in(taking, quiz)
    page = send(taking, old, go="2", expect=409)
    assert "Both versions are kept" in page.words() and "Keep this one" not in page.text
    taking.post("tasks.start", task_id=quiz)
    page = send(taking, old, go="2", expect=409)
    assert "Both versions are kept" in page.words() and "Keep this one" not in page.text
    assert [kind for kind, *_ in said(app)] == ["answer", "answer", "hand in"]


def test_an_overtaken_draft_that_comes_again_after_the_hand_in_opens_no_field(app, as_participant, memo):
    send(as_participant, form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "First"))
    old = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "First and second")
    send(as_participant, old)
    newer = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "Third")
    send(as_participant, newer)
    hand_in(as_participant, memo)
    page = send(as_participant, old, expect=409)
    assert "First and second" in page.words() and "Both versions are kept" in page.words()
    assert [form for form in forms_of(page) if "q1" in form.texts] == []


# --- Writing


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_text_from_the_draft_to_the_receipt_and_back(as_participant, memo, lang):
    form = form_to(as_participant.get("tasks.task", task_id=memo, lang=lang), "/draft/save")
    page = as_participant.get(send(as_participant, form.type("q1", "Three small words"), go="check").location)
    assert "Three small words" in page.text
    page = as_participant.get(send(as_participant, form_to(page, "/hand-in")).location)
    assert "Three small words" in page.text
    page = as_participant.get("tasks.task", task_id=memo, lang=lang)
    page = as_participant.get(send(as_participant, form_to(page, "/take-back")).location)
    assert form_to(page, "/draft/save").sent["q1"] == "Three small words"


def test_a_text_that_is_too_long_is_refused_and_still_there(as_participant, memo):
    text = "word " * 4100
    form = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    page = send(as_participant, form.type("q1", text), go="stay", expect=409)
    assert "are taken at most" in page.words()
    assert form_to(page, "/draft/save").sent["q1"] == text


def test_a_text_that_comes_after_the_hand_in_is_shown_and_kept(app, as_participant, memo):
    form = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    send(as_participant, form.type("q1", "The first"), go="stay")
    old = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    hand_in(as_participant, memo)
    page = send(as_participant, old.type("q1", "Too late"), go="stay", expect=409)
    assert "Too late" in page.words()
    assert [kind for kind, *_ in said(app, "m1-memo")] == ["answer", "hand in", "answer"]


MARKING = [[], [StepKind.MARK_DRAFT], [StepKind.MARK]]


def test_whether_it_is_marked_cannot_be_seen_from_what_may_be_taken_back(app, as_participant, memo):
    form = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    send(as_participant, form.type("q1", "Three small words"))
    hand_in(as_participant, memo)
    pages = []
    for kinds in MARKING:
        in_context(app, move_all, *kinds)
        pages.append(as_participant.get("tasks.task", task_id=memo))
    assert pages[0].words() == pages[1].words() == pages[2].words()
    assert all(form_to(page, "/take-back") for page in pages)
    page = send(as_participant, form_to(pages[2], "/take-back"), expect=409)
    assert "can no longer be taken back" in page.words() and "Three small words" in page.words()


def move_all(*kinds):
    """Take each attempt as far as a marker would."""
    for kind in kinds:
        with transaction():
            attempt = sittings.attempt_for_update(db.session.scalar(select(Attempt.id)))
            step = NewStep(operation=uuid4(), kind=kind, by=None, at=NOW, language="en", data={"levels": {}})
            append(attempt, step)


def test_a_draft_for_an_attempt_that_is_not_hers_opens_nothing(app, as_participant, memo, cast):
    nour = Visitor(app).signed_in(cast.nour)
    send(nour, form_to(nour.get("tasks.task", task_id=memo), "/draft/save").type("q1", "A text of her own"))
    theirs = form_to(nour.get("tasks.task", task_id=memo), "/draft/save").sent["attempt"]
    form = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "My words")
    pages = []
    for attempt in (theirs, str(uuid4())):
        form.sent["attempt"] = attempt
        pages.append(send(as_participant, form, expect=409))
    for page in pages:
        assert "not part of your attempt" in page.words()
        assert form_to(page, "/draft/save").sent["q1"] == "My words"
    assert count(app, Attempt) == count(app) == 1


def test_a_draft_for_another_attempt_changes_nothing_in_the_open_one(app, as_participant, memo):
    form = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    send(as_participant, form.type("q1", "My words"))
    form.sent["attempt"] = str(uuid4())
    page = send(as_participant, form.type("q1", "Other words"), expect=409)
    assert form_to(page, "/draft/save").sent["q1"] == "Other words"
    assert count(app) == 1


def test_a_refused_draft_of_something_closed_is_given_back_and_not_called_kept(app, as_participant, memo):
    send(as_participant, form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "First"))
    form = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    hand_in(as_participant, memo)
    form.type("q1", "Later words").sent["op1"] = "broken"
    page = send(as_participant, form, expect=409)
    assert "This was not saved" in page.words() and "Later words" in page.words()
    assert "kept beside" not in page.words() and "Kept, but" not in page.words()
    assert [kind for kind, *_ in said(app, "m1-memo")] == ["answer", "hand in"]


def test_a_text_before_anything_is_written_has_no_earlier_ones(as_participant, memo):
    assert as_participant.get("writing.earlier", task_id=memo).status == 200


# --- Checkpoints


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_checkpoint_says_at_once_whether_it_is_right(as_participant, cast, lang):
    lesson = cast.nodes["m1-words"]
    form = form_to(as_participant.get("modules.lesson", lesson_id=lesson, lang=lang), "/answer")
    page = as_participant.get(send(as_participant, form.choose("q1", "false")).location.split("#")[0])
    assert "Not quite" in page.words() or lang != "en"
    page = as_participant.get(
        send(as_participant, form_to(page, "/answer").choose("q1", "true")).location.split("#")[0]
    )
    assert "It is true." in page.words()
    assert "That is right." in page.words() or lang != "en"


def test_a_checkpoint_that_sends_nonsense_shows_its_question_again(as_participant, cast):
    lesson = cast.nodes["m1-words"]
    form = form_to(as_participant.get("modules.lesson", lesson_id=lesson), "/answer")
    form.sent["q1"] = "perhaps"
    page = send(as_participant, form, expect=409)
    assert "does not belong to the question" in page.words()


def test_a_checkpoint_that_was_answered_in_another_window_says_so(app, as_participant, cast):
    lesson = cast.nodes["m1-words"]
    old = form_to(as_participant.get("modules.lesson", lesson_id=lesson), "/answer").choose("q1", "false")
    newer = form_to(as_participant.get("modules.lesson", lesson_id=lesson), "/answer").choose("q1", "true")
    send(as_participant, newer)
    page = send(as_participant, old, expect=409)
    assert "another window" in page.words() and "Both answers are kept" in page.words()
    again = form_to(page, "/answer")
    assert again.sent.getlist("q1") == ["false"], "what she sent is still in it"
    send(as_participant, again)
    shown = form_to(as_participant.get("modules.lesson", lesson_id=lesson), "/answer")
    assert shown.sent.getlist("q1") == ["false"]
    assert len(said(app, "m1-words-check")) == 3


# --- After the clock

KEYS = ["Because of b.", "truce", "trêve", "هدنة"]
"""What nobody may read who can still answer."""


@pytest.fixture
def over(app, taking, quiz, clock):
    """Cedar, whose quiz the clock has closed with one answer in it, and a page that she still has; and the page."""
    send(taking, question(taking, quiz, 2)[1].choose("q2", "a"), go="3")
    _, form = question(taking, quiz, 1)
    clock.at = NOW + 5 * DAY
    in_context(app, jobs.close, {}, clock.at)
    return taking, form


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_the_clock_closed_shows_no_key_until_she_has_nothing_more_to_send(over, quiz, lang):
    visitor, _ = over
    page = visitor.get("tasks.result_of", task_id=quiz, number=1, lang=lang)
    assert not any(key in page.text for key in KEYS)
    page = visitor.get(send(visitor, form_to(page, "/settle")).location)
    assert "Because of b." in page.text and any(key in page.text for key in KEYS[1:])
    assert not [form for form in forms_of(page) if form.action.endswith("/settle")]


def test_no_page_of_hers_tells_a_result_while_answers_may_come(app, over, quiz, clock, cast):
    visitor, form = over
    form.choose("q1", "b").sent["held1"] = str(6 * DAY // MILLISECOND)
    send(visitor, form, expect=200, script=True)
    addresses = [("tasks.task", {"task_id": quiz}), ("tasks.result", {"task_id": quiz}), ("results.own", {})]
    for endpoint, arguments in addresses:
        page = visitor.get(endpoint, **arguments)
        assert "50%" not in page.words() and "33%" not in page.words() and "16%" not in page.words(), endpoint
        assert not any(key in page.text for key in KEYS)
    clock.at = NOW + 18 * DAY
    page = Visitor(app).signed_in(cast.cedar).get("tasks.result", task_id=quiz)
    assert "Because of b." in page.text and "50%" in page.words()


def test_until_when_answers_may_come_is_said(over, quiz):
    visitor, _ = over
    page = visitor.get("tasks.result", task_id=quiz)
    assert "can arrive until" in page.words() and "1 May 2027" in page.words()
    assert "I have nothing more to send" in page.words()


def test_what_was_written_before_is_told_to_count(app, over, quiz):
    visitor, form = over
    form.choose("q1", "b").sent["held1"] = str(6 * DAY // MILLISECOND)
    pages = [send(visitor, form, go="2", expect=200) for _ in range(2)]
    assert all(COUNTS in page.words() and "Saved, and it counts" in page.words() for page in pages)
    assert [kind for kind, *_ in said(app)] == ["answer", "time up", "answer"]


def test_once_she_asked_for_the_result_a_forged_time_gains_nothing(app, over, quiz):
    visitor, form = over
    for _ in range(2):
        visitor.post("tasks.settle", task_id=quiz, number=1)
    form.choose("q1", "b").sent["held1"] = str(6 * DAY // MILLISECOND)
    page = send(visitor, form, go="2", expect=409)
    assert "a facilitator decides" in page.words()
    assert "1 answer arrived late" in visitor.get("tasks.result", task_id=quiz).words()
    assert [kind for kind, *_ in said(app)] == ["answer", "time up", "settle", "answer"]


@pytest.mark.parametrize("number", [1, 2, 99])
def test_what_is_open_or_not_there_has_no_result_to_ask_for(app, taking, quiz, number):
    location = taking.post("tasks.settle", task_id=quiz, number=number).location
    taking.get(taking.get(location, expect=302).location)
    assert said(app) == []


def test_a_text_has_no_result_to_ask_for(app, as_participant, memo):
    send(as_participant, form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "One"))
    hand_in(as_participant, memo)
    as_participant.post("tasks.settle", task_id=memo, number=1)
    assert [kind for kind, *_ in said(app, "m1-memo")] == ["answer", "hand in"]


def test_a_refused_save_after_the_clock_gives_the_words_back_and_calls_nothing_kept(app, over, quiz):
    visitor, _ = over
    page = visitor.post(
        "tasks.save_all",
        data={"attempt": str(uuid4()), "op3": str(uuid4()), "seq3": "1", "q3-1": "my own words"},
        expect=409,
        task_id=quiz,
    )
    assert "This was not saved" in page.words() and "my own words" in page.words()
    assert "kept beside" not in page.words() and "Kept, but" not in page.words()
    assert [kind for kind, *_ in said(app)] == ["answer", "time up"]


def test_nobody_else_asks_for_her_result(app, over, cast, quiz):
    for name in ("stranger", "other_cohort", "withdrawn", "facilitator", "coordinator"):
        visitor = Visitor(app).signed_in(getattr(cast, name))
        visitor.post("tasks.settle", expect=404, task_id=quiz, number=1)
    Visitor(app).signed_in(cast.nour).post("tasks.settle", task_id=quiz, number=1)
    assert [kind for kind, *_ in said(app)] == ["answer", "time up"]


# --- Bad input


def hand_in(visitor, task):
    send(visitor, form_to(visitor.get("tasks.check", task_id=task), "/hand-in"))


def test_a_question_that_is_not_in_the_attempt_is_refused(app, taking, quiz):
    _, form = question(taking, quiz, 1)
    form.sent["op9"], form.sent["seq9"], form.sent["q9"] = str(uuid4()), "1", "a"
    page = send(taking, form.choose("q1", "a"), go="2", expect=409)
    assert "not part of your attempt" in page.words()
    assert form_to(page, "/save").sent.getlist("q1") == ["a"]
    assert said(app) == []


def test_somebody_elses_attempt_is_refused_like_one_that_is_not_there(app, taking, quiz, cast):
    nour = Visitor(app).signed_in(cast.nour)
    nour.post("tasks.start", task_id=quiz)
    theirs = question(nour, quiz, 1)[1].sent["attempt"]
    _, form = question(taking, quiz, 1)
    pages = []
    for attempt in (theirs, str(uuid4())):
        form.sent["attempt"] = attempt
        pages.append(send(taking, form.choose("q1", "a"), go="2", expect=409).words())
    assert pages[0] == pages[1] and "not part of your attempt" in pages[0]
    assert said(app) == []


@pytest.mark.parametrize("broken", ["", "7", "not-a-uuid", "0" * 31, "g" * 32, "١" * 31, "' OR 1=1", "\x00"])
def test_a_broken_operation_id_is_explained_and_nothing_is_saved(app, taking, quiz, broken):
    _, form = question(taking, quiz, 1)
    form.sent["op1"] = broken
    page = send(taking, form.choose("q1", "c"), go="2", expect=409)
    assert "damaged or out of date" in page.words()
    assert form_to(page, "/save").sent.getlist("q1") == ["c"]
    assert said(app) == []


def test_two_megabytes_are_too_much_and_said_so(app, taking, as_participant, memo, quiz):
    form = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save")
    page = send(as_participant, form.type("q1", "x" * 2_000_000), go="stay", expect=413)
    assert "too much at once" in page.words()
    _, form = question(taking, quiz, 3)
    send(taking, form.type("q3-1", "x" * 2_000_000), go="check", expect=413)
    assert count(app) == 0


def test_a_form_of_an_older_attempt_is_kept_with_that_one(app, taking, quiz, clock):
    _, yesterday = question(taking, quiz, 1)
    hand_in(taking, quiz)
    clock.at = NOW + DAY
    taking.post("tasks.start", task_id=quiz)
    page = send(taking, yesterday.choose("q1", "a"), go="2", expect=409)
    assert "kept beside it" in page.words()
    assert [kind for kind, *_ in said(app)] == ["hand in", "answer"]
    assert question(taking, quiz, 1)[1].sent.getlist("q1") == []


def test_an_answer_after_the_clock_is_kept_and_told(app, taking, quiz, clock):
    _, form = question(taking, quiz, 1)
    clock.at = NOW + 5 * DAY
    in_context(app, jobs.close, {}, clock.at)
    page = send(taking, form.choose("q1", "b"), go="2", expect=409)
    assert "arrived late" in page.words()
    result = taking.get("tasks.result", task_id=quiz).words()
    assert "1 answer arrived late" in result and "The time was over" in result


@pytest.mark.parametrize("name", ["stranger", "other_cohort", "withdrawn", "facilitator", "coordinator"])
def test_nobody_else_answers_anything(app, cast, name):
    visitor = Visitor(app).signed_in(getattr(cast, name))
    for task in ("m1-quiz", "m1-memo", "m1-words-check"):
        arguments = {"task_id": cast.nodes[task]}
        for endpoint in ("tasks.task", "tasks.all_questions", "tasks.check", "tasks.result", "writing.earlier"):
            visitor.get(endpoint, expect=404, **arguments)
        for endpoint in ("tasks.start", "tasks.save_all", "tasks.hand_in", "writing.save", "writing.take_back",
                         "writing.new_version", "checkpoints.answer"):  # fmt: skip
            visitor.post(endpoint, expect=404, **arguments)
        visitor.post("tasks.save", expect=404, number=1, **arguments)


def test_who_is_not_signed_in_is_led_to_sign_in(visitor, quiz):
    assert "sign-in" in visitor.get("tasks.task", task_id=quiz, expect=302).location


def test_what_is_not_open_yet_says_so(app, as_participant, taught, clock):
    task = taught.tasks["t-second"]
    assert "Not open yet" in as_participant.get("tasks.task", task_id=task, expect=403).words()
    page = as_participant.post("tasks.start", task_id=task, expect=409)
    assert page.words()


NONSENSE = [
    "", " ", "0", "-1", "1", "2", "99999999999999999999", "1e9", "NaN", "null", "true", "٣", "a", "b", "z", "a,b", "[]",
    "{}", "'; DROP TABLE x; --", "<script>alert(1)</script>", "\x00", "\ud83d".encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"), "\u202e\u200f", "é" * 300, "x" * 21_000, "\r\n\r\n", "../../etc/passwd", "%s%n", "${7*7}",
    "{{7*7}}", "check", "fr", "xx", "stay",
]  # fmt: skip
FIELDS = ["attempt", "op", "op1", "seq1", "held1", "held", "q1", "q1-1", "q1-a", "flag1", "go", "op0", "op2", "op1001"]
POSTS = ["tasks.start", "tasks.save", "tasks.save_all", "tasks.hand_in", "tasks.settle", "writing.save",
         "writing.take_back", "writing.new_version", "checkpoints.answer"]  # fmt: skip
EXPECTED = {200, 302, 303, 400, 403, 404, 405, 409, 413, 422}
TASKS = ["m1-quiz", "m1-timed", "m1-practice", "m1-memo", "m1-words-check"]


def payloads():
    """Sixty forms: nonsense in each field of an otherwise sound form, then nonsense in all."""
    for number in range(60):
        if number < 46:
            yield {FIELDS[number % len(FIELDS)]: NONSENSE[number * 7 % len(NONSENSE)]}
        else:
            yield {field: NONSENSE[(number + place * 5) % len(NONSENSE)] for place, field in enumerate(FIELDS)}


@pytest.mark.parametrize("task", ["m1-quiz", "m1-memo", "m1-words-check"])
@pytest.mark.parametrize("opened", [False, True])
def test_nonsense_in_any_field_is_answered_with_a_sentence(app, as_participant, cast, task, opened):
    arguments = {"task_id": cast.nodes[task]}
    if opened:
        as_participant.post("tasks.start", **arguments)
    with app.app_context():
        attempt = db.session.scalar(select(Attempt.public_id))
    token, wrong = as_participant.token(), []
    for endpoint in POSTS:
        if endpoint in ("tasks.start", "writing.new_version") and not opened:
            continue
        more = {"number": 1} if endpoint in ("tasks.save", "tasks.settle") else {}
        address = as_participant._address(endpoint, "en", {**arguments, **more})
        for number, payload in enumerate(payloads()):
            if not opened and number % 5:
                continue
            sound = {"csrf_token": token, "attempt": str(attempt or ""), "op": str(uuid4()), "op1": str(uuid4()),
                     "seq1": "1", "q1": "b"}  # fmt: skip
            script = number % 2 == 1
            headers = {"Accept": "application/json"} if script else {}
            answer = as_participant.client.post(address, data={**sound, **payload}, headers=headers)
            is_told = answer.status_code in (302, 303) or len(answer.text) > 20
            if answer.status_code not in EXPECTED or not is_told:
                wrong.append((endpoint, payload, script, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("state", ["none", "open", "handed in"])
def test_every_page_of_every_kind_of_task_answers(app, as_participant, cast, task, state):
    arguments = {"task_id": cast.nodes[task]}
    if state != "none":
        as_participant.post("tasks.start", **arguments)
    if state == "handed in":
        with app.app_context():
            attempt = db.session.scalar(select(Attempt.public_id))
        if task == "m1-memo":
            as_participant.post(
                "writing.save",
                data={"attempt": str(attempt), "op1": str(uuid4()), "seq1": "1", "q1": "Some words"},
                **arguments,
            )
        as_participant.client.post(
            as_participant._address("tasks.hand_in", "en", dict(arguments)),
            data={"csrf_token": as_participant.token(), "op": str(uuid4())},
        )
    for ending in ("", "/q/0", "/q/1", "/q/99", "/all", "/check", "/result", "/result/1", "/result/99", "/earlier"):
        answer = as_participant.client.get(f"/en/t/{arguments['task_id']}{ending}")
        assert answer.status_code in (200, 302, 404), (ending, answer.status_code)


def test_a_checkpoint_is_never_handed_in(app, as_participant, cast):
    task = cast.nodes["m1-words-check"]
    form = form_to(as_participant.get("modules.lesson", lesson_id=cast.nodes["m1-words"]), "/answer")
    send(as_participant, form.choose("q1", "false"))
    as_participant.client.post(
        as_participant._address("tasks.hand_in", "en", {"task_id": task}),
        data={"csrf_token": as_participant.token(), "op": str(uuid4())},
    )
    with app.app_context():
        assert db.session.scalar(select(Attempt.state)) is AttemptState.OPEN


@pytest.mark.parametrize("go", ["0", "99", "٩", "1111"])
def test_a_button_without_a_sense_leaves_her_where_she_is(taking, quiz, go):
    _, form = question(taking, quiz, 2)
    form.sent["go"] = go
    location = send(taking, form.choose("q2", "a")).location
    assert taking.get(location).status == 200


# --- What it costs


class Commits:
    """Commits of the session, as a context."""

    def __enter__(self):
        self.count = 0
        event.listen(db.session, "after_commit", self._note)
        return self

    def __exit__(self, *rest):
        event.remove(db.session, "after_commit", self._note)

    def _note(self, session):
        self.count += bool(session.info.get(WRITES))  # what was only read ends with a commit too


def test_saving_an_answer_and_the_next_page_cost_five_statements_and_one_commit(taking, quiz, statements, measured):
    first_of_the_week(taking, quiz)
    _, form = question(taking, quiz, 1)
    with statements() as seen, Commits() as commits:
        location = send(taking, form.choose("q1", "b"), go="2").location
        first = len(seen)
        taking.get(location)
    measured("quiz save + next page", len(seen))
    assert len(seen) <= 5, (first, seen)
    assert commits.count == 1


def first_of_the_week(taking, quiz):
    """She was here this week already; both pages were drawn before."""
    for number in (1, 2):
        _, form = question(taking, quiz, number)
    send(taking, form.choose("q2", "a"))


def test_the_first_save_of_a_week_writes_down_that_she_was_here(taking, quiz, statements):
    _, form = question(taking, quiz, 1)
    question(taking, quiz, 2)
    with statements() as seen:
        taking.get(send(taking, form.choose("q1", "b"), go="2").location)
    assert len(seen) <= 8, seen


def test_autosaves_cost_three_statements(taking, as_participant, quiz, memo, statements, measured):
    first_of_the_week(taking, quiz)
    _, form = question(taking, quiz, 1)
    with statements() as seen:
        send(taking, form.choose("q1", "b"), expect=200, script=True)
    measured("autosave of an answer", len(seen))
    assert len(seen) <= 3, seen
    draft = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "One")
    send(as_participant, draft, go="stay")
    draft = form_to(as_participant.get("tasks.task", task_id=memo), "/draft/save").type("q1", "One two")
    with statements() as seen:
        send(as_participant, draft, expect=200, script=True)
    measured("autosave of a draft", len(seen))
    assert len(seen) <= 3, seen


@pytest.mark.parametrize(
    ("endpoint", "node", "name", "most"),
    [
        ("modules.lesson", "m1-words", "lesson_id", 4),
        ("modules.outline", None, "course_id", 5),
        ("home.today", None, None, 6),
        ("tasks.question", "m1-quiz", "task_id", 2),
    ],
)
def test_pages_with_tasks_keep_their_budgets(taking, cast, statements, measured, endpoint, node, name, most):
    arguments = {name: cast.nodes[node] if node else cast.cohort_id} if name else {}
    arguments |= {"number": 1} if endpoint == "tasks.question" else {}
    taking.get(endpoint, **arguments)
    with statements() as seen:
        taking.get(endpoint, **arguments)
    measured(endpoint, len(seen))
    assert len(seen) <= most, seen


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_question_weighs_no_more_than_six_thousand_bytes(taking, quiz, lang, measured):
    for number in (1, 2, 3):
        page, form = question(taking, quiz, number, lang=lang)
        size = len(brotli.compress(page.text.encode(), quality=5))
        measured(f"question {number} in {lang}", size)
        assert size <= MOST_BYTES_OF_A_QUESTION


@pytest.fixture
def measured(request):
    """Write down what was measured, where a file for it is named."""

    def note(what, number):
        if os.environ.get("MEASURED"):
            with open(os.environ["MEASURED"], "a") as out:
                out.write(f"{what} ({request.node.name.split('[')[-1].rstrip(']')}): {number}\n")

    return note


def test_the_right_hour_stands_beside_a_timed_question(as_participant, cast, clock):
    task = cast.nodes["m1-timed"]
    as_participant.post("tasks.start", task_id=task)
    page, _ = question(as_participant, task, 1)
    assert (NOW + 30 * MINUTE).isoformat() in page.text
    clock.at = NOW + HOUR
    assert as_participant.get("tasks.question", task_id=task, number=1).status == 200
