"""What the nodes last said of themselves and of their phones."""

from __future__ import annotations

from dataclasses import dataclass, field

from telephony.port import NodeDown, NodeUp, PhoneStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneState:
    """What a node last said of a phone, and since when it is so."""

    reachable: bool
    since: float
    detail: str

    @property
    def registered(self) -> bool | None:
        """Whether the device has told where it is; None: not reachable, and the node did not say why."""
        return True if self.reachable else {"unreachable": True, "removed": False}.get(self.detail)


@dataclass(kw_only=True, slots=True)
class NodeState:
    """One node's wires, since when, and why they are down."""

    up: bool = False
    since: float
    detail: str = "not connected yet"
    phones: dict[str, PhoneState] = field(default_factory=dict)


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
        before = phones.get(fact.phone)
        changed = before is None or before.reachable != fact.reachable
        since = fact.at if changed or before is None else before.since
        phones[fact.phone] = PhoneState(reachable=fact.reachable, since=since, detail=fact.detail)
        return changed

    def phones_of(self, node: str) -> tuple[str, ...]:
        """The phones that the node has told of."""
        return tuple(self.state(node).phones)

    def phones(self) -> tuple[str, ...]:
        """The phones of which any node has told."""
        return tuple(dict.fromkeys(phone for state in self._nodes.values() for phone in state.phones))

    def reachable(self, phone: str) -> bool:
        """Whether any node says that the phone can be reached."""
        return self.where(phone) != ""

    def where(self, phone: str) -> str:
        """The node, of those that are up, at which the phone can be reached; of several the one where it came last.
        Empty: at none.
        """
        found = {
            name: told.since
            for name, state in self._nodes.items()
            if state.up and (told := state.phones.get(phone)) is not None and told.reachable
        }
        return max(found, key=lambda name: found[name], default="")

    def registered(self, node: str) -> int:
        """How many phones can be reached at a node."""
        state = self.state(node)
        return sum(told.reachable for told in state.phones.values()) if state.up else 0

    def phone_on(self, node: str, phone: str) -> PhoneState | None:
        """What a node says of a phone; None while it says nothing."""
        state = self.state(node)
        return state.phones.get(phone) if state.up else None
