"""Which trunks are there for calls that go out, as the nodes last said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenancy.dialling import ways_out

if TYPE_CHECKING:
    from telephony.port import TrunkStatus
    from tenancy.model import Platform, Tenant


@dataclass(frozen=True, kw_only=True, slots=True)
class LineState:
    """One trunk's health since a moment (POSIX seconds), and the switch's word for it. `reachable` None: its carrier
    was not asked yet.
    """

    node: str
    reachable: bool | None
    since: float
    detail: str = ""


class Lines:
    """Every trunk that a node has told of."""

    def __init__(self) -> None:
        """None yet."""
        self._states: dict[str, LineState] = {}
        self._nodes_down: set[str] = set()

    def note(self, fact: TrunkStatus) -> bool:
        """Take what a node says; whether it is news."""
        known = self._states.get(fact.trunk)
        changed = known is None or known.reachable != fact.reachable or known.node != fact.node
        since = fact.at if known is None or changed else known.since
        self._states[fact.trunk] = LineState(node=fact.node, reachable=fact.reachable, since=since, detail=fact.detail)
        return changed

    def node(self, node: str, *, up: bool) -> None:
        """The wires to a node came up or went down: without them nothing goes out there."""
        (self._nodes_down.discard if up else self._nodes_down.add)(node)

    def state(self, trunk: str) -> LineState | None:
        """What is known of a trunk; None: nothing was told."""
        return self._states.get(trunk)

    def down(self, platform: Platform) -> frozenset[str]:
        """The trunks that are known not to carry a call now. One of which nothing was told is tried."""
        return frozenset(
            name
            for name, trunk in platform.trunks.items()
            if trunk.node in self._nodes_down
            or ((state := self._states.get(name)) is not None and state.node == trunk.node and state.reachable is False)
        )

    def unsure(self, platform: Platform) -> frozenset[str]:
        """The trunks of which it is not known whether they carry a call: tried after those that do."""
        return frozenset(
            name
            for name, trunk in platform.trunks.items()
            if (state := self._states.get(name)) is None or state.node != trunk.node or state.reachable is None
        )

    def goes_out(self, platform: Platform, node: str, tenant: Tenant | None = None) -> bool:
        """Whether calls can go out on a node over any trunk; of a `tenant`: over one that this tenant may use."""
        down = self.down(platform)
        trunks = platform.trunks if tenant is None else ways_out(platform, tenant)
        return any(t.node == node and t.outgoing and name not in down for name, t in trunks.items())
