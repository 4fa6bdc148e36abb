"""Our own event socket writes what a real FreeSWITCH writes, and vcc's wire works on both.

The real one is that of `VCC_FREESWITCH=host:port:password`.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from core.errors import SwitchError
from telephony.freeswitch.esl_client import EslClient, EslRefusedError
from tests.lab.eventsocket.server import EventSocketServer, NoModel

pytestmark = pytest.mark.freeswitch

WITHIN_S = 5.0
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LOGIN = "auth PASSWORD"
NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Address:
    host: str
    port: int
    password: str


@pytest.fixture
def real() -> Address:
    """The real one."""
    text = os.environ.get("VCC_FREESWITCH", "")
    if not text:
        pytest.skip("VCC_FREESWITCH=host:port:password names no FreeSWITCH")
    host, port, password = text.split(":", 2)
    return Address(host, int(port), password)


class Commands(NoModel):
    """What the commands that are compared print."""

    def __init__(self) -> None:
        super().__init__()
        self.prints = {
            f"uuid_kill {NOBODY}": "-ERR No such channel!\n",
            "uuid_kill": "-USAGE: <uuid> [cause]\n",
            "uuid_exists": "false",
            "show channels as json": '{"row_count": 0}\n',
            "global_getvar": "",
        }

    async def message(self, message: object) -> str:
        return f"-ERR invalid session id [{NOBODY}]"


@pytest.fixture
async def own(real: Address) -> AsyncIterator[Address]:
    """Ours, with the same password."""
    async with EventSocketServer(Commands(), password=real.password) as server:
        yield Address("127.0.0.1", server.port, real.password)


async def said(address: Address, *commands: str) -> list[str]:
    """All that a switch says to one who knows the password and asks this, command by command."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    heard: list[str] = []
    async with asyncio.timeout(WITHIN_S):
        heard.append(await _frame(reader))
        for command in commands:
            writer.write(command.replace("PASSWORD", address.password).encode() + b"\n\n")
            heard.append(await _frame(reader))
        writer.write(b"exit\n\n")
        while (frame := await _frame(reader)) != "<end>":
            heard.append(frame)
    writer.close()
    await writer.wait_closed()
    return heard


async def _frame(reader: asyncio.StreamReader) -> str:
    """One frame, with what differs from time to time taken out."""
    try:
        head = (await reader.readuntil(b"\n\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionError):
        return "<end>"
    length = re.search(r"^Content-Length: (\d+)$", head, re.MULTILINE)
    body = (await reader.readexactly(int(length[1]))).decode() if length else ""
    if "disconnect-notice" in head:
        head, body = head.replace(str(len(body)), "N"), body.partition(".")[0]
    return UUID.sub("UUID", head + body)


@pytest.mark.parametrize(
    "commands",
    [
        ["auth wrong"],
        ["api status", LOGIN],
        [LOGIN, f"api uuid_kill {NOBODY}", "api uuid_kill", "api no_such_command x", f"api uuid_exists {NOBODY}"],
        [LOGIN, "api show channels as json", "api global_getvar no_such_variable"],
        [LOGIN, "event json", "event json NO_SUCH_EVENT", "event json CHANNEL_ANSWER CUSTOM sofia::register"],
        [LOGIN, "event json DTMF", "nixevent DTMF", "nixevent", "noevents", "noevents"],
        [LOGIN, "filter Event-Name X", "filter delete Event-Name X", "filter delete all", "filter x"],
        [LOGIN, f"sendmsg {NOBODY}\ncall-command: execute\nexecute-app-name: park", "linger", "nolinger", "nolog"],
        [LOGIN, f"bgapi uuid_exists {NOBODY}", f"bgapi uuid_exists {NOBODY}\nJob-UUID: job-1", "no_such_command"],
        [LOGIN, "\n\n\nnolog", f"api uuid_exists {NOBODY}\r"],
    ],
)
async def test_frames_are_those_of_a_real_switch(real: Address, own: Address, commands: list[str]) -> None:
    assert await said(own, *commands) == await said(real, *commands)


@pytest.mark.parametrize("side", ["real", "own"])
async def test_vccs_wire_works_on_both(side: str, real: Address, own: Address) -> None:
    address = {"real": real, "own": own}[side]
    events: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    up, downs, lost = asyncio.Event(), list[SwitchError](), list[int]()
    client = EslClient(
        host=address.host,
        port=address.port,
        password=address.password,
        on_event=events.put_nowait,
        on_up=up.set,
        on_down=downs.append,
        on_lost=lost.append,
    )
    await client.subscribe("BACKGROUND_JOB", "vcc::test")
    task = asyncio.create_task(client.run())
    try:
        async with asyncio.timeout(WITHIN_S):
            await up.wait()
            assert json.loads(await client.api("show", "channels", "as json"))["row_count"] >= 0
            assert await client.api("global_getvar", "no_such_variable") == ""
            with pytest.raises(EslRefusedError, match="-ERR No such channel!"):
                await client.api("uuid_kill", NOBODY)
            with pytest.raises(EslRefusedError, match="-ERR invalid session id"):
                await client.execute(NOBODY, "park")
            await client.bgapi("uuid_exists", NOBODY, job="job-7")
            while (event := await events.get()).get("Job-UUID") != "job-7":
                pass
        assert (event["Event-Name"], event["Job-Command"]) == ("BACKGROUND_JOB", "uuid_exists")
        assert (event["Job-Command-Arg"], event["_body"]) == (NOBODY, "false")
        await asyncio.sleep(2.0)  # longer than a silent switch is left in peace
        assert not downs
        assert not lost
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
