"""A carrier as a switch sees it: calls go out to it, and where it has accounts, the switch registers with it."""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import TYPE_CHECKING, Any

from tests.lab.phone.auth import Challenge, Credentials, answer
from tests.lab.phone.phone import Phone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.lab.phone.transaction import ServerTransaction

_PARAMETER = re.compile(r'(\w+)="?([^",]*)"?')
_EXPIRES_S = 60


class Carrier(Phone):
    """Answers REGISTER of its `accounts` (user: password) after a digest challenge of `realm`; else as a phone."""

    def __init__(self, user: str, *, realm: str = "", accounts: Mapping[str, str] | None = None, **more: Any) -> None:
        """`more`: as for any phone."""
        super().__init__(user, **more)
        self._realm, self._accounts = realm, dict(accounts or {})
        self._nonce = secrets.token_hex(8)
        self.registered = asyncio.Event()
        self.refused = asyncio.Event()

    def _on_request(self, transaction: ServerTransaction) -> None:
        if transaction.request.method == "REGISTER" and self._accounts:
            self._register(transaction)
        else:
            super()._on_request(transaction)

    def _register(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        given = dict(_PARAMETER.findall(request.header("Authorization") or ""))
        if not given or given.get("nonce") != self._nonce:
            challenge = f'Digest realm="{self._realm}", nonce="{self._nonce}", algorithm=MD5'
            transaction.respond(401, headers=(("WWW-Authenticate", challenge),))
            return
        user = given.get("username", "")
        if user in self._accounts and given.get("response") == self._expected(user, given.get("uri", "")):
            self.registered.set()
            contact = request.header("Contact") or ""
            transaction.respond(200, headers=(("Contact", contact), ("Expires", str(_EXPIRES_S))))
        else:
            self.refused.set()
            transaction.respond(403)

    def _expected(self, user: str, uri: str) -> str:
        credentials = Credentials(user=user, password=self._accounts[user])
        challenge = Challenge(realm=self._realm, nonce=self._nonce)
        expected: str = dict(_PARAMETER.findall(answer(challenge, "REGISTER", uri, credentials, cnonce="")))["response"]
        return expected
