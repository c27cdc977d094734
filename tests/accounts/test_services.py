from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy.exc import InvalidRequestError

from lms.accounts import hashes, passphrases, queries
from lms.accounts.errors import (
    InvitationExpired,
    InvitationUnknown,
    InvitationUsed,
    LoginUnfit,
    TooManyAttempts,
    WrongCredentials,
)
from lms.accounts.models import Invitation, Person, Session, SignInAttempt
from lms.accounts.rules.factors import Proof
from lms.accounts.rules.preferences import Digits, Theme
from lms.accounts.rules.roles import Role
from lms.accounts.rules.sessions import LocksAfter, should_note_use
from lms.accounts.services import codes, credentials, limiting, persons, preferring, sessions, sweeping
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from lms.messaging.models import Job
from lms.settings import Limits
from tests.cast import CANARY, DAY, HOUR, NOW

MINUTE = timedelta(minutes=1)
LONG = "seven words that nobody would ever guess"


@pytest.fixture
def cedar(in_app, cast):
    return db.session.get_one(Person, cast.cedar.id)


@pytest.fixture
def limits(in_app):
    """Set the limits for one test."""
    before = in_app.extensions["settings"]

    def set_to(**values):
        in_app.extensions["settings"] = replace(before, limits=Limits(**values))

    yield set_to
    in_app.extensions["settings"] = before


def trying(login="cedar", source="192.0.2.1", *, device=None):
    return limiting.limit_of(login, limiting.Source(address=source, device=device))


def try_once(login="cedar", source="192.0.2.1", *, device=None, at=NOW):
    with transaction():
        return limiting.begin_attempt(trying(login, source, device=device), at=at)


def may_try(login="cedar", source="192.0.2.1", *, device=None, at=NOW):
    """Whether she would be let in, as it is looked up before anything is written."""
    try:
        limiting.check_limit(trying(login, source, device=device), at=at)
    except TooManyAttempts:
        return False
    return True


def test_right_credentials_find_their_person(cedar, cast):
    assert credentials.check_credentials(" CEDAR ", cast.cedar.passphrase, at=NOW) is cedar


@pytest.mark.parametrize(
    ("login", "passphrase"), [("cedar", "wrong words entirely"), ("nobody", LONG), ("cedar", "x" * 129), ("", "")]
)
def test_wrong_and_unknown_are_refused_alike(cedar, login, passphrase):
    with pytest.raises(WrongCredentials):
        credentials.check_credentials(login, passphrase, at=NOW)


def test_a_disabled_person_cannot_sign_in(cedar, cast):
    cedar.disabled_at = NOW
    db.session.flush()
    with pytest.raises(WrongCredentials):
        credentials.check_credentials("cedar", cast.cedar.passphrase, at=NOW)


def test_the_sixth_failure_of_an_account_is_not_looked_at(in_app):
    for _ in range(5):
        try_once()
    with pytest.raises(TooManyAttempts):
        try_once()
    try_once(source="192.0.2.99"), try_once(login="nour")


def test_a_refused_try_is_not_counted_so_nobody_is_kept_out_for_longer_than_the_window(in_app):
    for minute in range(5):
        try_once(at=NOW + minute * MINUTE)
    for minute in range(5, 15):
        with pytest.raises(TooManyAttempts):
            try_once(at=NOW + minute * MINUTE)
    try_once(at=NOW + 16 * MINUTE)


def test_limits_hold_for_a_source_and_for_an_account(limits):
    limits(per_source=2, per_account=3)
    try_once("a"), try_once("b")
    with pytest.raises(TooManyAttempts):
        try_once("c")
    try_once("a", source="192.0.2.2"), try_once("a", source="192.0.2.3")
    with pytest.raises(TooManyAttempts):
        try_once("a", source="192.0.2.4")


@pytest.mark.parametrize("limit", ["per_pair", "per_account", "per_source"])
def test_looking_says_what_counting_would_say_and_counts_nothing(limits, limit):
    limits(**{"per_pair": 99, "per_account": 99, "per_source": 99, limit: 3})
    for _ in range(3):
        assert may_try()
        try_once()
    assert not may_try() and may_try(at=NOW + 16 * MINUTE)
    with pytest.raises(TooManyAttempts):
        try_once()
    assert may_try("nour", "192.0.2.2"), "another account from another source"
    assert db.session.query(SignInAttempt).count() == 3


def test_looking_goes_by_the_limit_of_a_known_device(cedar, limits):
    limits(per_pair=1, per_device=2)
    hers = limiting.remember_device(cedar, at=NOW)
    db.session.flush()
    try_once()
    assert not may_try() and may_try(device=hers)
    try_once(device=hers), try_once(device=hers)
    assert not may_try(device=hers)


