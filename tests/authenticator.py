"""A passkey in software: answers as a phone would, so that the whole way through the pages can be tested."""

import hashlib
import json
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from html import unescape

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40
OPTIONS = re.compile(r'data-passkey="(create|get)" data-options="([^"]*)"')


def options_on(page):
    """What a page asks the browser: by `create` or `get`."""
    return {kind: json.loads(unescape(options)) for kind, options in OPTIONS.findall(page.text)}


class Authenticator:
    """One passkey, once it was made. counts: whether it says how often it was used, as some do."""

    def __init__(self, *, origin=ORIGIN, counts=True, verified=True):
        self.origin, self.counts, self.flags = origin, counts, PRESENT | (VERIFIED if verified else 0)
        self.key, self.credential_id, self.used = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(16), 0

    def make(self, options):
        """Make the passkey; what the browser would send."""
        self.host, self.handle = options["rp"]["id"], options["user"]["id"]
        number = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: number.x.to_bytes(32), -3: number.y.to_bytes(32)}
        held = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(public)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._told(NEW) + held}
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=cbor2.dumps(statement))

    def answer(self, options):
        """Answer a question; what the browser would send."""
        self.used += self.counts
        told, client = self._told(0), self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(told + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        handle = urlsafe_b64decode(self.handle + "==")
        return self._answer(clientDataJSON=client, authenticatorData=told, signature=signature, userHandle=handle)

    def _told(self, more):
        return hashlib.sha256(self.host.encode()).digest() + bytes([self.flags | more]) + self.used.to_bytes(4)

    def _client(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, **parts):
        name = _text(self.credential_id)
        response = {key: _text(value) for key, value in parts.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def _text(raw):
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
