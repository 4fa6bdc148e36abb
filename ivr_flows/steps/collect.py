"""collect: digits into a variable, checked, and read back if the flow wants that.

take --- digits ---> whole --- a check fails ---> miss(what is wrong)
                       |  no confirm ---> done
                       +-> confirm: read back, listen --- yes ---> done
                               ^    no ---> miss(not_confirmed)
                               +--- anything else, attempts left
"""

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from core.facts import DigitsCollected, InputMissed
from core.masking import masked
from core.validate import mistake
from core.words import nearest
from ivr_flows import phrases
from ivr_flows.entries import Checks
from ivr_flows.fields import KEYS, KeyText, Patience, Read, VariableName
from ivr_flows.prompt_reader import SpokenText
from ivr_flows.prompts import Location, Prompt
from ivr_flows.protocol import Event, Resumed
from ivr_flows.readout import FORMATS
from ivr_flows.steps.asking import ENTRY, NOT_CONFIRMED, Asking
from ivr_flows.steps.base import Next

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

_LONGEST = 40
_FORMATS = FORMATS[1:]
_NO_KEY = "none"
#: How often the read-back was said for this entry; there only while that is asked.
_CONFIRMING = "confirming"


class Length(NamedTuple):
    """How many digits, at least and at most."""

    least: int
    most: int


def _length(value: object) -> Length:
    """`8` or `6-10`."""
    match = re.fullmatch(r"([0-9]{1,2})(?:-([0-9]{1,2}))?", str(value)) if not isinstance(value, bool) else None
    if match is not None:
        length = Length(int(match[1]), int(match[2] or match[1]))
        if 1 <= length.least <= length.most <= _LONGEST:
            return length
    raise mistake("{value}", expected=f"a number of digits such as 8, or from-to such as 6-10, at most {_LONGEST}")


def _key(value: object) -> str:
    """A key, or `none`."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and (text == _NO_KEY or (len(text) == 1 and text in KEYS)):
        return "" if text == _NO_KEY else text
    raise mistake("{value}", expected='one key such as "#", or none')


_KEY_SCHEMA = {"enum": [*KEYS, *range(10), _NO_KEY]}
_KeyOrNone = Annotated[str, Read(_key, _KEY_SCHEMA)]


_LENGTH_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": _LONGEST},
        {"type": "string", "pattern": "^[0-9]+(-[0-9]+)?$"},
    ]
}


def _format(value: object) -> str:
    """A way to say a value."""
    if isinstance(value, str) and value in _FORMATS:
        return value
    raise mistake("{value}", expected=f"one of {', '.join(_FORMATS)}", hint=nearest(str(value), _FORMATS))


class Confirm(BaseModel):
    """How an entry is read back. `format`: as in `{name:format}`; `say` in place of vcc's own words."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    say: SpokenText | None = None
    format: Annotated[str, Read(_format, {"enum": list(_FORMATS)})] = ""
    yes: KeyText = "1"
    no: KeyText = "2"


