"""How a lower step tells a higher one that something happened.

Subscriptions stand in `lms/app.py`; a handler runs at once, in the same transaction.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app

E = TypeVar("E")


def subscribe(app: Flask, kind: type[E], handler: Callable[[E], None]) -> None:
    """From now on call `handler` with every event of this kind."""
    app.extensions.setdefault("events", defaultdict(list))[kind].append(handler)


def publish(event: Any) -> None:
    """Call every handler of this event's own type, in the order of subscription."""
    for handler in current_app.extensions.get("events", {}).get(type(event), ()):
        handler(event)
