"""One server-sent events stream: headers, frames, heartbeats, and an end for readers that do not read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

if TYPE_CHECKING:
    from types import TracebackType

_log = structlog.get_logger()

#: A stream that has nothing to tell says so this often, in seconds: proxies and readers know that it lives.
HEARTBEAT_S = 15.0
#: A reader whose connection takes no bytes for this long is cut off, in seconds.
WRITE_S = 10.0
#: What a browser waits before it connects again, in milliseconds.
_RETRY_MS = 2_000


class ReaderGoneError(Exception):
    """The reader has closed the connection, or takes nothing."""


class EventStream:
    """Write events to one reader. Used as a context manager: whatever ends it ends the connection."""

    def __init__(self, request: web.Request) -> None:
        """The stream that answers `request`."""
        self._request = request
        self.response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",  # or nginx holds events back
            }
        )

    async def __aenter__(self) -> EventStream:
        """Send the headers."""
        await self.response.prepare(self._request)
        await self._write(f"retry: {_RETRY_MS}\n\n")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """End the answer. Its head is out: what goes wrong now can only be logged, and the connection cut."""
        if not isinstance(error, Exception):
            return False
        if not isinstance(error, ReaderGoneError):
            _log.error("stream failed", path=self._request.path, exc_info=error)
        if (transport := self._request.transport) is not None:
            transport.abort()
        return True

    async def send(self, *frames: str) -> None:
        """Send events made with `frame`, in one write. Raises ReaderGoneError."""
        await self._write("".join(frames))

    async def heartbeat(self, event_id: str) -> None:
        """Say that there is nothing to say up to this id. Raises ReaderGoneError."""
        await self._write(f": alive\nid: {event_id}\n\n")

    async def _write(self, text: str) -> None:
        try:
            async with asyncio.timeout(WRITE_S):
                await self.response.write(text.encode())
        except (TimeoutError, ConnectionError) as error:
            raise ReaderGoneError from error


def frame(event: str, data: str, event_id: str | None = None) -> str:
    """One event as text; `data` is one line."""
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {event}\ndata: {data}\n\n"
