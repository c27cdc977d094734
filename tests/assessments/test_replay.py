"""Marking again with corrected keys: what is shown first, what is applied, and that a replay is what counts."""

import re
from uuid import uuid4

import pytest

from lms.assessments.models import Attempt, Conflict, StepRow
from lms.assessments.queries import book, replays
from lms.assessments.queries import sitting as sittings
from lms.assessments.queries.keys import items_for
from lms.assessments.rules import quizzes
from lms.assessments.rules.attempts import StepKind
from lms.assessments.rules.items import Score, read_item
from lms.assessments.rules.replay import Shown, is_comparable, read_shown, rekeyed, write_shown
from lms.assessments.sealing import read_steps
from lms.assessments.services import taking
from lms.audit.models import Entry
from lms.cohorts.models import Group
from lms.kernel.db import db, transaction
from tests.assessments.taught import (
    CHOICE,
    PAIRS,
    SHORT,
    answer,
    attempt_of,
    begin,
    enrolment_of,
    in_context,
    item,
    load,
    options,
    publish,
    take,
)
from tests.cast import DAY, NOW
from tests.client import Visitor

CORRECTED = item("i-choice", "single", options=options("a", "b", "c"), key="b")
WIDER = item("i-short", "short", accepted=[{"en": ["local", "wide"], "fr": ["locale"], "ar": ["محلي"]}])


def read(published):
    return read_item(published.node_id, published.kind, published.body)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (CHOICE, CORRECTED, True),
        (CHOICE, item("i-choice", "single", options=options("a", "b"), key="b"), False),
        (CHOICE, item("i-choice", "scenario", options=options("a", "b", "c"), key="b"), False),
        (CHOICE, item("i-other", "single", options=options("a", "b", "c"), key="b"), False),
        (SHORT, WIDER, True),
        (SHORT, item("i-short", "short", accepted=SHORT.body["accepted"], fields=2), False),
        (SHORT, item("i-short", "short", accepted=SHORT.body["accepted"], by_hand=True), False),
        (PAIRS, item("i-pairs", "match", pairs=PAIRS.body["pairs"][:1]), False),
        (item("i-n", "number", key="5"), item("i-n", "number", key="6"), True),
    ],
)
def test_an_answer_means_the_same_where_kind_and_options_are_the_same(old, new, expected):
    assert is_comparable(read(old), read(new)) is expected


def test_questions_that_are_not_comparable_keep_their_keys():
    old = {"i-choice": read(CHOICE), "i-short": read(SHORT)}
    new = {"i-choice": read(item("i-choice", "single", options=options("x"), key="x")), "i-short": read(WIDER)}
    used = rekeyed(old, new)
    assert used["i-choice"] is old["i-choice"] and used["i-short"] is new["i-short"]


def test_what_a_form_carries_is_read_back():
    shown = Shown(attempt=uuid4(), before=Score(points=1, of=2), after=Score(points=2, of=2))
    assert read_shown([write_shown(shown)]) == [shown]
    for broken in ("", "x:1:2:3:4", f"{uuid4()}:1:2:3", f"{uuid4()}:a:2:3:4"):
        with pytest.raises(ValueError):
            read_shown([broken])


def assert_replay_is_live(cast):
    """Every handed-in quiz: its result is what its steps give."""
    owners = {member.id: load(member) for member in (cast.cedar, cast.nour, cast.olivier)}
    for attempt in db.session.query(Attempt).filter(Attempt.points.is_not(None)):
        locked = sittings.attempt_for_update(attempt.id)
        person_id = db.session.query(StepRow.by_id).filter_by(attempt_id=attempt.id, kind=StepKind.ANSWER).first()[0]
        steps = read_steps(owners[person_id], sittings.rows_of(locked))
        items = items_for(locked, steps)
        assert quizzes.compute_score(items, locked.drawn, steps, locked.terms()) == locked.score()


@pytest.fixture
def as_coordinator(app, cast):
    return Visitor(app).signed_in(cast.coordinator)


def taken(app, cast, taught):
    """Cedar chose b, Nour chose a; both wrote `wide`."""
    found = []
    for member, chosen in ((cast.cedar, "b"), (cast.nour, "a")):
        said = {"i_choice": {"chosen": [chosen]}, "i_short": {"texts": ["wide"]}}
        found.append(in_context(app, take, member, taught.tasks["t-quiz"], **said))
    return found


def republish(app, **items):
    with app.app_context(), transaction():
        publish(digest="2", **items)


def page_of(visitor, taught, **more):
    return visitor.get("results.again", cohort_id=taught.cohort_id, **more)


