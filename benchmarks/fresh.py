"""What a benchmark fills is a database that holds nothing, and whom it lets in has a passphrase of this run alone."""

import secrets

from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

OF_THE_SERVER = "information_schema"


def refuse_unless_empty(url: str) -> None:
    """Raise ValueError when a database has any table, in any schema; asked before anything is migrated."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = inspect(connection)
        schemas = [name for name in found.get_schema_names() if name != OF_THE_SERVER]
        tables = [f"{schema}.{name}" for schema in schemas for name in found.get_table_names(schema)]
    if tables:
        raise ValueError(f"the database is not empty: it holds {tables[0]}{' and more' if tables[1:] else ''}")


def new_passphrase() -> str:
    """One that nobody can work out from the programs or the seed."""
    return secrets.token_urlsafe(16)
