"""An Asterisk that an engineer has run for years: own dial plan, own phones, own manager user, own music, all modules.

vcc's files are taken in by the lines that `vcc pbx render` tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telephony.asterisk.render import include_lines, render
from telephony.asterisk.templates import asterisk
from tests.integration.asterisk.rig import write_tone
from tests.lab.phone import Phone
from tests.lab.platform import LOOPBACK, LabPlatform
from tests.lab.ports import reserve_ports
from vcc.pbx import switch_secrets, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vcc.lint import Bundle

#: What the engineer's own dial plan plays to a call that came back, and its own announcement.
BACK_HZ, ORDER_HZ, OWN_HZ, OWN_MUSIC_HZ = 1_000, 1_600, 1_300, 500
DESKS = ("1001", "1002")
#: A number of the press whose flow gives calls back with what was keyed in.
ORDER_NUMBER = "98660"
_ORDER_FLOW = """\
steps:
  - collect: {name: order, say: {zh-CN: 请输入订单号。, en: Your order number.}, length: 2}
  - return: "order{order}"
"""

_MANAGER = """\
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {ami}
{disabled}
[engineer]
secret = engineers-own
read = all
write = all
"""
_PJSIP = """\
[global]
type = global
{order}
[office-udp]
type = transport
protocol = udp
bind = 127.0.0.1:{office}
"""
_DESK = """
[{name}]
type = endpoint
transport = office-udp
context = office
disallow = all
allow = alaw,ulaw
direct_media = no
auth = {name}
aors = {name}
[{name}]
type = auth
auth_type = userpass
username = {name}
password = desk-{name}
[{name}]
type = aor
max_contacts = 1
"""
_EXTENSIONS = """\
[general]
static = yes
[office]
exten => _100X,1,Dial(PJSIP/${{EXTEN}},10)
 same => n,Hangup()
exten => 2000,1,Answer()
 same => n,Playback({sounds}/own)
 same => n,Hangup()
exten => _98XXX,1,Gosub(vcc-handover,${{EXTEN}},1)
 same => n,Playback({sounds}/back-${{VCC_OUTCOME}}-${{VCC_RESULT}}-${{AGIEXITONHANGUP}}-${{CHANNEL(musicclass)}})
 same => n,Hangup()
"""
_MODULES = "[modules]\nautoload = yes\n"
_MUSIC = "[general]\n[default]\nmode = files\ndirectory = {music}\n"
_RTP = "[general]\nrtpstart = {first}\nrtpend = {last}\n"


class ExistingPlatform(LabPlatform):
    """vcc inside the engineer's Asterisk. `change` edits the engineer's files before the switch starts."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, edit=self._inside, **more)
        self.vcc_files = folder / "vcc-files"
        self.own: dict[str, str] = {}
        self.with_lines = True

    def _inside(self, data: dict[str, Any]) -> None:
        node = next(iter(data["nodes"].values()))
        node |= {"inside": True, "configuration": str(self.vcc_files)}
        self._add_number()
        self._ami_port, self._rtp_range = node["ami"].rpartition(":")[2], node["rtp"]

    def _add_number(self) -> None:
        press = self.config / "tenants" / "press"
        tenant = press / "tenant.yaml"
        line = f"numbers:\n  {ORDER_NUMBER}: {{project: book_orders, flow: order_number}}\n"
        tenant.write_text(tenant.read_text(encoding="utf-8").replace("numbers:\n", line, 1), encoding="utf-8")
        (press / "flows" / "order_number.yaml").write_text(_ORDER_FLOW, encoding="utf-8")

    def _render(self, bundle: Bundle) -> None:
        for name in ("lib", "spool", "run", "log", "keys", "db", "music", "sounds"):
            (self.folder / "pbx" / name).mkdir(parents=True, exist_ok=True)
        self.etc.mkdir(parents=True, exist_ok=True)
        self.office = self._stack.enter_context(reserve_ports()).take()
        pbx = self.folder / "pbx"
        write_tone(pbx / "music" / "own.wav", OWN_MUSIC_HZ, 20)
        write_tone(pbx / "sounds" / "own.wav", OWN_HZ, 4)
        write_tone(pbx / "sounds" / "back-answered---.wav", BACK_HZ, 4)
        write_tone(pbx / "sounds" / "back-ended_by_flow-order12--.wav", ORDER_HZ, 4)
        files = render(
            bundle.platform,
            self.node,
            secrets=switch_secrets(self.secrets),
            music_dirs=bundle.music(),
            fallbacks={},
            version=self._binary.version,
        )
        write(files, self.vcc_files)
        self.own = {
            "asterisk.conf": asterisk.text(self.paths()),
            "manager.conf": _MANAGER.format(ami=self._ami_port, disabled=""),
            "pjsip.conf": _PJSIP.format(office=self.office, order="endpoint_identifier_order = request_uri,username,ip")
            + "".join(_DESK.format(name=name) for name in DESKS),
            "extensions.conf": _EXTENSIONS.format(sounds=pbx / "sounds"),
            "modules.conf": _MODULES,
            "musiconhold.conf": _MUSIC.format(music=pbx / "music"),
            "rtp.conf": _RTP.format(first=self._rtp_range[0], last=self._rtp_range[1]),
            "logger.conf": "[logfiles]\nmessages.log => notice,warning,error\n",
        }
        self.misfit()
        self.write_own(self.own)

    def misfit(self) -> None:
        """What the engineer's files have that does not fit: nothing here."""

    def write_own(self, files: Mapping[str, str], *, lines: Mapping[str, str] | None = None) -> None:
        """Write the engineer's files, each with the line for vcc's (or with `lines`)."""
        taken_in = include_lines(self.vcc_files) if lines is None else lines
        for name, text in files.items():
            (self.etc / name).write_text("\n".join([text, taken_in.get(name, ""), ""]), encoding="utf-8")

    def desk(self, name: str) -> Phone:
        """A phone of the engineer's office."""
        return Phone(name, f"desk-{name}", server=(LOOPBACK, self.office))
