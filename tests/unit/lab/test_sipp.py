"""SIPp runs scenarios against a real Asterisk, and its numbers are read right."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.lab.pbx import AsteriskBinary, AsteriskProcess
from tests.lab.ports import reserve_ports
from tests.lab.process import LabError
from tests.lab.sipp import Load, Sipp, run_scenario
from tests.unit.lab.small_pbx import SmallPbx, render

pytestmark = pytest.mark.asterisk

ASK = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="ask">
  <send retrans="200" start_rtd="1"><![CDATA[
OPTIONS sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]>;tag=[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 OPTIONS
Subject: [subject]
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="ANSWER" rtd="1"/>
</scenario>
"""

REPLY = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="reply">
  <recv request="OPTIONS"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


@pytest.fixture
async def switch(asterisk_binary: AsteriskBinary, tmp_path: Path) -> AsyncIterator[SmallPbx]:
    with reserve_ports() as ports:
        pbx = render(asterisk_binary, tmp_path / "pbx", ports)
        async with AsteriskProcess(asterisk_binary, pbx.config_dir):
            yield pbx


def scenario(folder: Path, text: str, name: str = "ask.xml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


async def test_calls_that_go_as_written_and_calls_that_do_not(switch: SmallPbx, tmp_path: Path) -> None:
    target = f"127.0.0.1:{switch.sip_port}"
    for answer, good in (("401", True), ("603", False)):
        load = Load(
            scenario=scenario(tmp_path, ASK.replace("ANSWER", answer)),
            target=target,
            service="600",
            calls=12,
            rate=100,
            keys={"subject": "a test"},
            rows=[["anna"], ["boris"]],
            limit_s=20,
        )
        result = await run_scenario(load, tmp_path / f"load {answer}")
        assert (result.created, result.successful, result.failed) == ((12, 12, 0) if good else (12, 0, 12))
        assert result.exit_code == (0 if good else 1)
        assert result.failures == ({} if good else {"UnexpectedMessage": 12})
        assert len(result.response_ms.get("1", [])) == (12 if good else 0)
        assert all(0 <= time < 1_000 for time in result.response_ms.get("1", []))
        assert ("401" in result.errors) is not good


async def test_one_that_waits_for_calls_is_listening_and_finishes(tmp_path: Path) -> None:
    waits = Load(scenario=scenario(tmp_path, REPLY, "reply.xml"), calls=0)
    async with Sipp(waits, tmp_path / "waits") as phone:
        asks = Load(
            scenario=scenario(tmp_path, ASK.replace("ANSWER", "200")),
            target=f"127.0.0.1:{phone.port}",
            calls=5,
            rate=50,
            keys={"subject": "x"},
            rows=[["anna"]],
        )
        assert (await run_scenario(asks, tmp_path / "asks")).successful == 5
        assert (await phone.finish()).successful == 5


async def test_a_scenario_that_cannot_be_run_or_does_not_end_is_an_error(tmp_path: Path) -> None:
    broken = Load(scenario=scenario(tmp_path, "<scenario><nonsense/></scenario>"), target="127.0.0.1:9")
    with pytest.raises(LabError, match="could not run the scenario"):
        await run_scenario(broken, tmp_path / "broken")
    endless = Load(scenario=scenario(tmp_path, REPLY, "reply.xml"), limit_s=1.5)
    with pytest.raises(LabError, match=r"had not ended after 1.5 s; so far: .*successful=0"):
        await run_scenario(endless, tmp_path / "endless")
