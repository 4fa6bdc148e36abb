"""Recorded conversations on a real Asterisk: announced, two channels, paused, heard with the right, kept over a crash,
erased.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
import yaml

from tests.e2e.recorded import (
    AGENT_HZ,
    CALLER_HZ,
    ask,
    finished,
    recorded,
    recording_platform,
    talking,
    until,
)
from tests.lab.stereo import QUIET
from vcc.calls.recordings import belongs_to_share

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.lab.pbx import AsteriskBinary
    from tests.lab.platform import LabPlatform
    from tests.lab.stage import Stage

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

TOLD = "为保证服务质量，本次通话可能被录音。"
PART_S = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LabPlatform]:
    """The example platform, whose press records."""
    async with recording_platform(tmp_path_factory.mktemp("recordings"), asterisk_binary) as platform:
        yield platform


async def record(stage: Stage, contact: str, action: str) -> None:
    await stage.platform.api("POST", f"calls/{contact}/recording", action=action)


async def written(stage: Stage, contact: str, name: str) -> None:
    """Wait until a fact of this name is in the contact's timeline."""

    async def there() -> bool:
        facts = (await stage.platform.api("GET", f"calls/{contact}"))["facts"]
        return any(fact["fact"] == name for fact in facts)

    await until(there)


async def test_announced_recorded_paused_and_heard(stage: Stage, platform: LabPlatform) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call, incoming, contact = await talking(stage, phone, agent)
        assert not [
            fact for fact in stage.facts.seen if fact["fact"] == "AgentConnected" and fact["contact"] == contact
        ]
        await stage.hears(call, TOLD)
        await stage.facts.until("AgentConnected", contact=contact)
        started = await stage.facts.until("RecordingStarted", contact=contact)
        assert (started["why"], started["agent"], started["announced"]) == ("always", "press/wang", True)
        await asyncio.sleep(PART_S)
        await incoming.dtmf("*02")
        assert (await stage.facts.until("RecordingPaused", contact=contact))["by"] == "agent:press/wang"
        await asyncio.sleep(PART_S)
        await record(stage, contact, "resume")
        await stage.facts.until("RecordingResumed", contact=contact)
        await asyncio.sleep(PART_S)
        await call.hang_up()
    found, sound = await finished(stage, contact)
    assert (found["pauses"], found["queue"], found["tenant"]) == (1, "press/orders", "press")
    begins, ends = sound.gap()
    assert PART_S - 0.2 < ends - begins < PART_S + 0.6
    assert sound.piece(begins, ends).peak < QUIET
    assert found["silence"] == pytest.approx((ends - begins) / sound.seconds, abs=0.15)
    for piece in (sound.piece(0.2, 0.6), sound.piece(ends + 0.2, ends + 0.6)):
        assert piece.left(CALLER_HZ) > 0.8
        assert piece.right(AGENT_HZ) > 0.8
        assert piece.left(AGENT_HZ) < 0.05
        assert piece.right(CALLER_HZ) < 0.05
    await _doors(stage, platform, contact)


async def _doors(stage: Stage, platform: LabPlatform, contact: str) -> None:
    """Who gets in where, and that each who got the sound is written down."""
    name = f"{contact}-1"
    assert await ask(platform, f"recordings/{name}/audio", "ear", Range="bytes=0-3") == (206, b"RIFF")
    assert (await ask(platform, f"recordings/{name}/audio", "deaf"))[0] == 403
    assert (await ask(platform, f"recordings/{name}", "deaf"))[0] == 200
    for path in (f"recordings/{name}", f"recordings/{name}/audio", f"recordings/{name}/audio?download=true"):
        assert (await ask(platform, path, "stranger"))[0] == 404
    status, listed = await ask(platform, "recordings", "stranger")
    assert (status, name.encode() in listed) == (200, False)
    played = [fact for fact in stage.facts.seen if fact["fact"] == "RecordingPlayed" and fact["recording"] == name]
    assert [(fact["who"], fact["how"]) for fact in played] == [("token:ear", "play")] * 2


