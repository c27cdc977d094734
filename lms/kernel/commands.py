"""How a command reaches the application: through the click context, made only when it is needed."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")


def with_app(command: Callable[P, R]) -> Callable[P, R]:
    """Run a command inside an application context.

    The click context's `obj` is a function that makes the application; commands without this decorator never open
    a database.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with click.get_current_context().obj().app_context():
            return command(*args, **kwargs)

    return run
