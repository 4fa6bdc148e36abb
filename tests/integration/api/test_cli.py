"""The command line against the running API: every command as a table and as JSON, and how errors are told."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import structlog

from core.errors import Problem
from core.facts import NodeChanged, RecordingPlayed
from tests.lab import standin
from tests.lab.platform import ROOT
from vcc.cli import main
from vcc.cli.local import secrets

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.api.conftest import Site

Run = Callable[..., Coroutine[Any, Any, tuple[int, str, str]]]


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, site: Site, tmp_path: Path
) -> Iterator[Run]:
    """Run a command in a thread, as the local user of the site's machine: code, output, errors."""
    monkeypatch.setenv("VCC_STATE", str(site.state))
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    for name in ("VCC_URL", "VCC_TOKEN", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)

    async def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(main, arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    with (tmp_path / "server.log").open("w") as log:  # the server is in this process, its log is not the command's
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=log))
        yield command
        structlog.reset_defaults()


@pytest.fixture
def floor(site: Site) -> str:
    """A press at work; the call that talks."""
    platform = site.platform
    platform.sign_in("press/wang", "p104")
    platform.sign_in("lin", "p101")
    call = platform.arrive("98668", caller="13812345678", caller_name="李\x1b[31m晓\u202e明")
    platform.now += 10
    platform.queue(call, "press/orders")
    platform.now += 5
    platform.talk(call, "press/wang")
    waiting = platform.arrive("98668", caller="13800000002")
    platform.queue(waiting, "press/orders")
    return call


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["calls"], ["13812345678 李\ufffd[31m晓\ufffd明", "talking", "press/wang", "13800000002", "waiting"]),
        (["calls", "--tenant", "chess"], ["No calls are going on."]),
        (["agents"], ["press/wang", "王芳", "talking", "lin", "林小雨", "idle", "signed_out"]),
        (["agents", "--tenant", "chess"], ["chess/wu"]),
        (["agent", "press/wang"], ["王芳", "p104", "yes"]),
        (["queues"], ["press/orders", "图书订购", "chess/lessons"]),
        (["tenants"], ["press", "北京星空出版社", "98668", "2 of 30", "1 of 20", "2 of 10", "as set"]),
        (["nodes"], ["a1", "simulated", "up"]),
        (["trunks"], ["carrier", "up", "2 of 30", "own", "press", "down", "unreachable"]),
        (["records"], ["13812345678", "going on"]),
    ],
    ids=lambda value: " ".join(value)[:30],
)
async def test_lists(run: Run, floor: str, command: list[str], expected: list[str]) -> None:
    code, out, errors = await run(*command)
    assert (code, errors) == (0, "")
    assert [text for text in expected if text not in out] == []
    assert not set(out) & {"\x1b", "\u202e"}
    code, out, _ = await run(*command, "--json")
    assert code == 0
    assert isinstance(json.loads(out), dict)


async def test_json_is_the_answer_of_the_api(run: Run, site: Site, floor: str) -> None:
    for what in ("calls", "agents", "queues", "tenants", "trunks", "nodes", "records"):
        _, out, _ = await run(what, "--json")
        assert json.loads(out) == await site.get(f"/{what}")


async def test_one_call(run: Run, site: Site, floor: str) -> None:
    site.platform.now += 42
    site.platform.end(floor)
    code, out, _ = await run("call", floor)
    assert code == 0
    for text in (
        "answered",
        "13812345678",
        "0:42",
        "ContactArrived",
        "AgentConnected",
        "agent=press/wang",
        "ContactEnded",
    ):
        assert text in out
    code, out, _ = await run("call", floor, "--json")
    assert json.loads(out) == await site.get(f"/calls/{floor}")


async def test_commands_on_agents(run: Run, site: Site) -> None:
    code, _, errors = await run("agent", "press/wang", "ready")
    assert (code, errors.startswith("vcc: press/wang is signed out")) == (1, True)
    code, out, _ = await run("agent", "press/wang", "ready", "--phone", "p104")
    assert (code, "idle" in out) == (0, True)
    code, out, _ = await run("agent", "press/wang", "not-ready", "--reason", "用餐", "--json")
    assert json.loads(out)["reason"] == "用餐"
    code, out, _ = await run("agent", "press/wang", "sign-out")
    assert (code, "signed_out" in out) == (0, True)
    assert (await site.get("/agents/press/wang"))["wish"] == "signed_out"


