"""The step types, one module each: its model (what one writes), its own check, what it does.

To add one: a module with a subclass of `base.Step`, and a line here. `asking.py` is what menu, collect and language
share.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ivr_flows.steps.action import Action
from ivr_flows.steps.assign import Set
from ivr_flows.steps.branch import Branch
from ivr_flows.steps.collect import Collect
from ivr_flows.steps.goto import Goto
from ivr_flows.steps.hang_up import HangUp
from ivr_flows.steps.hours import Hours
from ivr_flows.steps.language import Language
from ivr_flows.steps.menu import Menu
from ivr_flows.steps.number import Number
from ivr_flows.steps.play import Play
from ivr_flows.steps.queue import Queue
from ivr_flows.steps.return_ import Return
from ivr_flows.steps.say import Say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_flows.steps.base import Step

#: Every step type by the word under which it is written.
STEPS: Mapping[str, type[Step]] = MappingProxyType(
    {
        step.kind: step
        for step in (
            Say, Play, Menu, Collect, Language, Hours, Branch, Queue, Number, Action, Set, Goto, HangUp, Return,
        )
    }
)  # fmt: skip
