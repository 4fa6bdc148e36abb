"""What a Prometheus server reads: counts fed by the facts, and gauges read off the platform at each scrape.

Every label is bounded: tenants, queues and nodes are those of the configuration, and at most LABELS of each; what is
beyond counts as `other`. No number, name or id of a caller, contact or agent ever becomes a label.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from typing import TYPE_CHECKING, Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.facts import (
    AgentConnected,
    AgentLeft,
    ContactArrived,
    ContactEnded,
    ContactRecovered,
    Direction,
    Fact,
    LegHealed,
    OfferEnded,
    OutsideDialled,
    OutsideEnded,
    OutsideRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vcc.api.feed import Feed
    from vcc.calls.control import Control

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
#: Values that one label may take; further ones are counted together.
LABELS = 200
OTHER = "other"
#: How often the event loop's lag is measured, in seconds.
LAG_S = 0.5
Measured = TypeVar("Measured", Counter, Histogram)
_WAITS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_TALKS = (10, 30, 60, 120, 300, 600, 1_200, 3_600)
_ROUND_TRIPS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5)
_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class Bounded:
    """Values of a label: the first LABELS that come keep their name."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: set[str] = set()

    def of(self, value: str) -> str:
        """The value, or `other` when there are too many; `none` for an empty one."""
        if not value:
            return "none"
        if value in self._known:
            return value
        if len(self._known) >= LABELS:
            return OTHER
        self._known.add(value)
        return value


