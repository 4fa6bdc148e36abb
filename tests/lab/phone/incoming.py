"""A call that reaches the phone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.lab.phone.address import NameAddress, parse_address
from tests.lab.phone.call import Call
from tests.lab.phone.errors import MisuseError
from tests.lab.phone.message import HeadersLike, Request, header_list
from tests.lab.phone.sdp import CONTENT_TYPE
from tests.lab.phone.states import CallState, EndedBy
from tests.lab.phone.ua import ALLOW, SUPPORTED

if TYPE_CHECKING:
    from tests.lab.phone.dialog import Dialog
    from tests.lab.phone.media import MediaSession
    from tests.lab.phone.message import Header
    from tests.lab.phone.transaction import ServerTransaction
    from tests.lab.phone.ua import UserAgent
    from tests.lab.phone.waiting import Watch


class IncomingCall(Call):
    """An INVITE that arrived at `began_at`. `request` has all its headers."""

    def __init__(
        self, ua: UserAgent, dialog: Dialog, media: MediaSession, watch: Watch, transaction: ServerTransaction
    ) -> None:
        """Made by a phone for each INVITE; answers 100 at once."""
        super().__init__(ua, dialog, media, watch, CallState.RINGING)
        self.invite = transaction
        self.request: Request = transaction.request
        self.cancelled_at: float | None = None
        self._transaction = transaction
        self._answer: bytes | None = None
        self._bye: tuple[Header, ...] | None = None
        transaction.to_tag = dialog.local_tag
        transaction.on_unacknowledged = self._unacknowledged
        transaction.respond(100)

    @property
    def arrived_at(self) -> float:
        """When the INVITE arrived, time.monotonic()."""
        return self.began_at

    @property
    def caller(self) -> NameAddress:
        """The From header: `display` is the caller's name, `user` the number."""
        return parse_address(self.request.require("From"))

    def header(self, name: str) -> str | None:
        """A header of the INVITE, such as Alert-Info or P-Asserted-Identity."""
        return self.request.header(name)

    async def ring(self, *, headers: HeadersLike | None = None) -> None:
        """Say that the phone rings (180)."""
        self.alert(180, header_list(headers))

    async def progress(self) -> None:
        """Open the media before answering (183 with an answer): early media."""
        self.alert(183, (("Content-Type", CONTENT_TYPE),), self._negotiate())

    async def answer(self, *, timeout: float = 5.0) -> None:
        """Answer (200) and wait for the ACK. Raises ExpectationError, at once when the caller gives up instead."""
        self.accept()
        await self.answered(timeout)

    async def reject(self, status: int = 486, *, headers: HeadersLike | None = None) -> None:
        """Refuse the call with a final status."""
        self._require_unanswered()
        self.refuse(status, header_list(headers))

    async def cancelled(self, timeout: float = 5.0) -> str | None:
        """Wait until the caller gives up, and return the CANCEL's Reason header. Raises ExpectationError."""
        await self.watch.until(
            lambda: self.cancelled_at is not None,
            timeout,
            expected="a CANCEL",
            found=lambda: f"the call's state is {self.state}",
            hopeless=lambda: self.how_it_ended() if self.has_ended else None,
        )
        return self.bye_reason

    def alert(self, status: int, headers: tuple[Header, ...] = (), body: bytes = b"") -> None:
        """Send a provisional response."""
        self._require_unanswered()
        if self.ringing_at is None:
            self.ringing_at = time.monotonic()
        own = (("Contact", self.dialog.contact), ALLOW)
        self._transaction.respond(status, headers=(*own, *headers), body=body)

    def accept(self) -> None:
        """Send 200 with an answer, or with an offer when the INVITE had none."""
        self._require_unanswered()
        body = self._negotiate()
        timer = self.session_timer.adopt(self.request, we_asked=False)
        own = (("Contact", self.dialog.contact), ALLOW, SUPPORTED, ("Content-Type", CONTENT_TYPE), *timer)
        self.state = CallState.ANSWERING
        self.status = 200
        self.unacknowledged[self.request.cseq[0]] = self._transaction
        self._transaction.respond(200, headers=own, body=body)

    def refuse(self, status: int, headers: tuple[Header, ...] = ()) -> None:
        """Send a final refusal."""
        self._transaction.respond(status, headers=headers)
        self.status = status
        self.end(EndedBy.REFUSED)

    def give_up(self, headers: tuple[Header, ...]) -> None:
        """Decline a ringing call; a call whose ACK has not come yet gets its BYE after that."""
        if self.state is CallState.ANSWERING:
            self._bye = headers
        else:
            self.refuse(603, headers)

    def talk(self) -> None:
        """The ACK has come."""
        super().talk()
        if self._bye is not None:
            self.send_bye(self._bye)

    def receive_cancel(self, request: Request) -> None:
        """The caller gave up; a CANCEL that comes after our 200 has no effect."""
        if self.state is CallState.RINGING:
            self.cancelled_at = time.monotonic()
            self.status = 487
            self._transaction.respond(487)
            self.end(EndedBy.CANCELLED, request.header("Reason"))

    def _negotiate(self) -> bytes:
        """Our side of the session description: an answer (the same each time), or an offer."""
        if self._answer is None:
            body = self.request.body
            answer = self.media.answer(body) if body else self.media.offer()
            if answer is None:
                self.refuse(488)
                raise self.watch.failed("an INVITE with a codec that we have", "it had none and was refused with 488")
            self._answer = answer
        return self._answer

    def _require_unanswered(self) -> None:
        if self.state is not CallState.RINGING:
            raise MisuseError(
                f"only a ringing call can be answered or refused; it is {self.state}: {self.how_it_ended()}"
            )

    def _unacknowledged(self) -> None:
        if not self.has_ended:
            self.send_bye(by=EndedBy.FAILED)
