"""A Redis of our own: on a free port of the loopback, in its own folder, gone when we are."""

import asyncio
import contextlib
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.ports import LOOPBACK, reserve_ports
from tests.lab.process import LabError, LabProcess

_READY_S = 10.0


class RedisServer:
    """A Redis server: `async with RedisServer(folder) as redis:` answers inside the block, at `redis.url`.

    With `durable`, each write is on disk before it is answered (append-only file, fsync always), so that `kill()` and
    `start()` lose nothing; else nothing is kept.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self._durable = durable
        self._ports = reserve_ports(1)
        self.port = self._ports.take()
        self._process: LabProcess | None = None

    @property
    def url(self) -> str:
        """Where it listens, as a URL."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def process(self) -> LabProcess:
        """The program; LabError if it was not started."""
        if self._process is None:
            raise LabError("this Redis was not started")
        return self._process

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it, also again after `kill()`, and return when it answers; LabError if it does not in 10 s."""
        self.folder.mkdir(parents=True, exist_ok=True)
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": str(self.folder),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes" if self._durable else "no",
            "appendfsync": "always",
        }
        argv = [self._program(), *(part for name, value in options.items() for part in (f"--{name}", value))]
        self._process = LabProcess.start("redis", argv, log=self.folder / "redis.log")
        await self._process.until(self._answers, "answered", _READY_S)

    async def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        await self.process.wait(_READY_S)

    async def stop(self) -> None:
        """End it, and let others have its port."""
        if self._process is not None and self._process.returncode is None:
            await self._process.stop()
        self._ports.close()

    def _program(self) -> str | Path:
        """The server's program. Debian's redis-tools has it too, as the checker of its files: one file, which is what
        it is called.
        """
        if program := shutil.which("redis-server"):
            return program
        if not (checker := shutil.which("redis-check-rdb")):
            raise LabError("there is no redis-server; ./run installs Debian's redis-tools, which has it")
        server = self.folder / "redis-server"
        server.unlink(missing_ok=True)
        server.symlink_to(checker)
        return server

    async def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
            try:
                writer.write(b"INFO server\r\n")  # it may be another's, whose port this is
                length = int((await reader.readline()).removeprefix(b"$") or 0)
                return b"process_id:%d\r\n" % self.process.pid in await reader.readexactly(length)
            finally:
                writer.close()
        return False
