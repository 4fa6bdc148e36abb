"""queue: waits for an agent, with music and announcements.

enter: Enqueue, music --> waiting --- announcement is due ---> speaking --- said ---> music, waiting
  waiting, speaking:  AgentJoined -> talking -- QueueEnded --> `after`, the flow is over
                                     talking -- WaitsAgain --> music, waiting, for the whole time once more
                      key with a branch, time-out             --> LeaveQueue, the branch
                      QueueEnded(full)                        --> `on_full`
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from core.facts import WaitTold
from ivr_flows import phrases
from ivr_flows.expected_wait import told
from ivr_flows.fields import Delay, Interval, LongAgo, NameText, OwnedName, Read, Wait
from ivr_flows.prompt_reader import PROMPT_SCHEMA, RawText, prompt
from ivr_flows.prompts import Location, Prompt
from ivr_flows.protocol import (
    LAST_AGENT,
    AgentJoined,
    Enqueue,
    Event,
    KeyPressed,
    LeaveQueue,
    PlayMusic,
    QueueEnded,
    Resumed,
    TimedOut,
    WaitsAgain,
)
from ivr_flows.steps.base import END, WAIT, Named, Next, Step, Used
from ivr_flows.templates import Template

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_WAITS = frozenset({"wait_from", "wait_to"})
_NO_TEXT = Template(source="", pieces=())

_Announcement = Annotated[
    Prompt,
    Read(
        lambda value: (phrases.IN_QUEUE.get(value) if isinstance(value, str) else None) or prompt(value), PROMPT_SCHEMA
    ),
]


#: Agents that one contact may prefer.
MAX_PREFERRED = 5


class Announce(BaseModel):
    """What is said while the contact waits, one at a time, in turn."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    say: Annotated[
        list[_Announcement],
        BeforeValidator(lambda value: value if isinstance(value, list) else [value]),
        Field(min_length=1, max_length=20),
        WithJsonSchema({"anyOf": [PROMPT_SCHEMA, {"type": "array", "items": PROMPT_SCHEMA, "maxItems": 20}]}),
    ]
    every: Interval
    first: Delay | None = None


