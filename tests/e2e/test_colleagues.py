"""Agents who call each other by number, on a real Asterisk: what each hears, and a phone's own transfer of three."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conversation import ACCEPTED, CALLER, LI, WANG, hear_each_other, hears_music, talking, wraps_up

if TYPE_CHECKING:
    from tests.lab.phone import Phone
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

WANG_NUMBER, LI_NUMBER = "2001", "2002"
SERVICE, SERVICE_NUMBER = "press/service", "6002"


async def dials(stage: Stage, phone: Phone) -> tuple[OutgoingCall, str]:
    """The agent at this phone dials Li, whose phone rings, and is told so by 180; the contact."""
    before = len(stage.facts.seen)
    out = await phone.dial(LI_NUMBER)
    await out.rings()
    assert out.answered_at is None
    contact: str = (await stage.facts.until("ContactArrived", since=before, number=LI_NUMBER))["contact"]
    return out, contact


async def test_a_colleague_is_called_by_number(stage: Stage) -> None:
    wang, li = await stage.agent(WANG, "p104"), await stage.agent(LI, "p105")
    out, contact = await dials(stage, wang)
    asked = await li.incoming()
    assert asked.caller.user == WANG_NUMBER
    await asked.answer()
    await out.answered()
    await hear_each_other(out, asked)
    await asked.hang_up()
    await out.ended()
    await stage.facts.until("ContactEnded", contact=contact)
    record = (await stage.platform.api("GET", f"calls/{contact}"))["record"]
    assert (record["complete"], record["direction"], record["placed_by"]) == (True, "internal", WANG)
    assert (record["agents"], record["outcome"]) == ([LI], "answered")


async def test_a_colleague_who_is_not_there(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    out = await wang.dial(LI_NUMBER)
    await out.hears(stage.prompt("该坐席没有登录。"), within=10)
    await out.ended()
    li = await stage.agent(LI, "p105")
    out, contact = await dials(stage, wang)
    asked = await li.incoming()
    await asked.reject(486)
    await out.hears(stage.prompt("该坐席正忙。"), within=10)
    await stage.facts.until("ContactEnded", contact=contact, outcome="not_taken")
    await out.ended()


async def test_an_agent_who_gives_up_in_a_queue_is_not_in_the_tenants_figures(stage: Stage) -> None:
    wang = await stage.agent(WANG, "p104")
    before = len(stage.facts.seen)
    out = await wang.dial("6002")
    contact = (await stage.facts.until("ContactQueued", since=before))["contact"]
    await out.hang_up()
    await stage.facts.until("ContactEnded", contact=contact, outcome="abandoned")
    record = (await stage.platform.api("GET", f"calls/{contact}"))["record"]
    assert (record["direction"], record["placed_by"], record["complete"]) == ("internal", WANG, True)
    figures = (await stage.platform.api("GET", "tenants/press/board"))["figures"]
    assert (figures["calls_in"], figures["abandoned"], figures["waiting"]) == (0, 0, 0)


@pytest.mark.parametrize("answered", [True, False])
async def test_the_phones_own_transfer_joins_caller_and_colleague(stage: Stage, answered: bool) -> None:
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller:
        call, first, contact = await talking(stage, caller, wang)
        await first.hold()
        await stage.facts.until("TalkHeld", contact=contact, agent=WANG)
        li = await stage.agent(LI, "p105")
        out, _ = await dials(stage, wang)
        asked = await li.incoming()
        before = len(stage.facts.seen)
        if answered:
            await asked.answer()
            await out.answered()
            await hear_each_other(out, asked)
        assert (await first.transfer(LI_NUMBER, replaces=out)).status == ACCEPTED
        if not answered:
            await asked.ended()
            asked = await li.incoming()
            assert asked.caller.user == CALLER
            await asked.answer()
        await stage.facts.until("AgentConnected", since=before, contact=contact, agent=LI)
        await hear_each_other(call, asked)
        await asyncio.gather(first.hang_up(), out.ended())
        await wraps_up(stage, WANG, before)
        await asked.hang_up()
        await wraps_up(stage, LI, before)
        await call.ended()
    record = await stage.record_of(CALLER)
    assert record["complete"]
    assert record["agents"] == [WANG, LI]
    assert [(sent["how"], sent["target"]) for sent in record["transfers"]] == [("attended", LI)]


@pytest.mark.parametrize("answered", [True, False])
async def test_the_phones_own_transfer_gives_the_caller_what_the_agent_has_in_a_queue(
    stage: Stage, answered: bool
) -> None:
    """Whoever has answered there; where nobody has, the place that the caller, who came first, has before others."""
    wang = await stage.agent(WANG, "p104")
    async with stage.caller(CALLER) as caller, stage.caller("13511110002") as later:
        call, first, contact = await talking(stage, caller, wang)
        await first.hold()
        await stage.facts.until("TalkHeld", contact=contact, agent=WANG)
        before = len(stage.facts.seen)
        out = await wang.dial(SERVICE_NUMBER)
        placed = await stage.facts.until("ContactQueued", since=before, queue=SERVICE)
        assert placed["contact"] != contact
        waiting, other = await stage.dial(later, "98668")
        await stage.facts.until("StepEntered", contact=other, step="say")
        await waiting.dtmf("10")
        await stage.facts.until("ContactQueued", contact=other, queue=SERVICE)
        if answered:
            asked = await (li := await stage.agent(LI, "p105")).incoming()
            await asked.answer()
            await out.answered()
            await hear_each_other(out, asked)
        assert (await first.transfer(SERVICE_NUMBER, replaces=out)).status == ACCEPTED
        if not answered:
            queued = await stage.facts.until("ContactQueued", contact=contact, queue=SERVICE)
            assert queued["position"] == 1
            await asyncio.gather(first.hang_up(), out.ended())
            await wraps_up(stage, WANG, before)
            await hears_music(call)
            asked = await (li := await stage.agent(LI, "p105")).incoming()
            assert asked.caller.user == CALLER
            await asked.answer()
        await stage.facts.until("AgentConnected", since=before, contact=contact, agent=LI)
        await hear_each_other(call, asked)
        if answered:
            await asyncio.gather(first.hang_up(), out.ended())
            await wraps_up(stage, WANG, before)
        await asked.hang_up()
        await wraps_up(stage, LI, before)
        await asyncio.gather(call.ended(), waiting.hang_up())
        assert li.waiting_calls == 0
    record = await stage.record_of(CALLER)
    assert (record["complete"], record["agents"]) == (True, [WANG, LI])
    kind, target = ("agent", LI) if answered else ("queue", SERVICE)
    assert [(sent["how"], sent["kind"], sent["target"]) for sent in record["transfers"]] == [("attended", kind, target)]
    await stage.facts.until("ContactEnded", contact=placed["contact"])
    theirs = (await stage.platform.api("GET", f"calls/{placed['contact']}"))["record"]
    assert (theirs["complete"], theirs["direction"]) == (True, "internal")
