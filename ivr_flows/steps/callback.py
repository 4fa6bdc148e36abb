"""callback: the caller is called back, at once when the turn comes, or at a time; nobody need wait on the line.

enter --- confirm ---> read the number back --- 1, silence ---> ask
  |                      ^   2                                  |  CallbackTaken ---> say it, on
  |                      +-- key another in, # <--+             |  CallbackRefused --> `not_allowed`, `full` …
  +--- no confirm ---> ask
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from core.facts import ChoiceMade, DigitsCollected, InputMissed
from core.masking import masked
from ivr_flows import phrases
from ivr_flows.fields import OwnedName, Patience
from ivr_flows.prompt_reader import RawText, SpokenText
from ivr_flows.prompts import Location, Prompt
from ivr_flows.protocol import (
    AskCallback,
    CallbackRefused,
    CallbackTaken,
    Event,
    KeyPressed,
    Resumed,
    TimedOut,
)
from ivr_flows.readout import values
from ivr_flows.steps.base import END, WAIT, Named, Next, Step, Used
from ivr_flows.templates import Template, raw

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

NUMBER, TIME = "callback_number", "callback_time"
BAD_TIME = "bad_time"
_FAILURES = ("not_allowed", "full", "closed", BAD_TIME)
#: What only a mistake in the flow, or a reload, can bring about.
_MISTAKES = {"no_place": "it names no queue, and the caller has waited in none", "no_such_queue": "there is no queue"}
_YES, _ANOTHER, _END_KEY = "1", "2", "#"
_LONGEST = 20
#: The host answers at once; where it does not, the flow goes on so much (s) later.
_LATE_S = 5.0
_NO_TEXT = Template(source="", pieces=())
_PHASE = "phase"


class Callback(Step):
    """Has the caller called back, with the place in the queue kept."""

    kind = "callback"
    short = "queue"
    bare = True
    waits = True
    gives_variables = True
    branch_names: ClassVar[tuple[str, ...]] = _FAILURES

    queue: OwnedName | None = None
    number: RawText = raw("{caller}")
    at: RawText = _NO_TEXT
    confirm: bool = False
    say: SpokenText = phrases.CALLBACK_TAKEN
    first: Literal["agent", "caller"] | None = None
    priority: Annotated[int, Field(ge=0, le=100)] | None = None
    skills: dict[OwnedName, Annotated[int, Field(ge=1, le=10)]] = Field(default={})
    timeout: Patience = 5.0
    attempts: int = Field(default=3, ge=1, le=10)

    def prompts(self) -> Iterator[tuple[Location, Prompt]]:
        """What is asked, too."""
        yield from super().prompts()
        if self.confirm:
            yield ("confirm",), phrases.CALLBACK_NUMBER
            yield ("confirm",), phrases.CALLBACK_ENTER

    def needs(self) -> Iterator[Named]:
        """The queue and the skills."""
        if self.queue:
            yield Named("queue", self.queue, ("queue",))
        for skill in self.skills:
            yield Named("skill", skill, ("skills", skill))

    def uses(self) -> Iterator[Used]:
        """The variables in number and time, which stand in the record."""
        for field, template in (("number", self.number), ("at", self.at)):
            for variable in template.variables:
                yield Used(variable.name, "returned", (field,))

    def gives(self) -> Iterator[str]:
        """The number, and when."""
        yield NUMBER
        yield TIME

    def leads(self, node: "Node") -> Iterator[str]:
        """On, or where it is refused."""
        yield from node.branches.values()
        yield node.next

    def enter(self, run: "Run") -> Next:
        """Ask for it, or for the number first; keys pressed before mean nothing here."""
        run.forget_typed()
        if run.are_private(variable.name for t in (self.number, self.at) for variable in t.variables):
            run.fail(f"step {run.node.id}: what the tenant's own system has said leaves the call to nobody")
            return END
        run.give({NUMBER: self.number.filled(run.value).strip(), TIME: ""})
        run.state.memory["attempt"] = 1
        if not self.confirm:
            return self._ask(run)
        return self._confirm(run) if run.value(NUMBER) else self._another(run)

    def meet(self, run: "Run", event: Event) -> Next:
        """See the picture above."""
        if isinstance(event, Resumed):
            return self._resumed(run)
        phase = run.state.memory[_PHASE]
        if phase == "ask":
            return self._answered(run, event)
        if phase == "said":
            return run.node.next if run.heard(event) else WAIT
        if isinstance(event, KeyPressed):
            run.interrupt()
            return self._confirmed(run, event.key) if phase == "confirm" else self._keyed(run, event.key)
        if isinstance(event, TimedOut) and not run.speaking:
            return self._silence(run)
        if run.heard(event):
            run.wait("keys", self.timeout)
        return WAIT

    # --- the number -------------------------------------------------------------------------------------------------

    def _confirm(self, run: "Run") -> Next:
        run.state.memory[_PHASE] = "confirm"
        if not run.speak([phrases.CALLBACK_NUMBER], barge_in=True):
            run.wait("keys", self.timeout)
        return WAIT

    def _another(self, run: "Run") -> Next:
        run.state.memory |= {_PHASE: "enter", "entry": ""}
        if not run.speak([phrases.CALLBACK_ENTER], barge_in=True):
            run.wait("keys", self.timeout)
        return WAIT

    def _confirmed(self, run: "Run", key: str) -> Next:
        if key == _YES:
            return self._ask(run)
        return self._another(run) if key == _ANOTHER else self._missed(run, "invalid")

    def _keyed(self, run: "Run", key: str) -> Next:
        entry = str(run.state.memory["entry"])
        if key != _END_KEY and key.isdecimal() and len(entry) < _LONGEST:
            run.state.memory["entry"] = entry + key
        if key == _END_KEY and entry:
            return self._entered(run, entry)
        run.wait("keys", self.timeout)
        return WAIT

    def _entered(self, run: "Run", entry: str) -> Next:
        run.give({NUMBER: entry})
        run.record(DigitsCollected, step=run.node.id, name=NUMBER, digits=masked(entry))
        return self._confirm(run)

    def _silence(self, run: "Run") -> Next:
        """Who was read a number and says nothing is content with it."""
        if entry := str(run.state.memory.get("entry", "")):
            run.state.memory["entry"] = ""
            return self._entered(run, entry)
        if run.state.memory[_PHASE] == "confirm":
            return self._ask(run)
        return self._missed(run, "timeout")

    def _missed(self, run: "Run", why: str) -> Next:
        attempt = int(run.state.memory["attempt"])
        run.record(InputMissed, step=run.node.id, why=why, attempt=attempt)
        if attempt >= self.attempts:
            return self._failed(run, "not_allowed")
        run.state.memory["attempt"] = attempt + 1
        return self._confirm(run) if run.state.memory[_PHASE] == "confirm" else self._another(run)

    # --- asked ------------------------------------------------------------------------------------------------------

    def _ask(self, run: "Run") -> Next:
        text = self.at.filled(run.value).strip()
        at = moment(text, run.env.local(run.now)) if text else None
        if text and at is None:
            return self._failed(run, BAD_TIME)
        run.state.memory[_PHASE] = "ask"
        run.commands.append(
            AskCallback(
                number=run.value(NUMBER),
                queue=self.queue or "",
                at=at,
                priority=self.priority,
                skills=dict(self.skills),
                first=self.first or "",
            )
        )
        run.wait("callback", _LATE_S)
        return WAIT

    def _answered(self, run: "Run", event: Event) -> Next:
        match event:
            case CallbackTaken(at=at):
                when = datetime.fromtimestamp(at, run.env.local(run.now).tzinfo)
                run.give({TIME: f"{when:%Y-%m-%d %H:%M}"})
                return self._say(run)
            case CallbackRefused(why=why):
                return self._failed(run, why)
            case TimedOut():
                return self._failed(run, "full")
        return WAIT

    def _say(self, run: "Run") -> Next:
        run.state.memory[_PHASE] = "said"
        return WAIT if run.speak([self.say], barge_in=False) else run.node.next

    @staticmethod
    def _failed(run: "Run", why: str) -> Next:
        if why in _MISTAKES:
            run.fail(f"step {run.node.id}: {_MISTAKES[why]}")
            return END
        why = why if why in _FAILURES else "full"
        run.record(ChoiceMade, step=run.node.id, choice=why)
        return run.node.branches.get(why, run.node.next)

    def _resumed(self, run: "Run") -> Next:
        """Nobody knows what was heard of it: say it again; what was asked is one callback, however often."""
        run.unheard()
        match run.state.memory[_PHASE]:
            case "ask":
                return self._ask(run)
            case "said":
                return self._say(run)
            case "confirm":
                return self._confirm(run)
        return self._another(run)


def moment(text: str, now: datetime) -> float | None:
    """What is meant by `15:30` or `1530` (the next such time), or `2026-03-02 15:30`, by the clock of `now`'s zone, in
    POSIX seconds; None: no time.
    """
    if not re.search(r"[T ]", text) and (clock := values.time_of_day(text)) is not None:
        when = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
        return (when if when > now else when + timedelta(days=1)).timestamp()
    found = values.moment(values.local(text, now.tzinfo))
    if found is None or found.time is None or not found.day.year:
        return None
    day = found.day
    return datetime(day.year, day.month, day.day, found.time.hour, found.time.minute, tzinfo=now.tzinfo).timestamp()
