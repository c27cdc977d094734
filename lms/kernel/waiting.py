"""How long anybody waits for the database.

A person's request waits a second and a half and is then told that the site cannot work right now: her page keeps what
she typed and sends it again. Who works without a person (worker, importer, migrations) waits longer. When a database
was silent to one request, the others of this process do not each wait in full for a second: they would queue up behind
it and nobody would be answered in time (docs/reliability.md, R6).
"""

import time
from datetime import timedelta

from flask import current_app, has_request_context

PATIENCE = timedelta(seconds=10)
REQUEST_PATIENCE = timedelta(milliseconds=1500)
SHORT_PATIENCE = timedelta(milliseconds=200)
PAUSE_SECONDS = 1.0
_SILENT_UNTIL = "database_silent_until"


def usual_patience() -> timedelta:
    """How long to wait here and now."""
    if not has_request_context():
        return PATIENCE
    return SHORT_PATIENCE if is_silent() else REQUEST_PATIENCE


def is_silent() -> bool:
    """Whether this is a request, and the database did not answer another one a moment ago."""
    return has_request_context() and time.monotonic() < current_app.extensions.get(_SILENT_UNTIL, 0.0)


def note_silence() -> None:
    """A request waited as long as a request may."""
    if has_request_context():
        current_app.extensions[_SILENT_UNTIL] = time.monotonic() + PAUSE_SECONDS


def milliseconds(wait: timedelta) -> int:
    """As both databases count."""
    return int(wait.total_seconds() * 1000)
