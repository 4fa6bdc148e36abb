"""Our own event socket keeps the protocol's rules, so that what is proven on it is worth something."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.lab.eventsocket import connection
from tests.lab.eventsocket.server import EventSocketServer, NoModel

WITHIN_S = 5.0


class Peer:
    """A client that reads frame by frame, and knows nothing more."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def frame(self) -> tuple[dict[str, str], bytes]:
        """The next frame."""
        async with asyncio.timeout(WITHIN_S):
            head = (await self.reader.readuntil(b"\n\n")).decode().strip("\n")
            headers = dict(line.split(": ", 1) for line in head.split("\n"))
            return headers, await self.reader.readexactly(int(headers.get("Content-Length", "0")))

    async def ask(self, text: str) -> str:
        """Send a command: its reply, or what it printed."""
        self.writer.write(f"{text}\n\n".encode())
        headers, body = await self.frame()
        return headers.get("Reply-Text") or body.decode()

    async def event(self) -> dict[str, Any]:
        """The next frame, which is an event."""
        headers, body = await self.frame()
        assert headers["Content-Type"] == "text/event-json"
        event: dict[str, Any] = json.loads(body)
        return event


@pytest.fixture
async def server() -> AsyncIterator[EventSocketServer]:
    async with EventSocketServer(password="secret") as server:
        yield server


@pytest.fixture
async def peer(server: EventSocketServer) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    peer = Peer(reader, writer)
    assert await peer.frame() == ({"Content-Type": "auth/request"}, b"")
    yield peer
    writer.close()


async def ended(peer: Peer, text: str) -> None:
    headers, body = await peer.frame()
    assert headers["Content-Type"] == "text/disconnect-notice"
    assert text in body.decode()
    assert await peer.reader.read() == b""


async def test_nothing_is_done_before_the_password(peer: Peer) -> None:
    assert await peer.ask("api uptime") == "-ERR command not found"
    assert await peer.ask("auth secret") == "+OK accepted"
    assert await peer.ask("api uptime") == "1\n"


async def test_a_wrong_password_ends_the_connection(peer: Peer) -> None:
    assert await peer.ask("auth wrong") == "-ERR invalid"
    await ended(peer, "Disconnected")


async def test_who_says_good_bye_is_let_go(peer: Peer) -> None:
    assert await peer.ask("exit") == "+OK bye"
    await ended(peer, "Disconnected")


async def test_a_server_that_is_shut_down_says_so(server: EventSocketServer, peer: Peer) -> None:
    await peer.ask("auth secret")
    server.hang_up()
    await ended(peer, "shut down")


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ([], "abc"),
        (["filter Unique-ID a"], "a"),
        (["filter Unique-ID A", "filter Unique-ID b"], "ab"),
        (["filter add Unique-ID a"], "a"),
        (["filter Unique-ID /[bc]/"], "bc"),
        (["filter Event-Name CHANNEL_PARK", "filter Unique-ID -b"], "ac"),
        (["filter Unique-ID a", "filter delete Unique-ID a"], "abc"),
        (["filter Unique-ID a", "filter delete all"], "abc"),
        (["filter No-Such a"], ""),
    ],
)
async def test_filters(server: EventSocketServer, peer: Peer, filters: list[str], passes: str) -> None:
    await peer.ask("auth secret")
    await peer.ask("event json CHANNEL_PARK CHANNEL_DESTROY")
    for line in filters:
        assert (await peer.ask(line)).startswith("+OK filter")
    for uuid in "abc":
        server.fire({"Event-Name": "CHANNEL_PARK", "Unique-ID": uuid})
    told = [await peer.ask("filter delete all")]  # whatever passed may stand before the answer, or behind it
    server.fire({"Event-Name": "CHANNEL_PARK", "Unique-ID": "z"})
    while (passed := "".join(json.loads(frame)["Unique-ID"] for frame in told if frame[:1] == "{"))[-1:] != "z":
        headers, body = await peer.frame()
        told.append(headers.get("Reply-Text") or body.decode())
    assert passed == f"{passes}z"


async def test_events_by_name_and_no_more(server: EventSocketServer, peer: Peer) -> None:
    await peer.ask("auth secret")
    assert await peer.ask("event json") == "-ERR no keywords supplied"
    assert await peer.ask("event json NO_SUCH_NAME") == "-ERR no keywords supplied"
    assert await peer.ask("event json DTMF CUSTOM a::b c::d") == "+OK event listener enabled json"
    assert await peer.ask("nixevent CUSTOM c::d") == "+OK events nixed"
    for name, subclass in (("DTMF", ""), ("CUSTOM", "c::d"), ("CUSTOM", "a::b"), ("CUSTOM", "x"), ("HEARTBEAT", "")):
        server.fire({"Event-Name": name, "Event-Subclass": subclass})
    server.fire({"Event-Name": "DTMF"}, "text\n\nof it")
    assert [(await peer.event())["Event-Subclass"] for _ in range(2)] == ["", "a::b"]
    assert (await peer.event())["_body"] == "text\n\nof it"
    assert await peer.ask("nixevent DTMF") == "+OK events nixed"
    server.fire({"Event-Name": "DTMF"})
    assert await peer.ask("noevents") == "+OK no longer listening for events"
    assert await peer.ask("noevents") == "-ERR not listening for events"


class Slow(NoModel):
    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def api(self, name: str, argument: str) -> str | None:
        await self.go.wait()
        return "done"


async def test_while_a_command_is_carried_out_no_event_is_told_and_a_job_does_not_hold_them_up(
    server: EventSocketServer, peer: Peer
) -> None:
    server.model = slow = Slow()
    await peer.ask("auth secret")
    await peer.ask("event json DTMF BACKGROUND_JOB")
    assert await peer.ask("bgapi status x\nJob-UUID: 1-2") == "+OK Job-UUID: 1-2"
    server.fire({"Event-Name": "DTMF"})
    assert (await peer.event())["Event-Name"] == "DTMF"
    peer.writer.write(b"api status\n\n")
    await server.command("api status")
    server.fire({"Event-Name": "DTMF"})
    slow.go.set()
    headers, body = await peer.frame()
    assert (headers["Content-Type"], body) == ("api/response", b"done")
    assert {(await peer.event())["Event-Name"] for _ in range(2)} == {"DTMF", "BACKGROUND_JOB"}


async def test_half_a_command_holds_all_events_up(server: EventSocketServer, peer: Peer) -> None:
    await peer.ask("auth secret")
    await peer.ask("event json DTMF")
    peer.writer.write(b"api upt")
    await server.until(lambda: server.connections[0].halfway)
    server.fire({"Event-Name": "DTMF"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(peer.reader.read(1), 0.05)
    peer.writer.write(b"ime\n\n")
    assert (await peer.frame())[1] == b"1\n"
    assert (await peer.event())["Event-Name"] == "DTMF"


async def test_who_reads_nothing_loses_events_and_is_then_let_go(
    server: EventSocketServer, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_QUEUED", 100)
    await peer.ask("auth secret")
    await peer.ask("event json DTMF")
    for _ in range(100 + connection.MAX_LOST):
        server.fire({"Event-Name": "DTMF"})
    assert server.connections[0].lost == connection.MAX_LOST
    server.fire({"Event-Name": "DTMF"})
    await server.until(lambda: not server.connections)
    assert b"killed listener" in await peer.reader.read()
