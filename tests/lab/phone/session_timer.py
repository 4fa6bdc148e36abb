"""Session timers (RFC 4028): who refreshes a call, and what happens when nobody does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.lab.phone.address import parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.phone.message import Header, Message

HEADER = "Session-Expires"


class SessionTimer:
    """Adopts what each (re-)INVITE or UPDATE agrees; refreshes at half of the time, or ends a call not refreshed."""

    def __init__(self, refresh: Callable[[tuple[Header, ...]], None], expired: Callable[[], None]) -> None:
        """`refresh` sends a refresh with the given headers; `expired` ends the call."""
        self.expires_s: int | None = None
        self.we_refresh = False
        self._refresh = refresh
        self._expired = expired
        self._timer: asyncio.TimerHandle | None = None

    def adopt(self, message: Message, *, we_asked: bool) -> tuple[Header, ...]:
        """Take Session-Expires from a request of theirs or a 2xx of theirs; returns the headers for our 2xx."""
        agreed = _expires(message)
        self.stop()
        self.expires_s = agreed[0] if agreed else None
        if agreed is None:
            return ()
        seconds, refresher = agreed
        refresher = refresher or "uac"
        self.we_refresh = refresher == ("uac" if we_asked else "uas")
        loop = asyncio.get_running_loop()
        if self.we_refresh:
            headers = ((HEADER, f"{seconds};refresher=uac"),)  # in the refresh it is we who ask
            self._timer = loop.call_later(seconds / 2, self._refresh, headers)
        else:
            self._timer = loop.call_later(seconds - min(32, seconds / 3), self._expired)
        require = (("Require", "timer"),) if refresher == "uac" else ()
        return ((HEADER, f"{seconds};refresher={refresher}"), *require)

    def stop(self) -> None:
        """The call has ended."""
        if self._timer is not None:
            self._timer.cancel()


def _expires(message: Message) -> tuple[int, str] | None:
    text = message.header(HEADER)
    if text is None:
        return None
    seconds = text.partition(";")[0].strip()
    if not seconds.isdigit():
        return None
    return max(1, int(seconds)), parameters(text).get("refresher", "")
