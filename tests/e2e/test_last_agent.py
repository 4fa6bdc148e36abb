"""A caller who comes again, on a real Asterisk: the same agent, and how long it takes."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.e2e.test_calls import in_orders
from tests.lab.platform import ROOT, LabPlatform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

_ORDERS = """\
orders:
  name: {zh-CN: 图书订购, en: Book orders}
  skills: {orders: 7}
  music: main
  wrap_up_s: 1
  ring_at_once: 2
  ladder: [{after_s: 2, skills: {}, raises: 5}]
  prefer_s: 60
"""
#: How a caller is led who waits for them in the example's flow, and here.
_LED, _LED_HERE = (
    "first: 15s\n              every: 30s\n              say:\n",
    "first: 5s\n              every: 5s\n              say:\n                - wait\n",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, with another queue for orders."""
    folder = tmp_path_factory.mktemp("e2e")
    (folder / "run").mkdir()
    shutil.copytree(ROOT / "config", folder / "original")
    file = folder / "original" / "tenants" / "press" / "queues.yaml"
    _, rest = file.read_text(encoding="utf-8").split("service:\n", 1)
    file.write_text(f"{_ORDERS}service:\n{rest}", encoding="utf-8")
    flow = folder / "original" / "tenants" / "press" / "flows" / "main.yaml"
    text = flow.read_text(encoding="utf-8")
    assert _LED in text
    text = text.replace(_LED, _LED_HERE, 1).replace("name: orders\n", "name: orders\n            prefers: last\n", 1)
    flow.write_text(text, encoding="utf-8")
    async with LabPlatform(folder / "run", config=folder / "original", binary=asterisk_binary) as platform:
        yield platform


async def test_a_caller_gets_the_agent_of_the_last_call_again_and_is_told_how_long_it_takes(stage: Stage) -> None:
    li, sun = await stage.agent("press/li", "p105"), await stage.agent("press/sun", "p106")
    async with stage.caller("13900000001") as phone, stage.caller("13900000002") as somebody:
        first = await in_orders(stage, phone)
        _, ringing = await asyncio.gather(li.incoming(), sun.incoming())
        await ringing.answer()
        await stage.facts.until("AgentConnected", contact=await stage.newest_contact(), agent="press/sun")
        await ringing.hang_up()
        await first.ended()
        other = await in_orders(stage, somebody)
        busy = await stage.newest_contact()
        _, ringing = await asyncio.gather(li.incoming(), sun.incoming())
        await ringing.answer()
        await stage.facts.until("AgentConnected", contact=busy, agent="press/sun")
        again = await in_orders(stage, phone)
        contact = await stage.newest_contact()
        told_wait = await stage.facts.until("WaitTold", contact=contact)
        assert (told_wait["least"], told_wait["most"]) == (0, 1), "conversations were short, and two agents are there"
        await stage.hears(again, "预计等待不到一分钟。")
        detail = await stage.platform.api("GET", f"calls/{contact}")
        assert detail["waits"]["prefers"] == ["press/sun"], "Li is free and is not rung"
        await ringing.hang_up()
        await other.ended()
        ringing = await sun.incoming()
        await ringing.answer()
        connected = await stage.facts.until("AgentConnected", contact=contact, agent="press/sun")
        assert connected["expected_s"] is not None
        await ringing.hang_up()
        await again.ended()
