"""K5: no feature fetches an address that somebody gave: whatever is typed, nothing is looked up or connected to."""

import ast
import socket
from io import BytesIO
from pathlib import Path

import pytest

import lms
from lms.web import forms
from tests.client import Visitor
from tests.cohorts.lists import as_csv, as_xlsx, row
from tests.tools.postgres import free_port

SOURCE = Path(lms.__file__).parent
PORT = free_port()
TARGETS = [
    f"http://127.0.0.1:{PORT}/",
    f"http://localhost:{PORT}/",
    f"http://2130706433:{PORT}/",
    f"http://0x7f000001:{PORT}/",
    f"http://0x7f.0.0.1:{PORT}/",
    f"http://0177.0.0.1:{PORT}/",
    f"http://017700000001:{PORT}/",
    f"http://127.1:{PORT}/",
    f"http://0:{PORT}/",
    f"http://0.0.0.0:{PORT}/",
    f"http://[::1]:{PORT}/",
    f"http://[::]:{PORT}/",
    f"http://[::ffff:127.0.0.1]:{PORT}/",
    f"http://[::ffff:7f00:1]:{PORT}/",
    f"http://[0:0:0:0:0:ffff:127.0.0.1]:{PORT}/",
    f"http://①②⑦.⓪.⓪.①:{PORT}/",
    f"http://127。0。0。1:{PORT}/",
    f"http://localtest.me:{PORT}/",
    f"http://127.0.0.1.nip.io:{PORT}/",
    f"http://rebind.evil.example:{PORT}/",
    f"https://redirect.evil.example/?to=http://127.0.0.1:{PORT}/",
    f"http://user@127.0.0.1:{PORT}/",
    f"http://evil.example@127.0.0.1:{PORT}/",
    f"http://127.0.0.1:{PORT}\\@evil.example/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    f"gopher://127.0.0.1:{PORT}/_x",
    f"dict://127.0.0.1:{PORT}/x",
    f"ftp://127.0.0.1:{PORT}/x",
    f"ldap://127.0.0.1:{PORT}/x",
    f"jar:http://127.0.0.1:{PORT}!/x",
    f"\\\\127.0.0.1@{PORT}\\x",
    f"//127.0.0.1:{PORT}/x",
    f'<img src="http://127.0.0.1:{PORT}/x.png">',
    f"![x](http://127.0.0.1:{PORT}/x.png)",
]
ENDINGS = ("/sign-out", "/lost", "/travel", "/codes", "/close/now", "/end-others")
CLIENTS = {"aiohttp", "ftplib", "http.client", "httpx", "requests", "urllib.request", "urllib3", "webbrowser", "xmlrpc"}


@pytest.fixture
def listener():
    """Somebody who waits for a call on this machine."""
    with socket.create_server(("127.0.0.1", PORT)) as waiting:
        waiting.setblocking(False)
        yield waiting


def calls(listener):
    try:
        line, _ = listener.accept()
    except BlockingIOError:
        return 0
    line.close()
    return 1


def fields():
    """The name of every field that any form of the product has."""
    found, waiting = {"csrf_token", "op", "person", "role", "next"}, [forms.Form]
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        found |= {name for name in dir(form) if hasattr(getattr(form, name), "field_class")}
    return sorted(found - {"csrf_token"})


def typed(number):
    """Each field with an address, each time another one."""
    return {name: TARGETS[(place + number) % len(TARGETS)] for place, name in enumerate(fields())}


HEADERS = {
    "Referer": TARGETS[0],
    "X-Forwarded-For": TARGETS[10],
    "X-Original-URL": TARGETS[1],
    "X-Forwarded-Host": f"127.0.0.1:{PORT}",
    "Forwarded": f"host=127.0.0.1:{PORT}",
    "Profile": TARGETS[2],
    "X-Wap-Profile": TARGETS[3],
}


def test_a_call_would_be_noticed(listener, connections):
    with connections() as seen:
        socket.create_connection(("127.0.0.1", PORT)).close()
    assert calls(listener) == 1 and any("socket.connect" in one for one in seen)


@pytest.mark.parametrize("name", ["nobody", "participant", "coordinator"])
def test_nothing_typed_in_any_form_is_fetched(everybody, listener, connections, name):
    person = everybody.people[name]
    token = person.token()
    assert len(fields()) > 60 and len(TARGETS) >= 30
    addresses = [one for one in everybody.addresses("POST") if not one[1].endswith(ENDINGS)]
    with connections() as seen:
        for number, (_, address) in enumerate(addresses):
            person.client.post(address, data={**typed(number), "csrf_token": token}, headers=HEADERS)
    assert seen == [] and calls(listener) == 0


@pytest.mark.parametrize("name", ["participant", "coordinator"])
def test_nothing_in_an_address_is_fetched(everybody, listener, connections, name):
    browser = everybody.people[name].client
    with connections() as seen:
        for number, (endpoint, address) in enumerate(everybody.addresses()):
            if endpoint != "safety.leave":
                asked = {
                    key: TARGETS[number % len(TARGETS)] for key in ("next", "url", "to", "as", "show", "was", "more")
                }
                browser.get(address, query_string=asked, headers=HEADERS)
        for target in TARGETS:
            browser.get(f"/en/{target}")
    assert seen == [] and calls(listener) == 0


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
def test_nothing_in_a_list_of_people_is_fetched(app, cast, taught, listener, connections, write):
    coordinator = Visitor(app).signed_in(cast.coordinator)
    rows = [row(number, legal_name=target, remark=target) for number, target in enumerate(TARGETS)]
    data = {"csrf_token": coordinator.token(), "file": (write(*rows), "list.csv")}
    with connections() as seen:
        answer = coordinator.client.post(
            f"/en/cohort/{taught.cohort_id}/people/upload/read", data=data, content_type="multipart/form-data"
        )
    assert answer.status_code in (200, 302, 422)
    assert seen == [] and calls(listener) == 0


def test_nothing_in_a_document_that_strangers_bring_is_fetched(visitor, listener, connections):
    token = visitor.token()
    with connections() as seen:
        for target in TARGETS:
            for begin in (b"%PDF-1.7\n", b"", b"<?xml version='1.0'?><!DOCTYPE x SYSTEM '"):
                data = {"csrf_token": token, "file": (BytesIO(begin + target.encode()), "paper.pdf")}
                visitor.client.post("/en/verify/file", data=data, content_type="multipart/form-data")
    assert seen == [] and calls(listener) == 0


def imported(path):
    """What a module imports, by full name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_module_of_the_product_has_a_client_of_the_web():
    found = {
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in SOURCE.rglob("*.py")
        for name in imported(path)
        if name in CLIENTS or name.partition(".")[0] in CLIENTS
    }
    assert found == set()


def test_one_module_alone_opens_a_line_and_it_is_that_of_mail():
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if {"socket", "smtplib", "ssl"} & set(imported(path))
    }
    assert found == {"messaging/channels.py"}
