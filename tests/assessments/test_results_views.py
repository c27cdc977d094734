"""The pages of results: for staff and for participants."""

import re
import zipfile
from io import BytesIO
from uuid import uuid4

import pytest
from python_calamine import CalamineWorkbook

from lms.assessments.models import AllowanceRow, Conflict
from lms.assessments.queries import record
from lms.assessments.rules.attempts import AttemptState, StepKind
from lms.assessments.rules.marking import Verdict
from lms.assessments.sealing import seal_reason
from lms.cohorts.models import Cohort, FactRow, MoveRow
from lms.cohorts.rules.enrolment import EnrolmentState, Move
from lms.cohorts.rules.facts import FactKind
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.kernel.sealed import KeyRing
from tests.assessments.taught import answer, attempt_of, begin, enrolment_of, hand_in, in_context, load, take
from tests.cast import DAY, NOW
from tests.client import Visitor

RIGHT = {"i_choice": {"chosen": ["a"]}, "i_short": {"texts": ["local"]}}
HALF = {"i_choice": {"chosen": ["a"]}, "i_short": {"texts": ["wide"]}}


@pytest.fixture
def as_facilitator(app, cast):
    return Visitor(app).signed_in(cast.facilitator)


def quiz(app, cast, taught, name="cedar", **said):
    return in_context(app, take, getattr(cast, name), taught.tasks["t-quiz"], **(said or RIGHT))


def memo(app, cast, taught, state=AttemptState.HANDED_IN, total=None, verdict=None):
    """A memo of Cedar's in some state."""
    attempt_id = in_context(app, take, cast.cedar, taught.tasks["t-memo"], i_essay={"text": "My secret memo"})
    with app.app_context(), transaction():
        attempt = attempt_of(attempt_id)
        attempt.state, attempt.total, attempt.verdict = state, total, verdict
    return attempt_id


def in_conflict(app, cast, taught, name="cedar"):
    with app.app_context(), transaction():
        enrolment = enrolment_of(taught.enrolments[name])
        db.session.add(Conflict(person_id=cast.facilitator.id, enrolment_id=enrolment.id, declared_at=NOW))


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_the_list_shows_shares_means_and_assignments_by_alias(app, as_facilitator, cast, taught, lang):
    quiz(app, cast, taught, **HALF)
    memo(app, cast, taught)
    page = as_facilitator.get("results.cohort", cohort_id=taught.cohort_id, lang=lang)
    words = page.words()
    assert "نور" in words and "Érable" in words and "Kanaria" not in page.text
    if lang == "en":
        # Two lessons and four tasks are open; she handed in two. Half of the points of the quiz.
        cedar = words[words.index("Cedar") : words.index("Érable")]
        assert "33%" in cedar and "50%" in cedar and "0 of 3 needed1 being marked" in cedar
        assert "2 lessons" in cedar and "past" in cedar


def test_marks_that_are_not_released_have_no_level_on_staff_pages(app, as_facilitator, cast, taught):
    memo(app, cast, taught, AttemptState.MARKED)
    assert "1 marked, not released" in as_facilitator.get("results.cohort", cohort_id=taught.cohort_id).words()
    page = as_facilitator.get("results.participant", **ids(taught))
    assert "Marked, not released" in page.words() and "My secret memo" not in page.text


def test_what_meets_is_counted_when_it_is_released(app, as_facilitator, cast, taught):
    memo(app, cast, taught, AttemptState.RELEASED, 8000, Verdict.MEETS)
    assert "1 of 3 needed" in as_facilitator.get("results.cohort", cohort_id=taught.cohort_id).words()
    assert "80% · Meets the standard" in as_facilitator.get("results.participant", **ids(taught)).words()


def test_the_rule_is_that_of_the_cohort(app, as_facilitator, taught):
    words = as_facilitator.get("results.cohort", cohort_id=taught.cohort_id).words()
    assert "At least 80% of the activities" in words and "3 assignments that meet the standard: 75% each" in words
    assert "6 live sessions, attended or substituted in writing" in words and "the paper that stands for it" in words
    with app.app_context(), transaction():
        db.session.get_one(Cohort, taught.cohort_key).completion = {"activities_percent": 65, "assignments": 2}
    words = as_facilitator.get("results.cohort", cohort_id=taught.cohort_id).words()
    assert "At least 65% of the activities" in words and "0 of 2 needed" in words
    assert "live" not in words.lower() and "simulation" not in words.lower()


def enter(app, taught, name, *facts):
    """Facts of one participant: kind, and the number of the live session."""
    with app.app_context(), transaction():
        enrolment = enrolment_of(taught.enrolments[name])
        for kind, session in facts:
            db.session.add(
                FactRow(
                    public_id=new_id(), enrolment_id=enrolment.id, kind=kind, session=session, on=NOW.date(), at=NOW
                )
            )


