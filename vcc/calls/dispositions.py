"""What came of a conversation, in a code of the tenant's: keyed in on the phone, or given by the control API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import NotFoundError
from core.facts import DispositionGiven

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vcc.calls.floor import Floor


def give(floor: Floor, *, agent: str, contact: str, queue: str, code: str) -> Mapping[str, str]:
    """Record what came of an agent's conversation in a queue; what the code means, per language. Raises NotFoundError,
    which names the tenant's codes, for one that it does not have.
    """
    tenant = floor.directory.tenant_of_queue(queue)
    known = floor.directory.dispositions(tenant)
    meaning = known.get(code)
    if meaning is None:
        message = f"{tenant} has no disposition {code}; {_list(known)}"
        raise NotFoundError(message)
    floor.record(
        DispositionGiven(
            at=floor.now(),
            tenant=tenant,
            contact=contact,
            queue=queue,
            agent=agent,
            code=code,
            meaning=_first(meaning),
        )
    )
    return meaning


def _list(known: Mapping[str, Mapping[str, str]]) -> str:
    if not known:
        return "it has none at all"
    return "it has " + ", ".join(f"{code} ({_first(meaning).rstrip('.。')})" for code, meaning in known.items())


def _first(meaning: Mapping[str, str]) -> str:
    return next(iter(meaning.values()))
