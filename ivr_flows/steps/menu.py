"""menu: a choice of keys, several digits, ranges and patterns.

take: fits nothing ------------------------------> miss(invalid)
      fits one, and nothing longer begins so ----> its branch at once
      fits one, or something longer begins so ---> listen: inter_digit, or the hash key ---> the one, or miss
"""

from collections.abc import Collection, Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from core.validate import mistake
from ivr_flows.choices import EXPECTED, choice, looks_like
from ivr_flows.fields import Patience, VariableName
from ivr_flows.prompts import Location
from ivr_flows.steps.asking import ENTRY, Asking
from ivr_flows.steps.base import Next

if TYPE_CHECKING:
    from ivr_flows.run import Run

#: Ends an entry that could become longer, where it is no choice itself.
_TERMINATOR = "#"


class Menu(Asking):
    """Asks for a choice and does what stands under it."""

    kind = "menu"
    keyed = True
    gives_variables = True

    name: VariableName | None = None
    inter_digit: Patience = 3.0

    @classmethod
    def is_key(cls, written: str) -> bool:
        """A key, digits, a range or a pattern."""
        return looks_like(written)

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """A menu has at least one choice, and each means one thing."""
        written = [label for label in labels if self.is_key(label)]
        if not written:
            yield (), mistake("a menu without a choice", expected="at least one key with its steps, such as '1: …'")
        choices = {label: choice(label) for label in written}
        for label, known in choices.items():
            if known is None:
                yield (label,), mistake(f"'{label}' is no choice", expected=EXPECTED)
        for one, two in combinations(written, 2):
            first, second = choices[one], choices[two]
            if first and second and first.meets(second):
                message = f"'{one}' and '{two}' fit the same keys, and neither is the more particular"
                yield (two,), mistake(message, expected="choices that do not meet")

    def gives(self) -> Iterator[str]:
        """The variable, if there is one."""
        if self.name:
            yield self.name

    def begin(self, run: "Run") -> None:
        """Neither keys nor a value."""
        super().begin(run)
        if self.name:
            run.state.variables.pop(self.name, None)

    def patience(self, run: "Run") -> float:
        """Longer for the first digit than for the next."""
        return self.inter_digit if ENTRY in run.state.secrets else self.timeout

    def take(self, run: "Run", key: str) -> Next:
        """See the picture above."""
        before = run.state.secrets.get(ENTRY, "")
        entry = before + key
        fitting = [(label, known) for label in run.node.branches if (known := choice(label)) and known.begins(entry)]
        if not fitting:
            is_end = before and key == _TERMINATOR
            return self._chosen(run, before) if is_end else self.miss(run, "invalid")
        if all(known.length == len(entry) for _, known in fitting):
            return self._chosen(run, entry)
        run.state.secrets[ENTRY] = entry
        return self.listen(run)

    def silence(self, run: "Run") -> Next:
        """Take what there is, if it is a choice."""
        entry = run.state.secrets.get(ENTRY, "")
        return self._chosen(run, entry) if entry else self.miss(run, "timeout")

    def _chosen(self, run: "Run", entry: str) -> Next:
        """Go to the branch of the most particular choice that these keys are."""
        whole = [
            (known.rank, label)
            for label in run.node.branches
            if (known := choice(label)) and known.length == len(entry) and known.begins(entry)
        ]
        if not whole:
            return self.miss(run, "invalid")
        label = min(whole)[1]
        self.begin(run)
        if self.name:
            run.give({self.name: entry})
        run.chosen(label, run.node.branches[label])
        return run.node.branches[label]