class Queue(Step):
    """Waits for an agent."""

    kind = "queue"
    short = "name"
    waits = True
    keyed = True
    branch_names: ClassVar[tuple[str, ...]] = ("on_timeout", "on_full", "after")
    last_branches: ClassVar[tuple[str, ...]] = ("after",)

    name: OwnedName
    priority: Annotated[int, Field(ge=0, le=100)] | None = None
    skills: dict[OwnedName, Annotated[int, Field(ge=1, le=10)]] = Field(default={})
    customer: RawText = _NO_TEXT
    prefers: RawText = _NO_TEXT
    last_within: LongAgo = 86_400.0
    music: NameText | None = None
    announce: Announce | None = None
    timeout: Wait = 3_600.0

    def prompts(self) -> Iterator[tuple[Location, Prompt]]:
        """The announcements."""
        for index, announcement in enumerate(self.announce.say if self.announce else ()):
            yield ("announce", "say", index), announcement
            if announcement is phrases.WAIT:
                yield ("announce", "say", index), phrases.WAIT_SHORT

    def needs(self) -> Iterator[Named]:
        """The queue, skills and music."""
        yield Named("queue", self.name, ("name",))
        for skill in self.skills:
            yield Named("skill", skill, ("skills", skill))
        if self.music:
            yield Named("music", self.music, ("music",))

    def uses(self) -> Iterator[Used]:
        """The variables in what is told of the customer."""
        for field, template in (("customer", self.customer), ("prefers", self.prefers)):
            for variable in template.variables:
                yield Used(variable.name, "said", (field,))

    def leads(self, node: "Node") -> Iterator[str]:
        """The branches, and what comes when nobody answered."""
        yield from node.branches.values()
        yield from (END, node.branches.get("on_timeout", node.next), node.branches.get("on_full", node.next))

    def leads_silent(self, node: "Node") -> Iterator[str]:
        """An agent answers."""
        del node
        yield END

    def enter(self, run: "Run") -> Next:
        """Queue the contact; keys pressed before mean nothing here."""
        run.forget_typed()
        run.state.memory["leave_at"] = run.now + self.timeout
        run.state.memory["turn"] = 0
        run.answer()
        self._enqueue(run)
        return WAIT

    def meet(self, run: "Run", event: Event) -> Next:
        """See the picture above."""
        if run.state.wait == "talk":
            return self._talking(run, event)
        match event:
            case AgentJoined():
                self._served(run, event)
                run.unheard()
                run.wait("talk", None)
            case QueueEnded(why=why):
                run.interrupt()
                return self._ended(run, why)
            case KeyPressed(key=key) if key in run.node.branches:
                run.chosen(key, run.node.branches[key])
                return self._leave(run, "key", run.node.branches[key])
            case TimedOut() if run.now >= run.state.memory["leave_at"]:
                return self._leave(run, "timeout", self._unanswered(run))
            case TimedOut() if not run.speaking:
                self._announce(run)
            case Resumed(in_queue=in_queue):
                run.unheard()
                self._music(run) if in_queue else self._enqueue(run)
            case _ if run.heard(event):
                self._music(run)
        return WAIT

    def _talking(self, run: "Run", event: Event) -> Next:
        if isinstance(event, QueueEnded):
            return run.node.branches.get("after", END)
        if isinstance(event, AgentJoined):
            self._served(run, event)
        if isinstance(event, WaitsAgain):
            run.state.memory["leave_at"] = run.now + self.timeout
            run.state.memory.pop("told", None)
            self._music(run, first=True)
        return WAIT

    @staticmethod
    def _served(run: "Run", event: AgentJoined) -> None:
        """Keep whom the contact talks with, for a survey."""
        run.state.agent, run.state.queue = event.agent, event.queue or run.state.queue

    def _enqueue(self, run: "Run") -> None:
        skills = dict(self.skills)
        prefers = tuple(self.prefers.filled(run.value).replace(",", " ").split()[:MAX_PREFERRED])
        run.commands.append(
            Enqueue(
                queue=self.name,
                priority=self.priority,
                skills=skills,
                customer=self.customer.filled(run.value).strip(),
                prefers=prefers,
                last_within_s=self.last_within if LAST_AGENT in prefers else None,
            )
        )
        self._music(run, first=True)

    def _music(self, run: "Run", *, first: bool = False) -> None:
        """Music until the next announcement."""
        run.commands.append(PlayMusic(music=self.music or ""))
        pause = None
        if self.announce:
            pause = self.announce.every
            if first and self.announce.first is not None:
                pause = self.announce.first
        self._wait(run, "queue", pause)

    @staticmethod
    def _wait(run: "Run", what: str, seconds: float | None) -> None:
        """Wait at most so long, and not beyond the end of the waiting time."""
        left = max(0.0, run.state.memory["leave_at"] - run.now)
        run.wait(what, left if seconds is None else min(left, seconds))

    def _announce(self, run: "Run") -> None:
        """Say the next announcement that has something to say now."""
        announcements = self.announce.say if self.announce else ()
        for _ in announcements:
            turn = run.state.memory["turn"]
            run.state.memory["turn"] = (turn + 1) % len(announcements)
            said = self._known(run, announcements[turn])
            if said is not None and run.speak([said], barge_in=False):
                self._wait(run, "speech", run.flow.settings.limits.prompt)
                return
        self._wait(run, "queue", self.announce.every if self.announce else None)

    @staticmethod
    def _known(run: "Run", said: Prompt) -> Prompt | None:
        """The announcement, where what it tells is known now."""
        if said is phrases.POSITION and not run.value("position"):
            return None
        if _WAITS.isdisjoint(variable.name for _, _, text in said.templates() for variable in text.variables):
            return said
        expected_s = run.env.wait()
        if expected_s is None:
            return None
        least, most = run.state.memory["told"] = told(expected_s, run.state.memory.get("told"))
        run.record(WaitTold, least=least, most=most)
        return phrases.WAIT_SHORT if said is phrases.WAIT and not least else said

    def _leave(self, run: "Run", why: str, target: str) -> Next:
        run.interrupt()
        run.commands.append(LeaveQueue(why=why))
        return target

    @staticmethod
    def _unanswered(run: "Run") -> str:
        return run.node.branches.get("on_timeout", run.node.next)

    def _ended(self, run: "Run", why: str) -> Next:
        match why:
            case "served":
                return run.node.branches.get("after", END)
            case "full":
                target = run.node.branches.get("on_full", run.node.next)
                if target == END and "on_full" not in run.node.branches:
                    run.state.error = "queue_full"
                return target
            case "no_such_queue":
                run.fail(f"the queue '{self.name}' does not exist")
                return END
            case "removed" if self._unanswered(run) == END and "on_timeout" not in run.node.branches:
                run.fail(f"the queue '{self.name}' was removed")  # nobody is cut off without a word
                return END
        return self._unanswered(run)
