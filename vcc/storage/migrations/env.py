"""Alembic's entry: runs the migrations on the connection that `migrate.py` gives, inside its transaction."""

from alembic import context

from vcc.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
