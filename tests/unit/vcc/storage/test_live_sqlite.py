"""What is the SQLite file's own: who may read it, what a damaged one does."""

import sqlite3
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.errors import StoreError
from vcc.storage.live_sqlite import SqliteLiveStore


async def test_the_folder_is_made_and_nobody_else_may_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "live.sqlite"
    store = SqliteLiveStore(file)
    await store.start()
    store.put("session", "c1", {"caller": "13800138000"})
    await store.flush()
    for part in file.parent.iterdir():
        assert stat.S_IMODE(part.stat().st_mode) == 0o600, part
    await store.close()


async def test_a_damaged_file_says_what_to_do_and_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "live.sqlite"
    file.write_bytes(b"no database at all " * 500)
    store = SqliteLiveStore(file)
    with pytest.raises(StoreError, match=r"damaged or no live state of vcc .*: move it away"):
        await store.start()
    await store.close()
    assert file.read_bytes().startswith(b"no database")


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be opened: .*; check the folder's rights"):
        await SqliteLiveStore(tmp_path / "file" / "live.sqlite").start()


async def test_a_value_that_cannot_be_read_harms_no_other(tmp_path: Path) -> None:
    file = tmp_path / "live.sqlite"
    store = SqliteLiveStore(file)
    await store.start()
    store.put("session", "c1", {"n": 1})
    store.put("session", "c2", {"n": 2})
    await store.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE live SET data = '{broken' WHERE key = 'c1'")
    connection.close()
    store = SqliteLiveStore(file)
    await store.start()
    with capture_logs() as logs:
        assert await store.load("session") == {"c2": {"n": 2}}
    assert [(entry["event"], entry["key"]) for entry in logs] == [("stored live state cannot be read", "c1")]
    await store.close()


async def test_what_is_not_json_is_logged_with_its_key(tmp_path: Path) -> None:
    store = SqliteLiveStore(tmp_path / "live.sqlite")
    await store.start()
    with capture_logs() as logs:
        store.put("session", "c1", {"socket": object()})
        await store.flush()
    assert [(e["event"], e["kind"], e["key"]) for e in logs] == [
        ("live state is not JSON and was not stored", "session", "c1")
    ]
    await store.close()


async def test_a_file_that_was_closed_is_one_file(tmp_path: Path) -> None:
    store = SqliteLiveStore(tmp_path / "live.sqlite")
    await store.start()
    store.put("session", "c1", {"n": 1})
    await store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["live.sqlite"]
