"""Reading the address under which somebody's calendar program reads her dates."""

from sqlalchemy import select
from sqlalchemy.orm import defer

from lms.accounts.models import Person
from lms.accounts.queries import NOT_FOR_PAGES
from lms.kernel.db import db
from lms.kernel.ids import hash_token

from ..models import Feed


def feed_of(person: Person) -> Feed | None:
    """Her feed, if she has made one."""
    return db.session.get(Feed, person.id, populate_existing=True)


def find_feed(token: str) -> tuple[Feed, Person] | None:
    """The feed of an address, with whose it is: one statement, whether there is one or not.

    A person who may not sign in has none. Nothing sealed is loaded.
    """
    row = db.session.execute(
        select(Feed, Person)
        .join(Person, Person.id == Feed.person_id)
        .where(Feed.token_hash == hash_token(token), Person.disabled_at.is_(None))
        .options(*(defer(column, raiseload=True) for column in NOT_FOR_PAGES))
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if row is None else (row[0], row[1])
