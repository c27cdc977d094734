"""Second factors: who needs which proof, how long a proof is fresh, when a way to sign in may be given up.

Rules: docs/decisions/0025-second-factors.md; docs/security/threat-model.md D1, E3, E4, H3.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lms.accounts.errors import LastFactor, PassphraseStandsAlone

from .roles import Role

FRESH = timedelta(minutes=5)
"""How long a factor counts as just shown, for what is worth asking for it again."""

SECOND_STEP = timedelta(minutes=10)
"""How long a right passphrase waits for its second factor."""

CHALLENGE = timedelta(minutes=10)
"""How long the question that a passkey answers stands."""

PASSKEYS_MOST = 10
RECOVERY_CODES = 10
RECOVERY_CHARACTERS = 8

CODE_DIGITS = 6
CODE_SECONDS = 30
CODE_DRIFT = 1
"""Steps of thirty seconds that the clock of a phone may be wrong, either way."""


class Proof(StrEnum):
    """What somebody showed when she signed in, weakest first."""

    PASSPHRASE = "passphrase"  # noqa: S105 - a kind, no secret
    RECOVERY = "recovery"
    CODE = "code"
    PASSKEY = "passkey"


STRENGTH = {Proof.PASSPHRASE: 0, Proof.RECOVERY: 1, Proof.CODE: 1, Proof.PASSKEY: 2}
"""A recovery code is something that only she has, as the app is; neither is bound to the address of the site."""

WITHOUT_SECOND = frozenset({Role.PARTICIPANT, Role.APPLICANT})
"""Roles for which a long passphrase alone is enough; all others are staff."""


def least_proof(role: Role) -> Proof:
    """What has to be shown before a role counts in a session: a second factor of staff, a passkey of administrators."""
    if role is Role.ADMIN:
        return Proof.PASSKEY
    return Proof.PASSPHRASE if role in WITHOUT_SECOND else Proof.CODE


def is_enough(proof: Proof, role: Role) -> bool:
    """Whether this role counts in a session that began with this proof."""
    return STRENGTH[proof] >= STRENGTH[least_proof(role)]


def is_fresh(proven_at: datetime | None, *, at: datetime) -> bool:
    """Whether a factor was shown just now; one that was never shown, or not yet, is not fresh."""
    return proven_at is not None and timedelta(0) <= at - proven_at < FRESH


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How somebody can sign in now. stands_alone: whether her passphrase is long enough without a second factor."""

    has_passphrase: bool
    stands_alone: bool
    passkeys: int
    has_app: bool
    codes_left: int

    @property
    def has_second(self) -> bool:
        """Whether a passphrase alone does not let her in."""
        return self.passkeys > 0 or self.has_app


def check_removal_of_passkey(ways: Ways, roles: Collection[Role]) -> None:
    """Refuse to take away the passkey without which she could not come in or work. Raises LastFactor."""
    _check_left(ways, passkeys=ways.passkeys - 1, has_app=ways.has_app, roles=roles)


def check_removal_of_app(ways: Ways, roles: Collection[Role]) -> None:
    """Refuse to take away the app without which she could not come in or work. Raises LastFactor."""
    _check_left(ways, passkeys=ways.passkeys, has_app=False, roles=roles)


def _check_left(ways: Ways, *, passkeys: int, has_app: bool, roles: Collection[Role]) -> None:
    if not passkeys and not ways.has_passphrase:
        raise LastFactor
    if not passkeys and not has_app and not ways.stands_alone:
        raise PassphraseStandsAlone
    best = Proof.PASSKEY if passkeys else Proof.CODE if has_app else Proof.PASSPHRASE
    if any(not is_enough(best, role) for role in roles):
        raise LastFactor


def accepted_step(code: str, codes: Collection[tuple[int, str]], *, last_step: int) -> int | None:
    """The time step of a typed code: one that is due now or was just due, and later than the last that was used.

    codes: the steps that are near, with the code of each. None when it is none of them: a code works once.
    """
    found = [step for step, right in codes if right == code and step > last_step]
    return max(found, default=None)


def near_steps(at: datetime) -> range:
    """The time steps whose codes are taken at a moment."""
    now = int(at.timestamp()) // CODE_SECONDS
    return range(now - CODE_DRIFT, now + CODE_DRIFT + 1)


def fold_code(typed: str) -> str:
    """The digits of a typed code, in whichever script, without what stands between them."""
    return "".join(str(int(sign)) for sign in typed if sign.isdecimal())
