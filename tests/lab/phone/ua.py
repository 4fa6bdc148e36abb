"""The user agent core: what a phone and its calls share (identity, transport, transactions), and who gets a request."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tests.lab.phone import auth
from tests.lab.phone.address import SocketAddress, parse_address, uri_socket
from tests.lab.phone.diagnosis import evidence
from tests.lab.phone.errors import ExpectationError
from tests.lab.phone.layer import TransactionLayer
from tests.lab.phone.message import Header, Request, Response
from tests.lab.phone.transport import UdpTransport
from tests.lab.phone.wire import WireLog

if TYPE_CHECKING:
    from tests.lab.phone.auth import Credentials
    from tests.lab.phone.dialog import Dialog
    from tests.lab.phone.transaction import ClientTransaction, ServerTransaction, Timers

USER_AGENT = ("User-Agent", "vcc-test-phone")
ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, NOTIFY, REFER")
SUPPORTED = ("Supported", "timer, replaces")
_MAX_CHALLENGES = 2  # the second one is for a nonce that had become stale

MakeRequest = Callable[[Iterable[Header]], Request]  # is given more headers; each request has the next number


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who a phone is: its account, what it is called, and the domain in its addresses."""

    user: str
    domain: str
    credentials: Credentials | None = None
    display_name: str | None = None


class Party(Protocol):
    """What the user agent needs of a call."""

    dialog: Dialog
    invite: ServerTransaction | None

    def receive(self, transaction: ServerTransaction) -> None:
        """Take a request in the dialog."""
        ...

    def receive_ack(self, request: Request) -> None:
        """Take the ACK for a 2xx."""
        ...

    def receive_cancel(self, request: Request) -> None:
        """Take a CANCEL of the INVITE that made this call."""
        ...


class Submission:
    """A request that is sent again with credentials when it is challenged.

    `on_response` gets every other response, `on_timeout` is called when none came.
    """

    def __init__(
        self,
        ua: UserAgent,
        make: MakeRequest,
        to: SocketAddress,
        on_response: Callable[[Response], None],
        on_timeout: Callable[[], None],
    ) -> None:
        """Send now."""
        self._ua = ua
        self._make = make
        self._to = to
        self._on_response = on_response
        self._on_timeout = on_timeout
        self._challenges = 0
        self.authorization: tuple[Header, ...] = ()
        self.transaction: ClientTransaction = self._send()

    def _send(self) -> ClientTransaction:
        request = self._make(self.authorization)
        return self._ua.layer.send_request(request, self._to, self._receive, self._on_timeout)

    def _receive(self, response: Response) -> None:
        credentials = self._ua.identity.credentials
        if response.status in auth.CHALLENGES and credentials and self._challenges < _MAX_CHALLENGES:
            request = self.transaction.request
            header = auth.authorization(response, request.method, request.uri, credentials)
            if header is not None:
                self._challenges += 1
                self.authorization = (header,)
                self.transaction = self._send()
                return
        self._on_response(response)


class UserAgent:
    """One SIP endpoint on one port. Requests in dialogs go to their calls, others to `on_request`."""

    def __init__(
        self,
        *,
        identity: Identity,
        server: SocketAddress,
        local: SocketAddress,
        on_request: Callable[[ServerTransaction], None],
        timers: Timers | None = None,
        claims: str | None = None,
    ) -> None:
        """Bind to `local`; `claims`: the URI at which we say that we are. Raises OSError when that port is taken."""
        self.identity = identity
        self.server = server
        self.wire = WireLog()
        self.layer = TransactionLayer(self.wire, self._receive, self._receive_ack, timers)
        self.transport = UdpTransport(local[0], local[1], self.layer.receive, self.wire)
        self.layer.transport = self.transport
        self.claims = claims
        self.layer.told = self.told
        self.calls: dict[tuple[str, str], Party] = {}
        self._on_request = on_request

    @property
    def address(self) -> SocketAddress:
        """Where this phone is."""
        return self.transport.local

    @property
    def contact_uri(self) -> str:
        """The URI at which this phone is reached."""
        host, port = self.address
        return self.claims or f"sip:{self.identity.user}@{host}:{port}"

    @property
    def told(self) -> SocketAddress:
        """Where we say that we are. Raises ValueError for a claim that names no address."""
        if self.claims is None:
            return self.address
        found = uri_socket(self.claims)
        if found is None:
            raise ValueError(f"{self.claims} names no address and port")
        return found

    def evidence(self, call_id: str | None = None) -> str:
        """Likely causes (for one call, when it is named) and the last messages."""
        return evidence(self.wire, call_id)

    def add(self, call: Party) -> None:
        """Let a call have the requests of its dialog."""
        self.calls[call.dialog.call_id, call.dialog.local_tag] = call

    def remove(self, call: Party) -> None:
        """The call has ended: what comes for it now belongs to no dialog."""
        self.calls.pop((call.dialog.call_id, call.dialog.local_tag), None)

    def submit(
        self,
        make: MakeRequest,
        to: SocketAddress,
        on_response: Callable[[Response], None],
        on_timeout: Callable[[], None],
    ) -> Submission:
        """Send a request; see Submission."""
        return Submission(self, make, to, on_response, on_timeout)

    async def exchange(self, make: MakeRequest, to: SocketAddress, timeout: float) -> Response:
        """Send a request other than INVITE and return its final response. Raises ExpectationError after `timeout`."""
        loop = asyncio.get_running_loop()
        final: asyncio.Future[Response | None] = loop.create_future()

        def on_response(response: Response) -> None:
            if response.status >= 200 and not final.done():
                final.set_result(response)

        def on_timeout() -> None:
            if not final.done():
                final.set_result(None)

        submission = self.submit(make, to, on_response, on_timeout)
        method = submission.transaction.request.method
        try:
            async with asyncio.timeout(timeout):
                response = await final
        except TimeoutError:
            response = None
        if response is None:
            submission.transaction.stop()
            raise ExpectationError(f"an answer to {method} within {timeout:g} s", "none came", self.evidence())
        return response

    def close(self) -> None:
        """Stop all timers and free the port."""
        self.layer.close()
        self.transport.close()

    def _receive(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if request.method == "CANCEL":
            self._cancel(transaction)
            return
        tag = parse_address(request.require("To")).tag
        if tag is None:
            self._on_request(transaction)
            return
        call = self.calls.get((request.call_id, tag))
        if call is None:
            transaction.respond(481)
        else:
            call.receive(transaction)

    def _receive_ack(self, request: Request) -> None:
        tag = parse_address(request.require("To")).tag or ""
        call = self.calls.get((request.call_id, tag))
        if call is not None:
            call.receive_ack(request)

    def _cancel(self, transaction: ServerTransaction) -> None:
        invite = self.layer.invite_of(transaction)
        if invite is None:
            transaction.respond(481)
            return
        transaction.to_tag = invite.to_tag
        transaction.respond(200)
        for call in list(self.calls.values()):
            if call.invite is invite:
                call.receive_cancel(transaction.request)


def new_tag() -> str:
    """A tag that names our side of a dialog."""
    return secrets.token_hex(6)