def test_looking_at_the_uses_of_a_page_says_what_counting_would_say(in_app):
    for _ in range(2):
        limiting.check_use("a page", "192.0.2.1", most=2, at=NOW)
        use()
    with pytest.raises(TooManyAttempts):
        limiting.check_use("a page", "192.0.2.1", most=2, at=NOW)
    assert db.session.query(SignInAttempt).count() == 2


def test_places_are_shared_by_a_source_or_by_all_devices_that_know_one_person(cedar):
    first, second = (limiting.remember_device(cedar, at=NOW) for _ in range(2))
    db.session.flush()
    assert trying("a").whose == trying("b").whose != trying("a", "192.0.2.2").whose
    assert trying(device=first).whose == trying(source="192.0.2.2", device=second).whose
    assert trying(device=first).is_known and not trying(device="somebody else's").is_known


def test_a_try_that_nobody_looked_at_is_taken_back_alone(in_app):
    try_once()
    limiting.take_back(try_once())
    assert db.session.query(SignInAttempt).count() == 1


def use(source="192.0.2.1", *, at=NOW, purpose="a page", most=2):
    with transaction():
        limiting.count_use(purpose, source, most=most, at=at)


def test_what_is_open_to_everybody_is_limited_by_its_source_alone(in_app, limits, caplog):
    limits(alarm=1, per_source=1, per_account=1)
    use(), use()
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            use()
    use(purpose="another page"), use("192.0.2.2"), use(at=NOW + 16 * MINUTE)
    assert caplog.text == "", "no failed sign-in"


def test_uses_of_a_page_are_no_failed_sign_ins_and_go_when_their_window_is_over(in_app, limits):
    limits(per_source=1)
    use(), try_once()
    assert db.session.query(SignInAttempt).count() == 2
    sweeping.sweep(at=NOW + 15 * MINUTE)
    assert db.session.query(SignInAttempt).count() == 1


def test_no_number_of_failures_elsewhere_keeps_anybody_out_but_it_is_logged(limits, caplog):
    limits(alarm=3)
    for number in range(5):
        try_once(f"person {number}", source=f"192.0.2.{number}")
    assert caplog.text.count("3 failed sign-ins in 15 minutes") == 1


def test_a_known_device_is_not_kept_out_by_others_and_has_a_limit_of_its_own(cedar, limits):
    limits(per_pair=2, per_account=4, per_device=3)
    hers = limiting.remember_device(cedar, at=NOW)
    db.session.flush()
    for number in range(4):
        try_once(source=f"192.0.2.{number}")
    with pytest.raises(TooManyAttempts):
        try_once(device="somebody else's")
    for _ in range(3):
        try_once(device=hers)
    with pytest.raises(TooManyAttempts):
        try_once(device=hers)
    try_once(login="nour", source="192.0.2.7", device=hers)


def test_a_device_is_forgotten_on_leaving_and_with_new_credentials(cedar):
    index = hashes.login_index("cedar")
    left, kept = (limiting.remember_device(cedar, at=NOW) for _ in range(2))
    limiting.forget_device(left)
    assert [queries.is_known_device(token, index) for token in (left, kept)] == [False, True]
    credentials.set_credentials(cedar, credentials.make_credentials("cedar", LONG), by=cedar, at=NOW)
    assert not queries.is_known_device(kept, index)


def test_signing_in_forgives_the_failures_before(cedar, cast):
    for _ in range(4):
        try_once()
    limiting.forgive(try_once())
    assert db.session.query(SignInAttempt).count() == 0


def test_no_address_is_stored(in_app):
    attempt = try_once(source="192.0.2.77")
    assert b"192.0.2.77" not in attempt.source_key and len(attempt.source_key) == 32


def test_a_session_is_found_by_its_token_with_key_and_roles_in_one_statement(app, cast, statements):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.facilitator.id)
        token = sessions.start_session(person, proof=Proof.PASSKEY, shared=False, at=NOW)
    with app.app_context(), statements() as seen:
        session = queries.find_session(token, any_proof=False, at=NOW)
        assert session.person.shown_name == "Facilitator"
        assert session.person.key is not None
        assert [grant.role for grant in session.person.roles] == [Role.FACILITATOR]
    assert len(seen) == 1


def test_a_role_that_has_ended_or_not_begun_is_not_held(cedar, cast):
    ended = persons.grant_role(cedar, Role.EDITOR, cohort_id=None, by=None, at=NOW - DAY)
    ended.until_at = NOW
    persons.grant_role(cedar, Role.AUDITOR, cohort_id=None, by=None, at=NOW + HOUR)
    token = sessions.start_session(cedar, proof=Proof.PASSKEY, shared=False, at=NOW)
    db.session.flush()
    assert queries.find_session(token, any_proof=False, at=NOW).person.roles == []


