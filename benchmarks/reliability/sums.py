"""What every table means: how many rows it has, and a digest of each column over all rows in the order of their keys.

Two tables with the same sums hold the same. Tables are read as they are, whatever the code at hand knows of them.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Inspector, inspect

from lms.kernel.db import KEYSTORE, db

from .site import Site

ROWS_AT_ONCE = 5_000
NOT_OURS = ("alembic_version", "sqlite_sequence")


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table. columns: a digest for each."""

    rows: int
    columns: Mapping[str, str]


Sums = Mapping[str, Table]


def sums(site: Site) -> Sums:
    """Of every table of a site, keys of people included, by name."""
    with site.inside(), db.engine.connect() as connection:
        found = inspect(connection)
        return {name: _table(connection, name, key, columns) for name, key, columns in tables(found)}


def tables(found: Inspector) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each table with the columns of its key and all its columns, in order."""
    for schema in (None, KEYSTORE):
        if schema is not None and schema not in found.get_schema_names():
            continue
        for name in sorted(set(found.get_table_names(schema=schema)) - {*NOT_OURS}):
            key = found.get_pk_constraint(name, schema=schema)["constrained_columns"]
            columns = sorted(column["name"] for column in found.get_columns(name, schema=schema))
            yield f"{schema}.{name}" if schema else name, key, columns


def listed(columns: list[str]) -> str:
    """As they stand in a statement."""
    return ", ".join(f'"{name}"' for name in columns)


def _table(connection: Connection, name: str, key: list[str], columns: list[str]) -> Table:
    rows, digests = 0, [hashlib.sha256() for _ in columns]
    asked = f"SELECT {listed(columns)} FROM {name} ORDER BY {listed(key)}"
    streamed = connection.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE)
    for part in streamed.exec_driver_sql(asked).partitions():
        rows += len(part)
        for digest, values in zip(digests, zip(*part, strict=True), strict=True):
            digest.update(repr(values).encode())
    return Table(rows=rows, columns={name: one.hexdigest() for name, one in zip(columns, digests, strict=True)})


def changed(before: Sums, after: Sums) -> list[str]:
    """Which columns that both know do not hold the same; a table that only one of them knows is none."""
    return [
        f"{name}.{column}"
        for name in sorted(before.keys() & after.keys())
        for column in sorted(before[name].columns.keys() & after[name].columns.keys())
        if _one(before[name], column) != _one(after[name], column)
    ]


def gone(before: Sums, below: Sums, after: Sums) -> list[str]:
    """Which columns lost what they held on the way down and up again. below: what was left in between."""
    return [
        f"{name}.{column}"
        for name, table in sorted(before.items())
        for column in sorted(table.columns)
        if not (name in below and column in below[name].columns)
        and (name not in after or _one(table, column) != _one(after[name], column))
    ]


def _one(table: Table, column: str) -> tuple[int, str | None]:
    return table.rows, table.columns.get(column)
