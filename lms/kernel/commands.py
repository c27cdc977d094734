"""How a command reaches the application: through the click context, made only when it is needed."""

from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from typing import Any, ParamSpec, TypeVar

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


class Commands(click.Group):
    """A group that loads some of its commands only when they are asked for.

    A server that was killed must be back in two seconds, and what imports packs is a fifth of all that is imported
    (docs/reliability.md, R1).
    """

    def __init__(self, *args: Any, elsewhere: Mapping[str, str], **options: Any) -> None:
        """elsewhere: name of a command to the module that has it under this name, with `_` for `-`."""
        super().__init__(*args, **options)
        self._elsewhere = elsewhere

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, in alphabetical order."""
        return sorted({*super().list_commands(context), *self._elsewhere})

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command, loaded now if it stands elsewhere; None for an unknown name."""
        if name not in self._elsewhere:
            return super().get_command(context, name)
        found: click.Command = getattr(import_module(self._elsewhere[name]), name.replace("-", "_"))
        return found
