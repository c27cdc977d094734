"""The only module that opens sealed values. Its callers are listed in tests/accounts/test_vault.py."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from flask import current_app
from sqlalchemy import delete

from lms.kernel.db import db
from lms.kernel.sealed import CannotOpen, DataKey, KeyRing, Sealed

from .models import Person, PersonKey

LEGAL_NAME = "accounts_person.legal_name"
CONTACT = "accounts_person.contact"
SESSION_NAME = "accounts_session.name"
PASSKEY_NAME = "accounts_passkey.name"
APP_SECRET = "accounts_app.secret"  # noqa: S105 - the place of a secret, not one


def make_key(person_id: UUID) -> DataKey:
    """A fresh data key for a person who is being made; its wrapped form joins the running transaction."""
    key, wrapped = _ring().new_data_key(person_id)
    db.session.add(PersonKey(person_id=person_id, wrapped=wrapped))
    return key


def make_list_key(owner: UUID) -> tuple[DataKey, bytes]:
    """A fresh key for a list that is being read, open and wrapped; `keep_list_key` stores it."""
    return _ring().new_data_key(owner)


def keep_list_key(owner: UUID, wrapped: bytes) -> None:
    """Let the key of a list that was read join the running transaction."""
    db.session.add(PersonKey(person_id=owner, wrapped=wrapped))


def seal(key: DataKey, text: str | None, *, place: str) -> Sealed | None:
    """Seal an optional text for one place; an empty one is not stored at all."""
    return key.seal(text, place=place) if text else None


def open_contact(person: Person) -> str | None:
    """The contact she gave, for delivering a message to her. Raises CannotOpen when her key is gone."""
    return _open(person, person.contact, CONTACT)


def open_legal_name(person: Person) -> str | None:
    """Her legal name, for herself or for what she asked to be printed. Raises CannotOpen when her key is gone."""
    return _open(person, person.legal_name, LEGAL_NAME)


def open_list(owner: UUID, values: Sequence[Sealed], *, place: str) -> list[str]:
    """What a list of people says that waits to be taken over. Raises CannotOpen when its key was destroyed."""
    key = list_key(owner)
    return [key.open(value, place=place) for value in values]


def list_key(owner: UUID) -> DataKey:
    """The key of something that belongs to no person: a list, a report. Raises CannotOpen when it was destroyed."""
    row = db.session.get(PersonKey, owner)
    if row is None:
        raise CannotOpen
    return _ring().unwrap(row.wrapped, owner=owner)


def destroy_key(owner: UUID) -> None:
    """Destroy a key: what was sealed under it opens to nobody any more, in no copy of the database."""
    db.session.execute(delete(PersonKey).where(PersonKey.person_id == owner))


def seal_for(person: Person, text: str, *, place: str) -> Sealed:
    """Seal what was typed by or about a person whose key was loaded with her. Raises CannotOpen when it is gone."""
    return _key_of(person).seal(text, place=place)


def open_all(person: Person, values: Sequence[Sealed | None], *, place: str) -> list[str | None]:
    """The texts that were sealed for this person and this place; None where nothing is sealed. Raises CannotOpen.

    Her key is unwrapped once, and not at all where there is nothing to open.
    """
    key = _key_of(person) if any(value is not None for value in values) else None
    return [key.open(value, place=place) if key is not None and value is not None else None for value in values]


def seal_file_for(person: Person, data: bytes, *, place: str) -> Sealed:
    """Seal a file that was made for a person whose key was loaded with her. Raises CannotOpen when it is gone."""
    return _key_of(person).seal_bytes(data, place=place)


def open_file(person: Person, value: Sealed, *, place: str) -> bytes:
    """The file that was sealed for this person and this place. Raises CannotOpen."""
    return _key_of(person).open_bytes(value, place=place)


def open_with(wrapped: bytes, owner: UUID, value: Sealed, *, place: str) -> str:
    """The text that was sealed for a person of whom nothing was loaded but her wrapped key. Raises CannotOpen."""
    return _ring().unwrap(wrapped, owner=owner).open(value, place=place)


def can_open(person: Person) -> bool:
    """Whether the ring at hand belongs to this database: used by `lms doctor`, shows nothing."""
    return _open(person, person.legal_name, LEGAL_NAME) is not None


def _open(person: Person, value: Sealed | None, place: str) -> str | None:
    return None if value is None else _key_of(person).open(value, place=place)


def _key_of(person: Person) -> DataKey:
    if person.key is None:
        raise CannotOpen
    return _ring().unwrap(person.key.wrapped, owner=person.public_id)


def _ring() -> KeyRing:
    return cast(KeyRing, current_app.extensions["key_ring"])
