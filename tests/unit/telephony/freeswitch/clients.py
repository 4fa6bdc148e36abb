"""A client of an event socket, with everything that it told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from core.errors import SwitchError
from telephony.freeswitch.esl_client import EslClient
from telephony.freeswitch.frames import Event
from tests.lab.eventsocket.server import EventSocketServer

WITHIN_S = 5.0
PASSWORD = "secret"


class Client:
    """A client that keeps what it is told."""

    def __init__(self, server: EventSocketServer, *, password: str = PASSWORD, lanes: int = 0) -> None:
        self.events: list[Event] = []
        self.ups = 0
        self.downs: list[SwitchError] = []
        self.lost: list[int] = []
        self.took: list[float] = []
        self.block: Callable[[Event], None] = lambda event: None
        self._changed = asyncio.Event()
        self.esl = EslClient(
            host="127.0.0.1",
            port=server.port,
            password=password,
            on_event=self._event,
            on_up=self._up,
            on_down=self._down,
            on_lost=self._lost,
            on_answer=self.took.append,
            lanes=lanes,
        )

    def _event(self, event: Event) -> None:
        self.block(event)
        self.events.append(event)
        self._changed.set()

    def _up(self) -> None:
        self.ups += 1
        self._changed.set()

    def _down(self, error: SwitchError) -> None:
        self.downs.append(error)
        self._changed.set()

    def _lost(self, count: int) -> None:
        self.lost.append(count)
        self._changed.set()

    async def until(
        self, *, ups: int = 0, downs: int = 0, events: int = 0, lost: int = 0, within: float = WITHIN_S
    ) -> None:
        """Wait until so much was told."""
        async with asyncio.timeout(within):
            while (
                self.ups < ups
                or len(self.downs) < downs
                or len(self.events) + sum(self.lost) < events
                or sum(self.lost) < lost
            ):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def connected(
    server: EventSocketServer, *events: str, ups: int = 1, password: str = PASSWORD, lanes: int = 0
) -> AsyncIterator[Client]:
    """A client that stays connected, from when it was up so often."""
    client = Client(server, password=password, lanes=lanes)
    await client.esl.subscribe(*(events or ("ALL",)))
    task = asyncio.create_task(client.esl.run())
    try:
        await client.until(ups=ups)
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
