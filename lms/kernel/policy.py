"""Who may do what: permissions declared once, as a table of predicates.

`who` is a person or None (nobody signed in), `target` is whatever the permission is about.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

Predicate: TypeAlias = Callable[[Any, Any], bool]

_GRANTS: dict[str, tuple[Predicate, ...]] = {}


class Permission(StrEnum):
    """Base of every package's permission names: `package:thing:action`."""


def declare(grants: Mapping[Permission, Sequence[Predicate]]) -> None:
    """Say once for each permission which predicates give it; any of them suffices."""
    for permission, any_of in grants.items():
        if permission in _GRANTS:
            raise RuntimeError(f"{permission} is declared twice")
        _GRANTS[permission] = tuple(any_of)


def both(first: Predicate, second: Predicate) -> Predicate:
    """A predicate that wants both."""

    def holds(who: Any, target: Any) -> bool:
        return first(who, target) and second(who, target)

    return holds


def is_declared(permission: Permission) -> bool:
    """Whether some package has said who holds this permission."""
    return permission in _GRANTS


def allows(permission: Permission, who: Any, target: Any = None) -> bool:
    """Whether `who` may do this to `target`."""
    return any(grant(who, target) for grant in _GRANTS[permission])
