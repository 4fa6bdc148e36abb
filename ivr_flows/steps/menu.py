"""menu: one key chooses a branch."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from core.facts import ChoiceMade
from core.validate import mistake
from ivr_flows.fields import KEYS
from ivr_flows.prompts import Location
from ivr_flows.steps.asking import Asking
from ivr_flows.steps.base import Next

if TYPE_CHECKING:
    from ivr_flows.run import Run


class Menu(Asking):
    """Asks for one key and does what stands under it."""

    kind = "menu"
    keyed = True

    def mistakes(self, labels: Collection[str]) -> Iterator[tuple[Location, PydanticCustomError]]:
        """A menu has at least one choice."""
        if not any(key in labels for key in KEYS):
            yield (), mistake("a menu without a choice", expected="at least one key with its steps, such as '1: …'")

    def take(self, run: "Run", key: str) -> Next:
        """Go to the key's branch."""
        target = run.node.branches.get(key)
        if target is None:
            return self.miss(run, "invalid")
        run.record(ChoiceMade, step=run.node.id, choice=key)
        return target
