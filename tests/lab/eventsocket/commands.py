"""A command as it was written: the first line, headers, a body."""

from __future__ import annotations

from dataclasses import dataclass, field

_TRUE = {"yes", "on", "true", "t", "enabled", "active", "allow"}


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command; header names are lower case."""

    line: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def name(self) -> str:
        """The first word."""
        return self.line.partition(" ")[0].lower()

    @property
    def rest(self) -> str:
        """What follows the first word."""
        return self.line.partition(" ")[2]


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message to a channel: what `sendmsg` carries."""

    uuid: str
    call_command: str
    application: str
    argument: str
    event_uuid: str
    locked: bool
    headers: dict[str, str]

    @classmethod
    def of(cls, command: Command) -> Message:
        """Read a `sendmsg`."""
        headers = command.headers
        argument = headers.get("execute-app-arg", "")
        if not argument and headers.get("content-type", "").lower() == "text/plain":
            argument = command.body
        return cls(
            uuid=command.rest.strip() or headers.get("session-id", ""),
            call_command=headers.get("call-command", ""),
            application=headers.get("execute-app-name", ""),
            argument=argument,
            event_uuid=headers.get("event-uuid", ""),
            locked=is_true(headers.get("event-lock", "")),
            headers=headers,
        )


def is_true(text: str) -> bool:
    """Whether the switch takes a text for yes."""
    return text.lower() in _TRUE or (text.lstrip("-").isdigit() and int(text) != 0)


class Reader:
    """Cuts what a client writes into commands."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._buffer = b""

    @property
    def halfway(self) -> bool:
        """Whether a command has begun and not ended."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        self._buffer = (self._buffer + data.replace(b"\r", b"")).lstrip(b"\n")

    def next(self) -> Command | None:
        """The next whole command."""
        head, end, rest = self._buffer.partition(b"\n\n")
        if not end:
            return None
        first, *lines = head.decode("utf-8", "replace").split("\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.lstrip(" ")
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return None
        self._buffer = rest[length:].lstrip(b"\n")
        return Command(line=first, headers=headers, body=rest[:length].decode("utf-8", "replace"))
