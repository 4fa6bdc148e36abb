"""The application on an address: how long a client may take, and how many may be there at once.

A connection that has not sent a whole head of a request within IDLE_S is closed, be it idle or slow on purpose; beyond
CONNECTIONS a new one is closed at once. Bodies and streams have limits of their own.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

#: How long a connection may be without a complete request, in seconds.
IDLE_S = 20.0
#: Connections at once.
CONNECTIONS = 512
#: The longest header field, and how many of them.
FIELD_BYTES = 8_190
FIELDS = 64
#: What requests under way are given at the end, in seconds.
SHUTDOWN_S = 3.0


class BoundedSite(web.BaseSite):
    """Listens on one address, and turns away what is too much."""

    def __init__(self, runner: web.BaseRunner, host: str, port: int) -> None:
        """`port` 0: any that is free; `address` tells which."""
        super().__init__(runner)
        self._host = host
        self._port = port

    @property
    def name(self) -> str:
        """The address as a URL."""
        host, port = self.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that are really listened on."""
        return self._host, self._port

    async def start(self) -> None:
        """Begin to listen. Raises OSError if the address is taken."""
        await super().start()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._protocol, self._host, self._port, backlog=128)
        self._server = server
        self._port = int(server.sockets[0].getsockname()[1])

    def _protocol(self) -> asyncio.BaseProtocol:
        server = self._runner.server
        if server is None or len(server.connections) >= CONNECTIONS:
            return _TurnedAway()
        return server()


class _TurnedAway(asyncio.Protocol):
    """Closes a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).abort()


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[BoundedSite]:
    """Serve `app` on an address while the context is open; ends streams and lets short requests finish."""
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        keepalive_timeout=IDLE_S,
        max_line_size=FIELD_BYTES,
        max_field_size=FIELD_BYTES,
        max_headers=FIELDS,
        lingering_time=2.0,
        shutdown_timeout=SHUTDOWN_S,
    )
    await runner.setup()
    try:
        site = BoundedSite(runner, host, port)
        await site.start()
        yield site
    finally:
        await runner.cleanup()
