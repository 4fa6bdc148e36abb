"""Who asks: a role and what it reaches, looked up by token or by user in the platform's secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenancy.secrets import Role, Secrets, token_hash

if TYPE_CHECKING:
    from pydantic import SecretStr

    from tenancy.secrets import Access, Right


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Who asks. `name` is shown in logs and stands in the facts of the commands it gives: `token:ci`, `user:lin`.

    `tenants` is what the role reaches (empty and unused for the platform's), `agent` whose state an agent's role is.
    """

    name: str
    role: Role
    tenants: frozenset[str] = frozenset()
    agent: str = ""
    may: frozenset[Right] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Somebody who may log in to the pages. `password` as it stands in the secrets: plain or an argon2 hash."""

    principal: Principal
    name: str
    password: SecretStr = field(repr=False)


class Directory:
    """Tokens and users. Asked at each request, so that what is taken out of it is out at once."""

    def __init__(self, secrets: Secrets) -> None:
        """Tokens are kept by their hash only."""
        self._added: dict[str, Principal] = {}
        self._tokens: dict[str, Principal] = {}
        self._users: dict[str, User] = {}
        self.replace(secrets)

    def replace(self, secrets: Secrets) -> None:
        """Take other secrets from now on, after a reload."""
        tokens = {_hash(entry.token): _principal(f"token:{name}", entry) for name, entry in secrets.tokens.items()}
        users = {
            name: User(principal=_principal(f"user:{name}", entry), name=entry.name or name, password=entry.password)
            for name, entry in secrets.users.items()
        }
        self._tokens, self._users = tokens, users

    def add(self, token: str, principal: Principal) -> None:
        """Know a token that does not stand in the secrets, for as long as this process lives."""
        self._added[token_hash(token)] = principal

    def token(self, token: str) -> Principal | None:
        """Whose token this is."""
        digest = token_hash(token)
        return self._tokens.get(digest) or self._added.get(digest)

    def user(self, name: str) -> User | None:
        """The user of that name."""
        return self._users.get(name)


def _hash(token: SecretStr) -> str:
    text = token.get_secret_value()
    return text if text.startswith("sha256:") else token_hash(text)


def _principal(name: str, access: Access) -> Principal:
    return Principal(
        name=name,
        role=access.role,
        tenants=frozenset(access.tenants),
        agent=access.agent or "",
        may=frozenset(access.may),
    )
