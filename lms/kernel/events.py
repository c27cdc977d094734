"""How a lower package lets a higher one know: frozen events, heard at once, in the same transaction.

Every subscription stands in `lms/app.py`, so that all wires are seen on one page (docs/house-style.md 2).
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from flask import Flask, current_app

Listener: TypeAlias = Callable[[Any], None]
_EVENTS = "events"


def subscribe(app: Flask, kind: type, listener: Listener) -> None:
    """Say who hears about this kind of event. Whatever the listener raises undoes the act."""
    app.extensions.setdefault(_EVENTS, {}).setdefault(kind, []).append(listener)


def publish(event: object) -> None:
    """Let everybody hear who subscribed, in the order of subscription."""
    for listener in current_app.extensions.get(_EVENTS, {}).get(type(event), ()):
        listener(event)
