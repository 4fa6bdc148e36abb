"""An Asterisk that runs already and does not fit: each misfit is found by `vcc pbx check`, in words that help."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from telephony.asterisk.render import include_lines
from tests.e2e.existing import ExistingPlatform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.lab.pbx import AsteriskBinary

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]


class Neglected(ExistingPlatform):
    """What takes a restart to mend, all at once."""

    def misfit(self) -> None:
        """The order of Asterisk's own, a harmful module, addresses and names that are vcc's, RTP over the SIP ports."""
        taken = f"[old]\ntype = transport\nprotocol = tcp\nbind = 127.0.0.1:{self.sip}\n"
        name = "[p101]\ntype = endpoint\ncontext = office\n"
        self.own["pjsip.conf"] = self.own["pjsip.conf"].replace("request_uri,username,ip", "ip,username") + taken + name
        low, high = min(self.sip, self.trunk_sip), max(self.sip, self.trunk_sip)
        self.own["rtp.conf"] = f"[general]\nrtpstart = {low - low % 2}\nrtpend = {high + 201}\n"
        events = "enabled = yes\ndisabledevents = BridgeEnter"
        self.own["manager.conf"] = self.own["manager.conf"].replace("enabled = yes", events)

    def write_own(self, files: dict[str, str], *, lines: dict[str, str] | None = None) -> None:  # type: ignore[override]
        """Without vcc's line in modules.conf: bridge_native_rtp is loaded, as in any Asterisk."""
        left = {name: line for name, line in include_lines(self.vcc_files).items() if name != "modules.conf"}
        super().write_own(files, lines=left)

    async def start_vcc(self) -> None:
        """There is none yet: this switch is looked at before."""


async def codes(platform: ExistingPlatform) -> Counter[str]:
    code, findings = await platform.check_switch()
    assert code == (1 if any(finding["level"] != "warning" for finding in findings) else 0)
    return Counter(finding["code"] for finding in findings)


async def test_what_takes_a_restart_to_mend(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with Neglected(tmp_path_factory.mktemp("neglected"), binary=asterisk_binary) as platform:
        found = await codes(platform)
    assert {
        "events-disabled",
        "identifier-order",
        "module-harmful",
        "name-clash",
        "rtp-overlap",
        "rtp-range",
        "transport-clash",
    } <= found.keys()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def existing(
    asterisk_binary: AsteriskBinary, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ExistingPlatform]:
    async with ExistingPlatform(tmp_path_factory.mktemp("misfits"), binary=asterisk_binary) as platform:
        yield platform


async def no_user(platform: ExistingPlatform) -> None:
    platform.write_own({"manager.conf": platform.own["manager.conf"]}, lines={})


async def more_rights(platform: ExistingPlatform) -> None:
    text = (
        (platform.vcc_files / "vcc-manager.conf").read_text().replace("write = originate", "write = system,originate")
    )
    platform.write_own({"manager.conf": platform.own["manager.conf"] + text}, lines={})


async def fewer_rights(platform: ExistingPlatform) -> None:
    text = (
        (platform.vcc_files / "vcc-manager.conf").read_text().replace("read = system,call,dtmf", "read = system,call")
    )
    platform.write_own({"manager.conf": platform.own["manager.conf"] + text}, lines={})


async def not_included(platform: ExistingPlatform) -> None:
    platform.write_own({"extensions.conf": platform.own["extensions.conf"]}, lines={})


async def agi_elsewhere(platform: ExistingPlatform) -> None:
    text = (platform.vcc_files / "vcc-extensions.conf").read_text()
    agi = next(iter(platform.check().platform.nodes.values())).agi  # type: ignore[union-attr]
    platform.write_own(
        {"extensions.conf": platform.own["extensions.conf"] + text.replace(agi, "127.0.0.1:1")}, lines={}
    )


async def no_music(platform: ExistingPlatform) -> None:
    platform.write_own({"musiconhold.conf": platform.own["musiconhold.conf"]}, lines={})


async def no_phones(platform: ExistingPlatform) -> None:
    platform.write_own({"pjsip.conf": platform.own["pjsip.conf"]}, lines={})


async def other_realm(platform: ExistingPlatform) -> None:
    text = platform.own["pjsip.conf"].replace("type = global", "type = global\ndefault_realm = example.com")
    platform.write_own({"pjsip.conf": text})


async def module_gone(platform: ExistingPlatform) -> None:
    await platform.asterisk.rx("module unload app_exec.so")


MANAGER, DIAL_PLAN, MUSIC, SIP = "manager reload", "dialplan reload", "moh reload", "module reload res_pjsip.so"
LIVE: dict[str, tuple[Callable[[ExistingPlatform], Awaitable[None]], str, set[str]]] = {
    "no user": (no_user, MANAGER, {"ami-user"}),
    "more rights": (more_rights, MANAGER, {"ami-rights-large", "name-clash"}),
    "fewer rights": (fewer_rights, MANAGER, {"ami-rights-small", "events-missing", "name-clash"}),
    "not included": (not_included, DIAL_PLAN, {"context-missing"}),
    "no music": (no_music, MUSIC, {"music-missing"}),
    "no phones": (no_phones, SIP, {"endpoint-missing", "transport-missing"}),
    "other realm": (other_realm, SIP, {"digest-realm"}),
    "agi elsewhere": (agi_elsewhere, DIAL_PLAN, {"agi-unreachable", "context-name"}),
    "module gone": (module_gone, "", {"module-missing"}),
}
MEND = {
    "module gone": "module load app_exec.so",
}


@pytest.mark.parametrize("case", LIVE)
async def test_a_misfit_is_found_and_nothing_else(existing: ExistingPlatform, case: str) -> None:
    spoil, reload, expected = LIVE[case]
    await spoil(existing)
    try:
        if reload:
            await existing.asterisk.rx(reload)
        assert (await codes(existing)).keys() == expected
    finally:
        existing.write_own(existing.own)
        if undo := reload or MEND.get(case):
            await existing.asterisk.rx(undo)


async def test_a_sound_that_the_switch_cannot_read(existing: ExistingPlatform, tmp_path: Path) -> None:
    (tmp_path / "speech").mkdir()
    (tmp_path / "speech" / "a.wav").write_bytes(b"no sound")
    _, findings = await existing.check_switch(state=tmp_path)
    assert [finding["code"] for finding in findings] == ["sound-unreadable"]
    assert findings[0]["where"] == str(tmp_path / "speech" / "a.wav")


async def test_afterwards_it_fits_again(existing: ExistingPlatform) -> None:
    assert await existing.check_switch() == (0, [])
