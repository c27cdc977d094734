"""Whether what the database acknowledges is on the disk, so that a power cut takes nothing that was told as saved."""

from sqlalchemy import Connection

SQLITE_LEAST_SYNCHRONOUS = 2
"""FULL. With NORMAL a commit comes back before its page is on the disk (docs/reliability.md, R2)."""

NEEDED = ("fsync", "full_page_writes", "synchronous_commit")
"""Settings of PostgreSQL of which none may be off."""


def weaknesses(connection: Connection) -> list[str]:
    """The settings by which an acknowledged save could be lost, each with its value."""
    if connection.dialect.name == "sqlite":
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        return [f"SQLite synchronous is {level}"] if level < SQLITE_LEAST_SYNCHRONOUS else []
    found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in NEEDED}
    return [f"PostgreSQL {name} is {value}" for name, value in found.items() if value == "off"]
