"""What outgoing and incoming calls have in common: ending, changing the media, transferring. States: see `states`."""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.lab.phone import indialog
from tests.lab.phone.errors import MisuseError
from tests.lab.phone.listening import CallAudio
from tests.lab.phone.message import Header, HeadersLike, Request, Response, header_list
from tests.lab.phone.sdp import CONTENT_TYPE, Direction
from tests.lab.phone.session_timer import SessionTimer
from tests.lab.phone.states import CallState, EndedBy
from tests.lab.phone.ua import SUPPORTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.phone.dialog import Dialog
    from tests.lab.phone.media import MediaSession
    from tests.lab.phone.transaction import ServerTransaction
    from tests.lab.phone.ua import Submission, UserAgent
    from tests.lab.phone.waiting import Watch

DEFAULT_TIMEOUT = 5.0
_GLARE_TRIES = 3
_REQUEST_PENDING = 491


class Call(CallAudio):
    """One call. Times are time.monotonic() seconds, None until the thing happened."""

    def __init__(self, ua: UserAgent, dialog: Dialog, media: MediaSession, watch: Watch, state: CallState) -> None:
        """Made by a phone."""
        super().__init__(media, watch)
        self.dialog = dialog
        self.state = state
        self.began_at = time.monotonic()
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.status: int | None = None
        self.ended_by: EndedBy | None = None
        self.bye_reason: str | None = None
        self.infos: list[Request] = []
        self.notifies: list[Request] = []
        self.changes: list[Request] = []
        self.invite: ServerTransaction | None = None
        self.unacknowledged: dict[int, ServerTransaction] = {}
        self.changing = False
        self._leaving = False
        self.session_timer = SessionTimer(self._refresh, self._session_expired)
        self.ua = ua
        ua.add(self)

    @property
    def has_ended(self) -> bool:
        """Whether the call is over, however it ended."""
        return self.state is CallState.ENDED

    @property
    def on_hold(self) -> bool:
        """Whether the other side has put us on hold: it does not want to hear us."""
        agreed = self.media.agreed
        return agreed is not None and self.media.wish.sends and not agreed.direction.sends

    def how_it_ended(self) -> str:
        """One sentence for a failed expectation."""
        status = f", status {self.status}" if self.status else ""
        reason = f", Reason {self.bye_reason}" if self.bye_reason else ""
        return f"the call ended ({self.ended_by}{status}{reason})"

    async def answered(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Wait until both sides talk. Raises ExpectationError, at once when the call ends instead."""
        await self.watch.until(
            lambda: self.answered_at is not None,
            timeout,
            expected="the call to be answered",
            found=lambda: f"its state is {self.state}",
            hopeless=lambda: self.how_it_ended() if self.has_ended else None,
        )

    async def ended(self, timeout: float = DEFAULT_TIMEOUT) -> EndedBy:
        """Wait until the call is over and tell by whom. Raises ExpectationError."""
        await self.watch.until(
            lambda: self.has_ended, timeout, expected="the call to end", found=lambda: f"its state is {self.state}"
        )
        assert self.ended_by is not None
        return self.ended_by

    async def hang_up(self, *, headers: HeadersLike | None = None, timeout: float = DEFAULT_TIMEOUT) -> None:
        """End the call from whatever state it is in (BYE, CANCEL or a refusal) and wait until that is acknowledged."""
        if not self.has_ended and not self._leaving:
            self._leaving = True
            extra = header_list(headers)
            if self.state is CallState.TALKING:
                self.send_bye(extra)
            else:
                self.give_up(extra)
        await self.ended(timeout)

    async def hold(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Put the other side on hold, as a phone's hold key does. Raises ExpectationError when it refuses."""
        await self.change_media(Direction.SENDONLY, timeout=timeout)

    async def unhold(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Take the other side back. Raises ExpectationError when it refuses."""
        await self.change_media(Direction.SENDRECV, timeout=timeout)

    async def change_media(self, wish: Direction, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Send a re-INVITE with a new direction. Raises MisuseError, ExpectationError."""
        for attempt in range(_GLARE_TRIES):
            response = await self._reinvite(wish, timeout)
            if response.status != _REQUEST_PENDING:
                break
            await asyncio.sleep(
                random.uniform(0.1, 0.5) * (attempt + 1)
            )  # both sides changed it at once: RFC 3261 14.1
        if response.status >= 300:
            raise self.watch.failed(f"a re-INVITE ({wish}) to be accepted", f"it got {response.start_line}")

    async def transfer(
        self, target: str, *, replaces: Call | None = None, timeout: float = DEFAULT_TIMEOUT
    ) -> Response:
        """Ask the other side to call `target` (a number or a URI): REFER, and return its answer, normally 202.

        With `replaces`, a call of ours with the target, it is an attended transfer. Progress comes as `notifies`.
        """
        uri = target if target.startswith("sip:") else f"sip:{target}@{self.ua.identity.domain}"
        if replaces is not None:
            other = replaces.dialog
            value = f"{other.call_id};to-tag={other.remote_tag};from-tag={other.local_tag}"
            uri += f"?Replaces={quote(value, safe='')}"
        extra = (("Refer-To", f"<{uri}>"), ("Referred-By", f"<{self.ua.contact_uri}>"))
        return await self.ask("REFER", headers=extra, timeout=timeout)

    async def transferred(self, timeout: float = DEFAULT_TIMEOUT) -> int:
        """Wait for the final status of a transfer, told by NOTIFY (message/sipfrag). Raises ExpectationError."""
        await self.watch.until(
            lambda: indialog.transfer_status(self.notifies) >= 200,
            timeout,
            expected="a NOTIFY with the transfer's final status",
            found=lambda: f"the last one told {indialog.transfer_status(self.notifies)}",
        )
        return indialog.transfer_status(self.notifies)

    async def ask(
        self,
        method: str,
        *,
        headers: HeadersLike | None = None,
        body: bytes = b"",
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Response:
        """Send any other request in the dialog (INFO, UPDATE, OPTIONS, …) and return its final response."""
        extra = header_list(headers)
        return await self.ua.exchange(
            lambda more: self.dialog.request(method, headers=(*extra, *more), body=body),
            self.dialog.next_hop,
            timeout,
        )

    def receive(self, transaction: ServerTransaction) -> None:
        """Take a request in the dialog."""
        indialog.receive(self, transaction)

    def receive_ack(self, request: Request) -> None:
        """Take the ACK for a 2xx of ours, which may bring the answer to an offer in that 2xx."""
        transaction = self.unacknowledged.pop(request.cseq[0], None)
        if transaction is None:
            return
        transaction.acknowledged()
        if request.body:
            self.media.take_answer(request.body)
        if self.state is CallState.ANSWERING:
            self.talk()

    def receive_cancel(self, request: Request) -> None:
        """Only an incoming call that is not yet answered can be cancelled."""

    def talk(self) -> None:
        """Both sides agree that the call is answered."""
        self.state = CallState.TALKING
        self.answered_at = time.monotonic()
        self.watch.changed()

    def end(self, by: EndedBy, reason: str | None = None) -> None:
        """The call is over; media stop, what was heard stays."""
        if self.has_ended:
            return
        self.state = CallState.ENDED
        self.ended_by = by
        self.ended_at = time.monotonic()
        self.bye_reason = reason
        self.session_timer.stop()
        self.media.close()
        self.ua.remove(self)
        self.watch.changed()

    def send_bye(self, headers: Iterable[Header] = (), by: EndedBy = EndedBy.US) -> None:
        """Send BYE; the call ends when it is answered, or never is."""
        extra = tuple(headers)

        def on_response(response: Response) -> None:
            if response.status >= 200:
                self.end(by)

        self.ua.submit(
            lambda more: self.dialog.request("BYE", headers=(*extra, *more)),
            self.dialog.next_hop,
            on_response,
            lambda: self.end(EndedBy.FAILED, "the BYE was not answered"),
        )

    def give_up(self, headers: tuple[Header, ...]) -> None:
        """End a call that is not yet answered."""
        raise NotImplementedError

    async def _reinvite(self, wish: Direction, timeout: float) -> Response:
        if self.state is not CallState.TALKING or self.changing:
            raise MisuseError(
                f"media can be changed in a call that is talking, one change at a time; it is {self.state}"
            )
        self.changing = True
        before, offer = self.media.wish, self.media.offer(wish)
        final: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()
        submission: Submission

        def make(more: Iterable[Header]) -> Request:
            headers = (SUPPORTED, ("Content-Type", CONTENT_TYPE), *more)
            return self.dialog.request("INVITE", headers=headers, body=offer)

        def on_response(response: Response) -> None:
            if 200 <= response.status < 300:
                self.acknowledge(submission, response)
            if response.status >= 200 and not final.done():
                final.set_result(response)

        submission = self.ua.submit(
            make, self.dialog.next_hop, on_response, lambda: None if final.done() else final.set_result(None)
        )
        try:
            async with asyncio.timeout(timeout):
                response = await final
        except TimeoutError:
            response = None
        finally:
            self.changing = False
        if response is None:
            raise self.watch.failed(f"a re-INVITE to be answered within {timeout:g} s", "it was not")
        if response.status >= 300:
            self.media.wish = before
        return response

    def acknowledge(self, submission: Submission, response: Response) -> None:
        """Send the ACK for a 2xx to an INVITE of ours and adopt its answer; done again when the 2xx comes again."""
        self.dialog.refresh_target(response)
        seq = submission.transaction.request.cseq[0]
        ack = self.dialog.request("ACK", headers=submission.authorization, seq=seq)
        self.ua.layer.send_ack(ack, self.dialog.next_hop)
        if response.body:
            self.media.take_answer(response.body)
        self.session_timer.adopt(response, we_asked=True)

    def _refresh(self, headers: tuple[Header, ...]) -> None:
        def on_response(response: Response) -> None:
            if response.status >= 200:
                self.session_timer.adopt(response, we_asked=True)

        self.ua.submit(
            lambda more: self.dialog.request("UPDATE", headers=(SUPPORTED, *headers, *more)),
            self.dialog.next_hop,
            on_response,
            self._session_expired,
        )

    def _session_expired(self) -> None:
        if self.state is CallState.TALKING:
            self.ua.wire.note("the session timer ran out: nobody refreshed the call")
            self.send_bye((("Reason", 'SIP;cause=408;text="Session expired"'),), by=EndedBy.FAILED)
