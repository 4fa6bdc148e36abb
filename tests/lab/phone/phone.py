"""The phone itself: registration, dialling, and what happens to calls that come in."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from typing import TYPE_CHECKING, Self

from tests.lab.phone.address import SocketAddress, quote
from tests.lab.phone.auth import Credentials
from tests.lab.phone.dialog import Dialog, dialog_of_invite
from tests.lab.phone.errors import ExpectationError, PhoneError
from tests.lab.phone.incoming import IncomingCall
from tests.lab.phone.media import MediaSession
from tests.lab.phone.message import HeadersLike, Request, header_list, to_text
from tests.lab.phone.outgoing import OutgoingCall
from tests.lab.phone.registration import Registration
from tests.lab.phone.states import CallState
from tests.lab.phone.ua import ALLOW, SUPPORTED, Identity, UserAgent, new_tag
from tests.lab.phone.waiting import Watch

if TYPE_CHECKING:
    from types import TracebackType

    from tests.lab.phone.call import Call
    from tests.lab.phone.transaction import ServerTransaction, Timers

MAX_WAITING_CALLS = 64
_CLEAN_UP_S = 1.0


class Phone:
    """One SIP account on one port. Use as `async with Phone(…) as phone:`; leaving it hangs up and unregisters.

    Policies for calls that come in, to be set at any time: `auto_answer` (seconds of ringing before the phone answers
    by itself; 0 answers at once, without 180) and `auto_reject` (a status). `incoming()` returns these calls as well.
    `rtp_from`: the sequence number with which the RTP of new calls begins; None: any.
    `claims`: the URI at which it says that it is reached, in Contact, Via and session descriptions; None: the true one.
    A phone behind a router knows no better; an attacker does.
    """

    def __init__(
        self,
        user: str,
        password: str | None = None,
        *,
        server: SocketAddress,
        local_host: str = "127.0.0.1",
        local_port: int = 0,
        display_name: str | None = None,
        domain: str | None = None,
        codecs: tuple[str, ...] = ("PCMA", "PCMU"),
        rtp: bool = True,
        timers: Timers | None = None,
        claims: str | None = None,
    ) -> None:
        """Without `password` no challenge is answered (a trunk). `rtp=False`: no RTP while there is nothing to say."""
        self.auto_answer: float | None = None
        self.auto_reject: int | None = None
        self.rtp = rtp
        self.rtp_from: int | None = None
        self.codecs = codecs
        self.notifies: deque[Request] = deque(maxlen=MAX_WAITING_CALLS)
        self.calls: list[Call] = []
        self._identity = Identity(
            user=user,
            domain=domain or server[0],
            credentials=Credentials(user=user, password=password) if password is not None else None,
            display_name=display_name,
        )
        self._server = server
        self._local = (local_host, local_port)
        self._timers = timers
        self._claims = claims
        self._arrived: deque[IncomingCall] = deque()
        self._ua: UserAgent | None = None
        self._registration: Registration | None = None
        self._watch = Watch(self._evidence)

    async def __aenter__(self) -> Self:
        """Open the port. Raises OSError when it is taken."""
        self._ua = UserAgent(
            identity=self._identity,
            server=self._server,
            local=self._local,
            on_request=self._on_request,
            timers=self._timers,
            claims=self._claims,
        )
        self._registration = Registration(self._ua)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up what is left, unregister, close the port; a switch that does not answer hinders for 1 s at most."""
        try:
            if not self.deaf:
                await asyncio.gather(*(self._clean_up(call) for call in self.calls if not call.has_ended))
                if self.registration.active:
                    with contextlib.suppress(PhoneError):
                        await self.registration.unregister(_CLEAN_UP_S)
        finally:
            self.registration.stop()
            for call in self.calls:
                call.media.close()
                call.session_timer.stop()
            self.ua.close()

    @property
    def ua(self) -> UserAgent:
        """The SIP side; there is one only within `async with`."""
        assert self._ua is not None, "use the phone within `async with`"
        return self._ua

    @property
    def registration(self) -> Registration:
        """The registration; there is one only within `async with`."""
        assert self._registration is not None, "use the phone within `async with`"
        return self._registration

    @property
    def address(self) -> SocketAddress:
        """Where the phone is: its IP address and SIP port."""
        return self.ua.address

    @property
    def deaf(self) -> bool:
        """Whether the phone neither sends nor hears anything, SIP and RTP, like one that has vanished. Settable."""
        return self.ua.transport.deaf

    @deaf.setter
    def deaf(self, value: bool) -> None:
        self.ua.transport.deaf = value

    async def register(self, expires: int = 120, *, timeout: float = 5.0, refresh: bool = True) -> None:
        """Register for `expires` seconds, and again before they are over. Raises ExpectationError when refused."""
        await self.registration.register(expires, timeout, refresh=refresh)

    async def unregister(self, *, timeout: float = 5.0) -> None:
        """End the registration. Raises ExpectationError when refused."""
        await self.registration.unregister(timeout)

    async def dial(
        self,
        target: str,
        *,
        caller_name: str | bytes | None = None,
        caller: str | bytes | None = None,
        to_uri: str | None = None,
        headers: HeadersLike | None = None,
        rtp: bool | None = None,
    ) -> OutgoingCall:
        """Send an INVITE to `target`, a number or a URI, and return at once.

        `caller_name` is the display name in From: text is quoted and escaped, bytes are put there as they are (and have
        to bring their own quotes). `caller` is the number in From, the account's user otherwise. `to_uri` is a To that
        differs from the request URI. `headers` are added.
        """
        domain = self._identity.domain
        uri = target if target.startswith(("sip:", "tel:")) else f"sip:{target}@{domain}"
        name = self._identity.display_name if caller_name is None else caller_name
        shown = to_text(name) if isinstance(name, bytes) else quote(name) if name is not None else ""
        number = self._identity.user if caller is None else to_text(caller) if isinstance(caller, bytes) else caller
        dialog = Dialog(
            call_id=f"{secrets.token_hex(12)}@{self.address[0]}",
            local=f"{shown} <sip:{number}@{domain}>;tag={new_tag()}".lstrip(),
            remote=f"<{to_uri or uri}>",
            target=uri,
            contact=f"<{self.ua.contact_uri}>",
            fallback=self._server,
        )
        watch = Watch(lambda: self.ua.evidence(dialog.call_id))
        call = OutgoingCall(self.ua, dialog, self._media(watch, rtp=rtp), watch, header_list(headers))
        self.calls.append(call)
        return call

    async def incoming(self, timeout: float = 5.0) -> IncomingCall:
        """Wait for the next call, the oldest that was not yet returned. Raises ExpectationError."""
        await self._watch.until(
            lambda: bool(self._arrived), timeout, expected=f"a call to reach the phone {self._identity.user}"
        )
        return self._arrived.popleft()

    @property
    def waiting_calls(self) -> int:
        """How many calls reached the phone and were not yet returned by `incoming`."""
        return len(self._arrived)

    def _evidence(self) -> str:
        return self.ua.evidence()

    def _media(self, watch: Watch, *, rtp: bool | None) -> MediaSession:
        media = MediaSession(
            self.address[0],
            self.codecs,
            idle_silence=self.rtp if rtp is None else rtp,
            is_deaf=lambda: self.deaf,
            changed=watch.changed,
            claims=self.ua.told[0],
        )
        if self.rtp_from is not None:
            media.sender.restart(self.rtp_from)
        return media

    def _on_request(self, transaction: ServerTransaction) -> None:
        method = transaction.request.method
        if method == "INVITE":
            self._on_invite(transaction)
        elif method == "OPTIONS":
            transaction.respond(200, headers=(ALLOW, SUPPORTED, ("Accept", "application/sdp")))
        elif method == "NOTIFY":
            self.notifies.append(transaction.request)
            transaction.respond(200)
        elif method in {"BYE", "UPDATE", "INFO"}:
            transaction.respond(481)
        else:
            transaction.respond(405, headers=(ALLOW,))

    def _on_invite(self, transaction: ServerTransaction) -> None:
        if len(self._arrived) >= MAX_WAITING_CALLS:
            transaction.respond(503)
            return
        dialog = dialog_of_invite(
            transaction.request, transaction.source, tag=new_tag(), contact=f"<{self.ua.contact_uri}>"
        )
        watch = Watch(lambda: self.ua.evidence(dialog.call_id))
        call = IncomingCall(self.ua, dialog, self._media(watch, rtp=None), watch, transaction)
        self.calls.append(call)
        self._arrived.append(call)
        self._apply_policy(call)
        self._watch.changed()

    def _apply_policy(self, call: IncomingCall) -> None:
        if self.auto_reject is not None:
            call.refuse(self.auto_reject)
        elif self.auto_answer is not None and self.auto_answer <= 0:
            call.accept()
        elif self.auto_answer is not None:
            call.alert(180)
            asyncio.get_running_loop().call_later(self.auto_answer, _accept_if_ringing, call)

    async def _clean_up(self, call: Call) -> None:
        with contextlib.suppress(ExpectationError):
            await call.hang_up(timeout=_CLEAN_UP_S)


def _accept_if_ringing(call: IncomingCall) -> None:
    if call.state is CallState.RINGING:
        call.accept()