def test_only_the_hash_of_a_token_is_stored(cedar):
    token = sessions.start_session(cedar, proof=Proof.PASSKEY, shared=False, at=NOW)
    db.session.flush()
    assert token.encode() not in db.session.query(Session).one().token_hash


def old_hash(passphrase):
    return PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(passphrase)


def test_a_hash_with_old_parameters_is_made_anew(cedar, cast):
    cedar.passphrase_hash = old_hash(cast.cedar.passphrase)
    credentials.keep_renewed(cedar, credentials.renew_hash(cedar, cast.cedar.passphrase))
    assert not passphrases.is_outdated(cedar.passphrase_hash)
    assert credentials.check_credentials("cedar", cast.cedar.passphrase, at=NOW) is cedar
    assert credentials.renew_hash(cedar, cast.cedar.passphrase) is None


def test_a_passphrase_that_was_changed_meanwhile_is_not_brought_back(cedar, cast):
    cedar.passphrase_hash = old_hash(cast.cedar.passphrase)
    renewal = credentials.renew_hash(cedar, cast.cedar.passphrase)
    credentials.set_credentials(cedar, credentials.make_credentials("cedar", LONG), by=cedar, at=NOW)
    credentials.keep_renewed(cedar, renewal)
    assert credentials.check_credentials("cedar", LONG, at=NOW) is cedar


def test_signing_out_ends_the_session_and_twice_is_no_error(cedar):
    token = sessions.start_session(cedar, proof=Proof.PASSKEY, shared=False, at=NOW)
    sessions.end_session(token)
    sessions.end_session(token)
    db.session.flush()
    assert queries.find_session(token, any_proof=False, at=NOW) is None


def test_an_invitation_lets_her_choose_and_is_used_up(cedar):
    code = codes.invite(cedar, by=None, at=NOW)
    db.session.flush()
    assert (
        codes.use_invitation(code.lower().replace("-", " "), credentials.make_credentials("new name", LONG), at=NOW)
        is cedar
    )
    assert credentials.check_credentials("new name", LONG, at=NOW) is cedar
    with pytest.raises(InvitationUsed):
        codes.use_invitation(code, credentials.make_credentials("another", LONG), at=NOW)


def test_an_invitation_is_stored_hashed_and_a_notice_waits_in_the_outbox(cedar):
    code = codes.invite(cedar, by=cedar, at=NOW)
    db.session.flush()
    assert code.encode() not in db.session.query(Invitation).one().code_hash
    codes.use_invitation(code, credentials.make_credentials("new name", LONG), at=NOW)
    job = db.session.query(Job).filter_by(kind="message").one()
    assert (job.payload["person"], job.payload["template"]) == (cedar.id, "account_opened")


def test_an_unknown_or_old_code_opens_nothing(cedar):
    with pytest.raises(InvitationUnknown):
        codes.use_invitation("0000-0000-0000-0000", credentials.make_credentials("new name", LONG), at=NOW)
    code = codes.invite(cedar, by=None, at=NOW - 14 * DAY)
    db.session.flush()
    with pytest.raises(InvitationExpired):
        codes.use_invitation(code, credentials.make_credentials("new name", LONG), at=NOW)


def test_looking_at_a_code_uses_nothing_up(cedar):
    code = codes.invite(cedar, by=None, at=NOW)
    db.session.flush()
    assert codes.look_at_code(code, at=NOW).person is cedar
    with pytest.raises(InvitationUnknown):
        codes.look_at_code("0000-0000-0000-0000", at=NOW)
    assert codes.use_invitation(code, credentials.make_credentials("new name", LONG), at=NOW) is cedar


def test_a_login_in_use_is_refused_and_her_own_is_kept(cedar, cast):
    credentials.set_credentials(cedar, credentials.make_credentials("cedar", LONG), by=cedar, at=NOW)
    db.session.get_one(Person, cast.nour.id).disabled_at = NOW
    db.session.flush()
    with pytest.raises(LoginUnfit), db.session.begin_nested():
        credentials.set_credentials(cedar, credentials.make_credentials("Nour", LONG), by=cedar, at=NOW)


def test_new_credentials_end_every_session_she_had(cedar):
    token = sessions.start_session(cedar, proof=Proof.PASSKEY, shared=False, at=NOW)
    credentials.set_credentials(cedar, credentials.make_credentials("cedar", LONG), by=cedar, at=NOW)
    assert queries.find_session(token, any_proof=False, at=NOW) is None


