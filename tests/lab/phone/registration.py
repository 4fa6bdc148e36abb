"""Registering at a switch, and again before the registration runs out."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

from tests.lab.phone.address import parameters, split_list
from tests.lab.phone.errors import PhoneError
from tests.lab.phone.message import Header, Request, Response
from tests.lab.phone.ua import ALLOW, USER_AGENT, UserAgent, new_tag
from tests.lab.phone.waiting import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

_REFRESH_AT = 0.8  # of the time granted


class Registration:
    """The binding of one account to this phone's contact."""

    def __init__(self, ua: UserAgent) -> None:
        """Not registered yet."""
        self.active = False
        self.granted_s = 0
        self._ua = ua
        self._call_id = secrets.token_hex(12)
        self._tag = new_tag()
        self._seq = 0
        self.watch = Watch(ua.evidence)
        self._keeper: asyncio.Task[None] | None = None

    async def register(self, expires: int, timeout: float, *, refresh: bool) -> None:
        """Register; with `refresh` a task does it again in time. Raises ExpectationError when refused."""
        response = await self._send(expires, timeout)
        if response.status != 200:
            raise self._refused(f"{self._ua.identity.user} to be registered", response)
        self.granted_s = _granted(response, self._ua.contact_uri, expires)
        self.active = expires > 0
        self.stop()
        if refresh and self.granted_s > 0:
            self._keeper = asyncio.create_task(self._keep(expires, timeout), name="phone registration")

    async def unregister(self, timeout: float) -> None:
        """Take the contact back. Raises ExpectationError when refused."""
        self.stop()
        response = await self._send(0, timeout)
        if response.status != 200:
            raise self._refused(f"{self._ua.identity.user} to be unregistered", response)
        self.active = False

    def stop(self) -> None:
        """No more refreshes."""
        if self._keeper is not None and self._keeper is not asyncio.current_task():
            self._keeper.cancel()

    async def _keep(self, expires: int, timeout: float) -> None:
        while True:
            await asyncio.sleep(_REFRESH_AT * self.granted_s)
            try:
                response = await self._send(expires, timeout)
            except PhoneError as error:
                self._ua.wire.note(f"the registration was not refreshed: {error.args[0].partition(chr(10))[0]}")
                continue
            if response.status != 200:
                self._ua.wire.note(f"the registration was not refreshed: {response.start_line}")
            self.watch.changed()

    async def _send(self, expires: int, timeout: float) -> Response:
        return await self._ua.exchange(lambda more: self._request(expires, more), self._ua.server, timeout)

    def _request(self, expires: int, more: Iterable[Header]) -> Request:
        identity = self._ua.identity
        address = f"<sip:{identity.user}@{identity.domain}>"
        self._seq += 1
        return Request(
            method="REGISTER",
            uri=f"sip:{identity.domain}",
            headers=(
                ("Max-Forwards", "70"),
                ("From", f"{address};tag={self._tag}"),
                ("To", address),
                ("Call-ID", self._call_id),
                ("CSeq", f"{self._seq} REGISTER"),
                ("Contact", f"<{self._ua.contact_uri}>"),
                ("Expires", str(expires)),
                USER_AGENT,
                ALLOW,
                *more,
            ),
        )

    def _refused(self, expected: str, response: Response) -> PhoneError:
        return self.watch.failed(expected, f"the answer was {response.start_line}")


def _granted(response: Response, contact_uri: str, asked: int) -> int:
    """The seconds that the registrar granted to our contact."""
    for text in response.headers_named("Contact"):
        for value in split_list(text):
            expires = parameters(value.rpartition(">")[2]).get("expires", "")
            if f"<{contact_uri}>" in value and expires.isdigit():
                return int(expires)
    expires = response.header("Expires") or ""
    return int(expires) if expires.isdigit() else asked
