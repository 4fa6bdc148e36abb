"""A whole call centre in memory on virtual time: the production floor, flows and router on the simulated switch.

centre = Centre()
leg = centre.call()                 somebody calls the press
centre.wait(3)                      time goes on
centre.press(leg, "1")
centre.crash(); centre.start()      vcc dies and comes back on the same switch, with what was stored
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from acd.router import Router
from core.facts import ContactArrived, ContactEnded, Fact
from ivr_flows.protocol import Text
from telephony.port import HangUp
from telephony.simulated.adapter import SimulatedSwitch
from telephony.simulated.clock import VirtualClock
from telephony.simulated.exchange import Exchange
from telephony.simulated.sounds import Sounds
from tests.unit.vcc.calls.configuration import SOUNDS, TEXTS
from vcc.calls.directory import Directory
from vcc.calls.floor import Floor
from vcc.calls.hub import Hub
from vcc.calls.overview import Overview
from vcc.calls.publications import Publications
from vcc.calls.recordings import Kept, OpenRecording
from vcc.calls.versions import FlowVersions
from vcc.lint import Bundle, check_texts
from vcc.publishing import Publishing
from vcc.storage.crypt import Seal, new_key
from vcc.storage.live_memory import MemoryLiveStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
    from contextlib import AbstractAsyncContextManager

    from ivr_flows.protocol import Part
    from telephony.port import Command, SwitchFact
    from vcc.calls.asking import Systems
    from vcc.calls.session import ContactSession

F = TypeVar("F", bound=Fact)
T = TypeVar("T")

NOW = 1_772_416_800.0
SECONDS = 2.0  # that each thing said takes
PHONES = ("p1", "p2", "p3")
PINS = {"lin": "1111", "press/wang": "2222", "press/li": "3333"}
NUMBERS = {"lin": "1001", "press/wang": "2001", "press/li": "2002"}


def done(work: Coroutine[Any, Any, T]) -> T:
    """The outcome of something that never waits, because everything is in memory."""
    try:
        work.send(None)
    except StopIteration as end:
        outcome: T = end.value
        return outcome
    message = "it waits for something"
    raise AssertionError(message)


def read(texts: Mapping[str, str], sounds: Iterable[str] = ()) -> Bundle:
    return check_texts(texts, (*SOUNDS, *sounds), now=NOW).use()


class Life:
    """The timers of one vcc: when it dies, none of them calls back."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock, self._numbers = clock, itertools.count()
        self.open: dict[int, Callable[[], object]] = {}

    def call_at(self, when: float, callback: Callable[[], object]) -> LifeTimer:
        number = next(self._numbers)
        self.open[number] = callback
        self._clock.call_at(when, lambda: self._fire(number))
        return LifeTimer(self, number)

    def _fire(self, number: int) -> None:
        if callback := self.open.pop(number, None):
            callback()


class LifeTimer:
    def __init__(self, life: Life, number: int) -> None:
        self._life, self._number = life, number

    def cancel(self) -> None:
        self._life.open.pop(self._number, None)


class Voice:
    """Speech that is rendered already: every part is a file of the same length, named after what it says."""

    def __init__(self, sounds: Sounds) -> None:
        self._sounds = sounds
        self.forgotten: list[str] = []

    def beep(self) -> str:
        return "beep"

    def sounds(self, tenant: str) -> dict[str, str]:
        return {}

    def forget(self, contact: str) -> None:
        self.forgotten.append(contact)

    def resolve(self, sounds: Mapping[str, str], parts: Iterable[Part]) -> tuple[str, ...]:
        found = tuple(part.text if isinstance(part, Text) else sounds.get(part.file, part.file) for part in parts)
        for name in found:
            self._sounds.give(name, SECONDS)
        return found

    def render(
        self, sounds: Mapping[str, str], parts: Iterable[Part], ready: Callable[[tuple[str, ...]], None]
    ) -> None:
        ready(self.resolve(sounds, parts))


class SlowPins:
    """Knows `PINS`; takes a moment, as the real check does. `busy`: it compares nothing."""

    busy = False

    def __init__(self, life: Life, clock: VirtualClock) -> None:
        self._life, self._clock = life, clock

    def check(self, agent: str, pin: str, told: Callable[[bool | None], None]) -> None:
        right = None if self.busy else PINS[agent] == pin
        self._life.call_at(self._clock.now() + 0.1, lambda: told(right))