def row_of(page, alias):
    """The cells of a participant in the list, without marks of tables."""
    body = page.text[page.text.index("<tbody>") :]
    row = next(one for one in body.split("</tr>") if f"<bdi>{alias}</bdi>" in one)
    return [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in re.findall("<td.*?</td>", row, re.S)]


def test_sessions_and_the_simulation_stand_in_the_list(app, as_facilitator, taught):
    sessions = [(FactKind.ATTENDED, 1), (FactKind.SUBSTITUTE, 1), (FactKind.SUBSTITUTE, 2)]
    enter(app, taught, "cedar", *sessions, (FactKind.PAPER, 0))
    enter(app, taught, "nour", (FactKind.SIMULATION, 0), (FactKind.PAPER, 0))
    page = as_facilitator.get("results.cohort", cohort_id=taught.cohort_id)
    assert row_of(page, "Cedar")[3:5] == ["2 of 6", "Alternative paper"]
    assert row_of(page, "نور")[3:5] == ["0 of 6", "Took part"] and row_of(page, "Érable")[4] == "–"


def test_how_far_each_is_on_the_way_to_completion(app, as_facilitator, cast, taught):
    def completion(name="Cedar"):
        return row_of(as_facilitator.get("results.cohort", cohort_id=taught.cohort_id), name)[-1]

    assert completion().startswith("2 things to catch up on")  # too few activities, and the timed quiz is past its day
    with app.app_context(), transaction():
        db.session.get_one(Cohort, taught.cohort_key).completion = {"live_sessions": 1}
    assert completion().startswith("1 thing to catch up on")
    enter(app, taught, "cedar", (FactKind.ATTENDED, 1))
    assert completion() == "All met"
    for state, by, told in (
        (EnrolmentState.COMPLETED, None, "Completed by the rule"),
        (EnrolmentState.PARTICIPATED, cast.coordinator.id, "Took part by a coordinator"),
    ):
        with app.app_context(), transaction():
            enrolment = enrolment_of(taught.enrolments["cedar"])
            enrolment.state = state
            db.session.add(MoveRow(enrolment_id=enrolment.id, move=Move.COMPLETE, by_id=by, at=NOW))
        assert completion() == told
    with app.app_context(), transaction():
        enrolment_of(taught.enrolments["nour"]).state = EnrolmentState.PAUSED
    assert completion("نور").startswith("Paused")


def workbook(visitor, taught, lang="en"):
    answer = visitor.client.get(f"/{lang}/marks/{taught.cohort_id}/table.xlsx")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="results.xlsx"'
    return answer.data


def test_the_whole_list_is_taken_along_with_aliases_and_no_formula(app, as_facilitator, cast, taught):
    quiz(app, cast, taught, **HALF)
    enter(app, taught, "cedar", (FactKind.ATTENDED, 1))
    in_conflict(app, cast, taught, "nour")
    with app.app_context(), transaction():
        enrolment_of(taught.enrolments["olivier"]).alias = "=Érable"
    data = workbook(as_facilitator, taught)
    assert b"Kanaria" not in data
    sheet = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0)
    header, *rows = sheet.to_python()
    assert header[:3] == ["Alias", "Activities, per cent", "Quizzes, mean, per cent"] and len(rows) == 3
    by_alias = {row[0]: row[1:] for row in rows}
    assert by_alias["Cedar"][:3] == [16.0, 50.0, 0.0] and by_alias["Cedar"][7:9] == [1.0, 6.0]
    assert set(by_alias["نور"]) == {"", "Not shown to you: conflict of interest, or your own."}
    with zipfile.ZipFile(BytesIO(data)) as packed:
        assert "<f>" not in packed.read("xl/worksheets/sheet1.xml").decode()
    assert "=Érable" in by_alias


@pytest.mark.parametrize(("lang", "mirrored"), [("en", False), ("fr", False), ("ar", True)])
def test_the_table_runs_from_right_to_left_in_arabic_alone(as_facilitator, taught, lang, mirrored):
    with zipfile.ZipFile(BytesIO(workbook(as_facilitator, taught, lang))) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
    assert ('rightToLeft="1"' in sheet) is mirrored


def test_the_table_is_for_whoever_sees_the_list(app, cast, taught):
    for member in (cast.cedar, cast.stranger, cast.other_cohort):
        Visitor(app).signed_in(member).get("results.table", cohort_id=taught.cohort_id, expect=404)
    page = Visitor(app).signed_in(cast.coordinator).get("results.cohort", cohort_id=taught.cohort_id)
    assert f"/marks/{taught.cohort_id}/table.xlsx" in page.text


