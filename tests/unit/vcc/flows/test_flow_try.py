"""`vcc flow try`: a call by hand, through the production sessions."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from vcc.cli import main

CONFIG = Path(__file__).parents[4] / "config"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tried:
    return Tried(monkeypatch, capsys)


class Tried:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, number: str, typed: str, *options: str) -> list[str]:
        """What was printed, without the times of day."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert main(["flow", "try", number, "--config", str(CONFIG), *options]) == 0
        return [line[10:] if line[2:3] == ":" else line for line in self._capsys.readouterr().out.splitlines()]


def test_a_call_from_the_welcome_to_an_agent(tried: Tried) -> None:
    lines = tried("98668", "1\n1\n+15s\nagent\nagent\n", "--at", "2026-03-08 03:00")
    assert lines[0] == "Sun 2026-03-08 03:00:00: 01012345678 calls 98668."
    assert lines[2:] == [
        "answered",
        "hears    您好，这里是北京星空出版社。",
        "hears    中文服务请按1。For English, press 2.",
        "> 1",
        "hears    订购图书请按1，查询发货请按2，联系编辑请按3，人工服务请按0。",
        "> 1",
        "waits    in queue press/orders, priority 50, place 1",
        "music    press/main",
        "> +15s",
        "hears    您目前排在第一位，请稍候。",
        "music    press/main",
        "> agent",
        "leaves   queue press/orders: answered",
        "talks    to lin",
        "> agent",
        "agent    has left",
        "over     answered, ended by the flow (normal; hung up by vcc)",
    ]


def test_the_clock_decides_and_nothing_typed_lets_time_go_by(tried: Tried) -> None:
    closed = tried("98668", "13\n\nhang up\n", "--at", "2026-03-08 03:00", "--steps")
    assert "hears    编辑部的工作时间是工作日上午九点到下午六点。" in closed
    assert "choice   closed" in closed
    assert closed[-1].startswith("over     left_flow, ended by the caller")
    assert any(line.startswith("hears    没有收到您的按键。") for line in closed)
    assert "waits    in queue press/editorial, priority 60, place 1" in tried(
        "98668", "13\n", "--at", "2026-03-02 10:00"
    )


def test_a_number_leads_on_to_another_tenant_and_the_end_of_the_input_hangs_up(tried: Tried) -> None:
    lines = tried("99999", "2\n10\nfly\n", "--at", "2026-03-02 10:00")
    assert "number   led into 98667" in lines
    assert "waits    in queue chess/service, priority 50, place 1" in lines
    assert "agent         an agent who can serve the queue takes the call; again: hangs up" in lines
    assert lines[-1].startswith("over     abandoned")


def test_a_code_with_an_answer_that_is_given(tried: Tried) -> None:
    lines = tried("*71", "1001#4711#\n", "--answer", 'sign_in={"result": "ok", "language": "en"}', "--phone", "p102")
    assert "p102 calls *71." in lines[0]
    assert "hears    You are signed in and ready." in lines
    assert "hears    没有可以登记的通话。" in tried("*761", "", "--answer", "record=no_contact")


def test_a_callback_is_told_with_its_number_time_and_place(tried: Tried) -> None:
    lines = tried("98668", "1\n1\n+5s\n9\n1\n\n", "--at", "2026-03-02 10:00", "--caller", "13800138000")
    assert (
        "callback to +8613800138000, due now, in queue press/orders with the place of who came at 10:00:11; "
        "its turn rings the agent first"
    ) in lines
    assert lines[-1].startswith("over     callback")


def test_a_number_that_is_read_back_is_whole(tried: Tried) -> None:
    lines = tried("98668", "1\n1\n+5s\n9\n\n", "--at", "2026-03-02 10:00", "--caller", "13800138000")
    assert any("幺三八零零幺三八零零零" in line for line in lines)


def test_why_a_callback_is_refused(tried: Tried) -> None:
    typed = "1\n1\n+5s\n9\n1\n"
    assert "callback refused: full" in tried("98668", typed, "--at", "2026-03-02 10:00", "--answer", "callback=full")


def test_nobody_owns_the_number(tried: Tried) -> None:
    assert tried("12345", "")[-1] == "over     unknown_number, ended by the system (busy; rejected by vcc)"


def test_no_agent_where_nobody_waits(tried: Tried) -> None:
    assert "The caller waits in no queue." in tried("98668", "agent\n", "--at", "2026-03-02 10:00")


@pytest.mark.parametrize(
    "options", [["--at", "soon"], ["--phone", "p999"], ["--answer", "sign_in"], ["--answer", "sign_in={"]]
)
def test_what_cannot_be_meant(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "try", "98668", "--config", str(CONFIG), *options]) == 2
    assert capsys.readouterr().err.startswith("vcc: ")
