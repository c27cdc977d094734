"""What acts on factors and accounts refuse, below the pages."""

import pytest

from lms.accounts import passkeys, queries
from lms.accounts.errors import LastFactor, PasskeyRefused, PasskeysMany, WrongCode
from lms.accounts.models import Passkey, Person, Session
from lms.accounts.passkeys import NewKey, Purpose
from lms.accounts.rules.factors import PASSKEYS_MOST, Proof
from lms.accounts.rules.roles import Role
from lms.accounts.services import closing, factors, sessions
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from tests.accounts.test_factors import add_app, add_passkey
from tests.cast import NOW
from tests.client import Visitor


@pytest.fixture
def cedar(in_app, cast):
    return queries.people_with_keys([cast.cedar.id])[0]


def new_key(number=1):
    return NewKey(credential_id=bytes([number]) * 16, public_key=b"key", sign_count=0)


def question():
    return passkeys.new_question(Purpose.ADD, "a browser", at=NOW)


def test_a_passkey_without_a_name_has_none(cedar):
    with transaction():
        factors.add_passkey(cedar, new_key(), question(), name="", at=NOW)
    (shown,) = factors.shown_passkeys(cedar, queries.passkeys_of(cedar.id))
    assert shown.name is None and shown.added_on == NOW.date()


def test_a_passkey_is_kept_once(cedar):
    with transaction():
        factors.add_passkey(cedar, new_key(), question(), name="", at=NOW)
    with pytest.raises(PasskeyRefused), transaction():
        factors.add_passkey(cedar, new_key(), question(), name="", at=NOW)


def test_nobody_keeps_more_than_ten(cedar):
    with transaction():
        for number in range(PASSKEYS_MOST):
            factors.add_passkey(cedar, new_key(number), question(), name="", at=NOW)
    with pytest.raises(PasskeysMany), transaction():
        factors.add_passkey(cedar, new_key(99), question(), name="", at=NOW)


def test_one_question_is_answered_once(cedar):
    asked = question()
    with transaction():
        factors.add_passkey(cedar, new_key(1), asked, name="", at=NOW)
    with pytest.raises(PasskeyRefused), transaction():
        factors.add_passkey(cedar, new_key(2), asked, name="", at=NOW)


def test_without_an_app_no_code_is_right(cedar):
    with pytest.raises(WrongCode), transaction():
        factors.use_code(cedar, "123456", at=NOW)


def test_an_app_needs_a_right_code_to_begin(cedar):
    with pytest.raises(WrongCode), transaction():
        factors.add_app(cedar, "A" * 32, "000000", at=NOW)


def test_the_app_is_removed_unless_it_is_needed(app, cast, clock):
    facilitator = Visitor(app).signed_in(cast.facilitator)
    add_app(facilitator, clock)
    page = facilitator.post("factors.remove_app", expect=409)
    assert "You would have no way left" in page.words()
    add_passkey(facilitator)
    facilitator.post("factors.remove_app")
    with app.app_context():
        passkey = db.session.query(Passkey).one().public_id
    facilitator.post("factors.remove_passkey", passkey=passkey, expect=409)


def test_a_role_keeps_its_factor(cedar):
    with transaction():
        passkey = factors.add_passkey(cedar, new_key(), question(), name="", at=NOW)
    with pytest.raises(LastFactor), transaction():
        factors.remove_passkey(cedar, passkey, roles=[Role.ADMIN], at=NOW)


def test_a_weaker_factor_leaves_a_session_as_strong_as_it_was(cedar):
    with transaction():
        sessions.start_session(cedar, proof=Proof.PASSKEY, shared=False, at=NOW)
    session = db.session.query(Session).one()
    factors.note_proof(session, Proof.CODE, at=NOW)
    assert session.proof is Proof.PASSKEY and session.proven_at == NOW
    db.session.rollback()


def test_locking_and_unlocking_twice_is_done_once(cedar, cast):
    acts = ("accounts.person.locked", "accounts.person.unlocked")
    with transaction():
        person = db.session.get_one(Person, cast.cedar.id)
        closing.unlock(person, by=person, at=NOW)
        for act in (closing.lock, closing.lock, closing.unlock, closing.unlock):
            act(person, by=person, at=NOW)
    assert [one.act for one in db.session.query(Entry).filter(Entry.act.in_(acts)).order_by(Entry.id)] == list(acts)


def test_a_set_of_codes_can_be_tried_by_somebody_who_has_none(cedar):
    with pytest.raises(WrongCode), transaction():
        factors.use_recovery_code(cedar, factors.digest_of_code(cedar.id, "AAAA-BBBB"), at=NOW)
