"""RTP for many calls out of one socket, as cheap as can be: a packet of the same sound for each, every 20 ms."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.phone.audio import tone
from tests.lab.phone.g711 import encode

if TYPE_CHECKING:
    import socket
    from collections.abc import Hashable

PACKET_S = 0.02
_SAMPLES = 160
_HEADER = struct.Struct("!BBHII")
_VERSION, _ALAW = 0x80, 8


@dataclass(slots=True)
class _Voice:
    port: int
    number: int
    sent: int = 0


class Voices:
    """Those who talk; while `speaking` is False nobody says a word."""

    def __init__(self, out: socket.socket, host: str, hz: int) -> None:
        """Send from `out` to ports of `host`; all say the same tone."""
        self.speaking = False
        self._out, self._host = out, host
        self._sound = encode("PCMA", tone(hz, PACKET_S))
        self._voices: dict[Hashable, _Voice] = {}
        self._begun = 0

    def begin(self, call: Hashable, port: int) -> None:
        """Somebody on this call talks, to this port, from now on."""
        self._begun += 1
        self._voices[call] = _Voice(port, self._begun)

    def end(self, call: Hashable) -> None:
        """The call is over; nothing if it is not known."""
        self._voices.pop(call, None)

    async def run(self) -> None:
        """Send until cancelled; a loop that was late leaves packets out."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self.speaking:
                self._send_all()
            due = max(due + PACKET_S, loop.time())
            await asyncio.sleep(due - loop.time())

    def _send_all(self) -> None:
        for voice in self._voices.values():
            header = _HEADER.pack(_VERSION, _ALAW, voice.sent & 0xFFFF, voice.sent * _SAMPLES, voice.number)
            voice.sent += 1
            try:
                self._out.sendto(header + self._sound, (self._host, voice.port))
            except BlockingIOError:
                return  # the socket is full: as good as a lost packet
