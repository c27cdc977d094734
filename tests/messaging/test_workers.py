"""Several workers at one outbox, really beside one another: on PostgreSQL, and one on SQLite."""

import os
import threading
import time
from collections import defaultdict

import pytest

from lms.app import create_app
from lms.kernel import migrations
from lms.kernel.clock import SystemClock
from lms.kernel.db import db, transaction
from lms.messaging import jobs, services
from lms.messaging.models import Job
from tests.conftest import POSTGRES, need, settings_for
from tests.tools import postgres

PEOPLE, EACH, LONGEST_SECONDS = 12, 5, 60
KIND = "tests.write"


@pytest.fixture(params=[("sqlite", 1), ("postgresql", 4)], ids=lambda param: f"{param[0]}-{param[1]}")
def outbox(request, tmp_path, worker):
    """An application with an outbox of its own, and how many workers it has."""
    kind, workers = request.param
    url = None
    if kind == "postgresql":
        need("postgresql")
        url = postgres.make_database(os.environ[POSTGRES], f"outbox_{worker}")
    app = create_app(settings_for(tmp_path, url), clock=SystemClock())
    with app.app_context():
        migrations.upgrade()
    yield app, workers
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class Post:
    """Takes messages, each in its time, and refuses some the first time.

    doubled: to whom two were under way at once. The first messages to two people wait for one another, which ends only
    where several workers take one each.
    """

    def __init__(self, workers):
        self.lock, self.met = threading.Lock(), threading.Barrier(min(workers, 2))
        self.sent, self.open, self.doubled = defaultdict(list), set(), []
        self.refused = set()

    def take(self, payload, at):
        person, number = payload["person"], payload["number"]
        with self.lock:
            if person in self.open:
                self.doubled.append(person)
            self.open.add(person)
        if person <= 2 and number == 0:
            self.met.wait(LONGEST_SECONDS)
        time.sleep(0.005)
        with self.lock:
            self.open.discard(person)
            if number == 1 and person % 3 == 0 and person not in self.refused:
                self.refused.add(person)
                raise OSError
            self.sent[person].append(number)


def work(app, stop):
    while not stop.is_set():
        jobs.run_due(app, stop)
        stop.wait(0.01)


def wait_until(app, is_so):
    until = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < until:
        with app.app_context():
            if is_so():
                return
        time.sleep(0.02)
    raise AssertionError("it took too long")


def fill(app):
    with app.app_context(), transaction():
        at = SystemClock().now()
        for number in range(EACH):
            for person in range(1, PEOPLE + 1):
                services.enqueue(KIND, at=at, person=person, number=number).person_id = person


def waiting():
    return db.session.query(Job).filter(Job.done_at.is_(None)).count()


def make_due(app):
    """An hour goes by."""
    with app.app_context(), transaction():
        db.session.query(Job).filter(Job.fault.is_not(None)).update({"run_at": SystemClock().now()})


def test_each_message_leaves_once_and_each_persons_in_order_however_many_workers_there_are(outbox):
    app, workers = outbox
    post, stop = Post(workers), threading.Event()
    services.handle(app, KIND, post.take)
    fill(app)
    threads = [threading.Thread(target=work, args=(app, stop), daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        held_up = len(range(3, PEOPLE + 1, 3))
        wait_until(app, lambda: len(post.refused) == held_up and waiting() == held_up * (EACH - 1))
        before = {person: list(numbers) for person, numbers in post.sent.items()}
        make_due(app)
        wait_until(app, lambda: waiting() == 0)
    finally:
        stop.set()
        for thread in threads:
            thread.join(LONGEST_SECONDS)
    assert not any(thread.is_alive() for thread in threads)
    # Who was refused once waited with all that came after it; nobody else waited for her.
    assert all(before[person] == ([0] if person % 3 == 0 else list(range(EACH))) for person in range(1, PEOPLE + 1))
    assert post.sent == {person: list(range(EACH)) for person in range(1, PEOPLE + 1)}
    assert post.doubled == []


def test_a_look_at_which_nothing_is_due_waits_for_nobody_who_saves(outbox):
    app, _workers = outbox
    fill(app)
    with app.app_context(), transaction():
        db.session.query(Job).update({"done_at": SystemClock().now()})
    with app.app_context(), transaction():
        assert jobs.run_due(app) == 0
