"""Pages are compressed on the way out; safe, because no page repeats a secret (docs/decisions/0006)."""

import gzip

import brotli
from flask import Flask, Response, g, request

BROTLI_QUALITY = 5
GZIP_LEVEL = 6
LEAST_BYTES = 400


def init_compression(app: Flask) -> None:
    """Compress every text answer for browsers that can read it."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """Brotli if the browser takes it, else gzip, else plain."""
    if g.get("has_secret"):  # beside something she typed, its size could tell it (docs/decisions/0006)
        return response
    if response.direct_passthrough or response.status_code in (204, 304) or "Content-Encoding" in response.headers:
        return response
    if not (response.mimetype or "").startswith(("text/", "application/json")):
        return response
    body = response.get_data()
    accepted = request.accept_encodings
    if len(body) < LEAST_BYTES:
        return response
    if accepted["br"] > 0:
        response.set_data(brotli.compress(body, quality=BROTLI_QUALITY, mode=brotli.MODE_TEXT))
        response.headers["Content-Encoding"] = "br"
    elif accepted["gzip"] > 0:
        response.set_data(gzip.compress(body, GZIP_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
