"""The demo year: what it shows, that it is the same each time, and that its numbers follow from its steps."""

import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.accounts import hashes
from lms.accounts.models import Person, RoleGrant
from lms.accounts.queries import find_recipient
from lms.accounts.rules.factors import Proof
from lms.accounts.services import sessions
from lms.app import create_app
from lms.assessments.models import AllowanceRow, Attempt, Conflict, StepRow
from lms.assessments.policy import as_marker
from lms.assessments.queries.keys import items_for
from lms.assessments.queries.queue import is_listed
from lms.assessments.queries.sitting import owner_of
from lms.assessments.rules.attempts import AttemptState, StepKind, is_aside, next_state
from lms.assessments.rules.marking import Verdict, read_marks
from lms.assessments.rules.quizzes import compute_score, percent
from lms.assessments.rules.receipts import Received, content_of
from lms.assessments.sealing import read_steps
from lms.assessments.services.receipts import is_genuine
from lms.audit.models import Entry
from lms.cohorts.models import Enrolment
from lms.cohorts.policy import looked_after_by
from lms.courses.models import Version
from lms.courses.rules import TaskKind
from lms.home.demo import DemoYear, Wanted
from lms.kernel import clock, migrations
from lms.kernel.db import db, transaction
from lms.modules.models import Progress
from tests.conftest import settings_for
from tests.pages import faults

MANY, POOL = 120, 12
MOST_SECONDS = 40
OF_A_QUIZ = 3
CLOSING = (StepKind.HAND_IN, StepKind.TIME_UP)


