from email import message_from_bytes
from email.policy import default

import pytest

from lms.accounts import jobs
from lms.accounts.messages import TEMPLATES
from lms.accounts.models import Person, SignInAttempt
from lms.accounts.rules.credentials import ContactKind
from lms.kernel.db import db, transaction
from lms.messaging.errors import PutOff, Undeliverable
from tests.cast import DAY, HOUR, NOW


@pytest.fixture
def mail(in_app):
    folder = in_app.extensions["settings"].data_dir / "mail"

    def empty():
        for file in folder.glob("*"):
            file.unlink()

    empty()  # other tests send too
    yield folder
    empty()


def deliver(member, template="account_opened", at=NOW):
    jobs.deliver({"person": member.id, "template": template, "key": "k1"}, at)


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
    with pytest.raises(Undeliverable):
        deliver(cast.cedar)
    person.contact_kind = ContactKind.EMAIL
    db.session.flush()
    with pytest.raises(Undeliverable):
        deliver(cast.cedar)
    assert list(mail.glob("*")) == []


def test_a_person_who_is_gone_gets_no_message(in_app, mail):
    with pytest.raises(Undeliverable):
        jobs.deliver({"person": 987654, "template": "account_opened", "key": "k1"}, NOW)
    assert list(mail.glob("*")) == []


def test_at_night_by_her_clock_a_message_waits_for_the_morning(in_app, cast, mail):
    night = NOW + 8 * HOUR  # ten in the evening in Juba
    with pytest.raises(PutOff) as wish:
        deliver(cast.cedar, "something_new", night)
    assert wish.value.until == NOW + 18 * HOUR
    assert list(mail.glob("*")) == []
    deliver(cast.olivier, "something_new", night)  # eight in the evening in Bamako
    assert len(list(mail.glob("*"))) == 1


def test_that_somebody_opened_her_account_is_told_at_any_hour(in_app, cast, mail):
    deliver(cast.cedar, "account_opened", NOW + 10 * HOUR)
    assert len(list(mail.glob("*"))) == 1


TOPIC = ("ceasefire", "course", "cohort", "women", "module", "assignment", "mark", "madar legal", "http", "kanaria l")


@pytest.mark.parametrize("template", [name for name, one in TEMPLATES.items() if not one.has_code])
@pytest.mark.parametrize("name", ["cedar", "olivier", "nour"])
def test_every_message_is_neutral_in_every_language(in_app, cast, mail, template, name):
    deliver(getattr(cast, name), template)
    (file,) = mail.glob("*.eml")
    message = message_from_bytes(file.read_bytes(), policy=default)
    text = message.get_content()
    assert message["To"].addresses[0].addr_spec == f"{name}@kanaria.example" and len(message["To"].addresses) == 1
    assert not {"Cc", "Bcc", "Reply-To"} & set(message.keys())
    assert message.get_content_type() == "text/plain" and message["Auto-Submitted"] == "auto-generated"
    assert not any(word in f"{message['Subject']} {text}".lower() for word in TOPIC)
    assert len(file.read_bytes()) < 2_000


def test_the_sweep_runs_as_a_job(in_app):
    with transaction():
        db.session.add(SignInAttempt(account_key=b"a", source_key=b"b", at=NOW - 2 * DAY))
    jobs.sweep({}, NOW)
    assert db.session.query(SignInAttempt).count() == 0