class Metrics:
    """All measures of one program. `note` takes facts; `observe_*` takes what only the caller can measure."""

    def __init__(self, control: Control, *, queues: Mapping[str, Callable[[], int]] | None = None) -> None:
        """`queues` are functions that tell how much waits to be written, by the name of the store."""
        self.registry = CollectorRegistry()
        self._tenants = Bounded()
        registry = self.registry
        self._arrived = Counter("vcc_contacts_arrived", "Contacts that arrived.", ["tenant"], registry=registry)
        self._internal = Counter(
            "vcc_internal_calls", "Calls of agents to colleagues and to queues.", ["tenant"], registry=registry
        )
        self._between_agents: set[str] = set()  # contacts that go on: no other measure counts them
        self._outbound: set[str] = set()  # contacts that were called
        self._ended = Counter("vcc_contacts_ended", "Contacts that ended.", ["tenant", "outcome"], registry=registry)
        self._offers = Counter(
            "vcc_offers", "Offers of a contact to an agent that ended.", ["tenant", "outcome"], registry=registry
        )
        self._waits = Histogram(
            "vcc_wait_seconds", "Time waited by those answered.", ["tenant"], buckets=_WAITS, registry=registry
        )
        self._misjudged = Histogram(
            "vcc_wait_misjudged_seconds",
            "How far the wait of those answered was from what was expected when it began.",
            ["tenant", "way"],
            buckets=_WAITS,
            registry=registry,
        )
        self._talks = Histogram(
            "vcc_talk_seconds", "Length of conversations.", ["tenant"], buckets=_TALKS, registry=registry
        )
        self._recovered = Counter("vcc_contacts_recovered", "Contacts taken over after a restart.", registry=registry)
        self._healed = Counter("vcc_legs_healed", "Legs that the invariant check mended.", registry=registry)
        self._outside = Counter(
            "vcc_outside_dialled", "Numbers outside that were rung.", ["tenant", "trunk"], registry=registry
        )
        self._cost = Counter("vcc_outside_cost", "What calls outside cost.", ["tenant", "trunk"], registry=registry)
        self._refused = Counter(
            "vcc_outside_refused",
            "Numbers outside that were not dialled; alarm: the toll-fraud guard held something off.",
            ["tenant", "reason", "alarm"],
            registry=registry,
        )
        self._cut = Counter(
            "vcc_outside_cut", "Calls outside ended as the day's money was spent.", ["tenant"], registry=registry
        )
        self._trunks = Bounded()
        self._round_trips = Histogram(
            "vcc_switch_round_trip_seconds",
            "Time from a command that a switch carries out at once to its answer.",
            ["node", "wire"],
            buckets=_ROUND_TRIPS,
            registry=registry,
        )
        self._lag = Histogram(
            "vcc_event_loop_lag_seconds", "How late the event loop is.", buckets=_LAGS, registry=registry
        )
        self._requests = Counter(
            "vcc_api_requests", "Requests to the API, by route.", ["route", "status"], registry=registry
        )
        self._nodes = Bounded()
        self._children: dict[tuple[object, ...], Any] = {}
        registry.register(_Platform(control, queues or {}))

    def watch(self, feed: Feed) -> None:
        """Be fed by `feed`, and tell about it."""
        feed.listen(self.note)
        self.registry.register(_Readers(feed))

    def _child(self, measure: Measured, *labels: str) -> Measured:
        """A measure with its labels, which are bounded: a call would else have them made into one ten times."""
        key = (measure, *labels)
        child: Measured | None = self._children.get(key)
        if child is None:
            child = self._children[key] = measure.labels(*labels)
        return child

    def note(self, fact: Fact) -> None:
        """Count a fact."""
        match fact:
            case ContactArrived() | ContactEnded() | AgentConnected() | AgentLeft():
                if not self._is_between_agents(fact):
                    self._note_call(fact)
            case OfferEnded():
                self._child(self._offers, self._tenants.of(fact.tenant), str(fact.outcome)).inc()
            case OutsideDialled() | OutsideEnded() | OutsideRefused():
                self._note_outside(fact)
            case ContactRecovered():
                self._recovered.inc()
            case LegHealed():
                self._healed.inc()
            case _:
                pass

    def _is_between_agents(self, fact: Fact) -> bool:
        """Whether this is of a call of an agent to a colleague or to a queue, which is no caller's."""
        if isinstance(fact, ContactArrived) and fact.direction is Direction.INTERNAL:
            self._between_agents.add(fact.contact)
            self._internal.labels(self._tenants.of(fact.tenant)).inc()
        if isinstance(fact, ContactArrived) and fact.direction is Direction.OUTBOUND:
            self._outbound.add(fact.contact)
        found = fact.contact in self._between_agents
        if isinstance(fact, ContactEnded):
            self._between_agents.discard(fact.contact)
            self._outbound.discard(fact.contact)
        return found

    def _note_call(self, fact: ContactArrived | ContactEnded | AgentConnected | AgentLeft) -> None:
        tenant = self._tenants.of(fact.tenant)
        match fact:
            case ContactArrived():
                self._child(self._arrived, tenant).inc()
            case ContactEnded():
                self._child(self._ended, tenant, str(fact.outcome)).inc()
            case AgentConnected() if fact.contact not in self._outbound:  # who was called has waited for nobody
                self._child(self._waits, tenant).observe(fact.waited_s)
                if fact.expected_s is not None:
                    off = fact.waited_s - fact.expected_s
                    self._child(self._misjudged, tenant, "longer" if off > 0 else "shorter").observe(abs(off))
            case AgentLeft():
                self._child(self._talks, tenant).observe(fact.talked_s)

    def _note_outside(self, fact: OutsideDialled | OutsideEnded | OutsideRefused) -> None:
        tenant = self._tenants.of(fact.tenant)
        match fact:
            case OutsideDialled():
                self._outside.labels(tenant, self._trunks.of(fact.trunk)).inc()
            case OutsideEnded():
                self._cost.labels(tenant, self._trunks.of(fact.trunk)).inc(fact.cost)
                self._cut.labels(tenant).inc(fact.cause == "ceiling")
            case OutsideRefused():
                self._refused.labels(tenant, fact.reason, str(fact.alarm).lower()).inc()

    def observe_round_trip(self, node: str, wire: str, seconds: float) -> None:
        """A switch answered a command; `wire` is `ami` or `agi`."""
        self._child(self._round_trips, self._nodes.of(node), wire).observe(seconds)

    def observe_request(self, route: str, status: int) -> None:
        """A request was answered; `route` is the row's name."""
        self._requests.labels(route, str(status)).inc()

    async def measure_lag(self) -> None:
        """Measure the event loop's lag until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_S
            await asyncio.sleep(LAG_S)
            self._lag.observe(max(0.0, loop.time() - due))

    def text(self) -> bytes:
        """All measures, as a Prometheus server reads them."""
        return generate_latest(self.registry)


class _Readers(Collector):
    """The streams of events."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def collect(self) -> Iterator[Metric]:
        yield _gauge("vcc_event_readers", "Open streams of events.", (), {(): self._feed.readers})
        yield _gauge("vcc_event_readers_cut_off", "Streams ended as too slow.", (), {(): self._feed.cut_off})


