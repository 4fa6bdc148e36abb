"""Flows that ask a real HTTP server of the tenant's, on the simulated switch: nothing of the answer stays anywhere."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.facts import ChoiceMade
from tenancy.secrets import Secrets
from tests.unit.vcc.calls.centre import SECONDS, Centre
from tests.unit.vcc.calls.configuration import TEXTS
from vcc.systems.client import HttpSystems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MAIN = """
steps:
  - http:
      system: shop
      METHOD
      path: "/orders/{caller}"
      take: {state: state}
      say: {en: One moment.}
      results: {error: [{say: {en: Lost.}}, hang_up]}
  - menu:
      say: {en: "It is {state}."}
      1: hang_up
"""
TELLING = """
steps: [{menu: {say: {en: Choose.}, 1: hang_up}}]
on_hangup: [{http: {system: shop, path: "/left/{caller}"}}]
"""
SECRETS = Secrets.model_validate({"encryption_keys": ["A" * 43 + "="]})


class Shop:
    def __init__(self) -> None:
        self.paths: list[str] = []
        self.asked, self.may_answer, self.left = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def handle(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        self.asked.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.left.set()
            raise
        return web.json_response({"state": "dispatched"})


@pytest.fixture
async def shop() -> AsyncIterator[tuple[Shop, int]]:
    shop, app = Shop(), web.Application()
    app.router.add_route("*", "/{rest:.*}", shop.handle)
    async with TestServer(app, host="127.0.0.1", handler_cancellation=True) as server:
        yield shop, server.port or 0


class Floor:
    """A centre whose tenant has that system, and whose vcc can be ended and begun again."""

    def __init__(self, port: int, method: str = "", flow: str = MAIN) -> None:
        texts = dict(TEXTS)
        texts["tenants/press/tenant.yaml"] += (
            f"systems: {{shop: {{url: 'http://127.0.0.1:{port}', addresses: [127.0.0.1]}}}}\n"
        )
        texts["tenants/press/flows/main.yaml"] = flow.replace("METHOD", method)
        self.centre = Centre(texts)
        self.systems = HttpSystems(SECRETS, self.centre.clock)
        self.centre.floor.systems = self.systems
        self._listen()

    def _listen(self) -> None:
        self.told = asyncio.Event()
        settle = self.centre.floor.settle

        def settled() -> None:
            settle()
            self.told.set()

        self.centre.floor.settle = settled

    async def restart(self) -> None:
        self.centre.crash()
        await self.systems.close()
        self.centre.clock.advance(1.0)
        self.centre.systems = self.systems = HttpSystems(SECRETS, self.centre.clock)
        self.centre.start()
        self._listen()
        self.centre.wait(0.1)

    async def answered(self, shop: Shop) -> None:
        await asyncio.wait_for(shop.asked.wait(), 5)
        self.told.clear()
        shop.may_answer.set()
        await asyncio.wait_for(self.told.wait(), 5)


async def test_the_answer_is_said_and_nowhere_else(shop: tuple[Shop, int], capsys: pytest.CaptureFixture[str]) -> None:
    server, port = shop
    floor = Floor(port)
    centre = floor.centre
    leg = centre.call(caller="555")
    assert centre.heard(leg) == "One moment."
    await floor.answered(server)
    assert server.paths == ["/orders/555"]
    assert centre.heard(leg) == "One moment."  # which is said to its end
    centre.wait(SECONDS + 0.1)
    assert "It is" in centre.said(leg)
    assert "dispatched" not in json.dumps(centre.stored("session"))
    await floor.restart()
    centre.wait(SECONDS * 3)
    assert "dispatched" in centre.said(leg)  # again, after the restart
    centre.leave(leg)
    assert centre.stored("session") == {}
    assert len(centre.speech.forgotten) == 1
    assert "dispatched" not in repr(centre.facts)
    assert "dispatched" not in "".join(capsys.readouterr())
    await floor.systems.close()


async def test_who_hangs_up_has_nobody_asked_for_any_more(shop: tuple[Shop, int]) -> None:
    server, port = shop
    floor = Floor(port)
    leg = floor.centre.call()
    await asyncio.wait_for(server.asked.wait(), 5)
    floor.centre.leave(leg)
    await asyncio.wait_for(server.left.wait(), 5)
    await floor.systems.close()


@pytest.mark.parametrize(("method", "times"), [("method: GET", 2), ("method: POST", 1), ("repeatable: false", 1)])
async def test_vcc_dies_while_it_is_asked(shop: tuple[Shop, int], method: str, times: int) -> None:
    server, port = shop
    floor = Floor(port, method)
    centre = floor.centre
    leg = centre.call()
    await asyncio.wait_for(server.asked.wait(), 5)
    server.asked.clear()
    await floor.restart()
    if times > 1:
        await floor.answered(server)
        centre.wait(SECONDS * 2)
        assert "dispatched" in centre.said(leg)
    else:
        assert centre.heard(leg) == "Lost."
        assert [fact.choice for fact in centre.of(ChoiceMade)] == ["error"]
    assert len(server.paths) == times
    await floor.systems.close()


async def test_who_has_hung_up_lets_a_system_be_told(shop: tuple[Shop, int]) -> None:
    server, port = shop
    server.may_answer.set()
    floor = Floor(port, flow=TELLING)
    leg = floor.centre.call(caller="555")
    floor.centre.wait(0.1)
    floor.centre.leave(leg)
    assert floor.centre.stored("session") == {}
    await asyncio.wait_for(server.asked.wait(), 5)
    await floor.systems.close()
    assert server.paths == ["/left/555"]
    assert not server.left.is_set()
