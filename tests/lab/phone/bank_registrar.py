"""Registers many accounts over one port, a few at a time."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.phone import auth
from tests.lab.phone.auth import Credentials
from tests.lab.phone.message import Header, Request, Response

if TYPE_CHECKING:
    from tests.lab.phone.address import SocketAddress
    from tests.lab.phone.bank_calls import Resender
    from tests.lab.phone.waiting import Watch

_AT_ONCE = 20
_CHALLENGES = 2  # the second is for a nonce that had become stale


@dataclass(kw_only=True, slots=True)
class _Binding:
    user: str
    call_id: str
    expires: int
    seq: int = 0
    request: Request | None = None
    final: Response | None = None


class BankRegistrar:
    """REGISTER for each account, with credentials when challenged."""

    def __init__(self, resender: Resender, server: SocketAddress, local: SocketAddress, password: str | None) -> None:
        """All accounts have the same password."""
        self._resender = resender
        self._server = server
        self._local = local
        self._password = password
        self._bindings: dict[str, _Binding] = {}
        self._watch: Watch | None = None

    async def register(self, users: list[str], expires: int, timeout: float, watch: Watch) -> None:
        """Register all, or raise ExpectationError with the first that was refused or not answered in time."""
        self._watch = watch
        bindings = [_Binding(user=user, call_id=secrets.token_hex(8), expires=expires) for user in users]
        end = asyncio.get_running_loop().time() + timeout
        for start in range(0, len(bindings), _AT_ONCE):
            part = bindings[start : start + _AT_ONCE]
            for binding in part:
                self._bindings[binding.call_id] = binding
                self._send(binding, ())
            left = max(0.1, end - asyncio.get_running_loop().time())
            await watch.until(self._all_answered, left, expected=f"{len(users)} accounts to be registered")
            self._check(part, watch)

    def receive(self, response: Response) -> None:
        """Take a final response."""
        binding = self._bindings.get(response.call_id)
        if binding is None or binding.request is None or binding.final is not None:
            return
        if not self._resender.answered(f"REGISTER {binding.call_id} {response.cseq[0]}"):
            return
        if response.status in auth.CHALLENGES and self._password is not None and binding.seq < _CHALLENGES + 1:
            credentials = Credentials(user=binding.user, password=self._password)
            header = auth.authorization(response, "REGISTER", binding.request.uri, credentials)
            if header is not None:
                self._send(binding, (header,))
                return
        self._finish(binding, response)

    def _all_answered(self) -> bool:
        return all(binding.final for binding in self._bindings.values())

    def _send(self, binding: _Binding, headers: tuple[Header, ...]) -> None:
        host, port = self._local
        domain = self._server[0]
        address = f"<sip:{binding.user}@{domain}>"
        binding.seq += 1
        binding.request = Request(
            method="REGISTER",
            uri=f"sip:{domain}",
            headers=(
                ("Via", f"SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{secrets.token_hex(8)}"),
                ("Max-Forwards", "70"),
                ("From", f"{address};tag={binding.call_id}"),
                ("To", address),
                ("Call-ID", binding.call_id),
                ("CSeq", f"{binding.seq} REGISTER"),
                ("Contact", f"<sip:{binding.user}@{host}:{port}>"),
                ("Expires", str(binding.expires)),
                *headers,
            ),
        )
        self._resender.send(
            f"REGISTER {binding.call_id} {binding.seq}",
            binding.request.encode(),
            self._server,
            lambda: self._finish(binding, Response(status=408, reason="no answer", headers=())),
        )

    def _finish(self, binding: _Binding, response: Response) -> None:
        binding.final = response
        if self._watch is not None:
            self._watch.changed()

    def _check(self, bindings: list[_Binding], watch: Watch) -> None:
        for binding in bindings:
            del self._bindings[binding.call_id]
            if binding.final is not None and binding.final.status != 200:
                raise watch.failed(f"{binding.user} to be registered", f"the answer was {binding.final.start_line}")
