"""What the switch writes, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Mapping

Event = Mapping[str, str | list[str]]

AUTH_REQUEST = b"Content-Type: auth/request\n\n"


def reply(text: str, **headers: str) -> bytes:
    """The answer to every command but `api`."""
    lines = ["Content-Type: command/reply", f"Reply-Text: {text}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\n".join(lines) + "\n\n").encode()


def response(printed: str) -> bytes:
    """The answer to `api`: what the command printed."""
    body = (printed or "-ERR no reply\n").encode()
    return b"Content-Type: api/response\nContent-Length: %d\n\n" % len(body) + body


def event(headers: Event, body: str | None = None) -> bytes:
    """An event."""
    told: dict[str, str | list[str]] = dict(headers)
    if body is not None:
        told |= {"Content-Length": str(len(body.encode())), "_body": body}
    raw = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n" % len(raw) + raw


def notice(text: str, kind: str = "text/disconnect-notice") -> bytes:
    """What is said before the switch ends a connection."""
    return f"Content-Type: {kind}\nContent-Length: {len(text.encode())}\n\n{text}".encode()


def linger_notice(uuid: str, seconds: int) -> bytes:
    """What is said, on a connection of one channel, when the channel is gone and the connection stays a while."""
    return (
        f"Content-Type: text/disconnect-notice\nControlled-Session-UUID: {uuid}\nContent-Disposition: linger\n"
        f"Channel-Name: sofia/x/{uuid}\nLinger-Time: {seconds}\nContent-Length: 0\n\n"
    ).encode()
