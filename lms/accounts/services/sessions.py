"""Signed-in browsers."""

from datetime import datetime

from sqlalchemy import delete, update

from lms.accounts.models import Person, Session
from lms.kernel.db import db
from lms.kernel.ids import hash_token, new_token


def start_session(person: Person, *, shared: bool, at: datetime) -> str:
    """Sign a person in: a new session, whose token is returned for the cookie and stored as its hash only.

    Not an audited act: nobody needs to know when she was here.
    """
    token = new_token()
    db.session.add(Session(token_hash=hash_token(token), person_id=person.id, started_at=at, used_at=at, shared=shared))
    return token


def end_session(token: str) -> None:
    """Sign one browser out. The cookie is dead from here on; a token that is not known is no error.

    Not an audited act, like signing in: nobody needs to know when she was here.
    """
    db.session.execute(delete(Session).where(Session.token_hash == hash_token(token)))


def note_use(session_id: int, *, at: datetime) -> None:
    """Remember that the session is in use, for its idle limit. Not an audited act."""
    db.session.execute(update(Session).where(Session.id == session_id).values(used_at=at))