def test_a_newer_code_closes_the_older_one(cedar):
    older, newer = (codes.invite(cedar, by=None, at=NOW) for _ in range(2))
    db.session.flush()
    with pytest.raises(InvitationExpired):
        codes.use_invitation(older, credentials.make_credentials("new name", LONG), at=NOW)
    assert codes.use_invitation(newer, credentials.make_credentials("new name", LONG), at=NOW) is cedar


def test_what_no_page_needs_is_not_loaded_with_a_session(cedar):
    token = sessions.start_session(cedar, proof=Proof.PASSKEY, shared=False, at=NOW)
    db.session.flush()
    db.session.expunge_all()
    person = queries.find_session(token, any_proof=False, at=NOW).person
    for column in ("passphrase_hash", "legal_name", "contact"):
        with pytest.raises(InvalidRequestError):
            getattr(person, column)


def test_a_new_person_has_a_key_and_sealed_values(in_app):
    new = persons.NewPerson(shown_name="Slate", interface_language="en", time_zone="UTC", legal_name=f"{CANARY} X")
    person = persons.make_person(new, by=None, at=NOW)
    db.session.flush()
    assert CANARY.encode() not in person.legal_name.box
    assert person.contact is None
    assert queries.find_recipient(person.id).key is not None


def test_preferences_are_kept(cedar):
    wanted = preferring.Preferences(
        interface_language="ar",
        time_zone="Asia/Aden",
        theme=Theme.DARK,
        digits=Digits.ARABIC,
        leave_to="news",
        exit_keys=True,
        locks_after=LocksAfter.FIVE,
    )
    preferring.save_preferences(cedar, wanted)
    db.session.flush()
    db.session.refresh(cedar)
    assert (cedar.theme, cedar.digits, cedar.leave_to, cedar.exit_keys) == (Theme.DARK, Digits.ARABIC, "news", True)
    assert cedar.locks_after is LocksAfter.FIVE


def test_the_sweep_deletes_what_is_over_and_nothing_else(cedar):
    alive = {"own": (DAY, DAY, False), "shared": (MINUTE, MINUTE, True)}
    dead = {"idle": (8 * DAY, 8 * DAY, False), "old": (31 * DAY, HOUR, False), "shared idle": (HOUR, HOUR, True)}
    for number, (age, idle, shared) in enumerate([*alive.values(), *dead.values()]):
        db.session.add(
            Session(
                token_hash=bytes([number]) * 32,
                person_id=cedar.id,
                started_at=NOW - age,
                used_at=NOW - idle,
                shared=shared,
            )
        )
    db.session.add(SignInAttempt(account_key=b"a", source_key=b"b", at=NOW - 2 * DAY))
    db.session.add(SignInAttempt(account_key=b"a", source_key=b"b", at=NOW - HOUR))
    codes.invite(cedar, by=None, at=NOW - 14 * DAY)
    codes.invite(cedar, by=None, at=NOW - DAY)
    db.session.flush()
    sweeping.sweep(at=NOW)
    counts = [db.session.query(model).count() for model in (Session, SignInAttempt, Invitation)]
    assert counts == [2, 1, 1]


def test_acts_are_recorded_by_number_without_words(cedar):
    codes.invite(cedar, by=cedar, at=NOW)
    persons.grant_role(cedar, Role.PANEL, cohort_id=None, by=cedar, at=NOW)
    db.session.flush()
    entries = db.session.query(Entry).order_by(Entry.id.desc()).limit(2).all()
    assert [(e.act, e.by_id, e.changes) for e in entries] == [
        ("accounts.role.granted", cedar.id, {"role": [None, "panel"]}),
        ("accounts.person.invited", cedar.id, {}),
    ]


def test_note_use_moves_the_last_used_minute(cedar):
    token = sessions.start_session(cedar, proof=Proof.PASSKEY, shared=False, at=NOW)
    db.session.flush()
    session = queries.find_session(token, any_proof=False, at=NOW)
    sessions.note_use(session.id, at=NOW + HOUR)
    session = queries.find_session(token, any_proof=False, at=NOW)
    assert not should_note_use(session.times(), at=NOW + HOUR)


def test_a_role_that_has_ended_keeps_its_end(in_app, cast):
    person = db.session.get_one(Person, cast.facilitator.id)
    grant = persons.grant_role(person, Role.EDITOR, cohort_id=None, by=None, at=NOW - 3 * DAY)
    for days in (2, 1):
        persons.end_role(grant, by=None, at=NOW - days * DAY)
    assert grant.until_at == NOW - 2 * DAY
