"""What was seen of a running switch: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the event socket told. `refused`: why one cannot get in there; then nothing else is known.

    `refused_password`: it is there, and does not take the password or this machine's address.
    `expands`: whether commands are carried out that stand in `${…}`; None: it does not say. `clock`: the switch's time
    less this machine's, to a second. `modules`, `contexts`, `music`: those that are there. `profiles`: name -> what
    `sofia xmlstatus` says. `phones`: account -> the digest that the switch has. `lists`: those in which the address is
    that was asked for. `rtp`: ports.
    """

    refused: str = ""
    refused_password: bool = False
    version: str = ""
    expands: bool | None = None
    clock: float | None = None
    modules: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()
    profiles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    gateways: frozenset[str] = frozenset()
    phones: Mapping[str, str] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    music: frozenset[str] = frozenset()
    conference: bool = False
    rtp: tuple[int, int] | None = None
