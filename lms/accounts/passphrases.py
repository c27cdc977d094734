"""Hashing passphrases with Argon2id (docs/decisions/0008): 19 MiB, two passes, one lane.

One hash takes as long as ten pages and a whole core meanwhile. When a course begins and everybody signs in at once,
those hashes must not keep anybody from saving an answer: each process makes one at a time, and lets a few people at
most wait for theirs (lms.accounts.places).
"""

import threading

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw

TIME_COST, MEMORY_COST, LANES = 2, 19_456, 1
DIGEST_BYTES = 32

_HASHER = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_COST, parallelism=LANES)
_NOBODY = _HASHER.hash("the passphrase of nobody")
"""Checked when the login is unknown, so that the answer takes as long as for a known one."""

turn = threading.Lock()
"""Held while a hash is made: there is never more than one in a process."""


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


def digest_of(code: str, salt: bytes) -> bytes:
    """The slow hash of a short code: whoever has it cannot try all codes in a lifetime. Waits for its turn as above."""
    with turn:
        return hash_secret_raw(
            code.encode(),
            salt,
            time_cost=TIME_COST,
            memory_cost=MEMORY_COST,
            parallelism=LANES,
            hash_len=DIGEST_BYTES,
            type=Type.ID,
        )


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with older parameters and is due to be made anew."""
    return _HASHER.check_needs_rehash(stored)
