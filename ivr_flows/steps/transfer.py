"""transfer: connects the caller with a number outside, if the toll-fraud guard lets it, or with one agent alone.

enter: DialOutside or Enqueue(only), prompt or music
  --> ringing --- AgentJoined ---------------> talking --- QueueEnded ---> `after`
         +------- NotReached(why),                +------- WaitsAgain ---> queued, where that agent sends the caller on
         |        QueueEnded(why) -----------> `no_answer`, `busy`, `refused`, `unavailable`, `unknown`
         +------- TimedOut ------------------> StopDialling or LeaveQueue, `no_answer`
Resumed while it rings: rung anew, nobody had picked up
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic_core import PydanticCustomError

from core.facts import ChoiceMade
from core.validate import mistake
from ivr_flows.fields import Between, NameText, OwnedName, Read
from ivr_flows.prompt_reader import RawText, SpokenText
from ivr_flows.prompts import Location
from ivr_flows.protocol import (
    FOR_AGENT,
    AgentJoined,
    DialOutside,
    Enqueue,
    Event,
    LeaveQueue,
    NotReached,
    PlayMusic,
    QueueEnded,
    Resumed,
    StopDialling,
    TimedOut,
    WaitsAgain,
)
from ivr_flows.steps.base import END, WAIT, Named, Next, Step, Used
from ivr_flows.templates import Template

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

NO_ANSWER = "no_answer"
_UNAVAILABLE = "unavailable"
#: Who is not reached, outside and inside.
_OUTSIDE = (NO_ANSWER, "busy", "refused", _UNAVAILABLE)
_INSIDE = (NO_ANSWER, "busy", _UNAVAILABLE, "unknown")
_EVERY = tuple(dict.fromkeys((*_OUTSIDE, *_INSIDE)))
#: A number outside rings for so long (s), over all trunks.
_RING_S = 30.0
#: The host says in time what came of it; where it does not, the flow goes on so much (s) later.
_LATE_S = 5.0
#: An agent's phone rings as long as the queue says; beyond this (s) nobody waits for that to be told.
_LONGEST_RING_S = 600.0
#: Whom an agent has sent on waits in a queue for so long (s) at most.
_LONGEST_WAIT_S = 3_600.0
_NO_TEXT = Template(source="", pieces=())


class Transfer(Step):
    """Connects the caller with a number outside, or with one agent alone.

    A queue or another number of the platform is a step of its own.
    """

    kind = "transfer"
    short = "to"
    waits = True
    branch_names: ClassVar[tuple[str, ...]] = (*_EVERY, "after")
    last_branches: ClassVar[tuple[str, ...]] = ("after",)

    to: RawText = _NO_TEXT
    agent: RawText = _NO_TEXT
    queue: OwnedName | None = None
    ring: Annotated[float, Read(Between(5.0, 120.0), {"type": "string", "examples": ["30s"]})] | None = None
    say: SpokenText | None = None
    music: NameText | None = None

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """One of the two, with what belongs to it."""
        if bool(self.to.source) == bool(self.agent.source):
            yield (), mistake("'transfer' leads to one place", expected="either 'to', a number outside, or 'agent'")
            return
        if self.is_inside and self.queue is None:
            yield (), mistake("'queue' is missing", expected="the queue whose rules hold for the conversation")
        if self.is_inside and self.ring is not None:
            yield ("ring",), mistake("an agent's phone rings as long as the queue says", expected="'ring_s' there")
        if not self.is_inside and self.queue is not None:
            yield ("queue",), mistake("no queue is concerned", expected="'queue' beside 'agent' alone")
        for label in labels:
            if label in _EVERY and label not in self._failures:
                what = f"one of {', '.join(self._failures)}"
                yield (label,), mistake(f"'{label}' cannot come of this", expected=what)

    @property
    def is_inside(self) -> bool:
        """Whether it is an agent."""
        return self.agent.source != ""

    @property
    def _failures(self) -> tuple[str, ...]:
        return _INSIDE if self.is_inside else _OUTSIDE

    def needs(self) -> Iterator[Named]:
        """The queue, the music, and the agent where it is always the same one."""
        if self.is_inside and not any(self.agent.variables):
            yield Named("agent", self.agent.source, ("agent",))
        if self.queue:
            yield Named("queue", self.queue, ("queue",))
        if self.music:
            yield Named("music", self.music, ("music",))

    def uses(self) -> Iterator[Used]:
        """The variables in the number, which stands in the record: it was dialled."""
        for field, template in (("to", self.to), ("agent", self.agent)):
            for variable in template.variables:
                yield Used(variable.name, "returned", (field,))

    def leads(self, node: "Node") -> Iterator[str]:
        """Whom it did not reach goes on."""
        yield from node.branches.values()
        yield END
        if any(failure not in node.branches for failure in self._failures):
            yield node.next

    def enter(self, run: "Run") -> Next:
        """Have it rung; keys pressed before mean nothing here."""
        run.forget_typed()
        run.answer()
        if self.say is not None and run.speak([self.say], barge_in=False):
            return WAIT
        return self._seek(run)

    def meet(self, run: "Run", event: Event) -> Next:
        """See the picture above."""
        if run.state.wait in {"talk", "queue"}:
            return self._led(run, event)
        match event:
            case AgentJoined():
                self._joined(run, event)
            case NotReached(why=why) | QueueEnded(why=why) if not run.speaking:
                return self._failed(run, why)
            case TimedOut() if not run.speaking:
                run.commands.append(LeaveQueue(why="timeout") if self.is_inside else StopDialling())
                return self._failed(run, NO_ANSWER)
            case Resumed(in_queue=True) if run.state.wait == FOR_AGENT:
                self._music(run)
            case Resumed():
                run.unheard()
                return self.enter(run)
            case _ if run.heard(event):
                return self._seek(run)
        return WAIT

    def _led(self, run: "Run", event: Event) -> Next:
        """The caller talks, or waits in a queue into which an agent has sent the caller on."""
        match event:
            case QueueEnded(why="served"):
                return run.node.branches.get("after", END)
            case QueueEnded() if run.state.wait == "talk":
                return run.node.branches.get("after", END)
            case QueueEnded():
                return self._failed(run, _UNAVAILABLE)
            case WaitsAgain():
                run.wait("queue", _LONGEST_WAIT_S)
                self._music(run)
            case AgentJoined():
                self._joined(run, event)
            case TimedOut():
                run.commands.append(LeaveQueue(why="timeout"))
                return self._failed(run, NO_ANSWER)
            case Resumed(in_queue=in_queue) if run.state.wait == "queue":
                if not in_queue:
                    return self._failed(run, _UNAVAILABLE)
                self._music(run)
        return WAIT

    def _joined(self, run: "Run", event: AgentJoined) -> None:
        """They talk; with which agent, a survey after it knows."""
        if self.is_inside:
            run.state.agent, run.state.queue = event.agent, event.queue or run.state.queue
        run.wait("talk", None)

    def _seek(self, run: "Run") -> Next:
        whom = self.agent if self.is_inside else self.to
        if run.are_private(variable.name for variable in whom.variables):  # by way of a call: no check sees that
            run.fail(f"step {run.node.id}: what the tenant's own system has said leaves the call to nobody")
            return END
        number = whom.filled(run.value).strip()
        if not self.is_inside:
            ring_s = self.ring or _RING_S
            run.commands.append(DialOutside(number=number, ring_s=ring_s))
            run.wait("outside", ring_s + _LATE_S)
        else:
            run.commands.append(Enqueue(queue=self.queue or "", only=number))
            run.wait(FOR_AGENT, _LONGEST_RING_S)
        self._music(run)
        return WAIT

    def _music(self, run: "Run") -> None:
        run.commands.append(PlayMusic(music=self.music or ""))

    def _failed(self, run: "Run", why: str) -> Next:
        """Where it leads that nobody is reached; a queue that is full, or is no more, reaches nobody."""
        why = why if why in self._failures else _UNAVAILABLE
        run.record(ChoiceMade, step=run.node.id, choice=why)
        return run.node.branches.get(why, run.node.next)
