"""event_socket.conf.xml: vcc's wire, with a password of its own, on this machine alone where the address is its own."""

from __future__ import annotations

from telephony.freeswitch.templates.document import child, configuration, params, written
from telephony.freeswitch.templates.words import inert, plain
from telephony.values import is_loopback, socket_address

#: A list that every FreeSWITCH has.
_THIS_MACHINE = "loopback.auto"


def text(address: str, password: str) -> str:
    """The file."""
    host, port = socket_address(address, "esl")
    root, found = configuration("event_socket.conf", "event socket")
    settings = [
        ("nat-map", "false"),
        ("listen-ip", plain(host, "esl")),
        ("listen-port", str(port)),
        ("password", inert(password, "the event socket's password")),
        ("stop-on-bind-error", "true"),
    ]
    if is_loopback(host):
        settings.append(("apply-inbound-acl", _THIS_MACHINE))
    params(child(found, "settings"), settings)
    return written(root)
