"""Style sheet and script: hashed files made ahead (`make assets`), served for ever, with brotli and gzip beside them.

On a browser's first visit the style sheet stands in the page itself, so that an old phone draws it after one round
trip (docs/decisions/0011).
"""

import json
from pathlib import Path

from flask import Flask, Response, g
from markupsafe import Markup
from whitenoise import WhiteNoise

from . import cookies
from .cookies import SEEN_SECONDS, Cookie
from .headers import nonce

DIST = Path(__file__).parent / "static" / "dist"
PREFIX = "/static/"


def init_assets(app: Flask) -> None:
    """Serve the hashed files and give templates their addresses."""
    names: dict[str, str] = json.loads((DIST / "manifest.json").read_text())
    style = (DIST / names["app.css"]).read_text()

    def stylesheet() -> Markup:
        g.style_was_given = True
        if cookies.read(Cookie.SEEN):
            return Markup('<link rel="stylesheet" href="{}" nonce="{}">').format(PREFIX + names["app.css"], nonce())
        return Markup('<style nonce="{}">{}</style>').format(nonce(), Markup(style))  # noqa: S704 - our own file, without a tag in it

    app.add_template_global(stylesheet)
    app.add_template_global(lambda name: PREFIX + names[name], "script_src")
    app.after_request(_note_seen)
    app.wsgi_app = WhiteNoise(
        app.wsgi_app,
        root=str(DIST),
        prefix=PREFIX,
        immutable_file_test=lambda path, url: not url.endswith(".json"),
        index_file=None,
        allow_all_origins=False,
    )


def _note_seen(response: Response) -> Response:
    if g.get("style_was_given") and not cookies.read(Cookie.SEEN):
        cookies.give(response, Cookie.SEEN, "1", seconds=SEEN_SECONDS)
    return response
