"""The keys of the running application."""

from pathlib import Path
from typing import cast

from flask import Flask, current_app

from .signing import SigningKeys, load_keys

_KEYS = "certificate_keys"


def init_keys(app: Flask, folder: Path) -> None:
    """Read the keys at the start, making the first where there is none. A key that is added later counts from the next
    start on. Raises Misconfigured.
    """
    app.extensions[_KEYS] = load_keys(folder)


def current_keys() -> SigningKeys:
    """The key that signs, and the public ones that anybody may check with."""
    return cast(SigningKeys, current_app.extensions[_KEYS])
