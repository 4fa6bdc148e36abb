"""What the nodes last said of themselves and of their phones."""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.port import NodeDown, NodeUp, PhoneStatus


@dataclass(kw_only=True, slots=True)
class NodeState:
    """One node's wires, since when, and why they are down."""

    up: bool = False
    since: float
    detail: str = "not connected yet"
    phones: dict[str, bool] = field(default_factory=dict)


class Nodes:
    """Every node that was ever heard of."""

    def __init__(self, now: float) -> None:
        """Nothing is known at `now`."""
        self._now = now
        self._nodes: dict[str, NodeState] = {}

    def state(self, node: str) -> NodeState:
        """What is known of a node; unheard of: down since the start."""
        return self._nodes.setdefault(node, NodeState(since=self._now))

    def node(self, fact: NodeUp | NodeDown) -> None:
        """The node's wires came up or went down."""
        state = self.state(fact.node)
        state.up, state.since = isinstance(fact, NodeUp), fact.at
        state.detail = "" if isinstance(fact, NodeUp) else fact.detail

    def phone(self, fact: PhoneStatus) -> bool:
        """Note a phone's status; whether it is another than before."""
        phones = self.state(fact.node).phones
        changed = phones.get(fact.phone) != fact.reachable
        phones[fact.phone] = fact.reachable
        return changed

    def phones_of(self, node: str) -> tuple[str, ...]:
        """The phones that the node has told of."""
        return tuple(self.state(node).phones)

    def phones(self) -> tuple[str, ...]:
        """The phones of which any node has told."""
        return tuple(dict.fromkeys(phone for state in self._nodes.values() for phone in state.phones))

    def reachable(self, phone: str) -> bool:
        """Whether any node says that the phone can be reached."""
        return any(state.up and state.phones.get(phone, False) for state in self._nodes.values())
