"""manager.conf: one user for vcc, with the least rights, and only the events that the adapter reads."""

from __future__ import annotations

from core.ids import LEG_PREFIX
from telephony.asterisk.templates import words
from telephony.asterisk.templates.words import plain
from telephony.values import is_loopback, socket_address

#: The events that are read, and the only ones of them: a header, how its value is compared, with what.
EVENTS: dict[str, tuple[str, str, str] | None] = {
    "FullyBooted": None,
    "Newchannel": ("Uniqueid", "starts_with", LEG_PREFIX),
    "Newstate": ("ChannelStateDesc", "exact", "Ringing"),
    "HangupRequest": None,
    "Hangup": None,
    "OriginateResponse": ("Response", "exact", "Failure"),
    "BridgeEnter": None,
    "BridgeLeave": None,
    "DTMFBegin": ("Direction", "exact", "Received"),
    "DTMFEnd": ("Direction", "exact", "Received"),
    "Hold": None,
    "Unhold": None,
    "AttendedTransfer": None,
    "BlindTransfer": ("Result", "exact", "Success"),
    "ChanSpyStart": None,
    "ChannelTalkingStart": None,
    "ChannelTalkingStop": None,
    "ContactStatus": None,
    "Registry": None,
}
#: Of these not those with such a header: that a leg which waited goes over into a conversation is told by the latter.
LEFT_OUT = {"BridgeLeave": ("BridgeTechnology", "exact", words.WAITING_BRIDGE)}
#: Events that calls make many of and nobody reads: the switch does not write them, and wakes no session for them. The
#: user's own filters would drop them too, but only after that. In an Asterisk that has a `[general]` of its own this
#: has no effect: its other users may want them (docs/adr/events-nobody-reads.md).
DISABLED = (
    "BridgeCreate",
    "BridgeDestroy",
    "BridgeMerge",
    "DeviceStateChange",
    "DialBegin",
    "DialEnd",
    "DialState",
    "MusicOnHoldStart",
    "MusicOnHoldStop",
    "NewAccountCode",
    "NewCallerid",
    "NewConnectedLine",
    "Newexten",
    "Rename",
    "SoftHangupRequest",
)
#: What the user may hear, and do: each class of rights is needed, none besides.
READ = ("system", "call", "dtmf")
WRITE = ("originate", "call", "reporting")


def text(*, address: str, user: str, secret: str, inside: bool = False) -> str:
    """The file. A loopback address is reached from this machine only, whatever the machine's own rules are.

    `inside`: only the user; the manager's own settings are somebody else's.
    """
    host, port = socket_address(address, "ami")
    general = [
        "[general]",
        "enabled = yes",
        "webenabled = no",
        f"bindaddr = {plain(host, 'ami')}",
        f"port = {port}",
        "displayconnects = no",
        "timestampevents = no",
        "authtimeout = 5",
        "authlimit = 20",
        f"disabledevents = {','.join(DISABLED)}",
        "",
    ]
    lines = [
        *([] if inside else general),
        f"[{user}]",
        f"secret = {words.secret(secret, 'the AMI secret')}",
        *(["deny = 0.0.0.0/0.0.0.0", "permit = 127.0.0.0/255.0.0.0"] if is_loopback(host) else []),
        f"read = {','.join(READ)}",
        f"write = {','.join(WRITE)}",
        "writetimeout = 5000",
        *(_filter("include", event, only) for event, only in EVENTS.items()),
        *(_filter("exclude", event, which) for event, which in LEFT_OUT.items()),
    ]
    return "\n".join([*lines, ""])


def _filter(action: str, event: str, which: tuple[str, str, str] | None) -> str:
    if which is None:
        return f"eventfilter(action({action}),name({event})) ="
    header, method, value = which
    return f"eventfilter(action({action}),name({event}),header({header}),method({method})) = {value}"
