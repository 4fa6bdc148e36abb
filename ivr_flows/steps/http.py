"""http: asks one of the tenant's own systems, and goes by what it answers.

enter: AskSystem, prompt or music --> waiting --- SystemAnswered, nothing is being said ---> its branch
                                         |  +---- while something is being said ---> said ---> its branch
                                         +------- TimedOut ---> `timeout`
Resumed: asked again where that does no harm, else `error`
In `on_hangup` the system is told, and nobody waits for the answer.
"""

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from urllib.parse import urlencode

from pydantic import Field
from pydantic_core import PydanticCustomError

from core.facts import ChoiceMade
from core.schema import Shape
from core.validate import mistake
from ivr_flows.asking_systems import Body, FieldText, JsonBody, MissingError, NoNumberError, PathText, path
from ivr_flows.fields import Between, NameText, Read, VariableName
from ivr_flows.prompt_reader import RawText, SpokenText
from ivr_flows.prompts import Location
from ivr_flows.protocol import AskSystem, Event, KeyPressed, PlayMusic, Resumed, SystemAnswered, TimedOut
from ivr_flows.steps.base import END, WAIT, Named, Next, Step, Used

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_ELSE = "else"
OK = "ok"
TIMEOUT = "timeout"
REFUSED = "refused"
ERROR = "error"
#: The answer is none that the step can use: no JSON, too long, or without something that is to be taken from it.
INVALID = "invalid"
_WITHOUT_ANSWER = (TIMEOUT, REFUSED, ERROR)
_WORDS = (OK, INVALID, *_WITHOUT_ANSWER)
_STATUS = re.compile(r"[2-5](?:[0-9]{2}|xx)")
_RESULTS = f"{', '.join(_WORDS)}, a status such as 404, or a class of them such as 4xx"
#: The host answers in time; where it does not, the flow goes on so much (s) later.
_LATE_S = 2.0
#: Headers that the connection itself needs.
_OURS = ("host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding", "expect")
_TO = "going_to"

_Wait = Annotated[float, Read(Between(0.5, 60.0), {"type": "string", "examples": ["5s"]})]
_Header = Annotated[str, Shape(r"[A-Za-z0-9-]{1,64}", "the name of a header")]


