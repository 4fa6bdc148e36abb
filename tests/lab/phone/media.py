"""The media of one call: an RTP socket, offer and answer about it, what is sent and what was heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.phone import rtp, sdp
from tests.lab.phone.errors import MalformedError
from tests.lab.phone.playout import Playout
from tests.lab.phone.sdp import Agreed, Direction
from tests.lab.phone.sender import Sender
from tests.lab.phone.transport import UdpSocket

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.lab.phone.address import SocketAddress

_SILENT_S = 1.0  # the described source must have been silent for so long before another one is believed


class MediaSession:
    """Opens a socket at once, so that an offer can name it; sends as soon as an answer is known.

    RTP is symmetric: it goes where the other side's RTP comes from, once something came.
    """

    def __init__(
        self,
        host: str,
        codecs: Sequence[str],
        *,
        idle_silence: bool,
        is_deaf: Callable[[], bool],
        changed: Callable[[], None],
        claims: str | None = None,
    ) -> None:
        """Bind to a free port of `host`, which we call `claims`; `changed` is called after each packet taken."""
        self.codecs = tuple(codecs)
        self.playout = Playout()
        self.sender = Sender(self._transmit, idle_silence=idle_silence)
        self.agreed: Agreed | None = None
        self.wish = Direction.SENDRECV
        self.strays = 0
        self._is_deaf = is_deaf
        self._changed = changed
        self._socket = UdpSocket(host, 0, self._receive)
        self._session = sdp.LocalSession((claims or host, self._socket.local[1]), codecs)
        self._target: SocketAddress | None = None

    @property
    def local(self) -> SocketAddress:
        """Where we receive RTP."""
        return self._socket.local

    def offer(self, wish: Direction = Direction.SENDRECV) -> bytes:
        """An offer in which media flows as we wish."""
        self.wish = wish
        return self._session.offer(wish)

    def take_answer(self, body: bytes) -> bool:
        """Adopt an answer; False when it has no stream that we can use. Raises MalformedError."""
        audio = sdp.parse(body).audio
        agreed = sdp.agree(self.codecs, audio, self.wish) if audio else None
        if agreed is None:
            return False
        self._adopt(agreed)
        return True

    def answer(self, body: bytes) -> bytes | None:
        """Answer an offer, or None when it has no stream that we can use. Raises MalformedError."""
        offer = sdp.parse(body)
        agreed = sdp.agree(self.codecs, offer.audio, self.wish) if offer.audio else None
        if agreed is None:
            return None
        self._adopt(agreed)
        return self._session.answer(offer, agreed)

    def close(self) -> None:
        """Stop sending and free the port; what was heard stays."""
        self.sender.stop()
        self._socket.close()

    def _adopt(self, agreed: Agreed) -> None:
        if self.agreed is None or agreed.remote != self.agreed.remote:
            self._target = agreed.remote
        self.agreed = agreed
        holding = self.wish is not Direction.SENDRECV  # a phone that holds does not talk, though it may
        self.sender.adopt(agreed, muted=holding)

    def _transmit(self, data: bytes) -> None:
        if self._target is not None and not self._is_deaf():
            self._socket.send(data, self._target)

    def _receive(self, data: bytes, source: SocketAddress) -> None:
        if self._is_deaf():
            return
        at = self._socket.arrived_at
        try:
            packet = rtp.parse(data)
            if self._believed(source, at):
                self._take(packet, at)
        except MalformedError:
            self.strays += 1  # RTCP of a neighbour's call, or rubbish
            return
        self._changed()

    def _take(self, packet: rtp.Packet, at: float) -> None:
        agreed = self.agreed
        number = packet.payload_type
        if number == (agreed.event_payload if agreed else sdp.DEFAULT_EVENT_PAYLOAD):
            self.playout.take_event(packet, at)
        elif agreed is not None and number == agreed.payload:
            self.playout.take_audio(packet, agreed.codec, at)
        elif number in _CODEC_OF:
            self.playout.take_audio(packet, _CODEC_OF[number], at)

    def _believed(self, source: SocketAddress, at: float) -> bool:
        """Whether RTP from there is this call's: from the described source, or from another while that is silent."""
        if self._target is None or source == self._target:
            return True  # before the answer arrives, media may: whoever has our offer knows the port
        last = self.playout.last_at
        if source[0] != self._target[0] or (last is not None and at - last < _SILENT_S):
            self.strays += 1
            return False
        self._target = source
        return True


_CODEC_OF = {number: name for name, number in sdp.PAYLOAD_TYPES.items()}
