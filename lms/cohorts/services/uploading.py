"""Taking over a list of people: read, shown, confirmed, done in steps; the same list again changes nothing.

Rule: docs/decisions/0017.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import BinaryIO, TypeVar
from uuid import UUID

from sqlalchemy import delete, insert

from lms.accounts import hashes, vault
from lms.accounts import queries as accounts
from lms.accounts.models import Person
from lms.accounts.rules.credentials import ContactKind
from lms.accounts.services import codes, persons
from lms.accounts.services.persons import NewPerson
from lms.audit import services as audit
from lms.kernel.chance import Draw
from lms.kernel.db import db
from lms.kernel.ids import new_id, new_seed
from lms.kernel.sealed import DataKey, Sealed
from lms.kernel.sheets.reading import Columns, Row, read_rows
from lms.kernel.sheets.upload import LIMITS, shown_name
from lms.messaging import services as messaging

from ..errors import NoPeople, PlacesLacking
from ..models import Cohort, Enrolment, Origin, Upload, UploadRow
from ..neutral import neutral_aliases
from ..queries import desk, uploads
from ..rules.aliases import Bearer, aliases_for
from ..rules.opening import check_not_closed
from ..rules.roster import (
    MOST_PEOPLE,
    OPTIONAL,
    REQUIRED,
    CellFault,
    Column,
    Expected,
    RosterRow,
    Wrong,
    identity_of,
    read_row,
)
from ..rules.uploads import AT_ONCE, KEPT_DAYS, RowState, UploadState, check_waits
from .enrolling import NewEnrolment, enrol_all

LIST_RECEIVED = audit.act("cohorts.upload.received", "new")
LIST_CONFIRMED = audit.act("cohorts.upload.confirmed", "new")
LIST_DROPPED = audit.act("cohorts.upload.dropped", "new")
TAKE_OVER = "cohorts.take_over"
"""The kind of job that takes over a long list."""

SAID = "cohorts_upload_row.said"
COLUMNS = Columns(required=REQUIRED, optional=OPTIONAL)
FILE_LIMITS = replace(LIMITS, rows=MOST_PEOPLE)
PIECE_BYTES = 65_536
STEP = 200
"""Rows that are written at once."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A list as it was brought. name: of the file, for its refusals only; it is not stored."""

    file: BinaryIO
    name: str


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row as it waits to be written: what a person says in it is sealed already."""

    number: int
    state: RowState
    said: Sealed | None = None
    mark: bytes | None = None
    course_language: str | None = None
    time_zone: str | None = None
    has_contact: bool = False
    faults: tuple[CellFault, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReadList:
    """A whole list that was read, and the key under which it is sealed."""

    public_id: UUID
    wrapped_key: bytes
    file_hash: str
    rows: Sequence[ReadRow]

    def count(self, state: RowState) -> int:
        """How many rows are so."""
        return sum(row.state is state for row in self.rows)


def read_list(cohort: Cohort, brought: Brought, expected: Expected) -> ReadList:
    """Read a list row by row, outside of any transaction: it may take a second, and nobody else should wait for it.

    Nothing is written; a row is sealed as soon as it was read. Raises SheetRefused, NoPeople.
    """
    public_id = new_id()
    key, wrapped = vault.make_list_key(public_id)
    reader = _Reader(_hash_of(brought.file), expected, key, _Known.of(cohort))
    found = read_rows(brought.file, name=brought.name, columns=COLUMNS, limits=FILE_LIMITS)
    rows = [reader.read(row) for row in found]
    if not rows:
        raise NoPeople(name=shown_name(brought.name))
    return ReadList(public_id=public_id, wrapped_key=wrapped, file_hash=reader.file_hash, rows=rows)


def keep_list(cohort_id: int, read: ReadList, *, by: Person, at: datetime) -> Upload:
    """Keep a list that was read, sealed, until it is confirmed; nobody is made yet. Raises CohortClosed."""
    check_not_closed(desk.cohort_for_update(cohort_id).closed_at)
    upload = Upload(
        public_id=read.public_id,
        cohort_id=cohort_id,
        by_id=by.id,
        file_hash=read.file_hash,
        received_at=at,
        state=UploadState.CHECKED,
        new=read.count(RowState.NEW),
        known=read.count(RowState.KNOWN),
        faulty=read.count(RowState.FAULTY),
        taken=0,
    )
    db.session.add(upload)
    db.session.flush()  # its rows need its number
    vault.keep_list_key(read.public_id, read.wrapped_key)
    for rows in _steps(read.rows, STEP):
        db.session.execute(insert(UploadRow), [_row(upload, row) for row in rows])
    audit.record(LIST_RECEIVED, by=by.id, on=cohort_id, at=at, new=(None, upload.new))
    return upload


@dataclass(frozen=True, kw_only=True)
class _Known:
    """By what the people of a cohort are known. marks: of those who came from a list. contacts: of all."""

    marks: frozenset[bytes]
    contacts: frozenset[bytes]

    @classmethod
    def of(cls, cohort: Cohort) -> "_Known":
        return cls(marks=uploads.marks_known(cohort), contacts=uploads.contacts_known(cohort))


class _Reader:
    """Reads one row after the other and remembers whom it has seen."""

    def __init__(self, file_hash: str, expected: Expected, key: DataKey, known: _Known) -> None:
        self.file_hash = file_hash
        self._expected, self._key, self._known = expected, key, known
        self._seen: dict[bytes, int] = {}

    def read(self, row: Row) -> ReadRow:
        found = read_row(row.number, row.cells, self._expected)
        if isinstance(found, list):
            return ReadRow(row.number, RowState.FAULTY, faults=tuple(found))
        mark = hashes.blind_index("upload", identity_of(found, self.file_hash))
        earlier = self._seen.setdefault(mark, row.number)
        if earlier != row.number:
            twice = CellFault(column=Column.CONTACT, wrong=Wrong.TWICE, earlier=earlier)
            return ReadRow(row.number, RowState.FAULTY, faults=(twice,))
        if mark in self._known.marks or _contact_index(found) in self._known.contacts:
            return ReadRow(row.number, RowState.KNOWN)
        said = self._key.seal(_write(found), place=SAID)
        has_contact = found.contact is not None
        return ReadRow(row.number, RowState.NEW, said, mark, found.course_language, found.time_zone, has_contact)


def _row(upload: Upload, row: ReadRow) -> dict[str, object]:
    return {
        "upload_id": upload.id,
        "number": row.number,
        "state": row.state,
        "said": row.said,
        "mark": row.mark,
        "course_language": row.course_language,
        "time_zone": row.time_zone,
        "has_contact": row.has_contact,
        "faults": [asdict(fault) for fault in row.faults] or None,
    }


def _write(said: RosterRow) -> str:
    """A row as text to be sealed: what it says, in the order of the fields."""
    return json.dumps(list(asdict(said).values()), ensure_ascii=False)


def _read(text: str) -> RosterRow:
    said = dict(zip(RosterRow.__dataclass_fields__, json.loads(text), strict=True))
    return RosterRow(**said | {"contact_kind": said["contact_kind"] and ContactKind(said["contact_kind"])})


def confirm_list(upload_id: int, *, by: Person, at: datetime) -> Upload:
    """Decide that the good rows are taken over: a short list at once, a long one by the worker.

    The other lists of the cohort that wait are dropped by it: an older state of the same list would make those who left
    no contact once more. Raises UploadOver, CohortClosed, PlacesLacking.
    """
    cohort_id = uploads.cohort_of(upload_id)
    assert cohort_id is not None
    cohort = desk.cohort_for_update(cohort_id)  # before any list: two lists that drop each other would wait in a circle
    upload, others = uploads.upload_and_waiting_for_update(upload_id, cohort_id)
    check_waits(upload.state)
    check_not_closed(cohort.closed_at)
    free = uploads.free_places(cohort)
    if upload.new > free:
        raise PlacesLacking(wanted=upload.new, free=free, places=cohort.places)
    upload.state, upload.confirmed_by_id = UploadState.CONFIRMED, by.id
    audit.record(LIST_CONFIRMED, by=by.id, on=upload.cohort_id, at=at, new=(None, upload.new))
    for other in others:
        _drop(other, UploadState.REPLACED, by=by, at=at)
    if upload.new > AT_ONCE:
        messaging.enqueue(TAKE_OVER, at=at, upload=upload.id)
    else:
        _take_next(cohort, upload, at=at)
    return upload


def drop_list(upload_id: int, *, by: Person, at: datetime) -> Upload:
    """Decide that nothing of it is taken over, and forget it. Raises UploadOver."""
    upload = uploads.upload_for_update(upload_id)
    check_waits(upload.state)
    _drop(upload, UploadState.DROPPED, by=by, at=at)
    return upload


def _drop(upload: Upload, state: UploadState, *, by: Person, at: datetime) -> None:
    audit.record(LIST_DROPPED, by=by.id, on=upload.cohort_id, at=at, new=(None, upload.new))
    _forget(upload, state)


def take_over(upload_id: int, *, at: datetime) -> bool:
    """Make the people of the next rows of a confirmed list, with their places and codes; whether more remain.

    A step that is done twice does nothing the second time. The list is forgotten with its last row, or when its
    cohort has ended meanwhile.
    """
    cohort_id = uploads.cohort_of(upload_id)
    if cohort_id is None:
        return False
    cohort = desk.cohort_for_update(cohort_id)
    upload = uploads.find_upload_for_update(upload_id)
    if upload is None or upload.state is not UploadState.CONFIRMED:
        return False
    if cohort.closed_at is not None:
        _forget(upload, UploadState.DROPPED)
        return False
    return _take_next(cohort, upload, at=at)


def sweep(*, at: datetime) -> None:
    """Forget the lists that nobody confirmed, and those that could not be taken over to their end."""
    for upload in uploads.waiting_since(at - timedelta(days=KEPT_DAYS)):
        _forget(upload, UploadState.DROPPED)


def _take_next(cohort: Cohort, upload: Upload, *, at: datetime) -> bool:
    rows = uploads.next_rows(upload, AT_ONCE + 1)
    if rows:
        _take(cohort, upload, rows[:AT_ONCE], at=at)
    if len(rows) <= AT_ONCE:
        _forget(upload, UploadState.DONE)
    return upload.state is UploadState.CONFIRMED


@dataclass(frozen=True, kw_only=True)
class _Newcomer:
    row: UploadRow
    said: RosterRow
    person: Person


def _take(cohort: Cohort, upload: Upload, rows: Sequence[UploadRow], *, at: datetime) -> None:
    """Take over some rows, as whoever confirmed them. Who came into the cohort meanwhile is passed over."""
    by = db.session.get(Person, upload.confirmed_by_id) if upload.confirmed_by_id is not None else None
    known = uploads.marks_known(cohort, [row.mark for row in rows if row.mark is not None])
    coming = _people_of(cohort, upload, [row for row in rows if row.mark not in known], by=by, at=at)
    bearers = [Bearer(language=one.said.course_language, legal_name=one.said.legal_name) for one in coming]
    aliases = aliases_for(bearers, neutral_aliases(), uploads.aliases_in(cohort), Draw(new_seed()))
    places = [_place(one, alias) for one, alias in zip(coming, aliases, strict=True)]
    for one, enrolment in zip(coming, enrol_all(cohort, places, by=by, at=at), strict=True):
        _remember(one, enrolment)
    codes.ensure_invited([one.person for one in coming], by=by, at=at)
    taken = {one.row.number for one in coming}
    for row in rows:
        row.state, row.said = RowState.TAKEN if row.number in taken else RowState.KNOWN, None
    passed_over = len(rows) - len(coming)
    upload.taken, upload.new, upload.known = (
        upload.taken + len(coming),
        upload.new - passed_over,
        upload.known + passed_over,
    )


def _people_of(
    cohort: Cohort, upload: Upload, rows: Sequence[UploadRow], *, by: Person | None, at: datetime
) -> list[_Newcomer]:
    """A new person for each row, but for those whose contact somebody in the cohort has.

    Nobody is looked for beyond the cohort: whoever wrote a contact into a list first would get the place of its owner.
    """
    texts = vault.open_list(upload.public_id, [row.said for row in rows if row.said is not None], place=SAID)
    said = {row.number: _read(text) for row, text in zip(rows, texts, strict=True)}
    there = uploads.contacts_known(cohort, [index for one in said.values() if (index := _contact_index(one))])
    fresh = [row for row in rows if _contact_index(said[row.number]) not in there]
    made = persons.make_people([_new_person(said[row.number]) for row in fresh], by=by, at=at)
    with_keys = accounts.people_with_keys([person.id for person in made])  # what is sealed for them needs their keys
    return [
        _Newcomer(row=row, said=said[row.number], person=person) for row, person in zip(fresh, with_keys, strict=True)
    ]


def _contact_index(said: RosterRow) -> bytes | None:
    if said.contact is None or said.contact_kind is None:
        return None
    return hashes.contact_index(said.contact, said.contact_kind)


def _new_person(said: RosterRow) -> NewPerson:
    return NewPerson(
        # Until she comes and chooses how she is called, nothing calls her anything.
        shown_name="–",
        interface_language=said.interface_language,
        time_zone=said.time_zone,
        legal_name=said.legal_name,
        contact=said.contact,
        contact_kind=said.contact_kind,
    )


def _place(one: _Newcomer, alias: str) -> NewEnrolment:
    told = {"setting": one.said.setting_code, "organisation": one.said.organisation, "remark": one.said.remark}
    return NewEnrolment(
        person=one.person,
        alias=alias,
        course_language=one.said.course_language,
        is_invited=True,
        background=json.dumps(told) if any(told.values()) else None,
    )


def _remember(one: _Newcomer, enrolment: Enrolment) -> None:
    assert one.row.mark is not None
    db.session.add(Origin(cohort_id=enrolment.cohort_id, enrolment_id=enrolment.id, mark=one.row.mark))
    one.person.shown_name = enrolment.alias


def _forget(upload: Upload, state: UploadState) -> None:
    """Delete the rows and destroy their key; the counts stay."""
    upload.state = state
    db.session.execute(delete(UploadRow).where(UploadRow.upload_id == upload.id))
    vault.destroy_key(upload.public_id)


def _hash_of(file: BinaryIO) -> str:
    """By what the very same file is known again."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _steps(rows: Iterable[T], most: int) -> Iterator[list[T]]:
    """So many at a time."""
    iterator = iter(rows)
    while step := list(islice(iterator, most)):
        yield step
