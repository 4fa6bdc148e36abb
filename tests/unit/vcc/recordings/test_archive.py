"""The folder of recordings: files are made in the background, found again, and erased when their time is over."""

from __future__ import annotations

import asyncio
import os
import wave
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.errors import NotFoundError, StoreError
from core.facts import Fact, RecordingErased
from core.ids import new_contact_id
from tenancy.model import Platform
from vcc.calls.recordings import MESSAGE, Kept, OpenRecording
from vcc.recordings import retention
from vcc.recordings.archive import Archive
from vcc.recordings.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGAN = datetime(2026, 3, 4, 23, 30, tzinfo=UTC).timestamp()
DAY = 86_400


def platform(**keep_days: int) -> Platform:
    tenants = {
        name: {"id": name, "name": {"en": name}, "projects": {}, "recording": {"keep_days": days}}
        for name, days in keep_days.items()
    }
    return Platform.model_validate({"name": {"en": "P"}, "nodes": {"n1": {"kind": "simulated"}}, "tenants": tenants})


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(platform(press=30, chess=2), tmp_path)
    archive.open()
    yield archive
    archive.close()


def opened(archive: Archive, name: str = "c1-1", *, why: str = "always", tenant: str = "press") -> OpenRecording:
    return OpenRecording(
        recording=name,
        contact=name.rpartition("-")[0],
        tenant=tenant,
        node="n1",
        leg="l1",
        queue="press/orders",
        agent="lin",
        source=archive.source("n1", name),
        why=why,
        began=BEGAN,
    )


async def kept(archive: Archive, recording: OpenRecording) -> Kept | str | None:
    outcome: asyncio.Future[Kept | str | None] = asyncio.get_running_loop().create_future()
    archive.keep(recording, outcome.set_result)
    async with asyncio.timeout(5):
        return await outcome


async def test_a_file_is_kept_by_tenant_and_day(archive: Archive) -> None:
    recording = opened(archive)
    (archive.spools[0] / "c1-1.raw").write_bytes(b"\0\5" * 8_000)
    made = await kept(archive, recording)
    assert isinstance(made, Kept)
    assert (made.file, made.seconds) == ("press/2026-03-04/c1-1.wav", 0.5)
    assert archive.path(made.file).stat().st_size == made.size
    assert (archive.spools[0] / "c1-1.raw").exists()
    archive.discard(recording)
    again = await kept(archive, opened(archive, "c2-1"))
    assert isinstance(again, str)
    assert not (archive.spools[0] / "c1-1.raw").exists()


async def test_a_file_that_was_made_before_a_crash_is_measured_again(archive: Archive) -> None:
    recording = opened(archive)
    (archive.spools[0] / "c1-1.raw").write_bytes(b"\0\5" * 8_000)
    made = await kept(archive, recording)
    (archive.spools[0] / "c1-1.raw").unlink()
    assert await kept(archive, recording) == made


@pytest.mark.parametrize("said", [b"", b"\0\0" * 16_000])
async def test_a_message_in_which_nobody_is_heard_is_none(archive: Archive, said: bytes) -> None:
    (archive.spools[0] / "c1-1.raw").write_bytes(said)
    assert await kept(archive, opened(archive, why=MESSAGE)) is None
    assert list(archive.folder.glob("**/*.wav")) == []
    assert await kept(archive, opened(archive)) is not None  # a conversation is what it is


async def test_a_message_that_a_silence_has_ended(archive: Archive) -> None:
    recording = opened(archive, why=MESSAGE)
    recording.silence_s = recording.silent_s = 2.0
    (archive.spools[0] / "c1-1.raw").write_bytes(b"\0\5" * 16_000 + b"\0\0" * 32_000)
    made = await kept(archive, recording)
    assert isinstance(made, Kept)
    assert made.seconds == 1.5
    copied: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    archive.copy(recording, copied.set_result)
    async with asyncio.timeout(5):
        with wave.open(await copied) as sound:
            assert sound.getnframes() == 12_000


async def test_one_that_cannot_be_written_says_why(archive: Archive) -> None:
    (archive.folder / "press").write_text("in the way")
    (archive.spools[0] / "c1-1.raw").write_bytes(b"\0\5" * 8_000)
    assert "press" in str(await kept(archive, opened(archive)))


