"""Stops one thread of another process, as a call that never returns does: its event loop is blocked, the rest lives on.

SIGSTOP stops a whole process; this is the other way to be frozen. It is the kernel's tracing (`ptrace`), which needs
the right to trace: root, or a descendant of ours.
"""

import asyncio
import ctypes
import os

_SEIZE, _INTERRUPT = 0x4206, 0x4207
_ALL_THREADS = 0x40000000


class FrozenThread:
    """The main thread of a process, held until the process is killed."""

    def __init__(self, pid: int) -> None:
        """Hold it from now on. Raises OSError when that is not allowed."""
        self._pid = pid
        self._trace(_SEIZE)
        self._trace(_INTERRUPT)

    def _trace(self, request: int) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(ctypes.c_long(request), ctypes.c_long(self._pid), None, None) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    async def until_killed(self, within_s: float) -> None:
        """Wait for the end of the process, so that its own parent may learn of it. Raises TimeoutError."""
        async with asyncio.timeout(within_s):
            while True:
                pid, status = os.waitpid(self._pid, _ALL_THREADS | os.WNOHANG)  # noqa: ASYNC222 - it does not wait
                if pid and (os.WIFSIGNALED(status) or os.WIFEXITED(status)):
                    return
                await asyncio.sleep(0.02)
