"""How a database comes to have its tables."""

import sqlite3
import stat
import sys
from pathlib import Path
from subprocess import run

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from core.errors import StoreError
from core.facts import NodeChanged
from vcc.storage import migrate as migrations
from vcc.storage.database import SqliteDatabase
from vcc.storage.history import SqlEventLog, history_url
from vcc.storage.migrate import migrate
from vcc.storage.schema import REVISION, metadata

FOLDER = Path(migrations.__file__).with_name("migrations")


async def opened(folder: Path) -> None:
    log = SqlEventLog(history_url("history.sqlite", folder))
    await log.start()
    await log.close()


async def test_a_migrated_database_has_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    await opened(tmp_path)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/history.sqlite")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        indexes = sa.inspect(connection).get_indexes("facts")
    engine.dispose()
    assert {index["name"] for index in indexes} == {"facts_contact", "facts_at", "facts_arrivals"}


def test_the_program_knows_the_newest_migration() -> None:
    assert ScriptDirectory(str(FOLDER)).get_current_head() == REVISION


async def test_a_second_start_migrates_nothing_and_keeps_everything(tmp_path: Path) -> None:
    log = SqlEventLog(history_url("history.sqlite", tmp_path))
    await log.start()
    log.append(NodeChanged(at=1.0, up=True))
    await log.close()
    log = SqlEventLog(history_url("history.sqlite", tmp_path))
    await log.start()
    assert [fact.at async for fact in log.scan(0, 10)] == [1.0]
    await log.close()


@pytest.mark.parametrize(("apart", "loaded"), [(False, "True"), (True, "False")])
def test_a_process_loads_only_what_its_database_needs(tmp_path: Path, *, apart: bool, loaded: str) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from vcc.storage.history import SqlEventLog, history_url\n"
        "async def main():\n"
        f"    log = SqlEventLog(history_url('history.sqlite', Path(sys.argv[1])), migrate_apart={apart})\n"
        "    await log.start()\n"
        "    await log.close()\n"
        "    print(*(name in sys.modules for name in ('alembic', 'asyncpg', 'sqlalchemy.orm')))\n"
        "asyncio.run(main())\n"
    )
    said = [
        run(
            [sys.executable, "-c", program, str(tmp_path)],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=Path(__file__).parents[4],
        ).stdout.split()
        for _ in range(2)
    ]
    assert said[0][:2] == [loaded, "False"]
    assert said[1] == ["False", "False", "False"]


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    await opened(tmp_path)
    file = tmp_path / "history.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"newer vcc \(its schema is 9999, this program knows up to 0001\)"):
        await opened(tmp_path)
    assert file.read_bytes() == before


async def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(connection: Connection) -> None:
        upgrade(connection)
        raise OSError("no space left")

    upgrade = migrations._upgrade
    monkeypatch.setattr(migrations, "_upgrade", fails)
    database = SqliteDatabase(sa.make_url(f"sqlite:///{tmp_path}/history.sqlite"))
    with pytest.raises(OSError, match="no space left"):
        await migrate(database)
    tables = await database.read(lambda connection: sa.inspect(connection).get_table_names())
    assert tables == []
    monkeypatch.setattr(migrations, "_upgrade", upgrade)
    await migrate(database)
    await database.close()


async def test_it_can_be_taken_back_and_done_again(tmp_path: Path) -> None:
    await opened(tmp_path)
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    engine = sa.create_engine(f"sqlite:///{tmp_path}/history.sqlite")
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
        command.upgrade(config, "head")
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


async def test_the_folder_is_made_and_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "100% 北京" / "state"
    await opened(folder)
    assert stat.S_IMODE((folder / "history.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"this is no database, and never was one" * 50])
async def test_a_damaged_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.sqlite").write_bytes(content)
    with pytest.raises(StoreError, match=r"cannot be opened: .*not a database.*storage.history"):
        await opened(tmp_path)
    assert (tmp_path / "history.sqlite").read_bytes() == content


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be opened"):
        await opened(tmp_path / "file" / "state")


async def test_a_server_that_does_not_answer_and_a_password_that_is_not_shown(tmp_path: Path) -> None:
    log = SqlEventLog(history_url("postgresql://vcc:hunter2@127.0.0.1:1/vcc", tmp_path))
    with pytest.raises(
        StoreError, match=r"postgresql\+asyncpg://vcc:\*\*\*@127.0.0.1:1/vcc cannot be opened"
    ) as raised:
        await log.start()
    assert "hunter2" not in str(raised.value)


# --- where the history is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("history.sqlite", "sqlite:////var/lib/vcc/history.sqlite"),
        ("/srv/history.sqlite", "sqlite:////srv/history.sqlite"),
        ("sqlite:////srv/h.sqlite", "sqlite:////srv/h.sqlite"),
        ("postgresql://vcc@db/vcc", "postgresql+asyncpg://vcc@db/vcc"),
        ("postgres://vcc@db:5433/vcc?ssl=require", "postgresql+asyncpg://vcc@db:5433/vcc?ssl=require"),
    ],
)
def test_where_the_history_is(setting: str, url: str) -> None:
    assert history_url(setting, Path("/var/lib/vcc")).render_as_string(hide_password=False) == url


@pytest.mark.parametrize("setting", ["mysql://a:hunter2@b/c", "://", "postgresql+psycopg2://a@b/c", "http://x:y:z/"])
def test_a_history_that_cannot_be(setting: str) -> None:
    with pytest.raises(StoreError, match="neither a file name nor a URL like postgresql://") as raised:
        history_url(setting, Path("/var/lib/vcc"))
    assert "hunter2" not in str(raised.value)
