"""http.conf: where browsers open their WebSocket, and nothing else; off unless the node asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.asterisk.templates.words import plain
from telephony.values import RenderError, bracketed, socket_address

if TYPE_CHECKING:
    from tenancy.model import AsteriskNode

OFF = "[general]\nenabled = no\n"


def text(node: AsteriskNode) -> str:
    """The file."""
    if node.websocket is None:
        return OFF
    host, port = socket_address(node.websocket.listen, "websocket: listen")
    head = ["[general]", "servername = vcc", "enable_static = no", "enable_status = no", "sessionlimit = 1000"]
    if not node.websocket.tls:
        return "\n".join([*head, "enabled = yes", f"bindaddr = {plain(host, 'websocket')}", f"bindport = {port}", ""])
    if node.tls is None:
        raise RenderError("websocket: tls is true, and the node has no key tls with a certificate")
    lines = [
        "enabled = no",
        "tlsenable = yes",
        f"tlsbindaddr = {plain(bracketed(host, port), 'websocket')}",
        f"tlscertfile = {plain(node.tls.certificate, 'tls: certificate')}",
        f"tlsprivatekey = {plain(node.tls.key, 'tls: key')}",
        "tlsdisablev1 = yes",
        "tlsdisablev11 = yes",
    ]
    return "\n".join([*head, *lines, ""])
