"""Digest authentication, the client's side (RFC 8760: MD5 and SHA-256; RFC 7616 for how the digest is made)."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.lab.phone.message import Header, Response, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_ANSWER_TO = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
CHALLENGES = frozenset(_ANSWER_TO)


def _md5(text: str) -> str:
    return hashlib.md5(to_bytes(text), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(to_bytes(text)).hexdigest()


_ALGORITHMS: dict[str, Callable[[str], str]] = {"SHA-256": _sha256, "MD5": _md5}  # the strongest first


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Who we are to a challenging server."""

    user: str
    password: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenge:
    """One WWW-Authenticate or Proxy-Authenticate header."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    opaque: str | None = None
    qop: str | None = None  # "auth" when offered; other kinds are not supported
    stale: bool = False


def parse_challenge(text: str) -> Challenge | None:
    """Read one challenge; None when it is no Digest or of an algorithm that we do not know."""
    scheme, _, rest = text.strip().partition(" ")
    fields = {m[1].lower(): m[2] if m[3] is None else m[3] for m in _PAIR.finditer(rest)}
    algorithm = fields.get("algorithm", "MD5").upper()
    if scheme.lower() != "digest" or algorithm not in _ALGORITHMS or "nonce" not in fields:
        return None
    offered = [kind.strip() for kind in fields.get("qop", "").split(",")]
    return Challenge(
        realm=fields.get("realm", ""),
        nonce=fields["nonce"],
        algorithm=algorithm,
        opaque=fields.get("opaque"),
        qop="auth" if "auth" in offered else None,
        stale=fields.get("stale", "").lower() == "true",
    )


def authorization(response: Response, method: str, uri: str, credentials: Credentials) -> Header | None:
    """The header that answers a 401 or 407 by its strongest challenge; None when there is none that we can answer."""
    asked, answered = _ANSWER_TO[response.status]
    challenges = [c for text in response.headers_named(asked) if (c := parse_challenge(text)) is not None]
    for algorithm in _ALGORITHMS:
        for challenge in challenges:
            if challenge.algorithm == algorithm:
                return answered, answer(challenge, method, uri, credentials, cnonce=secrets.token_hex(8))
    return None


def answer(challenge: Challenge, method: str, uri: str, credentials: Credentials, *, cnonce: str) -> str:
    """The value of an Authorization header for `method` and `uri`; one use per nonce, so the count is always 1."""
    digest = _ALGORITHMS[challenge.algorithm]
    ha1 = digest(f"{credentials.user}:{challenge.realm}:{credentials.password}")
    ha2 = digest(f"{method}:{uri}")
    fields = [
        f'username="{credentials.user}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.qop:
        proof = digest(f"{ha1}:{challenge.nonce}:00000001:{cnonce}:{challenge.qop}:{ha2}")
        fields += [f"qop={challenge.qop}", "nc=00000001", f'cnonce="{cnonce}"']
    else:
        proof = digest(f"{ha1}:{challenge.nonce}:{ha2}")
    fields.append(f'response="{proof}"')
    if challenge.opaque is not None:
        fields.append(f'opaque="{challenge.opaque}"')
    return "Digest " + ", ".join(fields)
