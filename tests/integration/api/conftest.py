"""A real server on the loopback with the stand-in platform behind it, and clients of every role."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import aiohttp
import pytest

from tests.integration.api import floor
from tests.integration.api.floor import FloorPlatform
from tests.lab import standin
from tests.lab.chromium import Chromium
from tests.lab.standin import StandIn
from vcc.api.app import make_app
from vcc.api.identity import Directory
from vcc.api.local import local_access
from vcc.api.parts import PARTS
from vcc.api.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from reporting.live_days import LiveDays
    from tests.lab.standin import MemoryLog
    from vcc.calls.control import Control

TIMEOUT = aiohttp.ClientTimeout(total=20)


class Behind(Protocol):
    """What the API needs of the platform behind it."""

    log: MemoryLog
    days: LiveDays

    @property
    def api_control(self) -> Control: ...

    def time(self) -> float: ...

    async def subscribed(self) -> None: ...


P = TypeVar("P", bound=Behind)


class Served(Generic[P]):
    """The running API and how to ask it."""

    def __init__(self, platform: P, directory: Directory, state: Path, *, port: int = 0) -> None:
        self.platform = platform
        self.directory = directory
        self.state = state
        self.url = ""
        self.port = port
        self._stack = AsyncExitStack()
        self._serving = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self.stop_serving)
        await self._serve()
        self.http = await self._stack.enter_async_context(
            aiohttp.ClientSession(self.url, timeout=TIMEOUT, cookie_jar=aiohttp.CookieJar(unsafe=True))
        )
        return self

    async def _serve(self) -> None:
        self._app = make_app(
            self.platform.api_control,
            self.platform.log,
            self.platform.days,
            self.directory,
            sessions_file=self.state / "logins.json",
            clock=self.platform.time,
        )
        site = await self._serving.enter_async_context(serving(self._app, "127.0.0.1", self.port))
        self.url, self.port = site.name, site.address[1]
        reads = {"config": self.state / "config", "secrets_file": self.state / "secrets.yaml"}
        self._serving.enter_context(local_access(self.directory, self.state, self.url, **reads))
        await self.platform.subscribed()

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def listened_to(self) -> None:
        """Wait until somebody reads the stream of facts; there is no event for it, so it is asked again and again."""
        async with asyncio.timeout(20):
            while not self._app[PARTS].feed.readers:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def restart(self) -> None:
        """End the server and start it again on the same port, as a restart of vcc does."""
        await self.stop_serving()
        await self._serve()

    async def stop_serving(self) -> None:
        """End the server as the end of vcc does."""
        await self._serving.aclose()

    async def ask(self, method: str, path: str, *, who: str | None = "platform", **more: Any) -> tuple[int, Any]:
        """Status and JSON of an answer below /api/v1."""
        headers = {**self.bearer(who), **more.pop("headers", {})}
        async with self.http.request(method, f"/api/v1{path}", headers=headers, **more) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def get(self, path: str, *, who: str | None = "platform", **more: Any) -> Any:
        """The JSON of a GET that must succeed."""
        status, answer = await self.ask("GET", path, who=who, **more)
        assert status == 200, answer
        return answer

    def bearer(self, who: str | None) -> dict[str, str]:
        """The header that makes a request `who`'s."""
        return {"Authorization": f"Bearer {standin.token(who)}"} if who else {}

    @asynccontextmanager
    async def events(
        self, path: str = "/events", *, who: str = "platform", headers: dict[str, str] | None = None
    ) -> AsyncIterator[Events]:
        """A stream of events, open: its first event has been read."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.http.get(
            f"/api/v1{path}", headers={**self.bearer(who), **(headers or {})}, timeout=timeout
        ) as answer:
            assert answer.status == 200, await answer.text()
            stream = Events(answer)
            stream.first = await stream.next()
            yield stream


class Site(Served[StandIn]):
    """The API with the stand-in platform behind it."""


class Events:
    """Server-sent events, one after the other."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.first: dict[str, Any] = {}
        self.last_id = ""

    async def next(self, within_s: float = 5.0) -> dict[str, Any]:
        """The next event as `event`, `id` and decoded `data`."""
        found: dict[str, Any] = {}
        async with asyncio.timeout(within_s):
            while True:
                line = (await self._answer.content.readline()).decode()
                if not line:
                    raise EOFError("the stream has ended")
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "data":
                    found["data"] = json.loads(value)
                elif name in {"id", "event"}:
                    found[name] = value
                elif not line.strip() and "event" in found:
                    self.last_id = found.get("id", self.last_id)
                    return found

    async def facts(self, count: int) -> list[dict[str, Any]]:
        """The next facts."""
        found = [await self.next() for _ in range(count)]
        assert {event["event"] for event in found} <= {"fact"}, found
        return [event["data"] for event in found]


@pytest.fixture
def platform() -> StandIn:
    """The platform behind the API."""
    return StandIn()


@pytest.fixture
async def site(platform: StandIn, tmp_path: Path) -> AsyncIterator[Site]:
    """The API, running."""
    async with Site(platform, Directory(standin.secrets()), tmp_path) as running:
        yield running


@pytest.fixture
def another_site(tmp_path: Path) -> Callable[[StandIn], Site]:
    """Makes further ones, with the same state folder."""
    return lambda platform: Site(platform, Directory(standin.secrets()), tmp_path)


@pytest.fixture
async def browser(tmp_path: Path, needs_program: Callable[[str], str]) -> AsyncIterator[Chromium]:
    needs_program("chromium")
    async with Chromium(tmp_path / "chromium") as started:
        yield started


@pytest.fixture
async def floor_site(tmp_path: Path) -> AsyncIterator[Served[FloorPlatform]]:
    """The API on the production floor."""
    async with Served(FloorPlatform(), Directory(floor.secrets()), tmp_path) as running:
        yield running
