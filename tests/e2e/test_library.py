"""Three flows of the library, walked by SIP phones on the real Asterisk: what is heard, who is rung, what is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from ivr_flows.prompts import Prompt
from tests.e2e.conversation import CALLER_HZ, hear_each_other
from tests.lab.platform import ROOT, LabPlatform
from tests.lab.stereo import Stereo
from vcc.flows import finding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.phone.outgoing import OutgoingCall
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

LIBRARY = ROOT / "ivr_flows" / "library"
ATTENDANT, EXCHANGE, TREE = "2565551100", "2125550100", "2025550100"
GRACE, EXTENSION = "basic_pbx/grace", "1102"
FLOWS = {subject.name: subject.flow for subject in finding.find([LIBRARY])}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The library, up."""
    async with LabPlatform(tmp_path_factory.mktemp("library"), config=LIBRARY, binary=asterisk_binary) as lab:
        yield lab


def asked(flow: str, step: str) -> str:
    """The question of a step."""
    prompt = getattr(FLOWS[flow].nodes[step].step, "say")  # noqa: B009 - of whichever step it is
    assert isinstance(prompt, Prompt)
    return prompt.label("en")


async def hears(stage: Stage, call: OutgoingCall, text: str, since: float = 0.0) -> None:
    await call.hears(stage.prompt(text, "en"), within=25, since_s=since)


async def test_asterisks_attendant_puts_through_to_an_extension(stage: Stage) -> None:
    grace = await stage.agent(GRACE, "p1")
    async with stage.caller("3125550001") as phone:
        call, contact = await stage.dial(phone, ATTENDANT)
        await stage.facts.until("StepEntered", contact=contact, step="main")
        await call.dtmf("7")
        await hears(stage, call, "That is not one of the choices.")
        begun = call.heard_s
        await hears(stage, call, asked("basic_pbx/main_ivr", "main"), since=begun)
        await call.dtmf(EXTENSION)
        incoming = await grace.incoming()
        assert incoming.caller.user == "3125550001"
        await incoming.answer()
        await stage.facts.until("AgentConnected", contact=contact)
        await hear_each_other(call, incoming)
        await incoming.hang_up()
        await call.ended()
    record = await stage.record_of("3125550001")
    assert (record["outcome"], record["agents"], record["complete"]) == ("answered", [GRACE], True)


async def test_an_extension_that_is_declined_has_a_mailbox_of_its_own(stage: Stage) -> None:
    grace = await stage.agent(GRACE, "p1")
    async with stage.caller("3125550002") as phone:
        call, contact = await stage.dial(phone, ATTENDANT)
        await stage.facts.until("StepEntered", contact=contact, step="main")
        await call.dtmf(EXTENSION)
        await (await grace.incoming()).reject(486)
        await hears(stage, call, "Nobody is there to take your call.")
        await asyncio.gather(hears(stage, call, "after the tone."), call.hears_tone(1_000, within=25))
        call.send_tone(CALLER_HZ)
        await asyncio.sleep(2.0)  # how long the caller speaks
        call.send_silence()
        await call.dtmf("#")
        await call.ended()
    finished = await stage.facts.until("RecordingFinished", contact=contact)
    assert finished["problem"] == ""
    [message] = (await stage.record_of("3125550002"))["recordings"]
    assert (message["why"], message["queue"]) == ("message", f"basic_pbx/ext-{EXTENSION}")
    [kept] = stage.platform.state.glob(f"**/{message['recording']}.wav")
    assert Stereo(kept.read_bytes()[44:]).left(CALLER_HZ) > 0.3


async def test_a_menu_of_freepbx_answers_wrong_keys_and_is_come_back_to(stage: Stage) -> None:
    greeting = asked("freepbx/main", "greeting")
    async with stage.caller("3125550003") as phone:
        call, contact = await stage.dial(phone, EXCHANGE)
        await stage.facts.until("StepEntered", contact=contact, step="greeting")
        await call.dtmf("8")
        await hears(stage, call, "I did not understand that.")
        begun = call.heard_s
        await hears(stage, call, greeting, since=begun)
        await call.dtmf("2")
        await hears(stage, call, asked("freepbx/main", "greeting.2.menu"))
        await call.dtmf("2")
        begun = call.heard_s
        await hears(stage, call, "We are opposite the station.")
        await hears(stage, call, greeting, since=begun)
        await call.hang_up()
    assert (await stage.record_of("3125550003"))["outcome"] == "left_flow"


async def test_twilios_tree_leads_back_to_the_first_menu_and_to_its_end(stage: Stage) -> None:
    first, second = asked("phone_tree/main", "menu"), asked("phone_tree/main", "menu.2.menu")
    async with stage.caller("3125550004") as phone:
        call, _ = await stage.dial(phone, TREE)
        await hears(stage, call, first)
        await call.dtmf("2")
        await hears(stage, call, second)
        begun = call.heard_s
        await call.dtmf("*")
        await hears(stage, call, "Back to the first menu.", since=begun)
        await hears(stage, call, first, since=begun)
        await call.dtmf("1")
        await hears(stage, call, "Thank you for travelling with us.")
        await call.ended()
    record = await stage.record_of("3125550004")
    assert (record["outcome"], record["by"]) == ("ended_by_flow", "flow")
