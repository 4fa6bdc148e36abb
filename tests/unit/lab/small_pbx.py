"""The smallest Asterisk that a softphone can register with and call through: for the laboratory's own
tests.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.lab.pbx import AsteriskBinary
from tests.lab.ports import PortBlock

ACCOUNTS = {"anna": "a-secret", "boris": "b-secret"}

_MODULES = """
    app_dial app_echo app_read bridge_simple chan_pjsip codec_alaw func_db pbx_config res_pjproject res_pjsip
    res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_user res_pjsip_pubsub res_pjsip_registrar
    res_pjsip_sdp_rtp res_pjsip_session res_rtp_asterisk res_sorcery_astdb res_sorcery_config res_sorcery_memory
    res_timing_timerfd
"""

_DIALPLAN = """
[phones]
exten => 600,1,Answer()
 same => n,Echo()
exten => 601,1,Answer()
 same => n,Read(KEYS,,4,,1,5)
 same => n,Set(DB(test/keys)=${KEYS})
 same => n,Hangup()
exten => 486,1,Hangup(17)
exten => _[a-z].,1,Dial(PJSIP/${EXTEN},20)
"""

_ACCOUNT = """
[{name}]
type = endpoint
context = phones
disallow = all
allow = alaw
media_address = 127.0.0.1
bind_rtp_to_media_address = yes
auth = {name}
aors = {name}
[{name}]
type = auth
auth_type = userpass
username = {name}
password = {secret}
[{name}]
type = aor
max_contacts = 1
remove_existing = yes
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class SmallPbx:
    """Where it listens, and its folder of configuration."""

    config_dir: Path
    sip_port: int
    ami_port: int


def render(binary: AsteriskBinary, folder: Path, ports: PortBlock) -> SmallPbx:
    """Write its configuration into `folder`; accounts are ACCOUNTS, 600 echoes, 486 is busy, a name is
    dialled.
    """
    pbx = SmallPbx(config_dir=folder / "etc", sip_port=ports.take(), ami_port=ports.take())
    media = ports.take_range(20)
    own = ("astvarlibdir", "astdbdir", "astkeydir", "astagidir", "astspooldir", "astrundir", "astlogdir", "astsbindir")
    directories = {
        "astetcdir": pbx.config_dir,
        "astmoddir": binary.modules_dir,
        "astdatadir": binary.data_dir,
        **{name: folder / name.removeprefix("ast").removesuffix("dir") for name in own},
    }
    accounts = "".join(_ACCOUNT.format(name=name, secret=secret) for name, secret in ACCOUNTS.items())
    files = {
        "asterisk.conf": "[directories]\n" + "".join(f"{name} => {at}\n" for name, at in directories.items()),
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in _MODULES.split()),
        "logger.conf": "[logfiles]\nmessages.log => notice,warning,error\n",
        "manager.conf": f"[general]\nenabled=yes\nbindaddr=127.0.0.1\nport={pbx.ami_port}\n"
        "[test]\nsecret=test-secret\nread=call\nwrite=call\n",
        "rtp.conf": f"[general]\nrtpstart={media[0]}\nrtpend={media[-1]}\n",
        "pjsip.conf": f"[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{pbx.sip_port}\n{accounts}",
        "extensions.conf": _DIALPLAN,
    }
    pbx.config_dir.mkdir(parents=True)
    for name, text in files.items():
        (pbx.config_dir / name).write_text(text)
    return pbx
