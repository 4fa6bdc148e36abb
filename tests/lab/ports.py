"""Port numbers that nobody else on this machine gets meanwhile.

A switch binds its RTP ports call by call, so they cannot be held by binding them here. Instead every block of ports
has a lock that all users of this module see: a bound abstract UNIX socket, which the kernel frees when its process
ends, however it ends. The blocks lie below the range that the kernel hands out by itself.
"""

import os
import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.process import LabError

BLOCK = 50
LOOPBACK = "127.0.0.1"
_FIRST = 15_000
_LAST_IF_UNKNOWN = 32_767


class PortBlock:
    """Consecutive ports, ours until `close()` or the end of this process. Also a context manager."""

    def __init__(self, ports: range, locks: ExitStack) -> None:
        self.ports = ports
        self._locks = locks
        self._next = iter(ports)

    @property
    def first(self) -> int:
        """The lowest port."""
        return self.ports[0]

    @property
    def last(self) -> int:
        """The highest port."""
        return self.ports[-1]

    def take(self) -> int:
        """The next port of the block that was not taken yet; LabError when all are."""
        try:
            return next(self._next)
        except StopIteration:
            raise LabError(f"all {len(self.ports)} ports of this block are taken; reserve more") from None

    def take_range(self, count: int) -> range:
        """The next `count` ports, consecutive, the first one even (RTP wants that)."""
        first = self.take()
        if first % 2:
            first = self.take()
        for _ in range(count - 1):
            self.take()
        return range(first, first + count)

    def close(self) -> None:
        """Let others have them."""
        self._locks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def reserve_ports(count: int = BLOCK) -> PortBlock:
    """Reserve at least `count` consecutive ports, free for UDP and TCP on the loopback; the first is even.

    Raises LabError when so many cannot be found.
    """
    blocks_needed = -(-count // BLOCK)
    firsts = list(range(_FIRST, _end(), BLOCK))
    start = os.getpid() * 7 % len(firsts)  # elsewhere than others look first, who start at the same time
    wrapped = firsts[start:], firsts[:start]
    for part in wrapped:
        at = 0
        while at + blocks_needed <= len(part):
            locks, locked = _lock(part[at : at + blocks_needed])
            if locked == blocks_needed:
                ports = range(part[at], part[at] + blocks_needed * BLOCK)
                return PortBlock(ports, locks)
            locks.close()
            at += locked + 1
    raise LabError(f"no {count} consecutive free ports between {_FIRST} and {_end()}; is much else running?")


def _end() -> int:
    """Where the kernel's own choice of ports begins, or a usual value if that is too low to be of use."""
    try:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        lowest = 0
    return lowest if lowest > _FIRST + 5_000 else _LAST_IF_UNKNOWN


def _lock(firsts: list[int]) -> tuple[ExitStack, int]:
    """Lock the blocks in turn until one is another's; returns the locks and how many they are."""
    stack = ExitStack()
    for done, first in enumerate(firsts):
        lock = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        try:
            lock.bind(f"\0vcc-ports-{first}")
        except OSError:
            return stack, done
        if not all(_is_free(port) for port in range(first, first + BLOCK)):
            return stack, done
    return stack, len(firsts)


def _is_free(port: int) -> bool:
    """Whether nobody has bound the port, for UDP or TCP, on the loopback address or on all of them."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:  # a connection that lingers after its end is no user
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                return False
    return True
