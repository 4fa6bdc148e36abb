"""manager.conf: one user for vcc, with the least rights, and only the events that the adapter reads."""

from __future__ import annotations

from telephony.asterisk.templates import words
from telephony.asterisk.templates.words import is_loopback, plain, socket_address

#: Event, and a header with the value it must have, if the event is only wanted with it.
EVENTS: tuple[tuple[str, str, str], ...] = (
    ("FullyBooted", "", ""),
    ("Newchannel", "", ""),
    ("Newstate", "", ""),
    ("HangupRequest", "", ""),
    ("Hangup", "", ""),
    ("OriginateResponse", "", ""),
    ("BridgeEnter", "", ""),
    ("BridgeLeave", "", ""),
    ("DTMFEnd", "Direction", "Received"),
    ("ContactStatus", "", ""),
)


def text(*, address: str, user: str, secret: str) -> str:
    """The file. A loopback address is reached from this machine only, whatever the machine's own rules are."""
    host, port = socket_address(address, "ami")
    lines = [
        "[general]",
        "enabled = yes",
        "webenabled = no",
        f"bindaddr = {plain(host, 'ami')}",
        f"port = {port}",
        "displayconnects = no",
        "timestampevents = no",
        "authtimeout = 5",
        "authlimit = 20",
        "",
        f"[{user}]",
        f"secret = {words.secret(secret, 'the AMI secret')}",
        *(["deny = 0.0.0.0/0.0.0.0", "permit = 127.0.0.0/255.0.0.0"] if is_loopback(host) else []),
        "read = system,call,dtmf",
        "write = originate,call,reporting",
        "writetimeout = 5000",
        *map(_filter, EVENTS),
    ]
    return "\n".join([*lines, ""])


def _filter(event: tuple[str, str, str]) -> str:
    name, header, wanted = event
    if not header:
        return f"eventfilter(action(include),name({name})) ="
    return f"eventfilter(action(include),name({name}),header({header}),method(exact)) = {wanted}"
