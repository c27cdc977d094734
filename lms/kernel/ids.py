"""Random identifiers and secrets: the only place that asks for chance."""

import hashlib
import secrets
from uuid import UUID

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and letters that cannot be mistaken for one another (no I, L, O, U)."""


def new_id() -> UUID:
    """A public id: 128 random bits, never ordered by time (docs/decisions/0009)."""
    return UUID(bytes=secrets.token_bytes(16))


def new_seed() -> int:
    """The seed of a draw, 31 bits. It is stored, so that the draw can be repeated and looked into."""
    return secrets.randbits(31)


def new_token() -> str:
    """A secret of 256 bits that is safe in a cookie or a form."""
    return secrets.token_urlsafe(32)


def new_code(characters: int = 16) -> str:
    """A secret that a person can type: 5 bits a character, in groups of four."""
    drawn = "".join(secrets.choice(CROCKFORD) for _ in range(characters))
    return "-".join(drawn[i : i + 4] for i in range(0, characters, 4))


def code_from(secret: bytes, characters: int = 16) -> str:
    """The same kind of code from secret bytes, at least 5 bits a character: the same bytes give the same code."""
    number = int.from_bytes(secret)
    if len(secret) * 8 < characters * 5:
        raise ValueError("too few bytes for a code")
    drawn = "".join(CROCKFORD[number >> (5 * place) & 31] for place in range(characters))
    return "-".join(drawn[i : i + 4] for i in range(0, characters, 4))


def read_code(typed: str) -> str:
    """A typed code in the form in which it was made: case, blanks, hyphens and look-alikes forgiven."""
    plain = "".join(typed.upper().split()).replace("-", "")
    plain = plain.translate(str.maketrans("ILOU", "110V"))
    return "-".join(plain[i : i + 4] for i in range(0, len(plain), 4))


def hash_token(token: str) -> bytes:
    """How a secret is stored: 32 bytes of SHA-256. Fit for random secrets only, never for passphrases."""
    return hashlib.sha256(token.encode()).digest()
