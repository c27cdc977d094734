"""A visitor with a cookie jar, who reads every page as the linter does."""

import re
from html.parser import HTMLParser
from typing import Any

from flask import Flask, url_for
from werkzeug.test import TestResponse

from lms.accounts.models import Person
from lms.accounts.rules.factors import Proof
from lms.accounts.services import sessions
from lms.kernel.db import db, transaction
from tests.cast import Member
from tests.pages import faults


class _Fields(HTMLParser):
    """Names and values of what a form would send."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = dict(attrs)
        name = a.get("name")
        if tag == "input" and name and (a.get("type") not in ("checkbox", "radio") or "checked" in a):
            self.values[name] = a.get("value") or ""
        elif tag == "textarea" and name:
            self._textarea, self.values[name] = name, ""
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select and ("selected" in a or self._select not in self.values):
            self.values[self._select] = a.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None


class Page:
    """An answer as a test reads it."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.text = response.text
        self.headers = response.headers
        self.location = response.location
        fields = _Fields()
        fields.feed(self.text if response.mimetype == "text/html" else "")
        self.fields = fields.values

    def words(self) -> str:
        """The text without tags, blanks folded."""
        plain = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", self.text)
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", plain)).strip()


class Visitor:
    """Somebody in front of a browser; each page is linted as it arrives."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self.last: Page | None = None

    def signed_in(self, member: Member, *, shared: bool = False, proof: Proof = Proof.PASSKEY) -> "Visitor":
        """Have a session without the cost of a passphrase: the row and the cookie are the real ones.

        proof: what she showed for it; with a passkey every role of hers counts.
        """
        with self.app.app_context():
            person = db.session.get_one(Person, member.id)
            with transaction():
                at = self.app.extensions["clock"].now()
                token = sessions.start_session(person, proof=proof, shared=shared, at=at)
        self.client.set_cookie("sid", token)
        return self

    def get(self, endpoint: str, *, expect: int = 200, lang: str | None = None, **url_arguments: Any) -> Page:
        """Open a page by its endpoint, or by its address where it begins with a slash."""
        return self._read(self.client.get(self._address(endpoint, lang, url_arguments)), expect)

    def post(
        self, endpoint: str, *, data: dict[str, Any] | None = None, expect: int = 302, lang: str | None = None,
        headers: dict[str, str] | None = None, **url_arguments: Any,
    ) -> Page:  # fmt: skip
        """Send a form with a token of this browser, as a person would who just opened the page."""
        address = self._address(endpoint, lang, url_arguments)
        sent = {"csrf_token": self.token(), **(data or {})}
        return self._read(self.client.post(address, data=sent, headers=headers), expect)

    def token(self) -> str:
        """A token for this browser, from a page that has a form."""
        for address in ("/en/account", "/en/sign-in"):
            response = self.client.get(address)
            found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
            if response.status_code == 200 and found:
                return found[1]
        raise AssertionError("no page with a form")

    def _address(self, endpoint: str, lang: str | None, url_arguments: dict[str, Any]) -> str:
        if endpoint.startswith("/"):
            return endpoint
        with self.app.test_request_context():
            if self.app.url_map.is_endpoint_expecting(endpoint, "lang"):
                url_arguments["lang"] = lang or "en"
            return url_for(endpoint, **url_arguments)

    def _read(self, response: TestResponse, expect: int) -> Page:
        page = Page(response)
        assert page.status == expect, f"{page.status} instead of {expect}: {page.words()[:300]}"
        if self.client.get_cookie("sid") is not None:
            assert page.headers["Cache-Control"] == "no-store"
        if response.mimetype == "text/html" and page.status not in (301, 302, 303, 308):
            assert faults(page.text) == []
        self.last = page
        return page
