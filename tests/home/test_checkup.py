from datetime import timedelta

import pytest

from lms.home import checkup
from lms.kernel.db import db
from lms.messaging import services as messaging
from lms.settings import current_settings
from tests.cast import DAY, NOW

pytestmark = pytest.mark.usefixtures("in_app")


def said(at=NOW):
    """What the doctor says of the outbox, and whether it has to be mended."""
    found = [
        one for one in checkup.findings(current_settings(), at=at) if "waits" in one.text or "given up" in one.text
    ]
    return [(one.is_fault, one.text) for one in found]


def write(minutes=0, **row):
    job = messaging.write_to(1, "something_new", at=NOW - timedelta(minutes=minutes))
    for name, value in row.items():
        setattr(job, name, value)
    db.session.flush()


def test_an_outbox_in_order_is_told_with_its_age():
    write(15)
    assert said() == [
        (False, "the oldest work waits since 15 minutes"),
        (False, "messages given up in the last 30 days: 0"),
    ]


def test_an_empty_outbox_is_in_order():
    assert said()[0] == (False, "the oldest work waits since 0 minutes")


def test_work_that_waits_too_long_has_to_be_mended():
    write(16)
    assert said()[0] == (
        True,
        "the oldest work waits since 16 minutes: does `lms worker` run, does the mail server answer?",
    )


def test_messages_that_were_given_up_are_counted():
    for _ in range(2):
        write(60, done_at=NOW, fault="OSError", tries=10)
    write(60, done_at=NOW, fault="Undeliverable", tries=1)
    assert said()[1] == (False, "messages given up in the last 30 days: 2")


def test_work_of_the_future_does_not_wait():
    write(-60)
    assert said(NOW)[0] == (False, "the oldest work waits since 0 minutes")
    assert said(NOW + DAY)[0][0]