class Demo:
    """A demo of its own, without a server."""

    def __init__(self, folder, at, *, participants=MANY, pool=POOL):
        self.app = create_app(settings_for(folder))
        with self.app.app_context():
            migrations.upgrade()
            began = time.process_time()
            with transaction():
                self.year = DemoYear(seed=7, at=at)
                self.year.build(Wanted(participants=participants, pool=pool))
            self.seconds = time.process_time() - began

    def close(self):
        with self.app.app_context():
            db.engine.dispose()

    def client(self, login):
        client = self.app.test_client()
        with self.app.app_context(), transaction():
            token = sessions.start_session(self.person(login), proof=Proof.PASSKEY, shared=False, at=clock.now())
        client.set_cookie("sid", token)
        return client

    def person(self, login):
        return db.session.scalars(select(Person).where(Person.login_index == hashes.login_index(login))).one()

    def attempts(self, login, node_id):
        """Of this person, first to last."""
        query = select(Attempt).join(Enrolment).where(Enrolment.person_id == self.person(login).id)
        return db.session.scalars(query.where(Attempt.node_id == node_id).order_by(Attempt.number)).all()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    made = Demo(tmp_path_factory.mktemp("demo"), datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture
def in_demo(demo):
    with demo.app.app_context():
        yield demo


def steps_of(attempt):
    owner = owner_of(attempt)
    rows = db.session.scalars(select(StepRow).where(StepRow.attempt_id == attempt.id).order_by(StepRow.number))
    return read_steps(owner, rows)


def all_attempts():
    db.session.scalars(select(Version)).all()  # each attempt then finds its version at hand
    return db.session.scalars(select(Attempt).order_by(Attempt.id)).all()


def test_every_state_follows_from_its_steps(in_demo):
    for attempt in all_attempts():
        state = AttemptState.OPEN
        for step in steps_of(attempt):
            state = next_state(state, step.kind)
            assert step.state is state
        assert attempt.state is state


def test_replaying_the_steps_gives_the_stored_score(in_demo):
    versions = {version.id: version for version in db.session.scalars(select(Version))}
    scored = 0
    for attempt in all_attempts():
        if attempt.kind is TaskKind.ASSIGNMENT or attempt.state is AttemptState.OPEN:
            assert attempt.score() is None
            continue
        attempt.version = versions[attempt.version_id]
        steps = steps_of(attempt)
        assert compute_score(items_for(attempt, steps), attempt.drawn, steps, attempt.terms()) == attempt.score()
        scored += 1
    db.session.rollback()
    assert scored > MANY / 2


def test_a_released_mark_is_the_last_mark_and_no_other_is_told(in_demo):
    for attempt in all_attempts():
        marks = [step for step in steps_of(attempt) if step.kind is StepKind.MARK]
        if attempt.state is AttemptState.RELEASED:
            assert (attempt.total, attempt.verdict) == (marks[-1].data["total"], Verdict(marks[-1].data["verdict"]))
        else:
            assert (attempt.total, attempt.verdict, attempt.released_at) == (None, None, None)


def test_every_receipt_is_genuine_and_every_step_in_order(in_demo):
    for attempt in all_attempts():
        steps = steps_of(attempt)
        times = [attempt.opened_at, *(step.received_at for step in steps if step.kind is not StepKind.ANSWER)]
        assert times == sorted(times) and not any(is_aside(step) for step in steps)
        for step in steps:
            assert (step.receipt is not None) == (step.kind in CLOSING)
            if step.receipt is not None:
                told = step.data["fingerprint"]
                received = Received(attempt=attempt.public_id, received_at=step.received_at, fingerprint=told)
                content = content_of(one for one in steps if one.number < step.number)
                assert is_genuine(step.receipt, received, content) and attempt.handed_in_at == step.received_at


def test_comments_stand_at_words_of_the_text(in_demo):
    quoted = 0
    for attempt in all_attempts():
        text = ""
        for step in steps_of(attempt):
            text = step.data["text"] if step.kind is StepKind.ANSWER and "text" in (step.data or {}) else text
            for comment in read_marks(step.data).comments if step.kind is StepKind.MARK else ():
                assert comment.quote in text
                quoted += 1
    assert quoted > 20


def test_memos_stand_at_every_stage(in_demo):
    named = [f"{language}{number}" for language in ("en", "fr", "ar") for number in range(1, 9)]
    memos = [memo for login in named for memo in in_demo.attempts(login, "m1-memo")]
    states = Counter(memo.state for memo in memos)
    assert (states[AttemptState.RELEASED], states[AttemptState.MARKED], states[AttemptState.RETURNED]) == (5, 3, 1)
    assert states[AttemptState.HANDED_IN] >= 8 and states[AttemptState.OPEN] == 1
    assert Counter(memo.verdict for memo in memos)[Verdict.NOT_YET] == 1
    assert max(memo.total or 0 for memo in memos) >= 90_00
    drafts = [memo for memo in memos if StepKind.MARK_DRAFT in {step.kind for step in steps_of(memo)}]
    assert len(drafts) == 1
    assert db.session.query(Conflict).count() == 1 and db.session.query(AllowanceRow).one().reason is not None


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_first_has_done_nothing_and_the_second_much(in_demo, language):
    assert (
        db.session.query(Attempt)
        .join(Enrolment)
        .filter(Enrolment.person_id == in_demo.person(f"{language}1").id)
        .count()
        == 0
    )
    (memo,), quizzes = in_demo.attempts(f"{language}2", "m1-memo"), in_demo.attempts(f"{language}2", "m1-quiz")
    assert memo.verdict is Verdict.MEETS and any(percent(quiz.score()) >= 70 for quiz in quizzes)
    assert memo.language == language


def test_the_pool_can_take_the_quiz_and_some_have_done_nothing(in_demo):
    quizzes = [in_demo.attempts(f"pool{number}", "m1-quiz") for number in range(1, POOL + 1)]
    assert all(len(taken) < OF_A_QUIZ for taken in quizzes)
    assert all(one.state is AttemptState.HANDED_IN for taken in quizzes for one in taken)
    assert find_recipient(in_demo.person("pool1").id).passphrase_hash == in_demo.person("en1").passphrase_hash
    idle = in_demo.person("pool1").id
    assert db.session.query(Attempt).join(Enrolment).filter(Enrolment.person_id == idle).count() == 0


def test_the_pages_of_each_role_open_for_its_first_account(demo):
    first = {}
    for account in demo.year.accounts:
        first.setdefault(account.role, account)
    for name, path in demo.year.pages.items():
        account = first.get(name.split(".")[0])
        client, language = (demo.client(account.login), account.locale) if account else (demo.app.test_client(), "en")
        page = client.get(f"/{language}{path}")
        assert page.status_code == 200, f"{name}: {path}: {page.status_code}"
        assert faults(page.text) == [], name


def test_staff_open_the_large_cohort_too(in_demo):
    largest = db.session.query(Enrolment.cohort_id).order_by(Enrolment.id.desc()).limit(1).scalar()
    grants = db.session.scalars(select(RoleGrant.role).where(RoleGrant.cohort_id == largest)).all()
    assert Counter(grants) == {"facilitator": 3, "coordinator": 2}


def test_facilitators_reach_their_groups_and_what_is_allotted_to_them(in_demo):
    """Each a third of 24; and some text two of them may mark, as benchmarks/reliability/r12_two_markers.py wants it."""
    women = db.session.scalars(select(Enrolment.cohort_id).where(Enrolment.person_id == in_demo.person("en1").id)).one()
    query = select(Person).where(Person.login_index.in_([hashes.login_index(f"facilitator{n}") for n in (1, 2, 3)]))
    reached, readable = [], []
    for who in db.session.scalars(query.options(selectinload(Person.roles)).order_by(Person.id)):
        hers = select(Enrolment.id).where(looked_after_by(who), Enrolment.cohort_id == women)
        reached.append(set(db.session.scalars(hers)))
        waits = select(Attempt.id).join(Attempt.enrolment).where(is_listed(), Enrolment.cohort_id == women)
        readable.append(set(db.session.scalars(waits, as_marker(who))))
    assert [len(one) for one in reached] == [8, 8, 8] and len(set.union(*reached)) == 24
    assert readable[0] & readable[1] and readable[1] - readable[0]


def test_the_same_seed_gives_the_same_work(tmp_path_factory):
    at = datetime.now(UTC)
    dumps = []
    for name in ("a", "b"):
        made = Demo(tmp_path_factory.mktemp(name), at, participants=30, pool=3)
        with made.app.app_context():
            dumps.append(list(everything()))
        made.close()
    assert dumps[0] == dumps[1]


def everything():
    """All that the demo says, without ids and keys."""
    for person in db.session.scalars(select(Person).order_by(Person.id)):
        yield person.shown_name, person.interface_language, person.time_zone, person.created_at
    for one in db.session.scalars(select(Enrolment).order_by(Enrolment.id)):
        yield one.alias, one.course_language, one.since_at
    for read in db.session.scalars(select(Progress).order_by(Progress.id)):
        yield read.enrolment_id, read.node_id, read.read_at
    for attempt in all_attempts():
        yield attempt.enrolment_id, attempt.node_id, attempt.number, attempt.state, attempt.drawn, attempt.opened_at
        yield attempt.points, attempt.words, attempt.marker_id, attempt.total, attempt.verdict, attempt.handed_in_at
        for step in steps_of(attempt):
            data = {key: value for key, value in (step.data or {}).items() if key != "fingerprint"}
            yield step.kind, step.question, step.received_at, data, step.flagged, step.state
    for entry in db.session.scalars(select(Entry).order_by(Entry.id)):
        yield entry.act, entry.by_id, entry.on_id, entry.at, entry.changes


def test_the_small_demo_is_made_in_seconds(tmp_path):
    """Processor time with much to spare, since another test may run beside it."""
    made = Demo(tmp_path, datetime.now(UTC), participants=0, pool=0)
    made.close()
    assert made.seconds < MOST_SECONDS
