"""Alembic's environment: the application hands over the connection and the models' metadata.

A migration never imports the product: types of ours are written as the plain types they are stored in.
"""

from alembic import context
from sqlalchemy.types import TypeDecorator

SCHEMAS = (None, "keystore")


def include_name(name, type_, parent_names):
    if type_ == "schema":
        return name in SCHEMAS
    return not (type_ == "table" and name == "alembic_version")


def render_item(type_, item, autogen_context):
    if type_ == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    include_schemas=True,
    include_name=include_name,
    render_item=render_item,
    compare_type=True,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
