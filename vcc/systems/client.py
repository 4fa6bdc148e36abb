"""Asks tenants' own systems over the network: bounded in time, size and number, and left alone when they fail.

No log and no error has a path, a header or a body: whose system, which, and what became of it.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from multidict import CIMultiDict
from yarl import URL

from ivr_flows.protocol import SystemAnswered
from tenancy.names import qualify
from vcc.systems.addresses import sockets
from vcc.systems.breaker import Breaker
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import ClientResponse

    from core.clock import Clock
    from ivr_flows.protocol import AskSystem
    from tenancy.model import System
    from tenancy.secrets import Secrets

_log = structlog.get_logger()

_SERVER_FAILS = 500
#: Statuses that say "not now": a retry may help.
_NOT_NOW = frozenset({429, 502, 503, 504})
_PAUSE_S = 0.2
#: So long (s) a connection stays open for the next question.
_KEPT_S = 20.0
#: So long (s) the end of vcc waits for what is being told about calls that are over.
_LAST_S = 5.0
#: What the connection itself needs is nobody else's to say.
_OURS = ("host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding", "expect")


class HttpSystems:
    """Fulfils `vcc.calls.asking.Systems`."""

    def __init__(self, secrets: Secrets, clock: Clock) -> None:
        """`secrets` has the values of the systems' secret headers."""
        self._secrets = secrets
        self._clock = clock
        self._sessions: dict[tuple[str, tuple[str, ...]], ClientSession] = {}
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._under_way: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: set[asyncio.Task[None]] = set()  # those of them whose call is over already

    def replace(self, secrets: Secrets) -> None:
        """Take other secrets from now on."""
        self._secrets = secrets

    async def close(self) -> None:
        """Give up what is under way, what is told at the end of calls a moment later; and close all connections."""
        if self._told:
            await asyncio.wait(self._told, timeout=_LAST_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for session in self._sessions.values():
            await session.close()

    def ask(
        self, tenant: str, system: System, most: int, question: AskSystem, done: Callable[[SystemAnswered], None]
    ) -> Callable[[], None]:
        """See the port."""
        task = self._begin(tenant, system, most, question, done)
        if task is None:
            answer = SystemAnswered(ask=question.ask, why="refused")
            return asyncio.get_running_loop().call_soon(done, answer).cancel
        return lambda: _give_up(task)

    def tell(self, tenant: str, system: System, most: int, question: AskSystem) -> None:
        """See the port."""
        task = self._begin(tenant, system, most, question, _nothing)
        if task is not None:
            self._told.add(task)
            task.add_done_callback(self._told.discard)

    def _begin(
        self, tenant: str, system: System, most: int, question: AskSystem, done: Callable[[SystemAnswered], None]
    ) -> asyncio.Task[None] | None:
        """None where the tenant asks too much at once."""
        if self._under_way[tenant] >= most:
            _log.warning("a tenant asks too much at once", tenant=tenant, system=question.system, most=most)
            return None
        self._under_way[tenant] += 1
        task = spawn(self._answer(tenant, system, question, done), name="ask a tenant's system")
        self._tasks.add(task)

        def over(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            self._under_way[tenant] -= 1

        task.add_done_callback(over)
        return task

    async def _answer(
        self, tenant: str, system: System, question: AskSystem, done: Callable[[SystemAnswered], None]
    ) -> None:
        answer = await self._try(tenant, system, question)
        if answer.why or answer.status >= _SERVER_FAILS:
            what = answer.why or str(answer.status)
            _log.warning("a tenant's system has failed", tenant=tenant, system=question.system, result=what)
        done(answer)

    async def _try(self, tenant: str, system: System, question: AskSystem) -> SystemAnswered:
        """Ask until there is an answer, no time is left, or all retries are used."""
        loop = asyncio.get_running_loop()
        due = loop.time() + question.timeout
        breaker = self._breaker(tenant, system)
        answer = SystemAnswered(ask=question.ask, why="refused")
        for left in range(question.retries, -1, -1):
            now = self._clock.now()
            if not breaker.lets(now):
                return answer
            try:
                seconds = (due - loop.time()) / (left + 1)
                answer = await self._once(tenant, system, question, max(0.05, seconds))
            except asyncio.CancelledError:
                breaker.given_up()
                raise
            if answer.why or answer.status >= _SERVER_FAILS:
                breaker.failed(self._clock.now())
            else:
                breaker.succeeded()
            if not answer.why and answer.status not in _NOT_NOW:
                return answer
            if left and loop.time() + _PAUSE_S < due:
                await asyncio.sleep(_PAUSE_S)
        return answer

    async def _once(self, tenant: str, system: System, question: AskSystem, seconds: float) -> SystemAnswered:
        body = None if question.body is None else json.dumps(question.body, ensure_ascii=False).encode()
        if body is not None and len(body) > system.most_bytes:
            return SystemAnswered(ask=question.ask, why="error")
        url = URL(system.url + question.path + (f"?{question.query}" if question.query else ""), encoded=True)
        try:
            async with (
                asyncio.timeout(seconds),
                self._session(tenant, system).request(
                    question.method,
                    url,
                    data=body,
                    headers=self._headers(tenant, system, question),
                    allow_redirects=False,
                ) as response,
            ):
                content = await _read(response, system.most_bytes)
                return _answered(question.ask, response.status, content)
        except TimeoutError:
            return SystemAnswered(ask=question.ask, why="timeout")
        except (ClientError, OSError, ValueError) as error:
            _log.info("no connection", tenant=tenant, system=question.system, error=type(error).__name__)
            return SystemAnswered(ask=question.ask, why="error")

    def _headers(self, tenant: str, system: System, question: AskSystem) -> CIMultiDict[str]:
        """The flow's, under those of the configuration, under ours."""
        headers = CIMultiDict(question.headers)
        headers.update(system.headers)
        if system.secret_header:
            secret = self._secrets.systems.get(qualify(tenant, question.system))
            headers[system.secret_header] = secret.get_secret_value() if secret else ""
        for name in _OURS:
            headers.popall(name, None)
        headers.update({"Accept-Encoding": "identity", "User-Agent": "vcc"})
        headers.setdefault("Accept", "application/json")
        if question.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _session(self, tenant: str, system: System) -> ClientSession:
        """Connections of one tenant to where it may go: what is open for one is not there for another."""
        key = (tenant, system.addresses)
        if key not in self._sessions:
            connector = TCPConnector(
                limit=0,
                limit_per_host=0,
                keepalive_timeout=_KEPT_S,
                use_dns_cache=False,
                socket_factory=sockets(system.addresses),
            )
            session = self._sessions[key] = ClientSession(
                connector=connector,
                cookie_jar=DummyCookieJar(),
                timeout=ClientTimeout(total=None),
                auto_decompress=False,
                trust_env=False,
            )
            # what was sent is sent again where the flow says so alone, also over a connection that has just died
            session._retry_connection = False
        return self._sessions[key]

    def _breaker(self, tenant: str, system: System) -> Breaker:
        url = URL(system.url)
        key = (tenant, f"{url.host}:{url.port}")
        known = self._breakers.get(key)
        if known is None or (known.failures, known.rest_s) != (system.failures, system.rest_s):
            known = self._breakers[key] = Breaker(failures=system.failures, rest_s=system.rest_s)
        return known


def _nothing(answer: SystemAnswered) -> None:
    """Nobody is there any more to whom it matters."""


def _give_up(task: asyncio.Task[None]) -> None:
    """End it, but for one that is telling its answer just now."""
    if task is not asyncio.current_task():
        task.cancel()


async def _read(response: ClientResponse, most: int) -> bytes | None:
    """The body; None where it is longer than that."""
    content = bytearray()
    async for part in response.content.iter_any():
        content += part
        if len(content) > most:
            response.close()
            return None
    return bytes(content)


def _answered(ask: str, status: int, content: bytes | None) -> SystemAnswered:
    if content is None:
        return SystemAnswered(ask=ask, status=status, readable=False)
    if not content.strip():
        return SystemAnswered(ask=ask, status=status, readable=False)
    try:
        body = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return SystemAnswered(ask=ask, status=status, readable=False)
    return SystemAnswered(ask=ask, status=status, body=body)


def _no_number(name: str) -> Any:  # noqa: ANN401 - never
    """NaN and the infinities are no JSON."""
    raise ValueError(name)
