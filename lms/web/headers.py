"""Headers of every answer, whatever its status (docs/security/threat-model.md)."""

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g

from lms.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FIXED = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(),"
        " payment=(), usb=(), interest-cohort=()"
    ),
}
YEAR_SECONDS = 365 * 24 * 3600
HSTS = f"max-age={YEAR_SECONDS}; includeSubDomains; preload"


def init_headers(app: Flask, settings: Settings) -> None:
    """Send the security headers with every answer: pages, hashed files, refusals of any kind."""

    def add(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _policy()
        # A page for one person must not be kept by anything between her and us, nor by her browser.
        if g.get("is_for_one"):
            response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.update(["Cookie", "Accept-Encoding"])
        return response

    app.after_request(add)
    app.add_template_global(nonce)


class EveryAnswer:
    """Outermost of all: what was answered below, the headers are there."""

    def __init__(self, application: "WSGIApplication", settings: Settings) -> None:
        self._application = application
        self._headers = dict(FIXED)
        if settings.is_https:
            self._headers["Strict-Transport-Security"] = HSTS

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            present = {name.lower() for name, _ in headers}
            missing = [pair for pair in self._headers.items() if pair[0].lower() not in present]
            return start_response(status, [*headers, *missing], *error)

        return self._application(environ, start)


def nonce() -> str:
    """The number used once that lets this page's own style and script run."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _policy() -> str:
    allowed = f"'nonce-{nonce()}'" if "nonce" in g else "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {allowed}; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
