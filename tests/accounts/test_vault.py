import re
from pathlib import Path

import pytest

import lms
from lms.accounts import vault
from lms.accounts.models import Person, PersonKey
from lms.accounts.queries import find_recipient
from lms.kernel.db import db
from lms.kernel.sealed import CannotOpen, KeyRing
from tests.cast import CANARY

CALLERS = {
    "open_contact": {"accounts/jobs.py", "safety/services/opening.py"},
    # Enrolling compares the alias that somebody types with her name, so that it does not lead to her; it shows nothing.
    "open_legal_name": {"certificates/sealing.py", "cohorts/services/enrolling.py", "safety/services/opening.py"},
    "open_with": {"certificates/sealing.py"},
    "open_file": {"certificates/sealing.py"},
    "can_open": {"home/checkup.py"},
    "make_key": {"accounts/services/persons.py"},
    "make_list_key": {
        "cohorts/services/uploading.py",
        "safety/services/parting.py",
        "safety/services/reporting.py",
    },
    "keep_list_key": {
        "cohorts/services/uploading.py",
        "safety/services/parting.py",
        "safety/services/reporting.py",
    },
    "list_key": {"safety/services/reporting.py"},
    "seal": {"accounts/services/persons.py"},
    "seal_file_for": {"certificates/sealing.py"},
    "seal_for": {
        "accounts/services/factors.py",
        "accounts/services/sessions.py",
        "assessments/sealing.py",
        "certificates/sealing.py",
        "cohorts/sealing.py",
        "cohorts/services/enrolling.py",
        "safety/services/opening.py",
        "safety/services/planning.py",
    },
    "open_list": {
        "cohorts/services/uploading.py",
        "safety/services/parting.py",
        "safety/services/reporting.py",
    },
    "destroy_key": {"cohorts/services/uploading.py", "safety/services/parting.py"},
    "open_all": {
        "accounts/services/factors.py",
        "accounts/views/devices.py",
        "assessments/sealing.py",
        "certificates/sealing.py",
        "cohorts/sealing.py",
        "safety/services/opening.py",
        "safety/services/planning.py",
    },
}
"""Who may call what of the vault. A new caller is a decision: docs/decisions/0005."""
SOURCE = Path(lms.__file__).parent


def test_the_callers_of_the_vault_are_these():
    found = {name: set() for name in CALLERS}
    for file in SOURCE.rglob("*.py"):
        for name in re.findall(r"\bvault\.([a-z]\w*)\(", file.read_text()):
            found[name].add(str(file.relative_to(SOURCE)))
    assert found == CALLERS


def test_nothing_else_opens_sealed_values():
    opening = re.compile(r"\.unwrap\(|\.open\(.*place=")
    found = {str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if opening.search(file.read_text())}
    assert found <= {"accounts/vault.py", "kernel/sealed.py"}


def test_a_contact_opens_for_its_person(in_app, cast):
    assert vault.open_contact(find_recipient(cast.cedar.id)) == "cedar@kanaria.example"


def test_a_file_opens_for_its_person_and_its_place_alone(in_app, cast):
    cedar, nour = (find_recipient(member.id) for member in (cast.cedar, cast.nour))
    sealed = vault.seal_file_for(cedar, b"%PDF-\xff\x00", place="some.page")
    assert b"%PDF" not in sealed.box and vault.open_file(cedar, sealed, place="some.page") == b"%PDF-\xff\x00"
    for person, place in ((nour, "some.page"), (cedar, "another.page")):
        with pytest.raises(CannotOpen):
            vault.open_file(person, sealed, place=place)


def test_a_text_opens_with_the_wrapped_key_of_its_person_alone(in_app, cast):
    cedar = find_recipient(cast.cedar.id)
    sealed, wrapped = vault.seal_for(cedar, "a name", place="some.name"), cedar.key.wrapped
    assert vault.open_with(wrapped, cedar.public_id, sealed, place="some.name") == "a name"
    with pytest.raises(CannotOpen):
        vault.open_with(wrapped, cast.nour.public_id, sealed, place="some.name")


def test_without_the_key_nothing_opens_any_more(in_app, cast):
    db.session.query(PersonKey).filter_by(person_id=cast.cedar.public_id).delete()
    db.session.expire_all()
    with pytest.raises(CannotOpen):
        vault.open_contact(find_recipient(cast.cedar.id))


def test_another_ring_opens_nothing(in_app, cast):
    before = in_app.extensions["key_ring"]
    in_app.extensions["key_ring"] = KeyRing.parse(KeyRing.new_line())
    try:
        with pytest.raises(CannotOpen):
            vault.open_contact(find_recipient(cast.cedar.id))
    finally:
        in_app.extensions["key_ring"] = before


def test_a_legal_name_is_in_no_row_in_clear(in_app, cast):
    person = db.session.get_one(Person, cast.cedar.id)
    assert CANARY.encode() not in person.legal_name.box
    assert vault.can_open(find_recipient(cast.cedar.id))
