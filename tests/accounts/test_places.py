"""Places at the hash: who is let in, who waits, who is sent away. Threads really meet; nothing is timed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from lms.accounts import places
from lms.accounts.errors import ManySignIns
from lms.accounts.places import FOR_KNOWN_DEVICES, OF_ONE, THREADS_FOR_OTHERS, Places
from lms.web.server import THREADS

OF_STRANGERS = THREADS // 2 - FOR_KNOWN_DEVICES
PATIENT_SECONDS = 60


@pytest.fixture
def queue():
    return Places(threads=THREADS)


@pytest.fixture
def patient(monkeypatch):
    """A wait that does not end while a test runs, however busy the machine is."""
    monkeypatch.setattr(places, "WAIT_SECONDS", PATIENT_SECONDS)


@pytest.fixture
def hurried(monkeypatch):
    """A wait that ends at once."""
    monkeypatch.setattr(places, "WAIT_SECONDS", 0.01)


def stranger(number):
    return b"source %d" % number


def hold(stack, queue, *whose, is_known=False):
    for one in whose:
        stack.enter_context(queue.take(one, is_known=is_known))


@contextmanager
def waiting(queue, *whose):
    """So many people stand in the line, each on a thread of her own, and go when the block is left."""
    over = threading.Event()

    def stand(one):
        with queue.take(one, is_known=False):
            over.wait(PATIENT_SECONDS)

    with ThreadPoolExecutor(len(whose)) as threads:
        standing = [threads.submit(stand, one) for one in whose]
        until_in_line(queue, len(whose))
        try:
            yield
        finally:
            over.set()
    for one in standing:
        one.result()


def until_in_line(queue, number):
    for _ in range(PATIENT_SECONDS * 1000):
        if len(queue._line) == number:
            return
        time.sleep(0.001)
    pytest.fail("nobody came to the line")


def test_strangers_take_all_places_but_those_for_known_devices(queue, hurried):
    with ExitStack() as others:
        hold(others, queue, *map(stranger, range(OF_STRANGERS)))
        with pytest.raises(ManySignIns), queue.take(b"one more", is_known=False):
            pass
        hold(others, queue, *(b"person %d" % number for number in range(FOR_KNOWN_DEVICES)), is_known=True)
        with pytest.raises(ManySignIns), queue.take(b"another person", is_known=True):
            pass


def test_one_source_holds_two_places_and_another_is_let_in_past_it(queue, hurried):
    with ExitStack() as others:
        hold(others, queue, *[stranger(1)] * OF_ONE)
        with pytest.raises(ManySignIns), queue.take(stranger(1), is_known=False):
            pass
        hold(others, queue, stranger(2))


def test_who_waits_comes_in_when_somebody_goes(queue, patient):
    came, others = threading.Event(), ExitStack()
    hold(others, queue, *[stranger(1)] * OF_ONE)

    def come():
        with queue.take(stranger(1), is_known=False):
            came.set()

    with ThreadPoolExecutor(1) as threads:
        coming = threads.submit(come)
        until_in_line(queue, 1)
        assert not came.is_set()
        others.close()
        coming.result(PATIENT_SECONDS)
    assert came.is_set()


def test_who_waits_in_the_line_of_one_source_keeps_no_other_source_waiting(queue, patient):
    with ExitStack() as others:
        hold(others, queue, *[stranger(1)] * OF_ONE)
        with waiting(queue, stranger(1), stranger(1)):
            with queue.take(stranger(2), is_known=False), queue.take(b"person", is_known=True):
                pass
            others.close()


def test_who_came_first_is_next(queue, patient):
    """Of the two places of their source one stays taken, so that they go in one after the other."""
    order = []

    def come(number):
        with queue.take(stranger(1), is_known=False):
            order.append(number)

    with ThreadPoolExecutor(4) as threads, ExitStack() as one_place, ExitStack() as other_place:
        hold(one_place, queue, stranger(1))
        hold(other_place, queue, stranger(1))
        coming = []
        for number in range(4):
            coming.append(threads.submit(come, number))
            until_in_line(queue, number + 1)
        other_place.close()
        for one in coming:
            one.result(PATIENT_SECONDS)
    assert order == [0, 1, 2, 3]


def test_all_threads_but_two_are_all_that_strangers_take(queue, patient):
    """However long the line, somebody who saves finds a thread."""
    in_line = THREADS - THREADS_FOR_OTHERS - OF_ONE
    with ExitStack() as others:
        hold(others, queue, *[stranger(1)] * OF_ONE)
        with waiting(queue, *[stranger(1)] * in_line):
            with pytest.raises(ManySignIns):
                queue.check_room(stranger(1), is_known=False)
            with pytest.raises(ManySignIns), queue.take(stranger(1), is_known=False):
                pass
            queue.check_room(stranger(2), is_known=False)
            queue.check_room(b"person", is_known=True)
            others.close()


def test_one_person_takes_no_more_than_her_part_with_devices_that_know_her(queue):
    """Who is signed in once has as many known devices as she likes."""
    with ExitStack() as others:
        hold(others, queue, *[b"person"] * OF_ONE, is_known=True)
        with pytest.raises(ManySignIns), queue.take(b"person", is_known=True):
            pass
        queue.check_room(b"another person", is_known=True)


@pytest.mark.parametrize("sources", [1, 10])
def test_ten_who_come_at_once_are_all_let_in(queue, patient, sources):
    most, inside, lock, meet = 0, 0, threading.Lock(), threading.Barrier(10)

    def come(number):
        nonlocal most, inside
        meet.wait(PATIENT_SECONDS)
        with queue.take(stranger(number % sources), is_known=False):
            with lock:
                inside += 1
                most = max(most, inside)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(10) as threads:
        for one in [threads.submit(come, number) for number in range(10)]:
            one.result(PATIENT_SECONDS)
    assert 0 < most <= (OF_ONE if sources == 1 else OF_STRANGERS)
    assert queue._inside == queue._line == []


def test_a_fault_inside_gives_the_place_back(queue, hurried):
    for _ in range(THREADS):
        with pytest.raises(ZeroDivisionError), queue.take(stranger(1), is_known=False):
            raise ZeroDivisionError
    with ExitStack() as others:
        hold(others, queue, *[stranger(1)] * OF_ONE)