async def test_commands_on_calls(run: Run, site: Site, floor: str) -> None:
    waiting = (await site.get("/calls?state=waiting"))["calls"][0]["contact"]
    assert (await run("move", waiting, "--queue", "press/authors", "--priority", "90"))[0] == 0
    assert (await site.get("/calls?queue=press/authors"))["calls"][0]["contact"] == waiting
    code, out, _ = await run("hang-up", waiting)
    assert (code, out) == (0, "The call is being ended.\n")
    code, _, errors = await run("hang-up", waiting)
    assert (code, errors.split(".")[0]) == (1, f"vcc: There is no call '{waiting}' going on")
    code, out, _ = await run("disposition", floor, "1")
    assert (code, out) == (0, "press/wang: 1 已下单。\n")
    code, _, errors = await run("disposition", floor, "9", "--agent", "press/wang")
    assert (code, "it has 1" in errors) == (1, True)
    code, _, errors = await run("move", floor)
    assert (code, "name a queue, a priority or both" in errors) == (1, True)


async def test_commands_on_the_platform(run: Run, site: Site) -> None:
    said = "The overflow switch of press orders is on now.\n"
    assert await run("overflow", "press", "on", "--queue", "orders") == (0, said, "")
    assert await run("overflow", "press", "off") == (0, "The overflow switch of press is off now.\n", "")
    assert await run("close", "press") == (0, "press is closed now.\n", "")
    code, out, _ = await run("tenants")
    assert (code, "closed" in out) == (0, True)
    assert await run("open", "press") == (0, "press follows its hours again.\n", "")
    assert await run("reload") == (0, "The configuration v2 is in force.\n", "")
    site.platform.problems = [
        Problem(file="platform.yaml", line=2, column=5, message="unknown key 'naem'", expected="name")
    ]
    code, _, errors = await run("reload")
    assert code == 1
    assert "platform.yaml:2:5: unknown key 'naem'; expected name" in errors
    assert (await run("drain"))[0] == 0
    await site.platform.drained.wait()


async def test_records_over_pages(run: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vcc.cli.remote._PAGE", 3)
    contacts = []
    for number in range(8):
        site.platform.now += 60
        contacts.append(site.platform.arrive("98668", caller=f"1380000000{number}"))
        site.platform.end(contacts[-1])
    _, out, _ = await run("records", "--json")
    assert [record["contact"] for record in json.loads(out)["records"]] == contacts[::-1]
    _, out, _ = await run("records", "--limit", "5")
    assert f"--before {contacts[3]}" in out
    _, out, _ = await run("records", "--before", contacts[3], "--json")
    assert [record["contact"] for record in json.loads(out)["records"]] == contacts[2::-1]
    _, out, _ = await run("records", "--since", "2026-03-04T04:05:30Z", "--outcome", "left_flow", "--json")
    assert [record["contact"] for record in json.loads(out)["records"]] == contacts[:4:-1]
    assert (await run("records", "--since", "1h"))[1] == "No records fit.\n"


async def test_watch(run: Run, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    watching = asyncio.create_task(run("watch", "--tenant", "press", "--count", "4", "--json"))
    await site.listened_to()
    site.platform.arrive("98667")
    call = site.platform.arrive("98668")
    site.platform.queue(call, "press/orders")
    code, out, _ = await asyncio.wait_for(watching, 20)
    facts = [json.loads(line) for line in out.splitlines()]
    assert (code, [fact["contact"] for fact in facts]) == (0, [call] * 4)


async def test_watch_goes_on_over_a_lost_connection(run: Run, site: Site) -> None:
    watching = asyncio.create_task(run("watch", "--count", "4"))
    await site.listened_to()
    site.platform.tell(NodeChanged(at=site.platform.now, node="a1", up=False, detail="first"))
    await site.restart()
    await site.listened_to()
    site.platform.arrive("98668", caller="13800000009")
    code, out, errors = await asyncio.wait_for(watching, 20)
    assert code == 0
    assert "detail=first" in out
    assert "caller=13800000009" in out
    assert errors == ("The connection is lost; connecting again.\nFacts may be missing here (unknown_id).\n")


# --- what goes wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["agent"], ["agent", "lin", "lazy"], ["calls", "--colour", "red"], ["records", "--limit", "0"],
     ["records", "--limit", "x"], ["records", "--since", "tomorrow"], ["agent", "lin", "--reason", "meal"],
     ["calls", "--url", "ftp://x", "--token", "x"], ["calls", "--url", "nonsense", "--token", "x"],
     ["calls", "--url", "http://127.0.0.1:1"]],
    ids=" ".join,
)  # fmt: skip
async def test_what_is_not_understood(run: Run, arguments: list[str]) -> None:
    code, out, errors = await run(*arguments)
    assert (code, out) == (2, "")
    assert errors.startswith("vcc: ")
    assert "Traceback" not in errors