class _Platform(Collector):
    """What the platform looks like at the moment of the scrape."""

    def __init__(self, control: Control, queues: Mapping[str, Callable[[], int]]) -> None:
        self._control = control
        self._queues = queues

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield _gauge("vcc_ready", "1: calls can be taken.", (), {(): int(self._control.ready)})
        yield from self._calls()
        yield from self._agents()
        yield from self._waiting()
        yield from self._nodes()
        yield from self._trunks()
        stores: Values = {(name,): length() for name, length in self._queues.items()}
        yield _gauge("vcc_store_queue_length", "What waits to be written.", ("store",), stores)

    def _calls(self) -> Iterator[Metric]:
        tenants = Bounded()
        calls = _tally((tenants.of(call.tenant), call.state) for call in self._control.calls())
        yield _gauge("vcc_calls", "Calls going on.", ("tenant", "state"), calls)

    def _agents(self) -> Iterator[Metric]:
        states = _tally((agent.wish, agent.phase) for agent in self._control.agents())
        yield _gauge("vcc_agents", "Agents by what they want and do.", ("wish", "phase"), states)
        away = sum(agent.wish != "signed_out" and not agent.reachable for agent in self._control.agents())
        yield _gauge("vcc_agents_unreachable", "Signed in, and the phone is away.", (), {(): away})

    def _waiting(self) -> Iterator[Metric]:
        names = Bounded()
        waiting: Values = {}
        longest: Values = {}
        expected: Values = {}
        for queue in self._control.queues():
            key = (names.of(queue.queue),)
            waiting[key] = waiting.get(key, 0) + queue.waiting
            longest[key] = max(longest.get(key, 0.0), queue.longest_wait_s)
            if queue.expected_wait_s is not None:
                expected[key] = max(expected.get(key, 0.0), queue.expected_wait_s)
        yield _gauge("vcc_queue_waiting", "Callers that wait.", ("queue",), waiting)
        yield _gauge("vcc_queue_longest_wait_seconds", "The longest wait now.", ("queue",), longest)
        yield _gauge(
            "vcc_queue_expected_wait_seconds",
            "What who comes now will wait; none where nobody is there.",
            ("queue",),
            expected,
        )

    def _nodes(self) -> Iterator[Metric]:
        nodes = self._control.nodes()[:LABELS]
        up: Values = {(node.node,): int(node.up) for node in nodes}
        legs: Values = {(node.node,): node.legs for node in nodes}
        yield _gauge("vcc_node_up", "1: the wires to the switch are up.", ("node",), up)
        yield _gauge("vcc_node_legs", "Legs known at the switch.", ("node",), legs)

    def _trunks(self) -> Iterator[Metric]:
        trunks = self._control.trunks()[:LABELS]
        up: Values = {(t.trunk,): int(t.state == "up") for t in trunks if t.state in ("up", "down")}
        used: Values = {(t.trunk,): t.used for t in trunks}
        yield _gauge("vcc_trunk_up", "1: calls can go out on the trunk.", ("trunk",), up)
        yield _gauge("vcc_trunk_calls", "Calls on the trunk, in and out.", ("trunk",), used)
        tenants = Bounded()
        spent: Values = {(tenants.of(tenant),): money for tenant, money in self._control.spent().items() if tenant}
        yield _gauge("vcc_outside_spent_today", "What calls outside cost today.", ("tenant",), spent)


Values = dict[tuple[str, ...], float]


def _tally(keys: Iterable[tuple[str, ...]]) -> Values:
    return {key: float(count) for key, count in Tally(keys).items()}


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family