class Collect(Asking):
    """Takes digits into the variable `name`."""

    kind = "collect"
    gives_variables = True

    name: VariableName
    length: Annotated[Length, Read(_length, _LENGTH_SCHEMA)] = Length(1, 20)
    terminator: _KeyOrNone = "#"
    clear: _KeyOrNone = "*"
    inter_digit: Patience = 3.0
    too_short: SpokenText | None = None
    check: Checks = ()
    confirm: Annotated[
        Confirm | None,
        BeforeValidator(
            lambda value: {} if value is True else value or None, json_schema_input_type=Confirm | bool | None
        ),
    ] = None
    secret: bool = False
    record: Literal["masked", "whole"] = "masked"

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """A secret is not read back; yes and no are two keys."""
        del labels
        if self.confirm and self.secret and not self.confirm.say:
            error = mistake("a secret is not read back", expected="a text of your own that does not say it")
            yield ("confirm",), error
        if self.confirm and self.confirm.yes == self.confirm.no:
            yield ("confirm",), mistake("yes and no are the same key", expected="two keys")
        if self.secret and self.record == "whole":
            yield ("record",), mistake("a secret stands in no record", expected="record: masked, or no secret")

    def prompts(self) -> Iterator[tuple[Location, Prompt]]:
        """Those of the checks and the read-back, too."""
        yield from super().prompts()
        for index, check in enumerate(self.check):
            if check.say:
                yield ("check", index, "say"), check.say
        if self.confirm and (self.confirm.say or not self.secret):
            yield ("confirm", "say"), self._readback(self.confirm)

    def gives(self) -> Iterator[str]:
        """The variable."""
        yield self.name

    def hides(self) -> Iterator[str]:
        """The variable, if it is secret."""
        if self.secret:
            yield self.name

    def leads(self, node: "Node") -> Iterator[str]:
        """On with the answer, or the ways of a failure."""
        yield node.next
        yield from super().leads(node)

    def begin(self, run: "Run") -> None:
        """Neither digits nor a value."""
        super().begin(run)
        run.state.memory.pop(_CONFIRMING, None)
        run.forget(self.name)

    def patience(self, run: "Run") -> float:
        """Longer for the first digit than for the next."""
        return self.inter_digit if ENTRY in run.state.secrets else self.timeout

    def meet(self, run: "Run", event: Event) -> Next:
        """An entry that is read back is kept over a restart."""
        if isinstance(event, Resumed) and _CONFIRMING in run.state.memory:
            run.unheard()
            return self._confirm(run)
        return super().meet(run, event)

    def take(self, run: "Run", key: str) -> Next:
        """Add a digit, or end or clear the entry; any other key is ignored."""
        if _CONFIRMING in run.state.memory:
            return self._answered(run, key)
        entry = run.state.secrets.get(ENTRY, "")
        if key == self.terminator:
            return self._whole(run, entry)
        if key == self.clear:
            run.state.secrets.pop(ENTRY, None)
        elif key.isdecimal():
            entry += key
            if len(entry) == self.length.most:
                self._expect_late_terminator(run)
                return self._whole(run, entry)
            run.state.secrets[ENTRY] = entry
        elif key in run.node.branches:
            return self.anywhere(run, key)
        return self.listen(run)

    def silence(self, run: "Run") -> Next:
        """Take what there is, if it is enough."""
        if _CONFIRMING in run.state.memory:
            return self._unclear(run, "timeout")
        entry = run.state.secrets.get(ENTRY, "")
        return self._whole(run, entry) if entry else self.miss(run, "timeout")

    def _expect_late_terminator(self, run: "Run") -> None:
        """Many press the terminator after the last possible digit too: it is no key for what comes next."""
        if run.typed:
            if run.first_typed == self.terminator:
                run.next_typed()
            return
        run.state.late_key = self.terminator
        run.state.late_until = run.now + self.inter_digit

    def _whole(self, run: "Run", entry: str) -> Next:
        """The entry is whole: look whether it is right."""
        if len(entry) < self.length.least:
            return self.miss(run, "invalid", self.too_short)
        today = run.env.local(run.now).date() if self.check else None
        for check in self.check:
            if today and (wrong := check.wrong(entry, today)):
                return self.miss(run, wrong, check.say)
        self.begin(run)
        values = run.state.secrets if self.secret else run.state.variables
        values[self.name] = entry
        if self.confirm is None:
            return self._done(run)
        run.state.memory[_CONFIRMING] = 1
        return self._confirm(run)

    def _done(self, run: "Run") -> Next:
        run.state.memory.pop(_CONFIRMING, None)
        entry = "" if self.secret else run.state.variables[self.name]
        shown = entry if self.record == "whole" else masked(entry)
        run.record(DigitsCollected, step=run.node.id, name=self.name, digits=shown)
        return run.node.next

    # --- reading back -----------------------------------------------------------------------------------------------

    def _readback(self, confirm: Confirm) -> Prompt:
        return confirm.say or phrases.confirm(self.name, confirm.format, confirm.yes, confirm.no)

    def _confirm(self, run: "Run", intro: Prompt | None = None) -> Next:
        """Say the entry and ask whether it is right; what was keyed ahead does not answer that."""
        run.forget_typed()
        prompts = [intro] if intro else []
        if self.confirm:
            prompts.append(self._readback(self.confirm))
        return None if run.speak(prompts, barge_in=self.barge_in) else self.listen(run)

    def _answered(self, run: "Run", key: str) -> Next:
        if self.confirm and key == self.confirm.yes:
            return self._done(run)
        if self.confirm and key == self.confirm.no:
            return self.miss(run, NOT_CONFIRMED)
        if key in run.node.branches:
            return self.anywhere(run, key)
        return self._unclear(run, "invalid")

    def _unclear(self, run: "Run", why: str) -> Next:
        """Neither yes nor no: ask that again, or give up."""
        attempt = int(run.state.memory[_CONFIRMING])
        run.record(InputMissed, step=run.node.id, why=why, attempt=attempt)
        if attempt >= self.attempts:
            self.begin(run)
            return self.after_failure(run.node, why)
        run.state.memory[_CONFIRMING] = attempt + 1
        return self._confirm(run, self.invalid if why == "invalid" else self.no_input)
