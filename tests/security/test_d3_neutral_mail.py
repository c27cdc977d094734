"""D3: a message says that there is something new and nothing else: no name, no course, no picture, one recipient."""

import re
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import update

from lms.accounts import jobs
from lms.accounts.messages import TEMPLATES
from lms.accounts.models import Person
from lms.accounts.rules.credentials import ContactKind
from lms.accounts.services import codes, persons
from lms.cohorts.models import Cohort
from lms.cohorts.services import enrolling
from lms.kernel.db import db, transaction
from lms.messaging import jobs as worker
from lms.messaging import services as messaging
from lms.messaging.models import Job
from tests.cast import CANARY, NOW

LANGUAGES = ("en", "fr", "ar")
SHOWN, ALIAS, TITLE = "Kanariashown", "Kanariaalias", "Kanariatitle"
PREVIEW = 120
"""What a locked screen shows of a message."""

TOPIC = {
    "en": "ceasefire truce women course cohort module lesson quiz assignment mark grade certificate coordinator"
    " facilitator deadline due oslo mediation conflict war peace united nations training programme program",
    "fr": "cessez-le-feu trêve femmes cours cohorte module leçon questionnaire devoir note certificat coordinatrice"
    " facilitatrice échéance oslo médiation conflit guerre paix nations formation programme",
    "ar": "وقف إطلاق هدنة النساء دورة الدورة فوج وحدة درس اختبار واجب علامة شهادة منسق ميسر أوسلو وساطة نزاع حرب"
    " سلام الأمم تدريب برنامج",
}


@pytest.fixture
def mail(app):
    folder = app.extensions["settings"].data_dir / "mail"

    def empty():
        for file in folder.glob("*"):
            file.unlink()

    empty()  # other tests send too
    yield folder
    empty()


def somebody(cast, language):
    """A person of whom everything is a word that may stand nowhere, invited to a course of such words."""
    titles = {"title": dict.fromkeys(LANGUAGES, TITLE)}
    db.session.execute(update(Cohort).where(Cohort.id == cast.cohort_key).values(**titles))
    new = persons.NewPerson(
        shown_name=SHOWN,
        interface_language=language,
        time_zone="UTC",
        legal_name=f"{CANARY} Somebody",
        contact="plain@example.org",
        contact_kind=ContactKind.EMAIL,
    )
    person = persons.make_person(new, by=None, at=NOW)
    cohort = db.session.get_one(Cohort, cast.cohort_key)
    enrolling.enrol(person, cohort, alias=ALIAS, course_language=language, by=None, at=NOW)
    return person.id, codes.invite(person, by=None, at=NOW)


def delivered(app, cast, mail, language, template):
    """The message as it would leave, and the code that it may bring."""
    with app.app_context(), transaction():
        number, code = somebody(cast, language)
    with app.app_context():
        jobs.deliver({"person": number, "template": template, "key": "k1"}, NOW)
    (file,) = mail.glob("*.eml")
    return message_from_bytes(file.read_bytes(), policy=default), file.read_text(), code


EVERY = [(template, language) for template in TEMPLATES for language in LANGUAGES]


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_no_message_names_her_or_what_it_is_about(app, cast, mail, template, language):
    message, raw, _code = delivered(app, cast, mail, language, template)
    text = message.get_content()
    everything = f"{raw} {message['Subject']} {message['From']} {text}"
    assert not any(one in everything for one in (SHOWN, ALIAS, TITLE, CANARY))
    words = set(re.findall(r"[\w-]+", f"{message['Subject']} {text}".lower()))
    assert words & set(TOPIC[language].split()) == set()


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_a_locked_screen_shows_neither_code_nor_address(app, cast, mail, template, language):
    message, _raw, code = delivered(app, cast, mail, language, template)
    text = message.get_content()
    seen = f"{message['Subject']} {message['From']} {text[:PREVIEW]}"
    assert code not in seen and code.replace("-", "") not in seen and "/enrol" not in seen
    assert not re.search(r"https?:|www\.", f"{message['Subject']} {text[:PREVIEW]}")
    assert (code in text) is TEMPLATES[template].has_code


@pytest.mark.parametrize(("template", "language"), EVERY)
def test_one_person_is_written_to_in_plain_text_with_nothing_to_load(app, cast, mail, template, language):
    message, raw, _code = delivered(app, cast, mail, language, template)
    (address,) = message["To"].addresses
    assert (address.addr_spec, address.display_name) == ("plain@example.org", "")
    assert not {"Cc", "Bcc", "Reply-To", "Sender", "List-Unsubscribe", "X-Mailer", "User-Agent"} & set(message.keys())
    assert message.get_content_type() == "text/plain" and not message.is_multipart()
    assert list(message.iter_attachments()) == []
    assert not re.search(r"<\w|src=|cid:|data:", message.get_content())
    links = re.findall(r"https?://\S+", message.get_content())
    assert links == ([f"http://localhost:8000/{language}/enrol"] if TEMPLATES[template].has_code else [])
    assert "Received" not in raw


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sender_is_the_site_and_nobody_can_answer(app, cast, mail, language):
    site = app.extensions["settings"].site_name[language]
    message, _raw, _code = delivered(app, cast, mail, language, "something_new")
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (site, "no-reply@localhost")


def test_a_subject_is_one_of_two_for_all_messages(app, cast):
    """Whoever watches her screen learns nothing from how often which one comes."""
    assert {str(one.subject) for one in TEMPLATES.values()} == {"You have a new message", "A date is near"}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n\r\n"])
@pytest.mark.parametrize("header", ["Bcc: rival@evil.example", "Subject: something else", "To: rival@evil.example"])
def test_an_address_cannot_bring_a_line_of_its_own(app, mail, end, header):
    with app.app_context(), transaction():
        new = persons.NewPerson(
            shown_name="Slate",
            interface_language="en",
            time_zone="UTC",
            contact=f"a@example.org{end}{header}",
            contact_kind=ContactKind.EMAIL,
        )
        messaging.write_to(persons.make_person(new, by=None, at=NOW).id, "sign_in_changed", at=NOW)
    worker.run_due(app)
    assert [file for file in mail.glob("*.eml") if "rival" in file.read_text() or "else" in file.read_text()] == []


def test_who_gets_a_message_is_in_the_outbox_by_number_alone(app, cast):
    with app.app_context():
        with transaction():
            for template in TEMPLATES:
                messaging.write_to(cast.cedar.id, template, at=NOW)
        person = db.session.get_one(Person, cast.cedar.id)
        lying = " ".join(str(job.payload) for job in db.session.query(Job))
        assert str(person.id) in lying
        assert not any(one in lying for one in ("@", CANARY, person.shown_name, str(person.public_id)))
