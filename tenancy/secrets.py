"""What must not be read by everybody: passwords of phones, PINs of agents, tokens, users of the pages, keys.

They stand in a file of their own (`secrets.yaml`, never committed), and each can be given, or replaced, by a
variable of the environment: `VCC_SECRET_` and the way to it in capitals, other signs as `_`. So
`VCC_SECRET_PHONES_P101` is `phones: {p101: …}`, `VCC_SECRET_AGENTS_PRESS_LIN` the PIN of agent `press/lin`,
`VCC_SECRET_ENCRYPTION_KEYS` the keys with spaces between them.

What we only compare (PINs, passwords of users, tokens) may stand as it is or as a hash, which is told by its
beginning: `$argon2id$…` (slow on purpose: check it outside of the event loop), `sha256:…` for tokens, which
cannot be guessed. A PIN has few digits and is soon found from its hash too: what protects it is that the file
is readable for vcc alone, and the lock after `limits.pin_attempts`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum
from typing import Annotated, Self

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import AfterValidator, Field, SecretStr, model_validator

from core.validate import mistake
from tenancy.model import Line, Model, Name, SkillName

_ARGON2 = "$argon2"
_SHA256 = "sha256:"
_HASHER = PasswordHash((Argon2Hasher(),))
ENVIRONMENT_PREFIX = "VCC_SECRET_"


def _fits(pattern: str, expected: str, *hashes: str) -> AfterValidator:
    """A check of a secret's form that never shows it; one of these hashes passes too."""
    matches = re.compile(pattern).fullmatch

    def check(secret: SecretStr) -> SecretStr:
        text = secret.get_secret_value()
        if not text.startswith(hashes or ("\0",)) and matches(text) is None:
            raise mistake("{value}", expected=expected)
        return secret

    return AfterValidator(check)


#: A SIP password: signs that need no escape in any switch's configuration.
SipPassword = Annotated[SecretStr, _fits(r"[A-Za-z0-9._~+=-]{8,64}", "8 to 64 letters, digits or any of . _ ~ + = -")]
#: Given by the carrier, so with signs that ours have not; none that a switch's file would take as syntax.
TrunkPassword = Annotated[SecretStr, _fits(r"[!-:=?-~]{1,128}", "1 to 128 signs, no blank and none of ; < >")]
#: What a tenant's own system wants to see in a header.
HeaderSecret = Annotated[SecretStr, _fits(r"[!-~][ -~]{0,1998}[!-~]", "2 to 2000 printable signs of ASCII")]
Pin = Annotated[SecretStr, _fits(r"[0-9]{4,12}", "4 to 12 digits in quotes, or an argon2 hash", _ARGON2)]
Password = Annotated[SecretStr, _fits(r".{10,200}", "at least 10 characters, or an argon2 hash", _ARGON2)]
TokenText = Annotated[
    SecretStr, _fits(r"\S{32,200}|sha256:[0-9a-f]{64}", "at least 32 characters, or sha256: and 64 digits")
]
FernetKey = Annotated[SecretStr, _fits(r"[A-Za-z0-9_-]{43}=", "32 bytes in URL-safe base 64, ending in =")]


class Role(StrEnum):
    """What a token or a user may do."""

    PLATFORM = "platform"
    TENANT = "tenant"
    SUPERVISOR = "supervisor"
    AGENT = "agent"


class Right(StrEnum):
    """What a role allows to those only who were given it."""

    LISTEN = "listen"  # play and download recordings


class Access(Model):
    """What a role reaches: tenants for `tenant` and `supervisor`, one agent for `agent`, all for `platform`.

    `may`: rights that a tenant's or a supervisor's role has not by itself; the platform's has all.
    """

    role: Role
    tenants: tuple[Name, ...] = ()
    agent: SkillName | None = Field(default=None, description="the platform-wide name: lin, or press/wang")
    may: tuple[Right, ...] = ()

    @model_validator(mode="after")
    def _reaches_something(self) -> Self:
        wanted = {Role.TENANT: "tenants", Role.SUPERVISOR: "tenants", Role.AGENT: "agent"}.get(self.role, "")
        for name in ("tenants", "agent"):
            if bool(getattr(self, name)) != (name == wanted):
                expected = f"the key {name}" if name == wanted else f"no key {name}"
                raise mistake(f"this does not fit the role {self.role}", expected=expected)
        if self.may and self.role is Role.AGENT:
            raise mistake("an agent's role cannot be given rights", expected="no key may")
        return self


class Token(Access):
    """A program's way into the control API."""

    token: TokenText


class User(Access):
    """A person's way into the pages."""

    password: Password
    name: Line | None = None


class Secrets(Model):
    """All secrets. `encryption_keys`: what is stored encrypted is written with the first and read with any."""

    phones: dict[Name, SipPassword] = Field(default_factory=dict)
    agents: dict[SkillName, Pin] = Field(default_factory=dict)
    ami: dict[Name, SipPassword] = Field(default_factory=dict, description="by node: for Asterisk's manager")
    esl: dict[Name, SipPassword] = Field(default_factory=dict, description="by node: for FreeSWITCH's event socket")
    trunks: dict[Name, TrunkPassword] = Field(default_factory=dict, description="by trunk that registers at a carrier")
    systems: dict[SkillName, HeaderSecret] = Field(
        default_factory=dict, description="as tenant/system: the value of its `secret_header`"
    )
    tokens: dict[Name, Token] = Field(default_factory=dict)
    users: dict[SkillName, User] = Field(default_factory=dict, description="a tenant's own agent as tenant/agent")
    encryption_keys: tuple[FernetKey, ...] = Field(min_length=1)


def verify(stored: SecretStr, given: str) -> bool:
    """Whether `given` is the secret that stands in the file as it is or as a hash.

    Takes some 50 ms where it is an argon2 hash, so call it outside of the event loop; else a microsecond.
    """
    text = stored.get_secret_value()
    if text.startswith(_ARGON2):
        return _HASHER.verify(given, text)
    if text.startswith(_SHA256):
        given = token_hash(given)
    return hmac.compare_digest(text.encode(), given.encode())


def password_hash(stored: SecretStr) -> str:
    """The argon2 hash of a password or PIN that stands in the file as it is or as one; takes some 50 ms."""
    text = stored.get_secret_value()
    return text if text.startswith(_ARGON2) else _HASHER.hash(text)


def token_hash(token: str) -> str:
    """A token's hash as it stands in the file: `sha256:` and 64 digits."""
    return _SHA256 + hashlib.sha256(token.encode()).hexdigest()
