"""Headers of every answer, whatever its status (docs/security/threat-model.md)."""

import secrets
from wsgiref.headers import Headers

from flask import Flask, Response, g

from lms.settings import Settings

FIXED = {
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
    """Send the security headers with every answer of the application."""

    def add(response: Response) -> Response:
        response.headers.extend(FIXED)
        response.headers["Content-Security-Policy"] = _policy()
        if settings.is_https:
            response.headers["Strict-Transport-Security"] = HSTS
        # A page for one person must not be kept by anything between her and us, nor by her browser.
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.update(["Cookie", "Accept-Encoding"])
        return response

    app.after_request(add)
    app.add_template_global(nonce)


def nonce() -> str:
    """The number used once that lets this page's own style and script run."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _policy() -> str:
    allowed = f"'nonce-{nonce()}'" if "nonce" in g else "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {allowed}; img-src 'self' data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def static_headers(headers: Headers, path: str, url: str) -> None:
    """The same for hashed files, which are not served by the application."""
    for name, value in FIXED.items():
        headers[name] = value
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