def test_who_has_a_conflict_of_interest_sees_the_row_without_marks(app, as_facilitator, cast, taught):
    quiz(app, cast, taught)
    in_conflict(app, cast, taught)
    page = as_facilitator.get("results.cohort", cohort_id=taught.cohort_id)
    assert "Cedar Not shown to you" in page.words().replace("Cedar", "Cedar ").replace("  ", " ")
    assert str(taught.enrolments["cedar"]) not in page.text
    as_facilitator.get("results.participant", expect=404, **ids(taught))


def ids(taught, name="cedar"):
    return {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments[name]}


@pytest.mark.parametrize("name", ["cedar", "stranger", "other_cohort"])
def test_nobody_else_sees_any_of_it(app, cast, taught, name):
    visitor = Visitor(app).signed_in(getattr(cast, name))
    for endpoint, more in (
        ("results.cohort", {"cohort_id": taught.cohort_id}),
        ("results.again", {"cohort_id": taught.cohort_id}),
        ("results.participant", ids(taught)),
    ):
        assert visitor.get(endpoint, expect=404, **more).words()
    visitor.post("results.give_allowance", expect=404, **ids(taught))
    visitor.post("results.decide_late", expect=404, **ids(taught))
    visitor.post("results.apply_again", expect=404, cohort_id=taught.cohort_id)


def test_a_participant_belongs_to_her_cohort_alone(as_facilitator, cast, taught):
    """Facilitator of both cohorts: the address must still name hers."""
    wrong = {"cohort_id": cast.cohort_id, "enrolment_id": taught.enrolments["cedar"]}
    as_facilitator.get("results.participant", expect=404, **wrong)
    as_facilitator.get("results.cohort", expect=404, cohort_id=cast.other_cohort_id)
    as_facilitator.get("results.cohort", expect=404, cohort_id=uuid4())


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_her_page_tells_the_history_in_words(app, as_facilitator, cast, taught, lang):
    quiz(app, cast, taught)
    page = as_facilitator.get("results.participant", lang=lang, **ids(taught))
    if lang == "en":
        words = page.words()
        assert "Answered 2 times" in words and "Handed in" in words and "100%, 2 of 2" in words
        assert "Task t-timed: not handed in, and the day is over" in words


def test_late_answers_are_counted_or_left_out_by_a_person(app, as_facilitator, cast, taught, clock):
    attempt_id = in_context(app, begin, cast.cedar, taught.tasks["t-timed"])
    late = NOW + DAY
    in_context(app, answer, cast.cedar, taught.tasks["t-timed"], attempt_id, at=late, i_true={"chosen": ["true"]})
    clock.at = late
    page = as_facilitator.signed_in(cast.facilitator).get("results.participant", **ids(taught))
    assert "1 answer arrived late" in page.words() and "0%, 0 of 1" in page.words()
    sent = {**page.fields, "decision": "count"}
    as_facilitator.post("results.decide_late", data=sent, **ids(taught))
    as_facilitator.post("results.decide_late", data=sent, **ids(taught))
    page = as_facilitator.get("results.participant", **ids(taught))
    assert "Late answers counted" in page.words() and "100%, 1 of 1" in page.words()
    page = as_facilitator.post("results.decide_late", data={**sent, "op": str(uuid4())}, expect=409, **ids(taught))
    assert "Nothing was changed" in page.words()


def test_only_an_attempt_of_hers_is_decided_about(app, as_facilitator, cast, taught):
    nours = quiz(app, cast, taught, "nour")
    page = as_facilitator.get("results.participant", **ids(taught))
    for attempt, decision in ((nours, "count"), (uuid4(), "leave"), (quiz(app, cast, taught), "other")):
        sent = {**page.fields, "attempt": str(attempt), "op": str(uuid4()), "decision": decision}
        as_facilitator.post("results.decide_late", data=sent, expect=404, **ids(taught))
    as_facilitator.post("results.decide_late", data={"attempt": "x"}, expect=409, **ids(taught))


def test_late_answers_that_are_left_out_stay_out(app, as_facilitator, cast, taught, clock):
    attempt_id = in_context(app, begin, cast.cedar, taught.tasks["t-timed"])
    late = NOW + DAY
    in_context(app, answer, cast.cedar, taught.tasks["t-timed"], attempt_id, at=late, i_true={"chosen": ["true"]})
    clock.at = late
    page = as_facilitator.signed_in(cast.facilitator).get("results.participant", **ids(taught))
    data = {**page.fields, "decision": "leave", "seen": "0"}
    refused = as_facilitator.post("results.decide_late", data=data, expect=409, **ids(taught))
    assert "Another late answer arrived" in refused.words()
    as_facilitator.post("results.decide_late", data={**page.fields, "decision": "leave"}, **ids(taught))
    page = as_facilitator.get("results.participant", **ids(taught))
    assert "Late answers left out" in page.words() and "0%, 0 of 1" in page.words()
    assert "arrived late" not in page.words()


