"""Listens, keeps what was asked, fires events; and the ways in which it may misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING, Protocol, Self

from tests.lab.eventsocket import frames
from tests.lab.eventsocket.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from tests.lab.eventsocket.commands import Command, Message
    from tests.lab.eventsocket.frames import Event

WITHIN_S = 5.0


class Model(Protocol):
    """The switch behind the event socket."""

    async def api(self, name: str, argument: str) -> str | None:
        """What a command of the switch prints, `+OK …\\n`, `-ERR …\\n` or anything; None: there is no such command."""

    async def message(self, message: Message) -> str:
        """Put a message into a channel's line: `+OK`, or `-ERR invalid session id [uuid]`."""


class NoModel:
    """A switch without channels, whose commands print what a test says."""

    def __init__(self) -> None:
        """Nothing is printed yet."""
        self.prints: dict[str, str] = {"uptime": "1\n"}
        self.messages: list[Message] = []

    async def api(self, name: str, argument: str) -> str | None:
        """What the test said."""
        return self.prints.get(f"{name} {argument}".strip(), self.prints.get(name))

    async def message(self, message: Message) -> str:
        """Every channel is there."""
        self.messages.append(message)
        return "+OK"


class EventSocketServer:
    """An event socket on a port of the loopback address.

    Ways to misbehave: `silent` (reads, and says nothing), `greeting` (b"": accepts and says nothing; or anything),
    `rejects` (the ACL lets nobody in), `piece` (frames are written in pieces of so many bytes), `cut_after` (the next
    frame is cut after so many bytes, and the connection ended), `hearing` (cleared: reads nothing); and `write`.
    """

    def __init__(self, model: Model | None = None, *, password: str) -> None:
        """A server that is still to listen."""
        self.model: Model = model or NoModel()
        self.password = password
        self.port = 0
        self.commands: list[Command] = []
        self.connections: list[Connection] = []
        self.accepted = 0
        self.silent = False
        self.rejects = False
        self.greeting = frames.AUTH_REQUEST
        self.piece = 0
        self.cut_after: int | None = None
        self.hearing = asyncio.Event()
        self.hearing.set()
        self._sequence = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Listen."""
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        await self.stop()

    # --- its life

    async def listen(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self, *, crash: bool = False) -> None:
        """End the connections and listen no longer: as a switch that is shut down, or that crashes."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.hang_up(crash=crash)
        self.hearing.set()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def hang_up(self, *, crash: bool = False) -> None:
        """End the connections."""
        for connection in list(self.connections):
            if crash:
                connection.abort()
            else:
                connection.end("The system is being shut down.\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        self.accepted += 1
        self.connections.append(connection)
        self._changed.set()
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # by `stop`; asyncio's streams would print it
                await connection.serve()
        finally:
            if task is not None:
                self._tasks.discard(task)
            self.connections.remove(connection)
            self._changed.set()

    # --- what the model and tests use

    def fire(self, event: Event, body: str | None = None) -> None:
        """Tell an event to every connection that wants it; it gets a number in the switch's sequence."""
        told = {**event, "Event-Sequence": str(next(self._sequence))}
        for connection in list(self.connections):
            connection.offer(told, body)

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run something until the server stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def write(self, raw: bytes) -> None:
        """Write anything to the newest connection."""
        self.connections[-1].write(raw)

    def note(self, command: Command) -> None:
        """Keep a command that came; a client's question whether we live is not kept."""
        if command.name != "nolog":
            self.commands.append(command)
        self.changed()

    def changed(self) -> None:
        """Something came, or ended: who waits until something is so looks again."""
        self._changed.set()

    def lines(self, name: str = "") -> list[str]:
        """The first lines of the commands that came, of one name or of all."""
        return [command.line for command in self.commands if name in {"", command.name}]

    async def command(self, begin: str, count: int = 1) -> Command:
        """Wait for the `count`th command that begins so."""

        def found() -> list[Command]:
            return [command for command in self.commands if command.line.startswith(begin)]

        await self.until(lambda: len(found()) >= count)
        return found()[count - 1]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so that commands and connections can change."""
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
