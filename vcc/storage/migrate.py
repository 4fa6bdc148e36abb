"""Brings a database to the newest schema, at start; in one transaction, and by one process at a time.

As a program it does so with the URL that it reads from its standard input.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.errors import StoreError
from vcc.programs import ProgramError, run_program
from vcc.storage.database import open_database
from vcc.storage.schema import REVISION

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from vcc.storage.database import Database

#: The longest time (s) for a migration in a process of its own.
_LONGEST_S = 3_600.0
#: How long it waits for another process that writes to the same SQLite file (s).
_BUSY_S = 5.0
_LOCK = {
    "sqlite": "BEGIN IMMEDIATE",  # else the driver would commit each CREATE by itself
    "postgresql": "SELECT pg_advisory_xact_lock(860498668)",  # any number that is ours
}


async def migrate(database: Database) -> None:
    """Run what migrations are missing. Raises StoreError for a database that a newer vcc has made."""
    if not await _is_newest(database):
        await database.change(_upgrade_alone)


async def migrate_apart(database: Database) -> None:
    """As `migrate`, but in a process that ends then: alembic would keep 7 MB in a process that runs for months.

    Whatever hinders it is left to `migrate`, which says what it is.
    """
    if await _is_newest(database):
        return
    with contextlib.suppress(ProgramError):
        url = database.url.render_as_string(hide_password=False)
        await run_program((sys.executable, "-m", __name__), timeout_s=_LONGEST_S, stdin=url.encode())


async def _is_newest(database: Database) -> bool:
    return await database.read(_revision) == REVISION


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade_alone(connection: Connection) -> None:
    connection.exec_driver_sql(_LOCK[connection.dialect.name])
    _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    # Alembic takes half a second to load: a start that has nothing to migrate does without.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    found = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        message = (
            f"the history was written by a newer vcc (its schema is {found}, this program knows up to {REVISION}): "
            "run that version, or keep this one's history elsewhere"
        )
        raise StoreError(message)
    command.upgrade(config, "head")


async def _main() -> None:
    database = open_database(sa.make_url(sys.stdin.read()), _BUSY_S)
    try:
        await migrate(database)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(_main())
