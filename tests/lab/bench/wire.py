"""How many events a second come through the event socket's wire, beside the plainest reader that asyncio allows.

The same events, of the size that a real channel's have, come over loopback as fast as they are taken, in turns: through
greenswitch's thread and the bridge to the event loop, and through a StreamReader in the event loop itself. Both parse
each event and give it to a function.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telephony.freeswitch.esl import EslConnection
from tests.lab.eventsocket import frames
from tests.lab.flood import listening, read_until, send_often
from tests.lab.process import LabError

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

#: They fit into what is kept for an event loop that is slower than the wire, so that none is lost.
EVENTS = 10_000
TURNS = 5
_WITHIN_S = 60.0
_VARIABLES = {f"variable_some_name_{n}": f"some value of it {n}" for n in range(105)}
_EVENT = frames.event({"Event-Name": "CHANNEL_EXECUTE_COMPLETE", **_VARIABLES})


@dataclass(kw_only=True, slots=True)
class Wire:
    """Events a second in each turn: through vcc's wire, and through asyncio's own reader."""

    ours: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)

    @property
    def medians(self) -> tuple[float, float]:
        """The median turns."""
        return statistics.median(self.ours), statistics.median(self.plain)


class _Meter:
    """Counts events, and takes the time from the first to the last."""

    def __init__(self) -> None:
        self._count = 0
        self._began = 0.0
        self.rate: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def event(self, event: dict[str, str]) -> None:
        """One came."""
        if not self._count:
            self._began = time.perf_counter()
        self._count += 1
        if self._count == EVENTS:
            self.rate.set_result((EVENTS - 1) / (time.perf_counter() - self._began))


async def wire(turns: int = TURNS) -> Wire:
    """Measure both, in turns."""
    measured = Wire()
    async with asyncio.timeout(_WITHIN_S):
        for _ in range(turns):
            measured.ours.append(await _turn(_through_vcc))
            measured.plain.append(await _turn(_through_asyncio))
    return measured


async def _turn(read: Callable[[int, _Meter], Awaitable[None]]) -> float:
    meter = _Meter()
    with listening(_flood) as port:
        await read(port, meter)
    return meter.rate.result()


def _flood(connection: socket.socket) -> None:
    connection.sendall(frames.AUTH_REQUEST)
    read_until(connection, b"\n\n")
    connection.sendall(frames.reply("+OK accepted"))
    send_often(connection, _EVENT, EVENTS)
    read_until(connection, b"never")


async def _through_vcc(port: int, meter: _Meter) -> None:
    def lost(count: int) -> None:
        meter.rate.set_exception(LabError(f"{count} events were lost on the wire"))

    connection = EslConnection(host="127.0.0.1", port=port, password="x", on_event=meter.event, on_lost=lost)
    await asyncio.wait([meter.rate])
    await connection.close()


async def _through_asyncio(port: int, meter: _Meter) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readuntil(b"\n\n")
    writer.write(b"auth x\n\n")
    await reader.readuntil(b"\n\n")
    while not meter.rate.done():
        head = await reader.readuntil(b"\n\n")
        headers = dict(line.split(": ", 1) for line in head.decode().strip().split("\n"))
        meter.event(json.loads(await reader.readexactly(int(headers["Content-Length"]))))
    writer.close()
    await writer.wait_closed()
