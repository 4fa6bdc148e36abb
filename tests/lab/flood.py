"""Peers that flood, each in a thread and with next to no memory of its own, and how much memory we took."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

WITHIN_S = 60.0


def reset_peak() -> int:
    """Begin to measure: the memory that is resident now, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def peak() -> int:
    """The most memory that was resident since then, in bytes."""
    return _status("VmHWM")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that treats its one client in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def work() -> None:
            listener.settimeout(WITHIN_S)
            connection, _ = listener.accept()
            connection.settimeout(WITHIN_S)
            with connection, suppress(ConnectionError):  # who has had enough may go
                serve(connection)

        thread = threading.Thread(target=work, name="flood")
        thread.start()
        yield listener.getsockname()[1]
        thread.join(WITHIN_S)
        assert not thread.is_alive(), "the flood was not read to its end"


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Read to the end of a command."""
    came = b""
    while not came.endswith(end):
        data = connection.recv(4096)
        if not data:
            return came
        came += data
    return came


def send_often(connection: socket.socket, one: bytes, count: int) -> None:
    """Send `one` so often."""
    batch = 100
    blob = one * batch
    for _ in range(count // batch):
        connection.sendall(blob)
