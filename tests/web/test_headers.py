import gzip
import re

import brotli
import pytest
from flask import Response

from lms.accounts.policy import AccountPermission
from lms.web.http import allow
from tests.client import Visitor

ALWAYS = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
ADDRESSES = (
    "/en/",
    "/en/sign-in",
    "/",
    "/en/nothing",
    "/nothing",
    "/leave",
    "/healthz",
    "/en/today",
    "/static/nothing.css",
)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_every_answer_of_every_status_has_the_headers(visitor, address, method):
    answer = getattr(visitor.client, method)(address)
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert len(answer.headers.getlist("Content-Security-Policy")) == 1
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_nonce_is_new_on_each_page_and_is_the_one_of_its_tags(visitor):
    seen = set()
    for _ in range(2):
        page = visitor.get("home.welcome")
        allowed = re.search(r"script-src 'nonce-([^']+)'", page.headers["Content-Security-Policy"])[1]
        assert set(re.findall(r'nonce="([^"]+)"', page.text)) == {allowed}
        seen.add(allowed)
    assert len(seen) == 2


def test_signed_in_pages_are_kept_by_nobody(as_participant):
    page = as_participant.get("home.today")
    assert page.headers["Cache-Control"] == "no-store" and "Cookie" in page.headers["Vary"]


def test_what_somebody_signed_in_gets_is_kept_by_nobody_whatever_its_view_says(as_participant, monkeypatch):
    @allow(AccountPermission.USE)
    def lenient():
        return Response("hers", headers={"Cache-Control": "private, max-age=60"})

    monkeypatch.setitem(as_participant.app.view_functions, "home.today", lenient)
    answer = as_participant.client.get("/en/today")
    assert (answer.text, answer.headers["Cache-Control"]) == ("hers", "no-store")


def test_the_style_sheet_is_in_the_first_page_and_a_link_afterwards(visitor):
    assert "<style nonce=" in visitor.get("home.welcome").text
    second = visitor.get("home.welcome").text
    assert "<style" not in second and '<link rel="stylesheet" href="/static/app.' in second


@pytest.mark.parametrize(
    ("encoding", "opens"), [("br", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)]
)
def test_hashed_files_are_served_for_ever_and_packed_ahead(visitor, encoding, opens):
    address = re.search(
        r'href="(/static/app\.[0-9a-f]{10}\.css)"', [visitor.get("home.welcome"), visitor.get("home.welcome")][1].text
    )[1]
    answer = visitor.client.get(address, headers={"Accept-Encoding": encoding})
    assert answer.headers.get("Content-Encoding", "identity") == encoding
    assert "immutable" in answer.headers["Cache-Control"] and "max-age=315360000" in answer.headers["Cache-Control"]
    assert b"--paper" in opens(answer.data)
    answer.close()
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers["Content-Type"] == 'text/css; charset="utf-8"'


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("identity", None), ("br;q=0, gzip", "gzip")]
)
def test_pages_are_compressed_as_the_browser_can_read(as_participant, accepted, encoding):
    answer = as_participant.client.get("/en/today", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    opens = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert b"</html>" in opens(answer.data)
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_a_foreign_host_is_refused(app):
    for host in ("evil.example", "localhost.evil.example"):
        assert Visitor(app).client.get("/en/", headers={"Host": host}).status_code == 400


def test_links_are_built_from_the_configured_address_only(visitor):
    page = visitor.client.get(
        "/en/sign-in", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    )
    assert "evil.example" not in page.text


def test_refusals_of_hashed_files_have_the_headers_too(visitor):
    visitor.get("home.welcome")
    address = re.search(r'href="(/static/app[^"]+css)"', visitor.get("home.welcome").text)[1]
    first = visitor.client.get(address)
    first.close()
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    for answer in (visitor.client.get(address, headers=since), visitor.client.post(address)):
        assert answer.status_code in (304, 405)
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
        answer.close()


def test_what_an_address_says_does_not_echo_in_a_page(as_participant):
    assert "canary-words" not in as_participant.get("/en/today?x=canary-words").text
