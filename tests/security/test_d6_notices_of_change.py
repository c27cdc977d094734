"""D6: each change of how she signs in is told to her alone, in words that tell neither what nor where."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from lms.accounts.models import Passkey, Person
from lms.accounts.rules.roles import Role
from lms.accounts.services import codes, persons
from lms.kernel.db import db, transaction
from lms.messaging import jobs as worker
from lms.messaging.models import Job
from tests.accounts.test_factors import add_app, add_passkey, choose, make_codes, sign_in
from tests.authenticator import Authenticator, options_on
from tests.cast import CANARY, NOW
from tests.client import Visitor

MINUTE = timedelta(minutes=1)
DEVICE, LOGIN, AGENT = "the blue Kanaphone", "kanaharbour", "Kanabrowser/5.0"
WORDS = "a lamp in the old garden"
WHY = "She called from the number in her safety plan."
MEMBERS = {"en": "cedar", "fr": "olivier", "ar": "nour"}
TOLD_NOWHERE = (
    DEVICE,
    LOGIN,
    AGENT,
    WORDS,
    WHY,
    CANARY,
    "192.0.2",
    "Juba",
    "Aden",
    "Bamako",
    "2027",
    "12:00",
    "Taught",
)
NAMES_OF_FACTORS = {
    "en": ("passkey", "passphrase", "phone", "device", "code", "app", "recovery", "browser"),
    "fr": ("clé", "phrase", "téléphone", "appareil", "code", "application", "récupération", "navigateur"),
    "ar": ("مفتاح", "عبارة", "هاتف", "جهاز", "رمز", "تطبيق", "متصفح"),
}


class Her:
    """Somebody of the cast with her browser, and those who work for her."""

    def __init__(self, app, cast, clock, taught, lang):
        self.app, self.cast, self.clock, self.lang = app, cast, clock, lang
        self.name = MEMBERS[lang]
        self.member = getattr(cast, self.name)
        self.visitor = Visitor(app).signed_in(self.member)
        self.visitor.client.environ_base |= {"HTTP_USER_AGENT": AGENT, "REMOTE_ADDR": "192.0.2.7"}
        self.place = {"cohort_id": taught.cohort_id, "enrolment_id": taught.enrolments[self.name]}

    def staff(self, endpoint, member=None, **data):
        """A coordinator, or somebody else, does something to her account."""
        person = Visitor(self.app).signed_in(member or self.cast.coordinator)
        person.post(f"sealed.{endpoint}", **self.place, data={"reason": WHY, **data})


@pytest.fixture(params=["en", "fr", "ar"])
def her(request, app, cast, clock, taught):
    with app.app_context(), transaction():
        focal_point = db.session.get_one(Person, cast.stranger.id)
        persons.grant_role(focal_point, Role.SAFETY, cohort_id=None, by=None, at=NOW - 10 * MINUTE)
    return Her(app, cast, clock, taught, request.param)


@pytest.fixture
def mail(app):
    folder = app.extensions["settings"].data_dir / "mail"

    def empty():
        for file in folder.glob("*"):
            file.unlink()

    empty()
    yield folder
    empty()


def passkey_added(her):
    yield
    add_passkey(her.visitor, name=DEVICE)


def passkey_removed(her):
    add_passkey(her.visitor, name=DEVICE)
    yield
    with her.app.app_context():
        passkey = db.session.query(Passkey).one().public_id
    her.visitor.post("factors.remove_passkey", passkey=passkey)


def app_added(her):
    yield
    add_app(her.visitor, her.clock)


def app_replaced(her):
    add_app(her.visitor, her.clock)
    yield
    add_app(her.visitor, her.clock)


def app_removed(her):
    add_app(her.visitor, her.clock)
    yield
    her.visitor.post("factors.remove_app")


def codes_made(her):
    yield
    make_codes(her.visitor)


def code_used(her):
    add_app(her.visitor, her.clock)
    paper, phone = make_codes(her.visitor)[0], Visitor(her.app)
    yield
    sign_in(phone, her.member)
    phone.post("second.by_recovery", data={"paper": paper})


def passphrase_changed(her):
    yield
    choose(her.visitor, LOGIN, WORDS)


def lost_by_herself(her):
    yield
    her.visitor.post("devices.lock")


def locked_by_others(her):
    yield
    her.staff("lock")


def unlocked_by_others(her):
    her.visitor.post("devices.lock")
    yield
    her.staff("unlock")


def recovery_asked(her):
    yield
    her.staff("ask_recovery")


def recovery_confirmed(her):
    her.staff("ask_recovery")
    yield
    her.staff("confirm_recovery", her.cast.stranger)


def invitation_used(her):
    with her.app.app_context(), transaction():
        code = codes.invite(db.session.get_one(Person, her.member.id), by=None, at=NOW)
    yield
    data = {"code": code, "login": LOGIN, "passphrase": WORDS, "again": WORDS}
    Visitor(her.app).post("accounts.enrol_accept", data=data)


def invitation_used_by_passkey(her):
    with her.app.app_context(), transaction():
        code = codes.invite(db.session.get_one(Person, her.member.id), by=None, at=NOW)
    yield
    phone = Visitor(her.app)
    page = phone.post("accounts.enrol_code", data={"code": code}, expect=200)
    answer = Authenticator().make(options_on(page)["create"])
    phone.post("accounts.enrol_by_passkey", data={"code": code, "answer": answer})


EVENTS = [
    passkey_added,
    passkey_removed,
    app_added,
    app_replaced,
    app_removed,
    codes_made,
    code_used,
    passphrase_changed,
    lost_by_herself,
    locked_by_others,
    unlocked_by_others,
    recovery_asked,
    recovery_confirmed,
    invitation_used,
    invitation_used_by_passkey,
]


def messages_of(event, her, mail):
    """What leaves for whom when the worker comes by."""
    act = event(her)
    next(act)
    with her.app.app_context(), transaction():
        db.session.query(Job).delete()
    next(act, None)
    worker.run_due(her.app)
    return [message_from_bytes(file.read_bytes(), policy=default) for file in mail.glob("*.eml")]


@pytest.mark.parametrize("event", EVENTS)
def test_she_alone_is_told_in_words_that_say_nothing(her, mail, event):
    messages = messages_of(event, her, mail)
    assert messages != []
    for message in messages:
        assert [one.addr_spec for one in message["To"].addresses] == [f"{her.name}@kanaria.example"]
        seen = f"{message['Subject']} {message['From']} {message.get_content()[:120]}"
        assert not any(word in seen.lower() for word in NAMES_OF_FACTORS[her.lang])
        everything = f"{message['Subject']} {message['From']} {message.get_content()}"
        assert not any(one in everything for one in (*TOLD_NOWHERE, her.member.shown_name, her.member.login))


def test_an_invitation_that_was_used_for_her_is_told_at_night_too(her, mail):
    her.clock.at = NOW + timedelta(hours=10)
    assert len(messages_of(invitation_used, her, mail)) >= 1


@pytest.mark.parametrize("event", [passphrase_changed, lost_by_herself, code_used])
def test_it_is_told_at_once_also_at_night(her, mail, event):
    act = event(her)
    next(act)
    with her.app.app_context(), transaction():
        db.session.query(Job).delete()
    next(act, None)
    her.clock.at = NOW + timedelta(hours=10)
    worker.run_due(her.app)
    assert len(list(mail.glob("*.eml"))) >= 1


def test_what_changes_nothing_is_not_told(her, mail):
    """Else she learns to put the messages away unread."""

    def nothing(her):
        yield
        her.visitor.get("factors.factors")
        her.visitor.get("factors.app")
        choose(her.visitor, "ab", "short", expect=422)
        her.visitor.post("factors.add_passkey", data={"answer": "{}"}, expect=422)

    assert messages_of(nothing, her, mail) == []
