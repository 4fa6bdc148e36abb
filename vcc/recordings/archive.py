"""The folder of recordings: makes each file in a thread of its own, one after the other, and says where it is."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import structlog

from core.errors import NotFoundError, StoreError
from tenancy.model import SwitchNode
from vcc.calls.recordings import MESSAGE, Kept, OpenRecording
from vcc.recordings.sound import Measured, copy_of, make_mono, make_wav, measure
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenancy.model import Platform

_log = structlog.get_logger()
T = TypeVar("T")
R = TypeVar("R")

#: Where a node records whose configuration names no folder, in the state folder.
SPOOL = "recording"


class Archive:
    """Fulfils the sessions' `vcc.calls.recordings.Archive`. `open` before use, `close` at the end."""

    def __init__(self, platform: Platform, state: Path) -> None:
        """Keep files where `storage.recordings` says, relative to the state folder."""
        self.folder = (state / platform.storage.recordings).absolute()
        self._spools = {name: _spool(platform, name, state) for name in platform.nodes}
        self._closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recordings")

    def open(self) -> None:
        """Make the folders: of the archive for vcc alone, of the nodes for the group too. Raises StoreError."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for spool in self._spools.values():
                if not spool.exists():
                    spool.mkdir(parents=True)
                    spool.chmod(0o2770)  # the switch may be another user of the same group
        except OSError as error:
            message = (
                f"there is no folder for recordings: {error.strerror}: {error.filename}; look at its rights, at "
                "storage.recordings, and at the node's recordings"
            )
            raise StoreError(message) from error

    def close(self) -> None:
        """Finish what is under way; what has not begun is done by the next vcc."""
        self._closed = True
        self._thread.shutdown(wait=True, cancel_futures=True)

    @property
    def spools(self) -> tuple[Path, ...]:
        """Where the nodes record."""
        return tuple(self._spools.values())

    def source(self, node: str, recording: str) -> str:
        """The absolute path into which a node shall record."""
        return str(self._spools[node] / f"{recording}.raw")

    def path(self, file: str) -> Path:
        """Where a file that was kept is. Raises NotFoundError for what is none of the archive's."""
        path = (self.folder / file).resolve()
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            message = f"the file {file} is not there"
            raise NotFoundError(message)
        return path

    def keep(self, recording: OpenRecording, done: Callable[[Kept | str | None], None]) -> None:
        """Make the file, in the background; then `done` in the event loop, with it or with why there is none; None: it
        is a message in which nobody is heard.
        """
        if not self._closed:
            spawn(self._keep(recording, done), name=f"recording {recording.recording}")

    def discard(self, recording: OpenRecording) -> None:
        """Erase what the switch recorded, in the background."""
        if not self._closed:
            spawn(self._erase(Path(recording.source)), name=f"recording {recording.recording}")

    def copy(self, recording: OpenRecording, done: Callable[[str], None]) -> None:
        """Make a sound file of the caller's side, beside what the switch recorded; then `done` with its path."""
        if not self._closed:
            spawn(self._copy(recording, done), name=f"recording {recording.recording}")

    async def _copy(self, recording: OpenRecording, done: Callable[[str], None]) -> None:
        try:
            path = str(await self._in_thread(_mono, recording))
        except OSError as error:
            _log.error("a message cannot be listened to", file=recording.source, reason=str(error))
            path = ""
        done(path)

    async def _keep(self, recording: OpenRecording, done: Callable[[Kept | str | None], None]) -> None:
        try:
            kept: Kept | str | None = await self._in_thread(self._make, recording)
        except (OSError, ValueError) as error:
            kept = str(error)
        done(kept)

    async def _erase(self, source: Path) -> None:
        try:
            await self._in_thread(_unlink, source)
        except OSError as error:
            _log.error("cannot erase what a switch recorded", file=str(source), reason=str(error))

    async def _in_thread(self, work: Callable[[T], R], argument: T) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, argument)

    # --- in the thread ---

    def _make(self, recording: OpenRecording) -> Kept | None:
        day = datetime.fromtimestamp(recording.began, UTC).date()
        file = f"{recording.tenant}/{day}/{recording.recording}.wav"
        target, source = self.folder / file, Path(recording.source)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not source.exists() and target.exists():  # a former vcc died when it was done, and before it could say so
            return _kept(file, measure(target))
        is_message = recording.why == MESSAGE and not recording.started
        if is_message and source.exists() and not source.stat().st_size:
            return None
        measured = make_wav(source, target, from_first_sound=recording.on_demand, silent_s=recording.silent_s)
        if is_message and measured.silence == 1.0:
            target.unlink()
            return None
        return _kept(file, measured)


def _mono(recording: OpenRecording) -> Path:
    return make_mono(Path(recording.source), silent_s=recording.silent_s)


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
    copy_of(path).unlink(missing_ok=True)


def _kept(file: str, measured: Measured) -> Kept:
    return Kept(
        file=file, sha256=measured.sha256, size=measured.size, seconds=measured.seconds, silence=measured.silence
    )


def _spool(platform: Platform, node: str, state: Path) -> Path:
    settings = platform.nodes[node]
    folder = settings.recordings if isinstance(settings, SwitchNode) else None
    return Path(folder) if folder else (state / SPOOL / node).absolute()
