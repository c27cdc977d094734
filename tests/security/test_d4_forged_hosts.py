"""D4: every link is built from the configured address; a request that names another host is refused or not believed."""

import re
from urllib.parse import urlsplit

import pytest

from lms.accounts.models import Person
from lms.accounts.services import codes
from lms.app import create_app
from lms.kernel.db import db, transaction
from lms.messaging import jobs as worker
from lms.messaging import services as messaging
from lms.web.exits import EXITS
from tests.cast import NOW
from tests.conftest import settings_for
from tests.security.addresses import LEAVING

EVIL = "evil.example"
HOSTS = [
    EVIL,
    f"{EVIL}:8000",
    f"localhost.{EVIL}",
    f"localhost:8000.{EVIL}",
    f"localhost@{EVIL}",
    f"localhost:8000@{EVIL}",
    f"localhost, {EVIL}",
    f"localhost,{EVIL}",
    f"localhost {EVIL}",
    f"localhost#{EVIL}",
    f"localhost/{EVIL}",
    f"localhost?{EVIL}",
    f"localhost\\{EVIL}",
    f"{EVIL}/localhost",
    f"{EVIL}#localhost",
    "localhostevil.example",
    "xlocalhost",
    "localhost.",
    "lоcalhost",
    "[::1]",
    "0.0.0.0",
    "127.0.0.1.nip.io",
    "2130706433",
]
BELIEVED_BY_OTHERS = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Port": "31337",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Host": EVIL,
    "X-Original-Host": EVIL,
    "X-HTTP-Host-Override": EVIL,
    "X-Original-URL": f"https://{EVIL}/",
    "X-Rewrite-URL": f"https://{EVIL}/",
    "X-Script-Name": f"//{EVIL}",
    "Forwarded": f"for=1;host={EVIL};proto=https",
    "Referer": f"https://{EVIL}/",
}
ELSEWHERE = {address for exit in EXITS.values() for address in exit.addresses.values()}


def told(answer):
    """Everything that an answer says, headers included."""
    return answer.data.decode(errors="replace") + " ".join(f"{name}: {value}" for name, value in answer.headers)


def hosts_in(answer):
    """The hosts of all complete addresses in a page and of where it leads."""
    found = re.findall(r"""(?:https?:)?//[^\s"'<>)]+""", answer.text)
    return {urlsplit(one).hostname for one in [*found, answer.location or ""]}


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_ours_is_refused_with_no_word_of_it(visitor, as_participant, host):
    for browser in (visitor.client, as_participant.client):
        for address in ("/", "/en/sign-in", "/en/today", "/leave", "/healthz", "/static/nothing.css"):
            answer = browser.get(address, headers={"Host": host})
            assert answer.status_code == 400, address
            assert EVIL not in told(answer) and answer.location is None


@pytest.mark.parametrize("host", HOSTS[:4])
def test_nothing_is_taken_under_a_host_that_is_not_ours(visitor, cast, host):
    data = {"csrf_token": visitor.token(), "login": cast.cedar.login, "password": cast.cedar.passphrase}
    answer = visitor.client.post("/en/sign-in", data=data, headers={"Host": host})
    assert answer.status_code == 400 and answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("name", ["nobody", "coordinator"])
def test_no_page_believes_another_header(everybody, name):
    browser = everybody.people[name].client
    for endpoint, address in everybody.addresses():
        if endpoint != LEAVING:
            answer = browser.get(address, headers=BELIEVED_BY_OTHERS)
            assert answer.status_code != 400 and EVIL not in told(answer), endpoint
            assert "gopher" not in told(answer) and "31337" not in told(answer), endpoint


@pytest.mark.parametrize("name", ["nobody", "coordinator"])
def test_whatever_is_sent_the_answer_leads_to_no_other_host(everybody, name):
    person = everybody.people[name]
    data = {"csrf_token": person.token()}
    for endpoint, address in everybody.addresses("POST"):
        if not address.endswith(("/sign-out", "/lost", "/travel", "/codes")):
            answer = person.client.post(address, data=data, headers=BELIEVED_BY_OTHERS)
            assert EVIL not in told(answer), endpoint
            assert answer.location is None or urlsplit(answer.location).hostname in (None, "localhost"), endpoint


