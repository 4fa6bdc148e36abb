"""Whatever callers, agents, wires and crashes do: every call ends once, and nothing of it stays behind."""

from __future__ import annotations

from collections import Counter, defaultdict

import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ConflictError, NotFoundError
from core.facts import ContactArrived, ContactEnded, Fact, OfferEnded, OfferMade
from reporting.record import compute
from tests.unit.vcc.calls.centre import NUMBERS, PHONES, Centre, done, read
from tests.unit.vcc.calls.configuration import TEXTS
from tests.unit.vcc.calls.test_parking import RETRIEVE
from vcc.calls.arrivals import fall_back
from vcc.calls.session import Stage

AGENTS = tuple(NUMBERS)
NUMBER = st.sampled_from(("100", "100", "100", "200", "300", "999"))
KEYS = st.sampled_from(("1", "1", "2", "123456", "3", "4", "5", "9", "0"))
PHONE, PICK = st.sampled_from(PHONES), st.integers(0, 9)

#: What is done in conversations by command.
TALK = ("hold", "resume", "mute", "complete", "cancel", "alternate", "conference", "conference")
#: Where callers are sent by command.
WAYS = ("agent press/li", "agent lin", "queue press/editors", "number 200", "outside 13800138000")

STEP = st.one_of(
    st.tuples(st.just("call"), NUMBER, PICK),
    st.tuples(st.just("waiting"), st.just(""), PICK),
    st.tuples(st.just("press"), KEYS, PICK),
    st.tuples(st.just("leave"), st.just(""), PICK),
    st.tuples(st.just("pick_up"), PHONE, PICK),
    st.tuples(st.just("pick_up"), PHONE, PICK),
    st.tuples(st.just("refuse"), PHONE, PICK),
    st.tuples(st.just("put_down"), PHONE, PICK),
    st.tuples(st.just("plug"), PHONE, PICK),
    st.tuples(st.just("hold"), PHONE, PICK),
    st.tuples(st.just("transfer"), PHONE, PICK),
    st.tuples(st.just("dial"), PHONE, PICK),
    st.tuples(st.just("dial"), PHONE, PICK),
    st.tuples(st.just("key"), PHONE, PICK),
    st.tuples(st.just("key"), PHONE, PICK),
    st.tuples(st.just("attended"), PHONE, PICK),
    st.tuples(st.just("ready"), PHONE, PICK),
    st.tuples(st.just("wish"), st.sampled_from(("not_ready", "signed_out")), PICK),
    st.tuples(st.just("move"), st.sampled_from(("orders", "editors")), PICK),
    st.tuples(st.just("overflow"), st.sampled_from(("", "orders", "editors")), PICK),
    st.tuples(st.just("operator"), st.just(""), PICK),
    st.tuples(st.just("converse"), st.sampled_from((*TALK, "complete")), PICK),
    st.tuples(st.just("send"), st.sampled_from(WAYS), PICK),
    st.tuples(st.just("aside"), st.just(""), PICK),
    st.tuples(st.just("consult"), st.sampled_from(WAYS[:2]), PICK),
    st.tuples(st.just("consult"), st.sampled_from(WAYS[:2]), PICK),
    st.tuples(st.just("fall_back"), st.just(""), PICK),
    st.tuples(st.just("reload"), st.sampled_from(("", "queue", "phone")), PICK),
    st.tuples(st.just("crash"), st.just(""), PICK),
    st.tuples(st.just("crash_in"), st.sampled_from(tuple(Stage)), PICK),
    st.tuples(st.just("cut"), st.just(""), PICK),
    st.tuples(st.just("wait"), st.just(""), PICK),
)
FLOW, QUEUES, PLATFORM = "tenants/press/flows/main.yaml", "tenants/press/queues.yaml", "platform.yaml"
TENANT = "tenants/press/tenant.yaml"
#: Agents are told something before the caller, and may go from phone to phone; queues overflow, and so do calls.
_ORDERS = (
    'ring_s: 10, extension: 6001, whisper: {en: "{queue}. {caller}"}, '
    "overflow: [{switch: true, flow: spill}, {agents_below: 1, flow: spill}],"
)
_EDITORS = (
    "max_waiting: 1, ladder: [{after_s: 90, raises: 9}], overflow: [{waiting: 1, flow: spill}, {switch: true, step: 1}]"
)
HERE = TEXTS | {
    "flows/retrieve.yaml": RETRIEVE,
    "tenants/press/flows/spill.yaml": "steps: [{say: {en: Please hold.}}, {queue: editors}, {queue: orders}]\n",
    TENANT: TEXTS[TENANT].replace("tenant_busy: {say: {en: All lines are busy.}}", "tenant_busy: {flow: spill}"),
    QUEUES: TEXTS[QUEUES].replace("ring_s: 10,", _ORDERS).replace("max_waiting: 1", _EDITORS),
    PLATFORM: TEXTS[PLATFORM].replace("codes: {", 'codes: {"*78": retrieve, ') + "second_phone: move\n",
}
#: What agents key in during a conversation, and dial.
CODES = ("*1", "*2", "*3", "*4", "*5", "*6", "*8", "*9", "2002#", "1001#")
DIALLED = ("100", "1001", "2001", "2002", "2002", "6001", "*781", "*782", "*72", "100")
#: Configurations, by what they lack.
BUNDLES = {
    "": read(HERE),
    "queue": read(
        HERE
        | {QUEUES: HERE[QUEUES].replace("orders:", "books:")}
        | {FLOW: HERE[FLOW].replace("queue: orders", "queue: books").replace("name: orders", "name: books")}
        | {"tenants/press/flows/spill.yaml": "steps: [{queue: editors}]\n"}
    ),
    "phone": read(HERE | {"phones.yaml": HERE["phones.yaml"].replace("p1: {node: n1}\n", "")}),
}
#: Where phones send their callers.
TARGETS = ("1001", "2001", "2002", "p3", "6001", "6001", "200", "300", "13800138000", "nobody")
SECONDS = (0.0, 0.1, 0.5, 1.0, 2.0, 3.0, 7.0, 12.0, 40.0, 400.0)


