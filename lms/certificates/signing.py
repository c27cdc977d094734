"""The signature of a certificate: Ed25519 over its facts, so that anybody can check it without asking us.

A token is one line, `1.KEY.FACTS.SIGNATURE`: the version of this form, the id of the key (the first 8 bytes of SHA-256
of the raw public key, in hex), the canonical facts and the signature, both in base64url without padding. What is
signed is the text of the first three parts, in ASCII.

Private keys lie in `LMS_KEYS_DIR/certificate-keys/` as `0001.pem`, `0002.pem` and so on (PKCS #8, mode 600). The
highest number signs; all of them verify. `lms certificate new-key` makes the next. To take a private key out of use for
good, replace `0001.pem` by its public half (`openssl pkey -in 0001.pem -pubout -out 0001.pub`): it goes on verifying. A
key that was stolen is deleted, and what it signed is issued again.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from lms.kernel.errors import Misconfigured
from lms.settings import make_once

from .errors import NoKeys, NotGenuine, UnknownKey
from .rules.facts import Facts, parse

VERSION = "1"
KEY_ID_BYTES = 8
MOST_CHARACTERS = 6_000
_FORM = re.compile(r"1\.([0-9a-f]{16})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})")
_KEY_FILE = re.compile(r"[0-9]{4}")

PublicKeys = Mapping[str, Ed25519PublicKey]
"""Public keys by their id."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """Facts with their signature, not yet verified."""

    key_id: str
    facts: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{self.signed.decode()}.{_encode(self.signature)}"

    @property
    def signed(self) -> bytes:
        """What the signature covers."""
        return f"{VERSION}.{self.key_id}.{_encode(self.facts)}".encode()

    @classmethod
    def read(cls, text: str) -> "Token":
        """Read a token, and nothing that merely means the same. Raises NotGenuine."""
        parts = _FORM.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
        if parts is None:
            raise NotGenuine
        return cls(key_id=parts[1], facts=_decode(parts[2]), signature=_decode(parts[3]))


@dataclass(frozen=True, repr=False)
class SigningKeys:
    """The key that signs, and the public halves of all, newest first."""

    newest: Ed25519PrivateKey
    public: PublicKeys

    def sign(self, facts: bytes) -> Token:
        """Sign facts with the newest key. Raises NotGenuine where they are not canonical."""
        parse(facts)
        unsigned = Token(key_id=key_id(self.newest.public_key()), facts=facts, signature=b"")
        return Token(key_id=unsigned.key_id, facts=facts, signature=self.newest.sign(unsigned.signed))


def verify(token: str, public_keys: PublicKeys) -> Facts:
    """The facts that one of these keys signed. Raises NotGenuine, UnknownKey."""
    read = Token.read(token)
    key = public_keys.get(read.key_id)
    if key is None:
        raise UnknownKey
    try:
        key.verify(read.signature, read.signed)
    except InvalidSignature:
        raise NotGenuine from None
    return parse(read.facts)


def key_id(key: Ed25519PublicKey) -> str:
    """What a token and the published list call this key."""
    return hashlib.sha256(key.public_bytes_raw()).digest()[:KEY_ID_BYTES].hex()


def published(keys: SigningKeys) -> dict[str, Any]:
    """The public keys as `/.well-known/lms-certificate-keys.json` gives them: a set of JSON Web Keys, newest first."""
    return {"keys": [_json_web_key(name, key) for name, key in keys.public.items()]}


def read_published(said: Any) -> PublicKeys:
    """The keys of a list that was published and saved. Raises NoKeys for anything else, and for a key with a false id.

    said: the list, read from its JSON.
    """
    try:
        found = [(entry["kid"], Ed25519PublicKey.from_public_bytes(_decode(entry["x"]))) for entry in said["keys"]]
    except (KeyError, TypeError, ValueError, NotGenuine):
        raise NoKeys from None
    if any(name != key_id(key) for name, key in found):
        raise NoKeys
    return dict(found)


def load_keys(folder: Path) -> SigningKeys:
    """Read all keys of the folder, making the first one where none can sign. Raises Misconfigured.

    Several processes that start together read the same key.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    retired = list(folder.glob("*.pub"))
    if not any(folder.glob("*.pem")):
        _make_key(folder, after=retired)  # numbered after what no process changes now, so that all make the same file
    private = {path.stem: _read_private(path) for path in folder.glob("*.pem")}
    public = {path.stem: _read_public(path) for path in retired}
    public |= {name: key.public_key() for name, key in private.items()}
    return SigningKeys(private[max(private)], _by_id(public[name] for name in sorted(public, reverse=True)))


def public_keys_in(folder: Path) -> PublicKeys:
    """The public halves of all keys of a folder, without making one; none where there is no folder.

    Raises Misconfigured.
    """
    keys = [_read_private(path).public_key() for path in sorted(folder.glob("*.pem"))]
    return _by_id([*keys, *(_read_public(path) for path in sorted(folder.glob("*.pub")))])


def add_key(folder: Path) -> Path:
    """Make a key that signs from the next start on; the older ones go on verifying."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _make_key(folder, after=[*folder.glob("*.pem"), *folder.glob("*.pub")])


def _make_key(folder: Path, *, after: Iterable[Path]) -> Path:
    numbers = [int(path.stem) for path in after if _KEY_FILE.fullmatch(path.stem)]
    path = folder / f"{max(numbers, default=0) + 1:04}.pem"
    made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    make_once(path, made.decode().strip())
    return path


def _read_private(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(_contents(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"LMS_KEYS_DIR: {path} holds no private Ed25519 key without a passphrase.")
    return key


def _read_public(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(_contents(path))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Misconfigured(f"LMS_KEYS_DIR: {path} holds no public Ed25519 key.")
    return key


def _contents(path: Path) -> bytes:
    if not _KEY_FILE.fullmatch(path.stem):
        raise Misconfigured(f"LMS_KEYS_DIR: {path} must be named by four digits, like 0002{path.suffix}.")
    try:
        return path.read_bytes()
    except OSError:
        raise Misconfigured(f"LMS_KEYS_DIR: {path} cannot be read.") from None


def _by_id(keys: Iterable[Ed25519PublicKey]) -> PublicKeys:
    return {key_id(key): key for key in keys}


def _json_web_key(name: str, key: Ed25519PublicKey) -> dict[str, str]:
    x = _encode(key.public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": name, "x": x}


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    """Undo `_encode`; the same bytes written in another way are refused. Raises NotGenuine."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise NotGenuine from None
    if _encode(data) != text:
        raise NotGenuine
    return data
