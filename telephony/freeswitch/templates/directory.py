"""The directory: the phones' accounts. Passwords stand in it as digests only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from telephony.freeswitch.templates import words
from telephony.freeswitch.templates.document import Element, child, params, written
from telephony.freeswitch.templates.words import inert
from telephony.values import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGEST = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A phone's SIP account. `digest` is the MD5 of `name:REALM:password`, in lower-case hex."""

    name: str
    digest: str
    transport: str = "any"
    srtp: bool = False


def text(accounts: Iterable[Account], transports: Iterable[str]) -> str:
    """The file: a domain for each of the `transports` by which phones may come in, and the accounts in it."""
    accounts = list(accounts)
    root = Element("include")
    for transport in transports:
        groups = child(child(root, "domain", name=words.phone_profile(transport)), "groups")
        users = child(child(groups, "group", name="phones"), "users")
        for account in accounts:
            if account.transport == transport:
                _user(users, account)
    return written(root)


def _user(users: Element, account: Account) -> None:
    name = inert(account.name, "phone")
    if not _DIGEST.fullmatch(account.digest):
        raise RenderError(f"phone {name}: the password's digest is not 32 hexadecimal digits")
    user = child(users, "user", id=name)
    params(child(user, "params"), [("a1-hash", account.digest)])
    variables = [(words.PHONE_VARIABLE, name), *([words.SECURE_MEDIA] if account.srtp else [])]
    params(child(user, "variables"), variables, tag="variable")