async def test_on_demand_begins_where_the_agent_says_so(stage: Stage) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call, incoming, contact = await talking(stage, phone, agent, "10")
        await stage.facts.until("AgentConnected", contact=contact)
        await asyncio.sleep(PART_S)
        await incoming.dtmf("*01")
        started = await stage.facts.until("RecordingStarted", contact=contact)
        assert (started["why"], started["by"], started["announced"]) == ("on_demand", "agent:press/wang", False)
        await asyncio.sleep(PART_S)
        await incoming.hang_up()
        await call.hang_up()
    _, sound = await finished(stage, contact)
    assert PART_S - 0.3 < sound.seconds < PART_S + 0.6, "what was said before is in it"
    assert sound.piece(0.2, 0.6).left(CALLER_HZ) > 0.8


async def test_of_a_share_those_calls_are_recorded_whose_id_says_so(stage: Stage, platform: LabPlatform) -> None:
    queues = platform.config / "tenants" / "press" / "queues.yaml"
    always = queues.read_text("utf-8")
    share = yaml.safe_load(always)
    share["orders"] |= {"recording": {"mode": "share", "share": 50, "announced": False}, "wrap_up_s": 0}
    queues.write_text(yaml.safe_dump(share, allow_unicode=True), encoding="utf-8")
    await platform.api("POST", "reload")
    agent, seen = await stage.agent("press/wang", "p104"), set[bool]()
    async with stage.caller() as phone:
        for _ in range(16):
            call, incoming, contact = await talking(stage, phone, agent)
            await stage.facts.until("AgentConnected", contact=contact)
            await asyncio.sleep(PART_S)
            await call.hang_up()
            await incoming.ended()
            await stage.facts.until("ContactEnded", contact=contact)
            chosen = belongs_to_share(contact, 50)
            if chosen:
                _, sound = await finished(stage, contact)
                assert sound.piece(0.2, 0.6).left(CALLER_HZ) > 0.8
            shown = (await platform.api("GET", f"calls/{contact}"))["record"]["recordings"]
            assert len(shown) == chosen
            seen.add(chosen)
            if seen == {True, False}:
                break
    assert seen == {True, False}
    queues.write_text(always, encoding="utf-8")
    await platform.api("POST", "reload")


async def test_a_recording_outlives_vcc(stage: Stage, platform: LabPlatform) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call, incoming, contact = await talking(stage, phone, agent)
        await stage.facts.until("RecordingStarted", contact=contact)
        await asyncio.sleep(PART_S)
        os.kill(platform.vcc_pid(), signal.SIGKILL)
        await asyncio.sleep(PART_S)
        await platform.until_ready()
        await written(stage, contact, "ContactRecovered")
        await record(stage, contact, "pause")
        await written(stage, contact, "RecordingPaused")
        await asyncio.sleep(PART_S)
        await incoming.hang_up()
        await call.ended()
    _, sound = await finished(stage, contact)
    assert sound.seconds > 3 * PART_S - 0.3
    assert sound.piece(0.2, 2 * PART_S - 0.2).left(CALLER_HZ) > 0.8
    assert sound.piece(0.2, 2 * PART_S - 0.2).right(AGENT_HZ) > 0.8
    assert sound.piece(sound.seconds - 0.5, sound.seconds - 0.1).peak < QUIET
    await cleared(platform)


async def cleared(platform: LabPlatform) -> None:
    """Wait until nothing that the switch recorded stays: a moment after the file is there."""

    async def empty() -> bool:
        return not list((platform.state / "recording").glob("*/*.raw"))

    await until(empty)


async def test_it_is_erased_when_its_time_is_over(stage: Stage, platform: LabPlatform) -> None:
    agent = await stage.agent("press/wang", "p104")
    async with stage.caller() as phone:
        call, _, contact = await talking(stage, phone, agent)
        await stage.facts.until("RecordingStarted", contact=contact)
        await asyncio.sleep(PART_S / 2)
        await call.hang_up()
    found, _ = await finished(stage, contact)
    await cleared(platform)
    file = platform.state / "recordings" / found["file"]
    old = file.parent.with_name("2020-01-01")
    old.mkdir()
    file.rename(old / file.name)
    await stage.everybody_leaves()
    await platform.stop_vcc()
    await platform.start_vcc()
    shown = await recorded(stage, contact, "erased_at")
    assert (shown["seconds"], shown["sha256"]) == (found["seconds"], found["sha256"])
    assert (await ask(platform, f"recordings/{contact}-1/audio", "ear"))[0] == 410

    async def gone() -> bool:
        return not old.exists()

    await until(gone)
