import base64
import re
from uuid import UUID

import pytest
from werkzeug.routing import IntegerConverter

from tests.client import Visitor

GOOD = {"login": "cedar", "password": "x" * 20}


SOME_ID = UUID(int=1)


def token_of(page):
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def send(visitor, token, **headers):
    return visitor.client.post("/en/sign-in", data={**GOOD, "csrf_token": token}, headers=headers).status_code


def test_two_answers_share_no_eight_bytes_of_the_token(as_participant):
    first, second = (base64.urlsafe_b64decode(token_of(as_participant.get("accounts.account"))) for _ in range(2))
    runs = {first[i : i + 8] for i in range(len(first) - 7)}
    assert not runs & {second[i : i + 8] for i in range(len(second) - 7)}
    texts = [token_of(as_participant.get("accounts.account")) for _ in range(2)]
    assert not {texts[0][i : i + 8] for i in range(len(texts[0]) - 7)} & {
        texts[1][i : i + 8] for i in range(len(texts[1]) - 7)
    }


def test_any_of_this_browsers_tokens_is_taken_again(visitor):
    first = token_of(visitor.get("accounts.sign_in"))
    visitor.get("accounts.sign_in")
    assert [send(visitor, first), send(visitor, first)] == [422, 422]


@pytest.mark.parametrize("token", ["", "x", "AAAA", "é", "A" * 88])
def test_a_form_without_its_token_changes_nothing_and_says_what_to_do(visitor, token):
    visitor.get("accounts.sign_in")
    page = visitor.post("accounts.sign_in_post", data={**GOOD, "csrf_token": token}, expect=400)
    assert "Go back: what you typed is still there." in page.words()


def test_the_token_of_another_browser_is_refused(app, visitor):
    other = Visitor(app)
    stolen = token_of(other.get("accounts.sign_in"))
    visitor.get("accounts.sign_in")
    assert send(visitor, stolen) == 400


def test_a_token_dies_with_its_session(as_participant):
    token = token_of(as_participant.get("accounts.account"))
    as_participant.post("accounts.sign_out")
    assert send(as_participant, token) == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 422),
        ({"Origin": "http://localhost:8000"}, 422),
        ({"Origin": "http://localhost"}, 422),
        ({"Origin": "https://evil.example"}, 400),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Sec-Fetch-Site": "same-site"}, 400),
        ({"Sec-Fetch-Site": "none"}, 422),
    ],
)
def test_a_request_from_another_site_is_refused_even_with_a_token(visitor, headers, status):
    assert send(visitor, token_of(visitor.get("accounts.sign_in")), **headers) == status


def test_every_unsafe_route_is_guarded(app, as_participant):
    for rule in app.url_map.iter_rules():
        if rule.methods & {"POST", "PUT", "PATCH", "DELETE"}:
            with app.test_request_context():
                values = {
                    name: 1 if isinstance(rule._converters[name], IntegerConverter) else SOME_ID
                    for name in rule.arguments
                }
                values["lang"] = "en"
                address = app.url_map.bind("localhost").build(
                    rule.endpoint, {k: v for k, v in values.items() if k in rule.arguments}, method="POST"
                )
            assert as_participant.client.post(address).status_code == 400, rule.rule
