from datetime import timedelta

import pytest

from lms.messaging import rules
from tests.cast import NOW


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (3, 4), (8, 128), (9, 256)])
def test_a_failed_job_waits_longer_each_time(tries, minutes):
    assert rules.next_try_at(tries, at=NOW) == NOW + timedelta(minutes=minutes)


def test_a_job_is_given_up_after_ten_tries():
    assert rules.next_try_at(rules.MOST_TRIES, at=NOW) is None
