"""Sealing: values that only the key of the person they belong to can open (docs/decisions/0005).

Each person has a random data key. It is stored wrapped by the key ring, in a store of its own. A sealed value is
AES-256-GCM under the data key, bound to the person and the column it stands in, so that a value copied to another row
or column does not open. `lms.accounts.vault` is the only module that opens anything.
"""

import base64
import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from .errors import Misconfigured

NONCE_BYTES = 12
TAG_BYTES = 16
KEY_BYTES = 32
RING_ID_BYTES = 4
VERSION = b"\x01"


class CannotOpen(Exception):
    """The value was changed, belongs elsewhere, or its key is gone. Says nothing of the value."""


class Sealed:
    """A sealed value. Shows nothing of itself in logs, pages or tracebacks."""

    __slots__ = ("box",)

    def __init__(self, box: bytes) -> None:
        self.box = box

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.box == other.box

    def __hash__(self) -> int:
        return hash(self.box)


class SealedColumn(TypeDecorator[Sealed]):
    """A column that takes sealed values and nothing else: a plain string is refused, not sealed in passing."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> bytes | None:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError("a sealed column takes Sealed values only")
        return None if value is None else value.box

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))


@dataclass(frozen=True, repr=False)
class DataKey:
    """The opened key of one person."""

    owner: UUID
    secret: bytes

    def seal(self, text: str, *, place: str) -> Sealed:
        """Seal a text for one place (`table.column`)."""
        return self.seal_bytes(text.encode(), place=place)

    def open(self, value: Sealed, *, place: str) -> str:
        """The text that was sealed for this person and this place. Raises CannotOpen."""
        return self.open_bytes(value, place=place).decode()

    def seal_bytes(self, data: bytes, *, place: str) -> Sealed:
        """Seal a file for one place."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.secret).encrypt(nonce, data, self._bound_to(place))
        return Sealed(VERSION + nonce + sealed)

    def open_bytes(self, value: Sealed, *, place: str) -> bytes:
        """The file that was sealed for this person and this place. Raises CannotOpen."""
        box = value.box
        if box[:1] != VERSION or len(box) < len(VERSION) + NONCE_BYTES + TAG_BYTES:
            raise CannotOpen
        nonce, sealed = box[1 : 1 + NONCE_BYTES], box[1 + NONCE_BYTES :]
        try:
            return AESGCM(self.secret).decrypt(nonce, sealed, self._bound_to(place))
        except InvalidTag:
            raise CannotOpen from None

    def _bound_to(self, place: str) -> bytes:
        return self.owner.bytes + place.encode()


class KeyRing:
    """The keys that wrap person keys, newest first; each with an id of four bytes.

    Written as lines `id:key` in base64. The newest wraps; all unwrap.
    """

    def __init__(self, keys: dict[bytes, bytes]) -> None:
        if not keys:
            raise Misconfigured("LMS_DATA_KEYS holds no key.")
        self._keys = keys
        self.newest = next(iter(keys))

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read a ring from its text. Raises Misconfigured, naming the line."""
        keys = {}
        for number, line in enumerate(text.split(), 1):
            ring_id, _, key = line.partition(":")
            try:
                raw_id, raw_key = (base64.b64decode(part, validate=True) for part in (ring_id, key))
            except ValueError:
                raw_id, raw_key = b"", b""
            if len(raw_id) != RING_ID_BYTES or len(raw_key) != KEY_BYTES:
                raise Misconfigured(f"LMS_DATA_KEYS, line {number}: not a key made by this product.")
            keys[raw_id] = raw_key
        return cls(keys)

    @staticmethod
    def new_line() -> str:
        """One fresh key as it stands in the file."""
        parts = secrets.token_bytes(RING_ID_BYTES), secrets.token_bytes(KEY_BYTES)
        return ":".join(base64.b64encode(part).decode() for part in parts)

    def new_data_key(self, owner: UUID) -> tuple[DataKey, bytes]:
        """A fresh key for a person, open and wrapped."""
        key = DataKey(owner, secrets.token_bytes(KEY_BYTES))
        nonce = secrets.token_bytes(NONCE_BYTES)
        wrapped = AESGCM(self._keys[self.newest]).encrypt(nonce, key.secret, owner.bytes)
        return key, self.newest + nonce + wrapped

    def unwrap(self, wrapped: bytes, *, owner: UUID) -> DataKey:
        """Open a person's key. Raises CannotOpen when the ring does not hold what wrapped it."""
        ring_id, rest = wrapped[:RING_ID_BYTES], wrapped[RING_ID_BYTES:]
        if ring_id not in self._keys:
            raise CannotOpen
        nonce, sealed = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        try:
            return DataKey(owner, AESGCM(self._keys[ring_id]).decrypt(nonce, sealed, owner.bytes))
        except InvalidTag:
            raise CannotOpen from None
