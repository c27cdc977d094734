"""K2: every answer of every address and every status says what a browser may do with it; no number is used twice."""

import re

import pytest

from lms.accounts.policy import AccountPermission
from lms.web.http import allow
from tests.security.conftest import ADDRESS

SAME = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NONE_OF = {
    "base-uri": ["'none'"],
    "connect-src": ["'self'"],
    "default-src": ["'none'"],
    "font-src": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "frame-src": ["'none'"],
    "manifest-src": ["'none'"],
    "object-src": ["'none'"],
    "require-trusted-types-for": ["'script'"],
    "worker-src": ["'none'"],
}
DIRECT = ("base-uri", "form-action", "frame-ancestors", "require-trusted-types-for", "default-src")
"""What does not fall back to `default-src`."""

OFF = ("camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb")
PEOPLE = ("nobody", "participant", "coordinator")


def policy_of(answer):
    """The policy by its directives; each answer has one."""
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    parts = [part.split() for part in policy.split(";")]
    return {part[0]: part[1:] for part in parts}


def effective(policy, directive):
    return policy.get(directive, [] if directive in DIRECT else policy["default-src"])


def faults(answer):
    """What an answer lacks."""
    found = [name for name, value in SAME.items() if answer.headers.getlist(name) != [value]]
    off = answer.headers.get("Permissions-Policy", "")
    found += [name for name in OFF if f"{name}=()" not in off]
    policy = policy_of(answer)
    found += [word for words in policy.values() for word in words if word.startswith("'unsafe")]
    found += [name for name in ("default-src", "frame-ancestors") if policy.get(name) != ["'none'"]]
    if answer.mimetype == "text/html":
        found += [name for name, value in NONE_OF.items() if effective(policy, name) != value]
        numbers = set(re.findall(r'nonce="([^"]+)"', answer.text))
        allowed = {re.sub("'(?:nonce-)?|'$", "", word) for word in effective(policy, "script-src")}
        found += ["another number in the page"] * bool(numbers and allowed != numbers)
        found += ["scripts from elsewhere"] * (effective(policy, "script-src") != effective(policy, "style-src"))
        found += ["more than one way to run a script"] * (len(effective(policy, "script-src")) != 1)
    return found


def number_of(answer):
    return re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])[:1]


def every_answer(everybody, name):
    """Each address as it is opened, and as it is sent to with and without a token."""
    person = everybody.people[name]
    token = person.token()
    for endpoint, address in everybody.addresses("GET"):
        if endpoint != "safety.leave":
            yield address, person.client.get(address)
    for _endpoint, address in everybody.addresses("POST"):
        if not address.endswith(("/sign-out", "/lost", "/travel", "/codes")):
            sent = {} if name == "nobody" else {"csrf_token": token}
            yield address, person.client.post(address, data=sent)
    for _ in range(2):
        yield "/leave", person.client.get("/leave")


@pytest.mark.parametrize("name", PEOPLE)
def test_every_answer_of_every_address_has_all_headers_and_a_number_of_its_own(everybody, name):
    statuses, numbers, lacking = set(), [], {}
    for address, answer in every_answer(everybody, name):
        statuses.add(answer.status_code)
        numbers += number_of(answer)
        if faults(answer):
            lacking[f"{answer.status_code} {address}"] = faults(answer)
    assert lacking == {}
    assert len(numbers) > 5 and len(set(numbers)) == len(numbers)
    assert all(len(number) >= 22 for number in numbers), "128 bits"
    assert statuses >= ({200, 302, 303, 404} if name == "nobody" else {200, 302, 303, 404, 422})


@allow(AccountPermission.USE)
def broken():
    raise RuntimeError("a fault of ours")


def test_faults_of_any_kind_have_them_too(app, as_participant, database_gone, monkeypatch):
    style = re.search(r'href="(/static/app[^"]+css)"', [as_participant.get("home.today") for _ in "ab"][1].text)[1]
    token, browser = as_participant.token(), as_participant.client
    first = browser.get(style)
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    too_much = {"csrf_token": token, "login": "x" * 2_000_000}
    answers = {
        200: first,
        206: browser.get(style, headers={"Range": "bytes=0-9"}),
        304: browser.get(style, headers=since),
        400: browser.get("/en/", headers={"Host": "evil.example"}),
        404: browser.get("/static/nothing.css"),
        405: browser.post(style),
        413: browser.post("/en/sign-in", data=too_much),
        416: browser.get(style, headers={"Range": "bytes=99999999-"}),
        422: browser.post("/en/account/sessions/travel", data={"csrf_token": token}),
    }
    monkeypatch.setitem(app.view_functions, "home.today", broken)
    answers[500] = browser.get("/en/today")
    database_gone()
    answers[503] = browser.get("/en/account")
    assert {expected: answer.status_code for expected, answer in answers.items()} == {one: one for one in answers}
    assert {status: faults(answer) for status, answer in answers.items() if faults(answer)} == {}
    for answer in answers.values():
        answer.close()


@pytest.mark.parametrize(
    "address", ["/", "/en/", "/en/sign-in", "/en/nothing", "/static/nothing.css", "/healthz", "/leave"]
)
def test_over_https_every_answer_asks_for_https_for_a_year(secure, address):
    browser = secure.app.test_client()
    for method in ("get", "post", "put"):
        answer = getattr(browser, method)(address, base_url=ADDRESS)
        told = answer.headers.getlist("Strict-Transport-Security")
        assert told == ["max-age=31536000; includeSubDomains; preload"] and faults(answer) == []


def test_a_host_that_is_not_ours_is_told_the_same_over_https(secure):
    answer = secure.app.test_client().get("/en/", base_url="https://evil.example")
    assert answer.status_code == 400 and "Strict-Transport-Security" in answer.headers and faults(answer) == []
