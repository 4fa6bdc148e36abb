"""What an Asterisk's command line prints, and what an engineer's files say, read as data. The texts are real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import SwitchError
from telephony.asterisk.check import console, files
from telephony.asterisk.check.console import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

SAID = {
    "core": "* Directories\n  -------------\n  Configuration directory:     /etc/asterisk\n",
    "modules": """\
Module                         Description                              Use Count  Status      Support Level
res_agi.so                     Asterisk Gateway Interface (AGI)         1          Running              core
app_stack.so                   Dialplan subroutines (Gosub, Return, etc 0          Not Running          core
res_pjsip_outbound_authenticator_digest.so PJSIP authentication    0          Running              core
3 modules loaded
""",
    "user": "\n          username: vcc\n         read perm: system,call,dtmf\n        write perm: <none>\n",
    "manager": "  Channel vars:              \n  Disabled events:           Newexten, VarSet\n  Debug:   No\n",
    "identifiers": "Identifier Names:   \nrequest_uri         \nusername \nip       \nname not specified  \n",
    "settings": " default_realm              : asterisk\n endpoint_identifier_order  : ip,username\n",
    "transports": """\
Transport:  <TransportId........>  <Type>  <cos>  <tos>  <BindAddress....................>
==========================================================================================

Transport:  phones-tcp                tcp      0      0  127.0.0.1:31602
Transport:  v6                        udp      0      0  [::]:5060

Objects found: 2
""",
    "endpoints": """\
 Endpoint:  <Endpoint/CID.....................................>  <State.....>  <Channels.>

 Endpoint:  lin/lin                                              Unavailable   0 of inf
     InAuth:  lin/lin
 Endpoint:  office                                               Unavailable   0 of inf
""",
    "music": "Class: press.main\n\tFile: /m/tone\n\tFile: /m/other\nClass: empty\n",
    "rtp": "  Port start:      31604\n  Port end:        32203\n",
    "chan_sip": "  UDP Bindaddress:        0.0.0.0:5060\n  TCP SIP Bindaddress:    Disabled\n",
}


def test_what_is_printed_is_read() -> None:
    seen = console.read(SAID, {"vcc-serve": "[ Context 'vcc-serve' created by 'pbx_config' ]\n", "vcc-agent": "none"})
    assert seen.modules == {"res_agi": True, "app_stack": False, "res_pjsip_outbound_authenticator_digest": True}
    assert seen.user == {"read": frozenset({"system", "call", "dtmf"}), "write": frozenset()}
    assert seen.declined_events == {"Newexten", "VarSet"}
    assert seen.identifiers == ("request_uri", "username", "ip", "name not specified")
    assert seen.settings["endpoint_identifier_order"] == "ip,username"
    assert seen.transports == {"phones-tcp": ("tcp", "127.0.0.1:31602"), "v6": ("udp", "[::]:5060")}
    assert seen.endpoints == {"lin", "office"}
    assert seen.music == {"press.main": 2, "empty": 0}
    assert seen.rtp == (31_604, 32_203)
    assert seen.contexts == {"vcc-serve"}
    assert (seen.sip_addresses, str(seen.etc)) == (("0.0.0.0:5060",), "/etc/asterisk")


def test_a_switch_that_knows_none_of_the_commands_is_read_too() -> None:
    seen = console.read(dict.fromkeys(COMMANDS, "No such command 'x' (type 'core show help x')\n"), {})
    assert (seen.user, seen.rtp, seen.etc, seen.music) == (None, None, None, {})


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (("/nowhere/asterisk", "-rx"), "cannot run /nowhere/asterisk"),
        (("sh", "-c", "echo Unable to connect to remote asterisk; exit 1"), "Unable to connect"),
    ],
)
async def test_a_program_that_does_not_work_is_told(program: tuple[str, ...], why: str) -> None:
    with pytest.raises(SwitchError, match=why):
        await console.run(program, "core show version")
    assert why in (await console.ask(program, [])).failed


async def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "TIMEOUT_S", 0.1)
    with pytest.raises(SwitchError, match="took longer"):
        await console.run(("sh", "-c", "exec sleep 30"), "x")


def test_files_are_read_with_what_they_include(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "pjsip.conf").write_text(
        "[global]\ntype = global ; one\n;--\n[not]\n--;\n[desk](tpl)\ntype=endpoint\n"
        '#include "more/*.conf"\n#include nowhere.conf\n#include pjsip.conf\n[tpl](!)\n'
    )
    (tmp_path / "more" / "a.conf").write_text("[lin]\ntype => aor\n")
    seen = files.read(tmp_path)
    found = {
        (section.name, section.get("type"), section.file.name, section.line) for section in seen.sections["pjsip.conf"]
    }
    assert ("global", "global", "pjsip.conf", 1) in found
    assert ("desk", "endpoint", "pjsip.conf", 6) in found
    assert ("lin", "aor", "a.conf", 1) in found
    assert "not" not in {name for name, *_ in found}
    assert "manager.conf" in seen.unreadable