@pytest.mark.parametrize("file", ["../secrets.yaml", "/etc/passwd", "press", "press/2026-03-04/no.wav", ""])
def test_only_what_is_in_the_folder_is_given_out(archive: Archive, file: str, tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").write_text("x")
    with pytest.raises(NotFoundError):
        archive.path(file)


def test_no_place_for_them(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("in the way")
    with pytest.raises(StoreError, match=r"no folder for recordings.*storage\.recordings"):
        Archive(platform(press=1), tmp_path).open()


async def test_what_comes_after_the_end_is_left_to_the_next(archive: Archive) -> None:
    (archive.spools[0] / "c1-1.raw").write_bytes(b"\0\5" * 8_000)
    archive.close()
    archive.keep(opened(archive), lambda kept: pytest.fail(str(kept)))
    archive.discard(opened(archive))
    await asyncio.sleep(0)
    assert (archive.spools[0] / "c1-1.raw").exists()


def test_who_may_look_into_the_folders(archive: Archive) -> None:
    assert archive.folder.stat().st_mode & 0o777 == 0o700
    assert archive.spools[0].stat().st_mode & 0o777 == 0o770


# --- their time is over ---


class Clearing:
    """A folder with recordings of several days, and what is told and done to it."""

    def __init__(self, archive: Archive, **keep_days: int) -> None:
        self.folder, self.now = archive.folder, BEGAN
        self.steps: list[str] = []
        self.facts: list[Fact] = []
        tenants = platform(**keep_days).tenants
        self.retention = Retention(
            archive.folder,
            archive.spools,
            tenants=lambda: tenants,
            tell=self.tell,
            flush=self.flush,
            clock=self.Clock(self),
        )

    class Clock:
        def __init__(self, clearing: Clearing) -> None:
            self._clearing = clearing

        def now(self) -> float:
            return self._clearing.now

    def tell(self, fact: Fact) -> None:
        self.facts.append(fact)
        self.steps.append("told")

    async def flush(self) -> None:
        there = sum(1 for _ in self.folder.rglob("*.wav"))
        self.steps.append(f"written, {there} there")

    def add(self, tenant: str, days_ago: int, count: int = 1) -> list[Path]:
        day = datetime.fromtimestamp(BEGAN - days_ago * DAY, UTC).date()
        folder = self.folder / tenant / str(day)
        folder.mkdir(parents=True, exist_ok=True)
        found = [folder / f"{new_contact_id(BEGAN)}-1.wav" for _ in range(count)]
        for path in found:
            path.write_bytes(b"RIFF")
        return found


async def test_each_tenants_days(archive: Archive) -> None:
    clearing = Clearing(archive, press=30, chess=2)
    (old,) = clearing.add("press", 31)
    kept_, other = clearing.add("press", 30)[0], clearing.add("chess", 3)[0]
    assert await clearing.retention.clear() == 2
    assert (old.exists(), kept_.exists(), other.exists()) == (False, True, False)
    assert not old.parent.exists()
    fact = next(fact for fact in clearing.facts if fact.tenant == "press")
    assert isinstance(fact, RecordingErased)
    assert (fact.recording, fact.contact, fact.why) == (old.stem, old.stem[:-2], "retention")
    assert clearing.steps == ["told", "told", "written, 3 there"], "a file went before its record knew"
    assert await clearing.retention.clear() == 0


async def test_a_tenant_that_nobody_knows_keeps_its_files(archive: Archive) -> None:
    clearing = Clearing(archive, press=30)
    (old,) = clearing.add("chess", 400)
    assert await clearing.retention.clear() == 0
    assert old.exists()


async def test_many_are_erased_some_at_a_time(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 10)
    monkeypatch.setattr(retention, "PAUSE_S", 0.0)
    clearing = Clearing(archive, press=1)
    clearing.add("press", 5, 25)
    assert await clearing.retention.clear() == 25
    assert [step for step in clearing.steps if step != "told"] == [
        "written, 25 there",
        "written, 15 there",
        "written, 5 there",
    ]


async def test_what_lies_about_is_no_recording(archive: Archive) -> None:
    clearing = Clearing(archive, press=1)
    for place in ("press/notes/a.wav", "press/2020-99-99/a.wav", "press/2020-01-01/a.part"):
        path = clearing.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert await clearing.retention.clear() == 0


async def test_what_no_file_was_made_of_goes_in_the_end(archive: Archive) -> None:
    clearing = Clearing(archive, press=1)
    for name, days in (("old", retention.LEFT_DAYS + 1), ("new", 1)):
        path = archive.spools[0] / f"{name}.raw"
        path.write_text("x")
        os.utime(path, (BEGAN - days * DAY,) * 2)
    assert await clearing.retention.clear() == 1
    assert [path.name for path in archive.spools[0].iterdir()] == ["new.raw"]
