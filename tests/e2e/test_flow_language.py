"""Flows that look up, decide and call other flows, on a real Asterisk, and what is done when the caller has hung up."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.lab.platform import ROOT, LabPlatform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "98671"
GOLD, BLOCKED, STRANGER = "13800138001", "13800138002", "13800138003"
MAIN = """
steps:
  - lookup: {table: blocked, found: {hang_up: busy}}
  - lookup: {table: customers, into: {tier: tier}}
  - set: {asked: 0, told: false}
  - switch:
      on: 'tier == "gold" && queues.orders.ready == 0 && hours.line ? "wait" : tier'
      is:
        wait: {say: {zh-CN: 尊敬的金卡客户。, en: Dear gold customer.}}
      else: {say: {zh-CN: 尊敬的客户。, en: Dear customer.}}
  - id: ask
    call: {flow: balance, with: {who: "{caller}"}, into: {balance: balance}}
  - set: {asked: {expression: asked + 1}, told: {expression: 'int(balance) > 99'}}
  - say: {zh-CN: "您的账户余额是{balance:number}元，今天查询的次数是{asked:number}。", en: "{balance} {asked}"}
  - if: {when: asked < 2, then: {goto: ask}}
on_hangup:
  - if: {when: told, then: {resolved: balance}}
"""
BALANCE = """
arguments: [who]
results: [balance]
steps:
  - menu:
      say: {zh-CN: 查询余额请按1。, en: For your balance press 1.}
      1: {lookup: {table: customers, key: who, into: {balance: balance}}}
"""
CUSTOMERS = f"number,tier,balance\n{GOLD},gold,100\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform with one number more, and tables."""
    folder = tmp_path_factory.mktemp("flows")
    shutil.copytree(ROOT / "config", folder / "original")
    press = folder / "original" / "tenants" / "press"
    tenant = (press / "tenant.yaml").read_text(encoding="utf-8")
    line = f"numbers:\n  {NUMBER}: {{project: book_orders, flow: knows}}\n"
    files = {
        "tenant.yaml": tenant.replace("numbers:\n", line, 1),
        "flows/knows.yaml": MAIN,
        "flows/balance.yaml": BALANCE,
        "tables/customers.csv": CUSTOMERS,
        "tables/blocked.yaml": f'"{BLOCKED}": {{reason: fraud}}\n',
    }
    (press / "tables").mkdir()
    for name, text in files.items():
        (press / name).write_text(text, encoding="utf-8")
    async with LabPlatform(folder / "lab", config=folder / "original", binary=asterisk_binary) as lab:
        yield lab


async def test_a_known_caller_is_told_the_balance_and_it_is_resolved(stage: Stage) -> None:
    async with stage.caller(GOLD) as phone:
        call, contact = await stage.dial(phone, NUMBER)
        await stage.hears(call, "尊敬的金卡客户。")
        for _ in range(2):
            since = call.heard_s
            await call.hears(stage.prompt("查询余额请按1。"), within=10, since_s=since)
            await call.dtmf("1")
            for words in ("您的账户余额是", "元，今天查询的次数是"):
                await call.hears(stage.prompt(words), within=10, since_s=since)
        await call.hang_up()
    record = await stage.record_of(GOLD)
    assert record["resolved"] == "balance"
    choices = [fact for fact in stage.facts.seen if fact["fact"] == "ChoiceMade" and fact["contact"] == contact]
    assert [(fact["step"], fact["choice"]) for fact in choices if "balance:" in fact["step"]] == [
        ("balance:menu", "1"),
        ("balance:menu.1.lookup", "found"),
    ] * 2


async def test_who_hangs_up_before_is_not_resolved(stage: Stage) -> None:
    async with stage.caller(STRANGER) as phone:
        call, _ = await stage.dial(phone, NUMBER)
        await stage.hears(call, "尊敬的客户。")
        await call.hang_up()
    record = await stage.record_of(STRANGER)
    assert (record["resolved"], record["outcome"], record["in_flow"]) == (None, "left_flow", True)


async def test_a_blocked_caller_hears_the_busy_tone(stage: Stage) -> None:
    async with stage.caller(BLOCKED) as phone:
        assert await (await phone.dial(NUMBER)).refused() == 486
