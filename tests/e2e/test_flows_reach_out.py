"""A flow that asks the tenant's own system and puts its caller through to a number outside, on the real Asterisk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.e2e.conversation import CALLER, hear_each_other, hears_music
from tests.e2e.way_out import TRUNK, way_out
from tests.lab.phone import Phone
from tests.lab.platform import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.e2e.way_out import WayOut
    from tests.lab.pbx import AsteriskBinary
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

NUMBER, AS_SENT, SHOWN = "98671", "13800138000", "01065551668"
#: What the tenant's system says of its customer: it is to be heard, and found nowhere afterwards.
SECRET = "sesquipedalian"
FLOW = """
steps:
  - http:
      system: shop
      path: "/orders/{caller}"
      take: {state: order.state, mobile: order.more?}
      say: {zh-CN: 正在查询。, en: One moment.}
  - say: {zh-CN: "状态{state:text}", en: "It is {state:text}."}
  - transfer: {to: "13800138000", ring: 20s, busy: {say: {zh-CN: 忙。, en: Busy.}}}
  - hang_up
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WayOut]:
    """The example platform, with a second trunk, a flow more, and the system that it asks."""
    asked: list[str] = []

    async def order(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response({"order": {"state": SECRET}})

    app = web.Application()
    app.router.add_get("/orders/{caller}", order)
    async with (
        TestServer(app, host=LOOPBACK) as server,
        way_out(tmp_path_factory.mktemp("reach"), asterisk_binary) as lab,
    ):
        tenant = lab.config / "tenants" / "press" / "tenant.yaml"
        text = tenant.read_text(encoding="utf-8")
        text = text.replace("numbers:\n", f"numbers:\n  {NUMBER}: {{project: book_orders, flow: reach}}\n", 1)
        text += f"\nsystems: {{shop: {{url: 'http://{LOOPBACK}:{server.port}', addresses: [{LOOPBACK}]}}}}\n"
        tenant.write_text(text, encoding="utf-8")
        (tenant.parent / "flows" / "reach.yaml").write_text(FLOW, encoding="utf-8")
        await lab.api("POST", "reload")
        yield lab
        assert asked == [f"/orders/{CALLER}"] * 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outside(platform: WayOut) -> AsyncIterator[Phone]:
    """Whoever has the number, behind the carrier."""
    async with Phone("outside", server=(LOOPBACK, platform.trunk_sip), local_port=platform.carrier_port) as phone:
        await platform.until_up(TRUNK)
        yield phone


def rendered_for_one_call(platform: WayOut) -> list[Path]:
    return list((platform.state / "speech").glob("only-*"))


async def test_it_is_asked_said_and_put_through(stage: Stage, platform: WayOut, outside: Phone) -> None:
    async with stage.caller(CALLER) as caller:
        call, contact = await stage.dial(caller, NUMBER)
        await stage.facts.until("StepEntered", contact=contact, step="say")
        there = await outside.incoming()
        assert there.request.uri.startswith(f"sip:{AS_SENT}@")
        assert there.caller.user == SHOWN
        assert rendered_for_one_call(platform)
        await hears_music(call)
        await there.answer()
        await stage.facts.until("OutsideConnected", contact=contact)
        await hear_each_other(call, there)
        await there.hang_up()
        await call.ended()
        await stage.facts.until("ContactEnded", contact=contact, outcome="answered")
    assert not rendered_for_one_call(platform)
    assert SECRET not in repr(stage.facts.seen)
    for file in platform.state.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file


async def test_it_is_busy_there(stage: Stage, outside: Phone) -> None:
    async with stage.caller(CALLER) as caller:
        call, contact = await stage.dial(caller, NUMBER)
        there = await outside.incoming()
        await there.reject(486)
        await stage.facts.until("ChoiceMade", contact=contact, step="transfer", choice="busy")
        await call.ended(10)
