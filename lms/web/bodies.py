"""What a request may bring, and where it lies meanwhile."""

from collections.abc import Callable
from io import BytesIO
from typing import IO, TypeVar

from flask import Flask, Request, current_app, request
from flask.typing import ResponseReturnValue

from .http import who

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
ENVELOPE_BYTES = 20_000
"""What a browser sends around a file: the token, the other fields, the borders between them."""


class OwnRequest(Request):
    """A request whose files lie in memory: what people bring is never written to a disk in clear."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


def takes_file(most_bytes: int, *, from_anybody: bool = False) -> Callable[[View], View]:
    """Let this one view receive a file of so many bytes, while others take far less.

    from_anybody: also from somebody who is not signed in.
    """

    def decorate(view: View) -> View:
        vars(view)["most_bytes"] = most_bytes + ENVELOPE_BYTES
        vars(view)["from_anybody"] = from_anybody
        return view

    return decorate


def init_bodies(app: Flask) -> None:
    """Raise the limit where a view says so; before anything reads the form."""
    app.request_class = OwnRequest
    app.before_request(_allow_more)


def _allow_more() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    said = {} if view is None else vars(view)
    if "most_bytes" in said and (said["from_anybody"] or who() is not None):
        request.max_content_length = said["most_bytes"]
