"""The client against a real HTTP server on loopback that is slow, hangs, fails, says too much or nonsense."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ivr_flows.protocol import AskSystem, SystemAnswered
from telephony.simulated.clock import VirtualClock
from tenancy.model import System
from tenancy.secrets import Secrets
from vcc.systems.client import HttpSystems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

KEY = "A" * 43 + "="
SECRETS = Secrets.model_validate({"systems": {"press/shop": "Bearer hush"}, "encryption_keys": [KEY]})


class Shop:
    """The tenant's system: `asked` is what came, `then` what it does next (the last again and again)."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.then: list[str] = ["ok"]
        self.hanging, self.left = asyncio.Event(), asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.bodies.append(await request.read())
        what = self.then.pop(0) if len(self.then) > 1 else self.then[0]
        match what:
            case "hang":
                await self._hang()
            case "half":
                response = web.StreamResponse()
                await response.prepare(request)
                await response.write(b'{"a":')
                await self._hang()
            case "cut":
                assert request.transport is not None
                request.transport.close()
            case _ if what.isdecimal():
                return web.json_response({"what": "no"}, status=int(what))
        return ANSWERS[what]()

    async def _hang(self) -> None:
        self.hanging.set()
        try:
            await asyncio.sleep(60)
        finally:
            self.left.set()


ANSWERS: defaultdict[str, Callable[[], web.Response]] = defaultdict(
    lambda: lambda: web.json_response({"a": "one"}),
    {
        "huge": lambda: web.Response(body=b"[" + b"1," * 100_000 + b"1]"),
        "nonsense": lambda: web.Response(text="<html>"),
        "deep": lambda: web.Response(text="[" * 60_000),
        "nan": lambda: web.Response(text='{"a": NaN}'),
        "empty": lambda: web.Response(status=204),
        "away": lambda: web.Response(status=302, headers={"Location": "/elsewhere"}),
    },
)


@pytest.fixture
async def shop() -> AsyncIterator[tuple[Shop, str]]:
    app, shop = web.Application(), Shop()
    app.router.add_route("*", "/{rest:.*}", shop.handle)
    async with TestServer(app, host="127.0.0.1", handler_cancellation=True) as server:
        yield shop, f"http://127.0.0.1:{server.port}/v1"


@pytest.fixture
async def systems() -> AsyncIterator[HttpSystems]:
    systems = HttpSystems(SECRETS, VirtualClock(1_000.0))
    yield systems
    await systems.close()


def system(url: str, **how: Any) -> System:
    return System.model_validate({"url": url, "addresses": ("127.0.0.1",), **how})


def question(**how: Any) -> AskSystem:
    return AskSystem(**{"ask": "main.1", "system": "shop", "method": "GET", "path": "/a", "timeout": 2.0, **how})


async def asked(systems: HttpSystems, where: System, most: int = 10, **how: Any) -> SystemAnswered:
    told: asyncio.Future[SystemAnswered] = asyncio.get_running_loop().create_future()
    systems.ask("press", where, most, question(**how), told.set_result)
    return await asyncio.wait_for(told, 10)


async def test_what_is_asked(systems: HttpSystems, shop: tuple[Shop, str]) -> None:
    server, url = shop
    where = system(url, headers={"X-Tenant": "press"}, secret_header="Authorization")
    answer = await asked(
        systems, where, method="POST", path="/a%2Fb", query="c=d%20e", body={"名": 1}, headers={"X-Tenant": "other"}
    )
    assert answer == SystemAnswered(ask="main.1", status=200, body={"a": "one"})
    (request,) = server.asked
    assert (request.method, request.raw_path) == ("POST", "/v1/a%2Fb?c=d%20e")
    assert json.loads(server.bodies[0]) == {"名": 1}
    assert request.headers["X-Tenant"] == "press"
    assert request.headers["Authorization"] == "Bearer hush"
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("does", "answer"),
    [
        ("500", {"status": 500, "body": {"what": "no"}}),
        ("404", {"status": 404, "body": {"what": "no"}}),
        ("away", {"status": 302, "readable": False}),
        ("empty", {"status": 204, "readable": False}),
        ("huge", {"status": 200, "readable": False}),
        ("nonsense", {"status": 200, "readable": False}),
        ("deep", {"status": 200, "readable": False}),
        ("nan", {"status": 200, "readable": False}),
        ("cut", {"why": "error"}),
        ("hang", {"why": "timeout"}),
        ("half", {"why": "timeout"}),
    ],
)
async def test_what_comes_of_it(
    systems: HttpSystems, shop: tuple[Shop, str], does: str, answer: dict[str, Any]
) -> None:
    server, url = shop
    server.then = [does]
    assert await asked(systems, system(url), timeout=0.5) == SystemAnswered(ask="main.1", **answer)
    assert len(server.asked) == 1


