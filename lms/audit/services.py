"""Recording deeds."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from lms.kernel.db import db

from .models import Entry

AuditValue: TypeAlias = str | int | bool | None


@dataclass(frozen=True)
class Act:
    """A kind of deed and the exact fields it records."""

    name: str
    fields: frozenset[str]


def act(name: str, *fields: str) -> Act:
    """Declare a kind of deed: `package.thing.done` and what it records of the change."""
    return Act(name, frozenset(fields))


def record(what: Act, *, by: int | None, on: int, at: datetime, **changes: tuple[AuditValue, AuditValue]) -> None:
    """Write one deed into the running transaction.

    by: internal number of the person, None for the operator or the system. on: internal number of the thing.
    changes: field=(before, after), exactly the declared fields. Raises ValueError otherwise: an audit entry that
    records more than was agreed is a leak.
    """
    if changes.keys() != what.fields:
        raise ValueError(f"{what.name} records {sorted(what.fields)}, not {sorted(changes)}")
    db.session.add(Entry(act=what.name, by_id=by, on_id=on, at=at, changes={k: list(v) for k, v in changes.items()}))
