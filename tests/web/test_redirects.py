import pytest

from lms.web import redirects

BAD = [
    "",
    None,
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2f%2fevil.example",
    "%2f%2fevil.example",
    "/%5cevil.example",
    "https://evil.example",
    "https:evil.example",
    "http://localhost/en/today",
    "javascript:alert(1)",
    "data:text/html,x",
    "/en/today\r\nSet-Cookie: a=b",
    "/en/today%0d%0aX: y",
    "/\tevil.example",
    "/%09/evil.example",
    "/en/today@evil.example",
    "/@evil.example",
    "//user@evil.example",
    "/en/today/../../evil",
    "en/today",
    "today",
    " /en/today",
    "/en/today\0",
    "/%00",
    "/nothing",
    "/en/nothing",
    "/en/sign-out",
    "/xx/today",
    "/%252f%252fevil.example",
    "/..//evil.example",
    "/./evil",
    "/en//evil.example",
    "ftp://evil.example",
    "?next=/en/today",
    "#fragment",
    "/\u2028/evil",
    "/en/today;evil.example",
]


@pytest.mark.parametrize("target", BAD)
def test_a_target_that_is_no_page_of_ours_is_not_followed(app, target):
    with app.test_request_context():
        assert not redirects.is_safe(target)


@pytest.mark.parametrize("target", ["/en/today", "/ar/c/", "/fr/account?saved=1", "/en/"])
def test_a_page_of_ours_is_followed(app, target):
    with app.test_request_context():
        assert redirects.is_safe(target)


@pytest.mark.parametrize("target", BAD[2:8])
def test_sign_in_leads_nowhere_else(visitor, cast, target):
    data = {"login": "cedar", "password": cast.cedar.passphrase, "next": target}
    assert visitor.post("accounts.sign_in_post", data=data).location == "/en/today"
