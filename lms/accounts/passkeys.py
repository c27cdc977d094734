"""Passkeys: what a browser is asked, and whether its answer holds. The protocol is the library's (docs/decisions/0025).

A question holds its own end and is bound to a purpose and to one browser, so nothing is stored before it is answered;
an answered one is remembered until its end, by the services that act on it. Attestation is not asked for: which make a
phone is says nothing that we want to know.
"""

import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import options_to_json_dict, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from lms.kernel.ids import hash_token
from lms.settings import current_settings

from .errors import PasskeyRefused
from .hashes import keyed_hash
from .rules.factors import CHALLENGE

CHANCE_BYTES, END_BYTES, MAC_BYTES = 16, 4, 12
ANSWER_MOST = 20_000
"""Characters of an answer; the largest keys that browsers make stay under a tenth of it."""

FAULTS = (WebAuthnException, ValueError, KeyError, TypeError, OverflowError)
"""What the library raises for answers that no browser gives."""


class Purpose(StrEnum):
    """What a question is for: an answer to one is none to another."""

    SIGN_IN = "sign in"
    AGAIN = "again"
    ADD = "add"


@dataclass(frozen=True, kw_only=True)
class Question:
    """Random bytes that one browser may answer for one purpose, until `ends_at`."""

    text: bytes
    ends_at: datetime

    @property
    def digest(self) -> bytes:
        """How it is remembered that it was answered."""
        return hash_token(self.text.hex())


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """What a device made: the public half, and how its answers are recognised."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def new_question(purpose: Purpose, browser: str, *, at: datetime) -> Question:
    """A question for one browser."""
    ends = int((at + CHALLENGE).timestamp())
    head = secrets.token_bytes(CHANCE_BYTES) + ends.to_bytes(END_BYTES)
    return Question(text=head + _mac(head, purpose, browser), ends_at=_moment(ends))


def options_to_add(question: Question, *, handle: bytes, known: Sequence[bytes]) -> Mapping[str, Any]:
    """What a browser needs to make a passkey that can sign in by itself.

    handle: random bytes that stand for the person. The name in her phone's list is that of the site and nothing else.
    """
    settings = current_settings()
    name = settings.site_name["en"]
    options = generate_registration_options(
        rp_id=settings.public_host,
        rp_name=name,
        user_name=name,
        user_id=handle,
        challenge=question.text,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return options_to_json_dict(options)


def options_to_ask(question: Question) -> Mapping[str, Any]:
    """What a browser needs to let a passkey answer. None is named: who is asked may not be known yet."""
    options = generate_authentication_options(
        rp_id=current_settings().public_host,
        challenge=question.text,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def read_new_key(answer: str, purpose: Purpose, browser: str, *, at: datetime) -> tuple[NewKey, Question]:
    """The key that a browser made, and the question that it answered. Raises PasskeyRefused."""
    told, question = _read(answer, purpose, browser, at=at)
    settings = current_settings()
    try:
        found = verify_registration_response(
            credential=told,
            expected_challenge=question.text,
            expected_rp_id=settings.public_host,
            expected_origin=settings.public_url,
            require_user_verification=True,
        )
    except FAULTS:
        raise PasskeyRefused from None
    key = NewKey(credential_id=found.credential_id, public_key=found.credential_public_key, sign_count=found.sign_count)
    return key, question


def credential_of(answer: str) -> bytes:
    """Which key says that it answers. Raises PasskeyRefused."""
    try:
        return base64url_to_bytes(_parse(answer)["rawId"])
    except FAULTS:
        raise PasskeyRefused from None


def check_answer(answer: str, key: NewKey, purpose: Purpose, browser: str, *, at: datetime) -> tuple[int, Question]:
    """Check that this key gave this answer; how often it was used by now, and the question. Raises PasskeyRefused."""
    told, question = _read(answer, purpose, browser, at=at)
    settings = current_settings()
    try:
        found = verify_authentication_response(
            credential=told,
            expected_challenge=question.text,
            expected_rp_id=settings.public_host,
            expected_origin=settings.public_url,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except FAULTS:
        raise PasskeyRefused from None
    return found.new_sign_count, question


def _read(answer: str, purpose: Purpose, browser: str, *, at: datetime) -> tuple[dict[str, Any], Question]:
    """The answer as the library takes it, and the question that stands in it if it is one of ours and still open."""
    told = _parse(answer)
    try:
        text = parse_client_data_json(base64url_to_bytes(told["response"]["clientDataJSON"])).challenge
    except FAULTS:
        raise PasskeyRefused from None
    head, mac = text[: CHANCE_BYTES + END_BYTES], text[CHANCE_BYTES + END_BYTES :]
    if len(text) != CHANCE_BYTES + END_BYTES + MAC_BYTES or not hmac.compare_digest(mac, _mac(head, purpose, browser)):
        raise PasskeyRefused
    question = Question(text=text, ends_at=_moment(int.from_bytes(head[CHANCE_BYTES:])))
    if at >= question.ends_at:
        raise PasskeyRefused
    return told, question


def _parse(answer: str) -> dict[str, Any]:
    if len(answer) > ANSWER_MOST:
        raise PasskeyRefused
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        raise PasskeyRefused from None
    if not isinstance(told, dict):
        raise PasskeyRefused
    return told


def _mac(head: bytes, purpose: Purpose, browser: str) -> bytes:
    return keyed_hash("passkey", f"{purpose}:{head.hex()}:{browser}")[:MAC_BYTES]


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
