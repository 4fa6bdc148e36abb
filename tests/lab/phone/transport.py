"""Datagrams in and out. SIP and RTP use the same small UDP socket; SIP sees it only as a `Transport`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tests.lab.phone.address import SocketAddress

if TYPE_CHECKING:
    from tests.lab.phone.wire import WireLog

MAX_DATAGRAM = 65_535
_BATCH = 64  # datagrams read in one go, so that a flood on one socket does not starve the others
_RECEIVE_BUFFER = 4 * 1024 * 1024
_SO_TIMESTAMPNS = 35  # Linux; the socket module has no name for it
_TIMESPEC = struct.Struct("@qq")

Receiver = Callable[[bytes, SocketAddress], None]


class Transport(Protocol):
    """What the SIP layers need of a transport: a name for Via, whether it is reliable, where it is, and to send."""

    name: str
    reliable: bool
    local: SocketAddress

    def send(self, data: bytes, to: SocketAddress) -> None:
        """Send one message; never blocks, never raises for an unreachable peer."""
        ...

    def close(self) -> None:
        """Free the port; may be called twice."""
        ...


class UdpSocket:
    """A bound, non-blocking UDP socket that hands each datagram to `receive`. Must be made in a running loop.

    `arrived_at` is when the one being handed over came to this machine, time.monotonic(): a loop that was busy reads it
    later.
    """

    def __init__(self, host: str, port: int, receive: Receiver) -> None:
        """Bind to `host` and `port` (0: any free one). Raises OSError when that is taken."""
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._enlarge()
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.local: SocketAddress = self._socket.getsockname()
        self.arrived_at = time.monotonic()
        self._loop.add_reader(self._socket, self._readable)

    def send(self, data: bytes, to: SocketAddress) -> None:
        """Send one datagram; when the kernel cannot take it now it is lost, as UDP may."""
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self._socket.sendto(data, to)

    def close(self) -> None:
        """Stop reading and free the port; may be called twice."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _enlarge(self) -> None:
        for option in (getattr(socket, "SO_RCVBUFFORCE", 33), socket.SO_RCVBUF):
            with contextlib.suppress(OSError):  # the first needs root; the second is cut to the system's limit
                self._socket.setsockopt(socket.SOL_SOCKET, option, _RECEIVE_BUFFER)
                return

    def _readable(self) -> None:
        for _ in range(_BATCH):
            if self._socket.fileno() < 0:  # closed by what a datagram before this one caused
                return
            try:
                data, notes, _, source = self._socket.recvmsg(MAX_DATAGRAM, socket.CMSG_SPACE(_TIMESPEC.size))
            except (BlockingIOError, ConnectionRefusedError):
                return
            self.arrived_at = _arrival(notes)
            self._receive(data, source)


def _arrival(notes: list[tuple[int, int, bytes]]) -> float:
    """When a datagram arrived, time.monotonic(), by what the kernel notes of it."""
    now = time.monotonic()
    for level, kind, data in notes:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            ago: float = time.time() - (seconds + nanoseconds / 1e9)
            return now - max(0.0, ago)
    return now


class UdpTransport:
    """SIP over UDP, with a log of what passed. `deaf` drops everything both ways, like a phone that has vanished."""

    name = "UDP"
    reliable = False

    def __init__(self, host: str, port: int, receive: Receiver, wire: WireLog) -> None:
        """Bind; see `UdpSocket`."""
        self.deaf = False
        self._receiver = receive
        self._wire = wire
        self._udp = UdpSocket(host, port, self._received)
        self.local = self._udp.local

    def send(self, data: bytes, to: SocketAddress) -> None:
        """Send one message, unless deaf."""
        if self.deaf:
            self._wire.lost(data, to)
            return
        self._wire.sent(data, to)
        self._udp.send(data, to)

    def close(self) -> None:
        """Free the port; may be called twice."""
        self._udp.close()

    def _received(self, data: bytes, source: SocketAddress) -> None:
        if self.deaf:
            self._wire.lost(data, source)
            return
        self._wire.received(data, source)
        self._receiver(data, source)
