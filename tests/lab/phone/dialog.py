"""A dialog: the lasting relation of two user agents that a call is (RFC 3261 section 12), and the requests in it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tests.lab.phone.address import SocketAddress, parse_address, split_list, uri_socket
from tests.lab.phone.errors import MalformedError
from tests.lab.phone.message import Header, Message, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable

_WITH_CONTACT = frozenset({"INVITE", "UPDATE", "REFER", "SUBSCRIBE"})


class Dialog:
    """Tags, numbers, target and route of one dialog. `local` and `remote` are whole From/To values, tags included."""

    def __init__(
        self, *, call_id: str, local: str, remote: str, target: str, contact: str, fallback: SocketAddress
    ) -> None:
        """`target` is the request URI to use, `fallback` where to send when target and route name no address."""
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.target = target
        self.contact = contact
        self.routes: list[str] = []
        self.local_seq = secrets.randbelow(10_000) + 1
        self.remote_seq: int | None = None
        self._fallback = fallback

    @property
    def local_tag(self) -> str:
        """Our tag."""
        return parse_address(self.local).tag or ""

    @property
    def remote_tag(self) -> str:
        """The other side's tag; empty before it answered anything."""
        return parse_address(self.remote).tag or ""

    @property
    def next_hop(self) -> SocketAddress:
        """Where the next request goes: the first route, else the target, else the fallback."""
        first = parse_address(self.routes[0]).uri if self.routes else self.target
        return uri_socket(first) or self._fallback

    def request(
        self, method: str, *, headers: Iterable[Header] = (), body: bytes = b"", seq: int | None = None
    ) -> Request:
        """The next request in this dialog, without Via. `seq` is for the ACK, which has the number of its INVITE."""
        if seq is None:
            self.local_seq += 1
            seq = self.local_seq
        contact = [("Contact", self.contact)] if method in _WITH_CONTACT else []
        return Request(
            method=method,
            uri=self.target,
            headers=(
                *(("Route", route) for route in self.routes),
                ("Max-Forwards", "70"),
                ("From", self.local),
                ("To", self.remote),
                ("Call-ID", self.call_id),
                ("CSeq", f"{seq} {method}"),
                *contact,
                *headers,
            ),
            body=body,
        )

    def confirm(self, response: Response) -> None:
        """Learn the other side's tag, route set and target from the response that made the dialog."""
        self.remote = response.require("To")
        routes = [route for text in response.headers_named("Record-Route") for route in split_list(text)]
        self.routes = routes[::-1]
        self.refresh_target(response)

    def refresh_target(self, message: Message) -> None:
        """Take the other side's newest Contact, if it has one, as the target."""
        contact = message.header("Contact")
        if contact:
            self.target = parse_address(split_list(contact)[0]).uri

    def in_order(self, request: Request) -> bool:
        """Whether a request's number is new; remembers it."""
        number = request.cseq[0]
        if self.remote_seq is not None and number <= self.remote_seq:
            return False
        self.remote_seq = number
        return True


def dialog_of_invite(request: Request, source: SocketAddress, *, tag: str, contact: str) -> Dialog:
    """The dialog that an incoming INVITE opens; `tag` is ours. Raises MalformedError when it names no Contact."""
    if request.header("Contact") is None:
        raise MalformedError("the INVITE has no Contact")
    dialog = Dialog(
        call_id=request.call_id,
        local=f"{request.require('To')};tag={tag}",
        remote=request.require("From"),
        target="",
        contact=contact,
        fallback=source,
    )
    dialog.routes = [route for text in request.headers_named("Record-Route") for route in split_list(text)]
    dialog.remote_seq = request.cseq[0]
    dialog.refresh_target(request)
    return dialog
