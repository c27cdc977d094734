"""D2: a code opens an account once, by POST, and stands in no address; no link and no GET ever signs anybody in."""

import re
from email import message_from_bytes
from email.policy import default

import pytest

from lms.accounts import jobs
from lms.accounts.models import Invitation, Person, Session
from lms.accounts.services import codes, persons
from lms.audit.models import Entry
from lms.kernel.db import db, transaction
from lms.messaging.models import Job
from tests.accounts.test_factors import invited, is_in
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.security.addresses import LEAVING

LONG = "seven words that nobody would ever guess"
CHOICE = {"login": "river", "passphrase": LONG, "again": LONG}
NAMES = ("code", "token", "key", "invitation", "t", "c", "login", "answer", "paper", "next")


def sessions(app):
    with app.app_context():
        return db.session.query(Session).count()


def accept(visitor, code, *, expect=302, **more):
    return visitor.post("accounts.enrol_accept", data={"code": code, **CHOICE, **more}, expect=expect)


def test_a_mail_scanner_that_opens_everything_uses_nothing_up(app, visitor):
    """It follows the link of a letter, with what stands in it, as often as it likes."""
    code, scanner = invited(app), Visitor(app)
    for _ in range(3):
        for name in NAMES:
            scanner.client.get("/en/enrol", query_string={name: code})
            scanner.client.head(f"/en/enrol/{code}")
            scanner.client.get("/en/enrol/accept", query_string={name: code, **CHOICE})
    for _ in range(3):
        scanner.post("accounts.enrol_code", data={"code": code}, expect=200)
    assert sessions(app) == 0
    accept(visitor, code)
    assert is_in(visitor) and not is_in(scanner)


def test_a_code_that_was_used_opens_nothing_for_anybody_else(app, visitor):
    code = invited(app)
    accept(visitor, code)
    rival = Visitor(app)
    rival.post("accounts.enrol_code", data={"code": code}, expect=409)
    accept(rival, code, expect=409, login="another", passphrase=LONG + " too", again=LONG + " too")
    accept(rival, code, expect=409, login="river", passphrase=LONG + " too", again=LONG + " too")
    assert not is_in(rival) and sessions(app) == 1


@pytest.mark.parametrize(("days", "expect"), [(13, 302), (14, 409), (400, 409)])
def test_a_code_is_open_for_fourteen_days(app, visitor, clock, days, expect):
    code = invited(app)
    clock.at = NOW + days * DAY
    accept(visitor, code, expect=expect)


def test_a_newer_code_closes_the_one_before(app, visitor, cast):
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.stranger.id)
        older, newer = (codes.invite(person, by=None, at=NOW) for _ in range(2))
    accept(visitor, older, expect=409)
    accept(visitor, newer)


@pytest.mark.parametrize(
    "change",
    [
        lambda code: code[:-1] + ("0" if code[-1] != "0" else "1"),
        lambda code: code[::-1],
        lambda code: code[:-1],
        lambda code: code + "0",
        lambda code: f"{code[5:]}-{code[:4]}",
    ],
)
def test_a_code_with_one_sign_changed_opens_nothing(app, visitor, change):
    code = invited(app)
    accept(visitor, change(code), expect=409)
    assert sessions(app) == 0


def test_no_get_of_any_address_signs_anybody_in(app, everybody):
    """With the code of an open invitation in every place where an address can carry one."""
    code, before = invited(app), sessions(app)
    for endpoint, address in everybody.addresses():
        stranger = Visitor(app)
        answer = stranger.client.get(address, query_string=dict.fromkeys(NAMES, code) | {"next": "/en/today"})
        assert not any(re.match("sid=[^;]", one) for one in answer.headers.getlist("Set-Cookie")), endpoint
        assert stranger.client.get_cookie("sid") is None or endpoint == LEAVING
    assert sessions(app) == before


def test_a_code_stands_in_no_address_no_log_no_cookie_and_no_table(app, visitor, caplog):
    caplog.set_level("DEBUG")
    code = invited(app)
    answers = [visitor.get("accounts.enrol"), visitor.post("accounts.enrol_code", data={"code": code}, expect=200)]
    shown = answers[-1]
    answers.append(accept(visitor, code, expect=422, again="otherwise"))
    answers.append(accept(visitor, code))
    plain = code.replace("-", "")
    for answer in answers:
        told = " ".join(f"{name}: {value}" for name, value in answer.headers)
        assert code not in told and plain not in told
    links = re.findall(r'(?:href|src|action)="([^"]*)"', shown.text)
    assert links and not any(code in link or plain in link for link in links)
    assert shown.headers["Referrer-Policy"] == "no-referrer", "the next site learns no address of ours at all"
    assert code not in caplog.text and plain not in caplog.text
    with app.app_context():
        lying = [str(job.payload) for job in db.session.query(Job)] + [
            str(one.changes) for one in db.session.query(Entry)
        ]
        assert not any(code in one or plain in one for one in lying)
        (invitation,) = db.session.query(Invitation)
        assert plain.encode() not in invitation.code_hash and plain.encode() not in (invitation.seed or b"")


@pytest.mark.parametrize("lang", ["en", "fr", "ar"])
def test_the_link_of_a_letter_carries_nothing_and_opens_an_empty_form(app, cast, visitor, lang):
    folder = app.extensions["settings"].data_dir / "mail"
    for file in folder.glob("*"):
        file.unlink()
    with app.app_context(), transaction():
        new = persons.NewPerson(
            shown_name="Slate", interface_language=lang, time_zone="UTC", contact="slate@kanaria.example",
            contact_kind="email",
        )  # fmt: skip
        person = persons.make_person(new, by=None, at=NOW)
        codes.invite(person, by=None, at=NOW)
        number = person.id
    with app.app_context():
        jobs.deliver({"person": number, "template": "invitation", "key": "k1"}, NOW)
    (file,) = folder.glob("*.eml")
    text = message_from_bytes(file.read_bytes(), policy=default).get_content()
    file.unlink()
    (link,) = re.findall(r"https?://\S+", text)
    assert link == f"http://localhost:8000/{lang}/enrol"
    page = visitor.get(link.removeprefix("http://localhost:8000"))
    assert page.fields["code"] == ""
