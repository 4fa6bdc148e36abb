"""The other ends of the two wires, played by the test: a manager interface, and dial plans that connect to FastAGI."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

WITHIN_S = 5.0
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def frame(**headers: object) -> bytes:
    """A frame as Asterisk writes it."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def event(name: str, **headers: object) -> bytes:
    """An event."""
    return frame(Event=name, Privilege="call,all", **headers)


Answerer = Callable[["AmiPeer", dict[str, str]], Awaitable[None]]


class AmiPeer:
    """A manager interface: logs in whoever comes, keeps every action, answers as it was told to."""

    def __init__(self) -> None:
        self.port = 0
        self.actions: list[dict[str, str]] = []
        self.raw = b""
        self.connections = 0
        self.greeting = GREETING
        self.accept_login = True
        self.booted = True
        self.answers: dict[str, Answerer] = {}
        self.lists: dict[str, list[bytes]] = {"CoreShowChannels": [], "DeviceStateList": [], "Status": []}
        self.silent = False
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def listen(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End the connections and listen no longer."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.hang_up()

    def hang_up(self) -> None:
        """End the connections."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def let_go(self) -> None:
        """End the newest connection after all that was sent has gone out."""
        writer = self._writers.pop()
        await writer.drain()
        writer.close()

    def send(self, data: bytes) -> None:
        """Write to the newest connection."""
        self._writers[-1].write(data)

    async def action(self, name: str, count: int = 1, **headers: str) -> dict[str, str]:
        """Wait for the `count`th action of a name, with these headers."""

        def found() -> list[dict[str, str]]:
            return [a for a in self.actions if a["Action"] == name and headers.items() <= a.items()]

        async with asyncio.timeout(WITHIN_S):
            while len(found()) < count:
                self._changed.clear()
                await self._changed.wait()
        return found()[count - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        self._changed.set()
        writer.write(self.greeting)
        try:
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                self.raw += raw
                lines = raw.decode().strip("\r\n").split("\r\n")
                action = {line.partition(": ")[0]: line.partition(": ")[2] for line in lines}
                self.actions.append(action)
                self._changed.set()
                if not self.silent:
                    await self._answer(action)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, action: dict[str, str]) -> None:
        name, action_id = action["Action"], action["ActionID"]
        if name in self.answers:
            await self.answers[name](self, action)
        elif name == "Login":
            self._login(action_id)
        elif name in self.lists:
            self.send(frame(Response="Success", ActionID=action_id, EventList="start", Message="will follow"))
            for raw in self.lists[name]:
                self.send(raw.replace(b"\r\n", f"\r\nActionID: {action_id}\r\n".encode(), 1))
            self.send(event(f"{name}Complete", ActionID=action_id, EventList="Complete", ListItems=0))
        else:
            self.send(frame(Response="Success", ActionID=action_id, Message="ok"))

    def _login(self, action_id: str) -> None:
        if not self.accept_login:
            self.send(frame(Response="Error", ActionID=action_id, Message="Authentication failed"))
            self._writers[-1].close()
            return
        self.send(frame(Response="Success", ActionID=action_id, Message="Authentication accepted"))
        if self.booted:
            self.send(event("FullyBooted", Uptime=100, LastReload=50, Status="Fully Booted"))


class AgiPeer:
    """The switch's side of one FastAGI connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int, environment: dict[str, str] | None = None, then: str = "") -> Self:
        """Connect and, if there is one, send the environment, and what follows it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        peer = cls(reader, writer)
        if environment is not None:
            lines = [f"{name}: {value}" for name, value in environment.items()]
            peer.write("\n".join(lines) + "\n\n" + then)
        return peer

    def write(self, text: str | bytes) -> None:
        """Send."""
        self.writer.write(text.encode() if isinstance(text, str) else text)

    async def command(self, expected: str, reply: str | None = "200 result=0") -> str:
        """Wait for a command that begins so, and reply."""
        async with asyncio.timeout(WITHIN_S):
            line = (await self.reader.readline()).decode().rstrip("\n")
        assert line.startswith(expected), f"the command was {line!r}, not {expected!r}"
        if reply is not None:
            self.write(reply + "\n")
        return line

    async def ended(self) -> bytes:
        """Wait for the end of the connection; what came before it."""
        async with asyncio.timeout(WITHIN_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def close(self) -> None:
        """End the connection."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


def environment(leg: str = "1700.1", script: str = "trunk/carrier", **more: str) -> dict[str, str]:
    """The environment of a leg, as our dial plan sends it."""
    found = {
        "agi_network": "yes",
        "agi_network_script": script,
        "agi_channel": f"PJSIP/trunk.carrier-{leg}",
        "agi_uniqueid": leg,
        "agi_callerid": "carrier",
        "agi_extension": "98668",
    }
    return found | {f"agi_{name}": value for name, value in more.items()}
