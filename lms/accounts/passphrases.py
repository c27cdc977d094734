"""Hashing passphrases with Argon2id (docs/decisions/0008): 19 MiB, two passes, one lane.

One hash takes as long as ten pages and a whole core meanwhile. When a course begins and everybody signs in at once,
those hashes must not keep anybody from saving an answer: each process makes one at a time, so that some wait, and a few
wait at the most, so that threads are left for other people.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from .errors import ManySignIns

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _HASHER.hash("the passphrase of nobody")
"""Checked when the login is unknown, so that the answer takes as long as for a known one."""


MOST_AT_ONCE = 6
"""So many threads of a process (lms.web.server.THREADS) may sign somebody in; the others are for everybody else."""

turn = threading.Lock()
"""Held while a hash is made: there is never more than one in a process."""

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


@contextmanager
def place() -> Iterator[None]:
    """Sign somebody in, while not too many others do. Raises ManySignIns, before anything is counted or looked at."""
    if not _places.acquire(blocking=False):
        raise ManySignIns
    try:
        yield
    finally:
        _places.release()


def hash_passphrase(passphrase: str) -> str:
    """The hash to store; about 70 ms of work, and a wait for one's turn: not while anybody else waits for us."""
    with turn:
        return _HASHER.hash(passphrase)


def is_right(passphrase: str, stored: str | None) -> bool:
    """Whether the passphrase belongs to the stored hash; takes the same time when there is none, and waits as above."""
    try:
        with turn:
            return _HASHER.verify(stored or _NOBODY, passphrase) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with older parameters and is due to be made anew."""
    return _HASHER.check_needs_rehash(stored)