class World:
    """Does the steps, as far as they can be done, and looks after each."""

    def __init__(self) -> None:
        self.centre = Centre(HERE)

    def do(self, act: str, what: str, pick: int) -> None:
        centre = self.centre
        if act in ("crash", "crash_in", "cut"):
            self.break_down(act, what, pick)
        elif act in ("ready", "wish", "move", "overflow", "operator", "converse", "send", "consult", "aside"):
            self.command(act, what, pick)
        elif act == "reload":
            centre.bundle = BUNDLES[what]
            done(centre.reload())
        elif act == "fall_back":
            for session in list(centre.floor.sessions.values()):
                fall_back(centre.floor, session)
            centre.floor.settle()
        elif act == "wait":
            centre.wait(SECONDS[pick])
        elif what in PHONES:
            self.at_phone(act, what, pick)
        else:
            self.caller(act, what, pick)
        centre.wait(0 if pick % 3 else 0.2)
        if not centre.up:
            centre.start()
        self.look()

    def caller(self, act: str, what: str, pick: int) -> None:
        centre, legs = self.centre, self.centre.exchange.legs
        callers = [leg for leg, found in legs.items() if not found.rung]
        if act == "call":
            centre.call(what)
        elif act == "waiting":
            leg = centre.call()
            centre.wait(2.5)
            if leg in legs:
                centre.press(leg, "1")
        elif callers and act == "press":
            centre.press(callers[pick % len(callers)], what[: 1 if pick else 6])
        elif callers and act == "leave":
            centre.leave(callers[pick % len(callers)])

    def at_phone(self, act: str, phone: str, pick: int) -> None:
        exchange = self.centre.exchange
        if act == "plug":
            exchange.set_reachable(phone, reachable=bool(pick % 2))
        elif act in ("dial", "key"):
            self.keys(act, phone, pick)
        elif act == "pick_up" and self.rings_last(phone):
            exchange.pick_up(phone)
        elif act == "refuse" and self.rings_last(phone):
            exchange.refuse(phone)
        elif act == "put_down" and exchange.phones[phone].legs:
            exchange.agent_hangs_up(phone)
        elif act == "transfer" and exchange.phones[phone].legs:
            exchange.transfer(exchange.leg_on(phone), TARGETS[pick])
        elif act == "attended" and len(exchange.phones[phone].legs) > 1:
            first, second, *_ = exchange.phones[phone].legs
            exchange.transfer_attended(*((first, second) if pick % 2 else (second, first)))
        elif act == "hold" and exchange.phones[phone].legs:
            exchange.hold(exchange.leg_on(phone), on=bool(pick % 2))

    def keys(self, act: str, phone: str, pick: int) -> None:
        """Something is dialled on a phone, or keyed in in its newest call."""
        exchange = self.centre.exchange
        if act == "dial":
            leg = self.centre.call(DIALLED[pick], phone=phone)
            self.centre.wait(2.5)
            if leg in exchange.legs and pick % 2:
                self.centre.press(leg, "1")
        elif exchange.phones[phone].legs:
            leg = exchange.leg_on(phone)
            for key in CODES[pick]:
                if leg in exchange.legs:
                    self.centre.press(leg, key)

    def rings_last(self, phone: str) -> bool:
        """Whether the newest call of a phone is one that rings."""
        exchange = self.centre.exchange
        return bool(exchange.phones[phone].legs) and exchange.legs[exchange.leg_on(phone)].ringing

    def break_down(self, act: str, what: str, pick: int) -> None:
        centre = self.centre
        if act == "crash":
            centre.restart(SECONDS[pick % 8])
        elif act == "crash_in":
            centre.crash_when(lambda: any(s.stage == what for s in centre.floor.sessions.values()))
        elif pick % 2:
            centre.switch.go_down()
        else:
            centre.switch.come_back()

    def command(self, act: str, what: str, pick: int) -> None:
        centre, sessions = self.centre, list(self.centre.floor.sessions)
        agent = AGENTS[pick % len(AGENTS)]
        try:
            if act == "ready":
                centre.control.set_agent(agent, "ready", phone=what, who="anna")
            elif act == "wish":
                centre.control.set_agent(agent, what, who="anna", phone="p3")
            elif act == "overflow":
                centre.control.turn_overflow("press", on=bool(pick % 3), queue=what, who="anna")
            elif sessions and act == "move":
                centre.control.move(sessions[pick % len(sessions)], queue=f"press/{what}", who="anna")
            elif sessions and act == "converse":
                centre.control.converse(sessions[pick % len(sessions)], what, who="anna")
            elif sessions and act == "aside":
                self.park(sessions[pick % len(sessions)], pick)
            elif sessions and act in ("send", "consult"):
                kind, name = what.split()
                ask = centre.control.transfer if act == "send" else centre.control.consult
                ask(sessions[pick % len(sessions)], kind, name, who="anna")
            elif sessions:
                centre.control.hang_up(sessions[pick % len(sessions)], who="anna")
        except (ConflictError, NotFoundError):
            return  # refused, as it should be

    def park(self, contact: str, pick: int) -> None:
        control = self.centre.control
        if self.centre.floor.sessions[contact].parked:
            control.retrieve(contact, AGENTS[pick % len(AGENTS)], who="anna")
        elif pick % 3:
            control.park(contact, who="anna")
        else:
            control.supervise(contact, PHONES[pick % len(PHONES)], "listen", who="anna")

    def look(self) -> None:
        """Never two agents on a caller, never two callers on an agent; what the router knows is stored."""
        floor = self.centre.floor
        router, store = floor.router, self.centre.store
        assert done(store.load("agent")) == {a.agent: router.dump_agent(a.agent) for a in router.agents()}
        assert done(store.load("ticket")) == {t.contact: router.dump_ticket(t.contact) for t in router.tickets()}
        busy = [a.contact for a in floor.router.agents() if a.phase in ("reserved", "ringing", "talking", "held")]
        assert len(busy) == len(set(busy)), busy
        served = [s.agent for s in floor.sessions.values() if s.agent and not s.colleague]
        assert len(served) == len(set(served)), served
        for s in floor.sessions.values():
            if s.stage is Stage.TALKING:
                agent = floor.router.agent(s.agent)
                if s.colleague:
                    assert agent is None or agent.contact != s.contact
                    continue
                assert agent is not None
                assert (str(agent.phase), agent.contact) == ("held" if s.held_at else "talking", s.contact)

    def close(self) -> None:
        """Everything is mended, everybody hangs up, time goes by."""
        centre = self.centre
        centre.after_fact = lambda: None
        centre.switch.come_back()
        centre.wait(1)
        for leg in [leg for leg, found in centre.exchange.legs.items() if not found.rung]:
            if leg in centre.exchange.legs:
                centre.exchange.hang_up(leg)
        centre.wait(100)