def changes_in(page):
    return re.findall(r'name="change" value="([^"]+)"', page.text)


def apply(visitor, taught, page, expect=302, **more):
    data = {**page.fields, "change": changes_in(page), **more}
    return visitor.post("results.apply_again", data=data, expect=expect, cohort_id=taught.cohort_id)


def results(app, *attempts):
    return [in_context(app, lambda one=one: attempt_of(one).points) for one in attempts]


def test_nothing_would_change_while_keys_are_the_same(app, as_coordinator, cast, taught):
    taken(app, cast, taught)
    assert "Nothing would change." in page_of(as_coordinator, taught).words()


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_who_would_change_is_shown_before_anything_changes(app, as_coordinator, cast, taught, lang):
    both = taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    page = page_of(as_coordinator, taught, lang=lang)
    assert len(changes_in(page)) == 2 and "Cedar" in page.words() and "نور" in page.words()
    assert results(app, *both) == [0, 100]


def test_applying_gives_exactly_what_was_shown_and_a_replay_gives_it_again(app, as_coordinator, cast, taught):
    cedars, nours = taken(app, cast, taught)
    republish(app, i_choice=CORRECTED, i_short=WIDER)
    page = page_of(as_coordinator, taught)
    apply(as_coordinator, taught, page)
    assert results(app, cedars, nours) == [200, 100]
    assert "Nothing would change." in page_of(as_coordinator, taught, done="applied").words()
    with app.app_context():
        assert_replay_is_live(cast)
        step = db.session.query(StepRow).filter_by(kind=StepKind.RESCORE).first()
        assert step.data == {"points": 200, "of": 200, "version": 2}
        entries = db.session.query(Entry).filter_by(act="assessments.attempt.rescored")
        assert [entry.changes for entry in entries] == [{"version": [1, 2]}]


def test_her_own_page_shows_the_keys_that_were_applied(app, as_coordinator, as_participant, cast, taught):
    taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    apply(as_coordinator, taught, page_of(as_coordinator, taught))
    words = as_participant.get("tasks.result", task_id=taught.tasks["t-quiz"]).words()
    assert re.search(r"Option b\s*Your answer", words) and "Option aRight answer" not in words
    assert "50% in the attempt that counts" in as_participant.get("results.own").words()


def test_a_facilitator_marks_her_groups_again_and_no_others(app, as_coordinator, cast, taught):
    cedars, nours = taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    with app.app_context(), transaction():
        group = Group(public_id=uuid4(), cohort_id=taught.cohort_key, number=1, facilitator_id=cast.coordinator.id)
        db.session.add(group)
        db.session.flush()
        enrolment_of(taught.enrolments["nour"]).group_id = group.id
    facilitator = Visitor(app).signed_in(cast.facilitator)
    whole, page = page_of(as_coordinator, taught), page_of(facilitator, taught)
    assert len(changes_in(page)) == 1 and "Cedar" in page.words() and "نور" not in page.words()
    apply(facilitator, taught, whole, expect=409, csrf_token=facilitator.token())
    assert results(app, cedars, nours) == [0, 100]
    apply(facilitator, taught, page)
    assert results(app, cedars, nours) == [100, 100]


def test_the_same_form_twice_is_one_act(app, as_coordinator, cast, taught):
    taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    page = page_of(as_coordinator, taught)
    for _ in range(2):
        apply(as_coordinator, taught, page)
    with app.app_context():
        assert db.session.query(StepRow).filter_by(kind=StepKind.RESCORE).count() == 2


def test_what_is_no_longer_as_shown_is_refused_whole(app, as_coordinator, cast, taught):
    both = taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    page = page_of(as_coordinator, taught)
    changed = [one.replace(":100:200", ":200:200") for one in changes_in(page)]
    for wrong in (
        {"change": changed},
        {"version": "1"},
        {"change": [changes_in(page)[0], f"{uuid4()}:0:1:1:1"]},
    ):
        answered = apply(as_coordinator, taught, page, expect=409, **wrong)
        assert "nothing was applied" in answered.words()
    assert results(app, *both) == [0, 100]
    apply(as_coordinator, taught, page, expect=400, change=["nonsense"])
    apply(as_coordinator, taught, page, expect=400, version="x")


def test_a_still_newer_version_makes_the_page_stale(app, as_coordinator, cast, taught):
    taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    page = page_of(as_coordinator, taught)
    with app.app_context(), transaction():
        publish(digest="3", i_choice=CORRECTED, i_short=WIDER)
    apply(as_coordinator, taught, page, expect=409)


