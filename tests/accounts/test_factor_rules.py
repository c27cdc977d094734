"""Who needs which proof, when a factor may be given up, and which code is taken: without a database."""

from datetime import timedelta

import pytest

from lms.accounts.errors import LastFactor, PassphraseStandsAlone, TravelTooLong, TravelTooSoon
from lms.accounts.rules import factors, sessions, travel
from lms.accounts.rules.factors import Proof, Ways
from lms.accounts.rules.roles import Role
from lms.accounts.rules.sessions import LocksAfter, SessionTimes
from tests.cast import DAY, HOUR, NOW

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
STAFF = [role for role in Role if role not in (Role.PARTICIPANT, Role.APPLICANT, Role.ADMIN)]


def ways(*, passphrase=True, alone=True, passkeys=0, app=False):
    return Ways(has_passphrase=passphrase, stands_alone=alone, passkeys=passkeys, has_app=app, codes_left=0)


@pytest.mark.parametrize("role", [Role.PARTICIPANT, Role.APPLICANT])
@pytest.mark.parametrize("proof", list(Proof))
def test_whoever_learns_may_come_by_any_way(role, proof):
    assert factors.is_enough(proof, role)


@pytest.mark.parametrize("role", STAFF)
def test_staff_count_as_staff_with_a_second_factor_only(role):
    assert {proof for proof in Proof if factors.is_enough(proof, role)} == set(Proof) - {Proof.PASSPHRASE}


def test_an_administrator_counts_with_a_passkey_only():
    assert [proof for proof in Proof if factors.is_enough(proof, Role.ADMIN)] == [Proof.PASSKEY]


@pytest.mark.parametrize(
    ("ago", "fresh"),
    [(0 * SECOND, True), (5 * MINUTE - SECOND, True), (5 * MINUTE, False), (6 * MINUTE, False), (-SECOND, False)],
)
def test_a_factor_is_fresh_for_five_minutes(ago, fresh):
    assert factors.is_fresh(NOW - ago, at=NOW) is fresh


def test_what_was_never_shown_is_not_fresh():
    assert not factors.is_fresh(None, at=NOW)


@pytest.mark.parametrize(
    ("now", "roles", "refusal"),
    [
        (ways(passkeys=1), [], None),
        (ways(passkeys=1), [Role.PARTICIPANT], None),
        (ways(passkeys=1, alone=False), [], PassphraseStandsAlone),
        (ways(passkeys=1, alone=False, app=True), [], None),
        (ways(passkeys=2, alone=False), [], None),
        (ways(passkeys=1, passphrase=False), [], LastFactor),
        (ways(passkeys=1, passphrase=False, app=True), [], LastFactor),
        (ways(passkeys=2, passphrase=False), [], None),
        (ways(passkeys=1), [Role.FACILITATOR], LastFactor),
        (ways(passkeys=1, app=True), [Role.FACILITATOR], None),
        (ways(passkeys=1, app=True), [Role.FACILITATOR, Role.ADMIN], LastFactor),
        (ways(passkeys=2), [Role.ADMIN], None),
    ],
)
def test_a_passkey_is_kept_where_nothing_else_would_do(now, roles, refusal):
    if refusal is None:
        factors.check_removal_of_passkey(now, roles)
    else:
        with pytest.raises(refusal):
            factors.check_removal_of_passkey(now, roles)


@pytest.mark.parametrize(
    ("now", "roles", "refusal"),
    [
        (ways(app=True), [], None),
        (ways(app=True, alone=False), [], PassphraseStandsAlone),
        (ways(app=True, passkeys=1, alone=False), [], None),
        (ways(app=True), [Role.COORDINATOR], LastFactor),
        (ways(app=True, passkeys=1), [Role.COORDINATOR, Role.ADMIN], None),
        (ways(app=True, passkeys=1, passphrase=False), [], None),
    ],
)
def test_the_app_is_kept_where_nothing_else_would_do(now, roles, refusal):
    if refusal is None:
        factors.check_removal_of_app(now, roles)
    else:
        with pytest.raises(refusal):
            factors.check_removal_of_app(now, roles)


def test_codes_of_three_steps_are_taken():
    steps = factors.near_steps(NOW)
    assert len(steps) == 3 and steps[1] == int(NOW.timestamp()) // 30


@pytest.mark.parametrize(
    ("code", "last", "step"),
    [("11", 0, 1), ("22", 0, 2), ("22", 1, 2), ("22", 2, None), ("33", 5, None), ("99", 0, None)],
)
def test_a_code_works_once_and_no_older_one_after_it(code, last, step):
    assert factors.accepted_step(code, [(1, "11"), (2, "22"), (3, "33")], last_step=last) == step


def test_of_two_steps_with_the_same_code_the_later_one_counts():
    assert factors.accepted_step("11", [(1, "11"), (2, "11")], last_step=0) == 2


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456", "١٢٣٤٥٦", "۱۲۳۴۵۶", "１２３４５６"])
def test_a_code_is_read_in_any_digits(typed):
    assert factors.fold_code(typed) == "123456"


@pytest.mark.parametrize(
    ("locks", "shared", "staff", "limit"),
    [
        (LocksAfter.NEVER, False, False, 7 * DAY),
        (LocksAfter.NEVER, True, False, 15 * MINUTE),
        (LocksAfter.NEVER, False, True, 12 * HOUR),
        (LocksAfter.FIVE, False, False, 5 * MINUTE),
        (LocksAfter.FIVE, True, True, 5 * MINUTE),
        (LocksAfter.FIFTEEN, False, False, 15 * MINUTE),
        (LocksAfter.SIXTY, False, False, 60 * MINUTE),
        (LocksAfter.SIXTY, True, False, 15 * MINUTE),
    ],
)
def test_a_session_locks_after_the_shortest_of_its_limits(locks, shared, staff, limit):
    times = SessionTimes(started_at=NOW, used_at=NOW, shared=shared, locks_after=locks, is_staff=staff)
    assert sessions.idle_limit(times) == limit
    assert sessions.is_alive(times, at=NOW + limit - SECOND) and not sessions.is_alive(times, at=NOW + limit)


@pytest.mark.parametrize(
    ("locks", "due"),
    [
        (LocksAfter.NEVER, 5 * MINUTE),
        (LocksAfter.FIVE, MINUTE),
        (LocksAfter.FIFTEEN, 3 * MINUTE),
        (LocksAfter.SIXTY, 5 * MINUTE),
    ],
)
def test_use_is_noted_so_often_that_nobody_is_locked_out_while_she_works(locks, due):
    times = SessionTimes(started_at=NOW, used_at=NOW, shared=False, locks_after=locks)
    assert not sessions.should_note_use(times, at=NOW + due - SECOND) and sessions.should_note_use(times, at=NOW + due)


def test_an_account_is_closed_until_the_day_and_open_on_it():
    today = NOW.date()
    assert not travel.is_away(None, today=today)
    assert travel.is_away(today + DAY, today=today)
    assert not travel.is_away(today, today=today)


@pytest.mark.parametrize(
    ("days", "refusal"), [(-1, TravelTooSoon), (0, TravelTooSoon), (1, None), (60, None), (61, TravelTooLong)]
)
def test_travel_ends_on_a_day_to_come_that_is_not_far(days, refusal):
    today = NOW.date()
    if refusal is None:
        travel.check_travel(today + days * DAY, today=today)
    else:
        with pytest.raises(refusal):
            travel.check_travel(today + days * DAY, today=today)
