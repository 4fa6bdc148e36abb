"""collect: digits into a variable."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

from core.facts import DigitsCollected
from core.validate import mistake
from ivr_flows.fields import KEYS, Patience, Read, VariableName
from ivr_flows.steps.asking import Asking
from ivr_flows.steps.base import WAIT, Next

if TYPE_CHECKING:
    from ivr_flows.flow import Node
    from ivr_flows.run import Run

#: The digits so far stand among the secrets under this name: they may become one.
_ENTRY = "_entry"
_LONGEST = 40
_NO_KEY = "none"


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


_KeyOrNone = Annotated[str, Read(_key, {"type": "string"})]


class Collect(Asking):
    """Takes digits into the variable `name`."""

    kind = "collect"
    gives_variables = True

    name: VariableName
    length: Annotated[Length, Read(_length, {"type": ["integer", "string"]})] = Length(1, 20)
    terminator: _KeyOrNone = "#"
    clear: _KeyOrNone = "*"
    inter_digit: Patience = 3.0
    secret: bool = False

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
        run.state.secrets.pop(_ENTRY, None)
        run.state.secrets.pop(self.name, None)
        run.state.variables.pop(self.name, None)

    def patience(self, run: "Run") -> float:
        """Longer for the first digit than for the next."""
        return self.inter_digit if _ENTRY in run.state.secrets else self.timeout

    def take(self, run: "Run", key: str) -> Next:
        """Add a digit, or end or clear the entry; any other key is ignored."""
        entry = run.state.secrets.get(_ENTRY, "")
        if key == self.terminator:
            return self._done(run, entry) if len(entry) >= self.length.least else self.miss(run, "invalid")
        if key == self.clear:
            run.state.secrets.pop(_ENTRY, None)
        elif key.isdecimal():
            entry += key
            if len(entry) == self.length.most:
                self._expect_late_terminator(run)
                return self._done(run, entry)
            run.state.secrets[_ENTRY] = entry
        self.listen(run)
        return WAIT

    def silence(self, run: "Run") -> Next:
        """Take what there is, if it is enough."""
        entry = run.state.secrets.get(_ENTRY, "")
        if not entry:
            return self.miss(run, "timeout")
        return self._done(run, entry) if len(entry) >= self.length.least else self.miss(run, "invalid")

    def _expect_late_terminator(self, run: "Run") -> None:
        """Many press the terminator after the last possible digit too: it is no key for what comes next."""
        if run.typed:
            if run.first_typed == self.terminator:
                run.next_typed()
            return
        run.state.late_key = self.terminator
        run.state.late_until = run.now + self.inter_digit

    def _done(self, run: "Run", entry: str) -> Next:
        self.begin(run)
        values = run.state.secrets if self.secret else run.state.variables
        values[self.name] = entry
        shown = "" if self.secret else entry
        run.record(DigitsCollected, step=run.node.id, name=self.name, digits=shown)
        return run.node.next
