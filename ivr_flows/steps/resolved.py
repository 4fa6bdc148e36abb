"""resolved: the caller has what the call was for, without an agent; containment counts these."""

from typing import TYPE_CHECKING

from core.facts import ContactResolved
from ivr_flows.fields import NameText
from ivr_flows.steps.base import Next, Step

if TYPE_CHECKING:
    from ivr_flows.run import Run


class Resolved(Step):
    """`resolved`, or with a word for what was resolved: `resolved: balance`. The flow goes on."""

    kind = "resolved"
    short = "what"
    bare = True
    needs_caller = False
    what: NameText | None = None

    def enter(self, run: "Run") -> Next:
        """It counts once, however often it is said."""
        run.record(ContactResolved, step=run.node.id, what=self.what or "")
        return run.node.next
