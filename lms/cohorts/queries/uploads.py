"""Reading uploaded lists."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import contains_eager

from lms.accounts.models import Person
from lms.kernel.db import db

from ..models import Cohort, Enrolment, Origin, Upload, UploadRow
from ..rules.uploads import RowState, UploadState
from .desk import Desk, places_taken

ROWS_A_PAGE = 25


@dataclass(frozen=True, kw_only=True)
class ListPlace(Desk):
    """A list together with its cohort, for the policy."""

    upload: Upload


def find_list(who: Person, cohort_id: UUID, upload_id: UUID) -> ListPlace | None:
    """The list of an address."""
    row = db.session.execute(
        select(Upload, Cohort)
        .join(Cohort, Cohort.id == Upload.cohort_id)
        .join(Cohort.version)
        .where(Cohort.public_id == cohort_id, Upload.public_id == upload_id)
        .options(contains_eager(Cohort.version))
    ).one_or_none()
    return None if row is None else ListPlace(upload=row[0], cohort=row[1])


def upload_for_update(upload_id: int) -> Upload:
    """A list, locked."""
    return db.session.get_one(Upload, upload_id, with_for_update=True, populate_existing=True)


def cohort_of(upload_id: int) -> int | None:
    """The number of its cohort; None if that was deleted, and the list with it."""
    return db.session.scalar(select(Upload.cohort_id).where(Upload.id == upload_id))


def upload_and_waiting_for_update(upload_id: int, cohort_id: int) -> tuple[Upload, Sequence[Upload]]:
    """A list of a cohort, and its other lists that wait to be confirmed, locked in the order of their numbers."""
    found = db.session.scalars(
        select(Upload)
        .where(Upload.cohort_id == cohort_id, or_(Upload.id == upload_id, Upload.state == UploadState.CHECKED))
        .order_by(Upload.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    (upload,) = (one for one in found if one.id == upload_id)
    return upload, [one for one in found if one is not upload]


def find_upload_for_update(upload_id: int) -> Upload | None:
    """The same for the worker: its cohort may have been deleted, and the list with it."""
    return db.session.get(Upload, upload_id, with_for_update=True, populate_existing=True)


def marks_known(cohort: Cohort, among: Collection[bytes] | None = None) -> frozenset[bytes]:
    """By what the people of a cohort are known who came from a list: all of it, or which of these are known."""
    query = select(Origin.mark).where(Origin.cohort_id == cohort.id)
    return frozenset(db.session.scalars(query if among is None else query.where(Origin.mark.in_(among))))


def contacts_known(cohort: Cohort, among: Collection[bytes] | None = None) -> frozenset[bytes]:
    """The blind indexes of the contacts of everybody who has or had a place in a cohort: all, or which of these."""
    query = (
        select(Person.contact_index)
        .join(Enrolment, Enrolment.person_id == Person.id)
        .where(Enrolment.cohort_id == cohort.id, Person.contact_index.is_not(None))
    )
    found = db.session.scalars(query if among is None else query.where(Person.contact_index.in_(among)))
    return frozenset(index for index in found if index is not None)


def still_coming(cohort: Cohort) -> int:
    """How many people of confirmed lists the worker has still to take over."""
    return db.session.scalars(
        select(func.coalesce(func.sum(Upload.new - Upload.taken), 0)).where(
            Upload.cohort_id == cohort.id, Upload.state == UploadState.CONFIRMED
        )
    ).one()


def free_places(cohort: Cohort) -> int:
    """How many more people can be given a place: two statements."""
    return max(0, cohort.places - places_taken(cohort) - still_coming(cohort))


def next_rows(upload: Upload, most: int) -> Sequence[UploadRow]:
    """The next good rows of a list that are not taken over yet."""
    return db.session.scalars(
        select(UploadRow)
        .where(UploadRow.upload_id == upload.id, UploadRow.state == RowState.NEW)
        .order_by(UploadRow.number)
        .limit(most)
    ).all()


def faulty_rows(upload: Upload, *, after: int = 0, most: int | None = ROWS_A_PAGE + 1) -> Sequence[UploadRow]:
    """The rows that cannot be taken, with one more than a page shows; all of them where `most` is None."""
    return _rows(upload, RowState.FAULTY, after=after, most=most)


def good_rows(upload: Upload, *, after: int = 0) -> Sequence[UploadRow]:
    """The rows that can be taken over, with one more than a page shows. What they say of a person stays sealed."""
    return _rows(upload, RowState.NEW, after=after, most=ROWS_A_PAGE + 1)


def _rows(upload: Upload, state: RowState, *, after: int, most: int | None) -> Sequence[UploadRow]:
    return db.session.scalars(
        select(UploadRow)
        .where(UploadRow.upload_id == upload.id, UploadRow.state == state, UploadRow.number > after)
        .order_by(UploadRow.number)
        .limit(most)
    ).all()


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How many good rows of a list say which language and which zone, the most frequent first.

    without_contact: how many could not be known again in a changed file.
    """

    languages: list[tuple[str, int]]
    zones: list[tuple[str, int]]
    without_contact: int


def spread_of(upload: Upload) -> Spread:
    """The good rows counted: one statement."""
    rows = db.session.execute(
        select(UploadRow.course_language, UploadRow.time_zone, UploadRow.has_contact, func.count())
        .where(UploadRow.upload_id == upload.id, UploadRow.state == RowState.NEW)
        .group_by(UploadRow.course_language, UploadRow.time_zone, UploadRow.has_contact)
    ).all()
    languages: Counter[str] = Counter()
    zones: Counter[str] = Counter()
    without_contact = 0
    for language, zone, has_contact, number in rows:
        languages[language or ""] += number
        zones[zone or ""] += number
        without_contact += 0 if has_contact else number
    return Spread(languages=_most_first(languages), zones=_most_first(zones), without_contact=without_contact)


def _most_first(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def waiting_since(moment: datetime) -> Sequence[Upload]:
    """Lists that nobody confirmed since then, or that were confirmed and never came to their end, locked."""
    waits = Upload.state.in_((UploadState.CHECKED, UploadState.CONFIRMED))
    return db.session.scalars(
        select(Upload).where(waits, Upload.received_at <= moment).order_by(Upload.id).with_for_update()
    ).all()


def lists_of(cohort: Cohort) -> Sequence[Upload]:
    """The lists of a cohort, newest first."""
    return db.session.scalars(
        select(Upload).where(Upload.cohort_id == cohort.id).order_by(Upload.id.desc()).limit(ROWS_A_PAGE)
    ).all()


def aliases_in(cohort: Cohort) -> list[str]:
    """Every alias that is borne in a cohort."""
    return list(db.session.scalars(select(Enrolment.alias).where(Enrolment.cohort_id == cohort.id)))
