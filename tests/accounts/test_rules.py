from datetime import timedelta

import pytest

from lms.accounts.errors import (
    InvitationExpired,
    InvitationUsed,
    LoginUnfit,
    PassphraseTellsLogin,
    PassphraseTooLong,
    PassphraseTooShort,
)
from lms.accounts.rules import credentials, invitations, limits, sessions
from tests.cast import DAY, HOUR, NOW

MINUTE = timedelta(minutes=1)
ALLOWED = limits.AllowedFailures(of_pair=5, of_account=30, of_source=30)


@pytest.mark.parametrize(
    ("pair", "account", "source", "may"),
    [
        (1, 1, 1, True),
        (5, 5, 5, True),
        (6, 6, 6, False),
        (1, 30, 1, True),
        (1, 31, 1, False),
        (1, 1, 30, True),
        (1, 1, 31, False),
    ],
)
def test_a_try_is_looked_at_up_to_each_limit(pair, account, source, may):
    failures = limits.Failures(of_pair=pair, of_account=account, of_source=source, everywhere=99_999)
    assert limits.may_try(failures, ALLOWED) is may


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_one_person_cannot_be_many_sources(address, source):
    assert limits.source_of(address) == source


def test_a_text_that_is_slow_to_normalise_is_refused_unread():
    slow = "a" + "\u0301" * 100_000 + "\u0316" * 100_000
    assert not credentials.is_hashable(slow)
    with pytest.raises(PassphraseTooLong):
        credentials.check_passphrase(slow, login="nour", has_factor=False)
    with pytest.raises(LoginUnfit):
        credentials.check_login(slow)


@pytest.mark.parametrize("typed", ["Cedar", " cedar ", "ＣＥＤＡＲ", "CEDAR"])
def test_a_login_is_found_however_it_is_typed(typed):
    assert credentials.fold_login(typed) == "cedar"


@pytest.mark.parametrize("typed", ["", "ab", "  ab  ", "x" * 65])
def test_a_login_has_three_to_sixty_four_characters(typed):
    with pytest.raises(LoginUnfit):
        credentials.check_login(typed)


@pytest.mark.parametrize("typed", ["abc", "نور", "x" * 64])
def test_a_login_may_be_in_any_script(typed):
    credentials.check_login(typed)


@pytest.mark.parametrize("length", [0, 7, 14])
def test_alone_a_passphrase_has_fifteen_characters(length):
    with pytest.raises(PassphraseTooShort):
        credentials.check_passphrase("ن" * length, login="nour", has_factor=False)


@pytest.mark.parametrize(("length", "has_factor"), [(15, False), (128, False), (8, True), (128, True)])
def test_any_script_up_to_a_hundred_and_twenty_eight_is_welcome(length, has_factor):
    words = ("قمر فوق بيت قديم على ضفة النهر " * 5)[:length]
    credentials.check_passphrase(words, login="nour", has_factor=has_factor)


def test_with_a_factor_eight_are_enough_and_seven_are_not():
    with pytest.raises(PassphraseTooShort):
        credentials.check_passphrase("1234567", login="nour", has_factor=True)


def test_a_longer_one_is_refused_before_it_is_hashed():
    with pytest.raises(PassphraseTooLong):
        credentials.check_passphrase("x" * 129, login="nour", has_factor=False)
    assert credentials.is_hashable("x" * 128) and not credentials.is_hashable("x" * 129)


def test_the_login_is_no_passphrase():
    with pytest.raises(PassphraseTellsLogin):
        credentials.check_passphrase("Cedar Of The North", login="cedar of the north ", has_factor=False)


def test_composed_and_decomposed_letters_are_one_passphrase():
    assert credentials.fold_passphrase("e\u0301te\u0301") == credentials.fold_passphrase("été")


@pytest.mark.parametrize(
    ("idle", "age", "shared", "alive"),
    [
        (0 * HOUR, HOUR, False, True),
        (6 * DAY, 6 * DAY, False, True),
        (7 * DAY, 7 * DAY, False, False),
        (14 * MINUTE, HOUR, True, True),
        (15 * MINUTE, HOUR, True, False),
        (0 * HOUR, 30 * DAY, False, False),
        (0 * HOUR, 30 * DAY - MINUTE, False, True),
        (0 * HOUR, 30 * DAY, True, False),
    ],
)
def test_a_session_ends_by_idleness_and_by_age(idle, age, shared, alive):
    times = sessions.SessionTimes(started_at=NOW - age, used_at=NOW - idle, shared=shared)
    assert sessions.is_alive(times, at=NOW) is alive


@pytest.mark.parametrize(("minutes", "due"), [(0, False), (4, False), (5, True), (60, True)])
def test_use_is_written_at_most_once_in_five_minutes(minutes, due):
    times = sessions.SessionTimes(started_at=NOW - DAY, used_at=NOW - minutes * MINUTE, shared=False)
    assert sessions.should_note_use(times, at=NOW) is due


def _invitation(*, days_left=1.0, used=False, withdrawn=False):
    return invitations.InvitationState(
        expires_at=NOW + days_left * DAY, used_at=NOW if used else None, withdrawn_at=NOW if withdrawn else None
    )


def test_an_open_invitation_may_be_used():
    invitations.check_invitation(_invitation(), at=NOW)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (_invitation(used=True), InvitationUsed),
        (_invitation(used=True, days_left=-1), InvitationUsed),
        (_invitation(withdrawn=True), InvitationExpired),
        (_invitation(days_left=0), InvitationExpired),
        (_invitation(days_left=-1), InvitationExpired),
    ],
)
def test_a_used_withdrawn_or_old_invitation_is_refused(state, refusal):
    with pytest.raises(refusal):
        invitations.check_invitation(state, at=NOW)