class Shelf:
    """An archive in memory: what is to become a file waits until the test says what comes of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[OpenRecording, Callable[[Kept | str | None], None]]] = []
        self.discarded: list[str] = []

    def source(self, node: str, recording: str) -> str:
        return f"/spool/{node}/{recording}.raw"

    def path(self, file: str) -> Path:
        return Path("/recordings") / file

    def keep(self, recording: OpenRecording, told: Callable[[Kept | str | None], None]) -> None:
        self.asked.append((recording, told))

    def copy(self, recording: OpenRecording, told: Callable[[str], None]) -> None:
        told(f"copy of {recording.recording}")

    def discard(self, recording: OpenRecording) -> None:
        self.discarded.append(recording.recording)

    def make(self, problem: str = "", *, silent: bool = False) -> None:
        """Make every file that was asked for, or fail, or find nobody in it."""
        asked, self.asked = self.asked, []
        for recording, told in asked:
            kept = Kept(file=f"{recording.recording}.wav", sha256="ab", size=44, seconds=2.0, silence=0.25)
            told(None if silent else problem or kept)


class DeafSwitch(SimulatedSwitch):
    """Forgets the first `deaf` orders to hang up; `sent` is what it was told to do."""

    deaf = 0

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.sent: list[Command] = []

    def send(self, command: Command) -> None:
        self.sent.append(command)
        if isinstance(command, HangUp) and self.deaf:
            self.deaf -= 1
        else:
            super().send(command)


class Centre:
    """The exchange, the store and the log outlive each vcc."""

    #: who asks the tenants' own systems
    systems: Systems | None = None

    def __init__(
        self, texts: Mapping[str, str] = TEXTS, recordings: Iterable[str] = (), nodes: Iterable[str] = ("n1",)
    ) -> None:
        self.bundle, self.clock = read(texts, recordings), VirtualClock(NOW)
        sounds = Sounds()
        self.exchanges = {node: Exchange(node, self.clock, sounds=sounds) for node in nodes}
        for one, other in itertools.combinations(self.exchanges.values(), 2):
            one.link(other)
        self.exchange = self.exchanges["n1"]
        for phone in PHONES:
            self.exchange.add_phone(phone)
        self.shelf = Shelf()
        self.speech, self.store, self.secrecy = Voice(sounds), MemoryLiveStore(), Seal([new_key()])
        #: the sound files of each tenant, as the host would have them
        self.recordings: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.facts: list[Fact] = []
        self.after_fact: Callable[[], object] = lambda: None
        self.start()

    def append(self, fact: Fact) -> None:
        """The log."""
        self.facts.append(fact)

    async def _rendered(self, bundle: Bundle, also: frozenset[Text]) -> Mapping[str, Mapping[str, str]]:
        del bundle, also
        return self.recordings

    async def scan(self, since: float, until: float, *, names: frozenset[str] | None = None) -> AsyncIterator[Fact]:
        """What the log has of a time."""
        for fact in sorted(self.facts, key=lambda fact: fact.at):
            if since <= fact.at < until and (names is None or type(fact).__name__ in names):
                yield fact

    async def flush(self) -> None:
        """It is written already."""

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """What would wait for the log is done at once."""
        done(work)

    # --- vcc ---

    def start(self, dead: frozenset[str] | set[str] = frozenset()) -> None:
        """Begin, or begin again with what the store has; a node that is `dead` is not reached."""
        self.life = Life(self.clock)
        directory = Directory(self.bundle.platform, self.bundle.tables)
        self.switches = {
            node: DeafSwitch(node=node, clock=self.clock, exchange=exchange)
            for node, exchange in self.exchanges.items()
        }
        self.switch = self.switches["n1"]
        self.changing = asyncio.Lock()
        publications = Publications(self.store)
        done(publications.restore())
        versions = FlowVersions(self.bundle.flows_with(self.recordings), self.store, publications)
        self.publishing = Publishing(
            publications, versions, render=self._rendered, tell=self.append, clock=self.clock, changing=self.changing
        )
        self.publishing.use(self.bundle, self.publishing.fit(self.bundle)[0], self.recordings)
        self.floor = Floor(
            directory=directory,
            flows=versions,
            router=Router(directory.rules),
            switches=self.switches,
            store=self.store,
            log=self,
            clock=self.clock,
            timers=self.life,
            speech=self.speech,
            secrecy=self.secrecy,
            archive=self.shelf,
            systems=self.systems,
        )
        self.pins = SlowPins(self.life, self.clock)
        self.hub = Hub(self.floor, self.pins)
        self.control = Overview(self.hub, self)
        self.up = True
        done(self.hub.restore())
        self.hub.missed.begin(self, self.run)
        for node, switch in self.switches.items():
            if node not in dead:
                done(switch.start(self._told))
        self.clock.advance()

    def crash(self) -> None:
        """What vcc has not stored is lost; calls stay on the exchange."""
        self.up = False
        for switch in self.switches.values():
            switch.crash()
        self.life.open.clear()

    def restart(self, away_s: float = 1.0) -> None:
        self.crash()
        self.clock.advance(away_s)
        self.start()
        self.wait(0.1)

    def crash_when(self, happened: Callable[[], bool]) -> None:
        """Die right after the fact after which it is so."""

        def look() -> None:
            if happened():
                self.after_fact = lambda: None
                self.crash()

        self.after_fact = look

    def _told(self, fact: SwitchFact) -> None:
        if self.up:
            self.hub.handle(fact)
            self.after_fact()

    # --- Operations ---

    version = "1"
    healthy = True

    async def reload(self) -> str:
        self.hub.configure(Directory(self.bundle.platform, self.bundle.tables), self.bundle.flows_with(self.recordings))
        return self.version

    async def drain(self) -> None:
        self.floor.draining = True

    def subscribe(self, bound: int) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError(bound)

    # --- people ---

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def call(
        self,
        number: str = "100",
        caller: str = "555",
        *,
        keys: str = "",
        phone: str = "",
        handed_over: bool = False,
    ) -> str:
        """Somebody calls; with `keys`: listens to the welcome, then presses them."""
        leg = self.exchange.arrive(number, caller, "carrier", phone=phone, handed_over=handed_over)
        self.wait(0)
        if keys:
            self.wait(SECONDS + 0.5)
            self.press(leg, keys)
        return leg

    def waiting(self, caller: str = "555") -> str:
        return self.call(caller=caller, keys="1")

    def press(self, leg: str, keys: str) -> None:
        for key in keys:
            self.exchange.press(leg, key)
            self.wait(0.01)

    def leave(self, leg: str) -> None:
        self.exchange.hang_up(leg)
        self.wait(0)

    def ready(self, agent: str = "press/wang", phone: str = "p1") -> None:
        self.control.set_agent(agent, "ready", phone=phone, who="anna")
        self.wait(0)

    def sign_in(self, agent: str = "press/wang", phone: str = "p1", *, pin: str = "") -> str:
        """By the code on the phone; what was said last."""
        leg = self.call("*71", phone=phone)
        self.press(leg, NUMBERS[agent])
        self.wait(0)
        self.press(leg, pin or PINS[agent])
        for _ in range(12):  # wrong ones are answered late
            self.wait(0.5)
            if heard := self.heard(leg):
                break
        self.wait(SECONDS + 0.5)
        return heard

    def rings(self, phone: str = "p1") -> bool:
        return any(self.exchange.legs[leg].ringing for leg in self.exchange.phones[phone].legs)

    def pick_up(self, phone: str = "p1") -> None:
        self.wait(0.5)
        self.exchange.pick_up(phone)
        self.wait(0.1)

    def put_down(self, phone: str = "p1") -> None:
        self.exchange.agent_hangs_up(phone)
        self.wait(0.1)

    def talking(self, caller: str = "555") -> str:
        """Lin's or Wang's phone p1 is picked up for a new caller."""
        self.ready()
        leg = self.waiting(caller)
        self.pick_up()
        return leg

    # --- what is seen ---

    def session(self, leg: str) -> ContactSession:
        return self.floor.legs.callers[leg]

    def stage(self, leg: str) -> str:
        return str(self.session(leg).stage)

    def heard(self, leg: str) -> str:
        hears = self.exchange.line(leg).hears
        return hears.what if hears else ""

    def said(self, leg: str) -> list[str]:
        return [heard.what for heard in self.exchange.line(leg).heard]

    def phase(self, agent: str = "press/wang") -> str:
        state = self.floor.router.agent(agent)
        return str(state.phase) if state else "signed_out"

    def of(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def facts_of(self, leg: str) -> list[Fact]:
        """All facts of the one contact that arrived on a leg."""
        (contact,) = [fact.contact for fact in self.of(ContactArrived) if fact.leg == leg]
        return [fact for fact in self.facts if fact.contact == contact]

    def end(self) -> tuple[str, str]:
        """Outcome and who ended it, of the one contact that ended."""
        (fact,) = self.of(ContactEnded)
        return str(fact.outcome), str(fact.by)

    def stored(self, kind: str) -> dict[str, str]:
        """What the store has of a kind, as text."""
        return {key: repr(value) for key, value in done(self.store.load(kind)).items()}

    def ends(self) -> list[str]:
        return [str(fact.outcome) for fact in self.of(ContactEnded)]
