import pytest

from lms.accounts import jobs, services
from lms.accounts.models import Person, SignInAttempt
from lms.kernel.db import db, transaction
from tests.cast import DAY, NOW


@pytest.fixture
def mail(in_app):
    folder = in_app.extensions["settings"].data_dir / "mail"
    yield folder
    for file in folder.glob("*"):
        file.unlink()


def deliver(member):
    jobs.deliver({"person": member.id, "template": "account_opened", "key": "k1"}, NOW)


def test_a_message_is_written_in_her_language_and_says_nothing(in_app, cast, mail):
    deliver(cast.cedar)
    (file,) = mail.glob("*.eml")
    text = file.read_text()
    assert "To: cedar@kanaria.example" in text and "Subject: You have a new message" in text
    assert "Message-ID: <k1@localhost>" in text
    assert "Cc" not in text and "http" not in text
    assert not any(word in text.lower() for word in ("ceasefire", "course", "kanaria legalname"))
    assert len(text) < 2000


def test_who_gave_no_address_gets_no_message(in_app, cast, mail):
    person = db.session.get_one(Person, cast.cedar.id)
    person.contact, person.contact_kind = None, None
    db.session.flush()
    deliver(cast.cedar)
    person.contact_kind = services.ContactKind.EMAIL
    db.session.flush()
    deliver(cast.cedar)
    assert list(mail.glob("*")) == []


def test_a_person_who_is_gone_gets_no_message(in_app, mail):
    jobs.deliver({"person": 987654, "template": "account_opened", "key": "k1"}, NOW)
    assert list(mail.glob("*")) == []


def test_the_sweep_runs_as_a_job(in_app):
    with transaction():
        db.session.add(SignInAttempt(account_key=b"a", source_key=b"b", at=NOW - 2 * DAY))
    jobs.sweep({}, NOW)
    assert db.session.query(SignInAttempt).count() == 0
