"""A call at an agent of a phone bank that is not over: what is needed to answer again and to hang up."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.phone.address import parse_address, split_list, uri_socket
from tests.lab.phone.message import Request, response_to, to_bytes

if TYPE_CHECKING:
    import asyncio

    from tests.lab.phone.address import SocketAddress
    from tests.lab.phone.bank_calls import AgentCall

_SDP = (
    "v=0\r\no=- 1 1 IN IP4 {host}\r\ns=call\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 0 101\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
)
_MEDIA = re.compile(rb"^m=audio (\d+)", re.MULTILINE)
_REQUEST = (
    "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{branch}\r\n{routes}"
    "Max-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\nCSeq: {seq} {method}\r\n"
    "{more}Content-Length: 0\r\n\r\n"
)


def session(host: str, port: int) -> bytes:
    """The session description of every call: RTP goes to that port, from which nothing comes."""
    return _SDP.format(host=host, port=port).encode()


@dataclass(kw_only=True, slots=True)
class Leg:
    """One call's dialog. `contact` is the URI of its agent; `last` the last response to the INVITE."""

    call: AgentCall
    invite: Request
    source: SocketAddress
    tag: str
    contact: str
    last: bytes = b""
    timer: asyncio.TimerHandle | None = None

    @property
    def target(self) -> str:
        """The other side's URI. Raises MalformedError when its INVITE had none."""
        return parse_address(split_list(self.invite.require("Contact"))[0]).uri

    @property
    def media_port(self) -> int:
        """Where the other side wants its RTP; 0 if its INVITE does not say."""
        found = _MEDIA.search(self.invite.body)
        return int(found[1]) if found else 0

    @property
    def next_hop(self) -> SocketAddress:
        """Where requests go: the first route, else the target, else where the INVITE came from."""
        route = self.invite.header("Record-Route")
        uri = parse_address(split_list(route)[0]).uri if route else self.target
        return uri_socket(uri) or self.source

    def stop(self) -> None:
        """Whatever was to come by the timer does not."""
        if self.timer is not None:
            self.timer.cancel()

    def response(self, request: Request, status: int, body: bytes = b"") -> bytes:
        """A response to a request of this call."""
        content = (("Content-Type", "application/sdp"),) if body else ()
        allow = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE")
        headers = (("Contact", f"<{self.contact}>"), allow, *content)
        return response_to(request, status, to_tag=self.tag, headers=headers, body=body).encode()

    def bye(self, local: SocketAddress) -> bytes:
        """The BYE that ends this call, sent from `local`."""
        return self._request("BYE", 2, local)

    def refer(self, to: str, local: SocketAddress) -> bytes:
        """The REFER that sends the other side to the number `to`, sent from `local`."""
        who = f"<sip:{to}@{self.source[0]}:{self.source[1]}>"
        more = f"Contact: <{self.contact}>\r\nRefer-To: {who}\r\nReferred-By: <{self.contact}>\r\n"
        return self._request("REFER", 1, local, more)

    def _request(self, method: str, seq: int, local: SocketAddress, more: str = "") -> bytes:
        invite = self.invite
        routes = [route for text in invite.headers_named("Record-Route") for route in split_list(text)]
        text = _REQUEST.format(
            method=method,
            seq=seq,
            more=more,
            target=self.target,
            host=local[0],
            port=local[1],
            branch=secrets.token_hex(8),
            routes="".join(f"Route: {route}\r\n" for route in routes),
            local=f"{invite.require('To')};tag={self.tag}",
            remote=invite.require("From"),
            call_id=invite.call_id,
        )
        return to_bytes(text)