class Http(Step):
    """Asks one of the tenant's own systems; what comes back is known in this call alone."""

    kind = "http"
    gives_variables = True
    waits = True
    needs_caller = False
    branch_names: ClassVar[tuple[str, ...]] = (_ELSE,)
    branch_maps: ClassVar[tuple[str, ...]] = ("results",)

    system: NameText
    path: PathText
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    query: dict[Annotated[str, Field(min_length=1, max_length=64)], RawText] = Field(default={}, max_length=20)
    headers: dict[_Header, RawText] = Field(default={}, max_length=20)
    body: JsonBody | None = None
    take: dict[VariableName, FieldText] = Field(default={}, max_length=20)
    timeout: _Wait = 5.0
    retries: Annotated[int, Field(ge=0, le=3)] = 0
    repeatable: bool | None = None
    say: SpokenText | None = None
    music: NameText | None = None

    @property
    def may_repeat(self) -> bool:
        """Whether it does no harm to ask twice."""
        return self.method == "GET" if self.repeatable is None else self.repeatable

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """Results that there are; nothing is repeated that may do harm."""
        for label in labels:
            if label != _ELSE and label not in _WORDS and not _STATUS.fullmatch(label):
                yield ("results", label), mistake(f"there is no result '{label[:60]}'", expected=_RESULTS)
        if self.retries and not self.may_repeat:
            expected = "no retries, or 'repeatable: true' where the system takes the same twice for one"
            yield ("retries",), mistake(f"{self.method} is not asked again", expected=expected)
        for name in self.headers:
            if name.lower() in _OURS:
                yield ("headers", name), mistake(f"'{name}' is vcc's own header", expected="another one")
        if self.body is not None and self.method in ("GET", "DELETE"):
            yield ("body",), mistake(f"{self.method} has no body", expected="query, or another method")

    def useless_after(self, branches: Collection[str]) -> Iterator[str]:
        """What is done with an answer, and what is heard until it comes."""
        yield from (name for name in ("take", "say", "music") if getattr(self, name))
        yield from branches

    def needs(self) -> Iterator[Named]:
        """The system and the music."""
        yield Named("system", self.system, ("system",))
        if self.music:
            yield Named("music", self.music, ("music",))

    def uses(self) -> Iterator[Used]:
        """The variables in what is asked; secret ones in the body alone: addresses stand in logs of others."""
        for variable in self.path.variables:
            yield Used(variable.name, "addressed", ("path",))
        for field, templates in (("query", self.query), ("headers", self.headers)):
            for name, template in templates.items():
                for variable in template.variables:
                    yield Used(variable.name, "addressed", (field, name))
        for variable in self.body.variables() if self.body else ():
            yield Used(variable.name, "handed", ("body",))

    def gives(self) -> Iterator[str]:
        """What is taken from the answer."""
        yield from self.take

    def keeps(self) -> Iterator[str]:
        """All of it."""
        yield from self.take

    def leads(self, node: "Node") -> Iterator[str]:
        """The results; what fails and has no branch is an error of the flow."""
        yield from node.branches.values()
        if not {OK, "2xx"} & node.branches.keys():
            yield node.next

    def enter(self, run: "Run") -> Next:
        """Ask, and let the caller hear something meanwhile."""
        for name in self.take:
            run.forget(name)
        memory = run.state.memory
        asked = self._asked(run)
        if asked is None:
            return self._go(run, ERROR)
        run.commands.append(asked)
        if run.state.gone:
            return run.node.next
        memory["ask"], memory["until"] = asked.ask, run.now + self.timeout + _LATE_S
        if self.say is not None and run.speak([self.say], barge_in=False):
            self._wait(run, "speech")
        else:
            self._music(run)
        return WAIT

    def meet(self, run: "Run", event: Event) -> Next:
        """See the picture above."""
        memory = run.state.memory
        match event:
            case SystemAnswered(ask=ask) if ask == memory["ask"] and _TO not in memory:
                result = self._result(run, event)
                if not run.speaking:
                    return self._go(run, result)
                memory[_TO] = result
            case TimedOut() if _TO not in memory and run.now >= memory["until"]:
                run.interrupt()
                return self._go(run, TIMEOUT)
            case KeyPressed(key=key):
                run.keep(key)
            case Resumed():
                run.unheard()
                if _TO in memory:
                    return self._go(run, memory[_TO])
                return self.enter(run) if self.may_repeat else self._go(run, ERROR)
            case _ if run.heard(event):
                if _TO in memory:
                    return self._go(run, memory[_TO])
                self._music(run)
        return WAIT

    def _asked(self, run: "Run") -> AskSystem | None:
        """The command; None where a value makes no address, or is no number where one is needed."""

        def value(name: str) -> str:
            return run.state.secrets.get(name) or run.value(name)

        where = path(self.path, run.value)
        body: Body | None = self.body
        try:
            sent = None if body is None else body.filled(value)
        except NoNumberError:
            return None
        if where is None:
            return None
        return AskSystem(
            ask=f"{run.flow.name}.{run.state.steps_taken}",
            system=self.system,
            method=self.method,
            path=where,
            query=urlencode({name: template.filled(run.value) for name, template in self.query.items()}),
            headers={name: _one_line(template.filled(run.value)) for name, template in self.headers.items()},
            body=sent,
            timeout=self.timeout,
            retries=self.retries,
        )

    def _music(self, run: "Run") -> None:
        if self.music:
            run.answer()
            run.commands.append(PlayMusic(music=self.music))
        self._wait(run, "system")

    @staticmethod
    def _wait(run: "Run", what: str) -> None:
        run.wait(what, max(0.0, run.state.memory["until"] - run.now))

    def _result(self, run: "Run", answer: SystemAnswered) -> str:
        """What the answer is called; its values become variables where it is a good one."""
        if not answer.status:
            return answer.why if answer.why in _WITHOUT_ANSWER else ERROR
        if answer.status not in range(200, 300):
            return str(answer.status)
        if self.take and not answer.readable:
            return INVALID
        try:
            values = {name: field.of(answer.body) for name, field in self.take.items()}
        except MissingError:
            return INVALID
        run.give(values, private=True)
        return str(answer.status)

    @staticmethod
    def _go(run: "Run", result: str) -> Next:
        """To the most particular branch: 404, 4xx, else; a good answer without one goes on, a bad one is an error."""
        branches, names = run.node.branches, [result]
        is_good = result.startswith("2") and result.isdecimal()
        if result.isdecimal():
            names += [f"{result[0]}xx", *([OK] if is_good else [])]
        found = next((name for name in names if name in branches), "" if is_good else _ELSE)
        particular = found if found != _ELSE else ""
        run.record(ChoiceMade, step=run.node.id, choice=particular or (OK if is_good else names[-1]))
        if found in branches:
            return branches[found]
        if is_good:
            return run.node.next
        run.fail(f"the system '{run.node.step.system}' in step {run.node.id}: {result}")  # type: ignore[attr-defined]
        return END


def _one_line(text: str) -> str:
    """A header's value cannot begin another header."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()
