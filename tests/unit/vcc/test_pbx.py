"""What a switch has to read is told until it has read it: a reload program in place of the switch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from core.errors import SwitchError
from core.facts import NodeChanged
from tenancy.model import AsteriskNode, Phone, Platform
from vcc import pbx
from vcc.lint import Bundle
from vcc.pbx import SwitchFiles
from vcc.switch_files import ByProgram

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DIAL_PLAN, MUSIC, SIP = "dialplan reload", "moh reload", "module reload res_pjsip.so"
SECRETS = {"ami/bj1": "ami-secret", "phone/p1": "password-1", "phone/p2": "password-2"}
WITHIN_S = 10.0

PROGRAM = """#!/bin/sh
echo "$1" >> "$(dirname "$0")/tried"
grep -qsx -e all -e "$1" "$(dirname "$0")/refused" && exit 1
echo "$1" >> "$(dirname "$0")/read"
"""


class Lab:
    """A node's folder, a reload program that writes down what it was told, and the vcc that tells it."""

    def __init__(self, root: Path) -> None:
        self.root, self.etc = root, root / "etc"
        self.program = root / "program"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o700)
        self.files = SwitchFiles()
        self.phones: tuple[str, ...] = ("p1",)

    async def refresh(self, *, reload: bool = True) -> None:
        node = AsteriskNode(
            kind="asterisk", configuration="etc", reload=(str(self.program),) if reload else (), sip="127.0.0.1:5060"
        )
        phones = {name: Phone(node="bj1") for name in self.phones}
        platform = Platform(name={"en": "Test"}, nodes={"bj1": node}, phones=phones)
        bundle = Bundle(platform=platform, flows={}, version="1", root=self.root)
        await self.files.refresh(bundle, "bj1", secrets=SECRETS, sounds={})

    def refuse(self, *commands: str) -> None:
        (self.root / "refused").write_text("".join(f"{command}\n" for command in commands))

    def came_up(self) -> None:
        self.files.note(NodeChanged(at=1.0, node="bj1", up=True))

    async def crash(self) -> None:
        """Another vcc on the same folder; the first one tells nobody any more."""
        await self.files.close()
        self.files = SwitchFiles()

    def lines(self, name: str) -> list[str]:
        file = self.root / name
        return file.read_text().splitlines() if file.exists() else []

    async def until(self, name: str, *lines: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            while self.lines(name) != list(lines):  # noqa: ASYNC110 - it is another process that writes them
                await asyncio.sleep(0.005)


@pytest.fixture
async def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    monkeypatch.setattr(pbx, "_AGAIN_S", (60.0, 60.0))
    lab = Lab(tmp_path)
    yield lab
    await lab.files.close()


async def test_what_changed_is_told_once(lab: Lab) -> None:
    await lab.refresh()
    await lab.refresh()
    lab.came_up()
    assert lab.lines("read") == [MUSIC, DIAL_PLAN, SIP]
    lab.phones = ("p1", "p2")
    await lab.refresh()
    assert lab.lines("tried") == [MUSIC, DIAL_PLAN, SIP, SIP]


async def test_what_was_not_read_is_told_at_the_next_refresh_also_after_a_crash(lab: Lab) -> None:
    lab.refuse("all")
    await lab.refresh()
    await lab.crash()
    lab.refuse(MUSIC)
    await lab.refresh()
    await lab.crash()
    lab.refuse()
    await lab.refresh()
    assert lab.lines("read") == [DIAL_PLAN, SIP, MUSIC]
    await lab.refresh()
    assert len(lab.lines("tried")) == 3 + 3 + 1


async def test_a_crash_between_writing_and_telling_loses_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    class CrashError(Exception):
        pass

    async def crash(_program: ByProgram, command: str) -> None:
        raise CrashError(command)

    with monkeypatch.context() as patched:
        patched.setattr(ByProgram, "tell", crash)
        with pytest.raises(CrashError):
            await lab.refresh()
    await lab.crash()
    await lab.refresh()
    assert lab.lines("read") == [MUSIC, DIAL_PLAN, SIP]


async def test_a_switch_that_comes_up_is_told_what_it_missed(lab: Lab) -> None:
    lab.refuse("all")
    await lab.refresh()
    lab.refuse()
    lab.files.note(NodeChanged(at=1.0, node="bj1", up=False, detail="gone"))
    lab.files.note(NodeChanged(at=1.0, node="bj2", up=True))
    assert lab.lines("read") == []
    lab.came_up()
    await lab.until("read", MUSIC, DIAL_PLAN, SIP)
    lab.came_up()
    await asyncio.sleep(0.05)
    assert len(lab.lines("tried")) == 6


async def test_it_is_told_again_a_few_times_and_then_when_it_comes_up(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pbx, "_AGAIN_S", (0.01, 0.02))
    lab.refuse(SIP)
    await lab.refresh()
    await lab.until("tried", MUSIC, DIAL_PLAN, SIP, SIP, SIP)
    await asyncio.sleep(0.1)
    assert len(lab.lines("tried")) == 5
    lab.refuse()
    lab.came_up()
    await lab.until("read", MUSIC, DIAL_PLAN, SIP)


async def test_files_that_are_read_by_hand_are_only_written(lab: Lab) -> None:
    await lab.refresh(reload=False)
    assert (lab.etc / "pjsip.conf").exists()
    assert sorted(path.name for path in lab.etc.iterdir() if path.name.startswith(".")) == []


async def test_a_folder_that_cannot_be_written_is_told(lab: Lab) -> None:
    lab.etc.write_text("a file")
    with pytest.raises(SwitchError, match="cannot write the files of node bj1"):
        await lab.refresh()


async def test_new_files_that_cannot_be_written_do_not_hide_old_ones_that_are_not_read(lab: Lab) -> None:
    lab.refuse("all")
    await lab.refresh()
    (lab.etc / "pjsip.new").mkdir()
    lab.phones = ("p1", "p2")
    with pytest.raises(SwitchError):
        await lab.refresh()
    lab.refuse()
    lab.came_up()
    await lab.until("read", MUSIC, DIAL_PLAN, SIP)