async def test_what_does_not_exist(run: Run) -> None:
    code, _, errors = await run("call", "../../me")
    assert (code, errors.startswith("vcc: There is no call '../../me'.")) == (1, True)
    code, _, errors = await run("close", "nobody")
    assert (code, errors.startswith("vcc: There is no tenant 'nobody'.")) == (1, True)


async def test_a_wrong_token(run: Run, site: Site) -> None:
    code, _, errors = await run("calls", "--url", site.url, "--token", "wrong")
    assert code == 1
    assert errors.startswith("vcc: The token is not known, or no longer.")


async def test_a_right_token_from_the_environment(run: Run, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VCC_URL", site.url + "/")
    monkeypatch.setenv("VCC_TOKEN", standin.token("press"))
    _, out, _ = await run("tenants", "--json")
    assert [tenant["id"] for tenant in json.loads(out)["tenants"]] == ["press"]
    code, _, errors = await run("nodes")
    assert (code, "role" in errors) == (1, True)


async def test_nobody_there(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        code, _, errors = await run("calls", "--url", url, "--token", "x")
    assert code == 3
    assert errors.startswith(f"vcc: vcc cannot be reached at {url}")
    code, _, errors = await run("calls", "--state", str(tmp_path / "nothing"))
    assert (code, "vcc serve" in errors) == (3, True)


@pytest.mark.parametrize(
    "answer",
    [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"HTTP/1.1 500 X\r\n\r\n<html>"],
)
@pytest.mark.parametrize("command", [["calls"], ["watch"]], ids=" ".join)
async def test_somebody_else_there(run: Run, command: list[str], answer: bytes) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(other, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        code, _, errors = await run(*command, "--url", f"http://127.0.0.1:{port}", "--token", "x")
    assert (code, errors.startswith("vcc: "), "Traceback" in errors) == (3, True, False)


async def test_half_a_recording_is_no_recording(run: Run, tmp_path: Path) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nRIFF")
        writer.close()

    server = await asyncio.start_server(half, "127.0.0.1", 0)
    url, into = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", tmp_path / "call.wav"
    async with server:
        code, _, errors = await run("recording", "x-1", "--into", str(into), "--url", url, "--token", "x")
    assert (code, "cut off" in errors, into.exists()) == (3, True, False)


async def test_a_damaged_file(run: Run, tmp_path: Path) -> None:
    for text in ("", "[]", '{"url": 1}'):
        (tmp_path / "cli.json").write_text(text)
        code, _, errors = await run("calls", "--state", str(tmp_path))
        assert (code, "cannot be read" in errors) == (3, True)


async def test_recordings(run: Run, site: Site, floor: str, tmp_path: Path) -> None:
    site.platform.recordings = tmp_path
    assert "No recordings fit." in (await run("recordings"))[1]
    assert "No messages fit." in (await run("messages"))[1]
    assert "Nobody has answered." in (await run("surveys"))[1]
    name = site.platform.recorded(floor, b"RIFF" * 5_000)
    for command in (["recordings", "--tenant", "press"], ["recording", name]):
        code, out, _ = await run(*command)
        assert code == 0
        assert all(word in out for word in (name, "press/wang", "always", "there"))
    assert name in (await run("call", floor))[1].partition("time")[0]
    assert json.loads((await run("recordings", "--json"))[1])["recordings"][0]["recording"] == name
    sound = tmp_path / "call.wav"
    code, out, _ = await run("recording", name, "--into", str(sound))
    assert (code, "20000 bytes" in out) == (0, True)
    assert (sound.read_bytes(), sound.stat().st_mode & 0o777) == (b"RIFF" * 5_000, 0o600)
    given_out = [fact for fact in site.platform.log.all if isinstance(fact, RecordingPlayed)]
    code, _, said = await run("recording", name, "--into", str(sound))
    assert (code, "cannot be written" in said) == (1, True), "a file that was there is lost"
    assert [fact for fact in site.platform.log.all if isinstance(fact, RecordingPlayed)] == given_out, "nobody got it"
    code, _, said = await run("recording", f"{floor}-7", "--into", str(tmp_path / "no.wav"))
    assert (code, "There is no recording" in said, (tmp_path / "no.wav").exists()) == (1, True, False)


async def test_a_pause(run: Run, site: Site, floor: str) -> None:
    code, out, _ = await run("record", floor, "pause")
    assert (code, out) == (0, "The switch was told.\n")
    assert (await run("record", floor, "erase"))[0] == 2


async def test_no_phone_is_removed_from_under_an_agent(run: Run, floor: str, site: Site) -> None:
    shutil.copytree(ROOT / "config", site.state / "config")
    where = ("--state", str(site.state))
    assert secrets(site.state / "config", site.state / "secrets.yaml") == 0
    phones = site.state / "config" / "phones.yaml"
    before = phones.read_text()
    code, out, _ = await run("phone", "remove", "p104", *where)
    assert (code, phones.read_text()) == (1, before)
    assert "press/wang is signed in on p104: `vcc agent press/wang sign-out` first, or --force" in out
    assert "Nothing was changed." in out
    code, out, _ = await run("phone", "remove", "p104", "--force", *where)
    assert (code, "p104:" in phones.read_text()) == (0, False)
    assert "press/wang is signed out." in out
    (agent,) = [agent for agent in site.platform.agents() if agent.agent == "press/wang"]
    assert agent.wish == "signed_out"
    code, out, _ = await run("phone", "remove", "p105", *where)
    assert (code, "p105:" in phones.read_text()) == (0, False), "nobody is signed in there"


async def test_shift_tables(run: Run, site: Site, tmp_path: Path) -> None:
    now = datetime.fromtimestamp(site.platform.now, ZoneInfo("Asia/Shanghai"))
    day, begun = f"{now:%Y-%m-%d}", f"{now:%H}:00"
    text = f"day,agent,begins,ends\n{day},wang,{begun},23:59\n{day},lin,{begun},23:59\n{day},zhao,23:59,02:00\n"
    file = tmp_path / "shifts.csv"
    file.write_text(text, encoding="utf-8")
    assert await run("shifts", "load", "press", str(file)) == (0, "3 shifts on 1 days were taken.\n", "")
    site.platform.sign_in("press/wang", "p104")
    site.platform.now += 1_200
    code, out, _ = await run("shifts", "list", "press")
    assert (code, "absent" in out, "to come" in out, "1 of 2 came (50.0%)" in out) == (0, True, True, True)
    assert "press/wang" in (await run("shifts", "list", "press", "--by", "agent"))[1]
    assert day in (await run("shifts", "list", "press", "--by", "day"))[1]
    assert json.loads((await run("shifts", "list", "press", "--json"))[1])["total"]["planned"] == 2
    file.write_text("day,agent\n", encoding="utf-8")
    code, _, errors = await run("shifts", "load", "press", str(file))
    assert (code, "shifts.csv:1:1" in errors) == (1, True)
    assert (await run("shifts", "load", "press", str(tmp_path / "none.csv")))[0] == 1


async def test_a_shift_table_is_checked_without_a_running_vcc(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "july.csv"
    file.write_text("day,agent,begins,ends\n2026-07-01,wang,09:00,18:00\n", encoding="utf-8")
    config = ("--config", str(ROOT / "config"))
    assert (await run("shifts", "check", "press", str(file), *config))[:2] == (
        0,
        f"{file} is in order: 1 shifts on 1 days.\n",
    )
    file.write_text("day,agent,begins,ends\n2026-07-01,wagn,09:00,18:00\n", encoding="utf-8")
    code, out, _ = await run("shifts", "check", "press", str(file), *config)
    assert (code, f"{file}:2:12: 'wagn' is no agent" in out, "did you mean 'wang'" in out) == (1, True, True)
    assert (await run("shifts", "check", "nobody", str(file), *config))[0] == 2
