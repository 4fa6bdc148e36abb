"""Many agents' phones on one UDP port, as cheap as can be: for load, not for looking at details.

Each agent has one line. A call is answered at once (or after `ring_s`), talks for `talk_s`, without any RTP unless
`voices.speaking`, and is ended by BYE. A call has no task and no socket of its own: a dictionary entry and a timer or
two.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING, Self

from tests.lab.phone import bank_calls
from tests.lab.phone.address import uri_user
from tests.lab.phone.bank_calls import AgentCall, Resender
from tests.lab.phone.bank_leg import Leg, session
from tests.lab.phone.bank_registrar import BankRegistrar
from tests.lab.phone.diagnosis import evidence
from tests.lab.phone.errors import MalformedError
from tests.lab.phone.message import Request, Response, parse, response_to
from tests.lab.phone.transport import UdpTransport
from tests.lab.phone.voices import Voices
from tests.lab.phone.waiting import Watch
from tests.lab.phone.wire import WireLog
from vcc.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from tests.lab.phone.address import SocketAddress


_ACCEPTED = 202
#: What they say, when they are to say anything (`voices.speaking`).
AGENT_HZ = 1_100


class PhoneBank:
    """`count` agents' phones. Use as `async with PhoneBank(200, server=…) as bank:`.

    Agent n has the account `user.format(n)`; its contact is `sip:ACCOUNT@HOST:PORT`, for a static contact in a switch,
    unless you `register`. `sends_on`: a caller whom the phone shows with one of these words is sent on to that number
    after `talk_s`, and the call ended. `calls` has every call, also those refused because the line was busy (status
    486); `over` counts the answered ones that have ended. `problems` counts what should not be: "busy" (a second call
    at once), "unknown agent", "no ACK", "BYE not answered", "REFER refused".
    """

    def __init__(
        self,
        count: int,
        *,
        server: SocketAddress,
        user: str = "agent{:03d}",
        password: str | None = None,
        local_host: str = "127.0.0.1",
        local_port: int = 0,
        talk_s: float | None = 1.0,
        ring_s: float | None = None,
    ) -> None:
        """`talk_s=None`: never hang up. `ring_s=None`: answer at once, without 180. Both may be changed at any time."""
        self.talk_s = talk_s
        self.ring_s = ring_s
        self.sends_on: Mapping[str, str] = {}
        self.calls: list[AgentCall] = []
        self.over = 0
        self.problems: Counter[str] = Counter()
        self.users = [user.format(number) for number in range(count)]
        self.wire = WireLog()
        self._password = password
        self._server = server
        self._local = (local_host, local_port)
        self._agents = {name: number for number, name in enumerate(self.users)}
        self._lines: list[Leg | None] = [None] * count
        self._legs: dict[str, Leg] = {}
        self._watch = Watch(lambda: evidence(self.wire))
        self._sdp = b""

    async def __aenter__(self) -> Self:
        """Open the port. Raises OSError when it is taken."""
        self._loop = asyncio.get_running_loop()
        self._transport = UdpTransport(self._local[0], self._local[1], self._receive, self.wire)
        self._sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # RTP ends here, unread
        self._sink.setblocking(False)
        self._sink.bind((self._local[0], 0))
        self.voices = Voices(self._sink, self._server[0], AGENT_HZ)
        self._talking = spawn(self.voices.run(), name="agents talk")
        self._sdp = session(*self._sink.getsockname())
        self._resender = Resender(self._transport.send)
        self._registrar = BankRegistrar(self._resender, self._server, self.address, self._password)
        self._look()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up what is left (for 1 s at most) and close the port."""
        for leg in list(self._legs.values()):
            self._hang_up(leg)
        try:
            async with asyncio.timeout(1.0):
                await self._watch.until(lambda: not self._legs, 1.0, expected="the calls to end")
        except (TimeoutError, AssertionError):
            self.problems["BYE not answered"] += len(self._legs)
        self._sweeper.cancel()
        for leg in self._legs.values():
            leg.stop()
        self._talking.cancel()
        self._transport.close()
        self._sink.close()

    @property
    def address(self) -> SocketAddress:
        """IP address and port of all these phones."""
        return self._transport.local

    @property
    def busy(self) -> int:
        """How many agents are in a call."""
        return sum(line is not None for line in self._lines)

    @property
    def finished(self) -> list[AgentCall]:
        """The calls that were answered and are over."""
        return [call for call in self.calls if call.acked_at is not None and call.freed_at is not None]

    async def register(self, expires: int = 3600, *, timeout: float = 30.0) -> None:
        """Register every account. Raises ExpectationError with the first that fails."""
        await self._registrar.register(self.users, expires, timeout, self._watch)

    async def until(self, condition: Callable[[PhoneBank], bool], timeout: float, *, expected: str) -> None:
        """Wait until `condition(bank)` holds; it is looked at whenever a call changes. Raises ExpectationError."""
        await self._watch.until(lambda: condition(self), timeout, expected=expected)

    def idle_gaps(self, since: float = float("-inf"), until: float = float("inf")) -> list[float]:
        """See `bank_calls.idle_gaps`."""
        return bank_calls.idle_gaps(self.calls, since, until)

    def _look(self) -> None:
        self._resender.look()
        self._sweeper = self._loop.call_later(Resender.LOOK_S, self._look)

    def _receive(self, data: bytes, source: SocketAddress) -> None:
        try:
            message = parse(data)
            if isinstance(message, Response):
                self._on_response(message)
            else:
                self._on_request(message, source)
        except MalformedError as error:
            self.wire.note(f"dropped a malformed message: {error}")

    def _on_response(self, response: Response) -> None:
        method = response.cseq[1]
        if response.status < 200:
            return
        if method == "REGISTER":
            self._registrar.receive(response)
        elif method == "REFER" and self._resender.answered(f"REFER {response.call_id}"):
            if response.status != _ACCEPTED:
                self.problems["REFER refused"] += 1
            self._hang_up(self._legs[response.call_id])
        elif method == "BYE" and self._resender.answered(f"BYE {response.call_id}"):
            leg = self._legs.pop(response.call_id)
            leg.call.bye_answered_at = time.monotonic()
            self._watch.changed()

    def _on_request(self, request: Request, source: SocketAddress) -> None:
        leg = self._legs.get(request.call_id)
        if request.method == "INVITE" and leg is None:
            self._on_invite(request, source)
        elif request.method == "OPTIONS":
            self._transport.send(response_to(request, 200, to_tag="options").encode(), source)
        elif leg is not None:
            self._on_known(leg, request, source)
        elif request.method != "ACK":
            status = 200 if request.method == "NOTIFY" else 481
            self._transport.send(response_to(request, status, to_tag="none").encode(), source)

    def _on_known(self, leg: Leg, request: Request, source: SocketAddress) -> None:
        match request.method:
            case "ACK":
                self._on_ack(leg, request)
            case "INVITE" if request.cseq == leg.invite.cseq:
                self._transport.send(leg.last, source)
            case "INVITE":
                self._answer(leg, request)
            case "BYE":
                self._transport.send(response_to(request, 200).encode(), source)
                self._over(leg)
            case "CANCEL":
                self._transport.send(response_to(request, 200, to_tag=leg.tag).encode(), source)
                if leg.call.status is None:
                    self._refuse(leg, 487)
            case _:
                body = self._sdp if request.body and request.method == "UPDATE" else b""
                self._transport.send(leg.response(request, 200, body), source)

    def _on_invite(self, request: Request, source: SocketAddress) -> None:
        now = time.monotonic()
        agent = self._agents.get(uri_user(request.uri))
        if agent is None:
            self.problems["unknown agent"] += 1
            self._transport.send(response_to(request, 404, to_tag="none").encode(), source)
            return
        request.require("Contact")  # the BYE will need it
        call = AgentCall(agent=agent, call_id=request.call_id, invited_at=now)
        contact = f"sip:{self.users[agent]}@{self.address[0]}:{self.address[1]}"
        leg = Leg(call=call, invite=request, source=source, tag=secrets.token_hex(4), contact=contact)
        self.calls.append(call)
        self._legs[request.call_id] = leg
        if self._lines[agent] is not None:
            self.problems["busy"] += 1
            self._refuse(leg, 486)
            return
        self._lines[agent] = leg
        if self.ring_s is None:
            self._answer(leg, request)
        else:
            leg.last = leg.response(request, 180)
            self._transport.send(leg.last, source)
            leg.timer = self._loop.call_later(self.ring_s, self._answer, leg, request)
        self._watch.changed()

    def _answer(self, leg: Leg, invite: Request) -> None:
        """Send 200 to the INVITE or re-INVITE, again until the ACK."""
        if leg.call.status is None:
            leg.call.status = 200
            leg.call.answered_at = time.monotonic()
        leg.last = leg.response(invite, 200, self._sdp)
        self._resender.send(_ack_key(invite), leg.last, leg.source, lambda: self._unacknowledged(leg))

    def _refuse(self, leg: Leg, status: int) -> None:
        leg.stop()
        leg.call.status = status
        leg.last = leg.response(leg.invite, status)
        self._free(leg)
        self._resender.send(_ack_key(leg.invite), leg.last, leg.source, lambda: self._unacknowledged(leg))

    def _on_ack(self, leg: Leg, request: Request) -> None:
        if not self._resender.answered(f"ACK {request.call_id} {request.cseq[0]}"):
            return
        if leg.call.status != 200:
            self._legs.pop(request.call_id, None)
        elif leg.call.acked_at is None:
            leg.call.acked_at = time.monotonic()
            self.voices.begin(leg.call.call_id, leg.media_port)
            if self.talk_s is not None:
                leg.timer = self._loop.call_later(self.talk_s, self._leave, leg)
        self._watch.changed()

    def _leave(self, leg: Leg) -> None:
        """All is said: send the caller on, or hang up."""
        shown = leg.invite.require("From")
        to = next((to for word, to in self.sends_on.items() if word in shown), None)
        if to is None or leg.call.bye_sent_at is not None:
            self._hang_up(leg)
        else:
            refer = leg.refer(to, self.address)
            self._resender.send(f"REFER {leg.call.call_id}", refer, leg.next_hop, lambda: self._lost(leg))

    def _hang_up(self, leg: Leg) -> None:
        """Send BYE, again until it is answered; a call that is not yet answered is refused."""
        if leg.call.status is None:
            self._refuse(leg, 480)
            return
        if leg.call.bye_sent_at is not None or leg.call.status != 200:
            return
        leg.stop()
        leg.call.bye_sent_at = time.monotonic()
        self._free(leg)
        bye = leg.bye(self.address)
        self._resender.send(f"BYE {leg.call.call_id}", bye, leg.next_hop, lambda: self._lost(leg))

    def _over(self, leg: Leg) -> None:
        """The other side hung up."""
        leg.stop()
        self._resender.answered(_ack_key(leg.invite))
        self._resender.answered(f"BYE {leg.call.call_id}")
        self._resender.answered(f"REFER {leg.call.call_id}")
        self._legs.pop(leg.call.call_id, None)
        self._free(leg)
        self._watch.changed()

    def _free(self, leg: Leg) -> None:
        self.voices.end(leg.call.call_id)
        if leg.call.freed_at is None:
            leg.call.freed_at = time.monotonic()
            self.over += leg.call.acked_at is not None
        if self._lines[leg.call.agent] is leg:
            self._lines[leg.call.agent] = None

    def _lost(self, leg: Leg) -> None:
        self.problems["BYE not answered"] += 1
        self._legs.pop(leg.call.call_id, None)

    def _unacknowledged(self, leg: Leg) -> None:
        self.problems["no ACK"] += 1
        self._over(leg)


def _ack_key(invite: Request) -> str:
    return f"ACK {invite.call_id} {invite.cseq[0]}"
