"""Signed-in browsers, and those that have shown a passphrase and not yet their second factor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update

from lms.accounts import queries, vault
from lms.accounts.errors import SecondStepOver
from lms.accounts.hashes import keyed_hash
from lms.accounts.models import FirstStep, KnownDevice, Person, Session
from lms.accounts.rules.factors import SECOND_STEP, Proof
from lms.kernel.db import db
from lms.kernel.ids import hash_token, new_token

NAME_BYTES = 16


def start_session(person: Person, *, proof: Proof, shared: bool, at: datetime) -> str:
    """Sign a person in: a new session, whose token is returned for the cookie and stored as its hash only.

    proof: what she showed. Not an audited act: nobody needs to know when she was here.
    """
    token = new_token()
    new = Session(
        token_hash=hash_token(token),
        person_id=person.id,
        started_at=at,
        used_at=at,
        shared=shared,
        proof=proof,
        proven_at=at,
    )
    db.session.add(new)
    return token


def end_session(token: str) -> None:
    """Sign one browser out. The cookie is dead from here on; a token that is not known is no error.

    Not an audited act, like signing in: nobody needs to know when she was here.
    """
    db.session.execute(delete(Session).where(Session.token_hash == hash_token(token)))


def end_one(session: Session) -> None:
    """Sign out a browser that she names from another."""
    db.session.execute(delete(Session).where(Session.id == session.id))


def end_others(person: Person, *, but: int | None) -> None:
    """Sign out every browser of hers but this one; those that only know her are forgotten too."""
    hers = Session.person_id == person.id
    others = (hers,) if but is None else (hers, Session.id != but)
    db.session.execute(delete(Session).where(*others))
    db.session.execute(delete(FirstStep).where(FirstStep.person_id == person.id))
    db.session.execute(delete(KnownDevice).where(KnownDevice.person_id == person.id))


def name_of(session_id: int) -> UUID:
    """How a session is named in a form: nothing can be worked out from it, as from its number."""
    return UUID(bytes=keyed_hash("session", str(session_id))[:NAME_BYTES])


def find_hers(sessions: Sequence[Session], name: UUID) -> Session | None:
    """The one of her sessions that a form names."""
    return next((one for one in sessions if name_of(one.id) == name), None)


def call_device(person: Person, session: Session, name: str) -> None:
    """Keep what she calls a device, sealed; an empty name takes it away."""
    session.name = vault.seal_for(person, name, place=vault.SESSION_NAME) if name else None


def note_use(session_id: int, *, at: datetime) -> None:
    """Remember that the session is in use, for its idle limit. Not an audited act."""
    db.session.execute(update(Session).where(Session.id == session_id).values(used_at=at))


def begin_second_step(person: Person, *, shared: bool, at: datetime) -> str:
    """Remember that this browser showed her passphrase; the token for its cookie."""
    token = new_token()
    step = FirstStep(token_hash=hash_token(token), person_id=person.id, began_at=at, shared=shared)
    db.session.add(step)
    return token


def find_first_step(token: str | None, *, at: datetime) -> FirstStep:
    """What this browser has shown so far, with its person. Raises SecondStepOver."""
    step = queries.find_first_step(token) if token else None
    if step is None or at - step.began_at >= SECOND_STEP:
        raise SecondStepOver
    return step


def end_first_step(step: FirstStep) -> None:
    """The second factor came, or she began anew."""
    db.session.execute(delete(FirstStep).where(FirstStep.id == step.id))