@given(st.lists(STEP, min_size=5, max_size=40))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_every_call_ends_once_and_leaves_nothing(steps: list[tuple[str, str, int]]) -> None:
    with structlog.testing.capture_logs() as logs:
        world = World()
        world.centre.ready()
        for step in steps:
            world.do(*step)
        world.close()
    centre = world.centre
    assert [line for line in logs if line["event"] in ("internal error", "unknown router command")] == []
    nothing_is_left(centre)
    every_contact_has_one_end(centre.facts)


def nothing_is_left(centre: Centre) -> None:
    floor = centre.floor
    assert not floor.sessions
    assert not floor.legs.callers
    assert not floor.legs.agents
    assert not floor.call_limits
    assert not any(floor.admitted.values())
    assert not any(floor.beyond.values())
    assert not any(floor.on_number.values())
    assert not list(floor.router.tickets())
    assert not floor.flow_inbox
    assert not floor.router_inbox
    assert not len(floor.healer)
    assert not len(centre.hub.offers.before)
    assert not len(centre.hub.supervising)
    assert not len(centre.hub.telling)
    assert not len(centre.hub.keying.entering)
    assert not len(centre.hub.colleagues)
    assert not len(centre.hub.recovery.forgotten)
    assert not floor.dialling
    assert not centre.exchange.legs
    assert {str(a.phase) for a in floor.router.agents()} <= {"idle", "unresponsive"}
    due = floor.router.next_deadline()
    assert len(centre.life.open) == (due is not None)
    assert centre.stored("session") == {}
    assert centre.stored("ticket") == {}


def every_contact_has_one_end(facts: list[Fact]) -> None:
    arrived = Counter(f.contact for f in facts if isinstance(f, ContactArrived))
    ended = Counter(f.contact for f in facts if isinstance(f, ContactEnded))
    assert set(arrived.values()) <= {1}
    assert arrived == ended
    made = Counter((f.contact, f.offer) for f in facts if isinstance(f, OfferMade))
    assert made == Counter((f.contact, f.offer) for f in facts if isinstance(f, OfferEnded))
    about: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.contact in arrived:
            about[fact.contact].append(fact)
    for contact, told in about.items():
        assert compute(told).contact == contact
