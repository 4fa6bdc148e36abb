"""A call by somebody in a terminal: the production sessions, flows and router on the simulated switch, on virtual time.

    trial = Trial(bundle, "98668", at=…)
    trial.listen()              time goes on until what is being said is said
    trial.press("1"); trial.pass_time(30); trial.agent_answers(); trial.hang_up()
    trial.told                  what the caller heard and what became of the call, with the times

Nobody else calls, no agent is there until one is called for, and nothing is written to disk.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from acd.protocol import Wish
from acd.router import Router
from core import facts
from core.errors import ConflictError
from ivr_flows.protocol import Command, Text
from ivr_flows.scripts.call import joined
from ivr_flows.scripts.world import World
from ivr_flows.scripts.written import Given
from ivr_flows.steps.callback import Callback as CallbackStep
from telephony.simulated.adapter import SimulatedSwitch
from telephony.simulated.clock import VirtualClock
from telephony.simulated.exchange import Exchange
from telephony.simulated.line import Hearing
from telephony.simulated.sounds import Sounds
from tenancy import names
from tenancy.numbers import normalise
from vcc.calls.agents import seats_for
from vcc.calls.directory import Directory
from vcc.calls.floor import Floor
from vcc.calls.flow_host import FlowHost
from vcc.calls.hub import Hub
from vcc.calls.publications import Publications
from vcc.calls.versions import FlowVersions
from vcc.storage.crypt import Seal, new_key
from vcc.storage.live_memory import MemoryLiveStore

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping

    from core.facts import Fact
    from ivr_flows.protocol import Part
    from ivr_flows.scripts import Surroundings
    from vcc.calls.agents import AgentDesk
    from vcc.calls.session import ContactSession
    from vcc.lint import Bundle

#: How long a voice takes for a Chinese character, and for any other sign (seconds).
_CHARACTER_S, _SIGN_S = 0.22, 0.06
#: How long a sound file lasts that is not there to be measured.
_FILE_S = 2.0
#: Nothing that is said takes longer.
_LONGEST_S = 700.0
#: Between two keys, and after the last.
_KEY_S = 0.2
#: How long a phone rings before the agent picks it up.
_RINGS_S = 1.0
_UNTIL_SOMETHING_S = 3_600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """At `at` (POSIX seconds) the caller `hears` something, or the call `is` somewhere: what, in words."""

    at: float
    what: str
    text: str


class _Voice:
    """Speech that needs no rendering: a part is a file that is called like what it says."""

    def __init__(self, sounds: Sounds, files: Mapping[str, Mapping[str, str]]) -> None:
        self._sounds = sounds
        self._files = files
        self._prompts = 0

    def beep(self) -> str:
        return "(tone)"

    def sounds(self, tenant: str) -> Mapping[str, str]:
        return self._files.get(tenant, {})

    def resolve(self, sounds: Mapping[str, str], parts: Iterable[Part]) -> tuple[str, ...]:
        """Names that tell which parts belong together, and that each is one of its own: `3|0|text`."""
        self._prompts += 1
        return tuple(self._named(sounds, place, part) for place, part in enumerate(parts))

    def render(self, sounds: Mapping[str, str], parts: Iterable[Part], done: Callable[[tuple[str, ...]], None]) -> None:
        done(self.resolve(sounds, parts))

    def forget(self, contact: str) -> None:
        """Nothing is kept."""

    def _named(self, sounds: Mapping[str, str], place: int, part: Part) -> str:
        if isinstance(part, Text):
            text = part.text
            wide = sum(unicodedata.east_asian_width(sign) == "W" for sign in text)
            seconds = wide * _CHARACTER_S + (len(text) - wide) * _SIGN_S
        else:
            text = part.file
            seconds = self._sounds.duration(sounds.get(text, text)) or _FILE_S
        name = f"{self._prompts}|{place}|{text}"
        self._sounds.give(name, seconds)
        return name


class _AnyPin:
    """Lets every agent in: there is no secrets file here."""

    def check(self, agent: str, pin: str, told: Callable[[bool | None], None]) -> None:
        del agent, pin
        told(True)


class _Flows(FlowHost):
    """Flows of which some commands have an answer that was given beforehand."""

    def __init__(self, floor: Floor, desk: AgentDesk, world: World) -> None:
        super().__init__(floor, desk)
        self._answering = floor
        self._world = world

    def _carry_out(self, session: ContactSession, command: Command) -> None:
        step = session.flow_state.step if session.flow_state else ""
        answer = self._world.answer(command, step)
        if answer is None:
            super()._carry_out(session, command)
        else:
            self._answering.tell_flow(session, answer)


@dataclass(kw_only=True)
class Trial:
    """One call. `answers`: as `given` of a script has them; `steps`: also tell each step that is entered."""

    bundle: Bundle
    number: str
    at: float
    caller: str = "01012345678"
    phone: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    around: Surroundings
    steps: bool = False
    told: list[Told] = field(default_factory=list)
    _kinds: dict[str, str] = field(default_factory=dict)
    log: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        """The call arrives."""
        platform = self.bundle.platform
        self.clock = VirtualClock(self.at)
        sounds = Sounds()
        node, trunk = _way_in(self.bundle, self.number)
        self._exchange = Exchange(node, self.clock, sounds=sounds)
        for phone in platform.phones:
            self._exchange.add_phone(phone)
        directory = Directory(platform, self.bundle.tables)
        files, store = self.bundle.prompts(), MemoryLiveStore()
        switch = SimulatedSwitch(node=node, clock=self.clock, exchange=self._exchange)
        self._floor = Floor(
            directory=directory,
            flows=FlowVersions(self.bundle.flows_with(files), store, Publications(store)),
            router=Router(directory.rules),
            switches={node: switch},
            store=store,
            log=self,
            clock=self.clock,
            timers=self.clock,
            speech=_Voice(sounds, files),
            secrecy=Seal([new_key()]),
        )
        self._hub = Hub(self._floor, _AnyPin())
        world = World(given=Given(answers=dict(self.answers)), around=self.around)
        self._hub.flows = _Flows(self._floor, self._hub.desk, world)
        _at_once(self._hub.restore())
        _at_once(switch.start(self._hub.handle))
        self.clock.advance()
        caller = "" if self.phone else self.caller
        self._leg = self._exchange.arrive(self.number, caller, trunk, phone=self.phone)
        self._line = self._exchange.line(self._leg)
        self._heard = 0
        self.clock.advance()

    # --- what the caller does -----------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        """In which the times are told."""
        return ZoneInfo(self.around.time_zone)

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._line.ended is not None

    def listen(self) -> None:
        """Time goes on until nothing is being said."""
        self.clock.advance_until(lambda: self.over or not self._speaks(), _LONGEST_S)
        self._take()

    def press(self, keys: str) -> None:
        """Keys in a row. Raises ValueError for what is no key."""
        for key in keys:
            if not self.over:
                self._exchange.press(self._leg, key)
                self.clock.advance(_KEY_S)
        self._take()

    def pass_time(self, seconds: float) -> None:
        """So much time goes by."""
        self.clock.advance(seconds)
        self._take()

    def until_something(self) -> None:
        """Time goes on until something is heard or the call is over; an hour at most."""
        heard = len(self._line.heard)
        self.clock.advance_until(lambda: self.over or len(self._line.heard) > heard, _UNTIL_SOMETHING_S)
        self._take()

    def hang_up(self) -> None:
        """The caller hangs up."""
        if not self.over:
            self._exchange.hang_up(self._leg)
            self.clock.advance()
        self._take()

    # --- what an agent does -------------------------------------------------------------------------------------------

    def agent_answers(self) -> str:
        """An agent who can serve the queue signs in and takes the call; who. Raises ConflictError where none can."""
        session = self._session()
        if session is None or not session.queue:
            raise ConflictError("The caller waits in no queue.")
        for agent in self._able(session):
            phone = self._free_phone()
            floor = self._floor
            floor.obey(
                floor.router.sign_in(agent, phone, seats_for(floor, agent), floor.now(), wish=Wish.READY, reason="")
            )
            floor.settle()
            self.clock.advance(_RINGS_S)
            if any(self._exchange.legs[leg].ringing for leg in self._exchange.phones[phone].legs):
                self._exchange.pick_up(phone)
                self.clock.advance_until(lambda: self.over or self.talks, _LONGEST_S)
                self._agent_phone = phone
                self._take()
                return agent
        raise ConflictError(f"No agent can serve {session.queue} for this caller.")

    def agent_hangs_up(self) -> None:
        """Whoever talks to the caller hangs up. Raises ConflictError where nobody does."""
        if not self.talks:
            raise ConflictError("Nobody talks to the caller.")
        self._exchange.agent_hangs_up(self._agent_phone)
        self.clock.advance(0.1)
        self._take()

    _agent_phone = ""
    _prompt = ""

    def _able(self, session: ContactSession) -> list[str]:
        """Agents who serve the tenant and have what the queue and the caller ask for, the least able first."""
        platform = self.bundle.platform
        tenant = platform.tenants[session.tenant]
        wanted = dict(names.queue_skills(platform, tenant, tenant.queues[names.split(session.queue)[1]]))
        for skill, level in session.skills.items():
            wanted[skill] = max(level, wanted.get(skill, 0))
        able = []
        for name, owner, agent in names.agents(platform):
            skills = names.agent_skills(platform, owner, agent)
            fits = all(skills.get(skill, 0) >= level for skill, level in wanted.items())
            if fits and session.tenant in names.serves(owner, agent) and self._floor.router.agent(name) is None:
                able.append(name)
        return able

    def _free_phone(self) -> str:
        for phone in self._exchange.phones:
            if phone != self.phone and self._floor.router.agent_on(phone) is None:
                return phone
        raise ConflictError("There is no phone left for an agent.")

    # --- what there is to tell ----------------------------------------------------------------------------------------

    def append(self, fact: Fact) -> None:
        """The event log's place: what becomes of the call."""
        self._take()
        self.log.append(fact)
        self._tell_of_callback(fact)
        shown = _TOLD.get(type(fact)) or (_STEPS.get(type(fact)) if self.steps else None)
        if shown is not None:
            self.told.append(Told(at=fact.at, what=shown[0], text=shown[1](fact)))

    def _tell_of_callback(self, fact: Fact) -> None:
        """What comes of a caller who asks to be called back."""
        match fact:
            case facts.StepEntered():
                self._kinds[fact.step] = fact.kind
            case facts.ChoiceMade() if self._kinds.get(fact.step) == CallbackStep.kind:
                self.told.append(Told(at=fact.at, what="callback", text=f"refused: {fact.choice}"))
            case facts.CallbackAsked():
                asked = self._floor.callbacks.known(fact.tenant, fact.number)
                later = fact.due > fact.at
                due = f"{datetime.fromtimestamp(fact.due, self.zone):%a %Y-%m-%d %H:%M}" if later else "now"
                since = f"{datetime.fromtimestamp(fact.since, self.zone):%H:%M:%S}"
                text = f"to {fact.number}, due {due}, in queue {fact.queue} with the place of who came at {since}"
                text += f"; its turn rings the {asked.first} first" if asked else ""
                self.told.append(Told(at=fact.at, what="callback", text=text))

    def _session(self) -> ContactSession | None:
        return self._floor.legs.callers.get(self._leg)

    def _speaks(self) -> bool:
        hears = self._line.hears
        return hears is not None and hears.hearing is Hearing.SOUND

    @property
    def talks(self) -> bool:
        """Whether an agent talks to the caller."""
        hears = self._line.hears
        return hears is not None and hears.hearing is Hearing.TALK

    def _take_sound(self, at: float, prompt: str, text: str) -> None:
        """A part of a prompt; with what was heard of the same before."""
        if prompt == self._prompt and self.told and self.told[-1].what == "hears":
            before = self.told.pop()
            at, text = before.at, joined((before.text, text))
        self._prompt = prompt
        self.told.append(Told(at=at, what="hears", text=text))

    def _take(self) -> None:
        """What was heard since the last time, the parts of one prompt together."""
        line = getattr(self, "_line", None)
        if line is None:
            return
        for heard in line.heard[self._heard :]:
            self._heard += 1
            match heard.hearing:
                case Hearing.SOUND:
                    prompt, _, text = heard.what.split("|", 2)
                    self._take_sound(heard.at, prompt, text)
                case Hearing.MUSIC:
                    self.told.append(Told(at=heard.at, what="music", text=heard.what or "default"))


