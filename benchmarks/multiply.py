"""Making many cohorts out of one, inside the database: for sizes that services would need hours for.

A `Block` says which rows were made while one cohort was founded and filled. `multiply` copies them with INSERT …
SELECT: numbers and whatever names them move on by the size of the block, and what must be unique (public ids,
operations, receipts) gets another beginning, the same throughout one copy, so that the key of a person still finds
her. Which columns those are is read from the metadata. A block has nobody who can sign in. Sealed values are copied
as they are and do not open any more, because they are sealed to the id of whom they were copied from.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Engine,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    create_engine,
    event,
)

from lms.kernel.db import KEYSTORE, db

PERSON, COHORT, ENROLMENT, ATTEMPT = "accounts_person", "cohorts_cohort", "cohorts_enrolment", "assessments_attempt"
PERSON_KEY, AUDIT = f"{KEYSTORE}.person_key", "audit_entry"
BARE = {"by_id": PERSON, "person_id": PERSON, "cohort_id": COHORT}
"""Columns that name a row by its number without a reference, on purpose."""

ACTS = {
    "accounts.": PERSON,
    "assessments.attempt.": ATTEMPT,
    "cohorts.enrolment.": ENROLMENT,
    "cohorts.fact.": ENROLMENT,
}
"""On what a deed was done, by the beginning of the act; on a cohort without one."""

SPREAD = 2_654_435_761
"""Whole numbers of 32 bits, each times this, are spread over all of them, and no two meet."""

COPIES_A_COMMIT = 50
SQLITE = (
    "main.journal_mode=OFF", f"{KEYSTORE}.journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF",
    "cache_size=-1000000", "locking_mode=EXCLUSIVE",
)  # fmt: skip
"""A data set that is cut off half-way is made anew, so nothing needs to be safe meanwhile."""

POSTGRESQL = ("session_replication_role=replica", "synchronous_commit=off")
"""The same: references are known to be right, and looking up each would take most of the time."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """The rows of one cohort: of each table with numbers of its own the highest before, and after."""

    before: Mapping[str, int]
    after: Mapping[str, int]

    def size(self, table: str) -> int:
        """By how much the numbers of a table move on from one copy to the next."""
        return self.after[table] - self.before[table]


def highest(connection: Connection) -> dict[str, int]:
    """The highest number of each table that has numbers of its own."""
    found = {}
    for table in db.metadata.sorted_tables:
        if (number := _number(table)) is not None:
            asked = connection.exec_driver_sql(f"SELECT coalesce(max({number.name}), 0) FROM {table}")
            found[table.fullname] = int(asked.scalar_one())
    return found


def multiply(connection: Connection, block: Block, copies: range, *, told: Callable[[int], None]) -> None:
    """Add copies of a block after the last rows, and commit.

    copies: their numbers, from 1 on, each used once for a block. told: is called with how many are done.
    """
    last = highest(connection)
    copier = Copier(block, connection.dialect)
    for done, copy in enumerate(copies):
        moved = {name: last[name] - block.before[name] + done * block.size(name) for name in last}
        for statement in copier.statements(moved, copy):
            connection.exec_driver_sql(statement)
        if (done + 1) % COPIES_A_COMMIT == 0:
            connection.commit()
            told(done + 1)
    if connection.dialect.name == "postgresql":
        _move_sequences(connection)
    connection.commit()


class Copier:
    """Writes the statements that copy a block once."""

    def __init__(self, block: Block, dialect: Dialect) -> None:
        self._block, self._dialect = block, dialect
        self._tables = [table for table in db.metadata.sorted_tables if self._condition(table)]

    def statements(self, moved: Mapping[str, int], copy: int) -> Iterator[str]:
        """One for each table. moved: how far the numbers of each table move on."""
        for table in self._tables:
            names = ", ".join(self._quoted(column) for column in table.columns)
            values = ", ".join(self._value(column, moved, copy) for column in table.columns)
            yield f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {self._condition(table)}"

    def _value(self, column: Column[Any], moved: Mapping[str, int], copy: int) -> str:
        """What stands in a column of the copy."""
        name, table = self._quoted(column), _named(column)
        if table is not None:
            return self._moved(name, table, moved)
        if column.table.name == AUDIT and column.name == "on_id":
            cases = " ".join(f"WHEN act LIKE '{act}%%' THEN {self._moved(name, on, moved)}" for act, on in ACTS.items())
            return f"CASE {cases} ELSE {self._moved(name, COHORT, moved)} END"
        if isinstance(column.type, Uuid):
            return self._begun(column, f"{copy * SPREAD % 2**32:08x}")
        if isinstance(column.type, String) and _is_unique(column):
            return self._begun(column, f"~{copy:03x}")  # no code of the product begins like that
        return name

    def _moved(self, name: str, table: str, moved: Mapping[str, int]) -> str:
        """A number moved on, if it names a row of the block."""
        if not self._block.size(table):
            return name
        return f"CASE WHEN {name} > {self._block.before[table]} THEN {name} + {moved[table]} ELSE {name} END"

    def _begun(self, column: Column[Any], beginning: str) -> str:
        """A text with other characters at its beginning."""
        rest = f"substr(CAST({self._quoted(column)} AS VARCHAR), {len(beginning) + 1})"
        return f"CAST('{beginning}' || {rest} AS {column.type.compile(self._dialect)})"

    def _condition(self, table: Table) -> str | None:
        """Which rows of a table belong to the block; None when none can."""
        if table.fullname == PERSON_KEY:
            return f"person_id IN (SELECT public_id FROM {PERSON} WHERE {self._within('id', PERSON)})"
        for key in table.primary_key.columns:
            name = _named(key)
            if name is not None and self._block.size(name):
                return self._within(key.name, name)
        return None

    def _within(self, name: str, table: str) -> str:
        return f"{name} > {self._block.before[table]} AND {name} <= {self._block.after[table]}"

    def _quoted(self, column: Column[Any]) -> str:
        return self._dialect.identifier_preparer.quote(column.name)


def _number(table: Table) -> Column[Any] | None:
    """The column of a table's own numbers."""
    first, *more = table.primary_key.columns
    return first if isinstance(first.type, Integer) and not first.foreign_keys and not more else None


def _named(column: Column[Any]) -> str | None:
    """The table whose numbers stand in a column: its own, that of a reference, or a bare one."""
    if column is _number(column.table):
        return column.table.fullname
    for key in column.foreign_keys:
        return key.column.table.fullname
    return BARE.get(column.name) if isinstance(column.type, Integer) else None


def _is_unique(column: Column[Any]) -> bool:
    alone = [rule for rule in column.table.constraints if isinstance(rule, UniqueConstraint) and len(rule.columns) == 1]
    return bool(column.unique) or any(rule.columns.contains_column(column) for rule in alone)


def _move_sequences(connection: Connection) -> None:
    """Rows that were given their numbers did not take them from the sequence."""
    for name, number in highest(connection).items():
        key = db.metadata.tables[name].primary_key.columns[0].name
        if number:
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', '{key}'), {number})")


@contextmanager
def fast_connection(database_url: str, keystore: Path | None) -> Iterator[Connection]:
    """A connection that is quick and not safe. Nobody else may have the SQLite file open."""
    engine: Engine = create_engine(database_url)

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: object) -> None:
        if keystore is not None:
            connection.execute(f"ATTACH DATABASE ? AS {KEYSTORE}", (str(keystore),))
        for setting in SQLITE if engine.dialect.name == "sqlite" else POSTGRESQL:
            connection.execute(f"{'PRAGMA' if engine.dialect.name == 'sqlite' else 'SET'} {setting}")
        connection.commit()

    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
