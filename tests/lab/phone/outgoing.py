"""A call that the phone makes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.lab.phone.call import Call
from tests.lab.phone.sdp import CONTENT_TYPE
from tests.lab.phone.states import CallState, EndedBy
from tests.lab.phone.ua import ALLOW, SUPPORTED, USER_AGENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.lab.phone.dialog import Dialog
    from tests.lab.phone.media import MediaSession
    from tests.lab.phone.message import Header, Request, Response
    from tests.lab.phone.ua import UserAgent
    from tests.lab.phone.waiting import Watch

_RINGING = 180
_CANCELLED = 487


class OutgoingCall(Call):
    """Sends its INVITE when made. `provisional` has every response before the final one, in order."""

    def __init__(
        self, ua: UserAgent, dialog: Dialog, media: MediaSession, watch: Watch, headers: tuple[Header, ...]
    ) -> None:
        """Made by Phone.dial."""
        super().__init__(ua, dialog, media, watch, CallState.CALLING)
        self.provisional: list[Response] = []
        self.final: Response | None = None
        self._headers = headers
        self._offer = media.offer()
        self._cancel: tuple[Header, ...] | None = None
        self._cancel_sent = False
        self._submission = ua.submit(self._make, ua.server, self._on_response, self._on_timeout)

    async def rings(self, timeout: float = 5.0) -> None:
        """Wait for a 180 Ringing. Raises ExpectationError, at once when the call ends instead."""
        await self.watch.until(
            lambda: self.ringing_at is not None,
            timeout,
            expected="a 180 Ringing",
            found=lambda: f"provisional responses were {[response.status for response in self.provisional]}",
            hopeless=lambda: self.how_it_ended() if self.has_ended else None,
        )

    async def refused(self, timeout: float = 5.0) -> int:
        """Wait until the call ends without being answered, and return the final SIP status. Raises ExpectationError."""
        await self.watch.until(
            lambda: self.has_ended and self.answered_at is None,
            timeout,
            expected="the call to be refused",
            found=lambda: f"its state is {self.state}",
            hopeless=lambda: "it was answered" if self.answered_at is not None else None,
        )
        return self.status or 0

    def give_up(self, headers: tuple[Header, ...]) -> None:
        """CANCEL, as soon as there is a provisional response, for before it must not be sent."""
        self._cancel = headers
        if self._submission.transaction.proceeding:
            self._send_cancel()

    def _make(self, more: Iterable[Header]) -> Request:
        content = (("Content-Type", CONTENT_TYPE),)
        headers = (USER_AGENT, ALLOW, SUPPORTED, *self._headers, *content, *more)
        return self.dialog.request("INVITE", headers=headers, body=self._offer)

    def _on_response(self, response: Response) -> None:
        if self.has_ended:
            self._on_late_response(response)
        elif response.status < 200:
            self._on_provisional(response)
        elif response.status < 300:
            self._on_answer(response)
        else:
            self._on_refusal(response)
        self.watch.changed()

    def _on_provisional(self, response: Response) -> None:
        self.provisional.append(response)
        if response.status > 100:
            self.state = CallState.RINGING
            if response.header("Contact"):
                self.dialog.confirm(response)
        if response.status == _RINGING and self.ringing_at is None:
            self.ringing_at = time.monotonic()
        if response.body:
            self.media.take_answer(response.body)
        if self._cancel is not None:
            self._send_cancel()

    def _on_answer(self, response: Response) -> None:
        if self.final is None:
            self.final = response
            self.status = response.status
            self.dialog.confirm(response)
            self.talk()
            self.acknowledge(self._submission, response)
            if self._cancel is not None:  # it was answered before the CANCEL arrived
                self.send_bye(self._cancel)
        else:
            self.acknowledge(self._submission, response)

    def _on_refusal(self, response: Response) -> None:
        self.final = response
        self.status = response.status
        cancelled = self._cancel is not None and response.status == _CANCELLED
        self.end(EndedBy.CANCELLED if cancelled else EndedBy.REFUSED, response.header("Reason"))

    def _on_late_response(self, response: Response) -> None:
        """The 2xx of a call that has ended here: acknowledged, lest it be resent."""
        if 200 <= response.status < 300:
            self.acknowledge(self._submission, response)

    def _on_timeout(self) -> None:
        self.end(EndedBy.FAILED, "the INVITE was not answered")

    def _send_cancel(self) -> None:
        if not self._cancel_sent:
            self._cancel_sent = True
            self.ua.layer.send_cancel(self._submission.transaction, self._cancel or (), lambda: None)