def _queued(fact: facts.ContactQueued) -> str:
    return f"in queue {fact.queue}, priority {fact.priority}, place {fact.position}"


def _ended(fact: facts.ContactEnded) -> str:
    more = "; ".join(part for part in (fact.cause, fact.detail) if part)
    return f"{fact.outcome}, ended by the {fact.by}" + (f" ({more})" if more else "")


#: What a fact is to the caller, in a word and more; facts that are not here are nothing to the caller.
_TOLD: dict[type[Fact], tuple[str, Callable[[Any], str]]] = {
    facts.FlowStarted: ("flow", lambda fact: f"{names.qualify(fact.tenant, fact.flow)}, version {fact.version}"),
    facts.ContactAnswered: ("answered", lambda _: ""),
    facts.ContactQueued: ("waits", _queued),
    facts.QueueLeft: ("leaves", lambda fact: f"queue {fact.queue}: {fact.why}"),
    facts.AgentConnected: ("talks", lambda fact: f"to {fact.agent}"),
    facts.AgentLeft: ("agent", lambda _: "has left"),
    facts.CallbackOver: ("callback", lambda fact: f"is over: {fact.why}"),
    facts.NumberEntered: ("number", lambda fact: f"led into {fact.number}"),
    facts.ContactEnded: ("over", _ended),
}
#: The same for those who want to see the flow itself.
_STEPS: dict[type[Fact], tuple[str, Callable[[Any], str]]] = {
    facts.StepEntered: ("step", lambda fact: f"{fact.step} ({fact.kind})"),
    facts.ChoiceMade: ("choice", lambda fact: fact.choice),
}


def _way_in(bundle: Bundle, number: str) -> tuple[str, str]:
    """The node and the trunk by which a call to this number comes in: one that makes a number of ours of it."""
    platform = bundle.platform
    owners: dict[str, str] = defaultdict(str, {name: tenant.id for name, tenant, _ in names.numbers(platform)})
    lines = [name for name, trunk in platform.trunks.items() if trunk.from_addresses or trunk.outgoing is None]
    for name in lines:
        trunk = platform.trunks[name]
        owner = owners[normalise(number, trunk.numbers)]
        if owner and trunk.tenant in (None, owner):
            return trunk.node, name
    return (platform.trunks[lines[0]].node, lines[0]) if lines else (next(iter(platform.nodes)), "")


def _at_once(work: Coroutine[Any, Any, None]) -> None:
    """Do what never waits, because everything is in memory."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits for something")