def test_a_late_answer_counted_afterwards_is_scored_with_the_keys_that_were_applied(
    app, as_coordinator, cast, taught, clock
):
    attempt_id = in_context(app, take, cast.cedar, taught.tasks["t-quiz"], i_choice={"chosen": ["b"]})
    republish(app, i_choice=CORRECTED)
    apply(as_coordinator, taught, page_of(as_coordinator, taught))
    late = NOW + 30 * DAY
    in_context(app, answer, cast.cedar, taught.tasks["t-quiz"], attempt_id, at=late, i_short={"texts": ["local"]})
    assert results(app, attempt_id) == [100]
    clock.at = late
    ids = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments["cedar"]}
    coordinator = Visitor(app).signed_in(cast.coordinator)
    page = coordinator.get("results.participant", **ids)
    coordinator.post("results.decide_late", data={**page.fields, "decision": "count"}, **ids)
    assert results(app, attempt_id) == [200]
    with app.app_context():
        assert_replay_is_live(cast)


def test_keys_that_are_taken_back_are_found_too(app, as_coordinator, cast, taught):
    cedars, _ = taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    apply(as_coordinator, taught, page_of(as_coordinator, taught))
    with app.app_context(), transaction():
        publish(digest="3")
    apply(as_coordinator, taught, page_of(as_coordinator, taught))
    assert results(app, cedars) == [0]


def test_an_open_attempt_is_left_alone(app, as_coordinator, cast, taught):
    attempt_id = in_context(app, begin, cast.cedar, taught.tasks["t-quiz"])
    in_context(app, answer, cast.cedar, taught.tasks["t-quiz"], attempt_id, i_choice={"chosen": ["b"]})
    republish(app, i_choice=CORRECTED)
    assert "Nothing would change." in page_of(as_coordinator, taught).words()


def test_participants_in_conflict_of_interest_are_not_looked_at(app, as_coordinator, cast, taught):
    taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    with app.app_context(), transaction():
        enrolment = enrolment_of(taught.enrolments["cedar"])
        db.session.add(Conflict(person_id=cast.coordinator.id, enrolment_id=enrolment.id, declared_at=NOW))
    page = page_of(as_coordinator, taught)
    assert "Cedar" not in page.words() and len(changes_in(page)) == 1


def test_batches_find_the_same_as_one_look(in_app, cast, taught, monkeypatch):
    taken(in_app, cast, taught)
    with transaction():
        publish(digest="2", i_choice=CORRECTED)
    who = load(cast.coordinator)
    whole = replays.changes(replays.find_replay(who, taught.cohort_id), who, after=None, most=9)
    monkeypatch.setattr(replays, "BATCH", 1)
    replay = replays.find_replay(who, taught.cohort_id)
    assert replays.changes(replay, who, after=None, most=9) == whole and len(whole) == 2
    assert replays.changes(replay, who, after=whole[0].shown.attempt, most=9) == whole[1:]


def test_rescoring_without_a_newer_key_changes_nothing(in_app, cast, taught):
    attempt_id = take(cast.cedar, taught.tasks["t-quiz"], i_choice={"chosen": ["a"]})
    with transaction():
        taking.rescore(sittings.attempt_for_update(attempt_of(attempt_id).id), owner=load(cast.cedar))
    assert attempt_of(attempt_id).points == 100


def test_without_another_key_nothing_is_opened(in_app, cast, taught, monkeypatch):
    taken(in_app, cast, taught)
    with transaction():
        publish(digest="2", i_pairs=item("i-pairs", "match", pairs=PAIRS.body["pairs"], feedback={"en": "New."}))
    looked_at = []
    monkeypatch.setattr(replays, "compare", lambda replay, found: looked_at.extend(found) or [])
    who = load(cast.coordinator)
    assert replays.changes(replays.find_replay(who, taught.cohort_id), who, after=None, most=9) == []
    assert looked_at == []


def test_the_next_page_goes_on_after_the_last_that_was_shown(app, as_coordinator, cast, taught, monkeypatch):
    taken(app, cast, taught)
    republish(app, i_choice=CORRECTED)
    monkeypatch.setattr(book, "PAGE", 1)
    page = page_of(as_coordinator, taught)
    first = changes_in(page)
    assert "there are more" in page.words()
    address = re.findall(r'href="([^"]+after=[^"]+)"', page.text)[0]
    following = changes_in(as_coordinator.get(address))
    assert len(first) == len(following) == 1 and first != following
    assert len(changes_in(page_of(as_coordinator, taught, after="nonsense"))) == 1
