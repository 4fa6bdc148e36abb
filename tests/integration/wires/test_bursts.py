"""A hundred thousand of everything at once: all of it is treated or told as lost, and memory stays where it was."""

import asyncio
import socket
import time

import pytest

from core.errors import SwitchError
from telephony.asterisk.ami_client import AmiClient
from telephony.asterisk.fastagi import AgiServer, AgiSession
from telephony.freeswitch import inbox
from telephony.freeswitch.esl_client import EslClient
from tests.lab.eventsocket import frames
from tests.lab.flood import WITHIN_S, listening, peak, read_until, reset_peak, send_often
from tests.unit.telephony.asterisk.peers import GREETING, AgiPeer, environment, event, frame

COUNT = 100_000
#: As long as those of a real channel.
LONG = "x" * 5_000
MIB = 1024 * 1024


class EventSocketFlood:
    """A switch that lets a client in, floods it, and answers afterwards."""

    def __init__(self, one: bytes) -> None:
        self._one = one

    def serve(self, connection: socket.socket) -> None:
        """Treat the client."""
        connection.sendall(frames.AUTH_REQUEST)
        read_until(connection, b"\n\n")
        connection.sendall(frames.reply("+OK accepted"))
        read_until(connection, b"\n\n")
        connection.sendall(frames.reply("+OK event listener enabled json"))
        send_often(connection, self._one, COUNT)
        while b"nolog" in (asked := read_until(connection, b"\n\n")):
            connection.sendall(frames.reply("-ERR not loging"))
        assert asked == b"api uptime\n\n"
        connection.sendall(frames.response("1\n"))


@pytest.mark.parametrize("slow", [False, True])
async def test_events_of_freeswitch(slow: bool) -> None:
    flood = EventSocketFlood(frames.event({"Event-Name": "CHANNEL_CREATE", "x": LONG}))
    told, lost, downs = [0], [0], list[SwitchError]()
    all_came = asyncio.Event()

    def count(where: list[int], number: int) -> None:
        where[0] += number
        if told[0] + lost[0] == COUNT:
            all_came.set()

    def on_event(event: dict[str, str]) -> None:
        if slow and not told[0]:
            time.sleep(3.0)  # the event loop does nothing else meanwhile; the wire's thread reads on
        count(told, 1)

    with listening(flood.serve) as port:
        client = EslClient(
            host="127.0.0.1",
            port=port,
            password="secret",
            on_event=on_event,
            on_up=lambda: None,
            on_down=downs.append,
            on_lost=lambda number: count(lost, number),
        )
        await client.subscribe("ALL")
        before = reset_peak()
        task = asyncio.create_task(client.run())
        async with asyncio.timeout(WITHIN_S):
            await all_came.wait()
        assert await client.api("uptime") == "1"
        most = peak() - before
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert told[0] + lost[0] == COUNT
    assert bool(lost[0]) or not slow
    assert not downs
    assert most < inbox.MAX_EVENT_BYTES * 1.5 + 16 * MIB, f"{most / MIB:.0f} MiB"


async def test_events_of_asterisk() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(GREETING)
        action_id = read_until(connection, b"\r\n\r\n").split(b"ActionID: ")[1].split(b"\r\n")[0].decode()
        connection.sendall(frame(Response="Success", ActionID=action_id) + event("FullyBooted"))
        send_often(connection, event("Newchannel", CallerIDName=LONG), COUNT)
        read_until(connection, b"never")

    told, all_came = [0], asyncio.Event()

    def on_event(event: dict[str, str]) -> None:
        told[0] += 1
        if told[0] == COUNT:
            all_came.set()

    downs: list[SwitchError] = []
    with listening(serve) as port:
        client = AmiClient(
            host="127.0.0.1",
            port=port,
            user="vcc",
            secret="secret",
            on_event=on_event,
            on_up=lambda runs_s: None,
            on_down=downs.append,
        )
        before = reset_peak()
        task = asyncio.create_task(client.run())
        async with asyncio.timeout(WITHIN_S):
            await all_came.wait()
        most = peak() - before
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert not downs
    assert most < 16 * MIB, f"{most / MIB:.0f} MiB"


@pytest.mark.parametrize("line", ["HANGUP\n", "200 result=0\n", "520-Invalid command syntax\n", "\n", "x" * 500 + "\n"])
async def test_lines_of_a_fastagi_connection(line: str) -> None:
    sessions: asyncio.Queue[AgiSession] = asyncio.Queue()
    server = AgiServer(sessions.put_nowait)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    await server.start("127.0.0.1", port)
    peer = await AgiPeer.connect(port, environment())
    session = await asyncio.wait_for(sessions.get(), WITHIN_S)
    before = reset_peak()
    blob = line * 100
    for _ in range(COUNT // 100):
        peer.write(blob)
        await peer.writer.drain()
    asked = asyncio.create_task(session.command("NOOP"))
    await peer.command("NOOP")
    assert (await asked).code == 200
    most = peak() - before
    await server.close()
    await peer.close()
    assert most < 16 * MIB, f"{most / MIB:.0f} MiB"
