"""K9: what a request may bring and what a page may be asked for has limits; beyond them it is refused with a status."""

from itertools import cycle

import pytest

from tests.security.addresses import LEAVING, changed, contents

MEGABYTE = 1_000_000
TAKE_FILES = {"uploads.read": 5 * MEGABYTE, "verify.file": MEGABYTE}
HUGE = ("1e9", "1000000000", "9" * 19, "9" * 40, "9" * 5_000, "-" + "9" * 20, "٣", "\x00")
NAMES = (
    "page",
    "per_page",
    "limit",
    "size",
    "number",
    "after",
    "before",
    "good",
    "faulty",
    "show",
    "more",
    "was",
    "task",
)
SLOW_ONES = {
    "many as": "a" * 50_000 + "!",
    "many blanks": " " * 100_000 + "x",
    "many line ends": "\n" * 50_000,
    "nested brackets": "(" * 20_000,
    "nested marks": "**_" * 20_000,
    "an address that never ends": "a@" * 20_000,
    "letters that grow when folded": "ﷺ" * 20_000,
    "marks upon marks": "a" + "\u0301\u0316" * 20_000,
    "one code that goes on": "0" * 100_000,
    "not text at all": "\x00" * 20_000,
}


def in_parts(data):
    """A form as a browser sends it that might bring a file."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in data.items()
    ]
    return {"data": "".join([*parts, "--edge--\r\n"]), "content_type": "multipart/form-data; boundary=edge"}


@pytest.mark.parametrize(
    ("name", "write"),
    [("nobody", lambda data: {"data": data}), ("coordinator", lambda data: {"data": data}), ("coordinator", in_parts)],
)
def test_no_form_takes_more_than_a_megabyte_but_those_that_take_files(app, everybody, name, write):
    before, person = contents(app), everybody.people[name]
    token = person.token()
    for endpoint, address in everybody.addresses("POST"):
        data = {"csrf_token": token, "text": "x" * (MEGABYTE + 10_000 + TAKE_FILES.get(endpoint, 0))}
        assert person.client.post(address, **write(data)).status_code == 413, endpoint
    assert changed(before, contents(app)) == []


@pytest.mark.parametrize(("name", "expect"), [("nobody", 413), ("participant", 404)])
def test_files_are_taken_only_from_whom_they_are_asked_of(everybody, name, expect):
    person = everybody.people[name]
    address = dict(everybody.addresses("POST"))["uploads.read"]
    sent = in_parts({"csrf_token": person.token(), **{f"part{number}": "x" * 900_000 for number in range(3)}})
    assert person.client.post(address, **sent).status_code in (expect, 413)


@pytest.mark.parametrize("name", ["nobody", "coordinator"])
def test_a_body_that_is_nested_deeply_is_refused_by_every_address(app, everybody, name):
    before, browser = contents(app), everybody.people[name].client
    deep, lists = b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"[" * 10 * MEGABYTE
    for number, (endpoint, address) in enumerate(everybody.addresses("POST")):
        body = deep if number % 10 else lists
        status = browser.post(address, data=body, content_type="application/json").status_code
        assert 400 <= status < 500 or (status == 302 and name == "nobody"), endpoint
    assert changed(before, contents(app)) == []


@pytest.mark.parametrize("depth", [1_000, 9_000])
@pytest.mark.parametrize("begin", ["[", '{"a":', '{"rawId":[', '{"rawId":"AAAA","response":{"clientDataJSON":['])
def test_what_a_passkey_says_may_be_nested_as_deeply_as_anybody_likes(visitor, begin, depth):
    answer = (begin * depth)[:19_999]
    visitor.post("accounts.sign_in_by_passkey", data={"answer": answer}, expect=422)


@pytest.mark.parametrize("parts", [1_001, 5_000])
def test_a_form_of_very_many_parts_is_refused(as_participant, parts):
    data = {"csrf_token": as_participant.token()} | {f"part{number}": "x" for number in range(parts)}
    answer = as_participant.client.post("/en/account/save", **in_parts(data))
    assert answer.status_code == 413


@pytest.mark.parametrize("name", ["participant", "coordinator"])
def test_no_number_in_an_address_is_too_large_for_a_page(everybody, name):
    browser = everybody.people[name].client
    opened = [address for endpoint, address in everybody.addresses() if endpoint != LEAVING]
    for address in opened:
        usual = browser.get(address)
        for value in HUGE if usual.status_code == 200 else ():
            asked = browser.get(address, query_string=dict.fromkeys(NAMES, value))
            assert asked.status_code in (200, 302, 404), f"{address} {value[:20]!r}"
            assert len(asked.data) <= 2 * len(usual.data), address


@pytest.mark.parametrize("name", ["participant", "coordinator"])
@pytest.mark.parametrize("number", ["0", "999999999", "9" * 19, "9" * 40, "9" * 4_000])
def test_no_number_in_a_path_is_too_large_for_a_page(everybody, name, number):
    person = everybody.people[name]
    token = person.token()
    for method in ("GET", "POST"):
        for rule in everybody.app.url_map.iter_rules():
            if "number" in rule.arguments and method in rule.methods:
                address = dict(everybody.addresses(method))[rule.endpoint].replace("/1/", f"/{number}/")
                address = address.removesuffix("1") + number if address.endswith("/1") else address
                data = {"csrf_token": token} if method == "POST" else None
                answer = person.client.open(address, method=method, data=data)
                assert answer.status_code in (302, 404, 409, 422), address[:120]


@pytest.mark.parametrize("text", SLOW_ONES.values(), ids=SLOW_ONES)
@pytest.mark.parametrize(
    ("endpoint", "field"),
    [
        ("accounts.sign_in_post", "login"),
        ("accounts.sign_in_post", "password"),
        ("accounts.enrol_code", "code"),
        ("second.by_code", "code"),
        ("second.by_recovery", "paper"),
        ("reports.send", "text"),
        ("reports.answer", "code"),
        ("verify.check", "code"),
    ],
)
def test_a_text_that_would_be_slow_to_read_is_refused_or_told_to_be_wrong(visitor, endpoint, field, text):
    whole = {"login": "cedar", "password": "x" * 20, "who": "nameless", "subject": "known", "wish": "nothing"}
    data = {"csrf_token": visitor.token(), **whole, field: text}
    address = visitor._address(endpoint, None, {})
    assert visitor.client.post(address, data=data).status_code in (200, 302, 409, 413, 422)


def test_her_own_long_texts_are_taken_or_refused_and_never_a_fault(everybody):
    person, texts = everybody.people["participant"], cycle(SLOW_ONES.values())
    names = ("text", "note", "reason", "channel", "hours", "silence", "name", "alias", "answer", "order", "q1")
    token = person.token()
    for endpoint, address in everybody.addresses("POST") * 2:
        if not address.endswith(("/codes", "/sign-out", "/lost", "/travel")):
            data = {"csrf_token": token, **dict.fromkeys(names, next(texts))}
            assert person.client.post(address, data=data).status_code < 500, endpoint


def test_an_address_that_goes_on_and_on_is_told_calmly(everybody):
    for browser in (everybody.people["nobody"].client, everybody.people["participant"].client):
        for address in (
            "/en/" + "x" * 50_000,
            "/en" + "/x" * 20_000,
            "/" + "%2e%2e/" * 5_000,
            "/en/today?" + "x&" * 20_000,
        ):
            assert browser.get(address).status_code in (200, 302, 404, 414), address[:30]
