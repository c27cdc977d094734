"""The address of somebody's calendar: made, replaced, taken back by herself. Its secret is stored as a hash only."""

import base64
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete

from lms.accounts.hashes import blind_index
from lms.accounts.models import Person
from lms.audit import services as audit
from lms.kernel.db import db, lock_name
from lms.kernel.ids import hash_token

from ..models import Feed
from ..queries.feeds import feed_of

FEED_MADE = audit.act("cohorts.feed.made")
FEED_TAKEN_BACK = audit.act("cohorts.feed.taken_back")


def make_feed(person: Person, operation: UUID, *, at: datetime) -> str:
    """Make her an address and return its secret; the one before, if there is one, opens nothing any more.

    The secret comes from the key of the page and from one that is not in the database: the same form twice makes the
    same address, and nobody but this installation can make it.
    """
    lock_name(person.public_id.bytes)
    token = base64.urlsafe_b64encode(blind_index("feed", f"{person.public_id}:{operation}")).decode().rstrip("=")
    feed = feed_of(person)
    if feed is not None and feed.token_hash == hash_token(token):
        return token
    if feed is None:
        feed = Feed(person_id=person.id)
        db.session.add(feed)
    feed.token_hash, feed.created_at = hash_token(token), at
    audit.record(FEED_MADE, by=person.id, on=person.id, at=at)
    return token


def take_back(person: Person, *, at: datetime) -> None:
    """Let her address open nothing any more; doing it again changes nothing."""
    if feed_of(person) is None:
        return
    db.session.execute(delete(Feed).where(Feed.person_id == person.id))
    audit.record(FEED_TAKEN_BACK, by=person.id, on=person.id, at=at)