@pytest.mark.parametrize(("name", "lang"), [("nobody", "ar"), ("participant", "fr"), ("coordinator", "en")])
def test_complete_addresses_in_pages_are_ours_or_where_she_leaves_to(everybody, name, lang):
    allowed = {None, "localhost", *(urlsplit(one).hostname for one in ELSEWHERE)}
    browser = everybody.people[name].client
    for endpoint, address in everybody.addresses():
        if endpoint != LEAVING:
            answer = browser.get(address.replace("/en", f"/{lang}", 1))
            if answer.mimetype == "text/html":
                assert hosts_in(answer) <= allowed, endpoint


def test_the_link_of_an_invitation_is_ours_whoever_asked_under_which_host(app, cast, as_participant):
    folder = app.extensions["settings"].data_dir / "mail"
    for file in folder.glob("*"):
        file.unlink()
    with app.app_context(), transaction():
        person = db.session.get_one(Person, cast.stranger.id)
        person.login_index = person.passphrase_hash = None
        codes.invite(person, by=None, at=NOW)
        messaging.write_to(person.id, "invitation", at=NOW)
    with app.test_request_context("/en/", headers={"Host": EVIL, **BELIEVED_BY_OTHERS}):
        worker.run_due(app)
    (file,) = folder.glob("*.eml")
    text = file.read_text()
    file.unlink()
    assert EVIL not in text and "http://localhost:8000/en/enrol" in text


def test_the_address_of_a_calendar_is_ours_whatever_the_request_says(as_participant):
    data = {"csrf_token": as_participant.token(), "op": "6dbd6b0e-9a6f-4d0b-9a3e-6f3c6f2b8a11"}
    answer = as_participant.client.post("/en/account/calendar/make", data=data, headers=BELIEVED_BY_OTHERS)
    assert re.search(r"http://localhost:8000/cal/[\w-]+\.ics", answer.text) and EVIL not in answer.text


# --- Behind a proxy


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """The product behind one proxy that is trusted."""
    environ = {"LMS_PUBLIC_URL": "https://learn.example.org", "LMS_PROXY_HOPS": "1"}
    return create_app(settings_for(tmp_path_factory.mktemp("behind"), **environ))


def through_proxy(behind, address, **headers):
    usual = {"X-Forwarded-Host": "learn.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    return behind.test_client().get(address, headers={**usual, **headers})


def test_behind_a_proxy_the_host_that_it_tells_is_looked_at_like_any_other(behind):
    assert through_proxy(behind, "/en/").status_code == 200
    for host in HOSTS:
        answer = through_proxy(behind, "/en/", **{"X-Forwarded-Host": host})
        assert answer.status_code == 400 or EVIL not in told(answer), host


def test_behind_a_proxy_what_the_reader_wrote_before_it_is_not_believed(behind):
    """A list has what the proxy added at its end."""
    answer = through_proxy(behind, "/", **{"X-Forwarded-Host": f"{EVIL}, learn.example.org"})
    assert answer.status_code == 302 and EVIL not in told(answer)
    answer = through_proxy(behind, "/", **{"X-Forwarded-Host": f"learn.example.org, {EVIL}"})
    assert answer.status_code == 400 and EVIL not in told(answer)


def test_behind_a_proxy_other_headers_count_for_nothing(behind):
    others = {
        name: value
        for name, value in BELIEVED_BY_OTHERS.items()
        if name not in ("X-Forwarded-Host", "X-Forwarded-Proto")
    }
    for address in ("/", "/en/", "/en/sign-in", "/en/enrol", "/en/today"):
        answer = through_proxy(behind, address, **others)
        assert answer.status_code in (200, 302) and EVIL not in told(answer)
