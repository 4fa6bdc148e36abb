"""One connection: logging in, one command after the other, and the events between them."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import deque
from typing import TYPE_CHECKING

from tests.lab.eventsocket import frames
from tests.lab.eventsocket.commands import Command, Message, Reader
from tests.lab.eventsocket.subscriptions import Subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.eventsocket.frames import Event
    from tests.lab.eventsocket.server import EventSocketServer

MAX_QUEUED = 100_000
MAX_LOST = 500
#: It looks for events to tell so often, and when something has come, be it an empty line.
LOOKS_S = 0.02
_READ_BYTES = 64 * 1024


class Connection:
    """The switch's end of one connection."""

    def __init__(self, server: EventSocketServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection that was just accepted."""
        self._server, self._in, self._out = server, reader, writer
        self._commands = Reader()
        self._subscriptions = Subscriptions()
        self._events: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._ended = False  # the client has
        self._running = True
        self.lost = 0
        self.authenticated = False

    def __repr__(self) -> str:
        """For a test's output."""
        return f"<connection, {len(self._events)} events wait, {self.lost} lost>"

    @property
    def halfway(self) -> bool:
        """Whether a command has begun to come and not ended."""
        return self._commands.halfway

    # --- called by the server

    def offer(self, event: Event, body: str | None) -> None:
        """Queue an event, if it is wanted and there is room."""
        if not self._running or not self._subscriptions.wants(event):
            return
        if len(self._events) < MAX_QUEUED:
            self._events.append(frames.event(event, body))
            self.lost = 0
            return  # it is told when the connection looks
        self.lost += 1
        if self.lost > MAX_LOST:
            self.end("killed listener because of lost events\n")

    def end(self, text: str | None) -> None:
        """End it, at once, whatever is under way; with a notice, or without a word."""
        if self._running:
            self._running = False
            if text is not None:
                self._out.write(frames.notice(text))
            self._out.close()
            self._changed.set()

    def abort(self) -> None:
        """End it as a crash does."""
        self._running = False
        self._out.transport.abort()
        self._changed.set()

    def write(self, raw: bytes) -> None:
        """Write whatever a test wants."""
        self._out.write(raw)

    # --- its life

    async def serve(self) -> None:
        """Until either side ends it."""
        reading = asyncio.create_task(self._read())
        try:
            await self._greet()
            while self._running:
                if (command := self._commands.next()) is not None:
                    await self._carry_out(command)
                elif self._events and not self.halfway and not self._server.silent:
                    await self._send(self._events.popleft())
                elif self._ended:
                    break
                else:
                    self._changed.clear()
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOKS_S):
                            await self._changed.wait()
        except (ConnectionError, ValueError):
            pass  # the client is gone, or sent what the switch, too, ends a connection for
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
            self._running = False
            self._out.close()

    async def _greet(self) -> None:
        if self._server.rejects:
            await self._send(frames.notice("Access Denied, go away.\n", "text/rude-rejection"))
            self._running = False
        elif self._server.greeting:
            await self._send(self._server.greeting)

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                data = await self._in.read(_READ_BYTES)
                if not data:
                    break
                await self._server.hearing.wait()
                self._commands.feed(data)
                self._server.changed()
                self._changed.set()
        self._ended = True
        self._changed.set()

    async def _send(self, raw: bytes) -> None:
        """Write a frame, in the way in which the server is to write."""
        server = self._server
        if server.cut_after is not None:
            cut, server.cut_after = server.cut_after, None
            self._out.write(raw[:cut])
            self.end(None)
            return
        if not server.piece:
            self._out.write(raw)
            await self._out.drain()
            return
        for at in range(0, len(raw), server.piece):
            self._out.write(raw[at : at + server.piece])
            await asyncio.sleep(0)  # else the event loop would join them again

    # --- commands

    async def _carry_out(self, command: Command) -> None:
        self._server.note(command)
        if self._server.silent:
            return
        if command.name in {"exit", "..."}:
            await self._send(frames.reply("+OK bye"))
            self.end("Disconnected, goodbye.\n")
        elif not self.authenticated:
            await self._authenticate(command)
        elif command.name == "api":
            await self._send(frames.response(await self._print(command.rest)))
        elif command.name == "bgapi":
            await self._begin(command)
        else:
            await self._send(frames.reply(await self._reply(command)))

    async def _authenticate(self, command: Command) -> None:
        if command.name != "auth":
            await self._send(frames.reply("-ERR command not found"))
        elif command.rest == self._server.password:
            self.authenticated = True
            await self._send(frames.reply("+OK accepted"))
        else:
            await self._send(frames.reply("-ERR invalid"))
            self.end("Disconnected, goodbye.\n")

    async def _reply(self, command: Command) -> str:
        if command.name == "sendmsg":
            return await self._server.model.message(Message.of(command))
        if command.name == "noevents":
            self._events.clear()
        wanted, words = self._subscriptions, command.rest.split()
        replies: dict[str, Callable[[], str]] = {
            "event": lambda: wanted.event(words),
            "nixevent": lambda: wanted.nix(words),
            "noevents": wanted.off,
            "filter": lambda: wanted.filter(command.rest),
            "linger": lambda: "-ERR not controlling a session",
            "nolinger": lambda: "-ERR not controlling a session",
            "nolog": lambda: "-ERR not loging",
        }
        return replies.get(command.name, lambda: "-ERR command not found")()

    async def _begin(self, command: Command) -> None:
        job = command.headers.get("job-uuid") or str(uuid.uuid4())
        await self._send(frames.reply(f"+OK Job-UUID: {job}", Job_UUID=job))
        self._server.spawn(self._job(command.rest, job))

    async def _job(self, rest: str, job: str) -> None:
        printed = await self._print(rest)
        name, _, argument = rest.partition(" ")
        headers = {"Event-Name": "BACKGROUND_JOB", "Job-UUID": job, "Job-Command": name}
        self._server.fire(headers | ({"Job-Command-Arg": argument} if argument else {}), printed)

    async def _print(self, rest: str) -> str:
        name, _, argument = rest.partition(" ")
        printed = await self._server.model.api(name, argument)
        return f"-ERR {name} Command not found!\n" if printed is None else printed
