"""A program in the background: started, watched, stopped by its process id, and never left behind.

Not asyncio's subprocess: that is bound to the event loop it was started in, and a switch that serves a whole test
session outlives many loops.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

_CHILD = Path(__file__).with_name("child.py")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_KILL_GRACE_S = 5.0
_POLL_S = 0.02


class LabError(Exception):
    """A program of the laboratory did not do what it was started for; the message shows the end of its log."""


class LabProcess:
    """A running program whose output goes to `log`. Ctrl-C does not reach it; it dies when this process does."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen

    @classmethod
    def start(
        cls,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        hostname: str | None = None,
    ) -> "LabProcess":
        """Start `argv`, adding its output to the file `log`.

        `env` is added to this process's environment; `hostname` is what the program sees as the host's name.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        wrapper = [sys.executable, "-I", "-S", str(_CHILD), str(os.getpid()), hostname or "-"]
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [*wrapper, *map(str, argv)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        return cls(name, popen, log)

    @property
    def pid(self) -> int:
        """The process id: the program's own, there is no shell between."""
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; else its exit code, or minus the signal that ended it."""
        return self._popen.poll()

    async def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return its exit code; TimeoutError after `timeout` seconds."""
        if self._popen.poll() is None:
            descriptor = os.pidfd_open(self.pid)
            loop = asyncio.get_running_loop()
            ended = asyncio.Event()
            loop.add_reader(descriptor, ended.set)
            try:
                async with asyncio.timeout(timeout):
                    await ended.wait()
            finally:
                loop.remove_reader(descriptor)
                os.close(descriptor)
        return self._popen.wait()

    async def until(self, ready: Callable[[], Awaitable[bool]], what: str, timeout: float) -> None:
        """Ask again and again until it is ready; LabError if it ends before, or is not after `timeout` seconds.

        For programs that have no way to tell. `what` says in the error what it should have done.
        """
        try:
            async with asyncio.timeout(timeout):
                while True:
                    ended = self.returncode is not None  # before it is asked: it may be ready because it has ended
                    if await ready():
                        return
                    if ended:
                        raise self.error(f"ended, and should have {what}")
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise self.error(f"has not {what} within {timeout:g} s") from None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, to it alone."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """End it as a crash does, with SIGKILL; `wait` for its end."""
        self._popen.kill()

    async def stop(self, *, grace_s: float = 10.0, number: signal.Signals = signal.SIGTERM) -> int:
        """End it: `number` first, SIGKILL when it has not ended after `grace_s` seconds. Returns the exit code."""
        self._popen.send_signal(number)
        self._popen.send_signal(signal.SIGCONT)  # a stopped process would not see the first
        with contextlib.suppress(TimeoutError):
            return await self.wait(grace_s)
        self._popen.kill()
        return await self.wait(_KILL_GRACE_S)

    def cpu_seconds(self) -> float:
        """User and system time that it has used so far, all its threads, in seconds; 0.0 after its end."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except FileNotFoundError:
            return 0.0
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S

    def rss_bytes(self) -> int:
        """Its resident memory now, in bytes; 0 after its end."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except FileNotFoundError:
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")

    def log_end(self, lines: int = 25) -> str:
        """The last lines that it wrote."""
        return tail(self.log, lines)

    def error(self, what: str) -> LabError:
        """An error about this program: what went wrong, its state, and the end of its log."""
        state = "still running" if self.returncode is None else f"ended with {self.returncode}"
        return LabError(f"{self.name}: {what} (process {self.pid}, {state}). The end of {self.log}:\n{self.log_end()}")


def tail(file: Path, lines: int) -> str:
    """The last `lines` of a text file; empty if there is no such file."""
    with contextlib.suppress(FileNotFoundError), file.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 64 * 1024))
        return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
    return ""
