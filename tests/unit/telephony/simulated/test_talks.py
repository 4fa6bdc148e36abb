"""Random verbs, people and outages on the simulated switch: whatever happens, what is told holds together."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from telephony.port import (
    Answer,
    Bridge,
    Command,
    Join,
    Music,
    Mute,
    Part,
    Play,
    Ring,
    Show,
    Spy,
    SpyMode,
    SwitchFact,
)
from telephony.simulated.adapter import SimulatedSwitch
from telephony.simulated.clock import VirtualClock
from telephony.simulated.phones import Answers
from tests.contract.switch.driver import check_promises

CALLERS, CALLING, RUNG = ("n-1", "n-2"), "n-3", ("vcc-2", "vcc-3")
LEGS = (*CALLERS, CALLING, *RUNG, "vcc-nobody")
legs = st.sampled_from(LEGS)


def commands() -> st.SearchStrategy[Command]:
    """Every verb, on every leg, sensible or not."""
    return st.one_of(
        st.builds(Bridge, leg=legs, other=legs),
        st.builds(Join, leg=legs, to=legs),
        st.builds(Part, leg=legs),
        st.builds(Spy, leg=legs, on=legs, mode=st.sampled_from(SpyMode)),
        st.builds(Mute, leg=legs, on=st.booleans()),
        st.builds(Music, leg=legs, music=st.sampled_from(["", "t/m"])),
        st.builds(Play, leg=legs, play=st.uuids().map(str), sounds=st.just(())),
        st.builds(Show, leg=legs, number=st.just("1"), name=st.just("x")),
    )


doings = st.one_of(
    st.tuples(st.just("hold"), legs, st.booleans()),
    st.tuples(st.just("transfer"), legs, st.sampled_from(["98668", "s"])),
    st.tuples(st.just("transfer_attended"), legs, legs),
    st.tuples(st.just("hang_up"), legs),
    st.tuples(st.sampled_from(["outage", "crash"])),
)


class Desk:
    """A switch with two callers, an agent who has called, and two who were rung and have answered."""

    def __init__(self) -> None:
        self.told: list[SwitchFact] = []
        self.sent: list[Command] = []
        self.clock = VirtualClock()
        self.switch = SimulatedSwitch(node="n", clock=self.clock)
        self.exchange = self.switch.exchange
        for phone in ("p1", "p2", "p3"):
            self.exchange.add_phone(phone, Answers(after_s=0.0))
        asyncio.run(self.switch.start(self.told.append))
        for _ in CALLERS:
            self.exchange.arrive("98668")
        self.exchange.arrive("8001", phone="p1")
        self.does(*(Answer(leg=leg) for leg in (*CALLERS, CALLING)))
        self.clock.advance(0.0)
        for number, leg in enumerate(RUNG, 2):
            self.does(Ring(leg=leg, phone=f"p{number}", timeout_s=9, shows_number="", shows_name="", for_leg=""))
        self.clock.advance(0.1)

    def does(self, *commands: Command) -> None:
        """Have commands carried out."""
        for command in commands:
            self.sent.append(command)
            self.switch.send(command)
        self.clock.advance(0.0)

    def happens(self, what: str, *about: object) -> None:
        """The world does something."""
        if what == "outage":
            self.switch.go_down()
            self.switch.come_back()
        elif what == "crash":
            self.begin_anew()
        elif all(one in self.exchange.legs for one in about if one in LEGS):
            words = {"on": about[1]} if what == "hold" else {}
            getattr(self.exchange, what)(*about[: 1 if words else None], **words)
        self.clock.advance(0.0)

    def begin_anew(self) -> None:
        """vcc dies; the next one knows nothing."""
        check_promises(self.sent, self.told, whole=False)
        self.switch.crash()
        self.told, self.sent = [], []
        self.switch = SimulatedSwitch(node="n", clock=self.clock, exchange=self.exchange)
        asyncio.run(self.switch.start(self.told.append))


@given(st.lists(st.one_of(commands(), doings), min_size=20, max_size=60))
def test_whatever_happens_what_is_told_holds_together(steps: list[Command | tuple[object, ...]]) -> None:
    desk = Desk()
    for step in steps:
        if isinstance(step, Command):
            desk.does(step)
        else:
            desk.happens(*step)  # type: ignore[arg-type]
        found = {snapshot.leg: snapshot for snapshot in desk.exchange.snapshots()}
        for leg, snapshot in found.items():
            assert all(leg in found[other].bridged_with for other in snapshot.bridged_with)
            assert not (snapshot.controlled and (snapshot.bridged_with or snapshot.spies_on))
            assert not snapshot.spies_on or snapshot.spies_on in found
    for leg in list(desk.exchange.legs):
        if leg in desk.exchange.legs:
            desk.exchange.hang_up(leg)
    desk.clock.advance(1.0)
    check_promises(desk.sent, desk.told)
    assert not desk.exchange.snapshots()
