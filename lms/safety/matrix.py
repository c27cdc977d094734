"""Who sees what of somebody: the matrix of the threat model (1.2), read from one file beside this one.

The page on which she looks it up, the opening of sealed values and the tests that go through every viewer read the
same cells, so that none of them can say something else.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from lms.accounts.rules.roles import Role

from .rules import Field

FILE = Path(__file__).parent / "matrix.toml"
ANONYMOUS = "anonymous"
"""Whoever has not signed in; every other viewer is a role."""


class Column(StrEnum):
    """What there is to know of somebody."""

    PRESENCE = "presence"
    ALIAS = "alias"
    NAME = "name"
    SETTING = "setting"
    CONTACT = "contact"
    PLAN = "plan"
    APPLICATION = "application"
    ANSWERS = "answers"
    MARKS = "marks"
    LAST_SEEN = "last_seen"
    CERTIFICATE = "certificate"


class Sight(StrEnum):
    """How much of it a viewer gets."""

    NOTHING = "-"
    EXISTENCE = "E"
    ALIAS = "P"
    VALUE = "R"
    WITH_REASON = "R*"
    OWN = "own"
    WEEK = "week"
    DAY = "day"
    COUNTS = "counts"
    CODE = "code"


class Condition(StrEnum):
    """What has to hold besides."""

    ALWAYS = ""
    NAMED = "named"
    NOMINEE = "nominee"
    ALLOTTED = "allotted"
    SCORED = "scored"
    CHOSEN = "chosen"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one viewer gets of one column, and when."""

    sight: Sight
    condition: Condition

    def given(self, *holding: Condition) -> Sight:
        """What is seen where only these conditions hold: nothing where the cell's own does not."""
        return self.sight if self.condition in (Condition.ALWAYS, *holding) else Sight.NOTHING


Row = Mapping[Column, Cell]

COLUMN_OF = {Field.LEGAL_NAME: Column.NAME, Field.CONTACT: Column.CONTACT, Field.PLAN: Column.PLAN}
"""Where each sealed value stands that can be opened."""


@cache
def matrix() -> Mapping[str, Row]:
    """Every viewer, `anonymous` and each role by its id, with every column. Raises ValueError for a file with gaps."""
    with FILE.open("rb") as file:
        rows = tomllib.load(file)
    if set(rows) != {ANONYMOUS, *Role}:
        raise ValueError(f"viewers of {FILE.name}: {sorted(set(rows) ^ {ANONYMOUS, *Role})}")
    return {viewer: _row(cells) for viewer, cells in rows.items()}


def _row(cells: Mapping[str, str]) -> Row:
    if set(cells) != set(Column):
        raise ValueError(f"columns of {FILE.name}: {sorted(set(cells) ^ set(Column))}")
    return {Column(name): _cell(text) for name, text in cells.items()}


def _cell(text: str) -> Cell:
    sight, _, condition = text.partition(" if ")
    return Cell(sight=Sight(sight), condition=Condition(condition))


def opened_by(roles: Collection[Role], *holding: Condition) -> list[Field]:
    """Which sealed values somebody with these roles may open, for a reason that is read."""
    rows = [matrix()[role] for role in roles]
    return [
        field
        for field, column in COLUMN_OF.items()
        if any(row[column].given(*holding) is Sight.WITH_REASON for row in rows)
    ]
