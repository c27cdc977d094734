"""Which keys hold for an attempt: those of its version, or of a newer one that was applied to it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from lms.courses.models import Version
from lms.kernel.db import db

from ..models import Attempt
from ..rules.attempts import Step
from ..rules.items import Item
from ..rules.replay import rekeyed, version_of_keys
from .catalogue import catalogue


def items_for(attempt: Attempt, steps: Iterable[Step]) -> Mapping[str, Item]:
    """The questions with the keys that hold for an attempt: no statement, one where a newer key was applied.

    steps: its steps, or at least its rescores. attempt: with its version loaded.
    """
    asked = catalogue(attempt.version).items
    number = version_of_keys(steps)
    if number is None or number == attempt.version.number:
        return asked
    return rekeyed(asked, catalogue(numbered(attempt.version, number)).items)


def numbered(version: Version, number: int) -> Version:
    """Another version of the same programme."""
    return db.session.scalars(
        select(Version).where(Version.programme_id == version.programme_id, Version.number == number)
    ).one()


def newest(version: Version) -> Version:
    """The newest published version of the same programme."""
    return db.session.scalars(
        select(Version).where(Version.programme_id == version.programme_id).order_by(Version.number.desc()).limit(1)
    ).one()