def test_a_participant_sees_her_results_and_only_what_she_may(app, as_participant, cast, taught):
    quiz(app, cast, taught, **HALF)
    in_context(app, take, cast.cedar, taught.tasks["t-later"], i_pairs={"pairs": {"x": "x", "y": "y"}})
    memo(app, cast, taught, AttemptState.MARKED)
    words = as_participant.get("results.own").words()
    assert "50% in the attempt that counts · not passed yet" in words
    assert "Handed in, result later" in words and "100%" not in words
    assert "Handed in, waiting to be read" in words and "Opens 15 April" in words
    assert "Marked" not in words


def test_what_is_begun_and_what_has_another_attempt_open_is_in_progress(app, as_participant, cast, taught):
    in_context(app, begin, cast.cedar, taught.tasks["t-timed"])
    quiz(app, cast, taught, **HALF)
    in_context(app, begin, cast.cedar, taught.tasks["t-quiz"])
    words = as_participant.get("results.own").words()
    assert words.count("In progress") == 2 and "50% in the attempt that counts" in words


def test_a_released_mark_and_a_returned_version_are_said(app, as_participant, cast, taught):
    attempt_id = memo(app, cast, taught, AttemptState.RELEASED, 6000, Verdict.NOT_YET)
    assert "60% · Does not meet the standard yet" in as_participant.get("results.own").words()
    with app.app_context(), transaction():
        attempt = attempt_of(attempt_id)
        attempt.state, attempt.total, attempt.verdict = AttemptState.RETURNED, None, None
    assert "A new version is asked for" in as_participant.get("results.own").words()


@pytest.mark.parametrize("lang", ["fr", "ar"])
def test_her_results_are_told_in_her_language(app, cast, taught, lang):
    member = {"fr": cast.olivier, "ar": cast.nour}[lang]
    page = Visitor(app).signed_in(member).get("results.own", lang=lang)
    assert f"Task t-quiz ({lang})" in page.words()


def test_staff_find_their_cohorts_under_results(app, as_facilitator, cast, taught):
    page = as_facilitator.get("results.own")
    assert f"/en/marks/{taught.cohort_id}" in page.text and "Look up a receipt" not in page.words()
    assert "Look up a receipt" in Visitor(app).signed_in(cast.coordinator).get("results.own").words()


def test_pages_stay_within_their_statements(app, as_facilitator, as_participant, cast, taught, statements):
    quiz(app, cast, taught)
    in_context(app, begin, cast.cedar, taught.tasks["t-quiz"])
    in_context(app, hand_in, cast.cedar, taught.tasks["t-quiz"])
    memo(app, cast, taught)
    budgets = (
        (as_facilitator, "results.cohort", {"cohort_id": taught.cohort_id}, 6),
        (as_facilitator, "results.participant", ids(taught), 8),
        (as_facilitator, "results.again", {"cohort_id": taught.cohort_id}, 6),
        (as_participant, "results.own", {}, 7),
    )
    for visitor, endpoint, more, most in budgets:
        visitor.get(endpoint, **more)
        with statements() as seen:
            visitor.get(endpoint, **more)
        assert len(seen) <= most, f"{endpoint}: {len(seen)} statements"


def test_a_history_counts_runs_and_opens_her_key_once(in_app, cast, taught, monkeypatch):
    for _ in range(2):
        take(cast.cedar, taught.tasks["t-quiz"], **RIGHT)
    who = load(cast.facilitator)
    her = record.find_participant(who, taught.cohort_id, taught.enrolments["cedar"])
    with transaction():
        for reason in ("One.", "Two."):
            row = AllowanceRow(enrolment_id=her.enrolment.id, reason=seal_reason(her.owner, reason), given_at=NOW)
            db.session.add(row)
    opened = []
    unwrap = KeyRing.unwrap
    monkeypatch.setattr(KeyRing, "unwrap", lambda *a, **k: opened.append(1) or unwrap(*a, **k))
    found = record.record_of(her, at=NOW)
    quiz = next(task for task in found.tasks if task.asked.node_id == "t-quiz")
    for attempt in quiz.attempts:
        assert [(one.kind, one.times, one.is_hers) for one in attempt.events] == [
            (StepKind.ANSWER, 2, True), (StepKind.HAND_IN, 1, True),
        ]  # fmt: skip
    assert [one.reason for one in found.given] == ["One.", "Two."] and len(opened) == 1
