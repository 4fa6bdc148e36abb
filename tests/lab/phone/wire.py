"""What was seen on the wire lately: a ring of the last SIP messages, told when an expectation fails."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tests.lab.phone.message import to_text

if TYPE_CHECKING:
    from tests.lab.phone.address import SocketAddress

Direction = Literal["sent", "received", "lost", "note"]

_ARROWS: dict[Direction, str] = {"sent": "->", "received": "<-", "lost": "x ", "note": "--"}
_SHOWN = ("cseq:", "from:", "reason:", "warning:")
_CUT = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One datagram, or a remark of ours (`direction` is then "note"). `at` is time.monotonic()."""

    at: float
    direction: Direction
    peer: SocketAddress | None
    data: bytes

    @property
    def first_line(self) -> str:
        """The message's first line, printable."""
        return _printable(to_text(self.data[: 4 * _CUT]).partition("\r\n")[0])

    def describe(self, now: float, call_id: str | None = None) -> str:
        """One line: how long ago, which way, the first line, some headers; a star when it belongs to `call_id`."""
        mark = "*" if call_id is not None and call_id.encode() in self.data else " "
        peer = f" {self.peer[0]}:{self.peer[1]}" if self.peer else ""
        lines = to_text(self.data.partition(b"\r\n\r\n")[0]).split("\r\n")[1:]
        shown = [_printable(line) for line in lines if line.lower().startswith(_SHOWN)]
        told = f"  [{' | '.join(shown)}]" if shown else ""
        return f"{mark}{self.at - now:9.3f} s {_ARROWS[self.direction]}{peer}  {self.first_line}{told}"


class WireLog:
    """The last `limit` messages of one phone, oldest first. OPTIONS and their answers are only counted."""

    def __init__(self, limit: int = 60) -> None:
        """Keep `limit` entries; older ones fall out."""
        self.entries: deque[Seen] = deque(maxlen=limit)
        self.options = 0
        self._options_at = 0.0

    def sent(self, data: bytes, to: SocketAddress) -> None:
        """Remember what we sent."""
        self._add("sent", to, data)

    def received(self, data: bytes, source: SocketAddress) -> None:
        """Remember what reached us."""
        self._add("received", source, data)

    def lost(self, data: bytes, peer: SocketAddress) -> None:
        """Remember what was dropped because the phone plays dead."""
        self._add("lost", peer, data)

    def note(self, text: str) -> None:
        """Remember a remark that helps to understand a failure."""
        self._add("note", None, text.encode())

    def describe(self, call_id: str | None = None, last: int = 24) -> str:
        """The last messages, one per line, times relative to now; those of `call_id` have a star."""
        now = time.monotonic()
        lines = [seen.describe(now, call_id) for seen in list(self.entries)[-last:]]
        if self.options:
            lines.append(f"{self.options} OPTIONS messages besides, the last {now - self._options_at:.3f} s ago")
        if not lines:
            return "no SIP message was sent or received"
        return "\n".join([f"the last SIP messages{' (* this call)' if call_id else ''}:", *lines])

    def _add(self, direction: Direction, peer: SocketAddress | None, data: bytes) -> None:
        now = time.monotonic()
        if b" OPTIONS\r\n" in data:  # the end of their CSeq
            self.options += 1
            self._options_at = now
        else:
            self.entries.append(Seen(at=now, direction=direction, peer=peer, data=data))


def _printable(text: str) -> str:
    safe = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: 2 * _CUT])
    return safe if len(safe) <= _CUT else safe[: _CUT - 1] + "…"