async def test_a_retry_helps(systems: HttpSystems, shop: tuple[Shop, str]) -> None:
    server, url = shop
    server.then = ["503", "hang", "ok"]
    assert (await asked(systems, system(url), retries=2, timeout=3.0)).status == 200
    assert len(server.asked) == 3


async def test_nobody_waits_longer_for_retries(systems: HttpSystems, shop: tuple[Shop, str]) -> None:
    server, url = shop
    server.then = ["hang"]
    began = asyncio.get_running_loop().time()
    assert (await asked(systems, system(url), retries=3, timeout=0.8)).why == "timeout"
    assert asyncio.get_running_loop().time() - began < 2.0


async def test_what_is_final_is_not_asked_again(systems: HttpSystems, shop: tuple[Shop, str]) -> None:
    server, url = shop
    server.then = ["500"]
    await asked(systems, system(url), retries=3)
    assert len(server.asked) == 1


async def test_who_fails_is_left_alone(shop: tuple[Shop, str]) -> None:
    server, url = shop
    clock = VirtualClock(1_000.0)
    systems = HttpSystems(SECRETS, clock)
    where = system(url, failures=2, rest_s=30)
    server.then = ["500", "500", "ok"]
    assert [(await asked(systems, where)).status for _ in range(2)] == [500, 500]
    assert (await asked(systems, where)).why == "refused"
    assert len(server.asked) == 2
    clock.advance(30.0)
    assert (await asked(systems, where)).status == 200
    assert (await asked(systems, where)).status == 200
    await systems.close()


async def test_a_tenant_has_a_bound_and_giving_up_makes_room(systems: HttpSystems, shop: tuple[Shop, str]) -> None:
    server, url = shop
    server.then = ["hang", "ok"]
    give_up = systems.ask("press", system(url), 1, question(timeout=30.0), lambda answer: pytest.fail(str(answer)))
    await asyncio.wait_for(server.hanging.wait(), 5)
    assert (await asked(systems, system(url), most=1)).why == "refused"
    give_up()
    await asyncio.wait_for(server.left.wait(), 5)  # the server sees that nobody waits any more
    assert (await asked(systems, system(url), most=1)).status == 200


async def test_an_address_that_is_not_named(systems: HttpSystems, shop: tuple[Shop, str]) -> None:
    server, url = shop
    for where in (url, url.replace("127.0.0.1", "localhost")):
        assert (await asked(systems, system(where, addresses=()))).why == "error"
    assert (await asked(systems, system(url))).status == 200  # and no connection of another is used
    assert (await asked(systems, system(url, addresses=()))).why == "error"
    assert len(server.asked) == 1


async def test_too_much_to_send(systems: HttpSystems, shop: tuple[Shop, str]) -> None:
    server, url = shop
    answer = await asked(systems, system(url, most_bytes=256), method="POST", body={"a": "x" * 300})
    assert (answer.why, server.asked) == ("error", [])


async def test_what_is_told_at_the_end_of_a_call_outlives_it_and_vccs_end_waits(shop: tuple[Shop, str]) -> None:
    server, url = shop
    systems = HttpSystems(SECRETS, VirtualClock(1_000.0))
    systems.tell("press", system(url), 1, question(method="POST", body={"a": 1}))
    systems.tell("press", system(url), 1, question(method="POST"))  # beyond the tenant's bound: logged, not told
    await systems.close()
    assert server.bodies == [b'{"a": 1}']
